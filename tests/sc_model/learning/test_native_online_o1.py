"""The compiled classes of the O(1) contract, and the adaptation benchmark."""

from __future__ import annotations

import dataclasses
import json

import numpy as np
import pytest
from support import CONFIGS, VECTORS

from sc_model.learning import (
    NativeOnlineO1Array,
    NativeOnlineO1Synapse,
    OnlineO1Config,
    OnlineO1Synapse,
    adaptation_benchmark,
)


@pytest.mark.parametrize("number", range(len(CONFIGS)))
def test_the_same_as_the_contract(number: int) -> None:
    config = OnlineO1Config(**CONFIGS[number])
    with np.load(VECTORS / "online_o1.npz") as archive:
        pre, post, reward, w0, state = (
            archive[f"c{number}_{name}"] for name in ("pre", "post", "reward", "w0", "state")
        )
    native, scalar = (kind(config, int(w0)) for kind in (NativeOnlineO1Synapse, OnlineO1Synapse))
    assert (native.state_fields, native.state_bit_count) == (
        scalar.state_fields,
        scalar.state_bit_count,
    )
    for t in range(50):
        told = {"pre_spike": int(pre[t]), "post_spike": int(post[t]), "reward": int(reward[t])}
        assert native.step(**told) == scalar.step(**told) == native.snapshot()
    log = native.replay(pre_spike=pre[50:], post_spike=post[50:], reward=reward[50:])
    assert np.array_equal(np.stack(list(log.values()), axis=1), state[50:])
    array = NativeOnlineO1Array(config, 5, int(w0))
    after = array.replay(pre_spike=pre[:, None], post_spike=post[:, None], reward=reward[:, None])
    assert [set(after[name].tolist()) for name in array.state_fields] == [
        {int(value)} for value in state[-1]
    ]
    with pytest.raises(TypeError, match="reward must be an integer"):
        native.step(pre_spike=0, post_spike=0, reward=0.5)  # type: ignore[arg-type]
    assert dataclasses.asdict(native.snapshot()) == {
        n: int(v) for n, v in zip(array.state_fields, state[-1], strict=True)
    }


def test_array_of_different_synapses() -> None:
    rng = np.random.default_rng(1)
    first = rng.integers(0, 65536, 6)
    array, each = (
        NativeOnlineO1Array(None, 6, first),
        [OnlineO1Synapse(None, int(w)) for w in first],
    )
    for _ in range(80):
        pre, post, reward = rng.random(6) < 0.4, rng.random(6) < 0.4, rng.integers(-200, 200, 6)
        got = array.step(pre_spike=pre, post_spike=post, reward=reward)
        for k, one in enumerate(each):
            held = one.step(pre_spike=bool(pre[k]), post_spike=bool(post[k]), reward=int(reward[k]))
            assert {name: int(values[k]) for name, values in got.items()} == dataclasses.asdict(
                held
            )
    with pytest.raises(TypeError, match="config must be an OnlineO1Config"):
        NativeOnlineO1Array({}, 2)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="synapses must be >= 1, not 0"):
        NativeOnlineO1Array(None, 0)


def test_adaptation() -> None:
    result = adaptation_benchmark(steps=2000, reward=8)
    assert json.loads(json.dumps(result)) == result
    assert result["hardware_measurement_claimed"] is False
    parity = result["parity_with_scalar"]
    assert parity == {
        "numpy": True,
        "native": True,
        "native_array": True,
        "compared_steps": 6 * 2000,
    }
    cases = {(case["pairing"], case["reward"] > 0): case for case in result["cases"]}
    assert len(cases) == 6
    # causal pairs raise the weight where the reward is positive; the other order and the other sign
    # each turn that around
    assert [cases["causal", sign]["direction"] for sign in (True, False)] == [1, -1]
    assert [cases["anti-causal", sign]["direction"] for sign in (True, False)] == [-1, 1]
    for case in result["cases"]:
        half, most = case["steps_to_50_percent"], case["steps_to_90_percent"]
        assert (half is None or most is None) == (case["reason"] is not None)
        assert half is None or most is None or 0 < half <= most <= 2000


def test_adaptation_times_by_hand() -> None:
    """Causal, reward 1: the weight after each step from the recurrence written out here, in plain
    integers.
    """
    weight, pre, post, eligibility = 1 << 15, 0, 0, 0
    half = most = None
    for t in range(1, 20_001):
        x, y = (t - 1) % 32 == 0, (t - 1) % 32 == 4
        gain, loss = ((4095 if x else pre) if y else 0), (post if x else 0)
        decayed = (
            eligibility - (eligibility >> 4)
            if eligibility >= 0
            else -(-eligibility - (-eligibility >> 4))
        )
        pre, post = (4095 if x else pre - (pre >> 4)), (4095 if y else post - (post >> 4))
        eligibility = max(-2048, min(2047, decayed + gain - loss))
        weight = max(0, min(65535, weight + (eligibility >> 4)))
        done = (weight - (1 << 15)) * 100
        half = t if half is None and done >= 50 * (65535 - (1 << 15)) else half
        most = t if most is None and done >= 90 * (65535 - (1 << 15)) else most
    case = adaptation_benchmark(steps=20_000, reward=1)["cases"][0]
    assert (case["pairing"], case["reward"], case["final"]) == ("causal", 1, weight)
    assert (case["steps_to_50_percent"], case["steps_to_90_percent"]) == (half, most)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"steps": 10}, "steps must be >= 64, two periods"),
        ({"reward": 0}, r"reward must be in \[1, 127\]"),
        ({"reward": 128}, "not 128"),
    ],
)
def test_wrong_parameters_of_the_benchmark(given: dict[str, int], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        adaptation_benchmark(**given)  # type: ignore[arg-type]
