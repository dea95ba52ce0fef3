# amaranth: UnusedElaboratable=no
"""The parts of a network for its proof: of each layer one lane, the neurons and the history.

Each part becomes a Verilog file of its own, whose ports keep their names, beside the facts that
the proof must know of it. The lanes of a layer are one component several times. Every instance in
`top.v` is then proved to be its part (`sc_hw.proof.blocks.network.wiring`), and so are the queue
between two clocks and the plastic layer, whose claims are proved elsewhere
(`sc_hw.proof.blocks.network.crossing`, and the proof of the plastic layer as a design of its own).
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from sc_hw.build.blocks import block_of
from sc_hw.events import EventLayer
from sc_hw.events.lanes import EventLanes
from sc_hw.fabric.families import load_family
from sc_hw.network.cdc import WordCrossing
from sc_hw.network.encoder import ValueEncoder
from sc_hw.network.network import SpikeNetwork, layer_of
from sc_hw.network.slice_intake import SliceIntake
from sc_hw.network.spike_crossing import intake_of
from sc_hw.proof.blocks.network.facts import (
    ColumnFacts,
    EncoderFacts,
    EventCounterFacts,
    EventLanesFacts,
    FeedFacts,
    HistoryFacts,
    IntakeFacts,
    OrderFacts,
    OwnFacts,
    ReadoutFacts,
    ScannerFacts,
    SliceFacts,
    TrainedLaneFacts,
    TrainedNeuronsFacts,
    WiperFacts,
)
from sc_hw.proof.blocks.parts import PartFiles
from sc_hw.proof.facts import fields_of, named_signals
from sc_hw.trained import TrainedLayer
from sc_hw.trained.history import History
from sc_hw.trained.lane import AHEAD, MEMORY, Lane
from sc_hw.trained.neurons import Neurons
from sc_hw.trained.own_spikes import OwnSpikes
from sc_hw.trained.readout import Readout
from sc_hw.trained.slice_queue import SliceQueue
from sc_model.layer_kinds import kind_of
from sc_model.spec import Design, IntFormat, NetworkSpec

LANE, NEURONS, HISTORY = "lane", "neurons", "history"
ENCODER = "encoder"  # in front of the first layer, where the network has one
READOUT = "readout"  # behind the last layer's neurons, where the network has one
# Those of an event layer, beside its neurons.
EVENT_LANES, SCANNER, SEQUENCER, READER = "event_lanes", "scanner", "sequencer", "reader"
WIPER = "wiper"  # with delays
INTAKE = "intake"  # in front of a layer, where words and ticks are slices and not in turn
COLUMNS = "columns"  # memory of those of a swept layer that come in slices
# Those of a layer whose spikes leave in slices, and of the layer behind a convolution.
SLICES, ORDER = "slices", "order"
# Those of a recurrent layer whose own spikes lie in slices; the second one of an event layer alone.
OWN, FEED = "own_spikes", "feed"
# Parts that have their claims elsewhere, and are here to be compared with their instances.
QUEUE, PLASTIC_LAYER = "queue", "plastic_layer"


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


def encoder_facts(encoder: ValueEncoder) -> EncoderFacts:
    """Sizes of the encoder."""
    return EncoderFacts(
        encoder.values, encoder.chunk, encoder.chunk_words, encoder.words, encoder.word_spikes
    )


def readout_facts(readout: Readout, index: int) -> ReadoutFacts:
    """When the readout behind that layer does what."""
    order = readout.order or (0, 0)
    return ReadoutFacts(index, MEMORY, readout.latency, readout.score.width, *order)


def write_layer_parts(
    parts: PartFiles, lane: Lane, value: IntFormat, index: int, *, shows_potential: bool = False
) -> None:
    """Write the lane, the neurons and, where there are delays, the history of one trained layer.

    Parameters
    ----------
    parts : collects the parts of a network.
    lane : one of the layer's lanes, which all are alike.
    value : format of the values that the layer's synapses take in.
    index : place of the layer in the network, from 0.
    shows_potential : of its neurons.
    """
    spec = lane.spec
    neurons = Neurons(spec, value, lane.family, shows_potential=shows_potential)
    parts.standalone_verilog(LANE, lane, lane_facts(lane, index), f"{LANE}_{spec.name}")
    parts.standalone_verilog(
        NEURONS, neurons, neurons_facts(neurons, index), f"{NEURONS}_{spec.name}"
    )
    if spec.max_delay:
        parts.standalone_verilog(
            HISTORY, History(spec, value), history_facts(index), f"{HISTORY}_{spec.name}"
        )


def event_lanes_facts(lanes: EventLanes, index: int) -> EventLanesFacts:
    """When the lanes of that event layer do what."""
    one = lanes.lanes[0]
    return EventLanesFacts(
        layer=index,
        lanes=len(lanes.lanes),
        ahead=AHEAD,
        memory=MEMORY,
        product_ready=one.product_ready,
        adding=lanes.adding,
        loop=lanes.loop,
        latency=lanes.latency,
        summing=one.summing,
        sets=lanes.sets,
        clears=lanes.clears,
        fixed=fields_of(lanes.word_layout),
        state=(),
    )


def slice_facts(queue: SliceQueue, index: int) -> SliceFacts:
    """Sizes of the queue in which the spikes of that layer leave."""
    return SliceFacts(index, queue.neurons, queue.transfers, queue.together, queue.marks_last)


def own_facts(own: OwnSpikes, index: int) -> OwnFacts:
    """Sizes of the memory of that layer's own spikes."""
    return OwnFacts(index, own.neurons, own.first, own.together, own.banks)


