"""A plastic layer in Amaranth's simulator: host access, and the clocks that its timing promises.

That it computes what the golden layer does is tested in co-simulation (`tests/sim`), and proved.
"""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from amaranth.hdl import Module
from simulator import simulate

from sc_hw.fabric.families import load_family
from sc_hw.parts.space import Space
from sc_hw.plastic import PlasticLayer, chain
from sc_model.rules import resolve
from sc_model.spec import NeuronSpec, PlasticLayerSpec, RuleChoice, placement

PATIENCE = 3000  # clocks
SMALL = RuleChoice(parameters={"weight_bits": 8, "trace_bits": 6, "reward_bits": 4})
CASES: list[tuple[dict[str, Any], dict[str, Any], str]] = [
    ({"inputs": 5, "neurons": 3}, {}, "generic"),
    (
        {"inputs": 7, "neurons": 5, "lanes": 4, "chains": 2, "memory": "split", "cluster": 1},
        {"inhibition": 4},
        "ice40_up",
    ),
    (
        {"inputs": 8, "neurons": 4, "lanes": 2, "memory": "single_port", "signed_weights": True},
        {"winner_take_all": True, "noise_bits": 4},
        "ecp5",
    ),
    (
        {"inputs": 9, "neurons": 6, "lanes": 3, "critic_shift": 2, "counters": True},
        {"winner_take_all": True},
        "ecp5",
    ),
]


def layer_of(sizes: dict[str, Any], options: dict[str, Any], family: str) -> PlasticLayer:
    rule, params = resolve(SMALL)
    layer = PlasticLayerSpec(**sizes)
    return PlasticLayer(
        rule, params, layer, NeuronSpec(**options), placement(layer), load_family(family)
    )


class Host:
    """The host and the source of steps of a layer."""

    def __init__(self, ctx: Any, dut: PlasticLayer) -> None:
        self.ctx, self.dut = ctx, dut

    async def until(self, condition: Any, what: str) -> int:
        for clock in range(PATIENCE):
            if self.ctx.get(condition):
                return clock
            await self.ctx.tick()
        raise AssertionError(f"waited {PATIENCE} clocks for {what}")

    async def load(self, space: Space, chain: int, number: int, word: int, value: int) -> None:
        stream = self.dut.load
        place = {"space": space, "chain": chain, "number": number, "word": word}
        self.ctx.set(stream.payload, {**place, "data": value})
        self.ctx.set(stream.valid, 1)
        await self.until(stream.ready, "load")
        await self.ctx.tick()
        self.ctx.set(stream.valid, 0)

    async def read(self, space: Space, chain: int, number: int, word: int) -> int:
        stream, readback = self.dut.read, self.dut.readback
        place = {"space": space, "chain": chain, "number": number, "word": word}
        self.ctx.set(stream.payload, place)
        self.ctx.set(stream.valid, 1)
        await self.until(stream.ready, "read")
        await self.ctx.tick()
        self.ctx.set(stream.valid, 0)
        await self.until(readback.valid, "read-back")
        value = self.ctx.get(readback.payload)
        self.ctx.set(readback.ready, 1)
        await self.ctx.tick()
        self.ctx.set(readback.ready, 0)
        return int(value)

    def places(self) -> list[tuple[Space, int, int, int]]:
        """All words of all memories: space, chain, number, word."""
        place = self.dut.place
        neurons = range(place.groups * place.columns)
        return [
            *(
                (Space.SYNAPSE, chain, number, word)
                for chain in range(place.chains)
                for number in range(place.columns)
                for word in range(place.depth)
            ),
            *(
                (Space.INPUT, chain, 0, row)
                for chain in range(place.chains)
                for row in range(place.rows)
            ),
            *((Space.OUTPUT, 0, 0, neuron) for neuron in neurons),
            *((Space.NEURON, 0, 0, neuron) for neuron in neurons),
        ]


def inlined(monkeypatch: pytest.MonkeyPatch, case: tuple[Any, ...]) -> PlasticLayer:
    """The layer, with lanes in place of the instances that only Verilog can fill in."""

    def lane_in_place(kind: str, **ports: Any) -> Module:
        m = Module()
        m.submodules.lane = lane = layer_of(*case).lanes[kind]  # a lane of its own
        for name, value in ports.items():
            direction, port = name.split("_", 1)
            if port in ("clk", "rst"):
                continue
            inner = getattr(lane, port)
            m.d.comb += inner.eq(value) if direction == "i" else value.eq(inner)
        return m

    monkeypatch.setattr(chain, "Instance", lane_in_place)
    return layer_of(*case)


def run(dut: PlasticLayer, testbench: Any) -> None:
    async def bench(ctx: Any) -> None:
        await testbench(ctx, Host(ctx, dut))

    simulate(dut, bench)


@pytest.mark.parametrize("case", CASES, ids=["plain", "split", "single_port", "critic"])
def test_the_host_reads_what_it_has_loaded(
    case: tuple[Any, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every word of every memory, and the control registers, loaded in turn and read in turn."""
    dut = inlined(monkeypatch, case)
    rng = np.random.default_rng(3)

    async def testbench(ctx: Any, host: Host) -> None:
        places = [place for place in host.places() if dut.spaces[place[0]].size]
        places.append((Space.CONTROL, 0, 0, 0))
        values = [int(rng.integers(1 << min(62, dut.spaces[p[0]].size))) for p in places]
        for place, value in zip(places, values, strict=True):
            await host.load(*place, value)
        mask = [(1 << dut.spaces[place[0]].size) - 1 for place in places]
        for place, value, bits in zip(places, values, mask, strict=True):
            assert await host.read(*place) & bits == value, place

    run(dut, testbench)


@pytest.mark.parametrize("case", CASES, ids=["plain", "split", "single_port", "critic"])
def test_a_step_takes_the_clocks_of_its_timing(
    case: tuple[Any, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    """From the last transfer of a step to `done`; and from step to step at full speed."""
    dut = inlined(monkeypatch, case)

    async def testbench(ctx: Any, host: Host) -> None:
        for place in host.places():
            await host.load(*place, 0)
        starts: list[int] = []
        dones: list[int] = []
        lasts: list[int] = []
        transfers = clock = 0
        ctx.set(dut.i.valid, 1)
        while len(dones) < 4 and clock < PATIENCE:
            if ctx.get(dut.i.ready):
                transfers += 1
                if transfers % dut.place.rows == 1:
                    starts.append(clock)
                if transfers % dut.place.rows == 0:
                    lasts.append(clock)
            if ctx.get(dut.done):
                dones.append(clock)
            await ctx.tick()
            clock += 1
        assert len(dones) == 4
        latencies = {done - last for last, done in zip(lasts, dones, strict=False)}
        assert latencies == {dut.timing.decision}
        periods = {after - before for before, after in pairwise(starts)}
        assert periods == {dut.timing.sweep + dut.critic_clocks}

    run(dut, testbench)
