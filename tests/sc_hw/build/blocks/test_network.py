"""A network as a block: its ports and their clock domains."""

from __future__ import annotations

from sc_hw.build.elaborate import make
from sc_model.spec import Design, HetSynSpec, NetworkSpec


def test_ports_belong_to_their_layer_s_clock() -> None:
    """The name of one layer may end with that of another."""
    layers = (
        HetSynSpec(name="a", inputs=2, neurons=3, clock="sense"),
        HetSynSpec(name="b_a", inputs=3, neurons=2, clock="think"),
    )
    manifest = make(
        Design(name="two", block="network", network=NetworkSpec(layers=layers))
    ).manifest
    domains = {port["name"]: port["domain"] for port in manifest["ports"] if "domain" in port}
    assert domains["load_a__valid"] == domains["i__valid"] == "sense"
    assert (
        domains["load_b_a__valid"] == domains["o__valid"] == domains["out_of_step_b_a"] == "think"
    )
