# amaranth: UnusedElaboratable=no
"""Mutants of a layer's intake: mostly correct hardware, but for another crossing.

A crossing says how many words of spikes come between two ticks of a layer, and which of the spikes
a tick takes in; the intake is the hardware that does it. One number of the crossing that the
hardware is made for is wrong, so the claim about the right crossing must be refuted. An intake of
slices, which some networks have, is a part of its own, whose Verilog is edited.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, replace
from pathlib import Path

from sc_hw.build.elaborate import Build
from sc_hw.network.slice_intake import SliceIntake
from sc_hw.network.spike_crossing import intake_of
from sc_hw.proof.blocks.network.intake import DUT, LIMIT_S, STATEMENTS, IntakeHarness
from sc_hw.proof.blocks.network.parts import INTAKE
from sc_hw.proof.mutants.emitted import apply_edits, part_of, part_trial
from sc_hw.proof.mutants.mutant import Mutant, Trial
from sc_hw.proof.mutants.reachability import model_trial, verilog_source
from sc_hw.proof.mutants.wiring import network_of, wiring_mutant
from sc_model.spec import CrossingSpec, Design, NetworkSpec


class _OneWordFewer(CrossingSpec):
    """A crossing that claims to bring one word fewer between two ticks than it brings."""

    @property
    def most_words(self) -> int:
        """One less than the right number, which sets the width of the count."""
        # The width of the count is derived from this number; the claim keeps the right one.
        return super().most_words - 1


def intake_mutant(
    name: str, bug: str, claim: str, spec: CrossingSpec, hardware_spec: CrossingSpec
) -> Mutant:
    """A mutant that is an intake for another crossing than the claim is about.

    Parameters
    ----------
    name, bug : see :class:`~sc_hw.proof.mutants.mutant.Mutant`.
    claim : the claim that the mutant must break, a key of `STATEMENTS`.
    spec : the crossing that the claim is about. It is a fixed one and not the design's, because a
        fault shows with some numbers only: a count of two bits, for example, is too narrow for 4
        words but not for 3. They go with every network, also one whose spikes go in slices alone.
    hardware_spec : the crossing that the hardware is made for.
    """

    # The argument `build` is part of a mutant's interface; with a fixed crossing it is not read.
    # The harness counts by `spec`, the hardware inside by `hardware_spec`.
    def make(build: object, folder: Path) -> Trial:
        harness = IntakeHarness(spec, claim, hardware_spec=hardware_spec)
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

# --- slices ---

# Of an intake, whether it has the hardware for a fault.
Has = Callable[[SliceIntake], bool]


def _intakes(network: NetworkSpec) -> dict[int, SliceIntake]:
    """The intakes of slices in a network, by the layer that each is in front of."""
    intakes = {
        index: intake_of(network.crossing(index), network.slices(index), network.step_bits)
        for index in range(len(network.layers))
    }
    return {index: each for index, each in intakes.items() if isinstance(each, SliceIntake)}


def _any(intake: SliceIntake) -> bool:
    return True


def _keeps(intake: SliceIntake) -> bool:
    return intake.kept_bits > 0


def _loses(intake: SliceIntake) -> bool:
    return _keeps(intake) and intake.spec.policy == "once"


def _first(network: NetworkSpec, has: Has) -> int | None:
    """The first layer whose intake has the hardware; None where no intake has it."""
    return next((index for index, intake in _intakes(network).items() if has(intake)), None)


def _applies(has: Has) -> Callable[[Design], str | None]:
    """A function that gives the reason why a design has no place for a fault, or None."""

    def reason(design: Design) -> str | None:
        network = network_of(design)
        if not _intakes(network):
            return "no layer of the network takes slices of words at another interval"
        if _first(network, has) is None:
            return "no intake of slices has a memory that the fault needs"
        return None

    return reason


def _slice_mutant(name: str, bug: str, edit: tuple[str, str], has: Has = _any) -> Mutant:
    """An intake whose Verilog is edited: a pattern, which must match, and its replacement."""

    def make(build: Build, folder: Path) -> Trial:
        original = part_of(build, INTAKE, layer=_first(network_of(build.design), has))
        text = apply_edits(original.text, [edit], name, f"module {original.row['top']}")
        return part_trial(build, folder, original, replace(original, text=text))

    return Mutant(name, bug, ("network",), make, _applies(has))


def _first_crossing(network: NetworkSpec) -> str:
    index = next(iter(_intakes(network)))
    return f"spike_network.crossing_{network.layers[index].name}"


MUTANTS: tuple[Mutant, ...] = (
    intake_mutant(
        "tick too early",
        "a tick that does not wait for the word of its own step",
        "due",
        spec=_HOLD,
        hardware_spec=replace(_HOLD, o_interval=2),
    ),
    intake_mutant(
        "count too narrow",
        "a count with room for fewer words than come between two ticks",
        "accumulate",
        spec=_ACCUMULATE,
        hardware_spec=_OneWordFewer(**asdict(_ACCUMULATE)),
    ),
    intake_mutant(
        "fewer may wait",
        "room for fewer spikes than are to wait",
        "once",
        spec=_ONCE,
        hardware_spec=replace(_ONCE, pending_bits=2),
    ),
    _slice_mutant(
        "first slice again",
        "each slice of a word counts as its first one",
        (r"\bpart <= [^;]+;", "part <= 0;"),
    ),
    _slice_mutant(
        "ticks at other steps",
        "a word brings the next tick farther away, and a tick brings it nearer",
        (r"signed\(phase\) \+ ", "signed(phase) - "),
    ),
    _slice_mutant(
        "slice of a tick that waits",
        "an intake takes a slice in while the layer does not take that of the tick",
        (r"assign moves = [^;]+;", "assign moves = i__valid;"),
    ),
    _slice_mutant(
        "slice of another word",
        "a slice is not compared with the number of the word that is due",
        (r"\bdiffers <= [^;]+;", "differs <= out_of_step;"),
    ),
    _slice_mutant(
        "values of the last run",
        "what the memory holds after a reset, or after a tick, counts",
        (r"\bfresh <= [^;]+;", "fresh <= 1'h0;"),
        _keeps,
    ),
    _slice_mutant(
        "values of the slice before",
        "a slice gets what has been kept of the one before it",
        (r"\.read__addr\([^)]*\)", ".read__addr(part)"),
        _keeps,
    ),
    _slice_mutant(
        "lost in the last slice",
        "only spikes that are lost in a word's last slice are reported",
        (r"\blost_before <= [^;]+;", "lost_before <= 1'h0;"),
        _loses,
    ),
    wiring_mutant(
        "number of another word",
        "the number of a slice's step has an inverted bit on its way into the intake",
        _first_crossing,
        (r"\.i__payload\(([^)]*)\)", r".i__payload(\1 ^ 1'h1)"),
        _applies(_any),
    ),
)
