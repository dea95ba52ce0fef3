"""The claims about a chain notice faults in its bus, its loads, its values and its counts."""

from __future__ import annotations

from collections.abc import Callable


def test_faults_of_a_chain_are_noticed(noticed: Callable[[str], int]) -> None:
    assert noticed(r"wiring of chain_\d: .*") == 14
