"""The configuration of layers of kind ``hetsyn``: each synapse has its own time constant."""

from __future__ import annotations

from typing import Any, Literal, Self

from pydantic import Field, model_validator

from sc_model.spec.bounds import MAX_TIME_MS, MIN_TIME_MS
from sc_model.spec.decay import MAX_TERMS, TAU_MAX_MS, TAU_MIN_MS, DecayCodes, decay_codes
from sc_model.spec.errors import ConfigError
from sc_model.spec.formats import IntFormat
from sc_model.spec.plastic_layer import NeuronSpec
from sc_model.spec.trained_layer import TrainedLayerSpec

# Options of a neuron that need the other neurons of its layer, or noise; only plastic layers have
# the hardware for them.
COUPLINGS = ("winner_take_all", "noise_bits", "inhibition")


class HetSynSpec(TrainedLayerSpec):
    """A `[[layer]]` with kind "hetsyn": each synapse has a weight, a decay code and a trace.

    Raises
    ------
    ConfigError
        (a ValueError) a value outside its range, or an option of the neuron that only plastic
        layers have.
    """

    kind: Literal["hetsyn"] = "hetsyn"
    trace_bits: int = Field(
        default=17, ge=4, le=32, description="unsigned bits of a trace, which saturates"
    )
    trace_fraction: int = Field(
        default=10,
        ge=0,
        le=24,
        description="binary places of a trace: a spike adds 2^trace_fraction",
    )
    code_bits: int = Field(default=6, ge=1, le=10, description="bits of a decay code")
    terms: int = Field(
        default=3,
        ge=0,
        le=MAX_TERMS,
        description="shifted copies that make a decay; 0: a multiplier",
    )
    factor_shift: int = Field(
        default=12, ge=4, le=16, description="binary places of a decay factor"
    )
    tau_min_ms: float = Field(
        default=TAU_MIN_MS,
        ge=MIN_TIME_MS,
        le=MAX_TIME_MS,
        description="shortest time constant, in ms",
    )
    tau_max_ms: float = Field(
        default=TAU_MAX_MS,
        ge=MIN_TIME_MS,
        le=MAX_TIME_MS,
        description="longest time constant, in ms",
    )
    neuron: NeuronSpec = NeuronSpec(reset="subtract")

    @model_validator(mode="before")
    @classmethod
    def _subtract(cls, values: Any) -> Any:
        """The default of `neuron.reset` is "subtract" here, "zero" in plastic layers."""
        if isinstance(values, dict) and isinstance(values.get("neuron"), dict):
            return {**values, "neuron": {"reset": "subtract", **values["neuron"]}}
        return values

    @model_validator(mode="after")
    def _fits(self) -> Self:
        for option in COUPLINGS:
            if getattr(self.neuron, option):
                raise ValueError(
                    f"HetSynSpec.neuron has no {option} in such a layer; leave it out (a plastic"
                    " layer has it)."
                )
        if self.trace_fraction >= self.trace_bits:
            raise ValueError(
                f"HetSynSpec.trace_fraction must be < trace_bits, not {self.trace_fraction} of"
                f" {self.trace_bits} bits: a trace needs places in front of the point."
            )
        return self

    @property
    def trace_format(self) -> IntFormat:
        """Format of a trace."""
        return IntFormat(self.trace_bits)

    def current_format(self, value: IntFormat) -> IntFormat:
        """Format of the sum over a neuron's columns of weight x trace; `value` has no influence."""
        return IntFormat(
            self.weight_bits + self.trace_bits + (self.columns - 1).bit_length(), signed=True
        )

    def synapse_parameters(self, tick_ms: float) -> dict[str, tuple[int, int]]:
        """Weight, delay and decay code, with their least and largest values."""
        return {
            **super().synapse_parameters(tick_ms),
            "code": (0, len(self.codes(tick_ms).factors) - 1),
        }

    def codes(self, tick_ms: float) -> DecayCodes:
        """The layer's decay codes.

        Parameters
        ----------
        tick_ms : length of a step of the network, in ms; the layer ticks every `tick_interval`-th.

        Raises
        ------
        ConfigError
            a tick is so long that every trace vanishes in it.
        """
        tick = float(tick_ms * self.tick_interval)
        low, high = float(self.tau_min_ms), float(self.tau_max_ms)
        try:
            return decay_codes(self.code_bits, self.terms, tick, self.factor_shift, low, high)
        except ConfigError as error:
            raise ConfigError(f"layer '{self.name}': {error}") from None
