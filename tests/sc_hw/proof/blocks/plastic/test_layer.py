"""Layers are proved part by part, and mutants of each part are refuted."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from campaigns.layer_designs import layer_designs
from campaigns.proof_sweep import LAYER_FABRICS, MUTATED
from sc_hw.build.blocks import block_of
from sc_hw.build.elaborate import Build, elaborate
from sc_hw.fabric.families import load_family
from sc_hw.plastic import PlasticLayer
from sc_hw.proof.blocks.plastic.parts import write_parts
from sc_hw.proof.mutants import mutants_of
from sc_hw.proof.mutants.emitted import part_of, part_trial
from sc_hw.proof.mutants.mutant import Mutant, Trial, run_mutant
from sc_hw.proof.prove import prove
from sc_hw.proof.verdicts import EQUIVALENT, NO_PLACE, PROVED, REFUTED
from sc_model.spec import Design, NeuronSpec, PlasticLayerSpec, RuleChoice

SMALL = {"weight_bits": 8, "trace_bits": 6, "reward_bits": 4}
DESIGNS = [
    Design(
        name="inhibition",
        block="layer",
        fabric="ice40_up",
        rule=RuleChoice(family="pair_stdp"),
        layer=PlasticLayerSpec(
            inputs=30,
            neurons=7,
            lanes=4,
            chains=2,
            signed_weights=True,
            memory="split",
            counters=True,
        ),
        neuron=NeuronSpec(
            inhibition=30,
            refractory=3,
            threshold_step=5,
            threshold_decay_shift=3,
            leak_shift=4,
            reset="subtract",
            current_shift=2,
        ),
    ),
    Design(
        name="single_port",
        block="layer",
        fabric="ecp5",
        rule=RuleChoice(family="triplet_stdp"),
        layer=PlasticLayerSpec(inputs=33, neurons=1, lanes=6, chains=6, memory="single_port"),
        neuron=NeuronSpec(noise_bits=24, threshold_step=1000),
    ),
    Design(
        name="adders",
        block="layer",
        fabric="ice40_up",
        rule=RuleChoice(parameters=SMALL),
        layer=PlasticLayerSpec(
            inputs=20, neurons=6, lanes=6, chains=3, multipliers=1, critic_shift=2
        ),
        neuron=NeuronSpec(winner_take_all=True, inhibition=3, potential_bits=9),
    ),
]

PREDICTION = Design(
    name="predicts",
    block="layer",
    fabric="ice40_up",
    rule=RuleChoice(parameters=SMALL),
    layer=PlasticLayerSpec(
        inputs=20,
        neurons=6,
        lanes=2,
        chains=1,
        memory="single_port",
        discount_shift=3,
        reward_shift=3,
        surprise_shift=3,
    ),
    neuron=NeuronSpec(winner_take_all=True, noise_bits=4, refractory=2),
)

# What refutes a mutant that a layer without a prediction has no place for
OF_PREDICTIONS = {
    "patient critic": "critic: modulator",
    "prediction competes": "neurons, turns: carried along",
    "prediction never learned": "winner: asked for",
    "prediction of another neuron": "value: kept",
    "judged too early": "wiring of layer: critic's registers",
}

SLOW = ("neurons, turns: carried along", "winner: asked for", "value: kept")


def missed(certificate: dict[str, Any]) -> list[tuple[str, Any]]:
    return [
        (c["name"], c.get("counterexample"))
        for c in certificate["claims"]
        if c["verdict"] != PROVED
    ]


@pytest.mark.parametrize(
    "design",
    [
        pytest.param(
            design,
            id=design.name,
            marks=pytest.mark.soak
            if design.name in ("single_port", "predicts", "inhibition")
            else (),
        )
        for design in (*DESIGNS, PREDICTION)
    ],
)
def test_layer_with_options(design: Design, tmp_path: Path) -> None:
    certificate = prove(design, root=tmp_path, mutants=False, schedules=False)
    assert missed(certificate) == []
    parts = {claim["name"].split(":")[0].split(",")[0] for claim in certificate["claims"]}
    assert {"lane", "layer sequencer", "neurons", "inputs", "outputs", "host"} <= parts


def test_every_mutant_of_a_layer_is_refuted(tmp_path: Path) -> None:
    design = MUTATED.model_copy(update={"rule": RuleChoice(parameters=SMALL)})
    certificate = prove(design, root=tmp_path, schedules=False)
    assert missed(certificate) == []
    rows = {row["name"]: row["verdict"] for row in certificate["mutants"]}
    assert {name for name, verdict in rows.items() if verdict != REFUTED} == set(OF_PREDICTIONS)
    assert {mutant.name for mutant in mutants_of("layer")} == set(rows)
    assert certificate["passed"]


@pytest.fixture(scope="module")
def predicting(tmp_path_factory: pytest.TempPathFactory) -> Build:
    build = elaborate(PREDICTION, tmp_path_factory.mktemp("predicts"))
    layer = block_of(build.design, load_family(build.design.fabric)).component
    assert isinstance(layer, PlasticLayer)
    write_parts(layer, build.folder, every_size=False)
    return build


@pytest.mark.parametrize(
    "name",
    [
        pytest.param(name, marks=pytest.mark.soak if OF_PREDICTIONS[name] in SLOW else ())
        for name in OF_PREDICTIONS
    ],
)
def test_every_mutant_of_a_prediction_is_refuted(
    name: str, predicting: Build, tmp_path: Path
) -> None:
    (mutant,) = (mutant for mutant in mutants_of("layer") if mutant.name == name)
    row = run_mutant(mutant, predicting, tmp_path, 60.0)
    assert (row["verdict"], row["claim"]) == (REFUTED, OF_PREDICTIONS[name])


def unchanged(compared: bool) -> Mutant:
    """A mutant that changes nothing, and admits it if it is compared."""

    def make(build: Any, folder: Path) -> Trial:
        part = part_of(build, "outputs")
        return part_trial(build, folder, part, part, compared=compared)

    return Mutant("no bug", "nothing is wrong", ("layer",), make)


@pytest.fixture
def built(tmp_path: Path) -> Build:
    build = elaborate(DESIGNS[0], tmp_path)
    layer = block_of(build.design, load_family(build.design.fabric)).component
    assert isinstance(layer, PlasticLayer)
    write_parts(layer, build.folder, every_size=False, only=("outputs",))
    return build


@pytest.mark.parametrize(("compared", "verdict"), [(True, EQUIVALENT), (False, PROVED)])
def test_a_mutant_that_can_not_be_refuted(
    built: Build, compared: bool, verdict: str, tmp_path: Path
) -> None:
    row = run_mutant(unchanged(compared), built, tmp_path, 60.0)
    assert row["verdict"] == verdict
    assert (row["verdict"] == row["expected"]) == compared  # else the certificate fails


def test_a_mutant_without_a_place_is_reported(built: Build, tmp_path: Path) -> None:
    (critic,) = (mutant for mutant in mutants_of("layer") if mutant.name == "slow critic")
    row = run_mutant(critic, built, tmp_path, 60.0)
    assert row["verdict"] == row["expected"] == NO_PLACE


def test_random_designs_are_all_different_and_cover_the_options() -> None:
    drawn = [design for fabric in LAYER_FABRICS for design in layer_designs(fabric, 40)]
    assert len({design.model_dump_json(exclude={"name"}) for design in drawn}) == len(drawn) == 160
    layers, neurons = [d.layer for d in drawn if d.layer], [d.neuron for d in drawn if d.neuron]
    assert {layer.memory for layer in layers} == {"auto", "joined", "split", "single_port"}
    for name in PlasticLayerSpec.model_fields:
        assert len({getattr(layer, name) for layer in layers}) > 1 or name == "multipliers", name
    for name in NeuronSpec.model_fields:
        assert len({getattr(neuron, name) for neuron in neurons}) > 1, name
