"""Faults of a layer's sweep: when a tick begins, its counters, and its columns."""

from __future__ import annotations

from pathlib import Path

import pytest
from network_faults import Fault, refuted


@pytest.mark.soak
@pytest.mark.parametrize(
    ("fault", "claim"),
    [
        (
            ("layer_first", r"i__valid & i__ready", "i__valid | i__ready"),
            "top.v, layer first: a tick",
        ),
        (("layer_first", r"slot \+ 1'h1", "slot + 2'h2"), "top.v, layer first: the sweep"),
        (("layer_first", r"group \+ 1'h1", "group + 1'h0"), "top.v, layer first: the sweep"),
        (
            ("layer_first", r"present_d1 <= (\S+) \[0\]", "present_d1 <= \\1 [1]"),
            "top.v, layer first: the columns",
        ),
        (("layer_second", r"ticking <= [^;]+;", "ticking <= 0;"), "top.v, layer second: a tick"),
        (("layer_first", r"~ load_now", "load_now"), "top.v, layer first: who gets in"),
        (("layer_second", r"\bstep <= [^;]+;", "step <= 0;"), "top.v, layer second: a tick"),
    ],
)
def test_a_fault_refutes_the_claim(network: Path, tmp_path: Path, fault: Fault, claim: str) -> None:
    assert claim in refuted(network, tmp_path, [fault])
