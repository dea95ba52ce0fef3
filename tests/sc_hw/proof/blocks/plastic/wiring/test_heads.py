"""The claims about the chains' heads notice flags that do not arrive."""

from __future__ import annotations

from collections.abc import Callable


def test_faults_at_a_head_are_noticed(noticed: Callable[[str], int]) -> None:
    assert noticed(r"wiring of layer: inputs \d") == 2
