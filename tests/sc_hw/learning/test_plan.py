"""Sizes and addresses of networks that learn, and what hardware does not have."""

from __future__ import annotations

from typing import Any

import pytest
from amaranth.hdl import C, Module
from amaranth.sim import Simulator
from learning_hardware import mixed_spec_of, plan_of, spec_of

from sc_hw.fabric.families import load_family
from sc_hw.learning.plan import LOOP, LearningPlan
from sc_model.spec import ConfigError
from sc_model.spec.learning import HiddenLayerSpec


def value_of(expression: Any) -> int:
    """An expression of constants, as Amaranth computes it."""
    found = []

    async def testbench(ctx: Any) -> None:
        found.append(ctx.get(expression))

    simulator = Simulator(Module())
    simulator.add_testbench(testbench)
    simulator.run()
    return int(found[0])


@pytest.mark.parametrize(("hidden", "classes", "lanes"), [(21, 10, 8), (16, 4, 4), (5, 3, 8)])
def test_no_two_words_share_an_address(hidden: int, classes: int, lanes: int) -> None:
    plan = plan_of(hidden=hidden, classes=classes, lanes=lanes)
    bits = plan.group_bits

    def addresses(index: int, rows: int, groups: int) -> list[int]:
        return [
            value_of(plan.word(index, C(row, 10), C(group, bits)))
            for row in (0, 1, rows - 1)
            for group in range(groups)
        ]

    hidden_words = addresses(0, plan.rows, plan.groups)
    out_words = addresses(1, plan.neurons_of(0), plan.out_groups)
    assert hidden_words[-1] == plan.rows * plan.groups - 1 < plan.out_base
    assert out_words[0] == plan.out_base
    assert out_words[-1] == plan.depth - 1
    assert len(set(hidden_words + out_words)) == len(hidden_words) + len(out_words)


def test_partial_sums_leave_the_time_of_an_addition() -> None:
    for classes, lanes in ((10, 8), (10, 16), (4, 2), (40, 8)):
        plan = plan_of(classes=classes, lanes=lanes)
        assert plan.sets * plan.out_groups >= LOOP
        assert plan.sets & (plan.sets - 1) == 0


def test_weights_of_a_large_network_lie_in_memory_with_one_port_where_there_is_one() -> None:
    large: dict[str, Any] = {"inputs": 784, "hidden": 128}
    assert plan_of("ice40_up", **large).single_port
    assert not plan_of("ice40_up").single_port
    assert not plan_of("ecp5", **large).single_port


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"hidden": {"age_bits": 7}}, "age_bits must be the same in all tables"),
        ({"layer": {"rule": {"family": "pair_stdp"}}}, "pair_stdp"),
        ({"lanes": 6}, "power of two"),
    ],
)
def test_what_hardware_does_not_have(change: dict[str, Any], said: str) -> None:
    if "hidden" in change:
        second = HiddenLayerSpec(name="second", neurons=4, lanes=8, **change["hidden"])
        layers = (spec_of().hidden[0], second)
        spec = spec_of().model_copy(update={"hidden": layers})
    else:
        spec = spec_of(**change)
    with pytest.raises(ConfigError, match=said) as raised:
        LearningPlan(spec, load_family("generic"))
    assert "\n" not in str(raised.value)


def test_neurons_of_layers_with_fewer_lanes_than_a_word_have_numbers_in_order() -> None:
    plan = LearningPlan(mixed_spec_of(), load_family("generic"))
    assert (plan.lanes, plan.weight_bits, plan.widths) == (8, 10, (6, 8, 10))
    for index, layer in enumerate(plan.spec.layers):
        for number in range(layer.neurons):
            group, lane = plan.place_of(index, number)
            assert group < layer.groups
            assert lane < layer.lanes
            place = C(group << plan.lane_bits | lane, plan.group_bits + plan.lane_bits)
            assert value_of(plan.number_of(index, place)) == number
