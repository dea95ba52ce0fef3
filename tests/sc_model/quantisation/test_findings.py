"""What rounding takes, in words: the numbers by exact arithmetic, the remedies by trying them."""

from __future__ import annotations

import re
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sc_model.quantisation import Finding, FloatLayer, LossError, QuantisedLayer, quantise
from sc_model.quantisation.findings import MATERIAL, band, leak_errors, per_cent
from sc_model.spec import DenseSpec


def layer(weight: Any = ((1.0,),), **more: Any) -> FloatLayer:
    return FloatLayer("n", np.array(weight), **more)


def of_kind(made: QuantisedLayer, kind: str) -> list[Finding]:
    return [each for each in made.findings if each.kind == kind]


def one(made: QuantisedLayer, kind: str) -> Finding:
    (found,) = of_kind(made, kind)
    return found


OPTIONS = {
    "--leak-bits": "factor_shift",
    "--weight-bits": "weight_bits",
    "--fraction": "fraction",
    "--scale": "scale",
    "--leak": "leak",
}


def tried(finding: Finding, what: FloatLayer, **options: Any) -> QuantisedLayer:
    """The layer once more, with the remedy of a finding."""
    for option, value in re.findall(r"(--[a-z-]+) ([a-z0-9]+)", finding.text.split(";")[-1]):
        options[OPTIONS[option]] = int(value) if value.isdigit() else value
    return quantise(what, **options)


def promised(finding: Finding) -> float:
    """What the remedy of a finding is said to leave or to keep, as a share."""
    return float(re.findall(r"([0-9.e-]+) %", finding.text.split(";")[-1])[0]) / 100


# --- leaks ----------------------------------------------------------------------------------------


def exact_leak_error(kept: float, places: int) -> Fraction:
    """The error of a leak as part of itself, by rational numbers."""
    meant = 1 - Fraction(kept)
    whole = Fraction(round(Fraction(kept) * 2**places), 2**places)
    return abs((1 - whole) - meant) / meant if meant else Fraction(0)


@given(st.floats(0.0, 1.0), st.integers(4, 16))
@settings(max_examples=200, deadline=None)
def test_errors_of_leaks_are_those_of_rational_numbers(kept: float, places: int) -> None:
    found = float(leak_errors(np.array([kept]), places)[0])
    # 1 - kept is exact in float64 from 0.5 on; below, its last place is no part of a leak
    assert found == pytest.approx(float(exact_leak_error(kept, places)), rel=1e-6, abs=1e-9)


@pytest.mark.parametrize(
    ("leaks", "bits", "who"),
    [
        ([0.9999], 12, "1 of 1 neurons"),
        ([0.5] * 39 + [0.99995], 12, "1 of 40 neurons, neuron 39"),
        ([0.99, 0.9, 0.8], 5, "1 of 3 neurons, neuron 0"),
        ([1 - 2.0**-9, 1 - 2.0**-10], 8, "2 of 2 neurons"),
    ],
)
def test_a_leak_that_became_none(leaks: list[float], bits: int, who: str) -> None:
    what = layer(np.ones((len(leaks), 1)), leak=np.array(leaks))
    finding, *others = of_kind(quantise(what, factor_shift=bits), "leak")
    assert finding.lost
    assert len(others) == (len(leaks) == 3)  # the other two are off
    assert finding.text.startswith(f"leak of 'n' ({who}) became none: 100 % of it is lost; ")
    again = tried(finding, what)
    assert isinstance(again.spec, DenseSpec)
    worst = max(exact_leak_error(each, again.spec.neuron.factor_shift) for each in leaks)
    assert float(1 - worst) == pytest.approx(promised(finding), abs=0.006)
    assert worst < Fraction(1, 10)


def test_a_leak_that_is_off_is_measured_by_itself() -> None:
    """7 of 2^16 are not 6.55 of them; of what is left of a potential that is nothing."""
    what = layer(leak=0.9999)
    finding = one(quantise(what, factor_shift=16), "leak")
    assert finding.text == (
        "leak of 'n' (1 of 1 neurons) is off by up to 6.8 %: 0.000107 a tick where 0.0001 was"
        " meant; no width up to --leak-bits 16 keeps more of it; a step that is 7.6 times as long,"
        " or shorter time constants, would"
    )
    assert finding.neurons == (0,)
    longer = layer(leak=1 - 7.7e-4)
    assert not of_kind(quantise(longer, factor_shift=16), "leak")


def test_leaks_of_currents_and_shifts() -> None:
    what = layer([[1.0]], leak=0.5, synaptic_leak=0.9998)
    finding = one(quantise(what), "synaptic_leak")
    assert finding.text.startswith("leak of the synaptic current of 'n' (1 of 1 neurons)")
    slow = layer([[1.0]], leak=0.3)
    shift = one(quantise(slow, leak="shift"), "leak")
    assert "is off by up to 29 %: 0.5 a tick where 0.7 was meant" in shift.text
    assert not of_kind(tried(shift, slow), "leak")


