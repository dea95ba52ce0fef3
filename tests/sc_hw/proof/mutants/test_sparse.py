"""Mutants of sparse layers: each is refuted, and dense networks say that they have none."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from sparse_networks import two_sparse_layers

from sc_hw.build.elaborate import elaborate
from sc_hw.proof.blocks.network.parts import write_network_parts
from sc_hw.proof.mutants.mutant import run_mutant
from sc_hw.proof.mutants.sparse import MUTANTS
from sc_hw.proof.verdicts import REFUTED
from sc_model.spec import DenseSpec, Design, NetworkSpec


@pytest.mark.soak  # the tests of the parts have faults like these
@pytest.mark.parametrize("mutant", MUTANTS, ids=[mutant.name for mutant in MUTANTS])
def test_each_mutant_is_refuted(mutant: Any, tmp_path: Path) -> None:
    build = elaborate(two_sparse_layers(), tmp_path)
    write_network_parts(build.design, build.folder)
    assert run_mutant(mutant, build, tmp_path, 60.0)["verdict"] == REFUTED


def test_a_dense_network_has_no_place_for_them() -> None:
    layers = (DenseSpec(name="a", inputs=2, neurons=2, engine="events"),)
    dense = Design(name="dense", block="network", network=NetworkSpec(layers=layers))
    for mutant in MUTANTS:
        assert mutant.applies(dense) == "the network has no layer of kind 'sparse'"
