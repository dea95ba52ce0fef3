"""Mutants of encoders: each is refuted, and a network without an encoder says that it has none."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from encoded_networks import encoded

from sc_hw.build.elaborate import elaborate
from sc_hw.proof.blocks.network.parts import write_network_parts
from sc_hw.proof.mutants.encoder import MUTANTS
from sc_hw.proof.mutants.mutant import run_mutant
from sc_hw.proof.verdicts import REFUTED
from sc_model.spec import DenseSpec, Design, NetworkSpec


def kind_of(mutant: Any) -> str:
    """A kind of encoder that a mutant is made of."""
    kinds = ("threshold", "latency", "bernoulli", "delta")
    return next(kind for kind in kinds if mutant.applies(encoded(kind)) is None)


@pytest.mark.soak  # the tests of the parts have faults like these
@pytest.mark.parametrize("mutant", MUTANTS, ids=[mutant.name for mutant in MUTANTS])
def test_each_mutant_is_refuted(mutant: Any, tmp_path: Path) -> None:
    build = elaborate(encoded(kind_of(mutant)), tmp_path)
    write_network_parts(build.design, build.folder)
    assert run_mutant(mutant, build, tmp_path, 60.0)["verdict"] == REFUTED


def test_a_network_without_an_encoder_has_no_place_for_them() -> None:
    layers = (DenseSpec(name="a", inputs=2, neurons=2),)
    plain = Design(name="plain", block="network", network=NetworkSpec(layers=layers))
    for mutant in MUTANTS:
        assert mutant.applies(plain) == "the network has no encoder"
    assert {mutant.applies(encoded("threshold")) for mutant in MUTANTS} == {
        None,
        "the encoder is not of kind 'bernoulli'",
        "the encoder is not of kind 'delta'",
        "the encoder is not of kind 'latency'",
    }