def test_a_current_that_never_decays_is_no_loss() -> None:
    assert not of_kind(quantise(layer(leak=0.0, synaptic_leak=1.0)), "synaptic_leak")
    mixed = quantise(layer([[1.0], [1.0]], leak=np.array([1.0, 0.5])), leak="shift")
    assert one(mixed, "leak").neurons == (0, 1)  # one shift for both, a quarter a tick


# --- dead bands -----------------------------------------------------------------------------------


@given(st.integers(4, 16), st.data())
@settings(max_examples=60, deadline=None)
def test_a_dead_band_is_the_largest_potential_that_stays(places: int, data: Any) -> None:
    one_ = 1 << places
    kept: int = data.draw(st.integers(max(0, one_ - 300), one_ - 1))
    found = int(band(np.array([kept]), places)[0])

    def after(v: int) -> int:
        return (v * kept + (1 << places - 1)) >> places

    assert after(found) == found
    assert after(found + 1) <= found


@pytest.mark.parametrize(
    ("weights", "leak", "threshold"),
    [([[1.0, 0.25]], 0.998, 0.375), ([[0.5], [2.0]], 0.999, 0.6), ([[3.0, -1.0]], 0.9995, 5.0)],
)
def test_potentials_that_never_decay(weights: Any, leak: float, threshold: float) -> None:
    what = layer(weights, leak=leak, threshold=threshold)
    made = quantise(what, fraction=0)
    finding = one(made, "dead_band")
    assert finding.lost
    share = max(
        band(made.parameters["leak"], 12) / made.parameters["threshold"]
    )  # of the threshold, of units that were tried above
    assert f"up to {per_cent(float(share))} of the threshold" in finding.text
    again = tried(finding, what)
    left = max(band(again.parameters["leak"], 12) / again.parameters["threshold"])
    assert left == pytest.approx(promised(finding), rel=0.1)
    assert left < max(MATERIAL, share / 2**15)


def test_a_held_current_is_said_by_the_potential_that_it_holds() -> None:
    what = layer(leak=0.99, synaptic_leak=0.99, threshold=50.0)
    finding = one(quantise(what, fraction=0), "dead_band")
    assert finding.text.startswith("synaptic currents of 'n' (1 of 1 neurons) up to 49 units")
    assert "never decay and hold the potential at up to 77 % of the threshold" in finding.text


def test_a_shift_holds_all_below_its_power_of_two() -> None:
    what = layer(leak=1 - 2.0**-6)
    made = quantise(what, leak="shift", fraction=0)
    finding = one(made, "dead_band")
    assert "potentials of 'n' (1 of 1 neurons) up to 49 % of the threshold" in finding.text
    assert (63 - (63 >> 6), 64 - (64 >> 6)) == (63, 63)
    assert made.parameters["threshold"].tolist() == [128]


# --- weights, biases, thresholds ------------------------------------------------------------------


@pytest.mark.parametrize(
    ("weights", "count", "part"),
    [
        ([[1000.0, 1.0, 1.0, 1.0]], "3 of 4", "50 %"),
        ([[900.0, 1.0], [1.0, 0.5]], "3 of 4", "50 %"),
        ([[-300.0, 0.0, 0.3]], "1 of 2", "15 %"),
    ],
)
def test_weights_that_became_0(weights: Any, count: str, part: str) -> None:
    what = layer(weights, threshold=2.0, leak=0.5)
    made = quantise(what)
    finding = one(made, "weight")
    gone = (what.weight != 0) & (made.parameters["weight"] == 0)
    assert finding.lost
    assert f"{count} became 0, the largest of them {part} of the threshold" in finding.text
    assert int(gone.sum()) == int(count[0])
    again = tried(finding, what)
    errors = np.abs(again.parameters["weight"] * again.scale[:, None] - what.weight) * gone
    assert (errors.sum(1) * 2 / 2.0).max() == pytest.approx(promised(finding), rel=0.1)
    assert (errors.sum(1) * 2 / 2.0).max() < MATERIAL


def test_weights_that_are_nothing_beside_the_threshold_are_a_note() -> None:
    finding = one(quantise(layer([[1.0, 0.001]], threshold=5.0, leak=0.5)), "weight")
    assert not finding.lost
    assert finding.text.endswith("1 of 2 became 0, the largest of them 0.02 % of the threshold")


def test_recurrent_weights_and_biases_are_told_apart() -> None:
    what = layer(
        [[100.0], [100.0]],
        recurrent=np.array([[0.0, 0.2], [0.0, 0.0]]),
        bias=np.array([0.0, -0.3]),
        threshold=1.0,
        leak=0.5,
    )
    made = quantise(what)
    assert "recurrent weights of 'n' (1 of 2 neurons, neuron 0): 1 of 1 became 0" in (
        one(made, "recurrent").text
    )
    assert "biases of 'n' (1 of 2 neurons, neuron 1): 1 of 1 became 0" in one(made, "bias").text
    assert not of_kind(made, "weight")


