"""A LiteX SoC with a block of sc-hw on its Wishbone; a serial line in place of a processor.

A SoC with a processor is the same: `SoCCore` in place of `SoCMini`, and no `add_uartbone`.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from litex.build.generic_platform import IOStandard, Pins, Subsignal
from litex.build.lattice import LatticeECP5Platform
from litex.gen import LiteXModule
from litex.soc.integration.builder import Builder
from litex.soc.integration.soc import SoCRegion
from litex.soc.integration.soc_core import SoCMini
from litex.soc.interconnect import wishbone
from migen import ClockSignal, Instance, ResetSignal, Signal

CLOCK_HZ = 25_000_000
BAUD = 3_125_000  # fast, since it is simulated
BASE, SIZE = 0x3000_0000, 0x1000  # of the block's registers, in bytes
ADDRESS_BITS = 16  # of a word address of sc_system

# those of a ULX3S, for example
DEVICE = "LFE5U-25F-6BG381C"
PINS = [
    ("sys_clk", 0, Pins("G2"), IOStandard("LVCMOS33")),
    ("serial", 0, Subsignal("tx", Pins("L4")), Subsignal("rx", Pins("M1")), IOStandard("LVCMOS33")),
    ("irq", 0, Pins("B2"), IOStandard("LVCMOS33")),
]


class ScSystem(LiteXModule):
    """The system of sc-hw with the door `wishbone`.

    Members
    -------
    bus : its registers, for `soc.bus.add_slave`.
    irq : its interrupt.
    """

    def __init__(self, platform: LatticeECP5Platform, verilog: Path) -> None:
        self.bus = bus = wishbone.Interface(data_width=32, address_width=32, addressing="word")
        self.irq = Signal()
        address = Signal(ADDRESS_BITS)
        # The region's own address stands above the registers', and sc_system would refuse it.
        self.comb += address.eq(bus.adr[: (SIZE // 4 - 1).bit_length()])
        self.specials += Instance(
            "sc_system",
            i_clk=ClockSignal("sys"),
            i_rst=ResetSignal("sys"),
            i_wishbone__cyc=bus.cyc,
            i_wishbone__stb=bus.stb,
            i_wishbone__we=bus.we,
            i_wishbone__adr=address,
            i_wishbone__dat_w=bus.dat_w,
            i_wishbone__sel=bus.sel,
            o_wishbone__dat_r=bus.dat_r,
            o_wishbone__ack=bus.ack,
            o_wishbone__err=bus.err,
            o_irq=self.irq,
        )
        platform.add_source(str(verilog))


class Soc(SoCMini):
    """The SoC: a UART bridge that reads and writes the bus, and the block."""

    def __init__(self, platform: LatticeECP5Platform, verilog: Path) -> None:
        super().__init__(platform, CLOCK_HZ, ident="sc-hw on LiteX", ident_version=False)
        self.crg = _Clock(platform.request("sys_clk"))
        self.add_uartbone(baudrate=BAUD)
        self.sc = ScSystem(platform, verilog)
        region = SoCRegion(origin=BASE, size=SIZE, cached=False)
        self.bus.add_slave("sc", self.sc.bus, region)
        self.comb += platform.request("irq").eq(self.sc.irq)


class _Clock(LiteXModule):
    """The clock domain `sys`, from a pin, with a reset at power-on."""

    def __init__(self, pin: Any) -> None:
        from migen.genlib.io import CRG

        self.submodules.crg = CRG(pin)


def build(verilog: Path, folder: Path) -> Path:
    """Write the SoC's Verilog, its maps and the script of its synthesis; the Verilog's path."""
    soc = Soc(LatticeECP5Platform(DEVICE, PINS, name="soc", toolchain="trellis"), verilog)
    builder = Builder(
        soc,
        output_dir=str(folder),
        compile_software=False,
        csr_json=str(folder / "csr.json"),
        csr_svd=str(folder / "csr.svd"),
    )
    builder.build(run=False, build_name="soc")
    return folder / "gateware" / "soc.v"
