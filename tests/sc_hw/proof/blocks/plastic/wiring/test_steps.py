"""The claims about a step notice faults in its start, its flags, its clears and its critic."""

from __future__ import annotations

from collections.abc import Callable


def test_faults_of_a_step_are_noticed(noticed: Callable[[str], int]) -> None:
    assert (
        noticed(r"wiring of layer: (phase|sequencer|transfer|clears|critic|critic's registers)")
        == 6
    )
