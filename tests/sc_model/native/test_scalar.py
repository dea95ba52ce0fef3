"""Constants of scalar code are data: other values of them compile nothing again."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from sc_model.golden import Bank, PlasticLayer, Synapse
from sc_model.native import (
    NativeBank,
    NativeLayer,
    NativeSynapse,
    OpenLoopLayer,
    compiler,
)
from sc_model.native.scalar import Constants, literal
from sc_model.rules import load_rule
from sc_model.spec import NeuronSpec, PlasticLayerSpec

RULE = load_rule("reward_modulated_stdp")
SIZE = PlasticLayerSpec(inputs=12, neurons=5, critic_shift=3)
NEURON = NeuronSpec(
    threshold=60_000,
    leak_shift=3,
    refractory=2,
    threshold_step=50,
    threshold_decay_shift=4,
    inhibition=300,
    winner_take_all=True,
    noise_bits=6,
)


@pytest.fixture
def compilations(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> list[Any]:
    """The compilers' calls, in a cache of this test alone; `--version` is none."""
    calls: list[Any] = []
    run = compiler.run_program

    def counted(command: Any, **options: Any) -> Any:
        if "-o" in command:
            calls.append(command)
        return run(command, **options)

    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setattr(compiler, "run_program", counted)
    return calls


def test_neurons_and_critics_with_other_numbers_are_one_kernel(compilations: list[Any]) -> None:
    params = RULE.params_type()
    changes: list[dict[str, int]] = [
        {},
        {"threshold": 20_000},
        {"leak_shift": 5},
        {"threshold_step": 40},
        {"inhibition": 7000, "refractory": 3},
        {"threshold": 41_234, "leak_shift": 2, "inhibition": 1},
    ]
    rng = np.random.default_rng(3)
    spikes, rewards = rng.random((60, 12)) < 0.4, rng.integers(-128, 128, 60)
    weights, outcome = rng.integers(0, 60_000, (12, 5)), rng.random(60) < 0.5
    fired = set()
    for number, change in enumerate(changes):
        size = SIZE.model_copy(update={"critic_shift": 3 + number})
        neuron = NEURON.model_copy(update=change)
        native = NativeLayer(RULE, params, size, neuron, weights)
        golden = PlasticLayer(RULE, params, size, neuron, weights)
        found = native.run(spikes, {"reward": rewards}, outcome=outcome)
        expected = [
            golden.step(x, {"reward": int(r)}, outcome=bool(o))
            for x, r, o in zip(spikes, rewards, outcome, strict=True)
        ]
        assert np.array_equal(found, expected)
        for space, arrays in golden.checkpoint().items():
            for name, array in arrays.items():
                assert np.array_equal(native.state[space][name], array), (change, space, name)
        fired.add(found.tobytes())
    assert len(fired) > 3  # the numbers matter
    assert len(compilations) == 1


def test_a_synapse_with_other_numbers_is_one_kernel(compilations: list[Any]) -> None:
    rng = np.random.default_rng(1)
    inputs = {
        "pre_spike": rng.random(300) < 0.3,
        "post_spike": rng.random(300) < 0.3,
        "reward": rng.integers(-128, 128, 300),
    }
    weights = set()
    for change in ({}, {"learning_shift": 5}, {"trace_decay_shift": 3}, {"learning_shift": 2}):
        params = RULE.params_type(**change)
        native, golden = NativeSynapse(RULE, params), Synapse(RULE, params)
        log = native.replay(inputs)
        for t in range(300):
            state = golden.step({name: int(values[t]) for name, values in inputs.items()})
            assert {name: int(values[t]) for name, values in log.items()} == state
        weights.add(log["weight"].tobytes())
    assert len(weights) > 2
    assert len(compilations) == 1


