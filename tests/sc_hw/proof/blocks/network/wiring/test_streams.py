"""Faults of the top module."""

from __future__ import annotations

from pathlib import Path

import pytest
from network_faults import Fault, refuted


@pytest.mark.soak
@pytest.mark.parametrize(
    ("fault", "claim"),
    [
        (
            ("", r"\(load_second__payload\)", "(load_second__payload ^ 1'h1)"),
            "top.v, layer second: its host",
        ),
        (
            ("", r"\(read_first__payload\)", "(read_first__payload ^ 1'h1)"),
            "top.v, layer first: its host",
        ),
        (("", r"\.o__ready\(o__ready\)", ".o__ready(1'h1)"), "top.v: outputs"),
        (
            ("stamp", r"16'h0001;\n    end\n  end", "16'h0002;\n    end\n  end"),
            "top.v: numbers of the steps",
        ),
    ],
)
def test_a_fault_refutes_the_claim(network: Path, tmp_path: Path, fault: Fault, claim: str) -> None:
    assert claim in refuted(network, tmp_path, [fault])
