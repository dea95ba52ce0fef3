"""Faults of clocks, and registers that nobody claims."""

from __future__ import annotations

from pathlib import Path

import pytest
from network_faults import Fault, refuted


@pytest.mark.soak
@pytest.mark.parametrize(
    ("fault", "claim"),
    [
        (
            (
                "layer_second",
                r"(always @\()posedge think_clk(\)\s+spikes <=)",
                "\\1negedge think_clk\\2",
            ),
            "top.v: clocks",
        ),
    ],
)
def test_a_fault_refutes_the_claim(network: Path, tmp_path: Path, fault: Fault, claim: str) -> None:
    assert claim in refuted(network, tmp_path, [fault])
