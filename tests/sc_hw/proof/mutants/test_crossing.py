"""Mutants of crossings and counters: each differs from the original, and an original does not.

`tests/sc_hw/proof/blocks/network/test_crossing.py` refutes all of them.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from sc_hw.build.emit import to_verilog
from sc_hw.network.cdc import Side, WordCrossing
from sc_hw.proof.blocks.network.crossing_harness import DUT
from sc_hw.proof.mutants.crossing import MUTANTS, Counter, faulty_crossing
from sc_hw.proof.mutants.mutant import Mutant
from sc_hw.proof.mutants.reachability import model_source, verilog_source
from sc_hw.proof.processes import compare_netlists
from sc_hw.proof.verdicts import DIFFERENT, EQUIVALENT
from sc_model.spec import Design, HetSynSpec, NetworkSpec, NeuronSpec


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.name.replace(" ", "_"))
def test_every_mutant_differs(mutant: Mutant, tmp_path: Path) -> None:
    assert mutant.make(None, tmp_path).compare(30.0) == DIFFERENT


def test_a_crossing_of_correct_sides_is_equivalent(tmp_path: Path) -> None:
    class Same(Side):
        """Written in another way: clears at the same time."""

        def pointer_clear(self) -> object:
            return ~(~self.clear_answer & ~(self.clear_request & self.other_answer))

    kinds = {"original": WordCrossing, "same": faulty_crossing(Same)}
    sources = [
        verilog_source(tmp_path, name, to_verilog(kind(2, 2), DUT, None), DUT, clocks=True)
        for name, kind in kinds.items()
    ]
    assert compare_netlists(*sources, tmp_path, 30.0) == EQUIVALENT


def test_the_assertion_of_a_counter_is_compared_too(tmp_path: Path) -> None:
    gray = [model_source(tmp_path, f"gray_{n}", Counter("gray", 4).model()) for n in range(2)]
    assert compare_netlists(*gray, tmp_path, 30.0) == EQUIVALENT


def test_a_network_with_one_clock_has_no_crossing() -> None:
    layer = HetSynSpec(name="a", inputs=3, neurons=5, lanes=1, neuron=NeuronSpec())
    design = Design(name="a", block="network", network=NetworkSpec(layers=(layer,)))
    assert {mutant.applies(design) for mutant in MUTANTS} == {
        "all layers share one clock, so there is no crossing"
    }
