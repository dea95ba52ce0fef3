"""Faults of what is under way in a tick."""

from __future__ import annotations

from pathlib import Path

import pytest
from network_faults import Fault, refuted


@pytest.mark.soak
@pytest.mark.parametrize(
    ("fault", "claim"),
    [
        (
            ("layer_first.neurons", r"\brest <= [^;]+;", "rest <= 0;"),
            "top.v, layer first: a tick's clocks",
        ),
        (
            ("layer_second.lane_0", r"ends_d3 <= [^;]+;", "ends_d3 <= issue;"),
            "top.v, layer second: a tick's clocks",
        ),
        (("layer_second", r"o_valid & o_last", "o_valid"), "top.v, layer second: a tick's clocks"),
    ],
)
def test_a_fault_refutes_the_claim(network: Path, tmp_path: Path, fault: Fault, claim: str) -> None:
    assert claim in refuted(network, tmp_path, [fault])
