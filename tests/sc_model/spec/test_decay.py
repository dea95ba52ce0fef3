"""Decay codes: signed digits, the factors that are chosen, their errors against a search by brute
force.
"""

from __future__ import annotations

import itertools
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sc_model.spec import ConfigError, HetSynSpec, decay_codes
from sc_model.spec.decay import signed_digits, time_constant


@given(st.integers(0, 1 << 16))
def test_signed_digits_are_the_number_and_never_side_by_side(value: int) -> None:
    digits = signed_digits(value)
    assert sum(-(1 << power) if minus else 1 << power for power, minus in digits) == value
    assert all(high > low + 1 for (high, _), (low, _) in itertools.pairwise(digits))


def fewest_terms(bits: int) -> dict[int, int]:
    """How many signed powers of two each number needs, by adding them up in all ways."""
    powers = [sign << power for power in range(bits + 2) for sign in (1, -1)]
    known = {0: 0}
    for terms in range(1, 5):
        for value, power in itertools.product(
            [v for v, t in known.items() if t == terms - 1], powers
        ):
            known.setdefault(value + power, terms)
    return known


def test_no_form_of_a_factor_has_fewer_terms() -> None:
    needed = fewest_terms(8)
    assert all(
        len(signed_digits(value)) == needed[value]
        for value in range(1 << 8)
        if needed.get(value, 5) <= 4
    )


@pytest.mark.parametrize("terms", [2, 3, 4, 0])
@pytest.mark.parametrize("bits", [1, 2])
def test_no_other_choice_of_factors_has_a_smaller_worst_error(terms: int, bits: int) -> None:
    """Every set of factors of 5 bits is tried, for time constants from 2 to 10 ms."""
    codes = decay_codes(bits, terms, shift=5, tau_min_ms=2.0, tau_max_ms=10.0)
    able = [d for d in range(1, 32) if terms == 0 or len(signed_digits(d)) <= terms]
    taus = [time_constant(d, 5, 1.0) for d in able]
    near = [tau for tau in taus if 1 < tau < 20]
    points = [2.0 * 5 ** (k / 100) for k in range(101)]

    def worst(chosen: tuple[float, ...]) -> float:
        return max(min(abs(tau - point) / point for tau in chosen) for point in points)

    best = min(worst(chosen) for chosen in itertools.combinations(near, min(1 << bits, len(near))))
    assert worst(codes.taus_ms) == pytest.approx(best, rel=0.02)
    assert codes.errors(101)[0] == pytest.approx(worst(codes.taus_ms))


@pytest.mark.parametrize(
    ("bits", "terms", "worst"),
    # prototype measurements with every factor of 12 bits: 3 powers 10.9 %, 4 powers 2.5 %, a 12-bit
    # multiplier 1.2 %
    [(8, 3, 0.109), (8, 4, 0.0255), (8, 0, 0.0121), (6, 0, 0.044), (5, 0, 0.085)],
)
def test_worst_errors(bits: int, terms: int, worst: float) -> None:
    codes = decay_codes(bits, terms)
    assert codes.errors()[0] <= worst
    assert len(codes.factors) <= 1 << bits
    assert list(codes.factors) == sorted(set(codes.factors))
    assert all(len(signed_digits(factor)) <= terms for factor in codes.factors) or terms == 0


@given(st.floats(0.01, 1000.0), st.sampled_from([0, 2, 3]), st.sampled_from([1.0, 10.0]))
def test_nearest(tau: float, terms: int, tick: float) -> None:
    codes = decay_codes(5, terms, tick)
    taus = codes.taus_ms
    assert abs(taus[codes.nearest(tau)] - tau) == min(abs(each - tau) for each in taus)


def test_a_long_tick_begins_where_anything_is_left() -> None:
    codes = decay_codes(6, 3, 20.0)
    assert codes.tau_min_ms == pytest.approx(20 / math.log(4096))
    assert codes.errors()[0] < 0.11


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        ((0, 3), "Decay codes need code_bits in [1, 12], not 0."),
        ((6, 5), "Decay codes need terms in [0, 4], not 5."),
        ((6, 3, 1.0, 3), "Decay codes need shift in [4, 16], not 3."),
        (
            (6, 3, 0.0),
            "Decay codes need tick_ms > 0 and 0 < tau_min_ms < tau_max_ms, not 0.0, 0.5 and 100.0.",
        ),
        (
            (6, 3, 1.0, 12, 5.0, 5.0),
            "Decay codes need tick_ms > 0 and 0 < tau_min_ms < tau_max_ms, not 1.0, 5.0 and 5.0.",
        ),
        (
            (6, 3, 900.0),
            (
                "Decay codes need a tick in which a trace does not vanish: after 900.0 ms a time"
                " constant of 100.0 ms leaves less than 2^-12; take a shorter tick or a larger"
                " shift."
            ),
        ),
        (
            (6, 3, 1e-6),
            (
                "Decay codes need factors that reach the shortest time constant: with ticks of"
                " 1e-06 ms a factor of 12 places stands for 0.0041 ms at most, not 0.5 ms; take a"
                " longer tick or a larger shift."
            ),
        ),
    ],
)
def test_errors_say_what_is_allowed(arguments: tuple[float, ...], text: str) -> None:
    with pytest.raises(ConfigError) as caught:
        decay_codes(*arguments)  # type: ignore[arg-type]
    assert str(caught.value) == text


def test_the_codes_of_a_layer_are_for_its_tick() -> None:
    layer = HetSynSpec(name="slow", inputs=2, neurons=1, tick_interval=10, terms=4, code_bits=7)
    assert layer.codes(0.5) == decay_codes(7, 4, 5.0)
