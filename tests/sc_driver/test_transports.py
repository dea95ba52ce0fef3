"""Serial ports: what a port says that can't be opened or that is gone, and bytes through a pty."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from sc_driver.errors import (
    NoSuchPortError,
    PortBusyError,
    PortError,
    PortForbiddenError,
    PortGoneError,
)
from sc_driver.transports import SerialPort, _why_not_open

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="no pseudo-terminals")


def test_bytes_pass_and_a_pulled_cable_is_noticed() -> None:
    board, host = os.openpty()
    port = SerialPort(os.ttyname(host), 115_200)
    assert port.bytes_per_second == 11_520
    port.write(b"\0\1\xff")
    assert os.read(board, 10) == b"\0\1\xff"
    assert port.read(0.0) == b""
    os.write(board, b"\x11\x13\n\r")  # a terminal would swallow or change these
    assert port.read(1.0) == b"\x11\x13\n\r"
    with pytest.raises(
        PortBusyError, match=r"^Port /dev/pts/\d+ is used by another program; end that one\.$"
    ):
        SerialPort(os.ttyname(host))
    os.close(host)
    os.close(board)
    with pytest.raises(PortGoneError, match=r"^Port /dev/pts/\d+ is gone; was it unplugged\?"):
        port.read(0.1)
    with pytest.raises(PortGoneError):
        port.write(b"1")
    port.close()
    with pytest.raises(PortGoneError):
        port.read(0.0)
    port.close()


def test_ports_that_cannot_be_opened(tmp_path: Path) -> None:
    with pytest.raises(NoSuchPortError, match=r"^There is no port /dev/nothing; ports of this"):
        SerialPort("/dev/nothing")
    file = tmp_path / "file"
    file.write_text("")
    with pytest.raises(PortError, match=r"^/.*/file is no serial port; ports of this machine: "):
        SerialPort(str(file))
    board, host = os.openpty()
    with pytest.raises(PortError):
        SerialPort(os.ttyname(host), -1)
    with pytest.raises(PortError):
        SerialPort("nonsense://1")
    os.close(host)
    os.close(board)


@pytest.mark.parametrize(
    ("port", "message"),
    [
        ("socket://", "must have a host and a port .*, as socket://localhost:7000"),
        ("socket://somewhere", "must have a host and a port"),
        ("socket://:7000", "must have a host and a port"),
        ("socket://somewhere:70000", "must have a host and a port from 0 to 65535"),
        ("rfc2217://somewhere:x", "must have a host and a port .*, as rfc2217://localhost:7000"),
        ("SOCKET://[", "must have a host and a port"),
        ("spy://", "must name what it opens, as spy:///dev/ttyUSB1"),
        ("hwgrep://", "must name what it opens"),
    ],
)
def test_a_url_without_what_its_kind_needs(port: str, message: str) -> None:
    with pytest.raises(PortError, match=message):
        SerialPort(port)


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (PermissionError(13, "Permission denied"), PortForbiddenError),
        (OSError(16, "Device or resource busy"), PortBusyError),
        (OSError("could not open port 'COM9': FileNotFoundError(2, '', None, 2)"), NoSuchPortError),
        (
            OSError("could not open port 'COM9': PermissionError(13, '', None, 5)"),
            PortForbiddenError,
        ),
        (OSError(5, "Input/output error"), PortError),
    ],
)
def test_the_system_s_reasons(error: OSError, kind: type[PortError]) -> None:
    """Those that a test can't bring about as root or on another system."""
    found = _why_not_open("COM9", 9600, error)
    assert type(found) is kind
    assert "COM9" in str(found)
    assert "\n" not in str(found)
