"""GateMate has no multiplier blocks: products are trees of adders."""

from __future__ import annotations

from sc_hw.build.blocks import block_of
from sc_hw.build.emit import to_verilog
from sc_hw.fabric.families import load_family
from sc_model.spec import Design


def test_a_bank_has_no_multiplier() -> None:
    texts = {}
    for name in ("gatemate", "gowin"):
        family = load_family(name)
        block = block_of(Design(name="a", block="bank", synapses=16, fabric=name), family)
        texts[name] = to_verilog(block.component, block.top, family)
    assert load_family("gatemate").products == "adders"
    assert " * " in texts["gowin"].replace("(* ", "").replace(" *)", "")
    assert " * " not in texts["gatemate"].replace("(* ", "").replace(" *)", "")
