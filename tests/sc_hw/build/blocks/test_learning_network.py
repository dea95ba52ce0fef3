"""A learning network skips what the rules of its layers are shown to keep, and nothing else."""

from __future__ import annotations

import pytest
from learning_networks import network

from sc_hw.build.blocks import block_of, learning_network
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
    assert listed == dict.fromkeys(("hidden0", "output"), [["trace"], ["signal"]])


def test_hardware_without_the_licence_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(learning_network, "SKIPPED", ("trace", "shift"))
    with pytest.raises(ConfigError) as error:
        block_of(DESIGN, load_family("generic"))
    assert str(error.value) == (
        "layer 'hidden0' of learning network 'skips' skips synapses with shift = 0, but that does"
        " not keep every field of rule 'error_triggered'; its quiet conditions are: trace = 0,"
        " signal = 0."
    )
