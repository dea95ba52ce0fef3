"""The configuration of a readout."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from sc_model.spec.frozen import Frozen


class ReadoutSpec(Frozen):
    """`[readout]`: what of the last layer's neurons a sample is answered by.

    The neuron with the highest score is the answer; of several alike that with the lowest number.
    """

    kind: Literal["count", "first_spike", "last_potential", "largest_potential"] = Field(
        description=(
            "the score of a neuron: its spikes (count), how early its first spike comes"
            " (first_spike), its potential in the last tick, or the largest of all ticks"
        )
    )
