"""Sizes of layers of kind `sparse`, and what is refused."""

from __future__ import annotations

from typing import Any

import pytest

from sc_model.spec import ConfigError, IntFormat, NetworkSpec, SparseSpec

SIZES: dict[str, Any] = {"name": "a", "inputs": 20_000, "neurons": 10_000, "synapses": 400_000}


def test_sizes() -> None:
    spec = SparseSpec(**SIZES, fan_in=60, bias=True, max_delay=2)
    assert NetworkSpec(layers=(spec,)).layers[0].synapse_count == 400_000
    assert spec.current_format(IntFormat(1)) == IntFormat(8 + 6, signed=True)
    shapes = {name: spec.parameter_shape(name) for name in spec.synapse_parameters(1.0)}
    assert shapes == {
        "count": (20_001,),
        **dict.fromkeys(("target", "weight", "delay"), (400_000,)),
    }
    assert spec.parameter_shape("threshold") == (10_000,)


@pytest.mark.parametrize(
    ("fields", "text"),
    [
        (
            {"fan_in": 30},
            "SparseSpec.synapses must be <= neurons x fan_in, not 400,000 for 10,000 neurons of 30;"
            " give a larger fan_in.",
        ),
        (
            {"synapses": 3, "fan_in": 4},
            "SparseSpec.fan_in must be <= synapses, not 4 of 3.",
        ),
        ({"engine": "sweep"}, "SparseSpec.engine must be 'events', not 'sweep'."),
        ({"inputs": 70_000}, "SparseSpec.inputs must be <= 65536, not 70000."),
    ],
)
def test_what_is_refused(fields: dict[str, Any], text: str) -> None:
    with pytest.raises(ConfigError) as caught:
        SparseSpec(**{**SIZES, **fields})
    assert str(caught.value) == text
