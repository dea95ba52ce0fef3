"""The kind `sparse` in the catalogue of kinds."""

from __future__ import annotations

from sc_model.layer_kinds import dense, kind_of, sparse
from sc_model.spec import IntFormat, SparseSpec


def test_synapse_and_neuron_are_those_of_a_dense_layer_with_the_sum_of_a_list() -> None:
    spec = SparseSpec(name="a", inputs=5000, neurons=7, synapses=90, fan_in=17)
    kind = kind_of(spec)
    assert (kind.name, kind.spec, kind.synapse) == ("sparse", SparseSpec, dense.synapse)
    assert sparse.neuron(spec, IntFormat(1)).inputs["current"] == IntFormat(8 + 5, signed=True)
