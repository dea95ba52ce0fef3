"""What all layers of a network have in common: size, ticks, clock, what lies in front of them, and
their columns.
"""

from __future__ import annotations

from abc import abstractmethod
from typing import Literal, Self

from pydantic import Field, model_validator

from sc_model.spec.formats import IntFormat
from sc_model.spec.frozen import Frozen

Policy = Literal["hold", "accumulate", "once"]
MAX_INTERVAL = 4096
MAX_DELAY = 63


class TrainedLayerSpec(Frozen):
    """A `[[layer]]` of a network that does not learn: a weight, a delay and what its kind adds for
    each of its synapses.

    A layer's *columns* are what a neuron has a synapse for: the inputs, behind them the layer's own
    neurons (`recurrent`: whether they fired in the tick before), and behind them a column that is 1
    in every tick (`bias`). A synapse takes in what its column was `delay` ticks ago, 0 before the
    first tick.

    Raises ConfigError (a ValueError) for a value outside its range.
    """

    name: str = Field(
        pattern=r"^[a-z][a-z0-9_]{0,31}$",
        description="1 to 32 lower-case letters, digits and underscores, a letter first",
    )
    inputs: int = Field(ge=1, le=1024, description="spikes that come in")
    neurons: int = Field(ge=1, le=1024, description="neurons, and spikes that go out")
    lanes: int = Field(
        default=1, ge=1, le=64, description="pipelines side by side, one synapse a clock each"
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

    @model_validator(mode="after")
    def _lanes_fit(self) -> Self:
        if self.lanes > self.neurons:
            raise ValueError(
                f"{type(self).__name__}.lanes must be <= neurons, not {self.lanes} lanes for"
                f" {self.neurons} neurons."
            )
        return self

    @property
    def columns(self) -> int:
        """Synapses of a neuron."""
        return self.inputs + self.neurons * self.recurrent + self.bias

    @property
    def groups(self) -> int:
        """Neurons that each lane works on, one after the other; neuron j is in lane j % lanes."""
        return -(-self.neurons // self.lanes)

    @property
    def depth(self) -> int:
        """Synapses of a lane; that of column c and neuron j is word (j // lanes) * columns + c."""
        return self.groups * self.columns

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
        """Format of a neuron's sum over its columns, where `value` is that of what comes in."""

    def synapse_parameters(self, tick_ms: float) -> dict[str, tuple[int, int]]:
        """What is loaded for each synapse, (neurons, columns), with least and largest value;
        `tick_ms`: of the network.
        """
        delay = {"delay": (0, self.max_delay)} if self.max_delay else {}
        return {"weight": (self.weight_format.lo, self.weight_format.hi), **delay}

    @property
    def neuron_parameters(self) -> dict[str, tuple[int, int]]:
        """What is loaded for each neuron, (neurons,), with the least and the largest value."""
        return {}
