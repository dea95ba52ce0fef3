"""The configuration of a network of layers, each with its own rate and clock.

In step n = 1, 2, 3, ... a layer ticks if n is a multiple of its interval. The policy of the
crossing in front of it (see `CrossingSpec`) decides what the tick takes in. The clock of a layer
does not influence the result.
"""

from __future__ import annotations

import importlib
from dataclasses import dataclass
from itertools import pairwise
from typing import Annotated, Any, Self

from pydantic import (
    BeforeValidator,
    Field,
    SerializeAsAny,
    SerializerFunctionWrapHandler,
    model_serializer,
    model_validator,
)

from sc_model.spec.bounds import MAX_MHZ, MAX_TIME_MS, MIN_MHZ, MIN_TIME_MS
from sc_model.spec.coding import EncoderSpec, ReadoutSpec
from sc_model.spec.errors import ConfigTypeError, did_you_mean
from sc_model.spec.formats import IntFormat
from sc_model.spec.frozen import Frozen
from sc_model.spec.plastic_stage import PLASTIC, PlasticStageSpec
from sc_model.spec.trained_layer import Policy, TrainedLayerSpec
from sc_model.texts import shown

DEFAULT_KIND = "hetsyn"
MAX_LAYERS = 64
MAX_SAMPLE_STEPS = 65_536
# Inputs above which a step comes in slices, and outputs above which spikes leave in slices: up to
# there a word is a register or two in each stage.
MAX_WORD = 256
SLICE = 16  # spikes of a slice
# Inputs from which a layer takes the spikes of the layer in front of it in slices: with fewer, the
# counters cost as much as the registers that they spare.
MIN_SLICED = 64


def layer_type(kind: Any, subject: str = "layer kind") -> type[TrainedLayerSpec]:
    """The class of the configuration of a kind's layers.

    Raises
    ------
    ConfigTypeError
        the name of the kind is no string.
    ConfigError
        there is no such kind; the text begins with `subject`.
    """
    if not isinstance(kind, str):
        raise ConfigTypeError(
            f"{subject} must be a string, not {shown(kind)} ({type(kind).__name__})."
        )
    # Imported by name, when the first layer is read: the package of the kinds builds on this one.
    kinds = importlib.import_module("sc_model.layer_kinds")
    spec_type: type[TrainedLayerSpec] = kinds.load_kind(kind, subject).spec
    return spec_type


def _layer(value: Any) -> Any:
    """A table of fields as the configuration of its kind; anything else is left to pydantic."""
    if not isinstance(value, dict):
        return value
    return layer_type(value.get("kind", DEFAULT_KIND))(**value)


# A layer is checked by its kind's own class, and written with that class's fields.
AnyLayer = Annotated[SerializeAsAny[TrainedLayerSpec], BeforeValidator(_layer)]


class ClockSpec(Frozen):
    """`[clock.ROLE]`: a clock of the network, asynchronous to the others."""

    mhz: float = Field(
        default=12.0,
        ge=MIN_MHZ,
        le=MAX_MHZ,
        description="frequency that constraints are written for, in MHz",
    )


