"""Claims about encoders and what joins them to a network: proved for each kind."""

from __future__ import annotations

from pathlib import Path

import pytest
from encoded_networks import coded, encoded
from network_faults import refuted, write_network

from sc_hw.build.elaborate import elaborate
from sc_hw.proof.blocks.network.parts import ENCODER, write_network_parts
from sc_hw.proof.mutants.emitted import part_of, part_trial

NAMES = (
    "a set of values",
    "steps of a set",
    "the spikes of a word",
    "transfers of spikes",
    "after a reset",
)


@pytest.mark.parametrize(
    "kind",
    [
        "latency",
        pytest.param("threshold", marks=pytest.mark.soak),
        pytest.param("bernoulli", marks=pytest.mark.soak),
        pytest.param("delta", marks=pytest.mark.soak),
    ],
)
def test_all_claims_about_an_encoder_are_proved(kind: str, tmp_path: Path) -> None:
    build = elaborate(encoded(kind), tmp_path)
    write_network_parts(build.design, build.folder)
    part = part_of(build, ENCODER)
    claims = part_trial(build, tmp_path, part, part, compared=False).prove(60.0)
    assert {claim["verdict"] for claim in claims} == {"proved"}
    assert {f"encoder: {name}" for name in NAMES} <= {claim["name"] for claim in claims}


def test_values_lists_and_answers_in_one_network_are_proved(tmp_path: Path) -> None:
    """With faults of the encoder, of the lists and of the readout, and of what joins them."""
    for name in ("whole", "none", "faulty"):
        (tmp_path / name).mkdir()
    write_network(coded(), tmp_path / "whole")
    assert refuted(tmp_path / "whole", tmp_path / "none") == set()
    faults = [
        ("", r"assign i__ready = [^;]+;", "assign i__ready = 1'h1;"),
        ("encoder", r"\bfilled <= [^;]+;", "filled <= 0;"),
        ("layer_a", r"assign load_list = [^;]+;", "assign load_list = 1'h0;"),
        ("layer_a.sequencer", r"assign goes = [^;]+;", "assign goes = listing;"),
        ("layer_b", r"= winner;", "= 0;"),
        ("layer_b.readout", r"number <= [^;]+;", "number <= 0;"),
    ]
    assert {
        "top.v, layer a: where its words come from",
        "instance encoder",
        "top.v, layer a: events and fetches",
        "instance layer_a.sequencer",
        "top.v, layer b: a tick",
        "instance layer_b.readout",
    } <= refuted(tmp_path / "whole", tmp_path / "faulty", faults)


@pytest.mark.soak
@pytest.mark.parametrize("kind", ["delta", "bernoulli"])
def test_an_encoder_in_a_network_is_proved_and_faults_are_refuted(
    kind: str, tmp_path: Path
) -> None:
    for name in ("whole", "none", "faulty"):
        (tmp_path / name).mkdir()
    write_network(encoded(kind), tmp_path / "whole")
    assert refuted(tmp_path / "whole", tmp_path / "none") == set()
    faults = [
        ("", r"assign i__ready = [^;]+;", "assign i__ready = 1'h1;"),
        ("encoder", r"\bturn <= [^;]+;", "turn <= 0;"),
    ]
    found = refuted(tmp_path / "whole", tmp_path / "faulty", faults)
    assert {"top.v, layer a: where its words come from", "instance encoder"} <= found
