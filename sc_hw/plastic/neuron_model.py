"""What a plastic layer knows of its neurons: the one file of this package that reads `NeuronSpec`.

The neuron's arithmetic is `sc_model.arithmetic.neuron_unit`. This file adds what an arithmetic unit
leaves out: which inputs depend on other neurons, what is kept of the spikes, and which registers a
checkpoint needs. `NeuronMemory` is built from it.
"""

from __future__ import annotations

from typing import Any

from amaranth.hdl import Cat, Value
from amaranth.lib import data

from sc_hw.wires import port_shape
from sc_model.arithmetic import Unit, neuron_unit
from sc_model.arithmetic.noise import SEED, WIDTH, sources_after
from sc_model.graph import Graph, rewrite, trace_function
from sc_model.spec import IntFormat, NeuronSpec, PlasticLayerSpec

# Names of the registers that all neurons share. A checkpoint needs them beside the memory.
NOISE = "lfsr"  # state of the noise's shift register
# Whether the last step had a winner, and its number; copies of both, which the next step asks for.
WINNER = ("won", "winner", "won_before", "winner_before")
# Sum of the neuron that predicts, in the last step.
VALUE = "value"
# Whether any neuron, and whether more than one, fired in the last step.
OTHERS = ("any_fired", "many_fired")


class NeuronModel:
    """A neuron of a plastic layer, as hardware sees it.

    Parameters
    ----------
    spec : the neuron.
    layer : the layer's size and options.
    weight : format of a stored weight.
    index_bits : bits of a neuron's number.

    Members
    -------
    unit : the arithmetic, its state and its inputs.
    competes : whether at most one neuron fires in a step (winner-take-all). Then the registers
        `WINNER` say who fired. Otherwise every neuron keeps its last two spikes in its word.
    inhibited : whether a neuron's update needs to know if another one fired in the step before.
    predicts : number of the neuron whose sum is a prediction; None without. It never fires, and its
        synapses see a spike where any neuron has won.
    noise_bits : bits of the noise number that is added to a neuron's score; 0 is no noise.
    step_flags : width in bits of each flag that a layer takes with a step for all its neurons.
        With winner-take-all ``decide`` says that a neuron has to fire in this step.
    spike_fields : width in bits of each field of a neuron's word beside the unit's state.
    fields : layout of a neuron's word in memory.
    registers : layout of the registers that all neurons share.
    """

    def __init__(
        self, spec: NeuronSpec, layer: PlasticLayerSpec, weight: IntFormat, index_bits: int
    ) -> None:
        self.unit: Unit = neuron_unit(spec, layer.current_format(weight), counters=layer.counters)
        self.competes = spec.winner_take_all
        # With winner-take-all the winner's number tells whether another neuron fired; without it
        # the registers `OTHERS` do.
        self.inhibited = spec.inhibition > 0
        self.predicts = layer.value_neuron
        self.noise_bits = spec.noise_bits
        self.step_flags: dict[str, int] = {"decide": 1} if self.competes else {}
        self.spike_fields = {} if self.competes else {"fired": 1, "fired_before": 1}
        self.fields = data.StructLayout(
            {
                **{name: port_shape(self.unit.inputs[name]) for name in self.unit.state},
                **self.spike_fields,
            }
        )
        registers: dict[str, Any] = {NOISE: WIDTH} if self.noise_bits else {}
        if self.competes:
            registers |= dict(zip(WINNER, (1, index_bits, 1, index_bits), strict=True))
        elif self.inhibited:
            registers |= dict.fromkeys(OTHERS, 1)
        if self.predicts is not None:
            registers[VALUE] = port_shape(layer.current_format(weight))
        # A neuron without noise, winner-take-all and inhibition has no shared registers.
        self.registers = data.StructLayout(registers)

    @property
    def graph(self) -> Graph:
        """The unit's arithmetic as a graph of operations, from which a pipeline is made."""
        unit = self.unit
        return rewrite(trace_function(unit.name, unit.inputs, unit.outputs, unit.apply))

    def initial(self, register: str) -> int:
        """Value of a shared register after reset."""
        # From 0 the noise's shift register never gets away: the exclusive-or of zeros is 0.
        return SEED if register == NOISE else 0

    def next_noise(self, state: Value) -> Value:
        """State of the noise's shift register after `noise_bits` shifts, which make one number."""
        taps = sources_after(self.noise_bits)
        return Cat(*(Cat(*(state[bit] for bit in bits)).xor() for bits in taps))
