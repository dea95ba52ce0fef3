"""Which neuron a layer of a network has."""

from __future__ import annotations

from sc_model.arithmetic.integrate_and_fire import neuron_unit
from sc_model.arithmetic.lif import lif_unit
from sc_model.arithmetic.unit import Unit
from sc_model.spec import DenseSpec, HetSynSpec, IntFormat


def neuron_of(spec: HetSynSpec | DenseSpec, value: IntFormat) -> Unit:
    """The neuron of a layer that takes in values of that format."""
    current = spec.current_format(value)
    if isinstance(spec, DenseSpec):
        return lif_unit(spec.neuron, current)
    return neuron_unit(spec.neuron, current)
