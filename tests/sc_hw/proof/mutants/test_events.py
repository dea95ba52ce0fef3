"""Mutants of the event engine: each is refuted, and a network without event layers says why."""

from __future__ import annotations

from pathlib import Path

import pytest
from event_networks import convolutions, in_slices
from wide_outputs import wide

from sc_hw.build.elaborate import elaborate
from sc_hw.proof.blocks.network.parts import write_network_parts
from sc_hw.proof.mutants.events import MUTANTS
from sc_hw.proof.mutants.mutant import run_mutant
from sc_hw.proof.verdicts import REFUTED
from sc_model.spec import DenseSpec, Design, NetworkSpec

QUICK = (
    "sum of another tick",
    "event again and again",
    "event and fetch at once",
    "all sets count",
    "sums stay",
    "delay of one lane",
)


def network(engine: str, max_delay: int = 0) -> Design:
    sizes = {"inputs": 18, "neurons": 3, "lanes": 2, "max_delay": max_delay}
    layer = DenseSpec.model_validate({"name": "a", **sizes, "engine": engine})
    return Design(name="small", block="network", network=NetworkSpec(layers=(layer,)))


DESIGNS = (
    network("events"), network("events", max_delay=3), in_slices(), convolutions(both=False),
)  # fmt: skip


@pytest.mark.parametrize(
    "name",
    [
        name if name in QUICK else pytest.param(name, marks=pytest.mark.soak)
        for name in (mutant.name for mutant in MUTANTS)
    ],
)
def test_each_mutant_is_refuted(tmp_path: Path, name: str) -> None:
    (mutant,) = (one for one in MUTANTS if one.name == name)
    fitting = [design for design in DESIGNS if mutant.applies(design) is None]
    build = elaborate(fitting[0], tmp_path)
    write_network_parts(build.design, build.folder)
    assert run_mutant(mutant, build, tmp_path, 30.0)["verdict"] == REFUTED


def test_spikes_that_leave_the_network_have_mutants_of_slices() -> None:
    slices = [mutant for mutant in MUTANTS if mutant.name.startswith("a slice")]
    assert len(slices) == 2
    for mutant in slices:
        assert mutant.applies(wide("sweep")) is None
        assert mutant.applies(network("sweep")) == (
            "no layer of the network gives its spikes in slices"
        )


def test_a_swept_network_has_no_place_for_them() -> None:
    reasons = {mutant.applies(network("sweep")) for mutant in MUTANTS}
    assert None not in reasons
    assert "the network has no layer with engine 'events'" in reasons
    assert "a layer with engine 'sweep' has no part 'scanner'" in reasons
