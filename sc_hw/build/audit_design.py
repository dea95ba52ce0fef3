"""The crossing audit of a design: the Verilog that it makes against the crossings that it is made
of; `build/<id>/audit.json`.

`elaborate` runs the same on every network, and writes nothing where it finds something.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from sc_hw.build.elaborate import crossing_audit, make
from sc_hw.files import DEFAULT_ROOT, write_json
from sc_model.spec import Design


def audit_design(design: Design, root: Path = DEFAULT_ROOT) -> dict[str, Any]:
    """Audit the Verilog of a design; what was found, also written to `build/<id>/audit.json`.

    Any block will do: one with a single clock must have no crossing at all. Findings raise nothing:
    `passed` is false and `findings` name each crossing that is not as it must be. Raises ToolError
    where Yosys is missing, ConfigError for a design that can't be made.
    """
    made = make(design)
    answer = crossing_audit(made)
    write_json(root / str(made.manifest["id"]) / "audit.json", answer)
    return answer
