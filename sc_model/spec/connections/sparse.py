"""The configuration of layers of kind ``sparse``: a fan-out list for each column."""

from __future__ import annotations

from typing import ClassVar, Literal, Self

from pydantic import Field, model_validator

from sc_model.spec.dense import DenseSpec
from sc_model.spec.trained_layer import Connectivity

# Inputs and neurons of a layer whose synapses are listed one by one, or by a kernel. A number of a
# neuron then fits 16 bits.
MAX_CHANNELS = 1 << 16
MAX_LISTED = 1 << 24  # synapses: what an archive of their numbers may hold


class SparseSpec(DenseSpec):
    """A `[[layer]]` with kind "sparse": the synapses that are there, and no others.

    The synapses stand column by column (inputs, then with `recurrent` the layer's own neurons, then
    with `bias` the column that is always 1). Parameters are ``count``, the synapses of each column,
    and of each synapse ``target``, the number of its neuron, ``weight``, and with `max_delay`
    ``delay``. Two synapses from one column to one neuron are two, each with its own delay. Neurons
    are those of a dense layer.

    Raises
    ------
    ConfigError
        (a ValueError) a value outside its range, or more synapses of a neuron than there are.
    """

    CONNECTIVITY: ClassVar[Connectivity] = "sparse"

    kind: Literal["sparse"] = "sparse"  # type: ignore[assignment]  # the name of another kind
    inputs: int = Field(ge=1, le=MAX_CHANNELS, description="spikes that come in")
    neurons: int = Field(ge=1, le=MAX_CHANNELS, description="neurons, and spikes that go out")
    engine: Literal["events"] = Field(
        default="events", description="a tick visits the synapses of columns that are not 0"
    )
    synapses: int = Field(ge=1, le=MAX_LISTED, description="synapses of all neurons together")
    fan_in: int = Field(
        default=0,
        ge=0,
        le=MAX_LISTED,
        description="most synapses of a neuron, for the width of sums; 0: one for each column",
    )

    @model_validator(mode="after")
    def _lists_fit(self) -> Self:
        if self.fan_in > self.synapses:
            raise ValueError(
                f"SparseSpec.fan_in must be <= synapses, not {self.fan_in} of {self.synapses}."
            )
        if self.summands * self.neurons < self.synapses:
            raise ValueError(
                f"SparseSpec.synapses must be <= neurons x fan_in, not {self.synapses:,} for"
                f" {self.neurons:,} neurons of {self.summands:,}; give a larger fan_in."
            )
        return self

    def check_engine(self) -> None:
        """Delays go with events here: each entry of a list has its own."""

    @property
    def synapse_count(self) -> int:
        """Number of synapses."""
        return self.synapses

    @property
    def depth(self) -> int:
        """Synapses of the one lane."""
        return self.synapses

    @property
    def summands(self) -> int:
        """Most synapses of a neuron."""
        return self.fan_in or self.columns

    def synapse_parameters(self, tick_ms: float) -> dict[str, tuple[int, int]]:
        """Lists, weights and delays, with their least and largest values."""
        lists = {"count": (0, self.synapses), "target": (0, self.neurons - 1)}
        return {**lists, **super().synapse_parameters(tick_ms)}

    def parameter_shape(self, name: str) -> tuple[int, ...]:
        """``count`` has a value for each column, what else a synapse has one for each synapse."""
        if name == "count":
            return (self.columns,)
        return (self.synapses,) if name in ("target", "weight", "delay") else (self.neurons,)
