"""The claims about the host notice words, requests, strobes and sums that go astray."""

from __future__ import annotations

from collections.abc import Callable


def test_faults_of_an_access_are_noticed(noticed: Callable[[str], int]) -> None:
    assert (
        noticed(
            r"wiring of layer: (read-back|chain's values to the host|streams|sums|neurons|outputs)"
        )
        == 6
    )
