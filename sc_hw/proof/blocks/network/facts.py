"""What the proof of a trained layer must know of each part: clocks and layouts.

See `sc_hw.proof.facts` for how facts travel to the prover.
"""

from __future__ import annotations

from dataclasses import dataclass

from sc_hw.proof.facts import Field, NamedSignal
from sc_model.spec import SLICE


@dataclass(frozen=True)
class TrainedLaneFacts:
    """Facts of a lane. Clock 0 is that in which a synapse is issued.

    Members
    -------
    layer : place of its layer in the network, from 0.
    fetch : clock of stage 0 of the lane's pipeline.
    ahead : clocks from `announced` to `done`, which gives a neuron's sum.
    memory : clock in which the synapse's words are out of the memories.
    state_ready : clock in which the synapse's next state is at the pipeline's output.
    product_ready : stage of the pipeline whose clock has the product.
    latency : clock in which `done` is high, if clock 0 issues a neuron's last synapse.
    summing : clocks from a product to the sum with it.
    state : fields of the synapse's state; none where it has no state.
    fixed : fields of the synapse's parameters.
    named_signals : of the pipeline.
    """

    layer: int
    fetch: int
    ahead: int
    memory: int
    state_ready: int
    product_ready: int
    latency: int
    summing: int
    state: tuple[Field, ...]
    fixed: tuple[Field, ...]
    named_signals: tuple[NamedSignal, ...]


@dataclass(frozen=True)
class TrainedNeuronsFacts:
    """Facts of the neurons. Clock 0 is that in which a neuron is announced.

    Members
    -------
    layer : place of their layer in the network, from 0.
    memory : clock in which the neuron's words are out of the memories.
    ahead : clock of stage 0 of the neurons' pipeline.
    update_latency : clocks of that pipeline.
    word : fields of a neuron's state.
    own : fields of its own parameters, where neurons have some.
    named_signals : of the pipeline.
    """

    layer: int
    memory: int
    ahead: int
    update_latency: int
    word: tuple[Field, ...]
    own: tuple[Field, ...]
    named_signals: tuple[NamedSignal, ...]


@dataclass(frozen=True)
class HistoryFacts:
    """Facts of the history of a layer's inputs. Clock 0 is a column's turn.

    Members
    -------
    layer : place of its layer in the network, from 0.
    memory : clock in which the column's word is out of the memory.
    """

    layer: int
    memory: int


@dataclass(frozen=True)
class EncoderFacts:
    """Facts of an encoder.

    Members
    -------
    values : of a set.
    chunk : spikes of a transfer.
    chunk_words : words of values of a transfer.
    words : of a step.
    word_spikes : spikes of a word of values.
    """

    values: int
    chunk: int
    chunk_words: int
    words: int
    word_spikes: int


@dataclass(frozen=True)
class ReadoutFacts:
    """Facts of a readout. Clock 0 is a neuron's turn.

    Members
    -------
    layer : place of its layer in the network, from 0.
    memory : clock in which the neuron's stored score is out of the memory.
    latency : clocks from the last neuron's turn to the first clock of the tick's answer.
    width : bits of a score.
    places, channels : of neurons that come place by place; 0 where they come as in the model.
    """

    layer: int
    memory: int
    latency: int
    width: int
    places: int = 0
    channels: int = 0


@dataclass(frozen=True)
class EventLanesFacts:
    """Facts of the lanes of an event layer. Clock 0 is that of an issue or a fetch.

    Members
    -------
    layer : place of its layer in the network, from 0.
    lanes : their number.
    ahead : clocks from `announced` to `done`, which gives the neurons' sums.
    memory : clock in which the weight is out of its memory.
    product_ready : clocks from there to the product; the address of the sum is one clock's there.
    adding : clocks from a product to the sum with it, which is written then.
    loop : clocks that must lie between two accesses to the same sum.
    latency : clock in which `done` is high, if clock 0 fetches a group's last partial sum.
    summing : clocks from a partial sum to the sum with it.
    sets : sets of partial sums.
    clears : sums are set to 0 behind a fetch, and each lane has a memory of its own.
    fixed : fields of the synapse's parameters.
    state : of the synapse; none.
    """

    layer: int
    lanes: int
    ahead: int
    memory: int
    product_ready: int
    adding: int
    loop: int
    latency: int
    summing: int
    sets: int
    clears: bool
    fixed: tuple[Field, ...]
    state: tuple[Field, ...]


