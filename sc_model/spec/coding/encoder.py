"""The configuration of an encoder: from values to spikes."""

from __future__ import annotations

from typing import Literal, Self

from pydantic import Field, model_validator

from sc_model.spec.frozen import Frozen

MAX_BITS = 16
REGISTER_BITS = 32  # of the shift register, which never leaves the state 0


class EncoderSpec(Frozen):
    """`[encoder]`: how unsigned values of `bits` bits become spikes; a sample begins at step 0.

    ``threshold``
        a spike in each step in which the value is `level` or more.
    ``latency``
        one spike at most, the earlier the larger the value. With the distance d = 2^bits - 1 - v
        from the largest value it comes in step (d * `ticks`) / (2^bits - `level`), rounded down;
        values below `level` give none.
    ``bernoulli``
        a spike in each step with probability v / 2^bits: where the next number of a linear feedback
        shift register (`sc_model.arithmetic.noise`), `bits` bits without a sign, is below the
        value. Channels take their numbers one after the other, in each step.
    ``delta``
        two channels for each value, a rise and then a fall: a spike of the first where the value is
        `level` or more above a reference, which then rises by `level`; of the second where it is
        `level` or more below, and the reference then falls. References begin at 0.

    Raises
    ------
    ConfigError
        (a ValueError) a value outside its range.
    """

    kind: Literal["threshold", "latency", "bernoulli", "delta"] = Field(
        description="what a value's spikes say: see the class"
    )
    bits: int = Field(default=8, ge=1, le=MAX_BITS, description="unsigned bits of a value")
    level: int = Field(
        default=1,
        ge=1,
        le=(1 << MAX_BITS) - 1,
        description="least value that spikes (threshold, latency); step of a reference (delta)",
    )
    ticks: int = Field(
        default=4, ge=1, le=4096, description="latency: steps over which spikes are spread"
    )
    seed: int = Field(
        default=1,
        ge=1,
        le=(1 << REGISTER_BITS) - 1,
        description="bernoulli: state of the shift register at the beginning of a sample",
    )

    steps: int = Field(
        default=1, ge=1, le=4096, description="in a network: steps that a set of values is shown"
    )
    lanes: Literal[1, 2, 4, 8, 16] = Field(
        default=1, description="in hardware: values that are encoded in a clock"
    )

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if self.level >= 1 << self.bits:
            raise ValueError(
                f"EncoderSpec.level must be < 2^bits = {1 << self.bits}, not {self.level}."
            )
        return self

    @property
    def channels_of_value(self) -> int:
        """Spikes of a step for a value."""
        return 1 + (self.kind == "delta")

    def channels(self, values: int) -> int:
        """Spikes of a step for so many values."""
        return values * self.channels_of_value
