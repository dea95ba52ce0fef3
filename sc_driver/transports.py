"""What carries a link's bytes: a serial port, or a board that lives in this process.

A transport is anything with the members of `Transport`. A link asks it for the time, so that a
simulated board may have a time of its own.
"""

from __future__ import annotations

import errno
import os
import time
from collections.abc import Callable
from typing import Any, Protocol
from urllib.parse import urlsplit

import serial

from sc_driver.errors import (
    NoSuchPortError,
    PortBusyError,
    PortError,
    PortForbiddenError,
    PortGoneError,
)

DEFAULT_BAUD = 1_000_000
NETWORK_SCHEMES = ("socket", "rfc2217")
BITS_OF_A_BYTE = 10  # 8N1: start bit, eight data bits, stop bit


class Transport(Protocol):
    """Bytes to a board and back.

    Members
    -------
    name : of the port, for errors.
    bytes_per_second : of the wire in one direction; None where it takes no time.
    """

    name: str
    bytes_per_second: float | None

    def write(self, data: bytes) -> None:
        """Send bytes; PortGoneError if there is nobody any more."""

    def read(self, seconds: float) -> bytes:
        """Bytes that have come; waits for the first one at most so long, and may return none.

        Raises PortGoneError.
        """

    def time(self) -> float:
        """Seconds since some moment."""

    def close(self) -> None:
        """Let the port go; once more does no harm."""


class SerialPort:
    """A serial port, or whatever else pyserial opens by a URL (``socket://host:port``).

    Members
    -------
    name, bytes_per_second : as of `Transport`.
    baud : bits a second.
    """

    def __init__(self, port: str, baud: int = DEFAULT_BAUD) -> None:
        """Open a port for this process alone.

        Parameters
        ----------
        port : name of a device (``/dev/ttyUSB1``, ``COM5``) or URL.
        baud : bits a second; those that the design was built with.

        Raises
        ------
        NoSuchPortError, PortForbiddenError, PortBusyError
            It can't be opened, by its system's word.
        PortError
            It can't be opened for another reason, as a baud rate that it does not have, or a URL
            without a host.
        """
        _check_url(port)
        self.name, self.baud = port, baud
        self.bytes_per_second: float | None = baud / BITS_OF_A_BYTE
        options: dict[str, Any] = {"baudrate": baud, "timeout": 0, "write_timeout": 10}
        if os.name == "posix" and "://" not in port:
            options["exclusive"] = True
        try:
            self._serial = serial.serial_for_url(port, **options)
        except (OSError, ValueError, OverflowError) as error:  # SerialException is an OSError
            raise _why_not_open(port, baud, error) from None

    def write(self, data: bytes) -> None:
        """Send bytes."""
        try:
            self._serial.write(data)
        except serial.SerialTimeoutException:
            raise PortGoneError(
                f"Port {self.name} takes no more bytes; the other end has stopped reading."
            ) from None
        except (OSError, TypeError):
            raise self._gone() from None

    def read(self, seconds: float) -> bytes:
        """Bytes that have come; waits for the first one at most so long."""
        try:
            self._serial.timeout = seconds
            first: bytes = self._serial.read(1)
            return first + self._serial.read(self._serial.in_waiting) if first else first
        # pyserial calls `select` on a descriptor that is None, once the port was closed
        except (OSError, TypeError):
            raise self._gone() from None

    def time(self) -> float:
        """Seconds of this machine's steady clock."""
        return time.monotonic()

    def close(self) -> None:
        """Let the port go."""
        self._serial.close()

    def _gone(self) -> PortGoneError:
        return PortGoneError(
            f"Port {self.name} is gone; was it unplugged? Plug it in and open it again."
        )


def _check_url(port: str) -> None:
    """PortError for a URL that lacks what its kind needs; pyserial's own errors do not say so."""
    scheme, separator, rest = port.lower().partition("://")
    if separator and scheme in NETWORK_SCHEMES:
        try:
            url = urlsplit(port)
            whole = bool(url.hostname) and url.port is not None
        except ValueError:  # the port is no number, or above 65535
            whole = False
        if not whole:
            raise PortError(
                f"Port {port} must have a host and a port from 0 to 65535, as"
                f" {scheme}://localhost:7000."
            )
    elif separator and not rest and scheme != "loop":
        raise PortError(f"Port {port} must name what it opens, as {scheme}:///dev/ttyUSB1.")


def _why_not_open(port: str, baud: int, error: Exception) -> PortError:
    """The error for a port that can't be opened, with what to do."""
    code = getattr(error, "errno", None)
    text = str(error)
    if code == errno.ENOENT or "FileNotFoundError" in text:
        return NoSuchPortError(f"There is no port {port}; {_known_ports()}.")
    if code == errno.EISDIR or f"({errno.ENOTTY}," in text:
        return PortError(f"{port} is no serial port; {_known_ports()}.")
    if code == errno.EBUSY or "exclusively lock" in text:
        return PortBusyError(f"Port {port} is used by another program; end that one.")
    if code in (errno.EACCES, errno.EPERM) or "PermissionError" in text:
        remedy = (
            "add yourself to the group that owns it (often dialout: `sudo usermod -aG dialout"
            " $USER`, then log in anew), or give it to you by a rule of udev"
            if os.name == "posix"
            else "end the program that has it open"
        )
        return PortForbiddenError(f"Port {port} may not be opened by this user; {remedy}.")
    return PortError(f"Port {port} can't be opened at {baud} baud: {text}")


def adapter_of(port: str) -> str | None:
    """What this machine knows of the adapter behind a port; None where there is none."""
    from serial.tools import list_ports

    for known in list_ports.comports():
        if known.device in (port, os.path.realpath(port)):
            return f"{known.description} [{known.hwid}]"
    return None


def _known_ports() -> str:
    """The serial ports of this machine, as the end of an error."""
    from serial.tools import list_ports  # it looks through the system's devices

    ports = sorted(port.device for port in list_ports.comports())
    return f"ports of this machine: {', '.join(ports) or 'none'}"


class MemoryTransport:
    """A board in this process, with a time that goes on when the link waits.

    Members
    -------
    name, bytes_per_second : as of `Transport`.
    """

    def __init__(self, answer: Callable[[bytes], bytes], name: str = "memory") -> None:
        """Connect a board.

        Parameters
        ----------
        answer : takes the bytes that are sent, and gives those that the board sends on them.
        name : for errors.
        """
        self.name = name
        self.bytes_per_second: float | None = None
        self._answer: Callable[[bytes], bytes] | None = answer
        self._waiting = b""
        self._now = 0.0

    def write(self, data: bytes) -> None:
        """Send bytes, which are answered at once."""
        if self._answer is None:
            raise PortGoneError(f"Port {self.name} is closed.")
        self._waiting += self._answer(data)

    def read(self, seconds: float) -> bytes:
        """The answers; with none, the time goes on by so many seconds."""
        if self._answer is None:
            raise PortGoneError(f"Port {self.name} is closed.")
        data, self._waiting = self._waiting, b""
        if not data:
            self._now += seconds
        return data

    def time(self) -> float:
        """Seconds that the link has waited."""
        return self._now

    def close(self) -> None:
        """Let the board go."""
        self._answer = None
