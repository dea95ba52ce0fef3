"""The block of a network that learns: where all lies, and that it skips what its rules allow."""

from __future__ import annotations

import pytest
from learning_hardware import spec_of
from learning_networks import network

from sc_hw.build.blocks import block_of, learning_network
from sc_hw.build.elaborate import make
from sc_hw.fabric.families import load_family
from sc_model.spec import ConfigError, Design

DESIGN = Design(
    name="skips",
    block="learning_network",
    learning=network(layer={"lanes": 4}, output={"lanes": 4}),
)


def test_the_manifest_lists_what_may_be_skipped() -> None:
    block = block_of(DESIGN, load_family("generic"))
    listed = block.description()["quiet"]
    assert listed == {key: [["trace"], ["signal"]] for key in ("hidden0", "output")}


def test_hardware_without_the_licence_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(learning_network, "SKIPPED", ("trace", "shift"))
    with pytest.raises(ConfigError) as error:
        block_of(DESIGN, load_family("generic"))
    assert str(error.value) == (
        "layer 'hidden0' of learning network 'skips' skips synapses with shift = 0, but that does"
        " not keep every field of rule 'error_triggered'; its quiet conditions are: trace = 0,"
        " signal = 0."
    )


def test_the_manifest_says_where_everything_is() -> None:
    spec = spec_of()
    manifest = make(Design(name="learn", block="learning_network", learning=spec)).manifest
    assert manifest["placement"] == {
        "lanes": 8,
        "memory": "two_ports",
        "layers": [
            {
                "name": "hidden",
                "rows": 13,
                "neurons": 21,
                "base": 0,
                "groups": 3,
                "learns": "learn_hidden",
                "ages": 0,
            },
            {
                "name": "output",
                "rows": 21,
                "neurons": 10,
                "base": 64,
                "groups": 2,
                "learns": "learn_output",
            },
        ],
    }
    spaces = {space["name"]: space for space in manifest["spaces"]}
    assert {name: space["words"] for name, space in spaces.items()} == {
        "synapse": 64 + 21 * 2,
        "neuron": 3,
        "control": 1,
    }
    fields = [field["name"] for field in spaces["control"]["fields"]]
    assert fields == ["lfsr", "step_shift", "learn_hidden", "learn_output"]
    assert manifest["timing"]["update_clocks"] == 1
