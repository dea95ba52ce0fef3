"""Digits on the simulated board: the beginning of the campaign, and what its report says of it."""

from __future__ import annotations

from pathlib import Path

from campaigns.simulated_boards import digits


def test_beginning_of_the_recording(builds: Path) -> None:
    report = digits.run(builds, steps=9)
    assert report["passed"]
    assert report["hardware_measurement_claimed"] is False
    assert report["steps"] == report["steps_done"] == 9
    assert report["wrong_spikes"] == sum(report["wrong_values"].values()) == 0
    assert report["held_out_right"] is None
