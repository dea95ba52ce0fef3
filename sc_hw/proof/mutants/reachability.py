"""Trials of mutants whose claims are decided by reachability (PDR), with any clocks and resets."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

from sc_hw.files import write_text
from sc_hw.proof.mutants.mutant import Trial
from sc_hw.proof.pdr import Model, counterexample_of, decide
from sc_hw.proof.processes import Source, compare_netlists
from sc_hw.proof.verdicts import Claim


def model_trial(
    folder: Path,
    name: str,
    statement: str,
    model: Model,
    compared: tuple[Source, Source],
    *,
    least_s: float,
    witness: Sequence[str] = (),
) -> Trial:
    """The trial of a mutant in a harness with one claim.

    Parameters
    ----------
    folder : the mutant's.
    name, statement : of the claim.
    model : the harness around the mutant.
    compared : original and mutant, without the harness: a harness that does not look at the fault
        must not make the mutant equivalent.
    least_s : seconds that the claim gets at least, since reachability takes longer than a claim
        about one clock.
    witness : signals inside the design that a counterexample lists beside the harness's own.
    """

    def prove(limit_s: float) -> list[dict[str, Any]]:
        # A mutant that is not decided in time counts as missed, so the limit must not be too short.
        answer = decide(model, folder, "claim", limit_s=max(limit_s, least_s))
        example = counterexample_of(answer, witness)
        return [Claim(name, statement, answer.verdict, answer.seconds, example).as_json()]

    return Trial(partial(compare_netlists, *compared, folder), prove)


def verilog_source(folder: Path, name: str, text: str, top: str, *, clocks: bool) -> Source:
    """Write Verilog for a comparison; `clocks` says that it has more than one clock."""
    return Source((str(write_text(folder / f"{name}.v", text)),), top, clocks)


def model_source(folder: Path, name: str, model: Model) -> Source:
    """Write a model for a comparison that includes its assertions."""
    # The Verilog first: the harness instantiates its modules.
    files = [write_text(folder / f"{name}_{i}.v", text) for i, text in enumerate(model.verilog)]
    files.append(write_text(folder / f"{name}.il", model.rtlil))
    return Source(tuple(str(file) for file in files), model.top, clocks=True)
