"""Claims about the scanner, the sequencer, the reader and the lane of event layers: all proved,
and a fault in each refutes the claim about it.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from network_faults import Fault, refuted, write_network

from sc_hw.proof.blocks.network.parts import write_network_parts
from sc_hw.proof.blocks.network.trained_layer import PROVERS
from sc_hw.proof.blocks.parts import PARTS, claims_of_parts
from sc_hw.proof.facts import read_facts
from sc_model.spec import DenseSpec, Design, LifSpec, NetworkSpec


def two_event_layers() -> Design:
    """One group with partial sums and several groups, values of one bit and of two, recurrence."""
    first = DenseSpec(
        name="first", inputs=19, neurons=3, lanes=3, weight_bits=4, bias=True, engine="events",
        neuron=LifSpec(factor_shift=6, threshold_bits=8, fraction=2),
    )  # fmt: skip
    second = DenseSpec(
        name="second", inputs=3, neurons=5, lanes=2, weight_bits=4, recurrent=True,
        tick_interval=2, policy="accumulate", engine="events",
        neuron=LifSpec(leak="shift", threshold_bits=8, fraction=2),
    )  # fmt: skip
    return Design(name="two", block="network", network=NetworkSpec(layers=(first, second)))


def in_slices() -> Design:
    """Steps in slices, spikes in slices between the layers, and a bias behind the last input."""
    first = DenseSpec(
        name="first", inputs=259, neurons=64, lanes=4, weight_bits=4, bias=True, policy="once",
        engine="events", neuron=LifSpec(leak="shift", threshold_bits=8, fraction=2),
    )  # fmt: skip
    second = DenseSpec(
        name="second", inputs=64, neurons=3, weight_bits=4, bias=True, engine="events",
        neuron=LifSpec(leak="shift", threshold_bits=8, fraction=2),
    )  # fmt: skip
    return Design(name="slices", block="network", network=NetworkSpec(layers=(first, second)))


def test_all_claims_about_the_parts_are_proved(tmp_path: Path) -> None:
    design = two_event_layers()
    write_network_parts(design, tmp_path)
    file = tmp_path / "proof" / PARTS
    rows = [row for row in json.loads(file.read_text())["parts"] if row["part"] != "neurons"]
    file.write_text(json.dumps({"parts": rows}))

    def prove(prover: Any, net: Any, row: dict[str, Any]) -> None:
        facts, claims = PROVERS[row["part"]]
        claims(prover, net, design.network, read_facts(facts, row["facts"]))

    verdicts = {claim.name: claim.verdict for claim in claims_of_parts(tmp_path, 60.0, prove)}
    assert set(verdicts.values()) == {"proved"}
    for name in (
        "layer first, lanes: one sum",
        "layer first, scanner: the search",
        "layer second, scanner: each active column once",
        "layer second, sequencer: distance of additions",
        "layer second, reader: each partial sum once",
    ):
        assert name in verdicts


@pytest.fixture(scope="module")
def network(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("events")
    write_network(two_event_layers(), folder)
    return folder


def test_all_claims_about_the_wiring_are_proved(network: Path, tmp_path: Path) -> None:
    assert refuted(network, tmp_path) == set()


def test_steps_in_slices_are_proved(tmp_path: Path) -> None:
    (tmp_path / "whole").mkdir()
    (tmp_path / "refuted").mkdir()
    write_network(in_slices(), tmp_path / "whole")
    assert refuted(tmp_path / "whole", tmp_path / "refuted") == set()
    faults = [
        # A slice is taken while spikes of the last one are left; one goes out twice.
        ("layer_first.scanner", r"assign wants = [^;]+;", "assign wants = scanning;"),
        ("layer_first", r"assign moves = [^;]+;", "assign moves = 1'h0;"),
    ]
    (tmp_path / "faulty").mkdir()
    found = refuted(tmp_path / "whole", tmp_path / "faulty", faults)
    assert {"instance layer_first.scanner", "top.v, layer first: the spikes"} <= found


@pytest.mark.soak
@pytest.mark.parametrize(
    ("fault", "claim"),
    [
        (("layer_first", r"\bdecided_step <= [^;]+;", "decided_step <= 0;"), "first: a tick"),
        (("layer_second", r"\badding <= [^;]+;", "adding <= 0;"), "second: a tick"),
        (("layer_second", r"= bank \^ \w+;", "= bank;"), "second: the lanes' inputs"),
        (("layer_second", r"\bspikes <= [^;]+;", "spikes <= 0;"), "second: the spikes"),
        (("layer_first", r"~ load_now", "load_now"), "first: who gets in"),
    ],
)
def test_a_fault_refutes_the_claim(network: Path, tmp_path: Path, fault: Fault, claim: str) -> None:
    assert f"top.v, layer {claim}" in refuted(network, tmp_path, [fault])
