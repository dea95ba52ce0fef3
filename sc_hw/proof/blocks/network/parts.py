# amaranth: UnusedElaboratable=no
"""A network taken apart for its proof: one lane and the neurons of each layer, emitted
standalone_verilog, and what the proof must know.

The lanes of a layer are one component made several times. The parts that carry words from layer to
layer are proved elsewhere (`sc_hw.proof.blocks.network.intake`,
`sc_hw.proof.blocks.network.crossing`).
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from sc_hw.fabric.families import Family, load_family
from sc_hw.proof.blocks.plastic.parts import Parts, fields_of, named_signals
from sc_hw.trained.dense_lane import DenseLane
from sc_hw.trained.hetsyn_lane import HetSynLane
from sc_hw.trained.history import History
from sc_hw.trained.lane import AHEAD, MEMORY
from sc_hw.trained.neurons import Neurons
from sc_model.spec import DecayCodes, DenseSpec, Design, HetSynSpec, IntFormat

LANE, NEURONS, HISTORY = "lane", "neurons", "history"


def lane_facts(lane: HetSynLane | DenseLane, index: int) -> dict[str, Any]:
    """When a lane of that layer does what."""
    return {
        "layer": index,
        "fetch": lane.fetch,
        "ahead": AHEAD,
        "memory": MEMORY,
        "trace_ready": lane.update.ready.get("trace"),
        "product_ready": lane.update.ready["product"],
        "latency": lane.latency,
        "summing": lane.accumulator.latency,
        "fixed": fields_of(lane.fixed),
        "named_signals": named_signals(lane.update),
    }


def neurons_facts(neurons: Neurons, index: int) -> dict[str, Any]:
    """When the neurons of that layer do what."""
    return {
        "layer": index,
        "memory": MEMORY,
        "ahead": AHEAD,
        "update_latency": neurons.update.latency,
        "word": fields_of(neurons.state),
        "own": fields_of(neurons.own),
        "named_signals": named_signals(neurons.update),
    }


def history_facts(index: int) -> dict[str, Any]:
    """When the history of that layer does what."""
    return {"layer": index, "memory": MEMORY}


def write_layer_parts(
    parts: Parts,
    spec: HetSynSpec | DenseSpec,
    codes: DecayCodes | None,
    value: IntFormat,
    family: Family,
    index: int,
) -> None:
    """Write the lane, the neurons and, where there are delays, the history of one trained layer.

    Parameters
    ----------
    parts : collects the parts of a network.
    spec : the layer.
    codes : decay codes of a HetSyn layer, None for a dense one.
    value : format of the values that the layer's synapses take in.
    family : the FPGA family that the hardware is made for.
    index : place of the layer in the network, from 0.
    """
    lane: DenseLane | HetSynLane
    if isinstance(spec, DenseSpec):
        lane = DenseLane(spec, value, family)
    elif codes is not None:
        lane = HetSynLane(spec, codes, value, family)
    else:
        raise ValueError(f"layer '{spec.name}' is a HetSyn layer and needs its decay codes")
    neurons = Neurons(spec, value, family)
    parts.standalone_verilog(LANE, lane, lane_facts(lane, index), f"{LANE}_{spec.name}")
    parts.standalone_verilog(
        NEURONS, neurons, neurons_facts(neurons, index), f"{NEURONS}_{spec.name}"
    )
    if spec.max_delay:
        parts.standalone_verilog(
            HISTORY, History(spec, value), history_facts(index), f"{HISTORY}_{spec.name}"
        )


def codes_of(spec: HetSynSpec | DenseSpec, tick_ms: float) -> DecayCodes | None:
    """Decay codes of a HetSyn layer, None for a dense one."""
    return spec.codes(tick_ms) if isinstance(spec, HetSynSpec) else None


def write_network_parts(design: Design, folder: Path) -> None:
    """Write the parts of all layers of a network under `folder`/proof."""
    network = design.network
    if network is None:
        raise ValueError("only a network has layers of this kind")
    family = load_family(design.fabric)
    parts = Parts(folder)
    for index, spec in enumerate(network.layers):
        value = network.crossing(index).value
        write_layer_parts(parts, spec, codes_of(spec, network.tick_ms), value, family, index)
    parts.write()
