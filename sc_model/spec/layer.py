"""A dense plastic layer: its size, its neurons, and how the synapses are laid out over lanes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, Self

from pydantic import Field, model_validator

from sc_model.spec.formats import IntFormat
from sc_model.spec.frozen import Frozen

MAX_LAYER_SYNAPSES = 1 << 20


class NeuronSpec(Frozen):
    """`[neuron]`: an integrate-and-fire neuron, the same for all of a layer (see `sc_model.units.integrate_and_fire`).

    Members
    -------
    threshold : potential at which a neuron fires.
    leak_shift : the potential loses its 2^-leak_shift part each step; 0 is no leak.
    reset : at a spike the potential goes to ``zero`` or the threshold is taken off (``subtract``).
    refractory : steps after a spike in which the neuron neither integrates nor fires.
    current_shift : the sum of weights is shifted right by this before it is integrated.
    potential_bits : signed bits of the potential, which saturates; 0 for just enough to hold one step's current twice over.
    inhibition : taken off the potential of every other neuron in the step after a spike (lateral inhibition).
    winner_take_all : at most one neuron fires in a step, the one with the highest potential (plus noise) above threshold.
    noise_bits : signed bits of the noise added to the potential for the decision alone, from an LFSR; 0 is no noise.
    threshold_step, threshold_decay_shift : homeostasis. Each spike raises the neuron's own threshold by `threshold_step`; the
        rise loses its 2^-threshold_decay_shift part each step (0: it never falls).
    """

    threshold: int = Field(default=1 << 20, ge=1, le=(1 << 31) - 1)
    leak_shift: int = Field(default=0, ge=0, le=31)
    reset: Literal["zero", "subtract"] = "zero"
    refractory: int = Field(default=0, ge=0, le=255)
    current_shift: int = Field(default=0, ge=0, le=31)
    potential_bits: int = Field(default=0, ge=0, le=48)
    inhibition: int = Field(default=0, ge=0, le=(1 << 31) - 1)
    winner_take_all: bool = False
    noise_bits: int = Field(default=0, ge=0, le=24)
    threshold_step: int = Field(default=0, ge=0, le=(1 << 24) - 1)
    threshold_decay_shift: int = Field(default=0, ge=0, le=31)

    @property
    def adaptation_bits(self) -> int:
        """Unsigned bits of the threshold's rise: room for 16 spikes at least; 0 without homeostasis."""
        return (self.threshold_step * 16).bit_length() if self.threshold_step else 0


class LayerSpec(Frozen):
    """`[layer]`: a dense layer of plastic synapses between `inputs` and `neurons`.

    Members
    -------
    inputs, neurons : size; inputs x neurons synapses.
    lanes : pipelines that work side by side, each with block RAM of its own.
    chains : lanes that share a neuron; `lanes` must be a multiple. 0 for the fewest with which no clock is lost.
    signed_weights : the effective weight is the stored one less half of its range.
    critic_shift : with a critic, rewards marked as outcomes count less the running mean of outcomes, which moves by its
        2^-critic_shift part of the way to each; 0 is no critic.
    counters : count saturations, updates and the spikes of each neuron.
    cluster : lanes between two registers of the bus.
    memory : ``joined``: a synapse in one word; ``split``: the weight in a memory of its own, read late and written late;
        ``single_port``: two banks of single-port memory, even and odd; ``auto``: what the fabric does best.
    multipliers : lanes whose product is made by the fabric's multiplier, the others use adders; -1 for all it has.
    """

    inputs: int = Field(ge=2, le=1 << 14)
    neurons: int = Field(ge=1, le=1 << 12)
    lanes: int = Field(default=1, ge=1, le=512)
    chains: int = Field(default=0, ge=0, le=64)
    signed_weights: bool = False
    critic_shift: int = Field(default=0, ge=0, le=15)
    counters: bool = False
    cluster: int = Field(default=4, ge=1, le=64)
    memory: Literal["auto", "joined", "split", "single_port"] = "auto"
    multipliers: int = Field(default=-1, ge=-1, le=512)

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if self.inputs * self.neurons > MAX_LAYER_SYNAPSES:
            raise ValueError(
                f"LayerSpec.inputs x neurons must be <= {MAX_LAYER_SYNAPSES}, not {self.inputs} x {self.neurons} = "
                f"{self.inputs * self.neurons}; split the layer."
            )
        if self.chains and self.lanes % self.chains:
            raise ValueError(f"LayerSpec.lanes must be a multiple of chains, not {self.lanes} lanes for {self.chains} chains.")
        return self

    def current_format(self, weight: IntFormat) -> IntFormat:
        """Format of the sum of all effective weights of a neuron."""
        return IntFormat(weight.width + (self.inputs - 1).bit_length() + (not self.signed_weights), signed=True)

    def potential_format(self, neuron: NeuronSpec, weight: IntFormat) -> IntFormat:
        """Format of the potential."""
        bits = neuron.potential_bits or max(self.current_format(weight).width - neuron.current_shift, 2) + 1
        return IntFormat(max(bits, neuron.threshold.bit_length() + 1), signed=True)


@dataclass(frozen=True)
class Placement:
    """Where the synapses of a layer lie.

    A *chain* holds `rows` inputs, one after another: input i is row `i % rows` of chain `i // rows`. In it, `columns` lanes
    stand side by side. Neurons come in `groups` of `columns`: neuron j is number `p = j % columns` of group `j // columns`
    and belongs to column `columns - 1 - p` (the farthest lane first). The synapse's word in its lane is
    `group * rows + row`.
    """

    inputs: int
    neurons: int
    chains: int
    columns: int

    @property
    def rows(self) -> int:
        """Inputs of a chain, the last chain's missing ones included."""
        return -(-self.inputs // self.chains)

    @property
    def groups(self) -> int:
        """Neurons of a column, >= 2: while one group sweeps, the next one's traces are on their way."""
        return max(2, -(-self.neurons // self.columns))

    @property
    def depth(self) -> int:
        """Words of a lane."""
        return self.rows * self.groups

    def of(self, i: int, j: int) -> tuple[int, int, int]:
        """(chain, column, word) of the synapse from input i to neuron j."""
        group, number = divmod(j, self.columns)
        chain, row = divmod(i, self.rows)
        return chain, self.columns - 1 - number, group * self.rows + row
