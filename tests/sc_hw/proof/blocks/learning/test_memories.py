"""Claims about sums, the lanes' state and the host's access hold, and faults are refuted."""

from __future__ import annotations

from pathlib import Path

import pytest
from learning_hardware import WrittenParts

from sc_hw.proof.verdicts import PROVED, REFUTED


def test_sums_state_and_host(learning_parts: WrittenParts) -> None:
    found = learning_parts.verdicts({"sums", "host"})
    assert set(found.values()) == {PROVED}
    assert {"sums: the addition", "host: what is read", "host: loads"} <= set(found)


@pytest.mark.parametrize(
    ("name", "claim"),
    [
        ("sums of another slot", "sums: the addition"),
        ("read before load", "host: one access at a time"),
    ],
)
def test_a_fault(learning_parts: WrittenParts, name: str, claim: str, tmp_path: Path) -> None:
    assert learning_parts.with_fault(name, tmp_path)[claim] == REFUTED
