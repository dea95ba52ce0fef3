"""Layers of kind ``dense``: weights, delays, and leaky integrate-and-fire neurons.

A synapse has no state: its product is ``weight * value``. The neuron's equations stand in
`sc_model.arithmetic.lif`.
"""

from __future__ import annotations

from typing import Any

from sc_model.arithmetic import Unit, lif_unit
from sc_model.layer_kinds.kind import Synapse
from sc_model.spec import DenseSpec, IntFormat, Ops

SPEC = DenseSpec


def synapse(spec: DenseSpec, value: IntFormat, tick_ms: float) -> Synapse:
    """The synapse of a layer that takes in values of that format."""
    product_format = IntFormat(spec.weight_bits + value.width - (value.width == 1), signed=True)

    def function(ops: Ops, now: Any) -> dict[str, Any]:
        if value.width > 1:
            product = now.weight * now.value
        else:  # a spike selects the weight, which takes an AND a bit instead of a multiplier
            product = ops.mux(now.value == 1, now.weight, 0)
        return {"product": ops.let("product", product)}

    inputs = {"weight": spec.weight_format, "value": value}
    return Synapse(Unit("dense", inputs, {"product": product_format}, {}, function))


def neuron(spec: DenseSpec, value: IntFormat) -> Unit:
    """The neuron of a layer that takes in values of that format."""
    return lif_unit(spec.neuron, spec.current_format(value))
