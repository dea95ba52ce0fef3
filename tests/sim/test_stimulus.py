"""Random values fit their formats at any width, and come to the corners."""

from __future__ import annotations

import numpy as np
import pytest

from sc_model.spec import IntFormat
from sc_sim.stimulus import REGIME_STEPS, LayerRegimes, Regimes, corners, uniform

FORMS = [
    IntFormat(width, signed)
    for width, signed in (
        (1, False), (1, True), (2, True), (8, True), (48, False),
        (62, False), (63, True), (64, True), (64, False), (200, True),
    )
]  # fmt: skip


@pytest.mark.parametrize("form", FORMS, ids=str)
def test_values_are_in_their_format(form: IntFormat) -> None:
    rng = np.random.default_rng(1)
    anywhere = uniform(rng, form.lo, form.hi, 400)
    assert form.lo <= anywhere.min() <= anywhere.max() <= form.hi
    if form.width > 1:  # each half of the range is drawn from
        middle = (form.lo + form.hi) // 2
        assert 100 < int((anywhere > middle).sum()) < 300
    found = corners(rng, form, 400)
    assert {form.lo, form.hi} <= set(found.tolist())
    assert form.lo <= found.min() <= found.max() <= form.hi
    assert all(type(int(value)) is int for value in found)


def test_range_of_one_value_far_from_zero() -> None:
    rng = np.random.default_rng(1)
    assert uniform(rng, -(2**100), -(2**100), 3).tolist() == [-(2**100)] * 3
    assert uniform(rng, 5, 5, 3).tolist() == [5] * 3


@pytest.mark.parametrize("form", FORMS, ids=str)
def test_steps_and_series_are_in_their_format(form: IntFormat) -> None:
    regimes = Regimes(np.random.default_rng(2), {"x": form}, width=40, steps=3)
    steps = np.array([regimes.step()["x"] for _ in range(40)])
    assert steps.shape == (40, 40)
    assert {int(steps.min()), int(steps.max())} == {form.lo, form.hi}
    series = regimes.series(2 * REGIME_STEPS + 1)["x"]
    assert series.shape == (2 * REGIME_STEPS + 1,)
    assert form.lo <= series.min() <= series.max() <= form.hi


def test_regime_lasts() -> None:
    """A regime that never ends draws what it began with: points stay points."""
    rng = np.random.default_rng(3)
    regimes = Regimes(rng, {"x": IntFormat(8, signed=True)}, width=200, steps=10**9)
    steps = np.array([regimes.step()["x"] for _ in range(30)])
    still = (steps == steps[0]).all(axis=0)
    assert {-128, 0, 127} <= set(steps[0, still].tolist())
    assert not still.all()


def test_layer_is_silent_or_loud_at_times() -> None:
    regimes = LayerRegimes(np.random.default_rng(4), 30, {"m": IntFormat(4, signed=True)}, ["f"])
    steps = [regimes.step() for _ in range(300)]
    sums = {int(step["spikes"].sum()) for step in steps}
    assert {0, 30} < sums
    assert {step["f"] for step in steps} == {False, True}
    assert {min(s["modulators"]["m"] for s in steps), max(s["modulators"]["m"] for s in steps)} == {
        -8, 7,
    }  # fmt: skip
