"""Answers by counts of spikes: ties, silence and confusion by hand."""

from __future__ import annotations

import numpy as np
import pytest

from sc_model.evaluation import accuracy
from sc_model.spec import ReadoutSpec


def test_answers_by_hand() -> None:
    counts = np.array([[2, 0, 1], [0, 0, 0], [1, 1, 0], [0, 0, 3]])
    spikes = np.zeros((4, 3, 3), np.uint8)
    for sample, row in enumerate(counts):
        for output, count in enumerate(row):
            spikes[sample, :count, output] = 1
    found = accuracy(spikes, np.array([0, 1, 1, 2]))
    assert found.answers.tolist() == [0, -1, 0, 2]
    assert (found.right, found.samples, found.share) == (2, 4, 0.5)
    assert (found.tied, found.silent, found.spikes) == (1, 1, 8)
    assert found.confusion is not None
    assert found.confusion.tolist() == [[1, 0, 0, 0], [1, 0, 0, 1], [0, 0, 1, 0]]
    assert found.as_json()["confusion"] == found.confusion.tolist()
    unknown = accuracy(spikes)
    assert (unknown.right, unknown.share, unknown.confusion) == (None, None, None)
    assert unknown.as_json()["answers"] == [0, -1, 0, 2]


def test_readouts_answer_in_place_of_counts() -> None:
    spikes = np.array([[[0, 1, 0], [1, 0, 0], [1, 0, 0]], [[0, 0, 0]] * 3])
    potentials = np.array([[[-5, -2, -3]] * 3, [[0.5, 0.5, 0.1]] * 3])
    by_first = accuracy(spikes, None, ReadoutSpec(kind="first_spike"))
    assert (by_first.answers.tolist(), by_first.silent) == ([1, -1], 1)
    by_last = accuracy(spikes, np.array([1, 1]), ReadoutSpec(kind="last_potential"), potentials)
    assert (by_last.answers.tolist(), by_last.right) == ([1, 0], 1)
    assert (by_last.tied, by_last.silent, by_last.spikes) == (1, 0, 3)
    with pytest.raises(ValueError, match=r"^a readout by 'largest_potential' must get potentials"):
        accuracy(spikes, None, ReadoutSpec(kind="largest_potential"))
