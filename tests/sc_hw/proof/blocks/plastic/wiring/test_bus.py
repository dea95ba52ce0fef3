"""The claims about the buses notice a signal that is late, early or missing."""

from __future__ import annotations

from collections.abc import Callable


def test_faults_of_a_bus_are_noticed(noticed: Callable[[str], int]) -> None:
    assert noticed(r"wiring of layer: (whose sums|bus \d, \w+|values into chain \d)") == 7
