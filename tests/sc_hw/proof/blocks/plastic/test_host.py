"""The claims about the host port notice when it is too early, and when it loses a word."""

from __future__ import annotations

from pathlib import Path

import pytest
from broken_parts import keeps, refuted


@pytest.mark.parametrize(
    ("edit", "claim"),
    [
        (keeps("load_synapse_d", "1'h0"), "host: load"),
        (keeps("drained", "1'h1"), "host: invariant kept"),
        (keeps("touched", "1'h0"), "host: invariant kept"),
        (keeps("may", "1'h0"), "host: liveness, load"),
        (keeps("stale", "1'h1"), "host: invariant kept"),
        (keeps("idle", "1'h0"), "host: liveness, idle"),
        (keeps("idle", "1'h1"), "host: idle"),
    ],
)
def test_a_broken_part_is_refuted(edit: tuple[str, str], claim: str, tmp_path: Path) -> None:
    assert claim in refuted("host", edit, tmp_path)
