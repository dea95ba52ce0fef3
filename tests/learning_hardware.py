"""What tests of the hardware of learning networks share: a small plan, and made-up lists."""

from __future__ import annotations

from typing import Any

from sc_hw.fabric.families import load_family
from sc_hw.learning.plan import LearningPlan
from sc_model.spec.learning import HiddenLayerSpec, LearningNetworkSpec, OutputLayerSpec


def spec_of(
    hidden: int = 21, classes: int = 10, lanes: int = 8, **others: Any
) -> LearningNetworkSpec:
    """A network with padded lanes in both layers, whose thresholds are no powers of two."""
    layer = {"threshold": 200, **others.pop("layer", {})}
    output = {"margin": 300, "error_shift": 4, "shift": 5, **others.pop("output", {})}
    return LearningNetworkSpec(
        **{"inputs": 12, **others},
        hidden=(HiddenLayerSpec(name="hidden", neurons=hidden, lanes=lanes, **layer),),
        output=OutputLayerSpec(neurons=classes, lanes=lanes, **output),
    )


def plan_of(family: str = "generic", **others: Any) -> LearningPlan:
    """The plan of `spec_of`."""
    return LearningPlan(spec_of(**others), load_family(family))


class MadeUpLists:
    """Lists of inputs as `InputLists` shows them, clock by clock, for a pass under test.

    Members
    -------
    lists : for each step its inputs, in the order of the list.
    row : the input that the list is at.
    """

    def __init__(self, lists: list[list[int]]) -> None:
        self.lists = lists
        self.row = 0
        self._list: list[int] = []
        self._at = 0
        self._looks: list[int] = []

    def drive(self, ctx: Any, dut: Any) -> None:
        """Set `some` and `last` before a clock's end."""
        ctx.set(dut.some, bool(self._list))
        ctx.set(dut.last, self._at >= len(self._list) - 1)

    def tick(self, ctx: Any, dut: Any) -> None:
        """Take what the pass asks for in this clock; call it before the clock's end."""
        looks, advances = ctx.get(dut.look), ctx.get(dut.advance)
        if looks:
            self._list, self._at = self.lists[ctx.get(dut.step)], 0
        elif advances:
            self._at += 1
        self.row = self._list[self._at] if self._list else 0
