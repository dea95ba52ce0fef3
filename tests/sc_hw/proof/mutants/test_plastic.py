"""Mutants of a plastic layer: missing hardware is named, and every pattern matches.

`tests/sc_hw/proof/blocks/plastic/test_layer.py` refutes all of them in one layer.
"""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from campaigns.layer_designs import layer_designs
from campaigns.proof_sweep import LAYER_FABRICS
from sc_hw.build.blocks import block_of
from sc_hw.build.elaborate import Build, elaborate
from sc_hw.fabric.families import load_family
from sc_hw.plastic import PlasticLayer
from sc_hw.proof.blocks.plastic.parts import write_parts
from sc_hw.proof.mutants.mutant import run_mutant
from sc_hw.proof.mutants.plastic import MUTANTS, text_mutant
from sc_hw.proof.verdicts import EQUIVALENT, NO_PLACE, REFUTED
from sc_model.spec import Design, NeuronSpec, PlasticLayerSpec, RuleChoice

PLAIN = Design(
    name="plain",
    block="layer",
    rule=RuleChoice(family="pair_stdp"),
    layer=PlasticLayerSpec(inputs=30, neurons=7, lanes=4, chains=2, signed_weights=True),
    neuron=NeuronSpec(inhibition=30),
)


def with_parts(design: Design, root: Path, *only: str) -> Build:
    """A design elaborated, with its parts written."""
    build = elaborate(design, root)
    layer = block_of(build.design, load_family(build.design.fabric)).component
    assert isinstance(layer, PlasticLayer)
    write_parts(layer, build.folder, every_size=False, only=only)
    return build


PREDICTION = (
    "patient critic",
    "prediction competes",
    "prediction never learned",
    "prediction of another neuron",
)


def test_missing_hardware_is_named(tmp_path: Path) -> None:
    build = with_parts(PLAIN, tmp_path)
    rows = [run_mutant(mutant, build, tmp_path, 60.0) for mutant in MUTANTS]
    reasons = {row["name"]: row["reason"] for row in rows if row["verdict"] == NO_PLACE}
    assert reasons == {
        "tie to the higher number": "no place for it: no neuron competes for a winner",
        "wrong tap": "no place for it: the neurons have no noise",
        "slow critic": "no place for it: the layer has no critic",
        **dict.fromkeys(PREDICTION, "no place for it: no neuron predicts"),
    }
    assert {row["verdict"] for row in rows} == {REFUTED, NO_PLACE}


@pytest.mark.parametrize(
    ("replacement", "verdict"), [(r"\g<0>", EQUIVALENT), ("bank", REFUTED), ("~(~bank)", REFUTED)]
)
def test_an_edit_that_changes_nothing_is_equivalent(
    replacement: str, verdict: str, tmp_path: Path
) -> None:
    build = with_parts(PLAIN, tmp_path, "outputs")
    mutant = text_mutant("bank", "", "outputs", (r"~\s*bank\b", replacement))
    assert run_mutant(mutant, build, tmp_path, 60.0)["verdict"] == verdict


@pytest.mark.parametrize("fabric", LAYER_FABRICS)
def test_every_mutant_is_made_of_random_layers_or_says_why_not(fabric: str, tmp_path: Path) -> None:
    """Every pattern matches, in layers of all rules and options that the sweep draws."""
    drawn = random.Random(4).sample(list(layer_designs(fabric, 40)), 1)
    for design in drawn:
        build = with_parts(design, tmp_path)
        for mutant in MUTANTS:
            if mutant.applies(build.design) is None:
                folder = tmp_path / design.name / mutant.name
                folder.mkdir(parents=True)
                mutant.make(build, folder)
