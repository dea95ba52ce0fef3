"""Layers of the event engine in Amaranth's simulator: ticks against the golden layer, overlapping
ticks, host access, resets, their clocks.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from trained_layers import (
    give,
    load,
    load_all,
    rate_where_equal,
    simulate,
    taken,
    until,
    word_of,
    words_of,
)

from sc_hw.events import EventLayer
from sc_hw.fabric.families import load_family
from sc_hw.parts.space import Space
from sc_model.golden.trained.layer import TrainedLayer as GoldenLayer
from sc_model.spec import CrossingSpec, DenseSpec, LifSpec
from sc_model.spec.trained_layer import Policy


def pair(
    spec: DenseSpec, crossing: CrossingSpec, family: str = "generic", **slices: Any
) -> tuple[EventLayer, GoldenLayer]:
    """The layer and its model, with random parameters."""
    rng = np.random.default_rng(3)
    low, high = spec.weight_format.lo, spec.weight_format.hi
    low = low if slices else low // 2  # of many columns
    given = {"weight": rng.integers(low, high + 1, (spec.neurons, spec.columns))}
    if spec.max_delay:
        given["delay"] = rng.integers(0, spec.max_delay + 1, (spec.neurons, spec.columns))
    often = min(spec.neuron.threshold_format.hi, high << spec.neuron.fraction)
    for name, (_, most) in spec.neuron_parameters.items():
        least, most = (often // 8, often) if name == "threshold" else (most // 2, most)
        given[name] = rng.integers(least, most + 1, spec.neurons)
    golden = GoldenLayer(spec, crossing, 1.0, given)
    return EventLayer(spec, crossing.value, 1.0, 16, load_family(family), **slices), golden


# Lanes from 1 to as many as neurons, one group and many, one partial sum and eight.
CASES: list[tuple[dict[str, Any], dict[str, Any], str, int, str]] = [
    ({"inputs": 5, "neurons": 4}, {}, "hold", 1, "generic"),
    ({"inputs": 1, "neurons": 1}, {"leak": "none", "threshold_bits": 12}, "hold", 1, "ice40_hx"),
    (
        {"inputs": 19, "neurons": 7, "lanes": 3, "bias": True},
        {"leak": "shift", "reset": "zero"},
        "accumulate",
        6,
        "ecp5",
    ),
    (
        {"inputs": 4, "neurons": 5, "recurrent": True, "bias": True},
        {"reset_delay": True, "threshold_bits": 12},
        "hold",
        1,
        "ice40_up",
    ),
    (
        {"inputs": 18, "neurons": 4, "lanes": 4, "recurrent": True, "weight_bits": 18},
        {"leak": "shift", "refractory": 2, "fraction": 6, "threshold_bits": 15},
        "once",
        2,
        "gatemate",
    ),
    (
        {"inputs": 2, "neurons": 13, "lanes": 12, "bias": True},
        {"fraction": 0, "threshold_bits": 8},
        "accumulate",
        3,
        "ice40_up",
    ),
    ({"inputs": 16, "neurons": 12, "lanes": 12}, {"leak": "none"}, "hold", 1, "ecp5"),
    # Delays: banks that are a power of two and others, one group and many, one set and several.
    (
        {"inputs": 9, "neurons": 7, "lanes": 3, "bias": True, "recurrent": True, "max_delay": 3},
        {"leak": "shift", "reset": "zero"},
        "hold",
        1,
        "ice40_up",
    ),
    ({"inputs": 5, "neurons": 6, "max_delay": 6}, {"threshold_bits": 12}, "accumulate", 5, "ecp5"),
    (
        {"inputs": 3, "neurons": 4, "lanes": 4, "bias": True, "max_delay": 1},
        {"leak": "none", "threshold_bits": 12},
        "once",
        2,
        "gatemate",
    ),
    # Several neurons a clock: as many as lanes and fewer, a last group that is whole and one that
    # is not.
    (
        {"inputs": 5, "neurons": 10, "lanes": 4, "recurrent": True, "neurons_a_clock": 2},
        {"leak": "shift", "threshold_bits": 12},
        "hold",
        1,
        "ecp5",
    ),
    (
        {"inputs": 9, "neurons": 8, "lanes": 4, "max_delay": 2, "neurons_a_clock": 4},
        {"threshold_bits": 12},
        "hold",
        1,
        "generic",
    ),
]


@pytest.mark.parametrize(("sizes", "options", "policy", "interval", "family"), CASES)
def test_layer_equals_golden(
    sizes: dict[str, Any], options: dict[str, Any], policy: Any, interval: int, family: str
) -> None:
    spec = DenseSpec(name="layer", **sizes, engine="events", neuron=LifSpec(**options))
    crossing = CrossingSpec(spec.inputs, 1, interval, policy, 4)
    dut, golden = pair(spec, crossing, family)
    assert 0.02 < rate_where_equal(dut, golden) < 0.98


@pytest.mark.parametrize(
    ("sizes", "interval", "slices"),
    [
        # Neurons that begin in the last slice of inputs, and a bias in their last slice or in one
        # of its own; spikes in slices, the last of which is not full, and in a word.
        ({"inputs": 20, "neurons": 23, "lanes": 3, "bias": True}, 1, 2),
        pytest.param(
            {"inputs": 37, "neurons": 11, "max_delay": 2, "bias": True},
            1,
            0,
            marks=pytest.mark.soak,
        ),
        pytest.param({"inputs": 32, "neurons": 32, "lanes": 4}, 1, 3, marks=pytest.mark.soak),
        # The first chunk has neurons; it is not there in the clock behind the last one of a tick.
        pytest.param({"inputs": 5, "neurons": 40, "bias": True}, 1, 3, marks=pytest.mark.soak),
        ({"inputs": 3, "neurons": 9, "lanes": 9, "bias": True}, 1, 0),
        pytest.param(
            {"inputs": 22, "neurons": 26, "lanes": 8, "neurons_a_clock": 2},
            1,
            2,
            marks=pytest.mark.soak,
        ),
        ({"inputs": 18, "neurons": 17, "lanes": 2, "weight_bits": 5}, 3, 0),
    ],
)
def test_own_spikes_in_slices_equal_golden(
    sizes: dict[str, Any], interval: int, slices: int
) -> None:
    options = LifSpec(leak="shift", threshold_bits=13)
    spec = DenseSpec(name="layer", engine="events", recurrent=True, neuron=options, **sizes)
    policy: Policy = "accumulate" if interval > 1 else "hold"
    crossing = CrossingSpec(spec.inputs, 1, interval, policy, 4)
    dut, golden = pair(spec, crossing, sliced=True, o_slices=slices)
    assert 0.02 < rate_where_equal(dut, golden) < 0.98


@pytest.mark.parametrize("neurons", [40, 11])
def test_own_spikes_are_there_in_the_clock_behind_a_tick(neurons: int) -> None:
    """Inputs that wait: a tick begins as soon as the one before is decided, with own spikes in its
    first chunk.
    """
    spec = DenseSpec(
        name="layer", inputs=4, neurons=neurons, recurrent=True, engine="events",
        neuron=LifSpec(leak="shift", threshold_bits=13),
    )  # fmt: skip
    dut, golden = pair(spec, CrossingSpec(4, 1, 1, "hold", 4), sliced=True)
    x = np.random.default_rng(3).integers(0, 2, (10, 4))
    got: list[Any] = []

    async def offer(ctx: Any) -> None:
        await load_all(ctx, dut, golden)
        for step, row in enumerate(x):
            await give(ctx, dut, step, row.tolist())

    async def take(ctx: Any) -> None:
        for step in range(len(x)):
            got.append((await taken(ctx, dut, step))[1])

    simulate((offer, take), dut)
    expected = [golden.step(row) for row in x]
    assert got == [sum(int(spike) << j for j, spike in enumerate(row)) for row in expected]
    assert any(0 < row.mean() < 1 for row in expected)


@pytest.mark.parametrize("together", [1, 2])
def test_a_host_restores_own_spikes_in_slices(together: int) -> None:
    """All neurons in order, after one of them by itself: the same spikes from there on."""
    spec = DenseSpec(
        name="layer", inputs=18, neurons=30, lanes=2, recurrent=True, engine="events",
        neurons_a_clock=together, neuron=LifSpec(leak="shift", threshold_bits=13),
    )  # fmt: skip
    dut, golden = pair(spec, CrossingSpec(18, 1, 1, "hold", 4), sliced=True, o_slices=2)
    rng = np.random.default_rng(4)

    async def testbench(ctx: Any) -> None:
        await load_all(ctx, dut, golden)
        while not 5 < golden.fired.sum() < 25:
            golden.step(rng.integers(0, 2, 18))
        for only in ((7, 15, 29), range(spec.neurons)):
            for number, (space, lane, word, fields) in enumerate(words_of(golden)):
                if space == Space.NEURON and number - spec.synapse_count in only:
                    await load(ctx, dut, space, lane, word, word_of(dut.spaces[space], fields))
        await load(ctx, dut, Space.CONTROL, 0, 0, 0)
        for tick in range(12):
            values = rng.integers(0, 2, 18) * (tick % 3 > 0)
            await give(ctx, dut, tick, values.tolist())
            _, spikes = await taken(ctx, dut, tick)
            assert [spikes >> j & 1 for j in range(30)] == list(golden.step(values)), tick

    simulate(testbench, dut)


@pytest.mark.parametrize("stall", [0.0, 0.9])
@pytest.mark.parametrize(
    "sizes",
    [{}, {"max_delay": 3}, {"recurrent": True}, {"neurons": 8, "neurons_a_clock": 2}],
)
def test_ticks_overlap(sizes: dict[str, Any], stall: float) -> None:
    """Ticks are offered without a pause, so that up to three of them are under way."""
    spec = DenseSpec(
        name="layer", inputs=20, lanes=2, engine="events", **{"neurons": 7, **sizes},
        neuron=LifSpec(leak="shift"),
    )  # fmt: skip
    dut, golden = pair(spec, CrossingSpec(20, 1, 1, "hold", 4))
    rng = np.random.default_rng(11)
    x = (rng.random((12, 20)) < np.repeat([0.05, 0.6, 0.0], 4)[:, None]).astype(int)
    expected = [golden.step(row).tolist() for row in x]
    got: list[Any] = []
    together = 0  # clocks in which a tick begins while another one is added or decided

    async def give(ctx: Any) -> None:
        await load_all(ctx, dut, golden)
        for step, row in enumerate(x):
            while rng.random() < stall:
                await ctx.tick()
            ctx.set(dut.i.payload, {"step": step, "values": row.tolist()})
            ctx.set(dut.i.valid, 1)
            await until(ctx, dut.i.ready, "input")
            nonlocal together
            together += not ctx.get(dut.idle)
            await ctx.tick()
            ctx.set(dut.i.valid, 0)

    async def take(ctx: Any) -> None:
        while len(got) < len(x):
            ctx.set(dut.o.ready, int(rng.random() >= stall))
            if ctx.get(dut.o.valid) and ctx.get(dut.o.ready):
                word = ctx.get(dut.o.payload)
                assert word.step == len(got)
                got.append([word.spikes >> j & 1 for j in range(spec.neurons)])
            await ctx.tick()

    simulate((give, take), dut)
    assert got == expected
    assert any(map(any, expected))
    assert stall or together >= (0 if spec.recurrent else 8)
