"""The claims about the feed notice faults in its tokens, its turns, its clears and its bank."""

from __future__ import annotations

from collections.abc import Callable


def test_faults_of_the_feed_are_noticed(noticed: Callable[[str], int]) -> None:
    assert noticed(r"wiring of layer: (token|turns|feed's clears|feed)") == 4
