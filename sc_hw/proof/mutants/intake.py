# amaranth: UnusedElaboratable=no
"""Mutants of a layer's intake: hardware for another transfer than the claim is about."""

from __future__ import annotations

from pathlib import Path

from sc_hw.proof.blocks.network.intake import DUT, LIMIT_S, STATEMENTS, IntakeHarness
from sc_hw.proof.mutants.mutant import Mutant, Trial
from sc_hw.proof.mutants.reachability import model_trial, verilog_source
from sc_model.spec import CrossingSpec


class _OneWordFewer(CrossingSpec):
    """A transfer that is believed to bring one word fewer between two ticks than it does."""

    @property
    def most_words(self) -> int:
        """One too few."""
        return super().most_words - 1


def intake_mutant(
    name: str, bug: str, claim: str, spec: CrossingSpec, made_as: CrossingSpec
) -> Mutant:
    """An intake made for another transfer than the claim is about.

    Parameters
    ----------
    name, bug : see :class:`~sc_hw.proof.mutants.mutant.Mutant`.
    claim : a key of `STATEMENTS`, which must refute it.
    spec : what the claim is about. It is not the design's own transfer: whether an intake has the
        fault depends on its numbers, and every network has some intake.
    made_as : what the hardware is made for.
    """

    def make(build: object, folder: Path) -> Trial:
        harness = IntakeHarness(spec, claim, made_as=made_as)
        original, mutated = (
            verilog_source(folder, label, text, DUT, clocks=False)
            for label, text in (
                ("original", IntakeHarness(spec, claim).verilog()),
                ("mutant", harness.verilog()),
            )
        )
        return model_trial(
            folder,
            claim,
            STATEMENTS[claim],
            harness.model(),
            (original, mutated),
            least_s=LIMIT_S,
        )

    return Mutant(name, bug, ("network",), make)


MUTANTS: tuple[Mutant, ...] = (
    intake_mutant(
        "tick too early",
        "a tick that does not wait for the word of its own step",
        "due",
        CrossingSpec(1, 1, 3, "hold", 1),
        CrossingSpec(1, 1, 2, "hold", 1),
    ),
    intake_mutant(
        "count too narrow",
        "a count with room for fewer words than come between two ticks",
        "accumulate",
        CrossingSpec(1, 1, 4, "accumulate", 1),
        _OneWordFewer(1, 1, 4, "accumulate", 1),
    ),
    intake_mutant(
        "fewer may wait",
        "room for fewer spikes than are to wait",
        "once",
        CrossingSpec(1, 1, 3, "once", 3),
        CrossingSpec(1, 1, 3, "once", 2),
    ),
)
