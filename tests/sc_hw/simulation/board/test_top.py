"""A board's own top behind the simulated line: PLL, reset, power-on; the whole of it learns."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from echo_system import EchoSystem
from support import ROOT

from campaigns.link_noise import tools_on_path
from sc_hw import Device
from sc_hw.bitstream.bitstream import System
from sc_hw.bitstream.flows import load_flow
from sc_hw.boards import board_names, load_board
from sc_hw.simulation.board.pseudo_terminal import PseudoTerminal
from sc_hw.simulation.board.top import board_verilog, simulated_board, start_clocks
from sc_hw.simulation.running import run_design
from sc_model.spec import load_design
from sc_sim.serial_line.library import build_board_line
from sc_sim.serial_line.line import SerialLine, Settings

INSTANCE = re.compile(r"^  \\?([A-Za-z_]\w*) (?:#\(|\w+ ?\()", re.MULTILINE)
MODULE = re.compile(r"^module \\?([\w.]+)", re.MULTILINE)


def echo_on(name: str) -> tuple[str, float]:
    """A board's top with the echo on it, and its clock."""
    board = load_board(name)
    hertz = load_flow(board.flow).clocking(board, board.mhz).mhz * 1e6
    return board_verilog(System(EchoSystem(hertz)), board), hertz


@pytest.mark.parametrize("name", board_names())
def test_all_that_a_top_instantiates_has_a_model(name: str) -> None:
    text, _ = echo_on(name)
    used = set(INSTANCE.findall(text)) - {"module"}
    assert "board" in used
    assert used <= set(MODULE.findall(text))
    pll = load_flow(load_board(name).flow).clocking(load_board(name), load_board(name).mhz)
    assert pll.primitive in used | {""}


OTHERS = [name for name in board_names() if name != "icebreaker"]


@pytest.mark.parametrize(
    "name", ["icebreaker", *(pytest.param(name, marks=pytest.mark.soak) for name in OTHERS)]
)
def test_power_on_lock_and_reset(name: str, tmp_path: Path) -> None:
    text, hertz = echo_on(name)
    file = tmp_path / "board.v"
    file.write_text(text)
    with tools_on_path():
        library = build_board_line(file)
    line = SerialLine(library, Settings(send_bit=hertz / 1e6, receive_bit=hertz / 1e6))
    byte = round(12 * hertz / 1e6)

    def answers() -> bytes:
        line.send(b"A")
        line.run(2 * byte)
        return line.take()

    for _ in range(2):
        assert answers() == b""  # in reset nobody answers
        line.run(start_clocks(hertz) - 2 * byte)
        assert answers() == b"B"
        line.reset()


@pytest.mark.soak
def test_a_layer_on_a_whole_board(builds: Path) -> None:
    design = load_design(ROOT / "sc_hw" / "boards" / "designs" / "bandit.toml")
    build, file = simulated_board(design, load_board("icebreaker"), builds)
    model = list(run_design(design, steps=60))
    with PseudoTerminal.of_build(build.folder, board=file) as port:
        seen = list(run_design(build.folder, port.name, steps=60, baud=port.baud, root=builds))
        assert seen == model
        with Device.open(build.folder, port.name, baud=port.baud) as device:
            assert device.board is not None
            assert device.board.manifest["host"]["clock_mhz"] == 24.0
