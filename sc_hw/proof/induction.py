"""Claims whose assertions hold by induction, decided in one step.

Where the assertions of a harness hold in a clock if they held in the one before, a single question
to a SAT solver decides them for any number of clocks, in seconds where PDR (`sc_hw.proof.pdr`)
would look for what it has already been given.
"""

from __future__ import annotations

from pathlib import Path

from sc_hw.proof.pdr import Model, prepare
from sc_hw.tools import run_yosys

# One step: the assertions hold in the first clock, from all initial values; and in a clock if they
# held in the one before. Registers and inputs of that one are whatever the assertions allow.
_STEP = "sat -tempinduct -prove-asserts -set-assumes -maxsteps 1 -timeout {limit} {top}\n"
_PROVED = "Induction step proven: SUCCESS!"


def is_inductive(model: Model, folder: Path, name: str, *, limit_s: float = 120.0) -> bool:
    """Whether all assertions of a model hold by induction, and so in every reachable state.

    False says nothing about a reachable state: there may be none that violates an assertion.

    Parameters
    ----------
    model : harness and design.
    folder, name : where files are written, and how their names begin.
    limit_s : seconds.

    Raises ToolError where a tool is missing or fails.
    """
    script = prepare(model, folder, name)
    step = _STEP.format(limit=max(1, int(limit_s)), top=model.top)
    run_yosys(script + step, folder=folder, name=name)
    return _PROVED in (folder / f"{name}.log").read_text(encoding="utf-8")
