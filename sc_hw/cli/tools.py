"""`sc-hw doctor`: which tools and plug-ins are here, and what to do about those that are not."""

from __future__ import annotations

from typing import Any

import typer
from rich.markup import escape
from rich.table import Table

from sc_hw.cli.terminal import AsJson, out, print_json
from sc_hw.errors import EXIT_TOOL
from sc_hw.tools import Status
from sc_hw.tools import doctor as run_doctor
from sc_hw.tools.machine import Finding, machine
from sc_model.spec.catalogue import Plugin

COLUMNS = ("tool", "purpose", "needed", "found", "source", "to_do")
SEE_BELOW = "broken: see below"


def doctor(as_json: AsJson = False) -> None:
    """List tools and plug-ins: version found and needed, where from, what to type if missing.

    Below them: the interpreter, folders, files and variables of this machine that matter. The exit
    code is 3 where a tool is missing or no temporary folder can be written. A broken plug-in keeps
    nothing else from working and does not change the exit code: its cause is printed last.
    """
    from sc_hw.commands.plugins import plugins

    statuses, all_plugins, findings = run_doctor(), plugins(), machine()
    rows = [*map(_tool_row, statuses), *map(_plugin_row, all_plugins)]
    rows += map(_machine_row, findings)
    if as_json:
        print_json(rows)
    else:
        table = Table("tool", "needed for", "needed", "found", "from", "to do")
        problems = [plugin.problem for plugin in all_plugins if plugin.problem is not None]
        for row in rows[: len(rows) - len(findings)]:
            # a column folds a long line, and what is folded can't be searched for or clicked on
            cells = row | {"to_do": SEE_BELOW} if row["to_do"] in problems else row
            table.add_row(*(escape(str(cells[column] or "-")) for column in COLUMNS))
        out.print(table)
        for finding in findings:
            note = f"; {finding.note}" if finding.note else ""
            out.print(f"{finding.name}: {finding.found}{note}.", markup=False)
        for problem in problems:
            out.print(problem, markup=False)
    if any(status.found is None for status in statuses) or any(row.fatal for row in findings):
        raise typer.Exit(EXIT_TOOL)


def _tool_row(status: Status) -> dict[str, Any]:
    # A program on PATH that is too old is not used where a wheel brings a newer one: say so, or the
    # user wonders why another version than that of PATH is listed.
    passed_over = (
        f"{status.tool.program} {status.passed_over} is too old and passed over"
        if status.passed_over and status.found
        else None
    )
    return {
        "tool": status.tool.name,
        "purpose": status.tool.purpose,
        "needed": status.tool.minimum,
        "found": status.found.version if status.found else None,
        "source": status.found.source if status.found else None,
        "to_do": status.problem or passed_over,
    }


def _machine_row(finding: Finding) -> dict[str, Any]:
    return {
        "tool": f"machine: {finding.name}",
        "purpose": None,
        "needed": None,
        "found": finding.found,
        "source": None,
        "to_do": finding.note,
    }


def _plugin_row(plugin: Plugin) -> dict[str, Any]:
    return {
        "tool": f"plug-in {plugin.name}",
        "purpose": plugin.group,
        "needed": None,
        "found": ", ".join(plugin.provides) or None,
        "source": plugin.source,
        "to_do": plugin.problem or _other_name(plugin),
    }


def _other_name(plugin: Plugin) -> str | None:
    """What to do about an entry point whose name is not that of a thing which it provides."""
    if plugin.name in plugin.provides:
        return None
    # a thing is asked for by its own name; that of the entry point only finds a broken plug-in
    names = " or ".join(plugin.provides)
    return f"ask for it as {names}, not {plugin.name}: rename the entry point"


def register(app: typer.Typer) -> None:
    """Add the commands of this file."""
    app.command(epilog="Example: sc-hw doctor")(doctor)
