"""Words at other addresses than those of the turn: each claim about them is refuted by a fault."""

from __future__ import annotations

from pathlib import Path

import pytest
from network_faults import broken

from sc_hw.proof.blocks.network.parts import LANE, NEURONS
from sc_model.spec import Design, HetSynSpec, NetworkSpec, NeuronSpec

LAYER = HetSynSpec(
    name="only",
    inputs=3,
    neurons=5,
    lanes=2,
    neuron=NeuronSpec(reset="subtract", threshold=900, leak_shift=2, potential_bits=16),
    weight_bits=4,
    trace_bits=9,
    trace_fraction=4,
    code_bits=3,
    factor_shift=8,
)


@pytest.mark.parametrize(
    ("part", "edit", "claim"),
    [
        (
            LANE,
            ("w_addr <= ", "w_addr <= 1'h1 ^ "),
            "layer only, lane: what the host writes",
        ),
        (LANE, (" = place + 1'h1", " = place + 1'h0"), "layer only, lane: back to its address"),
        (NEURONS, ("held_0 <= ", "held_0 <= 1'h1 ^ "), "layer only, neurons: row of sums"),
        (NEURONS, ("index + 1'h1", "index + 1'h0"), "layer only, neurons: whose turn it is"),
    ],
)
@pytest.mark.soak
def test_words_at_other_addresses_are_refuted(
    tmp_path: Path, part: str, edit: tuple[str, str], claim: str
) -> None:
    assert claim in broken(
        Design(name="one", block="network", network=NetworkSpec(layers=(LAYER,))),
        tmp_path,
        part,
        edit,
    )
