"""Claims about the sequencer of sparse layers and what joins it to a layer."""

from __future__ import annotations

from pathlib import Path

import pytest
from network_faults import broken, refuted, write_network
from sparse_networks import NEURON, two_sparse_layers

from sc_hw.proof.blocks.network.parts import SEQUENCER
from sc_model.spec import Design, NetworkSpec, SparseSpec


def one_layer() -> Design:
    layer = SparseSpec(name="only", inputs=9, neurons=7, synapses=20, neuron=NEURON)
    return Design(name="one", block="network", network=NetworkSpec(layers=(layer,)))


def test_all_claims_about_the_sequencer_are_proved(tmp_path: Path) -> None:
    assert broken(one_layer(), tmp_path, SEQUENCER) == []


@pytest.mark.parametrize(
    ("fault", "claims"),
    [
        (("place <= ", "place <= 1'h1 | "), {"the list of an event"}),
        (("reading <= ", "reading <= 1'h0 & "), {"the synapses of a list"}),
        (("ended <= ", "ended <= 1'h0 & "), {"end of a tick"}),
        (("issued_2 <= ", "issued_2 <= 1'h0 & "), {"distance of additions"}),
        (("listing <= ", "listing <= 1'h1 | "), {"after a reset"}),
        ((".write__en(load_target)", ".write__en(1'h0)"), {"what the host reads and writes"}),
    ],
)
def test_a_fault_in_the_verilog_refutes_its_claim(
    fault: tuple[str, str], claims: set[str], tmp_path: Path
) -> None:
    found = broken(one_layer(), tmp_path, SEQUENCER, fault)
    assert claims <= {name.removeprefix("layer only, sequencer: ") for name in found}


@pytest.mark.soak  # a short one is in the tests of the encoder's parts
def test_sparse_layers_in_a_network_are_proved_and_faults_are_refuted(tmp_path: Path) -> None:
    for name in ("whole", "none", "faulty"):
        (tmp_path / name).mkdir()
    write_network(two_sparse_layers(), tmp_path / "whole")
    assert refuted(tmp_path / "whole", tmp_path / "none") == set()
    faults = [
        ("layer_first", r"assign load_list = [^;]+;", "assign load_list = 1'h0;"),
        ("layer_second.sequencer", r"assign goes = [^;]+;", "assign goes = listing;"),
    ]
    found = refuted(tmp_path / "whole", tmp_path / "faulty", faults)
    assert {
        "top.v, layer first: events and fetches",
        "instance layer_second.sequencer",
    } <= found
