"""Digits on the simulated board: the beginning of the campaign, and what its report says of it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from campaigns import board_digits
from sc_driver.board import Board


def test_beginning_of_the_recording(builds: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    report = board_digits.run(builds, steps=30)
    assert report["passed"]
    assert report["hardware_measurement_claimed"] is False
    assert report["steps"] == report["steps_done"] == 30
    assert report["wrong_spikes"] == sum(report["wrong_values"].values()) == 0
    assert report["held_out_right"] is None

    true_run = Board.run

    def deaf_run(board: Board, **stimulus: np.ndarray) -> np.ndarray:
        return true_run(board, **stimulus | {"reward": np.zeros_like(stimulus["reward"])})

    monkeypatch.setattr(Board, "run", deaf_run)
    report = board_digits.run(builds, steps=30)
    assert not report["passed"]
    assert report["wrong_values"]["synapse.weight"] > 0