def write_slice_parts(parts: PartFiles, layer: TrainedLayer, index: int) -> None:
    """Write a swept layer's memories of columns and own spikes, and its queue, where it has them.

    Parameters
    ----------
    parts : collects the parts of a network.
    layer : a new one, of which nothing has been elaborated.
    index : its place in the network, from 0.
    """
    if (store := layer.store) is not None:
        inputs = store.columns if store.inputs is None else store.inputs
        facts = ColumnFacts(
            index, store.columns, store.width, inputs, store.slices, store.constant, MEMORY
        )
        parts.standalone_verilog(COLUMNS, store, facts, f"{COLUMNS}_{layer.spec.name}")
    if (queue := layer.queue) is not None:
        of_queue = slice_facts(queue, index)
        parts.standalone_verilog(SLICES, queue, of_queue, f"{SLICES}_{layer.spec.name}")
    if (own := layer.own) is not None:
        parts.standalone_verilog(OWN, own, own_facts(own, index), f"{OWN}_{layer.spec.name}")


def write_intake(parts: PartFiles, network: NetworkSpec, index: int) -> None:
    """Write the intake in front of a layer, where it is one of slices."""
    intake = intake_of(network.crossing(index), network.slices(index), network.step_bits)
    if isinstance(intake, SliceIntake):
        loses = intake.kept_bits > 0 and intake.spec.policy == "once"
        facts = IntakeFacts(index, intake.slices, intake.kept_bits, loses)
        parts.standalone_verilog(INTAKE, intake, facts, f"{INTAKE}_{network.layers[index].name}")


def write_event_parts(parts: PartFiles, layer: EventLayer, index: int) -> None:
    """Write the lanes, the neurons, the scanner, the sequencer and the reader of an event layer.

    Where it has them, the order of its columns, the queue of its slices, and the memory of its own
    spikes with what feeds them back, too.

    Parameters
    ----------
    parts : collects the parts of a network.
    layer : a new one, of which nothing has been elaborated.
    index : its place in the network, from 0.
    """
    spec, scanner, lanes = layer.spec, layer.scanner, layer.lanes
    counters = EventCounterFacts(index, layer.sets, lanes.loop)
    searched = ScannerFacts(
        index,
        scanner.columns,
        scanner.width,
        scanner.chunk,
        scanner.sliced,
        scanner.constant,
        scanner.spaced,
    )
    rows: list[tuple[str, Any, Any]] = [
        (EVENT_LANES, lanes, event_lanes_facts(lanes, index)),
        (NEURONS, layer.neurons, neurons_facts(layer.neurons, index)),
        (SCANNER, scanner, searched),
        (SEQUENCER, layer.sequencer, counters),
        (READER, layer.reader, counters),
    ]
    if (wiper := layer.wiper) is not None:
        rows.append((WIPER, wiper, WiperFacts(index, wiper.words, wiper.landed)))
    if (order := layer.order) is not None:
        places = OrderFacts(index, order.places, order.channels, order.columns, scanner.width)
        rows.append((ORDER, order, places))
    if (queue := layer.queue) is not None:
        rows.append((SLICES, queue, slice_facts(queue, index)))
    if (own := layer.own) is not None:
        rows.append((OWN, own, own_facts(own, index)))
    if (feed := layer.feed) is not None:
        rows.append((FEED, feed, FeedFacts(index, spec.inputs, spec.columns, feed.width)))
    for part, component, facts in rows:
        parts.standalone_verilog(part, component, facts, f"{part}_{spec.name}")


def write_network_parts(design: Design, folder: Path) -> None:
    """Write the parts of all layers of a network under `folder`/proof."""
    network = design.network
    if network is None:
        raise ValueError("design must have a network")
    family = load_family(design.fabric)
    parts = PartFiles(folder)
    for index, spec in enumerate(network.layers):
        value = network.crossing(index).value
        write_intake(parts, network, index)
        layer = layer_of(network, index, family)
        readout = layer.readout
        if readout is not None:
            facts = readout_facts(readout, index)
            parts.standalone_verilog(READOUT, readout, facts, f"{READOUT}_{spec.name}")
        # Another one: the readout of the first is elaborated now.
        layer = layer_of(network, index, family)
        if isinstance(layer, EventLayer):
            write_event_parts(parts, layer, index)
            continue
        if isinstance(layer, TrainedLayer):
            write_slice_parts(parts, layer, index)
        # The form that hardware computes; the claims compare it with `LayerKind.synapse`.
        synapse = kind_of(spec).pipeline(spec, value, network.tick_ms)
        lane = Lane(spec, value, network.tick_ms, synapse, family)
        by_potential = readout is not None and readout.spec.by_potential
        write_layer_parts(parts, lane, value, index, shows_potential=by_potential)
    if network.encoder is not None:
        encoder = SpikeNetwork(network, family).encoder
        if encoder is not None:
            parts.standalone_verilog(ENCODER, encoder, encoder_facts(encoder))
    # All that an instance in `top.v` may be: what is proved here, and what is proved elsewhere.
    parts.hierarchy = {"parts": [*parts.rows, *_parts_claimed_elsewhere(design, folder)]}
    parts.write()


def _parts_claimed_elsewhere(design: Design, folder: Path) -> list[dict[str, Any]]:
    """Write the queue and the plastic layer, and give their rows of the list of parts."""
    parts = PartFiles(folder)
    if design.network is not None and len(design.network.roles) > 1:
        # Words of one bit, as in its proofs: a queue never looks at a word.
        parts.standalone_verilog(QUEUE, WordCrossing(1, design.network.crossing_depth), {})
    if design.plastic_layer is not None:
        component = block_of(design.plastic_layer, load_family(design.fabric)).component
        parts.standalone_verilog(PLASTIC_LAYER, component, {})
    return parts.rows
