"""The synapse of a dense layer at its limits."""

from __future__ import annotations

import pytest

from sc_model.graph.algebra import IntOps
from sc_model.layer_kinds.dense import neuron, synapse
from sc_model.spec import DenseSpec, IntFormat


@pytest.mark.parametrize(
    ("width", "weight", "value", "product"),
    [(1, -128, 1, -128), (1, 127, 0, 0), (4, -128, 15, -1920), (4, 127, 15, 1905), (4, 5, 0, 0)],
)
def test_product(width: int, weight: int, value: int, product: int) -> None:
    spec = DenseSpec(name="a", inputs=1, neurons=1)
    made = synapse(spec, IntFormat(width), 1.0)
    assert made.unit.apply(IntOps(), {"weight": weight, "value": value}) == {"product": product}
    form = made.unit.outputs["product"]
    assert form.lo <= product <= form.hi
    assert (made.tables, made.unit.state) == ({}, {})


def test_the_neuron_takes_the_sum() -> None:
    spec = DenseSpec(name="a", inputs=5, neurons=1)
    assert neuron(spec, IntFormat(3)).inputs["current"] == IntFormat(8 + 3 + 3, signed=True)
