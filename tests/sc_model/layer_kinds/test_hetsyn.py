"""Decay of a HetSyn synapse: shifted copies against the product, for every code."""

from __future__ import annotations

from typing import Any

import pytest

from sc_model.graph.algebra import IntOps
from sc_model.layer_kinds.hetsyn import manifest, pipeline, shift_table, synapse
from sc_model.spec import HetSynSpec, IntFormat

TRACES = (0, 1, 2, 3, 1000, 4095, 4096, 65_535, 131_071)


@pytest.mark.parametrize("terms", [1, 2, 3, 4])
def test_shifted_copies_are_the_product_for_every_code(terms: int) -> None:
    spec = HetSynSpec(name="a", inputs=1, neurons=1, terms=terms, code_bits=5)
    plain, made = synapse(spec, IntFormat(2), 1.0), pipeline(spec, IntFormat(2), 1.0)
    factors = spec.codes(1.0).factors
    assert len(plain.tables["code"].rows) == len(made.tables["code"].rows) == len(factors)
    ops = IntOps()
    for code, factor in enumerate(factors):
        for trace in TRACES:
            inputs: dict[str, Any] = {"trace": trace, "weight": -3, "value": 2}
            risen = min((trace * factor >> 12) + (2 << 10), (1 << 17) - 1)
            for form in (plain, made):
                result = form.unit.apply(ops, {**inputs, **form.tables["code"].rows[code]})
                assert result == {"trace": risen, "product": -3 * risen}, (code, trace)


def test_without_terms_hardware_multiplies() -> None:
    spec = HetSynSpec(name="a", inputs=1, neurons=1, terms=0)
    made = pipeline(spec, IntFormat(1), 1.0)
    assert made.tables == synapse(spec, IntFormat(1), 1.0).tables
    assert list(made.unit.inputs) == ["trace", "weight", "value", "factor"]


def test_the_first_digit_is_never_subtracted() -> None:
    spec = HetSynSpec(name="a", inputs=1, neurons=1, terms=3, code_bits=4)
    formats = shift_table(spec.codes(1.0)).formats
    assert "minus_0" not in formats
    assert {"on_0", "on_1", "minus_1", "on_2", "minus_2"} <= set(formats)


def test_the_manifest_has_the_codes() -> None:
    spec = HetSynSpec(name="a", inputs=1, neurons=1, code_bits=2, tick_interval=2)
    codes = spec.codes(0.5)
    assert manifest(spec, 0.5) == {
        "decay": {"factors": list(codes.factors), "shift": 12, "tick_ms": 1.0, "terms": 3}
    }
