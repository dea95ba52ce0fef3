"""A family's primitive and its behavioural twin do the same, by the vendor models of Yosys."""

from __future__ import annotations

from pathlib import Path

import pytest
from amaranth.hdl import Elaboratable, Module
from amaranth.lib import wiring
from support import new_terms

from sc_hw.build.emit import to_verilog
from sc_hw.fabric.families import load_family
from sc_hw.fabric.primitives import (
    BlockRAM,
    CarryOut,
    LaneRAM,
    MultiplyAdd,
    PipelinedMultiplier,
)
from sc_hw.proof.frames import Frames
from sc_hw.proof.netlist import parse_btor, read_back
from sc_hw.proof.prover import Prover
from sc_hw.proof.verdicts import PROVED, REFUTED
from sc_model.graph.smt import K


class _Shifted(PipelinedMultiplier):
    """Wrong on purpose: the product of operands that are a clock apart."""

    def elaborate(self, platform: object) -> Elaboratable:
        m = Module()
        m.submodules.inner = inner = PipelinedMultiplier(self.a_width, self.b_width, self.stages)
        late = inner.b.__class__(inner.b.shape())
        m.d.sync += late.eq(self.b)
        m.d.comb += [inner.a.eq(self.a), inner.b.eq(late), self.product.eq(inner.product)]
        return m


def product_claim(multiplier: wiring.Component, stages: int, folder: Path) -> str:
    (folder / "m.v").write_text(to_verilog(multiplier, "multiplier", None))
    terms = new_terms()
    net = parse_btor(read_back(folder / "m.v", "multiplier", folder), terms)
    frames = Frames(net, stages)
    prover = Prover(terms)
    width = terms.width(frames.at(stages, "product"))
    a, b = (terms.resize(frames.at(0, name), width) for name in "ab")
    wrong = terms.differ(frames.at(stages, "product"), terms(K.BV_MUL, a, b))
    no_reset = [prover.off(frames.at(k, "rst")) for k in range(stages + 1) if "rst" in net.inputs]
    return prover.claim("product", "a x b, stages later", wrong, no_reset).verdict


@pytest.mark.parametrize("stages", [2, 3, 4])
def test_product_of_the_twin_comes_after_its_stages(tmp_path: Path, stages: int) -> None:
    assert product_claim(PipelinedMultiplier(12, 8, stages), stages, tmp_path) == PROVED


def test_primitive_is_really_used(tmp_path: Path) -> None:
    text = to_verilog(PipelinedMultiplier(12, 8, 3), "multiplier", load_family("ice40_up"))
    assert "SB_MAC16" in text
    assert "MULT18X18D" in to_verilog(
        PipelinedMultiplier(12, 8, 4), "multiplier", load_family("ecp5")
    )
    ram = to_verilog(BlockRAM(1024, 52), "ram", load_family("ecp5"))
    assert ram.count("DP16KD") == 3
    assert ram.count('.REGMODE_B("OUTREG")') == 3
    assert "SB_MAC16" not in to_verilog(
        PipelinedMultiplier(17, 8, 3), "multiplier", load_family("ice40_up")
    )
    assert "SB_MAC16" not in to_verilog(
        MultiplyAdd(12, 8, 33, 34), "multiplier", load_family("ice40_up")
    )
    assert "SB_LUT4" in to_verilog(CarryOut(), "carry", load_family("ice40_hx"))


def test_wrong_product_is_refuted(tmp_path: Path) -> None:
    assert product_claim(_Shifted(6, 5, 3), 3, tmp_path) == REFUTED


def test_bad_sizes_are_refused() -> None:
    with pytest.raises(ValueError, match=r"^Block RAM needs depth and width >= 1, not 0 x 8$"):
        BlockRAM(0, 8)
    with pytest.raises(ValueError, match=r"^Pipelined multiplier needs stages >= 2, not 1$"):
        PipelinedMultiplier(8, 8, 1)
    with pytest.raises(ValueError, match=r"^Lane RAM needs depth, width and lanes >= 1, not 4 x 8"):
        LaneRAM(4, 8, 0)
