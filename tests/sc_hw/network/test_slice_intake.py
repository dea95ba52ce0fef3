"""The intake of slices, clock by clock, against the golden crossing."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from amaranth.hdl import ResetInserter, Signal
from numpy.typing import NDArray
from trained_layers import simulate

from sc_hw.build.elaborate import elaborate
from sc_hw.network.slice_intake import SliceIntake
from sc_hw.simulation.cosim import cosim
from sc_model.golden.network.crossing import Crossing
from sc_model.spec import SLICE, CrossingSpec, DenseSpec, Design, HetSynSpec, NetworkSpec

CHANNELS, SLICES, STEP_BITS = 37, 4, 4  # one slice has five channels, and another one none
PATIENCE = 20_000  # clocks


@dataclass
class Ends:
    """What stands at both ends of an intake: a producer of random words, and a layer.

    Members
    -------
    dut : the intake.
    stall : probability of an idle clock at either end.
    rng : of words and idle clocks.
    order : words and ticks with their steps, in the order of the steps.
    """

    dut: SliceIntake
    stall: float
    rng: np.random.Generator
    order: list[tuple[str, int]]
    golden: Crossing = field(init=False)
    word: NDArray[np.int64] = field(init=False)
    lost: int = 0  # words with which a spike was lost
    reported: int = 0

    def __post_init__(self) -> None:
        self.golden = Crossing(self.dut.spec)
        self.word = self.draw()

    def draw(self) -> NDArray[np.int64]:
        """A random word; what is behind the last channel is random, too."""
        return self.rng.integers(0, 2, SLICES * SLICE)

    async def run(self, ctx: Any, patience: int = PATIENCE) -> int:
        """Play words and ticks until all are done; gives the clocks."""
        dut, done, sent = self.dut, 0, 0
        words = [step for what, step in self.order if what == "word"]
        taken, given = 0, 0  # slices of the word and of the tick
        step, values = 0, np.zeros((SLICES, SLICE), np.int64)
        for clock in range(patience):
            if done == len(self.order):
                assert not ctx.get(dut.out_of_step)
                return clock
            offers = sent < len(words) and self.rng.random() >= self.stall
            ctx.set(dut.i.valid, offers)
            if offers:
                bits = self.word[taken * SLICE : (taken + 1) * SLICE]
                spikes = int(bits @ (1 << np.arange(SLICE)))
                ctx.set(dut.i.payload, {"step": words[sent] % 16, "spikes": spikes})
            ctx.set(dut.o.ready, self.rng.random() >= self.stall)
            word = ctx.get(dut.i.valid) and ctx.get(dut.i.ready)
            tick = ctx.get(dut.o.valid) and ctx.get(dut.o.ready)
            if tick:
                payload = ctx.get(dut.o.payload)
                step = payload.step
                values[given] = [payload["values"][place] for place in range(SLICE)]
                given += 1
            if word:
                taken += 1
            if taken == SLICES:
                assert self.order[done] == ("word", words[sent])
                lost = self.golden.lost
                self.golden.put(self.word[:CHANNELS])
                self.lost += self.golden.lost > lost
                self.word, taken, done, sent = self.draw(), 0, done + 1, sent + 1
            if given == SLICES:
                what, due = self.order[done]
                assert (what, step) == ("tick", due % 16)
                assert values.ravel()[:CHANNELS].tolist() == self.golden.take().tolist()
                given, done = 0, done + 1
            await ctx.tick()
            if dut.spec.policy == "once":
                self.reported += ctx.get(dut.lost)
                assert self.reported == self.lost
        return -1


def order_of(spec: CrossingSpec, steps: int) -> list[tuple[str, int]]:
    """Words and ticks in the order of their steps up to the last tick of so many steps."""
    return [
        (what, step)  # the word of a step precedes its tick
        for step in range(1, steps // spec.o_interval * spec.o_interval + 1)
        for what, interval in (("word", spec.i_interval), ("tick", spec.o_interval))
        if step % interval == 0
    ]


@pytest.mark.parametrize("stall", [0.0, 0.4])
@pytest.mark.parametrize(
    ("i_interval", "o_interval"), [(1, 2), (1, 7), (5, 1), (3, 2), (2, 3), (4, 6), (2, 2)]
)
@pytest.mark.parametrize("policy", ["hold", "accumulate", "once"])
def test_slice_intake_equals_the_golden_crossing(
    policy: Any, i_interval: int, o_interval: int, stall: float
) -> None:
    """Steps of 4 bits, which wrap; random idle clocks at both ends; a reset in the midst."""
    spec = CrossingSpec(CHANNELS, i_interval, o_interval, policy, 2)
    dut, reset = SliceIntake(spec, SLICES, STEP_BITS), Signal()

    async def testbench(ctx: Any) -> None:
        rng = np.random.default_rng(5)
        for steps in (9, 7, 60):
            ends = Ends(dut, stall, rng, order_of(spec, steps))
            clocks = await ends.run(ctx, PATIENCE if steps == 60 else steps * SLICES - 3)
            assert clocks >= 0 or steps < 60
            if steps == 60 and not stall:
                counts = [sum(what == each for what, _ in ends.order) for each in ("word", "tick")]
                assert clocks == max(counts) * SLICES
            ctx.set(reset, 1)
            await ctx.tick().repeat(2)
            ctx.set(reset, 0)

    simulate(testbench, ResetInserter(reset)(dut))


@pytest.mark.parametrize("part", range(SLICES))
def test_a_slice_of_another_step_is_reported_for_good(part: int) -> None:
    dut = SliceIntake(CrossingSpec(CHANNELS, 2, 4, "accumulate", 1), SLICES, STEP_BITS)

    async def testbench(ctx: Any) -> None:
        ctx.set(dut.o.ready, 1)
        for number in range(3 * SLICES):
            word, place = divmod(number, SLICES)
            wrong = word == 1 and place == part
            ctx.set(dut.i.payload, {"step": 2 * (word + 1) + wrong, "spikes": 5})
            ctx.set(dut.i.valid, 1)
            await ctx.tick()
            ctx.set(dut.i.valid, 0)
            await ctx.tick().repeat(2)
            assert ctx.get(dut.out_of_step) == (number >= SLICES + part)

    simulate(testbench, dut)


@pytest.mark.parametrize(
    ("intervals", "slices", "text"),
    [
        ((0, 1), 4, r"needs i_interval in \[1, 7\], not 0"),
        ((1, 8), 4, r"needs o_interval in \[1, 7\], not 8"),
        ((1, 2), 2, r"of 37 channels needs 3 slices, and 2 at least, not 2"),
    ],
)
def test_sizes_have_a_range(intervals: tuple[int, int], slices: int, text: str) -> None:
    with pytest.raises(ValueError, match=rf"^Slice intake {text}$"):
        SliceIntake(CrossingSpec(CHANNELS, *intervals, "hold", 1), slices, STEP_BITS)


@pytest.mark.soak
def test_a_layer_that_ticks_more_often_repeats_slices_in_verilog(tmp_path: Path) -> None:
    first = DenseSpec(name="a", inputs=3, neurons=272, lanes=2, tick_interval=3, weight_bits=4)
    last = HetSynSpec(name="b", inputs=272, neurons=2, tick_interval=2, clock="y", weight_bits=4)
    spec = NetworkSpec(layers=(first, last))
    assert spec.slices(1) == 17
    build = elaborate(Design(name="repeats", block="network", network=spec), tmp_path)
    results = cosim(build, steps=30)
    assert (results["passed"], results["differences"]) == (True, 0)
