"""Mutants of a layer's intake: each differs from the original, and its claim refutes it."""

from __future__ import annotations

from pathlib import Path

import pytest
from event_networks import in_slices, other_intervals

from sc_hw.build.elaborate import elaborate
from sc_hw.proof.blocks.network.parts import write_network_parts
from sc_hw.proof.mutants.intake import MUTANTS, intake_mutant
from sc_hw.proof.mutants.mutant import Mutant, run_mutant
from sc_hw.proof.verdicts import EQUIVALENT, REFUTED
from sc_model.spec import CrossingSpec, Design, NetworkSpec

# Those of intakes of slices have no place in every network.
OF_SLICES = tuple(mutant for mutant in MUTANTS if mutant.applies(in_slices()) is not None)
OF_WORDS = tuple(mutant for mutant in MUTANTS if mutant not in OF_SLICES)
QUICK = ("first slice again", "values of the last run", "lost in the last slice")


@pytest.mark.parametrize("mutant", OF_WORDS, ids=lambda mutant: mutant.name.replace(" ", "_"))
def test_every_mutant_is_refuted(mutant: Mutant, tmp_path: Path) -> None:
    row = run_mutant(mutant, None, tmp_path, 60.0)
    assert row["verdict"] == REFUTED
    assert row["counterexample"]


def test_hardware_for_the_same_transfer_is_equivalent(tmp_path: Path) -> None:
    spec = CrossingSpec(1, 1, 3, "hold", 1)
    mutant = intake_mutant("same", "nothing is wrong", "due", spec, spec)
    assert run_mutant(mutant, None, tmp_path, 60.0)["verdict"] == EQUIVALENT


@pytest.mark.parametrize(
    "name",
    [
        name if name in QUICK else pytest.param(name, marks=pytest.mark.soak)
        for name in (mutant.name for mutant in OF_SLICES)
    ],
)
def test_each_mutant_of_slices_is_refuted(tmp_path: Path, name: str) -> None:
    (mutant,) = (one for one in OF_SLICES if one.name == name)
    build = elaborate(other_intervals(), tmp_path)
    write_network_parts(build.design, build.folder)
    assert run_mutant(mutant, build, tmp_path, 30.0)["verdict"] == REFUTED


def test_networks_have_no_place_for_some_mutants() -> None:
    (reason,) = {mutant.applies(in_slices()) for mutant in OF_SLICES}
    assert reason == "no layer of the network takes slices of words at another interval"
    network = other_intervals().network
    assert network is not None
    first = network.layers[0].model_copy(update={"policy": "hold"})
    held = Design(name="held", block="network", network=NetworkSpec(layers=(first,)))
    assert {mutant.applies(held) for mutant in OF_SLICES} == {
        None,
        "no intake of slices has a memory that the fault needs",
    }
