"""The claims about the layer's outputs notice counters that stand still and a false rest."""

from __future__ import annotations

from collections.abc import Callable


def test_faults_of_the_results_are_noticed(noticed: Callable[[str], int]) -> None:
    assert noticed(r"wiring of layer: (results|updates|saturated_.*)") == 4
