"""A tick of an event layer ends: proved, and refuted where something stands still."""

from __future__ import annotations

from pathlib import Path

import pytest
from network_faults import Fault, refuted, write_network

from sc_model.spec import DenseSpec, Design, LifSpec, NetworkSpec

CLAIM = "top.v, layer only: a tick goes on"


@pytest.fixture(scope="module")
def network(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("progress")
    layer = DenseSpec(
        name="only", inputs=20, neurons=3, lanes=2, weight_bits=3, engine="events",
        neuron=LifSpec(leak="shift", threshold_bits=8, fraction=2),
    )  # fmt: skip
    network = NetworkSpec(layers=(layer,))
    write_network(Design(name="only", block="network", network=network), folder)
    return folder


@pytest.mark.parametrize(
    "fault",
    [
        # The scanner stays at a chunk; an event is issued again and again.
        ("layer_only.scanner", r"\bnumber <= [^;]+;", "number <= 0;"),
        ("layer_only.sequencer", r"assign over = [^;]+;", "assign over = 1'h0;"),
    ],
)
def test_what_stands_still_refutes_the_claim(network: Path, tmp_path: Path, fault: Fault) -> None:
    assert CLAIM in refuted(network, tmp_path, [fault])


def test_it_is_proved(network: Path, tmp_path: Path) -> None:
    assert refuted(network, tmp_path) == set()
