"""Faults of the queue between two clocks."""

from __future__ import annotations

from pathlib import Path

import pytest
from network_faults import Fault, refuted


@pytest.mark.soak
@pytest.mark.parametrize(
    ("fault", "claim"),
    [
        (("crossing_second.words", r"o_want <= ", "o_want <= ~"), "instance crossing_second.words"),
        (
            ("crossing_second.words", r"o_holds & ", "o_holds | "),
            "top.v, layer second: where its words come from",
        ),
        (
            ("crossing_second.words", r"<= write_port__data", "<= write_port__data ^ 1'h1"),
            "crossing_second.words: whole words",
        ),
        (
            (
                "crossing_second.words",
                r"(?s)(always @\(posedge )think_clk(\)\s+o_count <=)",
                "\\1sense_clk\\2",
            ),
            "crossing_second.words: clocks",
        ),
    ],
)
def test_a_fault_refutes_the_claim(network: Path, tmp_path: Path, fault: Fault, claim: str) -> None:
    assert claim in refuted(network, tmp_path, [fault])
