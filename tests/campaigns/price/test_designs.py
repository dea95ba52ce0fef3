"""Designs drawn for the price model."""

from __future__ import annotations

from campaigns.price.designs import (
    BLOCKS,
    FIRST_LEARNING,
    LEARNING_BLOCKS,
    LEARNING_TARGETS,
    TARGETS,
    learning_designs,
    price_designs,
)


def test_the_same_designs_are_drawn_again_and_all_blocks_and_targets_occur() -> None:
    first, again = list(price_designs(60)), list(price_designs(60))
    assert first == again
    assert {design.block for design, _ in first} == set(BLOCKS)
    assert [target for _, target in first[:3]] == list(TARGETS)
    assert len({design.rule.family for design, _ in first if design.network is None}) == 4
    # a longer list begins with the shorter one, so that rows stay where they are
    assert list(price_designs(10)) == first[:10]


def test_networks_that_learn_are_drawn_by_turns() -> None:
    drawn = list(learning_designs(8))
    assert drawn == list(learning_designs(8))
    assert list(learning_designs(3)) == drawn[:3]
    assert [number - FIRST_LEARNING for number, _, _ in drawn] == list(range(8))
    turns = {(design.block, target) for _, design, target in drawn[:4]}
    assert turns == {(block, target) for block in LEARNING_BLOCKS for target in LEARNING_TARGETS}
