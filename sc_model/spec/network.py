"""A network of layers that tick at rates of their own, in one clock or in several.

Step n = 1, 2, 3, ...: a layer ticks where n is a multiple of its interval; what it takes in is
decided by the policy of the crossing in front of it (see `CrossingSpec`). Which clock a layer runs
in changes nothing in the result.
"""

from __future__ import annotations

import importlib
from dataclasses import dataclass
from itertools import pairwise
from typing import Annotated, Any, Self

from pydantic import BeforeValidator, Field, SerializeAsAny, model_validator

from sc_model.spec.errors import did_you_mean
from sc_model.spec.formats import IntFormat
from sc_model.spec.frozen import Frozen
from sc_model.spec.plastic_stage import PLASTIC, PlasticStageSpec
from sc_model.spec.trained_layer import Policy, TrainedLayerSpec

DEFAULT_KIND = "hetsyn"


def layer_type(kind: str, subject: str = "layer kind") -> type[TrainedLayerSpec]:
    """The configuration of layers of a kind; ConfigError, which begins with `subject`, otherwise.

    Kinds build on this package, so their package is imported by name, when the first layer is read.
    """
    kinds = importlib.import_module("sc_model.layer_kinds")
    found: type[TrainedLayerSpec] = kinds.load_kind(kind, subject).spec
    return found


def _layer(value: Any) -> Any:
    """A table of fields as the configuration of its kind; anything else is left to pydantic."""
    if not isinstance(value, dict):
        return value
    return layer_type(str(value.get("kind", DEFAULT_KIND)))(**value)


# A layer is checked by its kind's own class, and written with that class's fields.
AnyLayer = Annotated[SerializeAsAny[TrainedLayerSpec], BeforeValidator(_layer)]


class ClockSpec(Frozen):
    """`[clock.ROLE]`: a clock of the network, of no known phase or ratio to the others."""

    mhz: float = Field(
        default=12.0,
        gt=0,
        le=1000,
        description="frequency that constraints are written for, in MHz",
    )


@dataclass(frozen=True)
class CrossingSpec:
    """What happens in front of a layer.

    Members
    -------
    channels : spikes of a word.
    i_interval, o_interval : steps between two words that come in, and two ticks.
    policy : ``hold``: a tick takes the last word that has come; ``accumulate``: how many spikes
        have come in each channel since the tick before; ``once``: a spike of each channel in which
        one waits, the others of that channel wait on.
    pending_bits : bits of the count of spikes that wait (``once``); those that come above it are
        lost.
    """

    channels: int
    i_interval: int
    o_interval: int
    policy: Policy
    pending_bits: int

    @property
    def most_words(self) -> int:
        """Words that can come between two ticks."""
        return -(-self.o_interval // self.i_interval)

    @property
    def value(self) -> IntFormat:
        """Format of what a tick takes in, of each channel."""
        return IntFormat(self.most_words.bit_length() if self.policy == "accumulate" else 1)


class NetworkSpec(Frozen):
    """`[network]`, its `[[layer]]` tables in order, its `[clock.ROLE]` tables, and `[plastic]` if
    there is one.

    Raises ConfigError (a ValueError) where there is no layer, names repeat, sizes do not chain, or
    a clock is unknown.
    """

    layers: tuple[AnyLayer, ...] = Field(strict=False)  # a list will do: JSON has no tuples
    clocks: dict[str, ClockSpec] = Field(default_factory=dict)
    plastic: PlasticStageSpec | None = None
    tick_ms: float = Field(default=1.0, gt=0, description="length of a step, in ms")
    step_bits: int = Field(
        default=16,
        ge=2,
        le=32,
        description="bits of the number of the step that travels with each word",
    )
    crossing_depth: int = Field(
        default=4, description="words that a crossing between two clocks holds: 1, 2, 4, 8 or 16"
    )

    @model_validator(mode="after")
    def _chains(self) -> Self:
        if not self.layers:
            raise ValueError("a network must have one [[layer]] or more, not 0.")
        names = [layer.name for layer in self.layers]
        for name in names:
            if names.count(name) > 1:
                raise ValueError(
                    f"the layers of a network must have names of their own, not '{name}'"
                    f" {names.count(name)} times."
                )
        if self.plastic is not None:
            if PLASTIC in names:
                raise ValueError(
                    f"a network with a table [plastic] must not have a layer '{PLASTIC}'; give the"
                    " layer another name."
                )
            if self.plastic.layer.inputs != self.layers[-1].neurons:
                raise ValueError(
                    f"the plastic layer must have as many inputs as layer '{names[-1]}' has neurons"
                    f" ({self.layers[-1].neurons}), not {self.plastic.layer.inputs}."
                )
        for before, after in pairwise(self.layers):
            if before.neurons != after.inputs:
                raise ValueError(
                    f"layer '{after.name}' must have as many inputs as layer '{before.name}' has"
                    f" neurons ({before.neurons}), not {after.inputs}."
                )
        for layer in self.layers:
            if self.early(layer) and layer.neuron_parameters:
                raise ValueError(
                    f"layer '{layer.name}' must not tick more often than a layer in front of it"
                    f" (every {layer.tick_interval} steps): it would fire before its thresholds can"
                    " be loaded; take a tick_interval that is as long, or kind 'hetsyn'."
                )
        roles = {layer.clock for layer in self.layers}
        for role in self.clocks:
            if role not in roles:
                hint = did_you_mean(role, roles) or "."
                raise ValueError(
                    f"[clock.{role}] must be the clock of a layer: one of"
                    f" {', '.join(sorted(roles))}{hint}"
                )
        if self.crossing_depth not in (1, 2, 4, 8, 16):
            raise ValueError(
                f"NetworkSpec.crossing_depth must be 1, 2, 4, 8 or 16, not {self.crossing_depth}."
            )
        longest = max(layer.tick_interval for layer in self.layers)
        if longest >= 1 << (self.step_bits - 1):
            raise ValueError(
                f"NetworkSpec.step_bits must be > {longest.bit_length()} for a tick_interval of"
                f" {longest}, not {self.step_bits}."
            )
        return self

    @property
    def roles(self) -> tuple[str, ...]:
        """Clocks in the order in which layers use them."""
        return tuple(dict.fromkeys(layer.clock for layer in self.layers))

    def early(self, layer: TrainedLayerSpec) -> bool:
        """Whether a layer ticks before the first step is taken in: it, or one in front of it, is
        faster than its producer.
        """
        before = 1
        for one in self.layers:
            if one.tick_interval < before:
                return True
            if one.name == layer.name:
                return False
            before = one.tick_interval
        return False

    def clock(self, role: str) -> ClockSpec:
        """The clock of that role."""
        return self.clocks.get(role, ClockSpec())

    def crossing(self, index: int) -> CrossingSpec:
        """What lies in front of a layer; in front of the first one the words of the network's input
        come in every step.
        """
        layer = self.layers[index]
        before = self.layers[index - 1].tick_interval if index else 1
        return CrossingSpec(
            layer.inputs, before, layer.tick_interval, layer.policy, layer.pending_bits
        )
