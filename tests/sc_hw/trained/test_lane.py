"""A lane of a trained layer in Amaranth's simulator, against the synapse of its kind."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from amaranth.hdl import ResetInserter, Signal
from simulator import simulate
from trained_layers import fields_of, word_of

from sc_hw.fabric.families import load_family
from sc_hw.trained.lane import AHEAD, MEMORY, Lane
from sc_model.graph import IntOps
from sc_model.layer_kinds import kind_of
from sc_model.spec import DenseSpec, HetSynSpec, IntFormat, TrainedLayerSpec

TICK_MS = 1.0
SPECS = {
    "dense": DenseSpec(name="layer", inputs=3, neurons=2),
    "dense, delays": DenseSpec(name="layer", inputs=3, neurons=4, lanes=2, max_delay=20),
    "hetsyn, shifts": HetSynSpec(name="layer", inputs=5, neurons=1, terms=3),
    "hetsyn, delays": HetSynSpec(name="layer", inputs=2, neurons=3, terms=0, max_delay=9),
}
VALUE = IntFormat(2)


def lane_of(spec: TrainedLayerSpec) -> Lane:
    synapse = kind_of(spec).pipeline(spec, VALUE, TICK_MS)
    return Lane(spec, VALUE, TICK_MS, synapse, load_family("ecp5"))


class Model:
    """The synapses of a lane, computed by the function of their kind in Python integers."""

    def __init__(self, spec: TrainedLayerSpec, rng: np.random.Generator) -> None:
        self.spec, self.synapse = spec, kind_of(spec).synapse(spec, VALUE, TICK_MS)
        bounds = spec.synapse_parameters(TICK_MS)
        self.parameters = [
            {name: int(rng.integers(low, high + 1)) for name, (low, high) in bounds.items()}
            for _ in range(spec.depth)
        ]
        self.reset()

    def reset(self) -> None:
        self.state = [dict.fromkeys(self.synapse.unit.state, 0) for _ in range(self.spec.depth)]

    def product(self, address: int, values: list[int]) -> int:
        """One tick of one synapse: its product, and its next state is stored."""
        parameters = self.parameters[address]
        rows = {
            column: constant
            for parameter, table in self.synapse.tables.items()
            for column, constant in table.rows[parameters[parameter]].items()
        }
        operands = {**parameters, **rows, **self.state[address]}
        operands["value"] = values[parameters.get("delay", 0)]
        results = self.synapse.unit.apply(IntOps(), operands)
        self.state[address] = {name: results[name] for name in self.state[address]}
        return int(results["product"])


async def load_all(ctx: Any, dut: Lane, model: Model, rng: np.random.Generator) -> None:
    """Load all parameters, and arbitrary state."""
    for address, parameters in enumerate(model.parameters):
        junk = {str(name): int(rng.integers(1 << 16)) for name, _ in dut.state}
        ctx.set(dut.host_address, address)
        word = dut.word_layout.from_bits(word_of(dut.word_layout, {**junk, **parameters}))
        ctx.set(dut.load_data, word)
        ctx.set(dut.load, 1)
        await ctx.tick()
    ctx.set(dut.load, 0)
    ctx.set(dut.host_address, 0)
    await ctx.tick().repeat(2)


async def tick(ctx: Any, dut: Lane, model: Model, columns: list[list[int]], *, fresh: bool) -> None:
    """Sweep all synapses; every sum must be complete `latency` clocks after its last synapse."""
    spec = dut.spec
    sums: dict[int, int] = {}  # by the clock of `done`
    for clock in range(spec.depth + max(dut.latency, dut.state_ready) + 3):
        issue, column = clock < spec.depth, clock % spec.columns
        ctx.set(dut.issue, issue)
        ctx.set(dut.address, clock if issue else 0)
        ctx.set(dut.fresh, fresh and issue)
        ctx.set(dut.first, column == 0)
        ctx.set(dut.last, column == spec.columns - 1)
        if issue and column == 0:
            total = 0
        if issue:
            total += model.product(clock, columns[column])
            if column == spec.columns - 1:
                sums[clock + dut.latency] = total
        if 0 <= clock - MEMORY < spec.depth:
            ctx.set(dut.values, columns[(clock - MEMORY) % spec.columns])
        assert ctx.get(dut.done) == (clock in sums), clock
        assert ctx.get(dut.announced) == (clock + AHEAD in sums), clock
        if clock in sums:
            assert ctx.get(dut.current) == sums[clock]
        await ctx.tick()


async def check_all(ctx: Any, dut: Lane, model: Model) -> None:
    """Read every synapse, MEMORY clocks after its address."""
    for address, parameters in enumerate(model.parameters):
        ctx.set(dut.host_address, address)
        await ctx.tick().repeat(MEMORY)
        word = ctx.get(dut.word).as_bits()
        assert fields_of(dut.word_layout, word) == {**model.state[address], **parameters}
    ctx.set(dut.host_address, 0)


def drawn_columns(spec: TrainedLayerSpec, rng: np.random.Generator) -> list[list[int]]:
    """Values of each column in the last ticks."""
    return rng.integers(0, 1 << VALUE.width, (spec.columns, spec.max_delay + 1)).tolist()


@pytest.mark.parametrize("name", SPECS)
def test_sums_and_state_are_those_of_the_kind(name: str) -> None:
    """The first tick ignores the stored state; a reset in the middle of a tick changes nothing of
    what the next fresh tick computes.
    """
    spec = SPECS[name]
    dut, reset, rng = lane_of(spec), Signal(), np.random.default_rng(4)
    model = Model(spec, rng)

    async def testbench(ctx: Any) -> None:
        await load_all(ctx, dut, model, rng)
        for number in range(4):
            await tick(ctx, dut, model, drawn_columns(spec, rng), fresh=number == 0)
        await check_all(ctx, dut, model)
        # all strobes of a tick under way are cleared, and the counter of landing traces with them
        ctx.set(dut.issue, 1)
        ctx.set(dut.last, 1)
        await ctx.tick().repeat(2)
        ctx.set(dut.issue, 0)
        ctx.set(reset, 1)
        await ctx.tick()
        ctx.set(reset, 0)
        model.reset()
        await tick(ctx, dut, model, drawn_columns(spec, rng), fresh=True)
        await tick(ctx, dut, model, drawn_columns(spec, rng), fresh=False)
        await check_all(ctx, dut, model)

    simulate(ResetInserter(reset)(dut), testbench)


def test_latencies_follow_from_the_parts() -> None:
    plain, delayed = lane_of(SPECS["dense"]), lane_of(SPECS["dense, delays"])
    assert plain.fetch == MEMORY + 1
    assert delayed.selector is not None
    assert delayed.fetch == MEMORY + delayed.selector.latency  # 21 values: two clocks
    assert plain.state_ready == plain.fetch  # a synapse without state
    for lane in (plain, delayed):
        parts = lane.update.ready["product"] + lane.accumulator.latency
        assert lane.latency == lane.fetch + parts
