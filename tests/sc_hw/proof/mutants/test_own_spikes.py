"""Mutants of own spikes in slices: each is refuted, and other networks say that they have none."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from event_networks import in_slices, recurrent_in_slices, swept_own_spikes, two_event_layers

from sc_hw.build.elaborate import elaborate
from sc_hw.proof.blocks.network.parts import write_network_parts
from sc_hw.proof.mutants.mutant import run_mutant
from sc_hw.proof.mutants.own_spikes import MUTANTS
from sc_hw.proof.verdicts import REFUTED


@pytest.mark.parametrize(
    "mutant",
    [
        pytest.param(mutant, id=mutant.name, marks=pytest.mark.soak if number > 3 else ())
        for number, mutant in enumerate(MUTANTS)
    ],
)
def test_each_mutant_is_refuted(mutant: Any, tmp_path: Path) -> None:
    designs = (recurrent_in_slices(), swept_own_spikes())
    design = next(each for each in designs if mutant.applies(each) is None)
    build = elaborate(design, tmp_path)
    write_network_parts(build.design, build.folder)
    assert run_mutant(mutant, build, tmp_path, 60.0)["verdict"] == REFUTED


@pytest.mark.parametrize("design", [in_slices(), two_event_layers()], ids=["slices", "recurrent"])
def test_other_networks_have_no_place_for_them(design: Any) -> None:
    for mutant in MUTANTS:
        reason = mutant.applies(design)
        assert reason is not None
        assert reason.startswith("no layer")
        assert reason.endswith("takes its own spikes in slices")
