# amaranth: UnusedElaboratable=no
"""Mutants of the encoder in front of a network."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from sc_hw.build.elaborate import Build
from sc_hw.proof.blocks.network.parts import ENCODER
from sc_hw.proof.mutants.emitted import apply_edits, part_of, part_trial
from sc_hw.proof.mutants.mutant import Mutant, Trial
from sc_hw.proof.mutants.wiring import wiring_mutant
from sc_model.spec import Design


def _without_encoder(design: Design) -> str | None:
    """The reason why a mutant of encoders has no place in a design, or None where it has one."""
    has_one = design.network is not None and design.network.encoder is not None
    return None if has_one else "the network has no encoder"


def _unless(kind: str) -> Callable[[Design], str | None]:
    """A function that gives the reason why a mutant of encoders of a kind has no place in a design.

    It also has none where a set of values is shown for a single step.
    """

    def reason(design: Design) -> str | None:
        if design.network is None or design.network.encoder is None:
            return _without_encoder(design)
        encoder = design.network.encoder
        if encoder.kind == kind and encoder.steps == 1:
            return "a set of values is shown for one step"
        return None if encoder.kind == kind else f"the encoder is not of kind '{kind}'"

    return reason


def _mutant(
    name: str,
    bug: str,
    edit: tuple[str, str],
    applies: Callable[[Design], str | None] = _without_encoder,
) -> Mutant:
    """An encoder whose Verilog is edited: a pattern, which must match, and its replacement."""

    def make(build: Build, folder: Path) -> Trial:
        original = part_of(build, ENCODER)
        text = apply_edits(original.text, [edit], name, f"module {original.row['top']}")
        return part_trial(build, folder, original, replace(original, text=text))

    return Mutant(name, bug, ("network",), make, applies)


MUTANTS: tuple[Mutant, ...] = (
    _mutant(
        "spikes that nobody has taken",
        "spikes of the next word are gathered while a transfer waits",
        (r"assign advance = [^;]+;", "assign advance = primed;"),
    ),
    _mutant(
        "word of another step",
        "the first word of a step is read while the last one of the step before is written",
        (r"\bprimed <= [^;]+;", "primed <= showing;"),
    ),
    _mutant(
        "same numbers for all",
        "the shift register stands still from word to word",
        (r"\bregister <= [^;]+;", "register <= register;"),
        _unless("bernoulli"),
    ),
    _mutant(
        "reference of another set",
        "a set of values is compared with the references that the set before has left",
        (r"= \| step;", "= 1'h1;"),
        _unless("delta"),
    ),
    _mutant(
        "first moment of a step",
        "a value whose spike is due at the beginning of a step gives none",
        (r"late_0 >= ", "late_0 > "),
        _unless("latency"),
    ),
    wiring_mutant(
        "values in a restart",
        "the encoder takes values while the network restarts",
        lambda network: "spike_network",
        (r"assign i__ready = [^;]+;", "assign i__ready = 1'h1;"),
        _without_encoder,
    ),
)
