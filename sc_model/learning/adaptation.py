"""The adaptation benchmark of the O(1) synapse: how many steps a weight needs to adapt.

A pairing of spikes is repeated every `PERIOD` steps under a constant reward of either sign. The
presynaptic spike comes `LAG` steps before the postsynaptic one (causal), `LAG` steps after it
(anti-causal), or both come at random with the same rate (uncorrelated). The weight begins in the
middle of its range. The *reachable change* is the distance from there to the end of the range
towards which the weight has moved by the end of the run. The benchmark counts the steps until half
and nine tenths of it are reached.

The scalar model, NumPy and the compiled kernel make every run; whether they agree in every step and
field is part of the result.
"""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sc_model.golden import Bank
from sc_model.learning.online_o1 import (
    NativeOnlineO1Array,
    NativeOnlineO1Synapse,
    OnlineO1Config,
    OnlineO1Synapse,
)
from sc_model.rules import load_rule
from sc_model.rules.reward_modulated_stdp import FAMILY

SCHEMA = "sc-model.online-o1.adaptation.v1"
PERIOD, LAG = 32, 4
MAX_STEPS = 10_000_000  # the arrays of a run take about 100 bytes a step
PAIRINGS = ("causal", "anti-causal", "uncorrelated")
PERCENTAGES = (50, 90)  # of the reachable change


def _spikes(pairing: str, steps: int, seed: int) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Return pre- and postsynaptic spikes of a pairing, (steps,) each."""
    pre, post = np.zeros(steps, np.bool_), np.zeros(steps, np.bool_)
    if pairing == "uncorrelated":
        rng = np.random.default_rng(seed)
        return rng.random(steps) < 1 / PERIOD, rng.random(steps) < 1 / PERIOD
    first, second = (pre, post) if pairing == "causal" else (post, pre)
    first[::PERIOD] = True
    second[LAG::PERIOD] = True
    return pre, post


def adaptation_benchmark(
    config: OnlineO1Config | None = None, *, steps: int = 20_000, reward: int = 8, seed: int = 1
) -> dict[str, Any]:
    """Run all pairings under `reward` and `-reward`.

    Parameters
    ----------
    config : widths and shifts; None for the default configuration.
    steps : steps of each run, >= 2 * PERIOD.
    reward : absolute value of the reward, >= 1, within its format.
    seed : seed of the uncorrelated spikes.

    Returns
    -------
    A dictionary that JSON can hold. A percentage that was not reached within `steps` is None, with
    the reason beside it. No hardware is measured: `hardware_measurement_claimed` is False.

    Raises
    ------
    ValueError : a parameter is out of range.
    """
    used = config if config is not None else OnlineO1Config()
    if steps < 2 * PERIOD:
        raise ValueError(f"steps must be >= {2 * PERIOD}, two periods of a pairing, not {steps}")
    if steps > MAX_STEPS:
        raise ValueError(f"steps must be <= {MAX_STEPS}, not {steps}")
    if seed < 0:
        raise ValueError(f"seed must be >= 0, not {seed}")
    if not 1 <= reward <= used.max_reward:
        raise ValueError(
            f"reward must be in [1, {used.max_reward}], the range of {used.reward_bits} signed"
            f" bits, not {reward}"
        )
    cases, parity = [], {"numpy": True, "native": True, "native_array": True}
    for pairing in PAIRINGS:
        for sign in (1, -1):
            pre, post = _spikes(pairing, steps, seed)
            weights, same = _run(used, pre, post, sign * reward)
            parity = {name: equal and same[name] for name, equal in parity.items()}
            cases.append({"pairing": pairing, "reward": sign * reward, **_times(used, weights)})
    return {
        "schema_version": SCHEMA,
        "rule_family": FAMILY,
        "config": {name: getattr(used, name) for name in type(used).model_fields},
        "protocol": {
            "period_steps": PERIOD,
            "lag_steps": LAG,
            "steps": steps,
            "reward": reward,
            "seed": seed,
        },
        "cases": cases,
        "parity_with_scalar": {**parity, "compared_steps": steps * len(cases)},
        "hardware_measurement_claimed": False,
    }


def _run(
    config: OnlineO1Config, pre: NDArray[np.bool_], post: NDArray[np.bool_], reward: int
) -> tuple[NDArray[np.int64], dict[str, bool]]:
    """Return the scalar model's weights, (steps + 1,), and whether each other model agrees."""
    middle, rule = 1 << (config.weight_bits - 1), load_rule(FAMILY)
    scalar, bank = OnlineO1Synapse(config, middle), Bank(rule, config, 1, {"weight": middle})
    array = NativeOnlineO1Array(config, 1, middle)
    log = NativeOnlineO1Synapse(config, middle).replay(
        pre_spike=pre, post_spike=post, reward=reward
    )
    weights = np.empty(len(pre) + 1, np.int64)
    weights[0] = middle
    same = {"numpy": True, "native": True, "native_array": True}
    for t, (x, y) in enumerate(zip(pre.tolist(), post.tolist(), strict=True)):
        state = asdict(scalar.step(pre_spike=x, post_spike=y, reward=reward))
        weights[t + 1] = state["weight"]
        fields = bank.step({"pre_spike": x, "post_spike": y, "reward": reward})
        same["numpy"] &= all(int(fields[name][0]) == value for name, value in state.items())
        same["native"] &= all(int(log[name][t]) == value for name, value in state.items())
    after = array.replay(pre_spike=pre[:, None], post_spike=post[:, None], reward=reward)
    same["native_array"] = {name: int(values[0]) for name, values in after.items()} == state
    return weights, same


def _times(config: OnlineO1Config, weights: NDArray[np.int64]) -> dict[str, Any]:
    """Return the steps until each percentage of the reachable change is reached."""
    first, last = int(weights[0]), int(weights[-1])
    if last == first:
        none = {f"steps_to_{percentage}_percent": None for percentage in PERCENTAGES}
        return {
            "initial": first,
            "final": last,
            "direction": 0,
            **none,
            "reason": "the weight ends where it began",
        }
    direction = 1 if last > first else -1
    reachable = (config.max_weight if direction > 0 else 0) - first
    progress = (weights - first) * direction
    result: dict[str, Any] = {"initial": first, "final": last, "direction": direction}
    missing = []
    for percentage in PERCENTAGES:
        steps = np.flatnonzero(progress * 100 >= percentage * abs(reachable))
        result[f"steps_to_{percentage}_percent"] = int(steps[0]) if len(steps) else None
        missing += [] if len(steps) else [f"{percentage} %"]
    reached = f"{100 * int(progress.max()) / abs(reachable):.1f} % at most"
    result["reason"] = (
        f"{' and '.join(missing)} of the reachable change not within the run: {reached}"
        if missing
        else None
    )
    return result
