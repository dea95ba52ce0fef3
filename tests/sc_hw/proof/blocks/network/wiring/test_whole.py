"""The claims about a network's own `top.v`: proved as it is, each refuted by a fault of its own.

The soak tries the faults of each kind one by one (see the tests of each kind's file).
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from network_designs import learns
from network_faults import refuted

from sc_hw.proof.blocks.network.wiring.whole import network_of
from sc_hw.proof.processes import decide
from sc_model.spec import DenseSpec, Design, NetworkSpec

# Faults that do not hide each other, and the claim that each must refute.
FAULTS = {
    ("stamp", r"step \+ 1'h1", "step + 2'h2"): "top.v: numbers of the steps",
    ("crossing_first.intake.scheduler", r"due \+ 1'h1", "due + 2'h2"): (
        "top.v, layer first: steps of words and ticks"
    ),
    ("crossing_second.intake", r"i__payload\[16\]", "i__payload[17]"): (
        "top.v, layer second: once in 3 channels"
    ),
    ("crossing_second.words", r"i_asks <= ", "i_asks <= ~"): "instance crossing_second.words",
    ("", r"\(load_second__payload\)", "(load_second__payload ^ 1'h1)"): (
        "top.v, layer second: its host"
    ),
    ("layer_first", r"load__valid \| read__valid", "load__valid | load__valid"): (
        "top.v, layer first: who gets in"
    ),
    ("layer_first", r"\bloaded <= load__payload;", "loaded <= load__payload ^ 1'h1;"): (
        "top.v, layer first: the host's requests"
    ),
    ("layer_first", r"requested\[2:0\] == 3'h4", "requested[2:0] == 3'h2"): (
        "top.v, layer first: the answer to the host"
    ),
    ("layer_first", r"\.restart\(begins\)", ".restart(free)"): (
        "top.v, layer first: the neurons' inputs"
    ),
    ("layer_first.lane_1", r"\bfirst_d1 <= first;", "first_d1 <= 1'h0;"): (
        "instance layer_first.lane_1"
    ),
    ("layer_second", r"\bspikes <= [^;]+;", "spikes <= 0;"): "top.v, layer second: the spikes",
    ("layer_second", r"waiting & o__ready", "waiting | o__ready"): "top.v, layer second: a tick",
    ("layer_second", r"keep = issue & last_group", "keep = issue & fresh"): (
        "top.v, layer second: the history's inputs"
    ),
}


def test_a_network_is_proved_and_faults_of_each_kind_are_refuted(
    network: Path, tmp_path: Path
) -> None:
    claims = {claim["name"]: claim["verdict"] for claim in decide(network)}
    assert {name for name, verdict in claims.items() if verdict != "proved"} == set()
    assert set(FAULTS.values()) <= set(claims)
    assert set(FAULTS.values()) <= refuted(network, tmp_path, list(FAULTS))


def test_a_design_whose_registers_are_all_dead_is_refuted(network: Path, tmp_path: Path) -> None:
    """Every register of a layer, its parts included, takes 0 whatever comes."""
    faults = [
        (f"layer_second{part}", r"(?m)^    ([^ ]+ ?) <= .*;$", r"    \1 <= 0;")
        for part in ("", ".lane_0", ".neurons", ".history")
    ]
    found = refuted(network, tmp_path, faults)
    assert {
        "top.v, layer second: the columns",
        "instance layer_second.lane_0",
        "instance layer_second.neurons",
        "instance layer_second.history",
    } <= found
    # what is wrong there says nothing of the other layer
    assert not any("layer first" in name or "layer_first" in name for name in found)
    listing = json.loads((network / "proof" / "parts.json").read_text())
    assert listing["parts"] == []


def many_synapses() -> Design:
    """More than a bank may have, and the number is in the manifest."""
    layers = (DenseSpec(name="a", inputs=300, neurons=300),)
    return Design(name="many", block="network", network=NetworkSpec(layers=layers))


@pytest.mark.parametrize("design", [many_synapses, learns], ids=["many synapses", "learns"])
def test_a_network_is_read_out_of_its_manifest(design: Callable[[], Design]) -> None:
    assert network_of({"design": design().portable()}) == design().network


def test_a_lane_has_no_network() -> None:
    with pytest.raises(ValueError, match="only a network"):
        network_of({"design": Design(name="lane", block="lane").portable()})
