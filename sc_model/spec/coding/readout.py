"""The configuration of a readout."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from sc_model.spec.frozen import Frozen


class ReadoutSpec(Frozen):
    """`[readout]`: what of the last layer's neurons a sample is answered by.

    A sample is what comes behind a reset. The neuron with the highest score is the answer; of
    several alike that with the lowest number.
    """

    kind: Literal["count", "first_spike", "last_potential", "largest_potential"] = Field(
        description=(
            "the score of a neuron: its spikes (count), how early its first spike comes"
            " (first_spike), its potential in the last tick, or the largest of all ticks"
        )
    )
    score_bits: int = Field(
        default=16,
        ge=1,
        le=32,
        description=(
            "count, first_spike: unsigned bits of a score, which stays at its greatest value"
        ),
    )

    @property
    def by_potential(self) -> bool:
        """Whether scores are potentials."""
        return self.kind in ("last_potential", "largest_potential")

    @property
    def most(self) -> int:
        """Greatest score of a neuron by its spikes."""
        return (1 << self.score_bits) - 1
