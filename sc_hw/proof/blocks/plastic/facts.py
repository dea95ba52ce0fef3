"""What the proof of a plastic layer must know of each part: clocks, layouts and sizes.

Clocks are counted from the part's clock 0, which is named in each class. See `sc_hw.proof.facts`
for how facts travel to the prover.
"""

from __future__ import annotations

from dataclasses import dataclass

from sc_hw.proof.facts import Field, NamedSignal
from sc_hw.proof.hierarchy import Port


@dataclass(frozen=True)
class BusPort:
    """A port by which a value of the rule reaches a lane.

    Members
    -------
    port : its name.
    clock : in which it must hold the value.
    """

    port: str
    clock: int


@dataclass(frozen=True)
class LaneFacts:
    """Facts of a lane. Clock 0 is a synapse's turn: the sequencer issues it.

    Members
    -------
    fetch : clock in which the fields other than the weight are in registers.
    read_at : clock in which the synapse's address must be on the bus.
    split : the weights have a memory of their own.
    saturating : fields with a flag `saturated_<field>` in hardware.
    single_port : the memory reads or writes in a clock, not both.
    weight_fetched : clock in which the weight is in a register.
    take : clock in which the neuron's values are in the lane.
    write_weight, write_others : clock of the write enable for the weight and for the other fields.
    weight : name of the field that is the weight.
    word : all fields of a synapse.
    others : its fields other than the weight.
    neuron : fields of the neuron's values.
    ports : for each input of the rule that comes over the bus, its port.
    rows : synapses that one sum integrates at most.
    signed_weights : a sum takes each weight less half of its range.
    named_signals : of the rule's pipeline; its stage 0 is clock `fetch`.
    """

    fetch: int
    read_at: int
    split: bool
    saturating: tuple[str, ...]
    single_port: bool
    weight_fetched: int
    take: int
    write_weight: int
    write_others: int
    weight: str
    word: tuple[Field, ...]
    others: tuple[Field, ...]
    neuron: tuple[Field, ...]
    ports: dict[str, BusPort]
    rows: int
    signed_weights: bool
    named_signals: tuple[NamedSignal, ...]


@dataclass(frozen=True)
class NeuronsFacts:
    """Facts of the neurons. Clock 0 is that in which a neuron's sums arrive with `evaluate`.

    Members
    -------
    adding : clocks until the sums of its chains are added up and its word is read.
    update_latency : clocks of the neuron's pipeline.
    fetch : clocks from an address to its word in a register.
    neurons : how many there are.
    total : turns of a step, one for each place in the columns; a turn from number `neurons` on is
        that of no neuron.
    chain_inputs : inputs whose weights are in the sum of each chain.
    weight : name of the rule's field that is the weight.
    word : fields of a neuron's word in memory.
    control : fields of the registers that a checkpoint holds.
    sums : the chains' sums as fields of the port `sums`.
    named_signals : of the neuron's pipeline; its stage 0 is clock `adding`.
    """

    adding: int
    update_latency: int
    fetch: int
    neurons: int
    total: int
    chain_inputs: tuple[int, ...]
    weight: str
    word: tuple[Field, ...]
    control: tuple[Field, ...]
    sums: tuple[Field, ...]
    named_signals: tuple[NamedSignal, ...]


@dataclass(frozen=True)
class TraceFacts:
    """Facts of a memory that holds traces once for each input or neuron.

    Members
    -------
    update_latency : clocks of the pipeline that advances the traces.
    fields : the traces of one input or neuron.
    spike : name of the rule's input that is this spike.
    named_signals : of that pipeline.
    """

    update_latency: int
    fields: tuple[Field, ...]
    spike: str
    named_signals: tuple[NamedSignal, ...]


@dataclass(frozen=True)
class InputsFacts(TraceFacts):
    """Facts of the inputs' traces at the head of a chain. Clock 0 is a row's turn.

    Members
    -------
    fetch : clock in which the row's spike and traces go to its synapses.
    """

    fetch: int


@dataclass(frozen=True)
class OutputsFacts(TraceFacts):
    """Facts of the neurons' traces. Clock 0 is a neuron's turn.

    Members
    -------
    feed : clock in which the neuron's spike and traces go to its synapses.
    values : fields of what goes there.
    """

    feed: int
    values: tuple[Field, ...]


@dataclass(frozen=True)
class HostFacts:
    """Facts of the host port.

    Members
    -------
    drain : clocks after the last activity until nothing is in flight.
    settle : clocks after a token until sums and values have gone through the chain.
    access, opening, rest : clocks, at most, until a request is taken, until a step may begin, and
        until the port is idle.
    spaces : code of each memory space, by its name in lower case.
    load : fields of a write.
    """

    drain: int
    settle: int
    access: int
    opening: int
    rest: int
    spaces: dict[str, int]
    load: tuple[Field, ...]


@dataclass(frozen=True)
class SequencerFacts:
    """Widths of a sequencer's ports, in bits; its claims hold for every size that fits in them.

    Members
    -------
    row_bits, pause_bits, group_bits : of the counters.
    """

    row_bits: int
    pause_bits: int
    group_bits: int

    @property
    def label(self) -> str:
        """The widths, for the names of claims."""
        return (
            f"{self.row_bits}-bit rows, {self.pause_bits}-bit pauses, {self.group_bits}-bit groups"
        )


@dataclass(frozen=True)
class CriticFacts:
    """Facts of the critic. Clock 0 is that in which the reward is at its input.

    Members
    -------
    latency : clocks of its pipeline.
    reward : name of the rule's input that it gets its reward by.
    kept : name of the register that it compares outcomes with.
    predicts : what it compares an outcome with is a neuron's prediction.
    weight : name of the rule's field that is the weight.
    """

    latency: int
    reward: str
    kept: str
    predicts: bool
    weight: str


@dataclass(frozen=True)
class LayerFacts:
    """What joins the parts of a layer: clocks, layouts, and the ports of each kind of part.

    Members
    -------
    lane : facts of the lanes, which follow one schedule.
    critic : facts of the critic, None without one.
    slots : clocks of a group.
    summed : clocks from a synapse's turn until the sum holds its weight.
    feed : clocks from a neuron's turn in the feed to its values.
    first_shift : clocks from a token to the first shift into the lanes, beside the lanes' fetch of
        the weight.
    spaces : code of each memory space, by its name in lower case.
    step : fields of a transfer of a step.
    control : fields of the word of control registers.
    neurons_control : fields of those of them that the neurons hold.
    pre : presynaptic fields that a chain's head sends out.
    bus : fields of a chain's bus.
    lanes : module of each lane, for each chain in the order of its columns.
    cluster : lanes between two registers of the bus.
    ports : ports of the layer and of each kind of part.
    """

    lane: LaneFacts
    critic: CriticFacts | None
    slots: int
    summed: int
    feed: int
    first_shift: int
    spaces: dict[str, int]
    step: tuple[Field, ...]
    control: tuple[Field, ...]
    neurons_control: tuple[Field, ...]
    pre: tuple[Field, ...]
    bus: tuple[Field, ...]
    lanes: tuple[tuple[str, ...], ...]
    cluster: int
    ports: dict[str, tuple[Port, ...]]
