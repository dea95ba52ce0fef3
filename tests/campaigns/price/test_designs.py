"""Designs drawn for the price model."""

from __future__ import annotations

from campaigns.price.designs import BLOCKS, TARGETS, price_designs


def test_the_same_designs_are_drawn_again_and_all_blocks_and_targets_occur() -> None:
    first, again = list(price_designs(60)), list(price_designs(60))
    assert first == again
    assert {design.block for design, _ in first} == set(BLOCKS)
    assert [target for _, target in first[:3]] == list(TARGETS)
    assert len({design.rule.family for design, _ in first if design.network is None}) == 4
    # a longer list begins with the shorter one, so that rows stay where they are
    assert list(price_designs(10)) == first[:10]
