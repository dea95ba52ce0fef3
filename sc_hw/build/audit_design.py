"""The crossing audit of a design, written to `build/<id>/audit.json`.

`elaborate` runs the same audit on every network, and writes no Verilog where there is a finding.
"""

from __future__ import annotations

from typing import Any

from sc_hw.build.elaborate import crossing_audit, make
from sc_hw.files import DEFAULT_ROOT, PathLike, folder_of_builds, write_json
from sc_model.spec import Design


def audit_design(design: Design, root: PathLike = DEFAULT_ROOT) -> dict[str, Any]:
    """Compare the crossings in a design's Verilog with those that its components say they have.

    Parameters
    ----------
    design : of any block; one with a single clock must have no crossing at all.
    root : folder of builds.

    Returns
    -------
    The audit, as it is written to `build/<id>/audit.json`. Findings do not raise: `passed` is then
    false, and `findings` name each transfer between clock domains that breaks a rule.

    Raises
    ------
    ToolError
        Yosys is missing.
    ConfigError
        The design can't be made.
    """
    elaboration = make(design)
    answer = crossing_audit(elaboration)
    write_json(folder_of_builds(root) / str(elaboration.manifest["id"]) / "audit.json", answer)
    return answer