@dataclass(frozen=True)
class ScannerFacts:
    """Facts of a scanner.

    Members
    -------
    layer : place of its layer in the network, from 0.
    columns : of the layer.
    width : bits of a value.
    chunk : columns that are searched at a time.
    sliced : the values come in chunk by chunk.
    constant : the last column is 1 in every tick; only with `sliced`.
    spaced : it gives no event in the clock in which one is taken.
    """

    layer: int
    columns: int
    width: int
    chunk: int
    sliced: bool
    constant: bool
    spaced: bool

    @property
    def chunks(self) -> int:
        """Chunks of a tick."""
        return -(-self.columns // self.chunk)


@dataclass(frozen=True)
class SliceFacts:
    """Facts of the queue of slices in which a layer's spikes leave.

    Members
    -------
    layer : place of its layer in the network, from 0.
    neurons : of the layer.
    transfers : slices of a tick, as many as its spikes have or more.
    together : spikes that come in a clock.
    marks_last : the queue says which slice is a tick's last one.
    """

    layer: int
    neurons: int
    transfers: int
    together: int
    marks_last: bool

    @property
    def slices(self) -> int:
        """Slices that its spikes have."""
        return -(-self.neurons // SLICE)


@dataclass(frozen=True)
class OwnFacts:
    """Facts of the memory of a recurrent layer's own spikes.

    Members
    -------
    layer : place of its layer in the network, from 0.
    neurons : of the layer.
    first : place of the first neuron in its slice.
    together : spikes that come in a clock.
    banks : of the memory, each for the spikes of a tick.
    """

    layer: int
    neurons: int
    first: int
    together: int
    banks: int


@dataclass(frozen=True)
class FeedFacts:
    """Facts of what hands a scanner the inputs' slices and those of a layer's own spikes.

    Members
    -------
    layer : place of its layer in the network, from 0.
    inputs : columns that come in slices.
    columns : of the layer.
    width : bits of a value.
    """

    layer: int
    inputs: int
    columns: int
    width: int

    @property
    def chunks(self) -> int:
        """Chunks of a tick."""
        return -(-self.columns // SLICE)


@dataclass(frozen=True)
class OrderFacts:
    """Facts of what gives columns their numbers in the model.

    Members
    -------
    layer : place of its layer in the network, from 0.
    places, channels : of the image whose spikes come place by place.
    columns : of the layer: one more than the image has, or as many.
    width : bits of a value.
    """

    layer: int
    places: int
    channels: int
    columns: int
    width: int

    @property
    def constant(self) -> bool:
        """Whether there is a column behind the image."""
        return self.columns > self.places * self.channels


@dataclass(frozen=True)
class WiperFacts:
    """Facts of the wiper of a layer's sums.

    Members
    -------
    layer : place of its layer in the network, from 0.
    words : of the memory of sums.
    landed : clocks from a wipe to the write of its zero.
    """

    layer: int
    words: int
    landed: int


@dataclass(frozen=True)
class EventCounterFacts:
    """Facts of what counts the events' words (sequencer) and the sums that are read (reader).

    Members
    -------
    layer : place of its layer in the network, from 0.
    sets : sets of partial sums.
    loop : clocks that must lie between two accesses to the same sum.
    """

    layer: int
    sets: int
    loop: int


@dataclass(frozen=True)
class ColumnFacts:
    """Facts of the memory of a swept layer's columns. Clock 0 is that of a column's number.

    Members
    -------
    layer : place of its layer in the network, from 0.
    columns : that a tick has.
    width : bits of a column's value.
    inputs : those that come in slices; the others are in a memory outside.
    slices : that they come in.
    constant : the last column is 1 in every tick.
    memory : clock in which the column's value is there.
    """

    layer: int
    columns: int
    width: int
    inputs: int
    slices: int
    constant: bool
    memory: int


@dataclass(frozen=True)
class IntakeFacts:
    """Facts of the intake in front of a layer that takes in slices.

    Members
    -------
    layer : place of the layer in the network, from 0.
    slices : of a word and of a tick.
    kept_bits : bits of a channel in its memory; 0 where it has none.
    loses : spikes may be lost.
    """

    layer: int
    slices: int
    kept_bits: int
    loses: bool
