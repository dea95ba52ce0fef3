"""The configuration that all trained layers share: size, ticks, clock, input and columns."""

from __future__ import annotations

from abc import abstractmethod
from typing import Any, ClassVar, Literal, Self, TypeVar

from pydantic import Field, SerializerFunctionWrapHandler, model_serializer, model_validator

from sc_model.spec.formats import IntFormat
from sc_model.spec.frozen import Frozen

Policy = Literal["hold", "accumulate", "once"]
Engine = Literal["auto", "sweep", "events"]
Connectivity = Literal["full", "sparse", "kernel"]
Number = TypeVar("Number", bound=Any)  # an int, or an array of them
MAX_INTERVAL = 4096
MAX_DELAY = 63
# The cost model of the engines: share of a tick's columns that are not 0 (images as single spikes
# have less), columns that are searched at a time, and how much faster events must be, since sums in
# two banks of block RAM and the search cost as much again as a swept lane.
ACTIVITY = 0.1
SEARCHED = 16
WORTH = 2
MAX_SIZE = 1024  # inputs, and neurons


class TrainedLayerSpec(Frozen):
    """A `[[layer]]` of a network: a layer that was trained elsewhere and does not learn.

    Each synapse has a weight, with `max_delay` also a delay, and the parameters of the layer's
    kind. The configuration of a kind is a subclass of this class, which `sc_model.layer_kinds`
    finds.

    A neuron has one synapse for each of the layer's *columns*: first the inputs; then, with
    `recurrent`, the layer's own neurons (1 if the neuron fired in the previous tick); last, with
    `bias`, a column that is 1 in every tick. A synapse takes in the value that its column had
    `delay` ticks ago, or 0 before the first tick.

    Raises
    ------
    ConfigError
        (a ValueError) a value outside its range.
    """

    EVENT_DRIVEN: ClassVar[bool] = False  # a column that is 0 changes nothing in the layer
    # Which synapses there are: one from each column to each neuron, those of a list, those of a
    # kernel at each place
    CONNECTIVITY: ClassVar[Connectivity] = "full"

    name: str = Field(
        pattern=r"^[a-z][a-z0-9_]{0,31}$",
        description="1 to 32 lower-case letters, digits and underscores, a letter first",
    )
    inputs: int = Field(ge=1, le=MAX_SIZE, description="spikes that come in")
    neurons: int = Field(ge=1, le=MAX_SIZE, description="neurons, and spikes that go out")
    lanes: int = Field(
        default=1, ge=1, le=64, description="pipelines side by side, one synapse a clock each"
    )
    engine: Engine = Field(
        default="sweep",
        description=(
            "a tick visits every synapse (sweep), or those of the columns that are not 0 (events);"
            " auto: the cheaper of the two"
        ),
    )
    neurons_a_clock: int = Field(
        default=1,
        ge=1,
        le=8,
        description="engine 'events': neurons that are decided in a clock; 1, 2, 4 or 8",
    )
    tick_interval: int = Field(
        default=1,
        ge=1,
        le=MAX_INTERVAL,
        description="the layer ticks in every tick_interval-th step",
    )
    clock: str = Field(
        default="sync",
        pattern=r"^[a-z][a-z0-9_]{0,15}$",
        description="a role: 1 to 16 lower-case letters, digits and underscores",
    )
    policy: Policy = Field(
        default="hold",
        description=(
            "at its input: the last word (hold), counts (accumulate), or each spike one time (once)"
        ),
    )
    pending_bits: int = Field(
        default=4, ge=1, le=16, description="policy 'once': bits of the count of spikes that wait"
    )
    weight_bits: int = Field(default=8, ge=2, le=18, description="signed bits of a weight")
    max_delay: int = Field(
        default=0,
        ge=0,
        le=MAX_DELAY,
        description="longest delay of a synapse, in ticks of the layer",
    )
    recurrent: bool = Field(
        default=False, description="its own spikes of the tick before are inputs, too"
    )
    bias: bool = Field(default=False, description="one more input that is 1 in every tick")
    kind: str = Field(description="name of the kind, which a kind's own class gives as default")

    @model_validator(mode="after")
    def _lanes_fit(self) -> Self:
        if self.lanes > self.neurons:
            raise ValueError(
                f"{type(self).__name__}.lanes must be <= neurons, not {self.lanes} lanes for"
                f" {self.neurons} neurons."
            )
        return self

    @model_validator(mode="after")
    def _engine_fits(self) -> Self:
        if self.engine == "auto":
            # From here on the layer has an engine, also in its build's name and manifest.
            object.__setattr__(self, "engine", self.cheaper_engine)
        # A layer of a network is checked by this class, too: what a kind's own class says counts.
        self.check_engine()
        self._check_turns()
        return self

    @model_serializer(mode="wrap")
    def _without_turns(self, dump: SerializerFunctionWrapHandler) -> dict[str, Any]:
        """Layers with a neuron a clock keep the text, and so the hash, that they had."""
        return {
            key: value
            for key, value in dump(self).items()
            if key != "neurons_a_clock" or value != 1
        }

    def check_engine(self) -> None:
        """ValueError for an engine that such a layer can't have, and what goes with it."""
        if self.engine != "events":
            return
        if not self.EVENT_DRIVEN:
            raise ValueError(
                f"{type(self).__name__}.engine must be 'sweep' for a layer of kind '{self.kind}',"
                " whose synapses change in every tick; not 'events'."
            )

    def _check_turns(self) -> None:
        together, kind = self.neurons_a_clock, type(self).__name__
        if together == 1:
            return
        if self.engine != "events":
            raise ValueError(
                f"{kind}.neurons_a_clock must be 1 with engine 'sweep', whose groups take longer"
                f" than their neurons; not {together}."
            )
        if together & (together - 1) or self.lanes % together or self.neurons % together:
            raise ValueError(
                f"{kind}.neurons_a_clock must be 1, 2, 4 or 8, and divide {self.lanes} lanes and"
                f" {self.neurons} neurons; not {together}."
            )

    @property
    def group_turns(self) -> int:
        """Clocks in which a group's neurons are decided, `neurons_a_clock` of them in each."""
        return self.lanes // self.neurons_a_clock

    @property
    def turns(self) -> int:
        """The same of all neurons; the turn of neuron j is j // neurons_a_clock."""
        return self.neurons // self.neurons_a_clock

    @property
    def sweep_clocks(self) -> int:
        """Clocks from tick to tick, if a tick visits every synapse."""
        return max(self.columns, self.lanes) * self.groups

    def event_clocks(self, activity: float = ACTIVITY) -> int:
        """Clocks from tick to tick by events, with that share of the columns not 0.

        A clock for each group of neurons of an active column, with delays or without, and one for
        each group's sums that the neurons fetch meanwhile. The columns of the next tick are
        searched beside it, a chunk of columns or an active column a clock, and the neurons of the
        tick before have their turns, `neurons_a_clock` of them a clock.
        """
        active = round(self.columns * activity)
        adding = (active + 1) * self.groups
        return max(adding, active + -(-self.columns // SEARCHED), self.turns)

    @property
    def cheaper_engine(self) -> Engine:
        """The engine of a layer that leaves it open.

        With delays events add to sums of later ticks. These are to take no more words than the
        synapses; a sweep keeps the columns' past instead, which is less.
        """
        if not self.EVENT_DRIVEN or (self.max_delay and self.banks > self.columns):
            return "sweep"
        return "events" if WORTH * self.event_clocks() <= self.sweep_clocks else "sweep"

    @property
    def engine_line(self) -> str | None:
        """What speaks for and against the layer's engine; None where there is no choice."""
        if not self.EVENT_DRIVEN or self.CONNECTIVITY != "full":
            return None
        better = self.cheaper_engine
        advice = "" if better == self.engine else f"; '{better}' would be the better choice"
        return (
            f"layer '{self.name}': engine '{self.engine}'; a sweep takes {self.sweep_clocks:,}"
            f" clocks a tick, events {self.event_clocks():,} with {ACTIVITY:.0%} of"
            f" {self.columns:,} columns active{advice}"
        )

    @property
    def banks(self) -> int:
        """Banks of sums of the event engine, each for one tick.

        That of the tick whose events are added, those of the `max_delay` ticks behind it, to which
        delayed products go, and that of the tick before it, which the neurons take meanwhile.
        """
        return self.max_delay + 2

    @property
    def past(self) -> str | None:
        """Name of the state that delays need; None without delays.

        ``history``: the columns' values in the last ticks, which a sweep gathers. ``arriving``: the
        sums so far of the ticks to come, to which an event scatters its products.
        """
        if not self.max_delay:
            return None
        return "arriving" if self.engine == "events" else "history"

    @property
    def columns(self) -> int:
        """Synapses of a neuron."""
        return self.inputs + self.neurons * self.recurrent + self.bias_column

    @property
    def bias_column(self) -> bool:
        """Whether the bias is a column that is 1 in every tick."""
        return self.bias

    def place(self, neuron: Number) -> Number:
        """Number of a neuron in the order in which hardware takes them."""
        return neuron

    @property
    def place_order(self) -> tuple[int, int] | None:
        """Places and channels of neurons that hardware takes place by place; else None."""
        return None

    @property
    def synapse_count(self) -> int:
        """Number of synapses."""
        return self.columns * self.neurons

    @property
    def groups(self) -> int:
        """Neurons that each lane works on, one after the other; neuron j is in lane j % lanes."""
        return -(-self.neurons // self.lanes)

    @property
    def depth(self) -> int:
        """Synapses of a lane."""
        return self.groups * self.columns

    def word(self, column: Number, neuron: Number) -> Number:
        """Number of a synapse's word in the memory of its lane, neuron % lanes.

        A sweep goes from neuron to neuron, an event from group to group of one column: what it
        visits lies one after the other.
        """
        group = neuron // self.lanes
        if self.engine == "events":
            return column * self.groups + group  # type: ignore[no-any-return]
        return group * self.columns + column  # type: ignore[no-any-return]

    @property
    def weight_format(self) -> IntFormat:
        """Format of a weight."""
        return IntFormat(self.weight_bits, signed=True)

    @property
    def delay_format(self) -> IntFormat:
        """Format of a delay, in ticks of the layer."""
        return IntFormat(max(1, self.max_delay.bit_length()))

    @abstractmethod
    def current_format(self, value: IntFormat) -> IntFormat:
        """Format of a neuron's sum of products; `value` is the format of the inputs' values."""

    def synapse_parameters(self, tick_ms: float) -> dict[str, tuple[int, int]]:
        """Parameters that are loaded for each synapse, with their least and largest values.

        Parameters
        ----------
        tick_ms : length of a step of the network, in ms.
        """
        delay = {"delay": (0, self.max_delay)} if self.max_delay else {}
        return {"weight": (self.weight_format.lo, self.weight_format.hi), **delay}

    @property
    def neuron_parameters(self) -> dict[str, tuple[int, int]]:
        """Parameters that are loaded for each neuron, with their least and largest values."""
        return {}

    def parameter_shape(self, name: str) -> tuple[int, ...]:
        """Shape of the array of a parameter: one value for each synapse, or for each neuron."""
        own = name in self.neuron_parameters
        return (self.neurons,) if own else (self.neurons, self.columns)

    @property
    def weight_shift(self) -> int:
        """A weight of 1 raises a potential by 2^weight_shift."""
        return 0
