"""The crossing in front of a layer in Amaranth's simulator: in one clock domain and in two."""

from __future__ import annotations

import random
from typing import Any

import pytest
from amaranth.hdl import ClockDomain, Fragment, Module
from amaranth.sim import Simulator
from simulator import simulate

from sc_hw.network.spike_crossing import SpikeCrossing
from sc_model.golden.network.crossing import Crossing as GoldenCrossing
from sc_model.spec import CrossingSpec

CHANNELS = 3
PATIENCE = 2000  # clocks


class InPlace:
    """A platform that puts the parts of a crossing where Verilog has instances of them."""

    def get_synchroniser(self, part: Any) -> Any:
        return part

    get_capture = get_synchroniser


def crossing_spec(policy: Any = "accumulate", o_interval: int = 3) -> CrossingSpec:
    return CrossingSpec(CHANNELS, 1, o_interval, policy, 2)


def expected_ticks(spec: CrossingSpec, words: list[int]) -> list[tuple[int, list[int]]]:
    """Step and values of each tick, by the golden crossing."""
    golden, ticks = GoldenCrossing(spec), []
    for step, word in enumerate(words, 1):
        golden.put([word >> channel & 1 for channel in range(CHANNELS)])
        if step % spec.o_interval == 0:
            ticks.append((step, golden.take().tolist()))
    return ticks


async def send(ctx: Any, dut: SpikeCrossing, words: list[int], domain: str, stall: float) -> None:
    """Offer words with the numbers of their steps, from step 1."""
    rng = random.Random(1)
    for step, word in enumerate(words, 1):
        while rng.random() < stall:
            await ctx.tick(domain)
        ctx.set(dut.i.payload, {"step": step, "spikes": word})
        ctx.set(dut.i.valid, 1)
        await ctx.tick(domain).until(dut.i.ready)
        ctx.set(dut.i.valid, 0)


async def receive(
    ctx: Any, dut: SpikeCrossing, count: int, domain: str, stall: float
) -> list[tuple[int, list[int]]]:
    """Take that many ticks."""
    rng, ticks = random.Random(2), []
    for _ in range(PATIENCE):
        ctx.set(dut.o.ready, rng.random() >= stall)
        _, _, valid, ready, payload = await ctx.tick(domain).sample(
            dut.o.valid, dut.o.ready, dut.o.payload
        )
        if valid and ready:
            ticks.append((payload.step, [payload["values"][each] for each in range(CHANNELS)]))
            if len(ticks) == count:
                ctx.set(dut.o.ready, 0)
                return ticks
    raise AssertionError(f"waited {PATIENCE} clocks for tick {len(ticks) + 1} of {count}")


class TwoClocks:
    """A simulation of a crossing between domains `i` and `o`, of periods 10 ns and `o_period`."""

    def __init__(self, dut: SpikeCrossing, o_period: float) -> None:
        m = Module()
        self.resets = {}
        for name in ("i", "o"):
            m.domains += (domain := ClockDomain(name))
            self.resets[name] = domain.rst
        m.submodules.dut = dut
        self.simulator = Simulator(Fragment.get(m, InPlace()))  # type: ignore[arg-type]
        self.simulator.add_clock(10e-9, domain="i")
        self.simulator.add_clock(o_period, phase=1.7e-9, domain="o")

    def run(self, *testbenches: Any) -> None:
        for testbench in testbenches:
            self.simulator.add_testbench(testbench)
        self.simulator.run()


WORDS = [5, 7, 0, 1, 2, 4, 3, 3, 6, 7, 7, 7]


@pytest.mark.parametrize("o_period", [3.1e-9, 10e-9, 47e-9])
@pytest.mark.parametrize("policy", ["hold", "accumulate", "once"])
def test_the_same_ticks_for_any_clocks(policy: Any, o_period: float) -> None:
    spec = crossing_spec(policy)
    dut = SpikeCrossing(spec, i_domain="i", o_domain="o", depth=2)
    expected = expected_ticks(spec, WORDS)
    ticks: list[Any] = []

    async def source(ctx: Any) -> None:
        await send(ctx, dut, WORDS, "i", 0.3)

    async def sink(ctx: Any) -> None:
        ticks.extend(await receive(ctx, dut, len(expected), "o", 0.3))
        assert not ctx.get(dut.out_of_step)

    TwoClocks(dut, o_period).run(source, sink)
    assert ticks == expected


