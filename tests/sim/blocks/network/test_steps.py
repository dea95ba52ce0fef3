"""Steps as transfers: slices of a step, and which steps a network has taken."""

from __future__ import annotations

import numpy as np

from sc_model.spec import SLICE, DenseSpec, NetworkSpec
from sc_sim.blocks.network.steps import Steps


def network(inputs: int, engine: str) -> Steps:
    layer = DenseSpec(name="a", inputs=inputs, neurons=2, engine=engine, bias=True)
    return Steps(NetworkSpec(layers=(layer,)))


def test_a_short_word_is_one_transfer() -> None:
    steps, x = network(5, "events"), np.array([[1, 0, 0, 1, 0], [0, 1, 0, 0, 0]], np.uint8)
    assert steps.transfers == 1
    assert steps.words(x).tolist() == [[9], [2]]
    taken = steps.taken(x, np.zeros(1, np.int32), np.array([7]))
    assert (taken.inputs.tolist(), taken.times.tolist()) == ([x[0].tolist()], [7])


def test_a_restart_voids_the_step_in_its_midst() -> None:
    steps = network(304, "events")  # the bias is column 304, in a slice of its own
    assert steps.transfers == 20
    x = (np.random.default_rng(1).random((3, 304)) < 0.3).astype(np.uint8)
    slices = (steps.words(x) >> np.arange(SLICE, dtype=np.uint64) & np.uint64(1)).reshape(3, -1)
    assert np.array_equal(slices[:, :304], x)
    assert not slices[:, 304:].any()
    epochs = np.repeat(np.array([0, 0, 1], np.int32), 20)
    epochs[25:40] = -1
    taken = steps.taken(x, epochs, np.arange(60))
    assert np.array_equal(taken.inputs, x[[0, 2]])
    assert taken.epochs.tolist() == [0, 1]
    assert taken.times.tolist() == [19, 59]
    assert len(steps.taken(x, epochs[:19], np.arange(19)).inputs) == 0
