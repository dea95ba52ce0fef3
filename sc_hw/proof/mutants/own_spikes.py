# amaranth: UnusedElaboratable=no
"""Mutants of recurrent layers whose own spikes lie in slices: of parts, and of what joins them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from sc_hw.build.elaborate import Build
from sc_hw.proof.blocks.network.parts import FEED, OWN
from sc_hw.proof.mutants.emitted import apply_edits, part_of, part_trial
from sc_hw.proof.mutants.mutant import Mutant, Trial
from sc_hw.proof.mutants.wiring import network_of, wiring_mutant
from sc_model.spec import Design, NetworkSpec

EVENTS, SWEEP = "events", "sweep"


def _layers(network: NetworkSpec, engines: tuple[str, ...]) -> list[int]:
    """Recurrent layers of some engines whose own spikes lie in slices."""
    return [
        index
        for index, layer in enumerate(network.layers)
        if layer.recurrent and layer.engine in engines and network.slices(index)
    ]


def _without(design: Design, engines: tuple[str, ...]) -> str | None:
    has = design.network is not None and _layers(design.network, engines)
    of_engine = f" with engine '{engines[0]}'" if len(engines) == 1 else ""
    return None if has else f"no layer{of_engine} takes its own spikes in slices"


def _part_mutant(part: str, name: str, bug: str, edit: tuple[str, str], *engines: str) -> Mutant:
    """A part of the first layer of some engines, or of any, whose Verilog is edited."""
    engines = engines or (EVENTS, SWEEP)

    def make(build: Build, folder: Path) -> Trial:
        index = _layers(network_of(build.design), engines)[0]
        original = part_of(build, part, layer=index)
        text = apply_edits(original.text, [edit], name, f"module {original.row['top']}")
        return part_trial(build, folder, original, replace(original, text=text))

    return Mutant(name, bug, ("network",), make, lambda design: _without(design, engines))


def _first_layer(network: NetworkSpec) -> str:
    return f"spike_network.layer_{network.layers[_layers(network, (EVENTS, SWEEP))[0]].name}"


MUTANTS: tuple[Mutant, ...] = (
    _part_mutant(
        OWN,
        "own spikes over each other",
        "each slice of a layer's own spikes takes the place of the one before it",
        (r"\bpart <= [^;]+;", "part <= 0;"),
    ),
    _part_mutant(
        OWN,
        "own spikes of a slice",
        "a slice of a layer's own spikes is complete with its first neuron",
        (r"assign complete = [^;]+;", "assign complete = valid;"),
    ),
    _part_mutant(
        OWN,
        "no own spike is restored",
        "the spikes that a host loads with the neurons are not kept",
        (r"assign loads = [^;]+;", "assign loads = 1'h0;"),
    ),
    _part_mutant(
        FEED,
        "own spikes a slice late",
        "a chunk has the own spikes of the chunk before it",
        (r"assign slice = [^;]+;", "assign slice = part;"),
        EVENTS,
    ),
    _part_mutant(
        FEED,
        "chunk without its slice",
        "a chunk of inputs is searched before its slice has come",
        (r"assign more = [^;]+;", "assign more = 1'h1;"),
        EVENTS,
    ),
    _part_mutant(
        OWN,
        "own spikes of one bank",
        "a sweep reads the spikes of the tick that it decides",
        (r"\bbank <= [^;]+;", "bank <= 1'h0;"),
        SWEEP,
    ),
    wiring_mutant(
        "own spikes from before a reset",
        "the first tick behind a reset takes the spikes of the tick before it",
        _first_layer,
        (r"assign own = (found) & [^;]+;", r"assign own = \1;"),
        lambda design: _without(design, (EVENTS, SWEEP)),
    ),
)
