"""All claims about a network's own `top.v`."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from sc_hw.proof.blocks.network.facts import (
    EventLanesFacts,
    ReadoutFacts,
    ScannerFacts,
    TrainedLaneFacts,
    TrainedNeuronsFacts,
)
from sc_hw.proof.blocks.network.parts import (
    COLUMNS,
    ENCODER,
    EVENT_LANES,
    FEED,
    HISTORY,
    INTAKE,
    LANE,
    NEURONS,
    ORDER,
    OWN,
    PLASTIC_LAYER,
    QUEUE,
    READER,
    READOUT,
    SCANNER,
    SEQUENCER,
    SLICES,
    WIPER,
)
from sc_hw.proof.blocks.network.wiring.crossings import prove_words
from sc_hw.proof.blocks.network.wiring.events import (
    EventLayer,
    EventParts,
    EventShape,
    each_lane,
    prove_events,
)
from sc_hw.proof.blocks.network.wiring.instances import Outputs, prove_instance
from sc_hw.proof.blocks.network.wiring.intakes import prove_intake
from sc_hw.proof.blocks.network.wiring.layer_parts import prove_layer_parts
from sc_hw.proof.blocks.network.wiring.progress import prove_progress
from sc_hw.proof.blocks.network.wiring.registers import prove_registers
from sc_hw.proof.blocks.network.wiring.shape import LayerShape
from sc_hw.proof.blocks.network.wiring.stage import prove_stage
from sc_hw.proof.blocks.network.wiring.statements import Wiring
from sc_hw.proof.blocks.network.wiring.streams import Network, prove_streams
from sc_hw.proof.blocks.network.wiring.sweep import Layer, prove_sweep, side_by_side
from sc_hw.proof.blocks.network.wiring.timing import prove_timing
from sc_hw.proof.facts import read_facts
from sc_hw.proof.flattened import read_flattened
from sc_hw.proof.netlist import Netlist, parse_btor, read_back
from sc_hw.proof.prover import Prover
from sc_hw.proof.verdicts import Claim
from sc_model.graph.smt import Terms
from sc_model.spec import PLASTIC, NetworkSpec

# The solver crashes where terms outlive the manager that made them.
_TERMS_IN_USE: list[Terms] = []


class Parts:
    """The parts that were emitted by themselves, read into the terms of the design.

    Parameters
    ----------
    folder : the build's.
    rows : of `parts.json`; a part is read once.
    part_count : how many of them, the first ones, have been read back already.
    terms : of the design.
    """

    def __init__(
        self, folder: Path, rows: list[dict[str, Any]], part_count: int, terms: Terms
    ) -> None:
        self.folder, self.part_count, self.terms = folder, part_count, terms
        self.rows = {(row["part"], row["facts"].get("layer")): row for row in rows}
        self.numbers = {id(row): number for number, row in enumerate(rows)}

    def facts(self, kind: type, part: str, layer: int) -> Any:
        """Facts of a part of a layer."""
        return read_facts(kind, self.rows[part, layer]["facts"])

    def netlist(self, part: str, layer: int | None = None) -> Netlist:
        """Netlist of a part."""
        row = self.rows[part, layer]
        number = self.numbers[id(row)]
        proof, name = self.folder / "proof", f"part_{number}"
        if number < self.part_count:
            text = (proof / f"{name}.btor").read_text(encoding="utf-8")
        else:
            text = read_back(self.folder / row["verilog"], row["top"], proof, name)
        return parse_btor(text, self.terms)


def claims_of_whole(
    folder: Path,
    manifest: Mapping[str, Any],
    rows: list[dict[str, Any]],
    spec: NetworkSpec,
    limit_s: float,
    part_count: int = 0,
) -> list[Claim]:
    """Claims about the `top.v` of a network.

    Parameters
    ----------
    folder : the build's.
    manifest : of the build.
    rows : the parts that were emitted by themselves.
    spec : the network.
    limit_s : seconds for one claim before its verdict is ``unknown``.
    part_count : how many of the parts, the first ones, have been read back already.

    Raises ToolError where Yosys finds an error in the Verilog.
    """
    terms = Terms()
    _TERMS_IN_USE.append(terms)
    proof = folder / "proof"
    clocks = {domain["role"]: domain["clock"] for domain in manifest["domains"]}
    resets = {domain["role"]: domain["reset"] for domain in manifest["domains"]}
    verilog = folder / manifest["verilog"]
    design = read_flattened(verilog, manifest["top"], list(clocks.values()), proof, terms)
    wiring = Wiring(Prover(terms, limit_s), design)
    network = Network(wiring, spec, clocks, resets)
    parts = Parts(folder, rows, part_count, terms)
    clock_of = {"stamp": clocks[spec.layers[0].clock]}
    _prove_queues(network, proof, rows)  # first: they tell which layers restart
    if spec.encoder is not None:
        inputs = {"rst": network.reset(0).term}
        alone = parts.netlist(ENCODER)
        network.encoder = prove_instance(wiring, network.design.part("encoder"), alone, inputs)
        clock_of["encoder"] = clocks[spec.layers[0].clock]
    for index, layer in enumerate(spec.layers):
        if (INTAKE, index) in parts.rows:
            inputs, alone = {"rst": network.reset(index).term}, parts.netlist(INTAKE, index)
            instance = network.intake(layer.name)
            network.intakes[layer.name] = prove_instance(wiring, instance, alone, inputs)
    prove_streams(network)
    for index, layer in enumerate(spec.layers):
        if not network.passed_on(index):
            clock_of[f"crossing_{layer.name}.intake"] = clocks[layer.clock]
        clock_of[f"layer_{layer.name}"] = clocks[layer.clock]
        _prove_layer(network, parts, index, manifest["timing"]["tick_clocks"][layer.name])
    if spec.plastic is not None:
        clock_of[PLASTIC] = clocks[spec.layers[-1].clock]
        prove_stage(network, parts.netlist(PLASTIC_LAYER))
    prove_registers(wiring, clock_of, [network.words(name).path for name in network.queues])
    return wiring.prover.claims


def _prove_layer(network: Network, parts: Parts, index: int, tick_clocks: int) -> None:
    """The claims about a trained layer, its parts and its intake."""
    wiring, spec = network.wiring, network.spec
    layer, crossing = spec.layers[index], spec.crossing(index)
    reset = network.reset(index)
    label = f"top.v, layer {layer.name}"
    if not network.sliced(index):  # one of slices is a part
        prove_intake(wiring, label, network.intake(layer.name), crossing, spec.step_bits, reset)
    if layer.engine == "events":
        _prove_event_layer(network, parts, index)
        return
    shape = LayerShape(
        layer,
        crossing.value,
        spec.step_bits,
        parts.facts(TrainedLaneFacts, LANE, index),
        parts.facts(TrainedNeuronsFacts, NEURONS, index),
        readout=_readout_facts(network, parts, index),
        sliced=network.sliced(index),
        o_slices=spec.o_slices(index),
        sample_ticks=network.spec.sample_ticks(index),
    )
    part, inputs = network.layer(layer.name), {"rst": reset.term}

    def instance(path: str, kind: str) -> Outputs:
        return prove_instance(wiring, part.part(path), parts.netlist(kind, index), inputs)

    def where(has: object, path: str, kind: str) -> Outputs | None:
        return instance(path, kind) if has else None

    inside = Layer(
        wiring,
        part,
        shape,
        reset,
        [instance(f"lane_{number}", LANE) for number in range(layer.lanes)],
        instance("neurons", NEURONS),
        where(layer.max_delay, "history", HISTORY),
        readout=where(shape.readout, "readout", READOUT),
        store=where(shape.sliced, "columns", COLUMNS),
        queue=where(shape.o_slices, "slices", SLICES),
        own=where(shape.sliced and layer.recurrent, OWN, OWN),
    )
    prove_sweep(inside)
    prove_layer_parts(inside)
    prove_timing(inside, tick_clocks)


def _readout_facts(network: Network, parts: Parts, index: int) -> ReadoutFacts | None:
    """Facts of the readout behind a layer; None without one."""
    if network.spec.readout is None or index + 1 < len(network.spec.layers):
        return None
    facts: ReadoutFacts = parts.facts(ReadoutFacts, READOUT, index)
    return facts


def _prove_event_layer(network: Network, parts: Parts, index: int) -> None:
    """The claims about a layer of the event engine, and its parts."""
    wiring, spec = network.wiring, network.spec
    layer, reset = spec.layers[index], network.reset(index)
    part, inputs = network.layer(layer.name), {"rst": reset.term}

    def instance(path: str, kind: str) -> Outputs:
        return prove_instance(wiring, part.part(path), parts.netlist(kind, index), inputs)

    lanes_facts = parts.facts(EventLanesFacts, EVENT_LANES, index)
    neurons = parts.facts(TrainedNeuronsFacts, NEURONS, index)
    value = spec.crossing(index).value
    shape = EventShape(
        layer,
        value,
        spec.step_bits,
        lanes_facts,
        neurons,
        lanes_facts,
        readout=_readout_facts(network, parts, index),
        sliced=network.sliced(index),
        o_slices=spec.o_slices(index),
        sample_ticks=network.spec.sample_ticks(index),
    )
    # where the layer has them
    order, queue, wiper, own, feed = (
        instance(kind, kind) if (kind, index) in parts.rows else None
        for kind in (ORDER, SLICES, WIPER, OWN, FEED)
    )
    event_parts = EventParts(
        instance("scanner", SCANNER),
        instance("sequencer", SEQUENCER),
        instance("reader", READER),
        order,
        wiper,
        feed,
    )
    lanes = each_lane(instance("lanes", EVENT_LANES), shape)
    inside = EventLayer(
        wiring,
        part,
        shape,
        reset,
        lanes,
        side_by_side([instance(name, NEURONS) for name in shape.pipelines]),
        None,
        event_parts,
        readout=None if shape.readout is None else instance("readout", READOUT),
        queue=queue,
        own=own,
    )
    prove_events(inside)
    if layer.CONNECTIVITY == "full" and order is None:
        prove_progress(inside, parts.facts(ScannerFacts, SCANNER, index))


def _prove_queues(network: Network, proof: Path, rows: list[dict[str, Any]]) -> None:
    """The claims about the queues between two clocks."""
    spec = network.spec
    queue = next((row for row in rows if row["part"] == QUEUE), None)
    if queue is None:
        return
    alone = read_flattened(
        proof.parent / queue["verilog"],
        queue["top"],
        ("i_clk", "o_clk"),
        proof,
        network.wiring.prover.terms,
        "queue",
    )
    for index, layer in enumerate(spec.layers):
        if not network.has_queue(index):
            continue
        sides = {"i": spec.layers[index - 1].clock, "o": layer.clock}
        network.queues[layer.name] = prove_words(
            network.wiring,
            network.words(layer.name),
            alone,
            {f"{side}_rst": network.domain_reset(index - (side == "i")).term for side in sides},
            {f"{side}_clk": network.clock_ports[role] for side, role in sides.items()},
            spec.crossing_depth,
        )


def network_of(manifest: Mapping[str, Any]) -> NetworkSpec:
    """The network of a manifest.

    Not by way of its design: that has the number of its synapses, too, which nobody may give.
    """
    network = manifest["design"].get("network")
    if network is None:
        raise ValueError("only a network has such parts")
    return NetworkSpec.model_validate(network)
