"""The neurons of a trained layer in Amaranth's simulator, against the neuron of its kind."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from amaranth.hdl import ResetInserter, Signal
from simulator import simulate
from trained_layers import fields_of, word_of

from sc_hw.fabric.families import load_family
from sc_hw.trained import neurons as neurons_module
from sc_hw.trained.lane import AHEAD, MEMORY
from sc_hw.trained.neurons import Neurons
from sc_model.arithmetic import Unit
from sc_model.graph import IntOps
from sc_model.layer_kinds import kind_of
from sc_model.spec import DenseSpec, HetSynSpec, IntFormat, LifSpec, NeuronSpec, TrainedLayerSpec

VALUE = IntFormat(1)
SPECS = {
    "dense": DenseSpec(
        name="layer", inputs=6, neurons=5, lanes=3, neuron=LifSpec(threshold_bits=10)
    ),
    "hetsyn": HetSynSpec(
        name="layer",
        inputs=2,
        neurons=4,
        lanes=2,
        neuron=NeuronSpec(reset="subtract", threshold=1 << 24),
    ),
    "one neuron": DenseSpec(
        name="layer", inputs=1, neurons=1, neuron=LifSpec(leak="none", threshold_bits=10)
    ),
}


class Model:
    """The neurons of a layer, computed by the function of their kind in Python integers."""

    def __init__(self, spec: TrainedLayerSpec, rng: np.random.Generator) -> None:
        self.spec, self.unit = spec, kind_of(spec).neuron(spec, VALUE)
        self.parameters = [
            {
                name: int(rng.integers(max(low, high // 8), high + 1))
                for name, (low, high) in spec.neuron_parameters.items()
            }
            for _ in range(spec.neurons)
        ]
        self.reset()

    def reset(self) -> None:
        initial = {**dict.fromkeys(self.unit.state, 0), "fired": 0}
        self.state = [dict(initial) for _ in range(self.spec.neurons)]

    def step(self, neuron: int, current: int) -> int:
        """One tick of one neuron: whether it fires."""
        operands = {**self.parameters[neuron], **self.state[neuron]}
        results = self.unit.apply(IntOps(), {**operands, "cleared": 0, "current": current})
        self.state[neuron] = {name: int(results[name]) for name in self.unit.state}
        self.state[neuron]["fired"] = int(results["ready"])
        return int(results["ready"])


async def load_all(ctx: Any, dut: Neurons, model: Model, rng: np.random.Generator) -> None:
    """Load all parameters, and arbitrary state."""
    for number, parameters in enumerate(model.parameters):
        junk = {str(name): int(rng.integers(1 << 16)) for name, _ in dut.state}
        ctx.set(dut.host_address, number)
        ctx.set(dut.load_data, word_of(dut.fields, {**junk, **parameters}))
        ctx.set(dut.load, 1)
        await ctx.tick()
    ctx.set(dut.load, 0)
    ctx.set(dut.host_address, 0)
    await ctx.tick().repeat(2)


async def tick(
    ctx: Any, dut: Neurons, model: Model, sums: list[list[int]], gap: int, *, fresh: bool
) -> None:
    """Offer the sums of all groups, `gap` clocks apart, and check each neuron in its clock."""
    spec = dut.spec
    expected: dict[int, tuple[int, int]] = {}  # clock: spike, last
    for group, currents in enumerate(sums):
        for lane, current in enumerate(currents):
            neuron = group * spec.lanes + lane
            if neuron < spec.neurons:  # the last group's surplus sums are ignored
                clock = AHEAD + group * gap + lane + dut.latency
                expected[clock] = model.step(neuron, current), int(neuron == spec.neurons - 1)
    ctx.set(dut.restart, 1)
    await ctx.tick()
    ctx.set(dut.restart, 0)
    ctx.set(dut.fresh, fresh)
    for clock in range(max(expected) + spec.lanes + 3):
        group, rest = divmod(clock, gap)
        ctx.set(dut.announce, rest == 0 and group < len(sums))
        group, rest = divmod(clock - AHEAD, gap)
        take = rest == 0 and 0 <= group < len(sums)
        ctx.set(dut.take, take)
        if take:
            ctx.set(dut.sums, sums[group])
        assert ctx.get(dut.o_valid) == (clock in expected), clock
        if clock in expected:
            assert (ctx.get(dut.o_spike), ctx.get(dut.o_last)) == expected[clock], clock
        await ctx.tick()


def drawn_sums(dut: Neurons, rng: np.random.Generator) -> list[list[int]]:
    """A current for each lane and group."""
    low, high = (
        (1 << dut.unit.inputs["current"].width - 1) // -8,
        dut.unit.inputs["current"].hi // 2,
    )
    return rng.integers(low, high + 1, (dut.spec.groups, dut.spec.lanes)).tolist()


@pytest.mark.parametrize("extra", [0, 4])
@pytest.mark.parametrize("name", SPECS)
def test_each_neuron_is_updated_in_its_clock(name: str, extra: int) -> None:
    """Groups as close as they may be, and further apart; the first tick ignores stored state."""
    spec = SPECS[name]
    dut, rng = Neurons(spec, VALUE, load_family("ecp5")), np.random.default_rng(2)
    model = Model(spec, rng)
    fired: list[int] = []

    async def testbench(ctx: Any) -> None:
        await load_all(ctx, dut, model, rng)
        for number in range(12):
            gap = spec.lanes + extra
            await tick(ctx, dut, model, drawn_sums(dut, rng), gap, fresh=number == 0)
            fired.extend(state["fired"] for state in model.state)
        for number, state in enumerate(model.state):
            ctx.set(dut.host_address, number)
            await ctx.tick().repeat(MEMORY)
            word = fields_of(dut.fields, ctx.get(dut.word))
            assert word == {**state, **model.parameters[number]}

    simulate(dut, testbench)
    assert 0 < sum(fired) < len(fired)


def test_a_reset_drops_the_neurons_under_way() -> None:
    """None of them is given later, where it would count as one of the next tick."""
    spec = SPECS["dense"]
    dut, reset, rng = Neurons(spec, VALUE, load_family("ecp5")), Signal(), np.random.default_rng(6)
    model = Model(spec, rng)

    async def testbench(ctx: Any) -> None:
        await load_all(ctx, dut, model, rng)
        ctx.set(dut.announce, 1)
        await ctx.tick()
        ctx.set(dut.announce, 0)
        await ctx.tick().repeat(2)
        ctx.set(reset, 1)
        await ctx.tick()
        ctx.set(reset, 0)
        for _ in range(AHEAD + dut.latency + spec.lanes):
            assert not ctx.get(dut.o_valid)
            assert not ctx.get(dut.o_last)
            await ctx.tick()
        await tick(ctx, dut, model, drawn_sums(dut, rng), spec.lanes, fresh=True)

    simulate(ResetInserter(reset)(dut), testbench)


def test_an_initial_state_other_than_0_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    level = IntFormat(4)
    unit = Unit("charged", {"level": level}, {"level": level}, {"level": 3}, lambda ops, now: {})
    kind = SimpleNamespace(neuron=lambda spec, value: unit)
    monkeypatch.setattr(neurons_module, "kind_of", lambda spec: kind)
    with pytest.raises(
        ValueError, match=r"^state 'level' of neuron 'charged' must begin with 0, not 3\.$"
    ):
        Neurons(SPECS["dense"], VALUE, load_family("generic"))
