# amaranth: UnusedElaboratable=no
"""Mutants of a layer's intake: correct hardware, but for another crossing than the claim's.

A crossing says how many words of spikes come between two ticks of a layer, and which of the spikes
a tick takes in; the intake is the hardware that does it. One number of the crossing that the
hardware is made for is wrong, so the claim about the right crossing must be refuted.
"""

from __future__ import annotations

from dataclasses import asdict, replace
from pathlib import Path

from sc_hw.proof.blocks.network.intake import DUT, LIMIT_S, STATEMENTS, IntakeHarness
from sc_hw.proof.mutants.mutant import Mutant, Trial
from sc_hw.proof.mutants.reachability import model_trial, verilog_source
from sc_model.spec import CrossingSpec


class _OneWordFewer(CrossingSpec):
    """A crossing that claims to bring one word fewer between two ticks than it brings."""

    @property
    def most_words(self) -> int:
        """One less than the right number, which sets the width of the count."""
        # The width of the count is derived from this number; the claim keeps the right one.
        return super().most_words - 1


def intake_mutant(
    name: str, bug: str, claim: str, spec: CrossingSpec, made_as: CrossingSpec
) -> Mutant:
    """A mutant that is an intake for another crossing than the claim is about.

    Parameters
    ----------
    name, bug : see :class:`~sc_hw.proof.mutants.mutant.Mutant`.
    claim : the claim that the mutant must break, a key of `STATEMENTS`.
    spec : the crossing that the claim is about. It is a fixed one and not the design's, because a
        fault shows with some numbers only: a count of two bits, for example, is too narrow for 4
        words but not for 3. Every network has an intake, so the mutants go with every network.
    made_as : the crossing that the hardware is made for.
    """

    # The argument `build` is part of a mutant's interface; with a fixed crossing it is not read.
    # The harness counts by `spec`, the hardware inside by `made_as`.
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

    return Mutant(name, bug, blocks=("network",), make=make)


# One channel stands for all. A word comes at each step, a tick at every `o_interval`-th.
_HOLD = CrossingSpec(channels=1, i_interval=1, o_interval=3, policy="hold", pending_bits=1)
# Four words are the fewest whose count needs three bits, so that one word fewer needs only two.
_ACCUMULATE = replace(_HOLD, o_interval=4, policy="accumulate")
# Up to 7 spikes wait in a count of three bits, and up to 3 in one of two.
_ONCE = replace(_HOLD, policy="once", pending_bits=3)

MUTANTS: tuple[Mutant, ...] = (
    intake_mutant(
        "tick too early",
        "a tick that does not wait for the word of its own step",
        "due",
        spec=_HOLD,
        made_as=replace(_HOLD, o_interval=2),
    ),
    intake_mutant(
        "count too narrow",
        "a count with room for fewer words than come between two ticks",
        "accumulate",
        spec=_ACCUMULATE,
        made_as=_OneWordFewer(**asdict(_ACCUMULATE)),
    ),
    intake_mutant(
        "fewer may wait",
        "room for fewer spikes than are to wait",
        "once",
        spec=_ONCE,
        made_as=replace(_ONCE, pending_bits=2),
    ),
)
