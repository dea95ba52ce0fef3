"""A simulated board on a pseudo-terminal: the model's bits, and what happens to its cable."""

from __future__ import annotations

import time
from functools import partial
from pathlib import Path

import numpy as np
import pytest
from device_designs import LAYER, stimulus

from sc_driver.board import Board
from sc_driver.errors import LinkError, PortGoneError, SessionLostError
from sc_hw import Device
from sc_hw.build.elaborate import elaborate
from sc_hw.simulation.board.pseudo_terminal import PseudoTerminal

# the library of the test of a board, too
pytestmark = pytest.mark.usefixtures("long_simulation")


def flip_once(data: bytes, left: list[int]) -> bytes:
    """The bytes with one bit flipped, the first time that there are many."""
    if len(data) > 20 and left:
        left.pop()
        return data[:9] + bytes([data[9] ^ 16]) + data[10:]
    return data


def test_port_with_faults_and_without(builds: Path) -> None:
    design = LAYER.behind("uart")
    build = elaborate(design, builds)
    model = Device.open(LAYER)
    model.load(np.full((21, 7), 40_000))
    with PseudoTerminal.of_build(build.folder) as port:
        with Device.open(design, on=port.name, root=builds, baud=port.baud) as device:
            flips = [1]
            port.to_board = partial(flip_once, left=flips)
            assert Device.compare(model, device, every=20, **stimulus(LAYER, 20)) is None
            assert device.board is not None
            assert not flips
            assert device.board.link.statistics.sent_again > 0
            with pytest.raises(LinkError, match=r"^Port .* is used by another program; end that"):
                Device.open(design, on=port.name, root=builds)
            port.reset()
            with pytest.raises(SessionLostError, match=r"has forgotten this session: it was reset"):
                device.state()
        device = Device.open(design, on=port.name, root=builds, baud=port.baud)
        port.pull()
        with pytest.raises(PortGoneError, match=r"^Port .* is gone"):
            device.state()
        device.close()
    with pytest.raises(LinkError, match=rf"^There is no port {port.name}"):
        Device.open(design, on=port.name, root=builds)


def test_real_time_is_never_ahead(builds: Path) -> None:
    build = elaborate(LAYER.behind("uart"), builds)
    with PseudoTerminal.of_build(build.folder, real_time=True) as port:
        begin, clocks = time.monotonic(), port.line.clocks
        with Board.open(port.name, build.folder / "manifest.json", baud=port.baud) as board:
            board.registers.read("CLOCKS_LOW")
            ran = port.line.clocks - clocks
            ahead = ran / port.clock_hz - (time.monotonic() - begin)
    assert ran > 0
    assert ahead < 0.01  # a slice of clocks is 0.3 ms


def test_disturbed_bytes_differ_in_one_bit(builds: Path) -> None:
    build = elaborate(LAYER.behind("uart"), builds)
    with PseudoTerminal.of_build(build.folder) as port:
        data = bytes(range(256)) * 40
        port.disturb(0.1, seed=1)
        flipped = [a ^ b for a, b in zip(data, port.to_host(data), strict=True) if a != b]
        assert 800 < len(flipped) < 1250
        assert {bits.bit_count() for bits in flipped} == {1}
        port.disturb(0.0)
        assert port.to_host(data) == port.to_board(data) == data
