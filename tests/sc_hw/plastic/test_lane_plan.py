"""The schedule of a lane: what it must hold for every rule, memory and fabric."""

from __future__ import annotations

import pytest

from sc_hw.fabric.families import family_names, load_family
from sc_hw.plastic.lane_plan import FETCH, SUM, WRITE, LanePlan, LaneTiming
from sc_hw.plastic.rule_parts import Products, rule_parts
from sc_model.rules import resolve
from sc_model.spec import Placement, RuleChoice

PLACE = Placement(inputs=20, neurons=6, chains=1, columns=3)
PRODUCTS: tuple[Products, ...] = ("block", "adders")


def plan_of(
    rule: str, family: str, memory: str, products: Products, beside: tuple[Products, ...]
) -> LanePlan:
    parts = rule_parts(*resolve(RuleChoice(family=rule)))
    return LanePlan(parts, load_family(family), products, memory, PLACE, beside, with_counts=True)


@pytest.mark.parametrize("rule", ["pair_stdp", "triplet_stdp", "reward_modulated_stdp"])
@pytest.mark.parametrize("memory", ["joined", "split", "single_port"])
@pytest.mark.parametrize("family", family_names())
def test_plan_of_a_lane(rule: str, memory: str, family: str) -> None:
    plan = plan_of(rule, family, memory, "block", ("block",))
    assert plan.split == (memory == "split" and bool(plan.parts.others))
    assert plan.fetch in (FETCH - 1, FETCH)
    assert FETCH <= plan.weight_fetched <= plan.write_weight
    assert plan.split or plan.weight_fetched == FETCH
    assert FETCH <= plan.write_others <= plan.write_weight
    # a neuron's values are taken before the sum takes their place, and before they are needed
    assert FETCH <= plan.neuron_arrival <= plan.weight_fetched + 1
    for name in (plan.parts.post_spike, *plan.parts.post):
        if name in plan.update.arrival:
            assert plan.update.arrival[name] == plan.neuron_arrival - FETCH
    # from the memory's read to its write an odd number of clocks: even and odd banks
    if memory == "single_port":
        assert (plan.write_weight + 1 - (FETCH - plan.fetch)) % 2 == 1
    assert plan.span >= plan.write_others + WRITE
    assert plan.timing == LaneTiming(plan.weight_fetched, plan.write_weight, plan.span)
    assert plan.summed == plan.weight_fetched + SUM


@pytest.mark.parametrize("memory", ["joined", "split", "single_port"])
def test_lanes_with_different_products_follow_one_schedule(memory: str) -> None:
    """What the bus delivers at the same time, and when results are written."""
    block, adders = (
        plan_of("reward_modulated_stdp", "ecp5", memory, products, PRODUCTS)
        for products in PRODUCTS
    )
    assert block.timing == adders.timing
    assert (block.neuron_arrival, block.write_others) == (
        adders.neuron_arrival,
        adders.write_others,
    )
    assert block.update.arrival == adders.update.arrival
