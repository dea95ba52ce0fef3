"""What layers that learn on the chip have in common, and the readout behind them.

The networks that they make are `learning_network` and `recurrent_network`, beside this file.
"""

from __future__ import annotations

from typing import Any, Self

from pydantic import Field, field_validator, model_validator

from sc_model.spec.choice import RuleChoice
from sc_model.spec.formats import IntFormat
from sc_model.spec.frozen import Frozen

FAMILY = "error_triggered"
MOST_NEURONS = 1024
MOST_CLASSES = 64
LAYER_NAME = r"^[a-z][a-z0-9_]{0,31}$"
LAYER_NAME_TEXT = "1 to 32 lower-case letters, digits and underscores, a letter first"


class LearningLayerSpec(Frozen):
    """What hidden layers and the readout share; synapse (i, j) is from row i to neuron j.

    A *word* of the memory holds the weights of a row to `lanes` neurons: word
    ``row * groups + group`` those of the neurons ``group * lanes`` and up.

    Raises
    ------
    ConfigError
        (a ValueError) a value outside its range.
    """

    name: str = Field(pattern=LAYER_NAME, description=LAYER_NAME_TEXT)
    neurons: int = Field(ge=1, le=MOST_NEURONS, description="neurons of the layer")
    lanes: int = Field(
        default=8, ge=1, le=64, description="synapses of a row that are visited at once"
    )
    weight_bits: int = Field(default=8, ge=2, le=16, description="signed bits of a weight")
    initial: int = Field(
        default=24,
        ge=0,
        le=(1 << 15) - 1,
        description="first weights are drawn uniformly from [-initial, initial]",
    )
    shift: int = Field(
        ge=0, le=15, description="a step is signal * trace * 2^-shift, with what a run adds to it"
    )
    learn: bool = Field(default=True, description="whether the layer learns after a reset")
    rule: RuleChoice = RuleChoice(family=FAMILY)

    @field_validator("rule", mode="before")
    @classmethod
    def _family(cls, rule: Any) -> Any:
        """A table without a family has parameters of the usual one."""
        usual = cls.model_fields["rule"].default.family
        return {"family": usual, **rule} if isinstance(rule, dict) else rule

    @model_validator(mode="after")
    def _first_weights_fit(self) -> Self:
        if self.initial > self.max_weight:
            raise ValueError(
                f"{type(self).__name__}.initial must be <= {self.max_weight}, the largest weight of"
                f" {self.weight_bits} bits, not {self.initial}."
            )
        return self

    @property
    def groups(self) -> int:
        """Words of a row."""
        return -(-self.neurons // self.lanes)

    @property
    def max_weight(self) -> int:
        """The largest weight; the least is its negative."""
        return (1 << (self.weight_bits - 1)) - 1

    @property
    def weight_format(self) -> IntFormat:
        """Format of a weight."""
        return IntFormat(self.weight_bits, signed=True)


class FiringLayerSpec(LearningLayerSpec):
    """What layers of integrate-and-fire neurons that learn from a signal share.

    Raises
    ------
    ConfigError
        (a ValueError) a value outside its range, or a threshold that no potential reaches.
    """

    threshold: int = Field(ge=2, le=(1 << 23) - 1, description="potential at which a neuron fires")
    potential_bits: int = Field(
        ge=4, le=24, description="signed bits of the potential, which saturates"
    )
    signal_bits: int = Field(
        default=8, ge=2, le=12, description="signed bits of a neuron's learning signal"
    )
    signal_shift: int = Field(
        default=4,
        ge=1,
        le=15,
        description="the signal is the sum of weight * error * 2^-signal_shift, rounded",
    )

    @model_validator(mode="after")
    def _can_fire(self) -> Self:
        if self.threshold >= 1 << (self.potential_bits - 1):
            raise ValueError(
                f"{type(self).__name__}.threshold must be < 2^(potential_bits - 1) ="
                f" {1 << (self.potential_bits - 1)}, or no neuron fires, not {self.threshold}."
            )
        return self

    @property
    def signal_format(self) -> IntFormat:
        """Format of a learning signal, which is clamped to the negative of its largest value."""
        return IntFormat(self.signal_bits, signed=True)


class OutputLayerSpec(LearningLayerSpec):
    """`[output]`: a neuron for each class, which sums up weights and never fires.

    Raises
    ------
    ConfigError
        (a ValueError) a value outside its range.
    """

    name: str = Field(default="output", pattern=LAYER_NAME, description=LAYER_NAME_TEXT)
    neurons: int = Field(ge=2, le=MOST_CLASSES, description="classes")
    shift: int = Field(default=7, ge=0, le=15, description="a step is error * trace * 2^-shift")
    margin: int = Field(
        default=1024,
        ge=1,
        le=(1 << 20) - 1,
        description="the right class has no error above it, the others none below its negative",
    )
    error_shift: int = Field(
        default=6, ge=0, le=15, description="an error is what lacks to the margin, * 2^-error_shift"
    )
    most_error: int = Field(default=15, ge=1, le=255, description="largest size of an error")
    right_shift: int = Field(
        default=0, ge=0, le=3, description="errors of the right class count 2^right_shift times"
    )

    @property
    def error_format(self) -> IntFormat:
        """Format of an error."""
        return IntFormat((self.most_error << self.right_shift).bit_length() + 1, signed=True)
