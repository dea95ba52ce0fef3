"""Xilinx 7-series: MMCM, XDC, and a script for Vivado, which alone makes the bitstream."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import ClassVar

from amaranth.hdl import Const, Instance, Module, Signal, Value

from sc_hw.bitstream.flows.flow import ANY, Flow
from sc_hw.bitstream.pll import Pll, Range, Setting, nearest, unreachable
from sc_hw.boards import Board
from sc_hw.boards.resources import Port

# Xilinx DS181 version 1.12, table 38 (PLL), speed grade 1
PHASE, VCO, OUTPUT = Range(19, 450), Range(800, 1600), Range(6.25, 464)
_VCO_AIM = 1200


def _settings(reference: float) -> Iterator[Setting]:
    """All settings of the first output."""
    for divider in range(1, 57):
        phase = reference / divider
        if phase < PHASE.low:
            return
        for multiplier in range(2, 65):
            vco = phase * multiplier
            if vco not in VCO:
                continue
            for output in range(1, 129):
                values = {
                    "DIVCLK_DIVIDE": divider,
                    "CLKFBOUT_MULT": multiplier,
                    "CLKOUT0_DIVIDE": output,
                }
                yield Setting(values, phase, vco, vco / output)


class VivadoFlow(Flow):
    """Yosys for the area; Vivado for everything behind it."""

    name = "vivado"
    constraint_file = "board.xdc"
    # Xilinx UG912 (properties of ports)
    attributes: ClassVar[Mapping[str, tuple[str, ...]]] = {
        "IOSTANDARD": ANY,
        "PULLUP": ("TRUE", "FALSE"),
        "PULLDOWN": ("TRUE", "FALSE"),
        "SLEW": ("SLOW", "FAST"),
        "DRIVE": ("4", "8", "12", "16", "24"),
        "IN_TERM": ANY,
    }
    pads_in_modules = True
    no_bitstream = (
        "no open tool from a wheel makes bitstreams of this device: `vivado -mode batch -source"
        " build.tcl` in that folder does (not tried: there was no Vivado)"
    )
    no_timing = "no open place and route for this device installs from a wheel: timing is Vivado's"

    def pll(self, board: Board, mhz: float) -> Pll:
        reference = board.clock_mhz
        setting = nearest(
            _settings(reference), mhz, phase=PHASE, vco=VCO, output=OUTPUT, vco_aim=_VCO_AIM
        )
        if setting is None or mhz not in OUTPUT:
            raise unreachable(mhz, reference, OUTPUT)
        return Pll("PLLE2_BASE", reference, mhz, setting.mhz, setting.vco_mhz, setting.parameters)

    def add_pll(self, m: Module, board: Board, pll: Pll, clock: Value) -> tuple[Value, Value]:
        raw, feedback = Signal(), Signal()
        output, locked = Signal(name="system_clk"), Signal(name="locked")
        m.submodules.pll = Instance(
            pll.primitive,
            p_CLKIN1_PERIOD=str(1000 / pll.reference_mhz),
            i_CLKIN1=clock,
            i_CLKFBIN=feedback,
            i_RST=Const(0),
            i_PWRDWN=Const(0),
            o_CLKFBOUT=feedback,
            o_CLKOUT0=raw,
            o_LOCKED=locked,
            **{f"p_{name}": value for name, value in (pll.parameters or {}).items()},
        )
        m.submodules.clock_buffer = Instance("BUFG", i_I=raw, o_O=output)
        return output, locked

    def constraints(self, board: Board, ports: Sequence[Port], pll: Pll) -> str:
        lines = []
        for port in ports:
            pairs = {"PACKAGE_PIN": port.pin.location, **port.pin.attributes}
            text = " ".join(f"{key} {value}" for key, value in pairs.items())
            lines.append(f"set_property -dict {{{text}}} [get_ports {port.name}]")
        period = f"{1000 / pll.reference_mhz:.3f}"
        lines.append(f"create_clock -name clock -period {period} [get_ports clock]")
        for port in ports[1:]:  # slow, and synchronised inside
            way = "-from" if port.direction == "input" else "-to"
            lines.append(f"set_false_path {way} [get_ports {port.name}]")
        lines.append("set_property CFGBVS VCCO [current_design]")
        lines.append("set_property CONFIG_VOLTAGE 3.3 [current_design]")
        return "\n".join(lines) + "\n"

    def other_files(self, board: Board) -> dict[str, str]:
        """A script that makes project, bitstream and reports without a window."""
        lines = (
            "# vivado -mode batch -source build.tcl",
            f"create_project -force board vivado -part {board.place[0]}",
            "add_files board.v",
            f"add_files -fileset constrs_1 {self.constraint_file}",
            "set_property top board [current_fileset]",
            "launch_runs impl_1 -to_step write_bitstream -jobs 2",
            "wait_on_run impl_1",
            "open_run impl_1",
            "report_utilization -file utilization.txt",
            "report_timing_summary -file timing.txt",
            "if {[get_property SLACK [get_timing_paths]] < 0} { error {timing is not met} }",
            "file copy -force vivado/board.runs/impl_1/board.bit board.bit",
        )
        return {"build.tcl": "\n".join(lines) + "\n"}


FLOW = VivadoFlow()
