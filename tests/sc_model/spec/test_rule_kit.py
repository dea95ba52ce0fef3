"""The parts that rule files share: exact at their limits, and what they refuse."""

from __future__ import annotations

from typing import Any

import pytest

from sc_model.graph import IntOps
from sc_model.spec import ConfigError, RuleInput, StateField
from sc_model.spec.rule_kit import (
    WeightAndTraceParams,
    all_ones,
    decay,
    float_decay,
    float_follow,
    follow,
    times,
    vectors_for,
)


@pytest.mark.parametrize("gain", range(20))
def test_times_is_a_product(gain: int) -> None:
    assert [times(value, gain) for value in (-3, 0, 1, 255)] == [
        gain * value for value in (-3, 0, 1, 255)
    ]


@pytest.mark.parametrize(
    ("value", "shift", "after"),
    [(4095, 4, 3840), (15, 4, 15), (16, 4, 15), (-1, 4, 0), (-16, 4, -15), (7, 0, 7), (7, 1, 4)],
)
def test_decay(value: int, shift: int, after: int) -> None:
    assert decay(value, shift) == after


def test_decay_without_rounding() -> None:
    assert float_decay(4096.0, 4) == 3840.0
    assert float_decay(3.5, 0) == 3.5


@pytest.mark.parametrize(
    ("trace", "spike", "after"), [(0, 0, 0), (800, 0, 750), (800, 1, 1773), (4095, 1, 4095)]
)
def test_follow(trace: int, spike: int, after: int) -> None:
    ops = IntOps()
    assert follow(ops, "t", trace, spike, shift=4, increment=1023, top=4095) == after
    assert ops.lets == {"t_decayed": decay(trace, 4)}
    exact = float_follow(ops, float(trace), spike, shift=4, increment=1023, top=4095)
    assert abs(exact - after) < 1


@pytest.mark.parametrize(("spike", "after"), [(0, 750), (1, 4095)])
def test_a_spike_that_fills_its_trace(spike: int, after: int) -> None:
    assert follow(IntOps(), "t", 800, spike, shift=4, increment=4095, top=4095) == after


def test_largest_values() -> None:
    params = WeightAndTraceParams(weight_bits=8, trace_bits=5)
    assert (params.max_weight, params.max_trace, all_ones(1)) == (255, 31, 1)


class Headroom(WeightAndTraceParams):
    headroom_bits: int = 12


def test_headroom_that_leaves_nothing() -> None:
    Headroom(headroom_bits=11).require_headroom("headroom_bits")
    with pytest.raises(ValueError, match="headroom") as caught:
        Headroom().require_headroom("headroom_bits")
    assert (
        str(caught.value) == "Params.headroom_bits (12) must be less than trace_bits (12): a spike"
        " would add nothing to its trace; widen the traces."
    )


STATE = (StateField("x", "n"), StateField("y", "n"))
INPUTS = (RuleInput("u"),)


def test_vectors() -> None:
    vector = vectors_for(STATE, INPUTS)("why", (1, 2), (0,), (3, 4))
    assert (vector.why, vector.state, vector.inputs, vector.expected) == (
        "why",
        {"x": 1, "y": 2},
        {"u": 0},
        {"x": 3, "y": 4},
    )


@pytest.mark.parametrize(
    ("values", "what"),
    [
        (((1,), (0,), (3, 4)), "state before must be 2 values (x, y), not 1"),
        (((1, 2), (), (3, 4)), "inputs must be 1 values (u), not 0"),
        (((1, 2), (0,), (3, 4, 5)), "state after must be 2 values (x, y), not 3"),
    ],
)
def test_vectors_with_other_numbers_of_values(values: Any, what: str) -> None:
    with pytest.raises(ConfigError) as caught:
        vectors_for(STATE, INPUTS)("why", *values)
    assert str(caught.value) == f"vector 'why': the {what}"


def test_one_field_is_no_tuple() -> None:
    with pytest.raises(ConfigError) as caught:
        vectors_for(STATE[0], INPUTS)  # type: ignore[arg-type]
    assert (
        str(caught.value)
        == "STATE must be a tuple, as (StateField(...),) with a comma, not one StateField"
    )
