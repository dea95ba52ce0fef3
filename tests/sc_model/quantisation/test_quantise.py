"""A layer in integers: scales, thresholds, leaks, delays, codes, and what does not fit."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from sc_model.golden.network.network import Network
from sc_model.quantisation import FloatLayer, QuantisedLayer, network_design, quantise
from sc_model.spec import ConfigError, DenseSpec, HetSynSpec

SHORTER = "train with shorter delays, or let the layer tick less often"

FEWER = "lower fraction or weight_bits, or give more threshold_bits (up to 40)"

WEIGHT = np.array([[0.5, -1.27, 0.01], [0.254, 0.0, -0.127]])


def dense(made: QuantisedLayer) -> DenseSpec:
    assert isinstance(made.spec, DenseSpec)
    return made.spec


def float_run(layer: FloatLayer, x: NDArray[Any]) -> NDArray[Any]:
    """The equations in floating point, for whole delays."""
    parts, delays = (
        [layer.weight],
        [np.zeros(layer.weight.shape) if layer.delay is None else layer.delay],
    )
    if layer.recurrent is not None:
        parts.append(layer.recurrent)
        delays.append(
            np.zeros(layer.recurrent.shape)
            if layer.recurrent_delay is None
            else layer.recurrent_delay
        )
    if layer.bias is not None:
        parts.append(layer.bias[:, None])
        delays.append(np.zeros((layer.neurons, 1)))
    weight, delay = np.concatenate(parts, 1), np.concatenate(delays, 1).astype(int)
    v, current, fired, rest = (np.zeros(layer.neurons) for _ in range(4))
    leak, threshold = layer.per_neuron("leak"), layer.per_neuron("threshold")
    seen, out = np.zeros((len(x), weight.shape[1])), []
    for n, word in enumerate(x):
        own = [fired] if layer.recurrent is not None else []
        seen[n] = np.concatenate([word, *own, *([[1.0]] if layer.bias is not None else [])])
        then = n - delay
        drive = (weight * np.where(then >= 0, seen[then, np.arange(weight.shape[1])], 0)).sum(1)
        if layer.synaptic_leak is not None:
            current = drive = layer.per_neuron("synaptic_leak") * current + drive
        start = v
        if not layer.reset_delay:
            start = v - threshold * fired if layer.reset == "subtract" else v * (1 - fired)
        risen = leak * start + drive
        if layer.reset_delay:
            risen = risen - threshold * fired if layer.reset == "subtract" else risen * (1 - fired)
        rest = np.where(fired > 0, layer.refractory, np.maximum(rest - 1, 0))
        v = np.where(rest > 0, start, risen)
        fired = ((v > threshold) & (rest == 0)).astype(float)
        out.append(fired)
    return np.array(out)


def test_one_scale_a_layer() -> None:
    """1.27 is 127, so a weight of 1 stands for 0.01; a threshold of 1 is 100 weights of 16 parts
    each, and above it one more.
    """
    made = quantise(FloatLayer("hidden", WEIGHT, leak=np.array([0.5, 0.3])))
    assert made.scale == pytest.approx([0.01, 0.01])
    assert made.parameters["weight"].tolist() == [[50, -127, 1], [25, 0, -13]]
    assert made.parameters["threshold"].tolist() == [1601, 1601]
    assert made.parameters["leak"].tolist() == [2048, 1229]
    assert sorted(made.parameters) == ["leak", "threshold", "weight"]
    assert made.spec == DenseSpec(name="hidden", inputs=3, neurons=2, neuron={"threshold_bits": 11})


def test_one_scale_a_neuron() -> None:
    """0.254 is 127 too: its scale is 0.002, and its threshold in that unit 500 weights."""
    made = quantise(FloatLayer("hidden", WEIGHT), scale="row", fraction=0)
    assert made.scale == pytest.approx([0.01, 0.002])
    assert made.parameters["weight"].tolist() == [[50, -127, 1], [127, 0, -64]]
    assert made.parameters["threshold"].tolist() == [101, 501]
    assert made.errors["weight"].largest == pytest.approx(0.001)
    assert (dense(made).neuron.leak, dense(made).neuron.fraction) == ("none", 0)


def test_given_scales_clip() -> None:
    made = quantise(
        FloatLayer("hidden", WEIGHT, bias=np.array([0.2, 3.0])), scale=[0.01, 0.001], weight_bits=8
    )
    assert made.parameters["weight"].tolist() == [[50, -127, 1, 20], [127, 0, -127, 127]]
    assert (made.errors["weight"].clipped, made.errors["weight"].count) == (1, 6)
    assert (made.errors["bias"].clipped, made.errors["bias"].largest) == (
        1,
        pytest.approx(3.0 - 0.127),
    )
    assert dense(made).bias


def test_a_neuron_without_weights_has_the_scale_of_the_layer() -> None:
    made = quantise(FloatLayer("hidden", np.array([[1.27, 0.0], [0.0, 0.0]])), scale="row")
    assert made.scale == pytest.approx([0.01, 0.01])
    silent = quantise(FloatLayer("hidden", np.zeros((1, 2))))
    assert silent.parameters["weight"].tolist() == [[0, 0]]
    assert silent.errors["weight"].relative_largest == 0


@pytest.mark.parametrize(
    ("threshold", "strict", "expected"),
    [(3.0, True, 7), (3.0, False, 6), (3.2, True, 7), (3.2, False, 7), (0.3, False, 1)],
)
def test_thresholds(threshold: float, strict: bool, expected: int) -> None:
    """In halves of a weight: v > 6 is v >= 7."""
    made = quantise(
        FloatLayer("hidden", np.array([[1.0]]), threshold=threshold, strict=strict),
        scale=1.0,
        fraction=1,
    )
    assert made.parameters["threshold"].tolist() == [expected]
    assert made.errors["threshold"].largest == pytest.approx(abs(expected / 2 - threshold))


def test_a_threshold_that_only_rounding_keeps_from_a_whole_number() -> None:
    """0.3 / 0.1 is 2.9999999999999996; the layer means 3."""
    made = quantise(FloatLayer("hidden", np.array([[0.1]]), threshold=0.3), scale=0.1, fraction=0)
    assert made.parameters["threshold"].tolist() == [4]


def test_fraction_that_fits() -> None:
    """100 weights and 1 fit 16 bits with 9 places, 51,201, and 7 bits with none."""
    layer = FloatLayer("hidden", WEIGHT)
    made = quantise(layer, fraction=None)
    assert (dense(made).neuron.fraction, dense(made).neuron.threshold_bits) == (9, 16)
    assert made.parameters["threshold"].tolist() == [51201, 51201]
    assert dense(quantise(layer, fraction=None, threshold_bits=7)).neuron.fraction == 0


def test_delays_are_rounded_never_cut() -> None:
    delay = np.array([[0.5, 3.999, 1.5], [2.2, 0.0, 1.0]])
    made = quantise(FloatLayer("hidden", WEIGHT, delay=delay, bias=np.ones(2)))
    assert made.parameters["delay"].tolist() == [[0, 4, 2, 0], [2, 0, 1, 0]]
    assert made.spec.max_delay == 4
    assert made.errors["delay"].largest == 0.5
    assert quantise(FloatLayer("hidden", WEIGHT, delay=delay), max_delay=9).spec.max_delay == 9
    assert "delay" not in quantise(FloatLayer("hidden", WEIGHT, delay=delay * 0.1)).parameters


def test_leaks() -> None:
    """The nearest shift for all: 1 - 2^-4 is 0.9375."""
    leak = np.array([0.93, 0.95])
    shift = quantise(FloatLayer("hidden", WEIGHT, leak=leak), leak="shift")
    assert (dense(shift).neuron.leak, dense(shift).neuron.leak_shift) == ("shift", 4)
    assert shift.errors["leak"].largest == pytest.approx(0.0125)
    coarse = quantise(FloatLayer("hidden", WEIGHT, leak=leak, synaptic_leak=1.0), factor_shift=4)
    assert coarse.parameters["leak"].tolist() == [15, 15]
    assert coarse.parameters["synaptic_leak"].tolist() == [16, 16]
    assert coarse.errors["leak"].rms == pytest.approx(np.sqrt(np.mean((leak - 15 / 16) ** 2)))
    assert coarse.errors["leak"].relative_largest == pytest.approx(0.0125 / 0.95)


def test_time_constants_make_a_hetsyn_layer() -> None:
    tau = np.array([[0.5, 5.0, 400.0], [20.0, 50.0, 100.0]])
    made = quantise(
        FloatLayer("hidden", WEIGHT, tau=tau, leak=0.5, strict=False), code_bits=8, terms=0
    )
    assert isinstance(made.spec, HetSynSpec)
    codes = made.spec.codes(1.0)
    assert made.parameters["code"].tolist() == [codes.encode(row) for row in tau.tolist()]
    assert made.spec.neuron.threshold == 100 * 1024
    assert (made.spec.neuron.leak_shift, made.spec.neuron.reset) == (1, "subtract")
    assert made.errors["tau"].clipped == 1
    assert made.errors["tau"].largest == pytest.approx(300, rel=0.01)


def test_a_slower_layer_has_longer_ticks() -> None:
    tau = np.array([[20.0, 50.0, 100.0]])
    made = quantise(FloatLayer("hidden", WEIGHT[:1], tau=tau), tick_ms=4.0, tick_interval=4)
    assert isinstance(made.spec, HetSynSpec)
    assert made.parameters["code"].tolist() == [made.spec.codes(1.0).encode(tau[0].tolist())]


@pytest.mark.parametrize(
    "more",
    [
        {},
        {"reset": "zero", "leak": 1.0},
        {"reset_delay": True},
        {"reset": "zero", "reset_delay": True},
        {"refractory": 3},
        {"synaptic_leak": 0.5},
        {"delays": True},
        {"recurrent": True, "bias": True},
        {
            "recurrent": True,
            "delays": True,
            "synaptic_leak": 0.25,
            "reset": "zero",
            "refractory": 1,
        },
    ],
)
@pytest.mark.parametrize("scale", ["tensor", "row"])
def test_numbers_that_hardware_has_lose_nothing(more: dict[str, Any], scale: Any) -> None:
    """Dyadic weights, thresholds half a unit above one, leaks of a half for some ticks: the golden
    network is the float one.

    A leak of a half needs a binary place a tick; with 16 of them no rounding is met before spikes
    reset to zero or decay.
    """
    rng = np.random.default_rng(0)
    size = {"neurons": 5, "inputs": 6}
    weight = rng.integers(-40, 64, (size["neurons"], size["inputs"])).astype(float)
    weight[:, 0] = 127
    arrays: dict[str, Any] = {"leak": 0.5}
    if more.get("delays"):
        arrays["delay"] = rng.integers(0, 10, weight.shape)
    if more.get("recurrent"):
        arrays["recurrent"] = rng.integers(-40, 20, (5, 5)).astype(float)
        if more.get("delays"):
            arrays["recurrent_delay"] = rng.integers(0, 10, (5, 5))
    if more.get("bias"):
        arrays["bias"] = rng.integers(0, 9, 5).astype(float)
    plain = {
        name: value for name, value in more.items() if name not in ("delays", "recurrent", "bias")
    }
    # the integer threshold is one unit of 2^-16 above: it is what a spike takes off
    threshold = rng.integers(60, 200, 5) + 0.5 - 2.0**-16
    layer = FloatLayer("hidden", weight, threshold=threshold, **(arrays | plain))
    made = quantise(layer, scale=scale, fraction=16)
    assert made.errors["weight"].largest == 0
    x = (rng.random((200, size["inputs"])) < 0.3).astype(np.uint8)
    expected = float_run(layer, x)
    assert 0.02 < expected.mean() < 0.8
    design, parameters = network_design("exact", [made])
    assert design.network is not None
    assert np.array_equal(Network(design.network, parameters).run(x), expected)


def whole(message: str) -> str:
    return "^" + re.escape(f"layer 'hidden': {message}") + "$"


@pytest.mark.parametrize(
    ("layer", "options", "message"),
    [
        (
            {"delay": np.full((2, 3), 63.6)},
            {},
            f"delay must be <= 63 ticks, not 63.6 at (0, 0); {SHORTER}",
        ),
        (
            {"delay": np.full((2, 3), 4.2)},
            {"max_delay": 3},
            f"delay must be <= 3 ticks, not 4.2 at (0, 0); {SHORTER}",
        ),
        ({}, {"max_delay": 64}, "max_delay must be in [0, 63], not 64"),
        (
            {"threshold": 1e12},
            {},
            (
                "the largest threshold must fit 40 bits, not be 1600000000000001 (51 bits with"
                f" fraction 4); {FEWER}"
            ),
        ),
        (
            {},
            {"threshold_bits": 10},
            (
                "the largest threshold must fit 10 bits, not be 1601 (11 bits with fraction 4);"
                f" {FEWER}"
            ),
        ),
        (
            {"threshold": 1e20},
            {},
            (
                "thresholds must be below 2^40 units, not 1.6e+23; its weights are too small to be"
                " ever heard"
            ),
        ),
        ({}, {"weight_bits": 1}, "weight_bits must be in [2, 18], not 1; one bit is the sign"),
        ({}, {"fraction": 17}, "fraction must be in [0, 16], not 17"),
        (
            {},
            {"leak": "shfit"},
            "leak must be 'factor' or 'shift', not 'shfit'; did you mean 'shift'?",
        ),
        (
            {},
            {"scale": "rows"},
            "scale must be 'tensor', 'row' or numbers > 0, not 'rows'; did you mean 'row'?",
        ),
        (
            {},
            {"scale": 0.0},
            "scale must be 'tensor', 'row', or a finite number > 0 or 2 of them, not 0.0",
        ),
    ],
)
def test_what_does_not_fit(layer: dict[str, Any], options: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigError, match=whole(message)):
        quantise(FloatLayer("hidden", WEIGHT, **layer), **options)


@pytest.mark.parametrize(
    ("layer", "options", "what"),
    [
        ({"recurrent": np.zeros((2, 2))}, {}, "it must have no recurrent weights"),
        ({"bias": np.zeros(2)}, {}, "it must have no bias"),
        ({"synaptic_leak": 0.5}, {}, "it must have no synaptic leak"),
        ({"reset_delay": True}, {}, "its reset must not be delayed"),
        ({"threshold": np.array([1.0, 2.0])}, {}, "its thresholds must be equal"),
        ({}, {"scale": "row"}, "its scale must be one number ('tensor')"),
        ({"leak": np.array([0.5, 0.75])}, {}, "its leaks must be equal"),
    ],
)
def test_what_a_hetsyn_layer_can_not_be(
    layer: dict[str, Any], options: dict[str, Any], what: str
) -> None:
    message = (
        f"layer 'hidden' has time constants of synapses, so {what}; take tau away for a dense layer"
    )
    with pytest.raises(ConfigError, match=f"^{re.escape(message)}$"):
        quantise(FloatLayer("hidden", WEIGHT, tau=np.full((2, 3), 5.0), **layer), **options)


def test_a_hetsyn_leak_is_a_power_of_two() -> None:
    message = (
        "layer 'hidden' has time constants of synapses, so its leak must be 1 or 1 - 2^-shift with"
        " shift in [1, 31], not 0.8"
    )
    with pytest.raises(ConfigError, match=f"^{re.escape(message)}$"):
        quantise(FloatLayer("hidden", WEIGHT, tau=np.full((2, 3), 5.0), leak=0.8))
    with pytest.raises(
        ConfigError,
        match=(
            r"^layer 'hidden': its neurons' threshold must be <= 2147483647, not 102400000000001\.$"
        ),
    ):
        quantise(FloatLayer("hidden", WEIGHT, tau=np.full((2, 3), 5.0), threshold=1e9))


@pytest.mark.parametrize("synaptic", [None, 0.5])
def test_a_neuron_without_reset_has_room_for_all_that_it_sums_up(synaptic: float | None) -> None:
    """A current of 1 in each tick drives it to 16 or 32 times a weight; a potential that saturated
    at a few of them would fall below the threshold too early when the current ends.
    """
    top = 16.0 if synaptic is None else 32.0
    layer = FloatLayer(
        "readout",
        np.ones((1, 1)),
        threshold=0.2 * top,
        leak=1 - 1 / 16,
        synaptic_leak=synaptic,
        reset="none",
    )
    design, parameters = network_design("net", [quantise(layer, weight_bits=4)], tick_ms=1.0)
    assert design.network is not None
    x = np.ones((120, 1), int)
    x[80:] = 0
    spikes = Network(design.network, parameters).run(x)[:, 0]
    v, s, expected = 0.0, 0.0, []
    for each in x[:, 0]:
        s = (synaptic or 0.0) * s + each
        v = v * (1 - 1 / 16) + s
        expected.append(int(v > 0.2 * top))
    assert np.count_nonzero(spikes != expected) <= 1  # where a rounded leak is at the threshold
    assert sum(expected) > 80
