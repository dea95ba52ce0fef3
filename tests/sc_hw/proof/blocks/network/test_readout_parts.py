"""Claims about readouts and what joins them to a layer: proved for each kind of score."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from network_faults import refuted, write_network

from sc_hw.build.elaborate import elaborate
from sc_hw.proof.blocks.network.parts import READOUT, write_network_parts
from sc_hw.proof.mutants.emitted import part_of, part_trial
from sc_model.spec import (
    ConvSpec,
    DenseSpec,
    Design,
    LifSpec,
    NetworkSpec,
    ReadoutSpec,
    TrainedLayerSpec,
)


def answering(kind: Any, engine: Any) -> Design:
    neuron = LifSpec(leak="shift", threshold_bits=8, fraction=2)
    layer: TrainedLayerSpec = ConvSpec(
        name="b", image=(1, 3, 4), channels=3, kernel=(2, 2), weight_bits=4, neuron=neuron
    )
    if engine != "conv":
        layer = DenseSpec(
            name="b", inputs=3, neurons=5, lanes=3, engine=engine, weight_bits=4, neuron=neuron
        )
    spec = NetworkSpec(layers=(layer,), readout=ReadoutSpec(kind=kind, score_bits=4))
    return Design(name="answers", block="network", network=spec)


@pytest.mark.parametrize(
    ("kind", "engine"),
    [
        ("first_spike", "conv"),
        pytest.param("first_spike", "events", marks=pytest.mark.soak),
        pytest.param("count", "events", marks=pytest.mark.soak),
        pytest.param("last_potential", "events", marks=pytest.mark.soak),
        pytest.param("largest_potential", "conv", marks=pytest.mark.soak),
        pytest.param("largest_potential", "events", marks=pytest.mark.soak),
    ],
)
def test_all_claims_about_a_readout_are_proved(kind: Any, engine: Any, tmp_path: Path) -> None:
    build = elaborate(answering(kind, engine), tmp_path)
    write_network_parts(build.design, build.folder)
    part = part_of(build, READOUT)
    claims = part_trial(build, tmp_path, part, part, compared=False).prove(60.0)
    assert {claim["verdict"] for claim in claims} == {"proved"}
    names = {claim["name"].removeprefix("layer b, readout: ") for claim in claims}
    wanted = {"numbers", "scores", "the answer", "after a reset", "what the host writes"}
    assert wanted <= names
    assert ("numbers in the model" in names) == (engine == "conv")


@pytest.mark.soak  # a short one is in the tests of the encoder's parts
@pytest.mark.parametrize("engine", ["events", "sweep", "conv"])
def test_a_readout_in_a_layer_is_proved_and_faults_are_refuted(engine: Any, tmp_path: Path) -> None:
    (tmp_path / "whole").mkdir()
    write_network(answering("largest_potential", engine), tmp_path / "whole")
    (tmp_path / "none").mkdir()
    assert refuted(tmp_path / "whole", tmp_path / "none") == set()
    faults = [
        ("layer_b", r"= winner;", "= 0;"),
        ("layer_b", r"\.potential\(\w+\)", ".potential(9'h0)"),
        ("layer_b.readout", r"number <= [^;]+;", "number <= 0;"),
    ]
    (tmp_path / "faulty").mkdir()
    found = refuted(tmp_path / "whole", tmp_path / "faulty", faults)
    assert {
        "top.v, layer b: a tick",
        "top.v, layer b: the readout's inputs",
        "instance layer_b.readout",
    } <= found