@dataclass(frozen=True)
class CrossingSpec:
    """The crossing in front of a layer: from words of spikes to the values of each tick.

    Members
    -------
    channels : spikes of a word, and values of a tick.
    i_interval : steps between two words.
    o_interval : steps between two ticks.
    policy : the values of a tick. ``hold``: the last word. ``accumulate``: for each channel the
        number of spikes since the previous tick. ``once``: for each channel one of the waiting
        spikes; the others wait on.
    pending_bits : with ``once``, bits of the count of waiting spikes; spikes above it are lost.
    """

    channels: int
    i_interval: int
    o_interval: int
    policy: Policy
    pending_bits: int

    @property
    def in_turn(self) -> bool:
        """Whether there is one word for each tick, so that all policies mean the same."""
        return self.i_interval == self.o_interval

    @property
    def most_words(self) -> int:
        """The largest number of words between two ticks."""
        return -(-self.o_interval // self.i_interval)

    @property
    def value(self) -> IntFormat:
        """Format of each value of a tick."""
        return IntFormat(self.most_words.bit_length() if self.policy == "accumulate" else 1)


class NetworkSpec(Frozen):
    """`[network]`, with its tables `[[layer]]`, `[clock.ROLE]`, `[readout]` and `[plastic]`.

    Members
    -------
    layers : the trained layers, in order.
    clocks : by role; a role without a table has the default clock.
    plastic : the plastic layer behind the last trained one, or None.
    readout : how a sample is answered, or None: the words that come out are all there is.
    encoder : how values become the first layer's spikes, or None: spikes come in. Each set of
        values is shown for `encoder.steps` steps, and the encoder begins anew with each.
    sample_steps : steps of a sample: behind its last one all trained layers, and the readout, start
        anew as after a reset, but numbers of steps go on. 0: never.

    Raises
    ------
    ConfigError
        (a ValueError) there is no layer, two have the same name, a layer's inputs are not the
        neurons in front of it, a clock is of no layer, or a value is outside its range.
    """

    layers: tuple[AnyLayer, ...] = Field(strict=False)  # a list will do: JSON has no tuples
    clocks: dict[str, ClockSpec] = Field(default_factory=dict)
    plastic: PlasticStageSpec | None = None
    readout: ReadoutSpec | None = None
    encoder: EncoderSpec | None = None
    tick_ms: float = Field(
        default=1.0, ge=MIN_TIME_MS, le=MAX_TIME_MS, description="length of a step, in ms"
    )
    step_bits: int = Field(
        default=16,
        ge=2,
        le=32,
        description="bits of the number of the step that travels with each word",
    )
    sample_steps: int = Field(
        default=0,
        ge=0,
        le=MAX_SAMPLE_STEPS,
        description="steps after which all trained layers start anew; 0: never",
    )
    crossing_depth: int = Field(
        default=4,
        ge=1,
        le=16,
        description="words that a crossing between two clocks holds: 1, 2, 4, 8 or 16",
    )

    @model_validator(mode="after")
    def _chains(self) -> Self:
        if not self.layers:
            raise ValueError("a network must have one [[layer]] or more, not 0.")
        if len(self.layers) > MAX_LAYERS:
            raise ValueError(
                f"a network must have {MAX_LAYERS} tables [[layer]] at most, not"
                f" {len(self.layers)}; split it."
            )
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
        if self.plastic is not None and self.readout is not None:
            raise ValueError(
                "a network with a table [plastic] must not have a table [readout], whose answers"
                " are of samples that do not depend on each other; leave out one of the two."
            )
        self._check_encoder()
        self._check_samples()
        last = self.layers[-1]
        if self.readout is not None and last.neurons_a_clock > 1:
            raise ValueError(
                f"layer '{last.name}' must have neurons_a_clock = 1 with a table [readout], which"
                f" takes one neuron after the other; not {last.neurons_a_clock}."
            )
        for before, after in pairwise(self.layers):
            if before.neurons != after.inputs:
                raise ValueError(
                    f"layer '{after.name}' must have as many inputs as layer '{before.name}' has"
                    f" neurons ({before.neurons}), not {after.inputs}."
                )
        self._check_turns_in_slices()
        for layer in self.layers:
            if self.early(layer) and layer.neuron_parameters:
                raise ValueError(
                    f"layer '{layer.name}' must not tick more often than a layer in front of it"
                    f" (its tick_interval is {layer.tick_interval}): it would fire before its"
                    " thresholds can be loaded; take a tick_interval that is as long, or kind"
                    " 'hetsyn'."
                )
        for layer in self.layers:
            if layer.clock == "comb" or layer.clock.startswith("cd_"):
                # Amaranth's name for logic without a clock, and a prefix that it drops
                raise ValueError(
                    f"the clock of layer '{layer.name}' must not be called '{layer.clock}': 'comb'"
                    " and names that begin with 'cd_' have a meaning of their own; take another."
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

    def _check_turns_in_slices(self) -> None:
        """ValueError where slices of a recurrent layer part the neurons of one clock."""
        for index, layer in enumerate(self.layers):
            uneven = layer.recurrent and layer.inputs % layer.neurons_a_clock
            if uneven and self.slices(index):
                raise ValueError(
                    f"layer '{layer.name}' must have a number of inputs that neurons_a_clock"
                    f" divides: its own spikes stand behind them in slices, and neurons of one"
                    f" clock would lie in two; not {layer.inputs} inputs and neurons_a_clock ="
                    f" {layer.neurons_a_clock}. Take more inputs, which may stay 0, or"
                    " neurons_a_clock = 1."
                )

    def _check_encoder(self) -> None:
        """ValueError for an encoder that does not fit the layers."""
        encoder, first = self.encoder, self.layers[0]
        if encoder is None:
            return
        if first.inputs % encoder.channels_of_value:
            raise ValueError(
                f"layer '{first.name}' must have an even number of inputs behind an encoder of kind"
                f" 'delta', not {first.inputs}."
            )
        if self.plastic is not None:
            raise ValueError(
                "a network with a table [plastic] must not have a table [encoder], whose steps are"
                " not taught one by one; leave out one of the two."
            )
        interval = max(layer.tick_interval for layer in self.layers)
        if any(self.early(layer) for layer in self.layers):
            raise ValueError(
                "a network with a table [encoder] must have layers that wait for their producers;"
                " take tick_intervals that do not fall."
            )
        if any(encoder.steps % layer.tick_interval for layer in self.layers):
            raise ValueError(
                f"EncoderSpec.steps must be a multiple of each layer's tick_interval (up to"
                f" {interval}), so that all layers tick in the last step of a set of values, not"
                f" {encoder.steps}."
            )

    def _check_samples(self) -> None:
        """ValueError for samples behind whose last step spikes may wait."""
        if not self.sample_steps:
            return
        if any(self.early(layer) for layer in self.layers):
            raise ValueError(
                "a network with sample_steps must have layers that wait for their producers; take"
                " tick_intervals that do not fall."
            )
        for index, layer in enumerate(self.layers):
            if self.sample_steps % layer.tick_interval:
                raise ValueError(
                    f"NetworkSpec.sample_steps must be a multiple of the tick_interval of layer"
                    f" '{layer.name}' ({layer.tick_interval}), not {self.sample_steps}."
                )
            if layer.policy == "once" and self.crossing(index).most_words > 1:
                raise ValueError(
                    f"layer '{layer.name}' must not have policy 'once' with sample_steps, behind"
                    " whose last step spikes would wait; take 'hold' or 'accumulate'."
                )
        if self.sample_steps % self.shown_steps:
            raise ValueError(
                f"NetworkSpec.sample_steps must be a multiple of EncoderSpec.steps"
                f" ({self.shown_steps}), not {self.sample_steps}."
            )

    @model_serializer(mode="wrap")
    def _without_coding(self, dump: SerializerFunctionWrapHandler) -> dict[str, Any]:
        """Designs without these tables keep the text, and so the hash, that they had."""
        later = ("readout", "encoder", "sample_steps")
        return {key: value for key, value in dump(self).items() if key not in later or value}

    def at_start(self, steps: int) -> bool:
        """Whether the trained layers are as after a reset, so many steps after one."""
        return self.in_sample(steps) == 0

    def in_sample(self, steps: int) -> int:
        """Steps since the trained layers started anew, so many steps after a reset."""
        return steps % self.sample_steps if self.sample_steps else steps

    def sample_ticks(self, index: int) -> int:
        """Ticks of a layer in a sample; 0 where a sample has no end."""
        return self.sample_steps // self.layers[index].tick_interval

    @property
    def shown_steps(self) -> int:
        """Steps that a transfer of values or, without an encoder, of spikes is taken for."""
        return 1 if self.encoder is None else self.encoder.steps

    @property
    def values(self) -> int:
        """Values of a set that the encoder takes; inputs of the first layer without one."""
        inputs = self.layers[0].inputs
        return inputs if self.encoder is None else inputs // self.encoder.channels_of_value

    def slices(self, index: int = 0) -> int:
        """Transfers that make a word in front of a layer; 0 where one has all of it.

        A wide layer takes its inputs in slices of `SLICE`, lowest inputs first; what is above the
        last one counts as 0. A recurrent layer's own spikes stand behind the inputs, and do not
        come. What is in front of the layer must give slices, and the layer must be able to take
        them.
        """
        layer = self.layers[index]
        # A recurrent layer's bias stands behind its own spikes.
        count = -(-(layer.inputs if layer.recurrent else layer.columns) // SLICE)
        fits = self._is_wide(index) and self._slices_come(index) and self._takes_slices(index)
        # A sweep keeps them in a memory, and so does an intake between two intervals: a memory of
        # one slice would be registers.
        in_memory = layer.engine != "events" or not self.crossing(index).in_turn
        return count if fits and (count > 1 or not in_memory) else 0

    def _is_wide(self, index: int) -> bool:
        """Whether a layer has so many columns that they come in slices, if they can."""
        layer = self.layers[index]
        before = self.layers[index - 1] if index else None
        by_events = before is not None and layer.engine == before.engine == "events"
        size = layer.inputs + layer.neurons * layer.recurrent
        return size >= (MIN_SLICED if by_events else MAX_WORD + 1)

    def _slices_come(self, index: int) -> bool:
        """Whether what is in front of a layer can give slices.

        Neurons must fill them, or be those of a convolution, whose spikes wait in a memory and go
        on place by place (`place_order`), to layers of the event engine alone. A recurrent layer
        gives slices where it takes some.
        """
        if index == 0:
            return True
        layer, before = self.layers[index], self.layers[index - 1]
        if before.CONNECTIVITY == "kernel":
            full = layer.engine == "events"
        else:
            full = before.neurons % SLICE == 0
        return full and (not before.recurrent or self.slices(index - 1) > 0)

    def _takes_slices(self, index: int) -> bool:
        """Whether a layer can take slices.

        With its own spikes behind them their columns must come in order.
        """
        before = self.layers[index - 1] if index else None
        return not self.layers[index].recurrent or before is None or before.place_order is None

    def o_slices(self, index: int = -1) -> int:
        """Transfers in which the spikes of a layer leave; 0 where one has all of them.

        Those that go on to a layer are its `slices`. Those that leave the network are in slices of
        `SLICE`, lowest neurons first, where the last layer has many neurons; what is above the last
        neuron means nothing. A plastic stage takes a word, and a recurrent layer that takes a word
        gives one.
        """
        behind = index % len(self.layers) + 1
        if behind < len(self.layers):
            return self.slices(behind)
        layer = self.layers[-1]
        gives = not layer.recurrent or self.slices(behind - 1) > 0
        many = layer.neurons > MAX_WORD and gives and self.plastic is None
        return -(-layer.neurons // SLICE) if many else 0

    def place_order(self, index: int) -> tuple[int, int] | None:
        """Places and channels of an image whose spikes come to a layer place by place.

        That is in slices of a convolution with several of both; None where spikes come in the order
        of the model. With the number of layers as `index`: of the spikes that leave the network.
        """
        if not index or not self.o_slices(index - 1):
            return None
        return self.layers[index - 1].place_order

    @property
    def roles(self) -> tuple[str, ...]:
        """Roles of the clocks, in the order of the layers."""
        return tuple(dict.fromkeys(layer.clock for layer in self.layers))

    def early(self, layer: TrainedLayerSpec) -> bool:
        """Whether a layer ticks before the first step comes in.

        It does if it, or a layer in front of it, ticks more often than its producer.
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
        """The crossing in front of a layer; the network's input brings a word in every step."""
        layer = self.layers[index]
        before = self.layers[index - 1].tick_interval if index else 1
        return CrossingSpec(
            layer.inputs, before, layer.tick_interval, layer.policy, layer.pending_bits
        )
