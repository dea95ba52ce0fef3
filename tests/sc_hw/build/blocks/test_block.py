"""Every block answers the same questions, and its description agrees with its component."""

from __future__ import annotations

import pytest
from learning_networks import network
from network_designs import two_clocks
from recurrent_networks import design as recurrent_design

from sc_hw.build.blocks import block_names, block_of
from sc_hw.build.blocks.block import RuleBlock
from sc_hw.fabric.families import load_family
from sc_model.spec import Design, NeuronSpec, PlasticLayerSpec

DESIGNS = (
    Design(name="a", block="lane"),
    Design(name="a", block="bank", synapses=9),
    Design(
        name="a",
        block="layer",
        layer=PlasticLayerSpec(inputs=6, neurons=4, lanes=2),
        neuron=NeuronSpec(),
    ),
    Design(
        name="a",
        block="learning_network",
        learning=network(layer={"lanes": 4}, output={"lanes": 4}),
    ),
    two_clocks(),
    recurrent_design(),
)


def test_all_blocks_are_looked_at() -> None:
    assert sorted(design.block for design in DESIGNS) == list(block_names())


@pytest.mark.parametrize("design", DESIGNS, ids=lambda design: design.block)
def test_description(design: Design) -> None:
    block = block_of(design, load_family(design.fabric))
    description = block.description()
    assert block.name == design.block
    assert description["timing"] == block.timing()
    names = [port["name"] for port in description["ports"]]
    assert len(names) == len(set(names))
    assert bool(block.crossings) is (design.block == "network")
    if isinstance(block, RuleBlock):
        assert names[:2] == ["clk", "rst"]
        assert description["domain"]["edge"] == "rising"
        signals = {row["name"]: row for row in description["named_signals"]}
        assert set(signals) == set(block.graph.lets)
        for row in signals.values():
            assert row["lo"] <= row["hi"]
            assert max(abs(row["lo"]), abs(row["hi"])).bit_length() <= row["width"]
