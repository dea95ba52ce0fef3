"""Words of a network's output out of its transfers: slices, orders, answers, and what is torn."""

from __future__ import annotations

import numpy as np
from wide_outputs import wide

from sc_model.spec import SLICE, DenseSpec, NetworkSpec
from sc_sim.blocks.network.output import Output
from sc_sim.blocks.network.records import Stepped

SLICES = 19


def transfers_of(bits: np.ndarray, steps: list[int]) -> Stepped:
    """Slices of these spikes, with a bit behind the last neuron, and the steps of each of them."""
    padded = np.pad(bits, ((0, 0), (0, SLICES * SLICE - bits.shape[1])), constant_values=1)
    count = len(steps)
    rows = padded.reshape(-1, SLICE)[:count]
    return Stepped(np.array(steps), rows, np.arange(count, dtype=np.int32), np.arange(count) * 10)


def test_a_short_word_is_one_transfer() -> None:
    output = Output(NetworkSpec(layers=(DenseSpec(name="a", inputs=3, neurons=256),)))
    given = transfers_of(np.zeros((1, 300), np.uint8), [1])
    assert output.transfers == 1
    assert output.words(given) is given


def test_slices_are_put_together() -> None:
    spec = wide("sweep").network
    assert spec is not None
    bits = (np.random.default_rng(1).random((3, 300)) < 0.4).astype(np.uint8)
    # The third word is not complete; a slice of the second one has another step.
    steps = [1] * SLICES + [2] * 7 + [3] + [2] * (SLICES - 8) + [3] * 5
    words = Output(spec).words(transfers_of(bits, steps))
    assert Output(spec).transfers == SLICES
    np.testing.assert_array_equal(words.bits, bits[:2])
    assert words.steps.tolist() == [1, -1]
    assert words.times_ps.tolist() == [180, 370]
    assert words.epochs.tolist() == [18, 37]


def test_places_and_answers() -> None:
    """Three channels of 100 places; the answer stands beside the last slice."""
    spec = wide("conv", "count").network
    assert spec is not None
    assert spec.place_order(1) == (100, 3)
    bits = (np.random.default_rng(2).random((2, 300)) < 0.4).astype(np.uint8)
    placed = bits[:, [(n % 3) * 100 + n // 3 for n in range(300)]]
    given = transfers_of(placed, [1] * SLICES + [2] * SLICES)
    answers = np.zeros((2 * SLICES, 9), np.uint8)
    answers[[SLICES - 1, -1], [0, 8]] = 1
    beside = Stepped(
        given.steps, np.concatenate([given.bits, answers], axis=1), given.epochs, given.times_ps
    )
    words = Output(spec).words(beside)
    np.testing.assert_array_equal(words.bits[:, :300], bits)
    assert (words.bits[:, 300:] @ (1 << np.arange(9))).tolist() == [1, 256]
