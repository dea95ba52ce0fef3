"""Answers by counts of spikes: ties, silence and confusion by hand."""

from __future__ import annotations

import numpy as np

from sc_model.evaluation import accuracy


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
