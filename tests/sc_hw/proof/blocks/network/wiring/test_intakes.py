"""Faults of an intake: of its schedule, and of one channel alone."""

from __future__ import annotations

from pathlib import Path

import pytest
from network_faults import Fault, refuted


@pytest.mark.soak
@pytest.mark.parametrize(
    ("fault", "claim"),
    [
        (
            ("crossing_second.intake.scheduler", r"step \+ 2'h2", "step + 1'h1"),
            "top.v, layer second: steps of words and ticks",
        ),
        (
            ("crossing_first.intake.scheduler", r"~ ahead", "ahead"),
            "top.v, layer first: words and ticks in turn",
        ),
        (
            ("crossing_first.intake.scheduler", r"\bdiffers <= [^;]+;", "differs <= 0;"),
            "top.v, layer first: out of step",
        ),
        (
            ("crossing_first.intake", r"\bkept_2 <= [^;]+;", "kept_2 <= kept_1;"),
            "top.v, layer first: hold in 3 channels",
        ),
    ],
)
def test_a_fault_refutes_the_claim(network: Path, tmp_path: Path, fault: Fault, claim: str) -> None:
    assert claim in refuted(network, tmp_path, [fault])
