"""A recurrent network's proof: its parts, their claims, and those about its rules."""

from __future__ import annotations

from collections.abc import Callable

from sc_hw.proof.block_proofs import recurrent_network


def test_parts_and_claims(hands_on: Callable[..., None]) -> None:
    names = ("write_recurrent_parts", "prove_recurrent_network", "prove_frozen")
    hands_on("recurrent_network", recurrent_network, names)
