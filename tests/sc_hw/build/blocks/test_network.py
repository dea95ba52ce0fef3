"""A network as a block: its ports and their clock domains."""

from __future__ import annotations

from typing import Any

from wide_outputs import wide

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


def test_a_manifest_says_how_spikes_leave_in_slices() -> None:
    def ports(manifest: dict[str, Any]) -> list[tuple[str, int]]:
        (port,) = (port for port in manifest["ports"] if port["name"] == "o__payload")
        return [(field["name"], field["offset"]) for field in port["fields"]]

    manifest = make(wide("conv", "count")).manifest
    order = {"places": 100, "channels": 3}
    assert manifest["output"] == {"neurons": 300, "transfers": 19, "order": order}
    assert ports(manifest) == [("step", 0), ("spikes", 16), ("winner", 32)]
    assert make(wide("sweep")).manifest["output"] == {"neurons": 300, "transfers": 19}
    small = HetSynSpec(name="a", inputs=2, neurons=3)
    design = Design(name="small", block="network", network=NetworkSpec(layers=(small,)))
    assert "output" not in make(design).manifest
