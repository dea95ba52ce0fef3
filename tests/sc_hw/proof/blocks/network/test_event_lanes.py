"""A fault in the lanes of an event layer refutes the claim about it."""

from __future__ import annotations

from pathlib import Path

import pytest
from network_faults import broken

from sc_hw.proof.prove import prove
from sc_hw.proof.verdicts import PROVED
from sc_model.spec import DenseSpec, Design, NetworkSpec

SUMS = "layer only, lanes: "


@pytest.mark.parametrize(
    ("edit", "claim"),
    [
        (("assign addr = address | host_address;", "assign addr = address;"), SUMS + "weights"),
        ((" = issue_d2;", " = issue_d1;"), SUMS + "one sum"),
        (("empty_d1 <= empty;", "empty_d1 <= 1'h0;"), SUMS + "addition"),
        (("empty_d1 <= empty;", "empty_d1 <= 1'h0;"), SUMS + "sum of partial sums"),
        (("assign in_flight = |", "assign in_flight = &"), SUMS + "end of a sum"),
    ],
)
def test_a_fault_refutes_the_claim(tmp_path: Path, edit: tuple[str, str], claim: str) -> None:
    layer = DenseSpec(name="only", inputs=5, neurons=4, lanes=2, weight_bits=3, engine="events")
    design = Design(name="d", block="network", network=NetworkSpec(layers=(layer,)))
    assert claim in broken(design, tmp_path, "event_lanes", edit)


@pytest.mark.soak
def test_a_layer_of_64_lanes_is_proved(tmp_path: Path) -> None:
    """Words of 512 bits of weights and 1,152 of sums: as a whole they ended as `unknown`."""
    layer = DenseSpec(
        name="only", inputs=784, neurons=128, lanes=64, engine="events", neurons_a_clock=4
    )
    design = Design(name="d", block="network", network=NetworkSpec(layers=(layer,)), fabric="ecp5")
    made = prove(design, root=tmp_path, mutants=False)
    assert [claim["name"] for claim in made["claims"] if claim["verdict"] != PROVED] == []
