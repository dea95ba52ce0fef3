"""A simulated board on a pseudo-terminal: the model's bits, and what happens to its cable."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from device_designs import LAYER, stimulus

from sc_driver.errors import LinkError, PortGoneError, SessionLostError
from sc_hw import Device
from sc_hw.build.elaborate import elaborate
from sc_hw.simulation.board.terminal import BoardTerminal
from sc_model.spec import ConfigError


def test_port_with_faults_and_without(builds: Path) -> None:
    design = LAYER.behind("uart")
    build = elaborate(design, builds)
    model = Device.open(LAYER)
    model.load(np.full((21, 7), 40_000))
    flips = iter([True])

    def flip_a_bit(data: bytes) -> bytes:
        if len(data) > 20 and next(flips, False):
            return data[:9] + bytes([data[9] ^ 16]) + data[10:]
        return data

    with BoardTerminal.of_build(build.folder, build.manifest["host"]) as terminal:
        with Device.open(design, on=terminal.port, root=builds) as device:
            terminal.to_board = flip_a_bit
            assert Device.compare(model, device, every=20, **stimulus(LAYER, 20)) is None
            assert next(flips, None) is None
            with pytest.raises(LinkError, match=r"^Port .* is used by another program; end that"):
                Device.open(design, on=terminal.port, root=builds)
            terminal.reset()
            with pytest.raises(SessionLostError, match=r"has forgotten this session: it was reset"):
                device.state()
        device = Device.open(design, on=terminal.port, root=builds)
        terminal.pull()
        with pytest.raises(PortGoneError, match=r"^Port .* is gone"):
            device.state()
        device.close()


def test_names_of_devices() -> None:
    with pytest.raises(ConfigError) as caught:
        Device.open(LAYER, on="modell")
    assert str(caught.value) == (
        "a device runs on model, rtl, sim-board or a port (/dev/ttyUSB1, COM5), not on 'modell'."
    )
