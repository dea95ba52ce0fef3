"""`sc-hw doctor`: which tools and plug-ins are here."""

from __future__ import annotations

from typing import Any

import typer
from rich.table import Table

from sc_hw.cli.terminal import AsJson, out, print_json
from sc_hw.errors import EXIT_TOOL
from sc_hw.tools import Status
from sc_hw.tools import doctor as run_doctor


def doctor(as_json: AsJson = False) -> None:
    """List every tool: version found and needed, where it comes from, what to type if missing."""
    rows = run_doctor()
    if as_json:
        print_json([_doctor_row(row) for row in rows])
    else:
        table = Table("tool", "needed for", "needed", "found", "from", "to do")
        for row in rows:
            shown = _doctor_row(row)
            table.add_row(
                *(
                    str(shown[key] or "-")
                    for key in ("tool", "purpose", "needed", "found", "source", "to_do")
                )
            )
        out.print(table)
    if any(row.found is None for row in rows):
        raise typer.Exit(EXIT_TOOL)


def _doctor_row(row: Status) -> dict[str, Any]:
    passed_over = (
        f"{row.tool.program} {row.passed_over} is too old and passed over"
        if row.passed_over and row.found
        else None
    )
    return {
        "tool": row.tool.name,
        "purpose": row.tool.purpose,
        "needed": row.tool.minimum,
        "found": row.found.version if row.found else None,
        "source": row.found.source if row.found else None,
        "to_do": row.problem or passed_over,
    }


def register(app: typer.Typer) -> None:
    """Add the commands of this file."""
    app.command(epilog="Example: sc-hw doctor")(doctor)
