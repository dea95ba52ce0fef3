"""What the manifest says of a recurrent network, and what it refuses."""

from __future__ import annotations

import pytest
from recurrent_networks import design, network

from sc_hw.build.blocks import block_of
from sc_hw.fabric.families import load_family
from sc_model.spec import ConfigError


def test_its_description() -> None:
    block = block_of(design(), load_family("generic"))
    assert (block.name, block.top) == ("recurrent_network", "recurrent_network")
    told = block.description()
    assert told["placement"] == {"lanes": 4, "rows": 13, "groups": 2, "words": 26}
    # two groups of 13 rows, whose neurons are visited twice; 8 neurons and 3 classes
    timing = told["timing"]
    assert (timing["sweep_clocks"], timing["readout_clocks"], timing["learn_clocks"]) == (42, 11, 8)
    fields = {space["name"]: [f["name"] for f in space["fields"]] for space in told["spaces"]}
    assert fields["synapse"] == ["weight", "eligibility"]
    assert fields["output"] == ["weight"]
    assert fields["control"][0] == "lfsr"


def test_lanes_are_checked_by_the_hardware() -> None:
    odd = design(network(hidden={"neurons": 9}))
    with pytest.raises(ConfigError, match=r"^lanes of a recurrent layer must be a power of two"):
        block_of(odd, load_family("generic"))
