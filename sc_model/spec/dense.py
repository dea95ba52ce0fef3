"""A dense layer that does not learn: weights, delays, and leaky integrate-and-fire neurons with
parameters of their own.
"""

from __future__ import annotations

from typing import Literal, Self

from pydantic import Field, model_validator

from sc_model.spec.formats import IntFormat
from sc_model.spec.frozen import Frozen
from sc_model.spec.trained_layer import TrainedLayerSpec


class LifSpec(Frozen):
    """`[layer.neuron]` of a dense layer: the kind of its neurons (see `sc_model.arithmetic.lif`);
    each has a threshold of its own.

    Raises ConfigError (a ValueError) for a value outside its range, and for `refractory` with
    `reset_delay`.
    """

    leak: Literal["factor", "shift", "none"] = Field(
        default="factor",
        description=(
            "what is left of a potential: a factor of the neuron's own, a part of 2^-leak_shift"
            " less, all"
        ),
    )
    leak_shift: int = Field(
        default=4,
        ge=1,
        le=31,
        description="leak 'shift': the potential loses its 2^-leak_shift part a tick",
    )
    factor_shift: int = Field(default=12, ge=4, le=16, description="binary places of a factor")
    synaptic: bool = Field(
        default=False, description="a synaptic current that decays by a factor of its own (CubaLIF)"
    )
    reset: Literal["zero", "subtract"] = Field(
        default="subtract",
        description=(
            "at a spike the potential goes to zero, or the threshold is taken off (subtract)"
        ),
    )
    reset_delay: bool = Field(
        default=False,
        description="the reset comes in the next tick, behind leak and input, not at the spike",
    )
    refractory: int = Field(
        default=0, ge=0, le=255, description="ticks after a spike without integrating or firing"
    )
    fraction: int = Field(
        default=4,
        ge=0,
        le=16,
        description="binary places of potential and threshold below a weight's unit",
    )
    threshold_bits: int = Field(default=16, ge=2, le=40, description="unsigned bits of a threshold")
    potential_bits: int = Field(
        default=0,
        ge=0,
        le=48,
        description=(
            "signed bits of the potential, which saturates; 0: enough for two ticks' currents"
        ),
    )

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if self.refractory and self.reset_delay:
            raise ValueError(
                "LifSpec.refractory must be 0 with reset_delay: a neuron at rest would be reset by"
                f" a spike of before its rest; not {self.refractory}."
            )
        return self

    @property
    def factor_format(self) -> IntFormat:
        """Format of a factor: 2^factor_shift stands for 1."""
        return IntFormat(self.factor_shift + 1)

    @property
    def threshold_format(self) -> IntFormat:
        """Format of a threshold."""
        return IntFormat(self.threshold_bits)

    def potential_format(self, current: IntFormat) -> IntFormat:
        """Format of potential and synaptic current of a neuron with such a sum over its columns."""
        bits = self.potential_bits or current.width + self.fraction + 1
        return IntFormat(max(bits, self.threshold_bits + 1), signed=True)


class DenseSpec(TrainedLayerSpec):
    """A `[[layer]]` with kind "dense": weights and delays, trained elsewhere.

    Raises ConfigError (a ValueError) for a value outside its range.
    """

    kind: Literal["dense"] = "dense"
    neuron: LifSpec = LifSpec()

    def current_format(self, value: IntFormat) -> IntFormat:
        """Format of the sum of weight x what came in."""
        return IntFormat(
            self.weight_bits + value.width - (value.width == 1) + (self.columns - 1).bit_length(),
            signed=True,
        )

    @property
    def neuron_parameters(self) -> dict[str, tuple[int, int]]:
        """Threshold and decay factors."""
        one = 1 << self.neuron.factor_shift
        leak = {"leak": (0, one)} if self.neuron.leak == "factor" else {}
        synaptic = {"synaptic_leak": (0, one)} if self.neuron.synaptic else {}
        return {"threshold": (1, self.neuron.threshold_format.hi), **leak, **synaptic}

    @property
    def weight_shift(self) -> int:
        """A weight of 1 raises a potential by 2^fraction."""
        return self.neuron.fraction
