"""The claims about the inputs' traces notice faults in spike, traces and memory."""

from __future__ import annotations

from pathlib import Path

import pytest
from broken_parts import keeps, refuted


@pytest.mark.parametrize(
    ("edit", "claim"),
    [
        ((r"spike_in_d3 <= spike_in_d2", "spike_in_d3 <= spike_in_d1"), "inputs: spike"),
        (keeps("was_last_d3", "1'h1"), "inputs, written: pre_trace"),
        ((r"load \? \{ 1'h0, load_data", "load ? { 1'h1, load_data"), "inputs, memory: load"),
        (keeps("row_d1", "row ^ 1"), "inputs, memory: read-back"),
    ],
)
def test_a_broken_part_is_refuted(edit: tuple[str, str], claim: str, tmp_path: Path) -> None:
    assert claim in refuted("inputs", edit, tmp_path)
