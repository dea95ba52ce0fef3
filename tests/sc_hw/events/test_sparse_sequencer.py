"""The sequencer of sparse layers alone: lists in order, gaps, waits, and the words of the host."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from trained_layers import simulate

from sc_hw.events.sparse_sequencer import SparseSequencer
from sc_model.golden.trained.connections import drawn_lists
from sc_model.spec import SparseSpec

LOOP = 4


def play(
    spec: SparseSpec, lists: dict[str, Any], columns: list[int], holds: float
) -> tuple[list[tuple[int, int, int]], list[int]]:
    """Synapse, neuron and value of each issue, and its clock; the host loads and reads first."""
    dut, rng = SparseSequencer(spec, 2, 1, LOOP), np.random.default_rng(5)
    issues: list[tuple[int, int, int]] = []
    clocks: list[int] = []
    starts = np.cumsum(lists["count"]) - lists["count"]

    async def testbench(ctx: Any) -> None:
        ctx.set(dut.host, 1)
        for load, data, rows in (
            (dut.load_target, dut.target_data, [int(each) for each in lists["target"]]),
            (dut.load_list, dut.list_data, [
                {"start": int(start), "count": int(count)}
                for start, count in zip(starts, lists["count"], strict=True)
            ]),
        ):  # fmt: skip
            for address, row in enumerate(rows):
                ctx.set(dut.host_address, address)
                ctx.set(data, row)
                ctx.set(load, 1)
                await ctx.tick()
                ctx.set(load, 0)
        for address, target in enumerate(lists["target"]):
            ctx.set(dut.host_address, address)
            await ctx.tick()
            assert ctx.get(dut.target) == target
        ctx.set(dut.host, 0)
        events = [{"end": 0, "column": c, "value": 1 + c % 3} for c in columns]
        waiting = [*events, {"end": 1, "column": 0, "value": 0}]
        for clock in range(20 * (spec.synapses + len(columns) + 2)):
            ctx.set(dut.i_event.valid, bool(waiting) and rng.random() > holds / 2)
            if waiting:
                ctx.set(dut.i_event.payload, waiting[0])
            ctx.set(dut.hold, rng.random() < holds)
            if ctx.get(dut.issue):
                issues.append((ctx.get(dut.address), ctx.get(dut.group), ctx.get(dut.value)))
                clocks.append(clock)
            if ctx.get(dut.i_event.valid) and ctx.get(dut.i_event.ready):
                waiting.pop(0)
            await ctx.tick()
            if ctx.get(dut.ended):
                return
        raise AssertionError("the end token was not taken")

    simulate(testbench, dut)
    return issues, clocks


@pytest.mark.parametrize("holds", [0.0, 0.3, 0.9])
def test_each_synapse_of_the_events_lists_once_in_order(holds: float) -> None:
    spec = SparseSpec(name="s", inputs=12, neurons=6, synapses=24, fan_in=24)
    lists = drawn_lists(spec, np.random.default_rng(2))
    lists["count"][[3, 8]] = 0
    lists["count"][0] += spec.synapses - lists["count"].sum()
    columns = [0, 3, 4, 8, 11]
    starts = np.cumsum(lists["count"]) - lists["count"]
    issues, clocks = play(spec, lists, columns, holds)
    assert issues == [
        (number, lists["target"][number], 1 + column % 3)
        for column in columns
        for number in range(starts[column], starts[column] + lists["count"][column])
    ]
    for before in range(len(issues)):
        for after in range(before + 1, len(issues)):
            if issues[before][1] == issues[after][1]:
                assert clocks[after] - clocks[before] >= LOOP


def test_lists_of_other_neurons_follow_without_a_gap() -> None:
    spec = SparseSpec(name="s", inputs=4, neurons=16, synapses=16)
    lists = {"count": np.array([4, 1, 2, 9]), "target": np.arange(16)}
    issues, clocks = play(spec, lists, [0, 1, 2, 3], 0.0)
    assert len(issues) == 16
    assert np.diff(clocks).max() == 1
