"""A learning network's proof: its parts, their claims, and those about its rules."""

from __future__ import annotations

from collections.abc import Callable

from sc_hw.proof.block_proofs import learning_network


def test_parts_and_claims(hands_on: Callable[..., None]) -> None:
    names = ("write_learning_parts", "prove_learning_network", "prove_rules")
    hands_on("learning_network", learning_network, names)
