"""Claims of parts that several hidden layers share: each layer has claims of its own."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from sc_hw.learning.plan import LearningPlan
from sc_hw.proof.bits import Bits, cat
from sc_hw.proof.blocks.network.addresses import Clocks


@dataclass(frozen=True)
class AtLayer:
    """A hidden layer that a part is at.

    Members
    -------
    index : its number.
    suffix : what the names of its claims end in; nothing where there is one layer.
    condition : that the part is at this layer, in each clock of the claim.
    """

    index: int
    suffix: str
    condition: list[Any]


def hidden_layers(clocks: Clocks, plan: LearningPlan, count: int) -> Iterator[AtLayer]:
    """Each hidden layer, at which the part's port `layer` is in the clocks 0 to `count`."""
    for index in range(plan.stages):
        if not plan.layer_bits:
            yield AtLayer(0, "", [])
            return
        condition = [clocks.at(clock, "layer").equals(index).holds for clock in range(count + 1)]
        yield AtLayer(index, f", {plan.layer_names[index]}", condition)


def extended(value: Bits, width: int) -> Bits:
    """A signed value in at least so many bits."""
    extra = width - len(value)
    return cat([value, *[value[len(value) - 1]] * extra]) if extra > 0 else value
