"""A synapse without a state of its own: its weight times what it takes in."""

from __future__ import annotations

from typing import Any

from sc_model.arithmetic.unit import Unit
from sc_model.spec import DenseSpec, IntFormat, Ops


def dense_synapse_unit(spec: DenseSpec, value: IntFormat) -> Unit:
    """The synapse of a layer that takes in values of that format. Inputs ``weight`` and ``value``,
    output ``product``.
    """
    form = IntFormat(spec.weight_bits + value.width - (value.width == 1), signed=True)

    def text(ops: Ops, now: Any) -> dict[str, Any]:
        product = (
            now.weight * now.value if value.width > 1 else ops.mux(now.value == 1, now.weight, 0)
        )
        return {"product": ops.let("product", product)}

    return Unit(
        "dense", {"weight": spec.weight_format, "value": value}, {"product": form}, {}, text
    )
