"""Layers that do not learn in Amaranth's simulator: ticks against the golden layer, host access,
resets, their clocks.
"""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np
import pytest
from trained_layers import (
    check_all,
    give,
    load,
    load_all,
    rate_where_equal,
    simulate,
    until,
    word_of,
)

from sc_hw.fabric.families import load_family
from sc_hw.parts.space import Space
from sc_hw.trained import TrainedLayer
from sc_model.golden.trained.layer import TrainedLayer as GoldenLayer
from sc_model.spec import CrossingSpec, DenseSpec, HetSynSpec, LifSpec, NeuronSpec


def pair(
    spec: HetSynSpec | DenseSpec,
    crossing: CrossingSpec,
    family: str = "generic",
    **slices: Any,
) -> tuple[TrainedLayer, GoldenLayer]:
    """The layer and its model, with random parameters."""
    rng, given = np.random.default_rng(3), {}
    for name, (low, high) in spec.synapse_parameters(1.0).items():
        least = low if slices and spec.recurrent else max(low, low // 2)  # of many columns
        given[name] = rng.integers(least, high + 1, (spec.neurons, spec.columns))
    if isinstance(spec, DenseSpec):
        often = min(
            spec.neuron.threshold_format.hi, spec.weight_format.hi << spec.neuron.fraction
        )  # reached now and then
        for name, (_, high) in spec.neuron_parameters.items():
            low, high = (often // 8, often) if name == "threshold" else (high // 2, high)
            given[name] = rng.integers(low, high + 1, spec.neurons)
    golden = GoldenLayer(spec, crossing, 1.0, given)
    layer = TrainedLayer(spec, crossing.value, 1.0, 16, load_family(family), **slices)
    return layer, golden


HETSYN: list[tuple[dict[str, Any], dict[str, Any], str, int, str]] = [
    ({"inputs": 5, "neurons": 4}, {}, "hold", 1, "generic"),
    (
        {"inputs": 7, "neurons": 5, "lanes": 3, "terms": 0, "trace_bits": 16, "trace_fraction": 8},
        {"leak_shift": 3},
        "accumulate",
        6,
        "ecp5",
    ),
    (
        {"inputs": 1, "neurons": 1, "terms": 4, "code_bits": 8},
        {"refractory": 2, "threshold": 50_000},
        "once",
        2,
        "ice40_hx",
    ),
    (
        {"inputs": 3, "neurons": 9, "lanes": 5, "terms": 2, "weight_bits": 12},
        {"threshold_step": 9000},
        "hold",
        1,
        "ice40_up",
    ),
    (
        {"inputs": 16, "neurons": 8, "lanes": 8, "terms": 1, "trace_bits": 11},
        {"current_shift": 3},
        "accumulate",
        3,
        "ecp5",
    ),
    (
        {"inputs": 4, "neurons": 3, "max_delay": 9, "recurrent": True, "bias": True, "lanes": 2},
        {},
        "accumulate",
        2,
        "generic",
    ),
]
DENSE: list[tuple[dict[str, Any], dict[str, Any], str, int, str]] = [
    ({"inputs": 5, "neurons": 4}, {}, "hold", 1, "generic"),
    ({"inputs": 1, "neurons": 1}, {"leak": "none", "threshold_bits": 12}, "hold", 1, "ice40_hx"),
    (
        {"inputs": 9, "neurons": 7, "lanes": 3, "max_delay": 7},
        {"leak": "shift", "reset": "zero"},
        "hold",
        1,
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
        {"inputs": 3, "neurons": 2, "max_delay": 1, "lanes": 2},
        {"reset_delay": True, "reset": "zero"},
        "accumulate",
        5,
        "ice40_hx",
    ),
    (
        {
            "inputs": 6,
            "neurons": 9,
            "lanes": 4,
            "max_delay": 63,
            "recurrent": True,
            "weight_bits": 5,
        },
        {"synaptic": True, "refractory": 2, "fraction": 6, "threshold_bits": 15},
        "once",
        2,
        "ecp5",
    ),
    (
        {"inputs": 2, "neurons": 12, "lanes": 12, "max_delay": 12, "bias": True},
        {"fraction": 0, "threshold_bits": 8},
        "hold",
        1,
        "ice40_up",
    ),
]


def layer_of(kind: str, sizes: dict[str, Any], options: dict[str, Any]) -> HetSynSpec | DenseSpec:
    """A layer of that kind."""
    if kind == "dense":
        return DenseSpec(name="layer", **sizes, neuron=LifSpec(**options))
    return HetSynSpec(
        name="layer",
        **sizes,
        neuron=NeuronSpec(**{"reset": "subtract", "threshold": 1 << 16, **options}),
    )


@pytest.mark.parametrize(
    ("kind", "sizes", "options", "policy", "interval", "family"),
    [*(("hetsyn", *case) for case in HETSYN), *(("dense", *case) for case in DENSE)],
)
def test_layer_equals_golden(
    kind: str,
    sizes: dict[str, Any],
    options: dict[str, Any],
    policy: Any,
    interval: int,
    family: str,
) -> None:
    spec = layer_of(kind, sizes, options)
    crossing = CrossingSpec(spec.inputs, 1, interval, policy, 4)
    dut, golden = pair(spec, crossing, family)
    assert 0.02 < rate_where_equal(dut, golden) < 0.98


@pytest.mark.parametrize(
    ("kind", "sizes", "slices"),
    [
        ("dense", {"inputs": 19, "neurons": 37, "lanes": 4, "bias": True, "max_delay": 2}, 4),
        pytest.param(
            "hetsyn", {"inputs": 33, "neurons": 16, "lanes": 16}, 1, marks=pytest.mark.soak
        ),
        pytest.param(
            "dense", {"inputs": 16, "neurons": 17, "bias": True}, 0, marks=pytest.mark.soak
        ),
        # its own spikes in slices, too: in the last slice of inputs and in others
        ("dense", {"inputs": 19, "neurons": 14, "lanes": 4, "bias": True, "recurrent": True}, 0),
        pytest.param(
            "hetsyn",
            {"inputs": 32, "neurons": 16, "lanes": 16, "recurrent": True},
            2,
            marks=pytest.mark.soak,
        ),
        pytest.param(
            "dense",
            {"inputs": 5, "neurons": 37, "lanes": 3, "recurrent": True, "max_delay": 3},
            3,
            marks=pytest.mark.soak,
        ),
    ],
)
def test_columns_and_spikes_in_slices_equal_golden(
    kind: str, sizes: dict[str, Any], slices: int
) -> None:
    """Slices whose ends mean nothing, and one that no spike is in."""
    spec = layer_of(kind, sizes, {})
    dut, golden = pair(
        spec, CrossingSpec(spec.inputs, 1, 1, "hold", 4), sliced=True, o_slices=slices
    )
    assert 0.02 < rate_where_equal(dut, golden) < 0.98


@pytest.mark.parametrize("sliced", [False, True])
def test_restoring_a_recurrent_layer_goes_on_where_it_stood(*, sliced: bool) -> None:
    """Everything read from one layer and loaded into another: the same spikes from there on, those
    of recurrent columns too.
    """
    spec = DenseSpec(
        name="layer",
        inputs=3,
        neurons=4,
        lanes=2,
        recurrent=True,
        max_delay=2,
        neuron=LifSpec(threshold_bits=11),
    )
    crossing = CrossingSpec(3, 1, 1, "hold", 4)
    dut, golden = pair(spec, crossing, sliced=sliced)
    rng = np.random.default_rng(2)

    async def testbench(ctx: Any) -> None:
        await load_all(ctx, dut, golden)
        while not golden.fired.any():
            golden.step(rng.integers(0, 2, 3))
        layout, state = dut.spaces[Space.NEURON], {**golden.parameters, **golden.state}
        for j in range(spec.neurons):
            word = word_of(layout, {str(name): state[str(name)][j] for name, _ in layout})
            await load(ctx, dut, Space.NEURON, 0, j, word)
        for c in range(spec.columns):
            await load(
                ctx,
                dut,
                Space.HISTORY,
                0,
                c,
                sum(int(bit) << age for age, bit in enumerate(state["history"][c])),
            )
        await load(ctx, dut, Space.CONTROL, 0, 0, 0)
        for tick in range(20):
            values = rng.integers(0, 2, 3)
            await give(ctx, dut, tick, [int(value) for value in values])
            ctx.set(dut.o.ready, 1)
            await until(ctx, dut.o.valid, "spikes")
            assert [ctx.get(dut.o.payload).spikes >> j & 1 for j in range(4)] == list(
                golden.step(values)
            ), tick
            await ctx.tick()
            ctx.set(dut.o.ready, 0)
        await check_all(ctx, dut, golden)

    simulate(testbench, dut)


async def _ticks(ctx: Any, layer: TrainedLayer, ticks: int) -> None:
    ctx.set(layer.i.valid, 1)
    ctx.set(layer.o.ready, 1)
    for tick in range(ticks):
        for clock in range(layer.tick_clocks + 1):
            offered = bool(ctx.get(layer.o.valid))
            assert offered == (clock == layer.tick_clocks), f"clock {clock} of tick {tick}"
            await ctx.tick()


def test_many_surplus_lanes_do_not_reach_into_the_next_tick() -> None:
    """25 neurons in lanes of 24: the second group has 23 lanes without a neuron.

    Their places leave the neurons' row long after the last neuron's spike. A tick that began
    meanwhile took them for its first neurons, and never ended.
    """
    spec = DenseSpec(name="only", inputs=3, neurons=25, lanes=24)
    layer = TrainedLayer(spec, CrossingSpec(3, 1, 1, "hold", 1).value)
    simulate(partial(_ticks, layer=layer, ticks=3), layer)
