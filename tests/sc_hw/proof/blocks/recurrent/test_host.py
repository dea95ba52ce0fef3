"""Claims about a recurrent network's host port hold, and faults are refuted."""

from __future__ import annotations

from pathlib import Path

import pytest
from recurrent_networks import WrittenParts

from sc_hw.proof.verdicts import PROVED, REFUTED


def test_the_port_reaches_what_is_named(recurrent_parts: WrittenParts) -> None:
    found = recurrent_parts.verdicts({"host"})
    assert set(found.values()) == {PROVED}
    assert {"host: what is read", "host: loads", "host: registers"} <= set(found)


@pytest.mark.parametrize(
    ("name", "claim"),
    [
        ("read before load", "host: one access at a time"),
        ("registers with every load", "host: loads"),
    ],
)
def test_a_fault(recurrent_parts: WrittenParts, name: str, claim: str, tmp_path: Path) -> None:
    assert recurrent_parts.with_fault(name, tmp_path)[claim] == REFUTED
