"""Sizes of a trained layer, as its design and the facts of its parts give them."""

from __future__ import annotations

from dataclasses import dataclass, field

from sc_hw.parts.space import Space
from sc_hw.parts.state_memory import WRITE
from sc_hw.proof.blocks.network.facts import (
    ReadoutFacts,
    TrainedLaneFacts,
    TrainedNeuronsFacts,
)
from sc_hw.proof.facts import Field
from sc_model.spec import IntFormat, TrainedLayerSpec

SPACE_BITS = max(Space).bit_length()  # of the code of a memory space in a host's request


def address_bits(count: int) -> int:
    """Bits of the number of one of `count` things; a port has one at least."""
    return max(1, (count - 1).bit_length())


def word_bits(*fields: tuple[Field, ...]) -> int:
    """Bits of a word of some fields."""
    return sum(field.width for group in fields for field in group)


@dataclass(frozen=True)
class LayerShape:
    """Sizes of a trained layer.

    Members
    -------
    spec : the layer.
    value : format of the value of each input.
    step_bits : bits of a step's number.
    lane, neurons : facts of its parts.
    readout : of the readout behind its neurons, or None.
    sliced : a tick takes in its inputs slice by slice.
    o_slices : slices that it gives for a tick; 0 where it gives a word.
    sample_ticks : ticks of a sample; 0 where samples have no end.
    """

    spec: TrainedLayerSpec
    value: IntFormat
    step_bits: int
    lane: TrainedLaneFacts
    neurons: TrainedNeuronsFacts
    readout: ReadoutFacts | None = field(default=None, kw_only=True)
    sliced: bool = field(default=False, kw_only=True)
    o_slices: int = field(default=0, kw_only=True)
    sample_ticks: int = field(default=0, kw_only=True)

    @property
    def answering(self) -> int:
        """Clocks that a tick's end waits behind the last neuron's spike for a readout's answer."""
        return 0 if self.readout is None else self.readout.latency - 1

    @property
    def slots(self) -> int:
        """Clocks of a group: the neurons take the sums of a group one by one, and need as many."""
        return max(self.spec.columns, self.spec.lanes)

    @property
    def pipelines(self) -> tuple[str, ...]:
        """Names of the pipelines of neurons."""
        together = self.spec.neurons_a_clock
        if together == 1:
            return ("neurons",)
        return tuple(f"neurons_{number}" for number in range(together))

    @property
    def columns_bits(self) -> int:
        """Bits of the values of all columns."""
        return self.spec.columns * self.value.width

    @property
    def synapse_bits(self) -> int:
        """Bits of a synapse's word."""
        return word_bits(self.lane.state, self.lane.fixed)

    @property
    def neuron_bits(self) -> int:
        """Bits of a neuron's word."""
        return word_bits(self.neurons.word, self.neurons.own)

    @property
    def history_bits(self) -> int:
        """Bits of the past of a column; 0 without delays."""
        return self.value.width * self.spec.max_delay

    @property
    def data_bits(self) -> int:
        """Bits of a word that the host writes or reads: those of the widest space."""
        score = 0 if self.readout is None else self.readout.width
        return max(self.synapse_bits, self.neuron_bits + score, self.history_bits, 1)

    @property
    def lane_bits(self) -> int:
        """Bits of a lane's number in a host's request."""
        return address_bits(self.spec.lanes)

    @property
    def number_bits(self) -> int:
        """Bits of a word's number in a host's request: those of the largest space."""
        spec = self.spec
        return max(address_bits(size) for size in (spec.depth, spec.neurons, spec.columns))

    @property
    def settling(self) -> int:
        """Clocks from the last neuron's spike to the end of its tick.

        The last synapse's state must be in its memory when the next access can read it, and the
        places of lanes without a neuron in the last group must have left the neurons' row.
        """
        decided = self.neurons.ahead + self.neurons.update_latency
        last_neuron = (self.spec.neurons - 1) % self.spec.lanes
        # From the issue of the last synapse: its neuron's announcement, its turn, its spike, and
        # the soonest clock in which a host's or a tick's access reaches a memory or the row.
        spike = self.lane.latency - self.lane.ahead + 1 + last_neuron + decided
        state = self.lane.state_ready + WRITE - (spike + 3)
        row = self.lane.latency - self.lane.ahead + self.spec.lanes - spike
        return max(0, state, row, self.answering)
