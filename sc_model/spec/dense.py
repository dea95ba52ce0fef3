"""The configuration of layers of kind ``dense`` and of their integrate-and-fire neurons."""

from __future__ import annotations

from typing import ClassVar, Literal, Self

from pydantic import Field, model_validator

from sc_model.spec.formats import IntFormat
from sc_model.spec.frozen import Frozen
from sc_model.spec.trained_layer import TrainedLayerSpec


class LifSpec(Frozen):
    """`[layer.neuron]` of a dense layer: leaky integrate-and-fire neurons.

    Their equations are in `sc_model.arithmetic.lif`. Thresholds and decay factors are parameters of
    each neuron, loaded with the weights.

    Raises
    ------
    ConfigError
        (a ValueError) a value outside its range, or `refractory` with `reset_delay`.
    """

    leak: Literal["factor", "shift", "none"] = Field(
        default="factor",
        description=(
            "what a tick leaves of a potential: a part that each neuron has as a factor (factor);"
            " all but its 2^-leak_shift part (shift); all of it (none)"
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
    reset: Literal["zero", "subtract", "none"] = Field(
        default="subtract",
        description=(
            "a spike sets the potential to zero, subtracts the threshold from it (subtract), or"
            " leaves it (none)"
        ),
    )
    reset_delay: bool = Field(
        default=False,
        description="reset in the next tick, after leak and input, instead of at the spike",
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
                "LifSpec.refractory must be 0 with reset_delay, for the delayed reset would come in"
                f" a tick in which the neuron rests; not {self.refractory}."
            )
        if self.reset_delay and self.reset == "none":
            raise ValueError(
                "LifSpec.reset_delay must be false with reset 'none': there is no reset to delay;"
                " not true."
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
        """Format of potential and synaptic current, where a sum of products has format `current`.

        Without `potential_bits` it has room for the currents of two ticks; and always for a
        threshold.
        """
        bits = self.potential_bits or current.width + self.fraction + 1
        return IntFormat(max(bits, self.threshold_bits + 1), signed=True)


class DenseSpec(TrainedLayerSpec):
    """A `[[layer]]` with kind "dense"; its synapses have no state.

    Raises
    ------
    ConfigError
        (a ValueError) a value outside its range.
    """

    EVENT_DRIVEN: ClassVar[bool] = True

    kind: Literal["dense"] = "dense"
    neuron: LifSpec = LifSpec()

    @property
    def summands(self) -> int:
        """The most products that a neuron adds up in a tick."""
        return self.columns

    def current_format(self, value: IntFormat) -> IntFormat:
        """Format of the sum over a neuron's synapses of weight x value."""
        return IntFormat(
            self.weight_bits + value.width - (value.width == 1) + (self.summands - 1).bit_length(),
            signed=True,
        )

    @property
    def neuron_parameters(self) -> dict[str, tuple[int, int]]:
        """Threshold and decay factors, with their least and largest values."""
        one = 1 << self.neuron.factor_shift
        leak = {"leak": (0, one)} if self.neuron.leak == "factor" else {}
        synaptic = {"synaptic_leak": (0, one)} if self.neuron.synaptic else {}
        return {"threshold": (1, self.neuron.threshold_format.hi), **leak, **synaptic}

    @property
    def weight_shift(self) -> int:
        """A weight of 1 raises a potential by 2^fraction."""
        return self.neuron.fraction


class IntegratorNeuronSpec(LifSpec):
    """`[layer.neuron]` of an integrator: leak, synaptic current and widths; it never fires.

    Raises
    ------
    ConfigError
        (a ValueError) a value outside its range.
    """

    reset: Literal["none"] = "none"
    reset_delay: Literal[False] = False
    refractory: Literal[0] = 0
    threshold_bits: Literal[2] = 2  # the least: there is no threshold that a potential must hold


class IntegratorSpec(DenseSpec):
    """A `[[layer]]` with kind "integrator": leaky integrators that never fire, for a readout.

    A readout compares their potentials (`ReadoutSpec`). Give `potential_bits` enough for all that a
    potential adds up over a sample; without it there is room for two ticks' currents.

    Raises
    ------
    ConfigError
        (a ValueError) a value outside its range.
    """

    kind: Literal["integrator"] = "integrator"  # type: ignore[assignment]  # another kind's name
    neuron: IntegratorNeuronSpec = IntegratorNeuronSpec()

    @property
    def neuron_parameters(self) -> dict[str, tuple[int, int]]:
        """Decay factors, with their least and largest values."""
        return {
            name: bounds
            for name, bounds in super().neuron_parameters.items()
            if name != "threshold"
        }
