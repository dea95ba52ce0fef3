# amaranth: UnusedElaboratable=no
"""What a plastic layer knows of its neurons: the one file of this package that reads `NeuronSpec`.

The neuron's arithmetic is `sc_model.arithmetic.neuron_unit`. This file adds what an arithmetic unit
leaves out: which inputs depend on other neurons, what is kept of the spikes, and which registers a
checkpoint needs. `NeuronMemory` is built from it.
"""

from __future__ import annotations

from amaranth.hdl import Cat, Value
from amaranth.lib import data

from sc_hw.wires import port_shape
from sc_model.arithmetic import Unit, neuron_unit
from sc_model.arithmetic.noise import SEED, WIDTH, shifted_state
from sc_model.graph import Graph, rewrite, trace_function
from sc_model.spec import IntFormat, NeuronSpec, PlasticLayerSpec

# Registers beside the memory that a checkpoint needs, by name.
NOISE = "lfsr"
WINNER = ("won", "winner", "won_before", "winner_before")
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
    competes : at most one neuron fires a step; its number is kept in registers. Otherwise every
        neuron keeps its last two spikes in its word.
    inhibited : a neuron's update needs to know whether another fired in the step before.
    noise_bits : of the noise on a potential, 0 without.
    step_flags : flags that come with a step for its neurons, and their widths in bits.
    spike_fields : fields of a neuron's word beside the unit's state.
    fields : layout of a neuron's word in memory.
    registers : layout of the registers that all neurons share.
    """

    def __init__(
        self, spec: NeuronSpec, layer: PlasticLayerSpec, weight: IntFormat, index_bits: int
    ) -> None:
        self.unit: Unit = neuron_unit(spec, layer.current_format(weight), counters=layer.counters)
        self.competes = spec.winner_take_all
        # With competition the winner's number tells who fired, without it the registers `OTHERS`.
        self.inhibited = spec.inhibition > 0
        self.noise_bits = spec.noise_bits
        self.step_flags: dict[str, int] = {"decide": 1} if self.competes else {}
        self.spike_fields = {} if self.competes else {"fired": 1, "fired_before": 1}
        self.fields = data.StructLayout(
            {
                **{name: port_shape(self.unit.inputs[name]) for name in self.unit.state},
                **self.spike_fields,
            }
        )
        registers: dict[str, int] = {NOISE: WIDTH} if self.noise_bits else {}
        if self.competes:
            registers |= dict(zip(WINNER, (1, index_bits, 1, index_bits), strict=True))
        elif self.inhibited:
            registers |= dict.fromkeys(OTHERS, 1)
        # A neuron without noise, competition or inhibition needs none of them.
        self.registers = data.StructLayout(registers)

    @property
    def graph(self) -> Graph:
        """The unit's graph, for a pipeline."""
        unit = self.unit
        return rewrite(trace_function(unit.name, unit.inputs, unit.outputs, unit.apply))

    def initial(self, register: str) -> int:
        """Value of a shared register after reset; the noise must not start at 0, where it stays."""
        return SEED if register == NOISE else 0

    def next_noise(self, state: Value) -> Value:
        """The noise's shift register after one number.

        Every bit after `noise_bits` shifts is the exclusive-or of a set of bits before them.
        Written as one exclusive-or a bit: the shifts written one after the other would be a tree
        that grows with the Fibonacci numbers.
        """
        taps = shifted_state([frozenset((bit,)) for bit in range(WIDTH)], self.noise_bits)
        return Cat(*(Cat(*(state[bit] for bit in sorted(bits))).xor() for bits in taps))
