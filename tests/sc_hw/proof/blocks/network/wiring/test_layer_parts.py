"""Faults of what a layer hands to its parts, its spikes, and its host's words."""

from __future__ import annotations

from pathlib import Path

import pytest
from network_faults import Fault, refuted


@pytest.mark.soak
@pytest.mark.parametrize(
    ("fault", "claim"),
    [
        (
            ("layer_first", r"\.host_address\(host\)", ".host_address(host ^ 1'h1)"),
            "top.v, layer first: lane 0's inputs",
        ),
        (
            ("layer_first", r"\.load\(\\load\$\d+ \)", ".load(load)"),
            "top.v, layer first: lane 1's inputs",
        ),
        (
            ("layer_first", r"\.last\(last\)", ".last(first)"),
            "top.v, layer first: lane 0's inputs",
        ),
        (
            ("layer_first", r"\.take\(take\)", ".take(announce)"),
            "top.v, layer first: the neurons' inputs",
        ),
        (
            ("layer_second", r"column = slot & ", "column = ~slot & "),
            "top.v, layer second: the history's inputs",
        ),
        (
            ("layer_second", r"loaded\[2:0\] == 3'h5", "loaded[2:0] == 3'h7"),
            "top.v, layer second: the first tick",
        ),
        (
            ("layer_first", r"requested\[3\] \? ", "~requested[3] ? "),
            "top.v, layer first: the answer to the host",
        ),
        (
            ("layer_first", r"readback__valid & readback__ready", "readback__valid"),
            "top.v, layer first: the host's requests",
        ),
    ],
)
def test_a_fault_refutes_the_claim(network: Path, tmp_path: Path, fault: Fault, claim: str) -> None:
    assert claim in refuted(network, tmp_path, [fault])
