"""Mutants of trained layers: which layer gets them, and what a layer without the hardware says.

`tests/sc_hw/proof/blocks/network/test_network.py` refutes all of them.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from sc_hw.build.elaborate import elaborate
from sc_hw.proof.blocks.network.parts import HISTORY, LANE, write_network_parts
from sc_hw.proof.mutants.mutant import run_mutant
from sc_hw.proof.mutants.network import ANY, HETSYN, MUTANTS, spec_mutant, text_mutant
from sc_hw.proof.verdicts import EQUIVALENT, REFUTED
from sc_model.spec import DenseSpec, Design, HetSynSpec, LifSpec, NetworkSpec, NeuronSpec


def network(*layers: Any) -> Design:
    return Design(name="small", block="network", network=NetworkSpec(layers=layers))


def hetsyn(**changes: Any) -> HetSynSpec:
    sizes = {"weight_bits": 4, "trace_bits": 9, "trace_fraction": 4, "code_bits": 3}
    neuron = NeuronSpec(threshold=900, potential_bits=16)
    values = {"name": "a", "inputs": 3, "neurons": 5, "lanes": 1, "neuron": neuron, **sizes}
    return HetSynSpec(**{**values, **changes})


def dense(**changes: Any) -> DenseSpec:
    values = {"name": "b", "inputs": 5, "neurons": 2, "lanes": 1, "neuron": LifSpec()}
    return DenseSpec(**{**values, **changes})


def reasons(design: Design) -> dict[str, str | None]:
    return {mutant.name: mutant.applies(design) for mutant in MUTANTS}


def test_a_layer_without_the_hardware_says_so() -> None:
    assert reasons(network(hetsyn())) == {
        "decay table": None,
        "input one place low": None,
        "threshold": None,
        "reset": None,
        "sum goes on": None,
        "kind of reset": "the network has no layer of kind 'dense'",
        "moment of the reset": "the network has no layer of kind 'dense'",
        "history at power-on": "the layer has no delays, so no history",
        "synapse beside it": None,
        "neuron beside it": None,
        "column beside it": "the layer has no delays, so no history",
        "traces all in one place": None,
    }
    without_half = reasons(network(hetsyn(trace_fraction=0)))["input one place low"]
    assert without_half == "an input adds 1 to a trace, which has no half"
    refractory = dense(neuron=LifSpec(refractory=2))
    moment = reasons(network(hetsyn(), refractory))["moment of the reset"]
    assert moment == "a refractory neuron has one moment for its reset"


def test_the_first_layer_that_has_the_hardware_gets_the_mutant(tmp_path: Path) -> None:
    design = network(hetsyn(), dense(max_delay=2))
    assert reasons(design)["history at power-on"] is None
    build = elaborate(design, tmp_path)
    write_network_parts(build.design, build.folder)
    (mutant,) = (mutant for mutant in MUTANTS if mutant.name == "history at power-on")
    row = run_mutant(mutant, build, tmp_path, 60.0)
    assert (row["verdict"], row["claim"]) == (REFUTED, "layer b: history")


def test_a_part_of_the_same_specification_is_equivalent(tmp_path: Path) -> None:
    build = elaborate(network(hetsyn(), dense(max_delay=2)), tmp_path)
    write_network_parts(build.design, build.folder)
    same = spec_mutant(HETSYN, LANE, "same", "nothing is wrong")
    assert run_mutant(same, build, tmp_path, 60.0)["verdict"] == EQUIVALENT
    edit = (r"fresh_d1 <= fresh;", "fresh_d1 <= ~(~fresh);")
    kept = text_mutant(
        ANY,
        HISTORY,
        "written in another way",
        "nothing is wrong",
        edit,
        applies=lambda spec: None if spec.max_delay else "no history",
    )
    assert run_mutant(kept, build, tmp_path, 60.0)["verdict"] == EQUIVALENT
