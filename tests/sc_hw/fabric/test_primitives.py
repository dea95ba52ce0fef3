"""A family's primitive and its behavioural twin do the same, by the vendor models of Yosys."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path

import pytest
from amaranth.hdl import Elaboratable, Module
from amaranth.lib import wiring
from support import new_terms

from sc_hw.build.emit import to_verilog
from sc_hw.fabric.families import load_family
from sc_hw.fabric.primitives import BlockRAM, CarryOut, MultiplyAdd, PipelinedMultiplier
from sc_hw.proof.frames import Frames
from sc_hw.proof.netlist import parse_btor, read_back
from sc_hw.proof.prover import Prover
from sc_hw.proof.verdicts import PROVED, REFUTED
from sc_hw.tools import find, run
from sc_model.graph.smt import K
from sim.toolchain import object_cache


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


_COMPARE = """
#include "Vprimitive.h"
#include "Vtwin.h"
#include "verilated.h"
#include <cstdio>
int main() {{
  Vprimitive p; Vtwin t; long wrong = 0, seen = 0;
  for (long n = 0; n < {cases}; n++) {{
    {inputs}
    {clock}
    if (n >= 8) {{ seen++; wrong += p.{output} != t.{output}; }}
  }}
  printf("%ld %ld\\n", seen, wrong);
}}
"""
_CLOCK = (
    "p.rst = t.rst = 0; p.clk = t.clk = 0; p.eval(); t.eval(); p.clk = t.clk = 1; p.eval();"
    " t.eval();"
)
_PAIRS = "p.a = t.a = n & 0xfff; p.b = t.b = (n >> 12) & 0xff;"


def same_by_simulation(
    folder: Path,
    primitive: wiring.Component,
    twin: wiring.Component,
    *,
    inputs: str,
    output: str,
    cases: int,
    clock: str = _CLOCK,
) -> bool:
    """Whether iCE40's primitive and a twin have the same outputs; the first 8 cases fill the
    pipelines.
    """
    verilator = find("verilator")
    models = files("pyosys") / "share" / "ice40" / "cells_sim.v"
    environ = verilator.environ() | object_cache(verilator.version)
    for name, component, platform in (
        ("primitive", primitive, load_family("ice40_up")),
        ("twin", twin, None),
    ):
        (folder / f"{name}.v").write_text(to_verilog(component, name, platform))
        command = (
            *verilator.command,
            "--cc",
            "--build",
            "-Wno-fatal",
            "-Wno-lint",
            "--Mdir",
            name,
            "--top-module",
            name,
        )
        library = (
            ("-v", str(models), "--bbox-unsup", "-DNO_ICE40_DEFAULT_ASSIGNMENTS")
            if platform
            else ()
        )
        run((*command, *library, f"{name}.v"), log=folder / f"{name}.log", cwd=folder, env=environ)
    (folder / "main.cpp").write_text(
        _COMPARE.format(inputs=inputs, output=output, cases=cases, clock=clock)
    )
    include = Path(dict(verilator.environment)["VERILATOR_ROOT"]) / "include"
    parts = [folder / name for name in ("primitive", "twin")]
    objects = [str(part / f"libV{part.name}.a") for part in parts]
    flags = [f"-I{part}" for part in (*parts, include, include / "vltstd")]
    run(
        (
            "g++",
            "-O1",
            *flags,
            "main.cpp",
            *objects,
            str(parts[0] / "libverilated.a"),
            "-pthread",
            "-latomic",
            "-o",
            "compare",
        ),
        log=folder / "g++.log",
        cwd=folder,
    )
    seen, wrong = map(int, run((str(folder / "compare"),), log=folder / "compare.log").split())
    assert seen == cases - 8
    return wrong == 0


@pytest.mark.parametrize("late", [0, 1])  # 1 is wrong on purpose: a clock apart
def test_sb_mac16_equals_its_twin_for_all_operands(tmp_path: Path, late: int) -> None:
    parts = (PipelinedMultiplier(12, 8, 3), PipelinedMultiplier(12, 8, 3 + late))
    assert same_by_simulation(
        tmp_path, *parts, inputs=_PAIRS, output="product", cases=(1 << 20) + 16
    ) is (late == 0)


@pytest.mark.parametrize("lost", [0, 1])  # 1 is wrong on purpose: a bit of the sum too few
def test_sb_mac16_with_its_adder_equals_its_twin(tmp_path: Path, lost: int) -> None:
    """All pairs of factors, each with a third operand that runs through all of its values."""
    parts = (MultiplyAdd(12, 8, 21, 22), MultiplyAdd(12, 8, 21, 22 - lost))
    third = "p.c = t.c = (n * 2654435761u >> 5) & 0x1fffff;"
    same = same_by_simulation(
        tmp_path,
        *parts,
        inputs=_PAIRS + third,
        output="sum",
        cases=1 << 20,
        clock="p.eval(); t.eval();",
    )
    assert same is (lost == 0)


@pytest.mark.parametrize("upside_down", [False, True])  # True is wrong on purpose
def test_a_carry_through_its_lut_stays_what_it_is(tmp_path: Path, upside_down: bool) -> None:
    inputs = f"p.carry = n & 1; t.carry = (n & 1) ^ {int(upside_down)};"
    same = same_by_simulation(
        tmp_path,
        CarryOut(),
        CarryOut(),
        inputs=inputs,
        output="bit",
        cases=16,
        clock="p.eval(); t.eval();",
    )
    assert same is not upside_down


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


@pytest.mark.parametrize(
    ("depth", "width", "blocks"),
    [(2, 1, 1), (1024, 18, 1), (1024, 19, 2), (1025, 9, 1), (16384, 2, 2), (65536, 3, 12)],
)
def test_ecp5_blocks_are_counted_as_the_data_sheet_has_them(
    depth: int, width: int, blocks: int
) -> None:
    text = to_verilog(BlockRAM(depth, width), "ram", load_family("ecp5"))
    assert text.count("DP16KD") == blocks


def test_bad_sizes_are_refused() -> None:
    with pytest.raises(ValueError, match=r"^Block RAM needs depth and width >= 1, not 0 x 8$"):
        BlockRAM(0, 8)
    with pytest.raises(ValueError, match=r"^Pipelined multiplier needs stages >= 2, not 1$"):
        PipelinedMultiplier(8, 8, 1)
