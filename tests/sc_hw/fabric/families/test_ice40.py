"""iCE40's primitives equal their behavioural twins, by the vendor models of Yosys."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path

import pytest
from amaranth.lib import wiring

from sc_hw.build.emit import to_verilog
from sc_hw.fabric.families import load_family
from sc_hw.fabric.primitives import CarryOut, LaneRAM, MultiplyAdd, PipelinedMultiplier
from sc_hw.tools import find, run
from sc_sim.toolchain import object_cache

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
    environ = verilator.environ() | object_cache(verilator.version, folder)
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


@pytest.mark.parametrize(("width", "blocks"), [(5, 2), (4, 1), (8, 2), (18, 4)])
def test_words_of_many_lanes_lie_in_spram(width: int, blocks: int) -> None:
    text = to_verilog(LaneRAM(8192, width, 3), "ram", load_family("ice40_up"))
    assert text.count("SB_SPRAM256KA block") == blocks


def test_few_words_of_lanes_stay_in_block_ram() -> None:
    assert "SB_SPRAM" not in to_verilog(LaneRAM(640, 8, 2), "ram", load_family("ice40_up"))
