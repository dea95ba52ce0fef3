"""The plastic layer of a network in Amaranth's simulator, against the golden plastic layer."""

from __future__ import annotations

import random
from typing import Any

import numpy as np
import pytest
from amaranth.hdl import Module, ResetInserter, Signal
from simulator import simulate
from trained_layers import word_of

from sc_hw.fabric.families import load_family
from sc_hw.network.plastic_stage import PlasticStage
from sc_hw.parts.space import Space
from sc_hw.plastic import chain
from sc_model.golden import PlasticLayer as GoldenLayer
from sc_model.rules import resolve
from sc_model.spec import NeuronSpec, PlasticLayerSpec, PlasticStageSpec, RuleChoice

PATIENCE = 3000  # clocks
SPEC = PlasticStageSpec(
    # seven inputs in chains of four: the last chain has a row without input
    layer=PlasticLayerSpec(inputs=7, neurons=3, lanes=2, chains=2, signed_weights=True),
    neuron=NeuronSpec(threshold=150),
    rule=RuleChoice(parameters={"weight_bits": 8, "trace_bits": 6, "reward_bits": 4}),
)
STEP_BITS = 6


@pytest.fixture
def stage(monkeypatch: pytest.MonkeyPatch) -> PlasticStage:
    """The stage, with lanes in place of the instances that only Verilog can fill in."""

    def lane_in_place(kind: str, **ports: Any) -> Module:
        m = Module()
        # a layer of its own for each lane: a component can be placed once only
        m.submodules.lane = lane = PlasticStage(
            SPEC, STEP_BITS, load_family("generic")
        ).layer.lanes[kind]
        for name, value in ports.items():
            direction, port = name.split("_", 1)
            if port in ("clk", "rst"):
                continue
            inner = getattr(lane, port)
            m.d.comb += inner.eq(value) if direction == "i" else value.eq(inner)
        return m

    monkeypatch.setattr(chain, "Instance", lane_in_place)
    return PlasticStage(SPEC, STEP_BITS, load_family("generic"))


async def until(ctx: Any, condition: Any, what: str) -> int:
    for clock in range(PATIENCE):
        if ctx.get(condition):
            return clock
        await ctx.tick()
    raise AssertionError(f"waited {PATIENCE} clocks for {what}")


async def load_weights(ctx: Any, dut: PlasticStage, weights: np.ndarray) -> None:
    """Through the stage's host access; all other state is 0 at the start of a simulation."""
    layout = dut.layer.spaces[Space.SYNAPSE]
    for (i, j), weight in np.ndenumerate(weights):
        place, number, word = dut.layer.place.of(i, j)
        values = {str(name): 0 for name, _ in layout} | {"weight": weight}
        address = {"space": Space.SYNAPSE, "chain": place, "number": number, "word": word}
        ctx.set(dut.load.payload, {**address, "data": word_of(layout, values)})
        ctx.set(dut.load.valid, 1)
        await until(ctx, dut.load.ready, "load")
        await ctx.tick()
    ctx.set(dut.load.valid, 0)


def golden_layer(weights: np.ndarray) -> GoldenLayer:
    rule, params = resolve(SPEC.rule)
    return GoldenLayer(rule, params, SPEC.layer, SPEC.neuron, weights)


def drawn_weights(rng: np.random.Generator) -> np.ndarray:
    """Weights of about -30 to 80: 128 stands for 0."""
    return rng.integers(100, 210, (SPEC.layer.inputs, SPEC.layer.neurons))


@pytest.mark.parametrize("stall", [0.0, 0.5])
def test_each_word_is_a_step_of_the_golden_layer(stage: PlasticStage, stall: float) -> None:
    """Words and teaching come at times of their own; the number of the step comes out with it."""
    rng, chance = np.random.default_rng(8), random.Random(8)
    weights = drawn_weights(rng)
    golden = golden_layer(weights)
    fired: list[bool] = []

    async def idle(ctx: Any) -> None:
        while chance.random() < stall:
            await ctx.tick()

    async def testbench(ctx: Any) -> None:
        await load_weights(ctx, stage, weights)
        for step in range(30):
            spikes = rng.integers(0, 2, SPEC.layer.inputs)
            reward, clear_trial = int(rng.integers(-7, 8)), bool(rng.random() < 0.2)
            ctx.set(
                stage.i.payload,
                {"step": step, "spikes": sum(int(bit) << n for n, bit in enumerate(spikes))},
            )
            ctx.set(stage.teach.payload, {"reward": reward, "clear_trial": clear_trial})
            first, second = (stage.i, stage.teach) if step % 2 else (stage.teach, stage.i)
            ctx.set(first.valid, 1)
            await idle(ctx)
            assert not ctx.get(first.ready)  # neither is taken without the other
            ctx.set(second.valid, 1)
            await until(ctx, first.ready & second.ready, "the start of the step")
            await ctx.tick()
            ctx.set(first.valid, 0)
            ctx.set(second.valid, 0)
            await until(ctx, stage.o.valid, "spikes")
            await idle(ctx)
            payload = ctx.get(stage.o.payload)
            expected = golden.step(spikes, {"reward": reward}, clear_trial=clear_trial)
            found = [bool(payload.spikes >> neuron & 1) for neuron in range(SPEC.layer.neurons)]
            assert (payload.step, found) == (step, list(expected))
            fired.extend(found)
            assert not ctx.get(stage.i.ready)  # no step before the spikes are taken
            ctx.set(stage.o.ready, 1)
            await ctx.tick()
            ctx.set(stage.o.ready, 0)

    simulate(stage, testbench)
    assert 0.1 < np.mean(fired) < 0.9


def test_a_reset_aborts_the_step_under_way(stage: PlasticStage) -> None:
    """No spikes come out of it, and the next word begins a step with its first row."""
    reset = Signal()
    weights = np.full((SPEC.layer.inputs, SPEC.layer.neurons), 188)

    async def step(ctx: Any, number: int) -> int:
        """A step in which all inputs spike; the clocks from its transfer to its spikes."""
        ctx.set(stage.i.payload, {"step": number, "spikes": (1 << SPEC.layer.inputs) - 1})
        ctx.set(stage.i.valid, 1)
        ctx.set(stage.teach.valid, 1)
        await until(ctx, stage.i.ready, "the start of the step")
        await ctx.tick()
        ctx.set(stage.i.valid, 0)
        ctx.set(stage.teach.valid, 0)
        if number == 1:  # the one that is aborted
            return 0
        return 1 + await until(ctx, stage.o.valid, "spikes")

    async def testbench(ctx: Any) -> None:
        await load_weights(ctx, stage, weights)
        await step(ctx, 1)
        await ctx.tick().repeat(2)  # half of the rows
        ctx.set(reset, 1)
        await ctx.tick()
        ctx.set(reset, 0)
        for _ in range(stage.layer.timing.decision + 2 * stage.layer.place.rows):
            assert not ctx.get(stage.o.valid)
            await ctx.tick()
        ctx.set(stage.o.ready, 1)
        clocks = await step(ctx, 2)
        # the transfer, a clock for each row, the layer's decision, the register of `waiting`
        assert clocks == stage.layer.place.rows + stage.layer.timing.decision + 1
        payload = ctx.get(stage.o.payload)
        assert (payload.step, payload.spikes) == (2, (1 << SPEC.layer.neurons) - 1)

    simulate(ResetInserter(reset)(stage), testbench)
