# amaranth: UnusedElaboratable=no
"""A network taken apart for its proof: one lane and the neurons of each layer, emitted alone, and what the proof must know.

The lanes of a layer are one component made several times. The parts that carry words from layer to layer are proved elsewhere
(`sc_hw.flow.prove_intake`, `sc_hw.flow.prove_crossing`).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from sc_hw.families import load_family
from sc_hw.flow.layer_parts import Parts, fields_of, named_signals
from sc_hw.hetsyn.lane import AHEAD, FETCH, MEMORY, HetSynLane
from sc_hw.hetsyn.neurons import HetSynNeurons
from sc_model.spec import DecayCodes, Design, HetSynSpec, NeuronSpec

LANE, NEURONS = "hetsyn_lane", "hetsyn_neurons"


def lane_facts(lane: HetSynLane, index: int) -> dict[str, Any]:
    """When a lane of that layer does what."""
    return {
        "layer": index,
        "fetch": FETCH,
        "memory": MEMORY,
        "trace_ready": lane.update.ready["trace"],
        "product_ready": lane.update.ready["product"],
        "latency": lane.latency,
        "summing": lane.accumulator.latency,
        "fixed": fields_of(lane.fixed),
        "named_signals": named_signals(lane.update),
    }


def neurons_facts(neurons: HetSynNeurons, index: int) -> dict[str, Any]:
    """When the neurons of that layer do what."""
    return {
        "layer": index,
        "memory": MEMORY,
        "ahead": AHEAD,
        "update_latency": neurons.update.latency,
        "word": fields_of(neurons.fields),
        "named_signals": named_signals(neurons.update),
    }


Change = Callable[[HetSynSpec, DecayCodes], tuple[HetSynSpec, DecayCodes]]


def write_network_parts(design: Design, folder: Path, control: NetworkControl | None = None) -> None:
    """Write the parts of a network under `folder`/proof; for a control the one with its bug, of the first layer alone."""
    if design.network is None:
        raise ValueError("only a network has layers of this kind")
    family = load_family(design.fabric)
    parts = Parts(folder, () if control is None else (control.part,))
    for index, spec in enumerate(design.network.layers[: None if control is None else 1]):
        value = design.network.crossing(index).value
        made, codes = spec, spec.codes(design.network.tick_ms)
        if control is not None:
            made, codes = control.change(made, codes)
        lane, neurons = HetSynLane(made, codes, value, family), HetSynNeurons(made, family)
        parts.alone(LANE, lane, lane_facts(lane, index), f"{LANE}_{spec.name}")
        parts.alone(NEURONS, neurons, neurons_facts(neurons, index), f"{NEURONS}_{spec.name}")
    parts.write()


@dataclass(frozen=True)
class NetworkControl:
    """A bug put into a part of a layer; the claims stay those of the correct design and must refute it."""

    name: str
    bug: str
    part: str
    change: Change


def _other_neuron(spec: HetSynSpec, **changes: Any) -> HetSynSpec:
    neuron = NeuronSpec(**{**spec.neuron.model_dump(), **changes})
    return spec.model_copy(update={"neuron": neuron})


def _one_factor_off(spec: HetSynSpec, codes: DecayCodes) -> tuple[HetSynSpec, DecayCodes]:
    """The factor in the middle of the table is the one below it."""
    middle = len(codes.factors) // 2
    below = codes.factors[max(0, middle - 1)]
    return spec, replace(codes, factors=(*codes.factors[:middle], below, *codes.factors[middle + 1 :]))


CONTROLS = (
    NetworkControl("decay table", "one entry of the table of decay codes is its neighbour", LANE, _one_factor_off),
    NetworkControl(
        "input one place low",
        "a spike adds half of what it must to a trace",
        LANE,
        lambda spec, codes: (spec.model_copy(update={"trace_fraction": max(0, spec.trace_fraction - 1)}), codes),
    ),
    NetworkControl(
        "threshold",
        "a neuron fires above its threshold, not at it",
        NEURONS,
        lambda spec, codes: (_other_neuron(spec, threshold=spec.neuron.threshold + 1), codes),
    ),
    NetworkControl(
        "reset",
        "a spike puts the potential to zero instead of taking the threshold off (or the other way round)",
        NEURONS,
        lambda spec, codes: (_other_neuron(spec, reset="zero" if spec.neuron.reset == "subtract" else "subtract"), codes),
    ),
)
