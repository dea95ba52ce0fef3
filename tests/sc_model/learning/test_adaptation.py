"""The adaptation benchmark: parity of all models, directions, times by hand, refused parameters."""

from __future__ import annotations

import json

import pytest

from sc_model.learning import adaptation_benchmark


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
    # Causal pairs raise the weight under a positive reward; the other order and the other sign each
    # reverse the direction.
    assert [cases["causal", sign]["direction"] for sign in (True, False)] == [1, -1]
    assert [cases["anti-causal", sign]["direction"] for sign in (True, False)] == [-1, 1]
    for case in result["cases"]:
        half, most = case["steps_to_50_percent"], case["steps_to_90_percent"]
        assert (half is None or most is None) == (case["reason"] is not None)
        assert half is None or most is None or 0 < half <= most <= 2000


@pytest.mark.soak
def test_adaptation_times_by_hand() -> None:
    """Causal, reward 1: the recurrence written out in plain integers gives every weight."""
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
    ("arguments", "message"),
    [
        ({"steps": 10}, "steps must be >= 64, two periods"),
        ({"reward": 0}, r"reward must be in \[1, 127\]"),
        ({"reward": 128}, "not 128"),
    ],
)
def test_wrong_parameters_of_the_benchmark(arguments: dict[str, int], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        adaptation_benchmark(**arguments)  # type: ignore[arg-type]
