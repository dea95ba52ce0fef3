"""Compiled networks against the golden ones on random networks of all kinds, bit for bit."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from sc_model.golden.network.network import Network, parameter_bounds
from sc_model.native import NativeError, NativeNetwork
from sc_model.spec import DenseSpec, HetSynSpec, LifSpec, NetworkSpec, PlasticLayerSpec
from sc_model.spec.plastic_stage import PlasticStageSpec

STEPS, HALF = 60, 23


def drawn_neuron(rng: np.random.Generator) -> LifSpec:
    late = bool(rng.integers(2))
    return LifSpec(
        leak=rng.choice(["factor", "shift", "none"]).item(),
        leak_shift=int(rng.integers(1, 9)),
        synaptic=bool(rng.integers(2)),
        reset=rng.choice(["zero", "subtract"]).item(),
        reset_delay=late,
        refractory=0 if late else int(rng.integers(0, 4)),
    )


def drawn_network(rng: np.random.Generator) -> NetworkSpec:
    """One to three layers of both kinds with random sizes, options and intervals."""
    layers: list[Any] = []
    inputs, interval = int(rng.integers(1, 40)), 1
    for number in range(rng.integers(1, 4)):
        interval *= int(rng.integers(1, 4))
        options: dict[str, Any] = {
            "name": f"layer_{number}",
            "inputs": inputs,
            "neurons": int(rng.integers(1, 40)),
            "tick_interval": interval,
            "policy": rng.choice(["hold", "accumulate", "once"]).item(),
            "pending_bits": int(rng.integers(1, 5)),
            "weight_bits": int(rng.integers(2, 19)),
            "max_delay": int(rng.choice([0, 0, 1, 5, 63])),
            "recurrent": bool(rng.integers(2)),
            "bias": bool(rng.integers(2)),
        }
        layers.append(
            DenseSpec(
                **options,
                engine="events" if options["inputs"] % 2 else "sweep",
                neuron=drawn_neuron(rng),
            )
            if rng.integers(2)
            else HetSynSpec(**options)
        )
        inputs = options["neurons"]
    return NetworkSpec(layers=tuple(layers))


def drawn_parameters(spec: NetworkSpec, rng: np.random.Generator) -> dict[str, Any]:
    """Parameters with which neurons neither rest nor fire all the time."""
    drawn = {}
    for name, (shape, low, high) in parameter_bounds(spec).items():
        if name.endswith("threshold"):
            high = min(high, 2000)
        if name.endswith(".weight") and not name.startswith("plastic"):
            low, high = max(low, -200), min(high, 200)
        drawn[name] = rng.integers(low, high + 1, shape)
    return drawn


def check_state(native: NativeNetwork, golden: Network) -> None:
    state = native.state()
    for spec in golden.spec.layers:
        own, crossing = state[spec.name], golden.crossings[spec.name]
        for name, values in golden.layers[spec.name].state.items():
            np.testing.assert_array_equal(own[name], values, f"{spec.name}.{name}")
        np.testing.assert_array_equal(own["pending"], crossing.pending)
        assert own["lost"] == crossing.lost


@pytest.mark.parametrize(
    "seeds",
    [range(30), pytest.param(range(30, 60), marks=pytest.mark.soak)],
    ids=["first", "second"],
)
def test_random_networks(seeds: range) -> None:
    fired = lost = 0
    for seed in seeds:
        rng = np.random.default_rng(seed)
        spec = drawn_network(rng)
        parameters = drawn_parameters(spec, rng)
        golden, native = Network(spec, parameters), NativeNetwork(spec, parameters)
        spikes = rng.random((STEPS, native.n_inputs)) < rng.choice([0.05, 0.3, 0.9])
        expected = golden.run(spikes.astype(np.uint8))
        first = native.run(spikes[:HALF])
        # the second half from the state of the first, in another network
        second = NativeNetwork(spec, parameters)
        second.restore(native.state(), HALF)
        words = np.concatenate([first, second.run(spikes[HALF:])])
        np.testing.assert_array_equal(words, expected, f"seed {seed}")
        check_state(second, golden)
        fired += int(expected.sum())
        lost += sum(crossing.lost for crossing in golden.crossings.values())
    assert fired > 4000
    assert lost > 0


def test_a_sweep_does_not_go_on_from_sums() -> None:
    sizes: dict[str, Any] = {"inputs": 3, "neurons": 2, "max_delay": 2}
    networks = [
        NativeNetwork(NetworkSpec(layers=(DenseSpec(name="a", **sizes, engine=engine),)))
        for engine in ("sweep", "events")
    ]
    networks[1].restore(networks[0].state(), 0)  # a history tells the sums to come
    with pytest.raises(ValueError, match=r"^layer 'a': a state of engine 'sweep' must have 'hist"):
        networks[0].restore(networks[1].state(), 0)


def test_only_layers_of_synapses_without_state_work_by_events() -> None:
    spec = NetworkSpec(
        layers=(
            DenseSpec(name="a", inputs=3, neurons=2),
            DenseSpec(name="b", inputs=2, neurons=2, policy="accumulate", tick_interval=3),
            HetSynSpec(name="c", inputs=2, neurons=2, tick_interval=3),
        )
    )
    assert [code.events for code in NativeNetwork(spec).codes] == [True, True, False]


def test_with_a_plastic_layer() -> None:
    layers = (
        DenseSpec(name="a", inputs=6, neurons=5, tick_interval=2, neuron=LifSpec(leak="none")),
    )
    plastic = PlasticStageSpec(layer=PlasticLayerSpec(inputs=5, neurons=3))
    spec = NetworkSpec(layers=layers, plastic=plastic)
    rng = np.random.default_rng(4)
    parameters = {"a.weight": rng.integers(1, 60, (5, 6)), "a.threshold": 900}
    parameters["plastic.weight"] = rng.integers(30_000, 40_000, (5, 3))
    golden, native = Network(spec, parameters), NativeNetwork(spec, parameters)
    spikes = rng.integers(0, 2, (120, 6), dtype=np.uint8)
    teach = {"reward": rng.integers(-50, 51, 120), "clear_trial": rng.random(120) < 0.1}
    expected = golden.run(spikes, teach)
    words = [
        native.run(spikes[part], {name: row[part] for name, row in teach.items()})
        for part in (slice(0, 1), slice(1, 50), slice(50, 120))
    ]
    np.testing.assert_array_equal(np.concatenate(words), expected)
    assert expected.any()
    assert golden.plastic is not None
    assert native.plastic is not None
    for space, fields in golden.plastic.checkpoint().items():
        for name, values in fields.items():
            np.testing.assert_array_equal(native.plastic.checkpoint()[space][name], values)
    native.reset()
    golden.reset()
    np.testing.assert_array_equal(native.run(spikes, teach), golden.run(spikes, teach))


def test_samples_of_a_batch_begin_at_a_reset() -> None:
    spec = NetworkSpec(layers=(DenseSpec(name="a", inputs=8, neurons=4, recurrent=True),))
    rng = np.random.default_rng(2)
    parameters = {"a.weight": rng.integers(-20, 60, (4, 12)), "a.threshold": 900, "a.leak": 4000}
    native, golden = NativeNetwork(spec, parameters), Network(spec, parameters)
    samples = rng.random((7, 20, 8)) < 0.4
    words = native.run_batch(samples, threads=3)
    for sample, word in zip(samples, words, strict=True):
        golden.reset()
        np.testing.assert_array_equal(word, golden.run(sample.astype(np.uint8)))
    assert words.any()
    assert native.steps == 0


@pytest.mark.parametrize(
    ("inputs", "says"),
    [
        (np.zeros((4, 2), np.uint8), r"inputs must have shape \(T, 3\), not \(4, 2\)."),
        (np.full((1, 3), 2), "inputs must hold spikes, 0 or 1, not 2."),
        (np.full((1, 3), -1), "inputs must hold spikes, 0 or 1, not -1."),
    ],
)
def test_wrong_stimulus(inputs: Any, says: str) -> None:
    native = NativeNetwork(NetworkSpec(layers=(DenseSpec(name="a", inputs=3, neurons=2),)))
    with pytest.raises(ValueError, match=says):
        native.run(inputs)


def test_values_of_more_than_64_bits_are_refused() -> None:
    wide = LifSpec(potential_bits=48, factor_shift=16, threshold_bits=40, fraction=16)
    layer = DenseSpec(name="a", inputs=1, neurons=1, neuron=wide)
    with pytest.raises(NativeError, match=r"layer 'a' has one of 6[5-9]"):
        NativeNetwork(NetworkSpec(layers=(layer,)))
