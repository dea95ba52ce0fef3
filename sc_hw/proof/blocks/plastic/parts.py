# amaranth: UnusedElaboratable=no
"""A plastic layer taken apart for its proof: the Verilog and the facts of each part.

The lanes are modules of the layer's own Verilog and are read back out of it. Every other part is
emitted once more as a module of its own, so that its ports keep their names and are free inputs of
the proof; each instance of it in the layer's Verilog is then proved equal to that module (see
`sc_hw.proof.blocks.plastic.wiring`).
"""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

from amaranth.hdl import Shape
from amaranth.lib import wiring
from amaranth.lib.wiring import Out

from sc_hw.fabric.datapath import Datapath
from sc_hw.plastic import PlasticLayer
from sc_hw.plastic.feed import FIRST_SHIFT
from sc_hw.plastic.inputs import InputMemory
from sc_hw.plastic.lane import PlasticLane
from sc_hw.plastic.lane_plan import FETCH
from sc_hw.plastic.neurons import NeuronMemory
from sc_hw.plastic.outputs import FEED, OutputMemory
from sc_hw.plastic.sequencer import LayerSequencer
from sc_hw.plastic.step import BEFORE, MEAN
from sc_hw.proof.blocks.parts import PartFiles
from sc_hw.proof.blocks.plastic.facts import (
    BusPort,
    CriticFacts,
    HostFacts,
    InputsFacts,
    LaneFacts,
    LayerFacts,
    NeuronsFacts,
    OutputsFacts,
    SequencerFacts,
)
from sc_hw.proof.facts import Field, fields_of, named_signals
from sc_hw.proof.hierarchy import Port

# Bits of rows, pauses, groups and addresses in the largest layer that a design may ask for: 16384
# inputs; pauses of 2048 clocks, above 512 columns, 512 hops and any pipeline; 4096 neurons of a
# single column; 2^20 synapses in one lane.
LARGEST_WIDTHS = (14, 11, 12, 20)


def lane_facts(lane: PlasticLane) -> LaneFacts:
    """Facts of a lane, from its plan."""
    plan, parts = lane.plan, lane.plan.parts
    ports = {}
    for name in lane.signature.members:
        # Ports are named after their source and the rule's value: `pre_<field>`, `mod_<input>`.
        source, _, value = str(name).partition("_")
        if name == "pre_spike":
            clock = FETCH + plan.update.arrival[parts.pre_spike]
            ports[parts.pre_spike] = BusPort("pre_spike", clock)
        elif source in ("pre", "mod"):
            ports[value] = BusPort(str(name), FETCH + plan.update.arrival[value])
    return LaneFacts(
        fetch=FETCH,
        read_at=FETCH - plan.fetch,
        split=plan.split,
        saturating=tuple(plan.saturating),
        single_port=plan.memory == "single_port",
        weight_fetched=plan.weight_fetched,
        take=plan.neuron_arrival,
        write_weight=plan.write_weight,
        write_others=plan.write_others,
        weight=parts.weight,
        word=fields_of(lane.word),
        others=fields_of(lane.other_word),
        neuron=fields_of(lane.post_word),
        ports=ports,
        rows=plan.placement.rows,
        signed_weights=lane.layer.signed_weights,
        named_signals=named_signals(plan.update),
    )


def neurons_facts(neurons: NeuronMemory, weight: str) -> NeuronsFacts:
    """Facts of the neurons; `weight` is the name of the rule's weight."""
    place, shape = neurons.place, Shape.cast(neurons.sums.shape().elem_shape)
    return NeuronsFacts(
        adding=neurons.adding,
        update_latency=neurons.update.latency,
        fetch=FETCH,
        neurons=place.neurons,
        total=place.groups * place.columns,
        # Chains take `rows` inputs each; the last ones get what is left, or nothing.
        chain_inputs=tuple(
            max(0, min(place.rows, place.inputs - place.rows * chain))
            for chain in range(place.chains)
        ),
        weight=weight,
        word=fields_of(neurons.fields),
        control=fields_of(neurons.control_layout),
        sums=tuple(
            Field(str(chain), chain * shape.width, shape.width, shape.signed)
            for chain in range(place.chains)
        ),
        named_signals=named_signals(neurons.update),
    )


def inputs_facts(inputs: InputMemory) -> InputsFacts:
    """Facts of the traces at the head of a chain."""
    return InputsFacts(
        fetch=FETCH,
        update_latency=inputs.update.latency,
        fields=fields_of(inputs.fields),
        spike=inputs.parts.pre_spike,
        named_signals=named_signals(inputs.update),
    )