def test_a_bias_adds_up() -> None:
    """0.6 units of bias become 1, in every tick; a hundredth of a potential leaks."""
    what = layer([[127.0]], bias=np.array([0.6]), threshold=1000.0, leak=0.99)
    finding = one(quantise(what), "bias")
    assert finding.text.startswith(
        "biases of 'n' (1 of 1 neurons) are off: that adds up to 4 % of the threshold; --weight-"
    )
    assert not of_kind(tried(finding, what), "bias")


def test_weights_that_saturate() -> None:
    finding = one(quantise(layer([[2.0, -1.0, 0.1]]), scale=0.005), "weight")
    assert finding.lost
    assert "2 of 3 saturated, the largest at 3.15 times what 8 bits hold" in finding.text


def test_weights_that_are_coarse() -> None:
    what = layer(np.linspace(0.3, 0.987, 40)[None], threshold=0.7, leak=0.9)
    finding = one(quantise(what, weight_bits=4), "weight")
    assert "with a tenth of the inputs their errors add up to some" in finding.text
    assert not [each for each in tried(finding, what).findings if each.lost]


@pytest.mark.parametrize(("threshold", "units"), [(0.3, 0.3), (2.4, 2.4), (1e-3, 0.001)])
def test_thresholds_of_few_units(threshold: float, units: float) -> None:
    what = layer([[127.0]], threshold=threshold, strict=False)
    finding = one(quantise(what, fraction=0), "threshold")
    assert finding.lost
    assert f"units where {units:.3g} were meant" in finding.text
    assert not of_kind(tried(finding, what), "threshold") or threshold < 0.01


def test_a_whole_threshold_is_exact_where_nothing_is_taken_off() -> None:
    """v > 3 is v >= 4 of integers; only subtraction takes 4 in place of 3."""
    assert not of_kind(
        quantise(layer([[127.0]], threshold=3.0, reset="zero"), fraction=0), "threshold"
    )
    assert of_kind(quantise(layer([[127.0]], threshold=3.0), fraction=0), "threshold")


# --- ties, potentials, delays, time constants -----------------------------------------------------


@pytest.mark.parametrize(
    ("weights", "strict", "lost"),
    [
        ([[1.0, 0.5]], True, False),
        ([[1.0, 0.5]], False, False),
        # a half of 127 is 64, and two of them are above it
        ([[1.0, 0.5]], True, True),
    ],
)
def test_ties(weights: Any, strict: bool, lost: bool) -> None:
    what = layer(weights, threshold=1.0, strict=strict)
    made = quantise(what, fraction=0, scale="tensor" if lost else 1 / 64)
    finding = one(made, "tie")
    assert finding.lost == lost
    assert "spikes of 2 synapses add up to exactly the threshold" in finding.text
    assert ("don't fire" if strict else "neurons fire") in finding.text
    assert ("turns that round for 1 of them" in finding.text) == lost


def test_potentials_that_can_saturate_are_a_note() -> None:
    what = layer([[-1.0] * 4], leak=0.999, threshold=1.0)
    finding = one(quantise(what), "potential")
    assert not finding.lost
    wider = quantise(what, potential_bits=int(re.findall(r"bits (\d+)", finding.text)[0]))
    assert not of_kind(wider, "potential")


def test_delays_and_time_constants() -> None:
    late = quantise(layer([[1.0, 1.0]], delay=np.array([[0.4, 2.0]])))
    assert (
        "1 of 2 are no whole ticks and were rounded, by up to 0.4 ticks" in one(late, "delay").text
    )
    tau = np.array([[5.0, 4000.0]])
    traces = quantise(layer([[1.0, 1.0]], tau=tau))
    texts = [each.text for each in of_kind(traces, "tau")]
    assert "1 of 2 lie outside [0.5, 100] ms and became an end of it" in texts[0]
    assert "--tau-min-ms 0.5 --tau-max-ms 4000 hold all" in texts[0]
    assert not one(traces, "trace").lost
    coarse = quantise(layer([[1.0, 1.0]], tau=np.array([[5.0, 77.0]])), code_bits=2)
    assert "--code-bits 8 --terms 0 makes it" in of_kind(coarse, "tau")[0].text


def test_nothing_is_said_of_a_layer_that_loses_nothing() -> None:
    assert quantise(layer([[64.0, -32.0]], leak=0.5, threshold=70.3), scale=1.0).findings == ()


@pytest.mark.parametrize(
    ("share", "text"),
    [(0.9999, "99.9 %"), (1.0, "100 %"), (0.0123, "1.2 %"), (3.2, "320 %"), (5e4, "50,000 times")],
)
def test_shares_in_words(share: float, text: str) -> None:
    assert per_cent(share) == text


def test_losses_of_a_strict_import() -> None:
    error = LossError(["a is lost", "b is lost"])
    assert error.losses == ("a is lost", "b is lost")
    assert str(error) == "a is lost (and 1 more)"
