"""Hidden layers of claims, and signed vectors."""

from __future__ import annotations

from typing import Any

from learning_hardware import plan_of

from sc_hw.proof.bits import Bits
from sc_hw.proof.blocks.learning.layers import extended, hidden_layers
from sc_model.graph.smt import Terms


def test_one_layer_has_no_name() -> None:
    clocks: Any = None
    (layer,) = hidden_layers(clocks, plan_of(), 3)
    assert (layer.index, layer.suffix, layer.condition) == (0, "", [])


def test_a_signed_vector_gets_its_highest_bit_above() -> None:
    terms = Terms()
    vector = Bits(terms, terms.var("vector", 3))
    wide = extended(vector, 5)
    assert len(wide) == 5
    assert extended(wide, 3) is wide
