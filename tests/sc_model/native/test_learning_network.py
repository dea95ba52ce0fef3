"""Compiled networks that learn: bit for bit the golden ones."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from learning_networks import network, samples, weights_of

from sc_model.golden.learning_network import LearningNetwork
from sc_model.native.learning_network import NativeLearningNetwork


def same(golden: LearningNetwork, native: LearningNetwork) -> bool:
    """Whether two networks have one state and one count of everything."""
    return golden.counts == native.counts and all(
        (native.state[space][name] == values).all()
        for space, fields in golden.state.items()
        for name, values in fields.items()
    )


@pytest.mark.parametrize(
    ("hidden", "others"),
    [
        ((12,), {"layer": {"age_bits": 3, "threshold": 300}}),
        (
            (9, 7),
            {
                "feedback": "reward",
                "exploration": 64,
                "output": {"right_shift": 2},
                "layer": {"weight_bits": 10, "signal_bits": 10},
            },
        ),
        # every value of 64 bits in the compiled rule
        (
            (40,),
            {
                "bias": False,
                "layer": {"weight_bits": 16, "signal_bits": 12, "lanes": 8},
                "steps": 64,
            },
        ),
    ],
)  # fmt: skip
def test_samples_are_those_of_the_golden_network(
    hidden: tuple[int, ...], others: dict[str, Any]
) -> None:
    spec = network(hidden, **others)
    golden, native = (
        kind(spec, weights_of(spec)) for kind in (LearningNetwork, NativeLearningNetwork)
    )
    values, classes = samples(120)
    for part, shift in ((slice(0, 60), 0), (slice(60, 120), 2)):
        for one in (golden, native):
            one.step_shift, one.others_wrong = shift, not shift
        played = [one.run(values[part], classes[part]) for one in (golden, native)]
        assert (played[0] == played[1]).all()
        assert same(golden, native)
    assert golden.counts.errors > 20
    assert (golden.run(values) == native.run(values)).all()


def test_answers_one_by_one_frozen_layers_and_checkpoints() -> None:
    spec = network((12, 8), feedback="reward", exploration=128, layer={"initial": 60})
    golden, native = (
        kind(spec, weights_of(spec)) for kind in (LearningNetwork, NativeLearningNetwork)
    )
    values, classes = samples(60)
    for number, (row, label) in enumerate(zip(values, classes.tolist(), strict=True)):
        answers = [one.answer(row, explore=True) for one in (golden, native)]
        assert answers[0].played == answers[1].played
        assert answers[0].winner == answers[1].winner
        assert (answers[0].scores == answers[1].scores).all()
        right = answers[0].played == label
        for one in (golden, native):
            one.freeze("hidden0", learn=number % 3 > 0)
            one.freeze("output", learn=number % 5 > 0)
            one.learn(answers[0].played, right=right, single=not right)
        assert same(golden, native), number
        if number == 30:
            state = native.checkpoint()
            native.run(values[:5], classes[:5])
            native.restore(state)
            native.counts = golden.counts = golden.counts.__class__(
                words=dict.fromkeys(golden.counts.words, 0),
                events=dict.fromkeys(golden.counts.events, 0),
            )
    assert golden.counts.words["hidden0"]


def test_two_networks_of_one_kernel_do_not_disturb_each_other() -> None:
    spec = network()
    first, second = (NativeLearningNetwork(spec, weights_of(spec)) for _ in range(2))
    values, classes = samples(2)
    first.answer(values[0])
    second.answer(values[1])
    first.learn(int(classes[0]))
    alone = NativeLearningNetwork(spec, weights_of(spec))
    alone.run(values[:1], classes[:1])
    assert (alone.state["hidden0"]["weight"] == first.state["hidden0"]["weight"]).all()


def test_bad_samples_are_refused() -> None:
    native = NativeLearningNetwork(network(), weights_of(network()))
    values, classes = samples(3)
    with pytest.raises(ValueError, match=r"^values must have shape \(3, 20\) or be a scalar, not"):
        native.run(values[:, :19], classes)
    with pytest.raises(ValueError, match=r"^values must be in \[0, 255\], not -1 at \(0, 0\)\.$"):
        native.run(np.full((3, 20), -1), classes)
    with pytest.raises(ValueError, match=r"^targets must be in \[0, 3\], not 4 at \(0,\)\.$"):
        native.run(values, [4, 0, 0])
    with pytest.raises(ValueError, match=r"^label must be in \[0, 3\], not -1$"):
        native.learn(-1)


def test_it_learns_what_a_readout_alone_does_not() -> None:
    """The class is whether one or both of two groups of inputs are bright, which no sum tells."""
    rng = np.random.default_rng(3)
    bright = rng.integers(0, 2, (900, 2))
    values = rng.integers(0, 60, (900, 20)) + 150 * np.repeat(bright, 10, axis=1)
    classes = bright[:, 0] ^ bright[:, 1]
    found = {}
    for learn in (True, False):
        native = NativeLearningNetwork(network((6,)), weights_of(network((6,)), seed=5))
        native.freeze("hidden0", learn=learn)
        native.run(values[:700], classes[:700])
        before = native.checkpoint()
        found[learn] = (native.run(values[700:]) == classes[700:]).mean()
        after = native.checkpoint()
        assert all((before[a][b] == after[a][b]).all() for a in before for b in before[a])
    assert found[True] > 0.95 > found[False] + 0.1
