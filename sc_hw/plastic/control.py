"""The registers of a plastic layer that a checkpoint needs, and the host's wiring to the layer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from amaranth.hdl import Module, Shape, Signal
from amaranth.lib import data

from sc_hw.parts.space import Space
from sc_hw.plastic.chain import Chain
from sc_hw.plastic.host import HostPort
from sc_hw.plastic.inputs import InputMemory
from sc_hw.plastic.neurons import NeuronMemory
from sc_hw.plastic.outputs import OutputMemory
from sc_hw.plastic.sequencer import LayerSequencer
from sc_hw.plastic.step import ClearFlags, StepControl
from sc_hw.wires import choose


def control_layout(neurons: data.StructLayout, critic: Mapping[str, Shape]) -> data.StructLayout:
    """Layout of the space CONTROL: the one word of registers beside the memories.

    Parameters
    ----------
    neurons : registers that all neurons share.
    critic : shapes of the critic's state by name; none without a critic.
    """
    return data.StructLayout(
        {
            **{str(name): field.shape for name, field in neurons},
            **critic,
            "cleared_trial": 1,
            "cleared_traces": 1,
            "cleared_trial_before": 1,
        }
    )


def control_word(
    m: Module,
    layout: data.StructLayout,
    neurons: NeuronMemory,
    step: StepControl,
    clears: ClearFlags,
    host: HostPort,
) -> Signal:
    """Collect the control registers into a word, and load them from the host's.

    Loads take effect a clock after `HostPort.load_control`, in domain ``sync``.

    Returns
    -------
    The word that the host reads.
    """
    control = Signal(layout, name="control")
    m.d.comb += [
        *(control[name].eq(neurons.control[name]) for name, _ in neurons.control_layout),
        *(control[name].eq(register) for name, register in step.expected.items()),
        control["cleared_trial"].eq(clears.trial),
        control["cleared_traces"].eq(clears.traces),
        control["cleared_trial_before"].eq(clears.trial_before),
    ]
    # The host's data register holds the word in the clock of `load_control`.
    load_values = data.View(layout, host.data[: layout.size])
    m.d.comb += [neurons.load_control.eq(host.load_control)]
    m.d.comb += [
        neurons.control_in[name].eq(load_values[name]) for name, _ in neurons.control_layout
    ]
    clears.update(m, step.offered, step.started, load_values, host.load_control)
    # Behind the statement that moves the critic on when a step starts: the host's load wins.
    for name, register in step.expected.items():
        with m.If(host.load_control):
            m.d.sync += register.eq(load_values[name])
    return control


def connect_host(
    m: Module,
    host: HostPort,
    control: Signal,
    sequencer: LayerSequencer,
    heads: Sequence[InputMemory],
    chains: Sequence[Chain],
    outputs: OutputMemory,
    neurons: NeuronMemory,
) -> None:
    """Connect the host port to the memories beside the lanes, and to the far ends of the chains.

    Parameters
    ----------
    control : word of the control registers.
    heads, chains : of all chains, in order.
    """
    # A lane's word has no entry in `words`: it comes out of the chain, in two parts.
    m.d.comb += [
        host.at_start.eq(sequencer.at_start),
        host.words[Space.INPUT.value].eq(choose(host.chain, [head.word for head in heads])),
        host.words[Space.OUTPUT.value].eq(outputs.word),
        host.words[Space.NEURON.value].eq(neurons.word),
        host.words[Space.CONTROL.value].eq(control.as_value()),
        # All chains shift in step: the first one's flag stands for all.
        host.far_sample.eq(chains[0].far_sample),
        host.far_value.eq(choose(host.chain, [chain.far_value for chain in chains])),
        neurons.host.eq(host.busy),
        neurons.host_index.eq(host.word[: neurons.index_bits]),
        neurons.load.eq(host.load_neuron),
        neurons.load_data.eq(host.data[: neurons.fields.size]),
        outputs.load.eq(host.load_output),
        outputs.load_data.eq(host.data[: outputs.fields.size]),
    ]
