"""A plastic layer as a block: where its synapses lie, and what a host finds in each space."""

from __future__ import annotations

from sc_hw.build.blocks import block_of
from sc_hw.fabric.families import load_family
from sc_model.spec import Design, NeuronSpec, PlasticLayerSpec


def test_layout() -> None:
    layer = PlasticLayerSpec(inputs=12, neurons=10, lanes=4, chains=2)
    design = Design(name="a", block="layer", layer=layer, neuron=NeuronSpec())
    description = block_of(design, load_family("generic")).description()
    place = description["placement"]
    assert (place["inputs"], place["neurons"], place["chains"], place["columns"]) == (12, 10, 2, 2)
    assert place["depth"] == place["rows"] * place["groups"]
    spaces = {space["name"]: space for space in description["spaces"]}
    assert len({space["code"] for space in spaces.values()}) == len(spaces)
    assert spaces["synapse"]["words"] == place["depth"]
    assert spaces["neuron"]["words"] == 10
    assert spaces["control"]["words"] == 1
    for space in spaces.values():
        ends = [field["offset"] + field["width"] for field in space["fields"]]
        assert ends == sorted(ends)
