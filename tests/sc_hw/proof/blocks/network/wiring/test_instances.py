"""Faults inside a part, of which one instance alone has it."""

from __future__ import annotations

from pathlib import Path

import pytest
from network_faults import Fault, refuted


@pytest.mark.soak
@pytest.mark.parametrize(
    ("fault", "claim"),
    [
        (
            ("layer_first.lane_1.update", r"(\w+_s1) <= [^;]+;", "\\1 <= 0;"),
            "instance layer_first.lane_1",
        ),
        (
            ("layer_second.neurons.memory", r"read__addr\]", "read__addr ^ 1'h1]"),
            "instance layer_second.neurons",
        ),
        (
            ("layer_second.history", r"column_d2 <= column_d1", "column_d2 <= column"),
            "instance layer_second.history",
        ),
    ],
)
def test_a_fault_refutes_the_claim(network: Path, tmp_path: Path, fault: Fault, claim: str) -> None:
    assert claim in refuted(network, tmp_path, [fault])