def outputs_facts(outputs: OutputMemory) -> OutputsFacts:
    """Facts of the neurons' traces."""
    return OutputsFacts(
        feed=FEED,
        update_latency=outputs.update.latency,
        fields=fields_of(outputs.fields),
        values=fields_of(outputs.values_layout),
        spike=outputs.parts.post_spike,
        named_signals=named_signals(outputs.update),
    )


def host_facts(layer: PlasticLayer) -> HostFacts:
    """Facts of the host port."""
    return HostFacts(
        drain=layer.timing.drain,
        settle=layer.settle,
        access=layer.timing.access,
        opening=layer.timing.opening,
        rest=layer.timing.rest,
        spaces={space.name.lower(): space.value for space in layer.spaces},
        load=fields_of(layer.load_layout),
    )


def critic_facts(layer: PlasticLayer, critic: Datapath) -> CriticFacts:
    """Facts of the critic."""
    (reward,) = layer.parts.modulators  # a rule with a critic has one modulator: its reward
    predicts = layer.layer.value_neuron is not None
    register = BEFORE if predicts else MEAN
    return CriticFacts(critic.latency, reward, register, predicts, layer.parts.weight)


def ports_of(component: wiring.Component) -> tuple[Port, ...]:
    """Ports of a component that have bits."""
    ports = []
    for path, member, _ in component.signature.flatten(component):
        width = Shape.cast(member.shape).width
        if width:
            ports.append(Port("__".join(map(str, path)), width, member.flow == Out))
    return tuple(ports)


def layer_facts(layer: PlasticLayer) -> LayerFacts:
    """Facts of what joins the parts of a layer."""
    sequencer = LayerSequencer(*layer.sequencer_widths)
    components: dict[str, wiring.Component] = {
        "layer": layer,
        "sequencer": sequencer,
        "neurons": layer.neurons,
        "inputs": layer.inputs[0],
        "outputs": layer.outputs,
        "host": layer.host_port(layer.timing.drain),
        "chain": layer.chains[0],
        "lane": layer.lane,
    }
    critic = None
    if layer.critic is not None:
        components["critic"] = layer.critic
        critic = critic_facts(layer, layer.critic)
    return LayerFacts(
        lane=lane_facts(layer.lane),
        critic=critic,
        slots=layer.timing.slots,
        summed=layer.plan.summed,
        feed=FEED,
        first_shift=FIRST_SHIFT,
        spaces={space.name.lower(): space.value for space in layer.spaces},
        step=fields_of(layer.step_layout),
        control=fields_of(layer.control_layout),
        neurons_control=fields_of(layer.neurons.control_layout),
        pre=fields_of(layer.inputs[0].fields),
        bus=fields_of(layer.chains[0].layout),
        lanes=tuple(tuple(chain.kinds) for chain in layer.chains),
        cluster=layer.layer.cluster,
        ports={name: ports_of(component) for name, component in components.items()},
    )


def write_parts(
    layer: PlasticLayer, folder: Path, *, every_size: bool = True, only: Collection[str] = ()
) -> None:
    """Write the parts of a layer whose Verilog lies in `folder`.

    Parameters
    ----------
    layer : the component.
    folder : the build's.
    every_size : also write a sequencer with the widths of the largest layer that a design may ask
        for, so that its claims hold for the sequencer of every layer.
    only : kinds of parts to write, all if empty; ``hierarchy`` is what joins them.
    """
    files = PartFiles(folder, only)
    for name, lane in layer.lanes.items():
        files.module("lane", "top.v", name, lane_facts(lane))
    widths = {"sequencer": layer.sequencer_widths}
    if every_size:
        widths["largest_sequencer"] = LARGEST_WIDTHS
    for name, bits in widths.items():
        row, pause, group, _ = bits
        facts = SequencerFacts(row, pause, group)
        files.standalone_verilog("sequencer", LayerSequencer(*bits), facts, name)
    # All chains have the same head, so that one stands for all.
    head, neurons = layer.inputs[0], layer.neurons
    files.standalone_verilog("neurons", neurons, neurons_facts(neurons, layer.parts.weight))
    files.standalone_verilog("inputs", head, inputs_facts(head))
    files.standalone_verilog("outputs", layer.outputs, outputs_facts(layer.outputs))
    if layer.critic is not None:
        files.standalone_verilog("critic", layer.critic, critic_facts(layer, layer.critic))
    files.standalone_verilog("host", layer.host_port(layer.timing.drain), host_facts(layer))
    files.add_top("top.v", "plastic_layer", layer_facts(layer))
    files.write()
