# amaranth: UnusedElaboratable=no
"""Mutants of a readout behind a network's last layer: of the part, and of what joins it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from sc_hw.build.elaborate import Build
from sc_hw.proof.blocks.network.parts import READOUT
from sc_hw.proof.mutants.emitted import apply_edits, part_of, part_trial
from sc_hw.proof.mutants.mutant import Mutant, Trial
from sc_hw.proof.mutants.wiring import wiring_mutant
from sc_model.spec import Design, NetworkSpec


def _without_readout(design: Design) -> str | None:
    has_one = design.network is not None and design.network.readout is not None
    return None if has_one else "the network has no readout"


def _without_memory(design: Design) -> str | None:
    network = design.network
    if network is None or network.readout is None:
        return _without_readout(design)
    last = network.readout.kind == "last_potential"
    return "a score does not depend on those of earlier ticks" if last else None


def _in_order(design: Design) -> str | None:
    network = design.network
    if network is None or network.readout is None:
        return _without_readout(design)
    in_order = network.layers[-1].place_order is None
    return "the neurons come in the order of their numbers" if in_order else None


def _in_words(design: Design) -> str | None:
    network = design.network
    if network is None or network.readout is None:
        return _without_readout(design)
    return None if network.o_slices() else "the answer comes with all spikes of a tick in one word"


def _last_layer(network: NetworkSpec) -> str:
    return f"spike_network.layer_{network.layers[-1].name}"


def _mutant(
    name: str,
    bug: str,
    edit: tuple[str, str],
    applies: Callable[[Design], str | None] = _without_readout,
) -> Mutant:
    """A readout whose Verilog is edited: a pattern, which must match, and its replacement."""

    def make(build: Build, folder: Path) -> Trial:
        original = part_of(build, READOUT)
        text = apply_edits(original.text, [edit], name, f"module {original.row['top']}")
        return part_trial(build, folder, original, replace(original, text=text))

    return Mutant(name, bug, ("network",), make, applies)


MUTANTS: tuple[Mutant, ...] = (
    _mutant(
        "last of several alike",
        "of several neurons with the highest score the last one is the answer",
        (r"(assign higher = [^;]*) > ", r"\1 >= "),
    ),
    _mutant(
        "lowest of several alike",
        "of several neurons with the highest score the first one that comes is the answer, though"
        " another one has a lower number",
        (r"assign alike = [^;]+;", "assign alike = 1'h0;"),
        _in_order,
    ),
    _mutant(
        "answer of another tick",
        "the first neuron of a tick must have a higher score than all of the tick before",
        (r"assign first = [^;]+;", "assign first = 1'h0;"),
    ),
    _mutant(
        "scores of another sample",
        "the first tick behind a reset goes on with the scores of the sample before",
        (r"~ fresh", "~ 1'h0"),
        _without_memory,
    ),
    wiring_mutant(
        "no neuron answers",
        "the words that come out name neuron 0, whatever the scores are",
        _last_layer,
        (r"= winner(?: & [^;]+)?;", "= 0;"),
        _without_readout,
    ),
    wiring_mutant(
        "answer of some neurons",
        "each slice of a tick's spikes has the answer of the neurons that are decided by then",
        _last_layer,
        (r"= winner & [^;]+;", "= winner;"),
        _in_words,
    ),
)
