"""The kind `conv` in the catalogue of kinds."""

from __future__ import annotations

from sc_model.layer_kinds import conv, dense, kind_of
from sc_model.spec import ConvSpec, IntFormat


def test_synapse_and_neuron_are_those_of_a_dense_layer_with_the_sum_of_a_kernel() -> None:
    spec = ConvSpec(name="a", image=(2, 5, 5), channels=3, kernel=(3, 3), pool=(1, 1))
    kind = kind_of(spec)
    assert (kind.name, kind.spec, kind.synapse) == ("conv", ConvSpec, dense.synapse)
    assert conv.neuron(spec, IntFormat(1)).inputs["current"] == IntFormat(8 + 5, signed=True)
