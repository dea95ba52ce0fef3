"""Layers of kind ``integrator``: dense layers of leaky integrators that never fire.

One tick is that of `sc_model.arithmetic.lif` without a reset; the potential is the result.
"""

from __future__ import annotations

from typing import Any

from sc_model.arithmetic import Unit, lif_unit
from sc_model.layer_kinds.dense import synapse
from sc_model.spec import IntegratorSpec, IntFormat, Ops

__all__ = ["SPEC", "neuron", "synapse"]

SPEC = IntegratorSpec


def neuron(spec: IntegratorSpec, value: IntFormat) -> Unit:
    """The neuron of a layer that takes in values of that format."""
    firing = lif_unit(spec.neuron, spec.current_format(value))
    inputs = {name: form for name, form in firing.inputs.items() if name != "threshold"}

    def function(ops: Ops, now: Any) -> dict[str, Any]:
        # without a reset the threshold decides about nothing but `ready`
        result = firing.apply(ops, {**vars(now), "threshold": 1})
        return {**result, "ready": ops.clamp(result["ready"], 0, 0)}

    return Unit("leaky_integrator", inputs, firing.outputs, firing.state, function)
