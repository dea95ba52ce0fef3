"""A family's primitive and its behavioural twin do the same, by the vendor models that Yosys ships."""

from __future__ import annotations

from pathlib import Path

import pytest
from amaranth.hdl import Elaboratable, Module
from amaranth.lib import wiring

from sc_hw.families import load_family
from sc_hw.flow.claims import PROVED, REFUTED, Court
from sc_hw.flow.emit import to_verilog
from sc_hw.flow.netlist import parse_btor, read_back
from sc_hw.flow.prove_bank import Frames
from sc_hw.primitives import BlockRAM, PipelinedMultiplier
from sc_model.graph.smt import K, Terms


class _Shifted(PipelinedMultiplier):
    """A control: the product of operands that are a clock apart."""

    def elaborate(self, platform: object) -> Elaboratable:
        m = Module()
        m.submodules.inner = inner = PipelinedMultiplier(self.a_width, self.b_width, self.stages)
        late = inner.b.__class__(inner.b.shape())
        m.d.sync += late.eq(self.b)
        m.d.comb += [inner.a.eq(self.a), inner.b.eq(late), self.product.eq(inner.product)]
        return m


def product_claim(multiplier: wiring.Component, stages: int, folder: Path, family: str) -> str:
    text = to_verilog(multiplier, "multiplier", load_family(family))
    (folder / "m.v").write_text(text)
    libraries = ("+/ice40/cells_sim.v",) if family.startswith("ice40") else ()
    terms = Terms()
    net = parse_btor(read_back(folder / "m.v", "multiplier", folder, libraries=libraries), terms)
    frames = Frames(net, stages)
    court = Court(terms)
    width = terms.width(frames.at(stages, "product"))
    a, b = (terms.resize(frames.at(0, name), width) for name in "ab")
    wrong = terms.differ(frames.at(stages, "product"), terms(K.BV_MUL, a, b))
    calm = [court.off(frames.at(k, "rst")) for k in range(stages + 1) if "rst" in net.inputs]
    small = terms(K.EQUAL, frames.at(0, "b"), terms.const(3, terms.width(frames.at(0, "b"))))
    return court.claim("product", "a x b, stages later", wrong, [*calm, small]).verdict


@pytest.mark.parametrize("stages", [3, 4])
@pytest.mark.parametrize("family", ["generic", "ice40_up"])
def test_product_comes_after_the_stages(tmp_path: Path, family: str, stages: int) -> None:
    assert product_claim(PipelinedMultiplier(12, 8, stages), stages, tmp_path, family) == PROVED


def test_primitive_is_really_used(tmp_path: Path) -> None:
    text = to_verilog(PipelinedMultiplier(12, 8, 3), "multiplier", load_family("ice40_up"))
    assert "SB_MAC16" in text
    assert "MULT18X18D" in to_verilog(PipelinedMultiplier(12, 8, 4), "multiplier", load_family("ecp5"))
    ram = to_verilog(BlockRAM(1024, 52), "ram", load_family("ecp5"))
    assert ram.count("DP16KD") == 3
    assert ram.count('.REGMODE_B("OUTREG")') == 3
    assert "SB_MAC16" not in to_verilog(PipelinedMultiplier(17, 8, 3), "multiplier", load_family("ice40_up"))


def test_wrong_product_is_refuted(tmp_path: Path) -> None:
    assert product_claim(_Shifted(6, 5, 3), 3, tmp_path, "generic") == REFUTED


@pytest.mark.parametrize(("depth", "width", "blocks"), [(2, 1, 1), (1024, 18, 1), (1024, 19, 2), (1025, 9, 1), (16384, 2, 2), (65536, 3, 12)])
def test_ecp5_blocks_are_counted_as_the_data_sheet_has_them(depth: int, width: int, blocks: int) -> None:
    text = to_verilog(BlockRAM(depth, width), "ram", load_family("ecp5"))
    assert text.count("DP16KD") == blocks


def test_bad_sizes_are_refused() -> None:
    with pytest.raises(ValueError, match=r"^Block RAM needs depth and width >= 1, not 0 x 8$"):
        BlockRAM(0, 8)
    with pytest.raises(ValueError, match=r"^Pipelined multiplier needs stages >= 2, not 1$"):
        PipelinedMultiplier(8, 8, 1)
