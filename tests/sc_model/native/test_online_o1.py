"""The compiled classes of the O(1) contract give what the scalar one gives."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from support import CONFIGS, VECTORS

from sc_model.learning import (
    NativeOnlineO1Array,
    NativeOnlineO1Synapse,
    OnlineO1Config,
    OnlineO1Synapse,
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
        spikes = {"pre_spike": int(pre[t]), "post_spike": int(post[t]), "reward": int(reward[t])}
        assert native.step(**spikes) == scalar.step(**spikes) == native.snapshot()
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
    array = NativeOnlineO1Array(None, 6, first)
    synapses = [OnlineO1Synapse(None, int(weight)) for weight in first]
    for _ in range(80):
        pre, post, reward = rng.random(6) < 0.4, rng.random(6) < 0.4, rng.integers(-200, 200, 6)
        got = array.step(pre_spike=pre, post_spike=post, reward=reward)
        for k, one in enumerate(synapses):
            # by position, as the contract names them: pre_spike, post_spike, reward
            snapshot = one.step(bool(pre[k]), bool(post[k]), int(reward[k]))
            fields = {name: int(values[k]) for name, values in got.items()}
            assert fields == dataclasses.asdict(snapshot)
    with pytest.raises(TypeError, match="config must be an OnlineO1Config"):
        NativeOnlineO1Array({}, 2)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="synapses must be >= 1, not 0"):
        NativeOnlineO1Array(None, 0)
