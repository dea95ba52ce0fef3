"""Mutants of readouts: each is refuted, and a network without a readout says why it has none."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from wide_outputs import wide

from sc_hw.build.elaborate import elaborate
from sc_hw.proof.blocks.network.parts import write_network_parts
from sc_hw.proof.mutants.mutant import run_mutant
from sc_hw.proof.mutants.readout import MUTANTS
from sc_hw.proof.verdicts import REFUTED
from sc_model.spec import (
    ConvSpec,
    DenseSpec,
    Design,
    LifSpec,
    NetworkSpec,
    ReadoutSpec,
    TrainedLayerSpec,
)

IN_ORDER = "lowest of several alike"  # of neurons that come in another order
IN_SLICES = "answer of some neurons"  # of spikes that leave in slices


def network(kind: Any, *, conv: bool = False) -> Design:
    neuron = LifSpec(leak="shift", threshold_bits=8)
    layer: TrainedLayerSpec = DenseSpec(
        name="a", inputs=3, neurons=3, engine="events", neuron=neuron
    )
    if conv:
        layer = ConvSpec(name="a", image=(1, 2, 3), channels=2, kernel=(2, 2), neuron=neuron)
    readout = None if kind is None else ReadoutSpec(kind=kind)
    return Design(
        name="small", block="network", network=NetworkSpec(layers=(layer,), readout=readout)
    )


@pytest.mark.soak  # the tests of the parts have faults like these
@pytest.mark.parametrize("mutant", MUTANTS, ids=[mutant.name for mutant in MUTANTS])
def test_each_mutant_is_refuted(mutant: Any, tmp_path: Path) -> None:
    design = network("largest_potential", conv=mutant.name == IN_ORDER)
    if mutant.name == IN_SLICES:
        design = wide("events", "largest_potential")
    build = elaborate(design, tmp_path)
    write_network_parts(build.design, build.folder)
    result = run_mutant(mutant, build, tmp_path, 60.0)
    assert result["verdict"] == REFUTED


def test_a_network_without_the_hardware_says_why() -> None:
    for mutant in MUTANTS:
        assert mutant.applies(network(None)) == "the network has no readout"
        assert mutant.applies(wide("conv", "count")) is None
        in_word = "the answer comes with all spikes of a tick in one word"
        reason = in_word if mutant.name == IN_SLICES else None
        assert mutant.applies(network("count", conv=True)) == reason
    (forgets,) = (mutant for mutant in MUTANTS if mutant.name == "scores of another sample")
    reason = "a score does not depend on those of earlier ticks"
    assert forgets.applies(network("last_potential")) == reason
    (alike,) = (mutant for mutant in MUTANTS if mutant.name == IN_ORDER)
    assert alike.applies(network("count")) == "the neurons come in the order of their numbers"
