"""Libraries of the link, and of the bus over SPI, built once for a run of the tests."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from campaigns.link_noise import FaultyPort, tools_on_path
from sc_hw.build.emit import to_verilog
from sc_hw.host.doors.spi import SpiLink
from sc_hw.host.doors.uart import UartLink
from sc_hw.host.spi_bus import SpiBus
from sc_hw.host.uart import Rate
from sc_sim.serial_line.library import build_line
from sc_sim.serial_line.line import SerialLine, Settings, SimulatedController

CLOCK_HZ, BAUD = 25_000_000, 3_000_000  # a ratio that is no whole number
BIT = CLOCK_HZ / BAUD
SPI_BIT = 6.0
REFUSED = (0xF000, 0xF100)
SPI_BUS_REFUSED = (0x3000, 0x3100)


@cache
def uart_library(folder: Path) -> Path:
    verilog = to_verilog(UartLink(Rate(CLOCK_HZ, BAUD), 4), "sc_link", None)
    with tools_on_path():
        return build_line(folder / "uart_link", verilog, "sc_link", with_bus=True)


@cache
def spi_library(folder: Path) -> Path:
    verilog = to_verilog(SpiLink(CLOCK_HZ, 4), "sc_link", None)
    with tools_on_path():
        return build_line(folder / "spi_link", verilog, "sc_link", spi=True, with_bus=True)


@cache
def spi_bus_library(folder: Path) -> Path:
    verilog = to_verilog(SpiBus(), "sc_spi_bus", None)
    with tools_on_path():
        return build_line(folder / "spi_bus", verilog, "sc_spi_bus", spi=True, with_bus=True)


def uart_board(folder: Path, seed: int = 0, **changes: object) -> SerialLine:
    settings = {"send_bit": BIT, "receive_bit": BIT, "refused": REFUSED} | changes
    return SerialLine(uart_library(folder), Settings(**settings), seed)  # type: ignore[arg-type]


def port_of(line: SerialLine) -> FaultyPort:
    return FaultyPort(line, CLOCK_HZ, quiet_clocks=20_000)


def spi_bus_of(folder: Path, bit: float = SPI_BIT, waits: int = 0) -> SimulatedController:
    settings = Settings(bit, bit, waits=waits, refused=SPI_BUS_REFUSED)
    return SimulatedController(SerialLine(spi_bus_library(folder), settings, 3), CLOCK_HZ)
