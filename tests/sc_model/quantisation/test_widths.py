"""Widths that follow from a layer's numbers: leaks, potentials and weights keep what they are."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sc_model.quantisation import FloatLayer, check_widths, quantise, widest, widths
from sc_model.quantisation.findings import MATERIAL, held_shares, leak_errors
from sc_model.quantisation.widths import RANGES, exact_scale
from sc_model.spec import ConfigError, DenseSpec, HetSynSpec, IntFormat


def layer(weight: Any = ((1.0,),), **more: Any) -> FloatLayer:
    return FloatLayer("n", np.array(weight), **more)


@given(
    tau=st.floats(1.0, 2000.0),
    threshold=st.floats(0.01, 100.0),
    size=st.tuples(st.integers(1, 3), st.integers(1, 9)),
    more=st.fixed_dictionaries(
        {"strict": st.booleans(), "reset": st.sampled_from(("zero", "subtract", "none"))}
    ),
    seed=st.integers(0, 99),
)
@settings(max_examples=25, deadline=None)
def test_what_is_chosen_fits_and_keeps_leaks(
    tau: float, threshold: float, size: tuple[int, int], more: dict[str, Any], seed: int
) -> None:
    rng = np.random.default_rng(seed)
    what = layer(rng.normal(size=size), leak=1 - 1 / tau, threshold=threshold, **more)
    chosen = widths(what)
    made = quantise(what, **chosen)
    assert isinstance(made.spec, DenseSpec)
    neuron = made.spec.neuron
    error = float(leak_errors(what.per_neuron("leak"), neuron.factor_shift).max())
    kept = what.per_neuron("leak")
    assert error <= 0.005 or error == min(leak_errors(kept, each).max() for each in range(12, 17))
    _, shares = held_shares(what, made.spec, made.parameters)
    assert all(each.max() < MATERIAL for each in shares.values())
    assert neuron.threshold_bits <= 40
    form = neuron.potential_format(made.spec.current_format(IntFormat(1)))
    assert form.width + neuron.factor_shift <= 62  # the model stays in int64
    assert not made.errors["weight"].clipped
    assert quantise(what, **widest(what, {})).spec.weight_bits == 18


@pytest.mark.parametrize(
    ("weights", "bits", "whole"),
    [
        ([[1.0, 0.25]], 8, [[124, 31]]),
        ([[1000.0, 1.0, 1.0]], 11, [[1000, 1, 1]]),
        ([[0.3, -0.1], [0.2, 0.0]], 8, [[126, -42], [84, 0]]),
        ([[1 / 3, 2 / 7]], 8, [[126, 108]]),
    ],
)
def test_weights_that_are_multiples_of_one_unit(
    weights: list[list[float]], bits: int, whole: list[list[int]]
) -> None:
    scale = exact_scale(layer(weights), bits)
    assert scale is not None
    made = quantise(layer(weights), weight_bits=bits, scale=scale)
    assert made.parameters["weight"].tolist() == whole
    assert made.errors["weight"].largest < 1e-12


def test_weights_that_are_no_multiples() -> None:
    assert exact_scale(layer([[1000.0, 1.0]]), 8) is None
    assert exact_scale(layer([[0.0]]), 8) is None
    assert exact_scale(layer(np.random.default_rng(0).normal(size=(3, 3))), 8) is None


@pytest.mark.parametrize(
    ("what", "name", "least"),
    [
        (layer(leak=0.9999), "factor_shift", 16),
        (layer(leak=1 - 1 / 800), "factor_shift", 14),
        (layer([[1.0, 0.25]], leak=0.998, threshold=0.375), "fraction", 8),
        (layer([[1000.0, 1.0, 1.0, 1.0]], threshold=2.0, leak=0.9), "weight_bits", 11),
        (layer([[1.0]], leak=0.99, synaptic_leak=0.99), "fraction", 10),
        (layer([[-1.0] * 9], leak=0.999), "potential_bits", 20),
    ],
)
def test_slow_leaks_weak_synapses_and_far_apart_weights(
    what: FloatLayer, name: str, least: int
) -> None:
    chosen = widths(what)
    assert chosen[name] >= least
    lost = [each.kind for each in quantise(what, **chosen).findings if each.lost]
    assert lost == (["leak"] if what.per_neuron("leak")[0] == 0.9999 else [])  # 16 bits are all


def test_given_widths_stay() -> None:
    what = layer([[1000.0, 1.0]], leak=0.9999)
    given_ = {"weight_bits": 8, "scale": "tensor", "factor_shift": 12, "fraction": 4}
    found = widths(what, given_ | {"max_delay": None})
    assert {name: found[name] for name in given_} == given_
    again = widest(what, {"weight_bits": 9})
    assert (again["weight_bits"], again["factor_shift"]) == (9, 16)


def test_time_constants_get_codes_that_hold_them() -> None:
    what = layer([[1.0, 0.5]], tau=np.array([[0.4, 300.0]]))
    chosen = widths(what, {"fraction": 3})
    assert (chosen["tau_min_ms"], chosen["tau_max_ms"]) == (0.4, 300.0)
    assert "fraction" not in chosen  # of the other kind of layer
    made = quantise(what, tick_ms=0.1, **widths(what, tick_ms=0.1))
    assert isinstance(made.spec, HetSynSpec)
    assert not [each for each in made.findings if each.lost]


@pytest.mark.parametrize(
    ("name", "value"),
    [(name, bound) for name, (_, low, high) in RANGES.items() for bound in (low - 1, high + 1)],
)
def test_widths_out_of_their_range(name: str, value: float) -> None:
    option, low, high = RANGES[name]
    with pytest.raises(ConfigError) as error:
        check_widths([layer()], {name: value})
    text = f"{name} ({option}) must be in [{low:g}, {high:g}], not {value}."
    assert str(error.value) == text


def test_widths_of_another_kind_of_layer() -> None:
    traces = layer(tau=np.array([[5.0]]))
    with pytest.raises(ConfigError, match=r"^trace_bits \(--trace-bits\) is of layers whose"):
        check_widths([layer()], {"trace_bits": 12})
    with pytest.raises(ConfigError, match=r"^fraction \(--fraction\) is of layers without time"):
        check_widths([traces], {"fraction": 4})
    check_widths([layer(), traces], {"fraction": 4, "trace_bits": 12, "terms": None})
    with pytest.raises(ConfigError, match="must be a whole number in"):
        check_widths([layer()], {"fraction": 2.5})
