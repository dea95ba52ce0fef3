"""Faults of the stage around a plastic layer behind the trained ones."""

from __future__ import annotations

from pathlib import Path

import pytest
from network_faults import refuted, two_layers, write_network

from sc_model.spec import Design, NetworkSpec, PlasticLayerSpec, PlasticStageSpec, RuleChoice


@pytest.fixture(scope="module")
def plastic(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("plastic")
    design = two_layers()
    assert design.network is not None
    stage = PlasticStageSpec(
        rule=RuleChoice(), layer=PlasticLayerSpec(inputs=4, neurons=4, lanes=2, chains=2)
    )
    first, second = design.network.layers
    layers = (first, second.model_copy(update={"neurons": 4}))
    network = NetworkSpec(layers=layers, crossing_depth=2, plastic=stage)
    write_network(Design(name="three", block="network", network=network), folder)
    return folder


@pytest.mark.soak
def test_a_plastic_stage_is_proved(plastic: Path, tmp_path: Path) -> None:
    assert refuted(plastic, tmp_path) == set()


@pytest.mark.soak
@pytest.mark.parametrize(
    ("module", "pattern", "replacement", "claim"),
    [
        ("plastic", r"word_1 <= [^;]+;", "word_1 <= word_0;", "what a step takes in"),
        ("plastic", r"\bspikes <= [^;]+;", "spikes <= 0;", "the spikes"),
        ("plastic", r"\bwaiting <= [^;]+;", "waiting <= feeding;", "the phases of a step"),
        ("", r"load_plastic__valid &", "load_plastic__valid |", "its host"),
        ("", r"teach__valid &", "teach__valid |", "where its words come from"),
    ],
)
def test_a_fault_refutes_the_claim(
    plastic: Path, tmp_path: Path, module: str, pattern: str, replacement: str, claim: str
) -> None:
    found = refuted(plastic, tmp_path, [(module, pattern, replacement)])
    assert f"top.v, layer plastic: {claim}" in found
