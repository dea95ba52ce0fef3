"""The C of a layer's tick: its types, and one text for all layers that differ in data alone."""

from __future__ import annotations

import numpy as np

from sc_model.native.trained import tick_code
from sc_model.spec import CrossingSpec, DenseSpec, LifSpec

CROSSING = CrossingSpec(channels=3, i_interval=1, o_interval=1, policy="hold", pending_bits=4)


def dense(**fields: int) -> DenseSpec:
    return DenseSpec(name="a", neurons=2, **{"inputs": 3, **fields})


def test_sizes_shifts_and_thresholds_are_data() -> None:
    texts = {
        tick_code(0, layer, CROSSING, 1.0).text
        for layer in (
            dense(),
            dense(inputs=7),
            DenseSpec(name="a", inputs=3, neurons=2, neuron=LifSpec(factor_shift=11)),
        )
    }
    assert len(texts) == 1


def test_arrays_are_as_narrow_as_their_values() -> None:
    types = {
        bits: tick_code(0, dense(weight_bits=bits), CROSSING, 1.0).synapse["weight"]
        for bits in (8, 9, 18)
    }
    assert types == {8: np.int8, 9: np.int16, 18: np.int32}