PARAMETERS: dict[str, list[dict[str, int]]] = {
    "reward_modulated_stdp": [
        {},
        {"learning_shift": 7},
        {"trace_decay_shift": 2, "learning_shift": 10},
        {"trace_decay_shift": 8},
    ],
    "pair_stdp": [
        {},
        {"potentiation_gain": 255, "depression_gain": 1},
        {"pre_decay_shift": 3, "post_decay_shift": 6, "headroom_bits": 1},
        {"potentiation_gain": 12, "learning_shift": 6},
    ],
    "triplet_stdp": [
        {},
        {"learning_shift": 9, "depression_gain": 200},
        {"pre_decay_shift": 7, "read_shift": 7, "slow_headroom_bits": 2},
        {"depression_shift": 12, "post_decay_shift": 2, "fast_headroom_bits": 4},
    ],
}


@pytest.mark.parametrize("family", PARAMETERS)
def test_rules_with_other_numbers_are_one_kernel(family: str, compilations: list[Any]) -> None:
    """Of banks, replays and layers in closed loop; each computes what its golden model does."""
    rule, rng = load_rule(family), np.random.default_rng(2)
    pre, post = rng.random((30, 12)) < 0.3, rng.random((30, 5)) < 0.3
    rewards = rng.integers(-128, 128, 30)
    shared = {"reward": rewards} if "reward" in {item.name for item in rule.inputs} else {}
    weights = rng.integers(20_000, 50_000, (12, 5))
    size = PlasticLayerSpec(inputs=12, neurons=5)
    changed = set()
    for change in PARAMETERS[family]:
        params = rule.params_type(**change)
        layer = NativeLayer(rule, params, size, NEURON, weights)
        golden = PlasticLayer(rule, params, size, NEURON, weights)
        layer.run(pre, shared)
        for t, x in enumerate(pre):
            golden.step(x, {name: int(values[t]) for name, values in shared.items()})
        replayed = OpenLoopLayer(rule, params, 12, 5, weights)
        replayed.replay(pre, post, shared)
        inputs = {
            "pre_spike": np.repeat(pre, 5, axis=1),
            "post_spike": np.tile(post, 12),
            **{name: np.tile(values[:, None], 60) for name, values in shared.items()},
        }
        bank = NativeBank(rule, params, 60, {"weight": weights.ravel()})
        bank.replay(inputs)
        plain = Bank(rule, params, 60, {"weight": weights.ravel()})
        for t in range(30):
            plain.step({name: values[t] for name, values in inputs.items()})
        expected = golden.checkpoint()["synapse"]["weight"]
        assert np.array_equal(layer.checkpoint()["synapse"]["weight"], expected), change
        assert np.array_equal(bank.state["weight"], plain.state["weight"]), change
        assert np.array_equal(replayed.state["weight"].ravel(), plain.state["weight"]), change
        changed |= {plain.state["weight"].tobytes(), expected.tobytes()}
    assert len(changed) == 2 * len(PARAMETERS[family])  # the numbers matter
    assert len(compilations) == 3


def test_slots() -> None:
    constants = Constants()
    assert [constants.slot(value, bits) for value, bits in ((7, 32), (7, 64), (-1, 32))] == [
        "k0",
        "k1",
        "k2",
    ]
    assert constants.declarations == (
        "const int32_t k0 = (int32_t)constants[0]; const int64_t k1 = (int64_t)constants[1];"
        " const int32_t k2 = (int32_t)constants[2];"
    )
    declared = constants.declarations
    assert (constants.vector(9), constants.shift(2)) == ("of.k3", "of.k4")
    assert constants.declarations == declared
    assert constants.vectors.splitlines() == [
        "struct Constants { V k3; Count k4; };",
        "static inline Constants constants_of(const int64_t *constants)"
        " { return Constants{ all((E)constants[3]), count_of(constants[4]) }; }",
    ]
    assert constants.array().tolist() == [7, 7, -1, 9, 2]
    assert Constants().array().tolist() == [0]
    assert literal(-(1 << 63)) == "(-9223372036854775807LL - 1)"