def test_one_domain_has_no_latency_in_front_of_the_intake() -> None:
    """Ready follows the scheduler in the same clock, and a tick is offered a clock after its word.

    `i_restart` and `o_restart` both return it to step 1, without any word of before.
    """
    dut = SpikeCrossing(crossing_spec(o_interval=2))
    assert dut.crossings == ()
    assert dut.shared_modules == {}

    async def testbench(ctx: Any) -> None:
        for restart in (dut.i_restart, dut.o_restart):
            for step, word in ((1, 3), (2, 1)):
                assert ctx.get(dut.i.ready)
                assert not ctx.get(dut.o.valid)
                ctx.set(dut.i.payload, {"step": step, "spikes": word})
                ctx.set(dut.i.valid, 1)
                await ctx.tick()
                ctx.set(dut.i.valid, 0)
            assert not ctx.get(dut.i.ready)  # the word of step 3 has to wait for the tick
            assert ctx.get(dut.o.valid)
            payload = ctx.get(dut.o.payload)
            assert (payload.step, [payload["values"][each] for each in range(3)]) == (2, [2, 1, 0])
            ctx.set(restart, 1)
            await ctx.tick()
            ctx.set(restart, 0)
            assert not ctx.get(dut.o.valid)
            assert not ctx.get(dut.i_clear) | ctx.get(dut.o_clear)

    simulate(dut, testbench)


@pytest.mark.parametrize("reset_side", ["i", "o"])
@pytest.mark.parametrize("by_port", [False, True])
def test_a_reset_of_either_side_begins_with_step_1_on_both(reset_side: str, by_port: bool) -> None:
    """The words before it are forgotten, counted ones too, and the other side is told."""
    spec = crossing_spec()
    dut = SpikeCrossing(spec, i_domain="i", o_domain="o", depth=4)
    simulation = TwoClocks(dut, 13e-9)
    reset = getattr(dut, f"{reset_side}_restart") if by_port else simulation.resets[reset_side]
    clear = dut.o_clear if reset_side == "i" else dut.i_clear
    own_clear = dut.i_clear if reset_side == "i" else dut.o_clear

    async def testbench(ctx: Any) -> None:
        await send(ctx, dut, [7, 7], "i", 0)  # one word less than a tick needs
        await ctx.tick("o").repeat(10)
        ctx.set(reset, 1)
        await ctx.tick(reset_side)
        ctx.set(reset, 0)
        for _ in range(PATIENCE):
            assert not ctx.get(own_clear)  # a side's own reset is no `clear`
            if ctx.get(clear):
                break
            await ctx.tick(reset_side)
        else:
            raise AssertionError(f"waited {PATIENCE} clocks for the other side's clear")
        await ctx.tick("i").repeat(40)  # until the handshake is over
        await send(ctx, dut, WORDS[:3], "i", 0)
        assert await receive(ctx, dut, 1, "o", 0) == expected_ticks(spec, WORDS[:3])
        assert not ctx.get(dut.out_of_step)

    simulation.run(testbench)


def test_a_missing_step_and_a_lost_spike_are_reported() -> None:
    dut = SpikeCrossing(crossing_spec("once", o_interval=8))

    async def testbench(ctx: Any) -> None:
        lost = []
        for step in range(1, 6):
            ctx.set(dut.i.payload, {"step": step if step < 5 else 9, "spikes": 2})
            ctx.set(dut.i.valid, 1)
            await ctx.tick()
            ctx.set(dut.i.valid, 0)
            lost.append(ctx.get(dut.lost))
        assert lost == [0, 0, 0, 1, 1]  # two bits count to 3
        await ctx.tick()
        assert ctx.get(dut.out_of_step)

    simulate(dut, testbench)
    assert "lost" not in SpikeCrossing(crossing_spec("hold")).signature.members


def test_crossings_have_the_path_of_the_queue() -> None:
    dut = SpikeCrossing(crossing_spec(), 8, i_domain="a", o_domain="b", depth=2)
    (words,) = [crossing for crossing in dut.crossings if crossing.kind == "storage"]
    assert (words.name, words.group, words.bits) == ("words.words", "words", 8 + CHANNELS)
    assert (words.source_domain, words.destination_domain) == ("a", "b")
    assert set(dut.shared_modules) == {"sc_sync_1", "sc_sync_2", "sc_capture_11"}
