# amaranth: UnusedElaboratable=no
"""The parts of a network for its proof: of each layer one lane, the neurons and the history.

Each part becomes a Verilog file of its own, whose ports keep their names, beside the facts that
the proof must know of it. The lanes of a layer are one component several times. Ticks and crossings
are proved elsewhere (`sc_hw.proof.blocks.network.intake`, `sc_hw.proof.blocks.network.crossing`).
"""

from __future__ import annotations

from pathlib import Path

from sc_hw.fabric.families import load_family
from sc_hw.proof.blocks.network.facts import (
    HistoryFacts,
    TrainedLaneFacts,
    TrainedNeuronsFacts,
)
from sc_hw.proof.blocks.parts import PartFiles
from sc_hw.proof.facts import fields_of, named_signals
from sc_hw.trained.history import History
from sc_hw.trained.lane import AHEAD, MEMORY, Lane
from sc_hw.trained.neurons import Neurons
from sc_model.layer_kinds import kind_of
from sc_model.spec import Design, IntFormat

LANE, NEURONS, HISTORY = "lane", "neurons", "history"


def lane_facts(lane: Lane, index: int) -> TrainedLaneFacts:
    """When a lane of that layer does what."""
    return TrainedLaneFacts(
        layer=index,
        fetch=lane.fetch,
        ahead=AHEAD,
        memory=MEMORY,
        state_ready=lane.state_ready,
        product_ready=lane.update.ready["product"],
        latency=lane.latency,
        summing=lane.accumulator.latency,
        state=fields_of(lane.state),
        fixed=fields_of(lane.fixed),
        named_signals=named_signals(lane.update),
    )


def neurons_facts(neurons: Neurons, index: int) -> TrainedNeuronsFacts:
    """When the neurons of that layer do what."""
    return TrainedNeuronsFacts(
        layer=index,
        memory=MEMORY,
        ahead=AHEAD,
        update_latency=neurons.update.latency,
        word=fields_of(neurons.state),
        own=fields_of(neurons.own),
        named_signals=named_signals(neurons.update),
    )


def history_facts(index: int) -> HistoryFacts:
    """When the history of that layer does what."""
    return HistoryFacts(layer=index, memory=MEMORY)


def write_layer_parts(parts: PartFiles, lane: Lane, value: IntFormat, index: int) -> None:
    """Write the lane, the neurons and, where there are delays, the history of one trained layer.

    Parameters
    ----------
    parts : collects the parts of a network.
    lane : one of the layer's lanes, which all are alike.
    value : format of the values that the layer's synapses take in.
    index : place of the layer in the network, from 0.
    """
    spec = lane.spec
    neurons = Neurons(spec, value, lane.family)
    parts.standalone_verilog(LANE, lane, lane_facts(lane, index), f"{LANE}_{spec.name}")
    parts.standalone_verilog(
        NEURONS, neurons, neurons_facts(neurons, index), f"{NEURONS}_{spec.name}"
    )
    if spec.max_delay:
        parts.standalone_verilog(
            HISTORY, History(spec, value), history_facts(index), f"{HISTORY}_{spec.name}"
        )


def write_network_parts(design: Design, folder: Path) -> None:
    """Write the parts of all layers of a network under `folder`/proof."""
    network = design.network
    if network is None:
        raise ValueError("design must have a network")
    family = load_family(design.fabric)
    parts = PartFiles(folder)
    for index, spec in enumerate(network.layers):
        value = network.crossing(index).value
        # The form that hardware computes; the claims compare it with `LayerKind.synapse`.
        synapse = kind_of(spec).pipeline(spec, value, network.tick_ms)
        lane = Lane(spec, value, network.tick_ms, synapse, family)
        write_layer_parts(parts, lane, value, index)
    parts.write()
