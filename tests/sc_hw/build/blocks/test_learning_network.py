"""What the manifest says of a network that learns."""

from __future__ import annotations

from learning_hardware import spec_of

from sc_hw.build.elaborate import make
from sc_model.spec import Design


def test_the_manifest_says_where_everything_is() -> None:
    spec = spec_of()
    manifest = make(Design(name="learn", block="learning_network", learning=spec)).manifest
    assert manifest["placement"] == {
        "lanes": 8,
        "rows": 13,
        "groups": 3,
        "out_base": 64,
        "out_groups": 2,
        "memory": "two_ports",
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
