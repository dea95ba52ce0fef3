"""What tests of the hardware of learning networks share: a small plan, its parts, made-up lists."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from joined_parts import ProofParts

from sc_hw.fabric.families import load_family
from sc_hw.learning.plan import LearningPlan
from sc_hw.proof.blocks.learning.claims import prove_learning_network
from sc_hw.proof.blocks.learning.parts import write_learning_parts
from sc_hw.proof.mutants.learning import MUTANTS
from sc_model.spec import Design
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


def deep_spec_of(
    sizes: tuple[int, ...] = (9, 20),
    classes: int = 10,
    lanes: int | tuple[int, ...] = 4,
    widths: tuple[int, ...] = (),
    **others: Any,
) -> LearningNetworkSpec:
    """Several hidden layers with thresholds, shifts and padded lanes of their own.

    Lanes, and widths of weights, are those of all layers, or of each with the readout's last.
    """
    of_layers = lanes if isinstance(lanes, tuple) else (lanes,) * (len(sizes) + 1)
    bits = widths or (8,) * len(of_layers)
    hidden = tuple(
        HiddenLayerSpec(
            name=f"layer_{n}",
            neurons=neurons,
            lanes=of_layers[n],
            weight_bits=bits[n],
            threshold=(100, 30, 20)[n],
            signal_shift=(4, 5, 3)[n],
            shift=(2, 4, 5)[n],
        )
        for n, neurons in enumerate(sizes)
    )
    output = OutputLayerSpec(
        neurons=classes,
        lanes=of_layers[-1],
        weight_bits=bits[-1],
        margin=300,
        error_shift=4,
        shift=5,
    )
    return LearningNetworkSpec(**{"inputs": 12, **others}, hidden=hidden, output=output)


def mixed_spec_of(sizes: tuple[int, ...] = (9, 20), **others: Any) -> LearningNetworkSpec:
    """Two hidden layers and a readout, each with lanes and a width of weights of its own."""
    return deep_spec_of(sizes, lanes=(4, 8, 2), widths=(8, 6, 10), **others)


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


class WrittenParts(ProofParts):
    """The parts of `spec_of`, or of another network."""

    def __init__(self, folder: Path, spec: LearningNetworkSpec | None = None) -> None:
        design = Design(name="learn", block="learning_network", learning=spec or spec_of())
        super().__init__(folder, design, write_learning_parts, prove_learning_network, MUTANTS)
