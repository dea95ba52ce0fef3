"""A board's bus over SPI without frames, an access in each packet (door `spi_bus`).

Packets have a CRC, so noise is noticed; it is not repaired as a link does. What the board has not
taken, as while an access of it waits, is sent again. `docs/link.md` has the packets.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from sc_driver.accesses import Accesses, Port
from sc_driver.errors import BusError, LinkError, NoAnswerError
from sc_driver.requests import Read, Request, Words

PACKET_BYTES, HEADER_BYTES = 7, 2
ACCESS, WRITE, ADDRESSES = 1 << 15, 1 << 14, 1 << 14
# Of an answer's header: what is always there, and its flags.
PATTERN, FLAGS = 0x5550, 7
ENDED, REFUSED, PASSED_OVER = 4, 2, 1
CRC_POLYNOMIAL, CRC_INIT = 0x07, 0xFF
MOST_PACKETS = 4096 // PACKET_BYTES  # a transaction of Linux's spidev has 4,096 bytes by default
# A step of the largest layer takes less than a second at 1 MHz.
PATIENCE_SECONDS = 10.0

Packets = NDArray[np.uint8]


def _table() -> NDArray[np.uint8]:
    """The CRC of each byte."""
    rows = np.arange(256)
    for _ in range(8):
        rows = (rows << 1 & 0xFF) ^ np.where(rows & 0x80, CRC_POLYNOMIAL, 0)
    return rows.astype(np.uint8)


_CRC = _table()


def crc_of(packets: Packets) -> NDArray[np.uint8]:
    """The CRC of each row of bytes; 0 of a whole packet that is right."""
    crc = np.full(len(packets), CRC_INIT, np.uint8)
    for column in packets.T:
        crc = _CRC[crc ^ column]
    return crc


def packets_of(headers: Sequence[int], words: Sequence[int]) -> Packets:
    """Packets, a row each."""
    rows = np.zeros((len(headers), PACKET_BYTES), np.uint8)
    rows[:, :HEADER_BYTES] = np.array(headers, ">u2").view(np.uint8).reshape(-1, HEADER_BYTES)
    rows[:, HEADER_BYTES:-1] = np.array(words, ">u4").view(np.uint8).reshape(-1, 4)
    rows[:, -1] = crc_of(rows[:, :-1])
    return rows


NOTHING = packets_of([0], [0])  # asks for no access


@runtime_checkable
class SpiController(Port, Protocol):
    """Whoever drives the lines: mode 0, high bit first, at most a sixth of the board's clock."""

    def exchange(self, data: bytes) -> bytes:
        """Send bytes while `cs_n` is low, and give as many that have come."""


class SpiBus(Accesses):
    """Reads and writes of a board's bus through an SPI controller.

    Every method may raise any `LinkError`. After one other than `BusError` what was in flight may
    have been done or not; `hello` begins anew.

    Members
    -------
    transport : the controller.
    """

    def __init__(self, controller: SpiController) -> None:
        """`controller`: nothing is sent yet."""
        self._controller = controller

    @property
    def transport(self) -> SpiController:
        """The controller."""
        return self._controller

    def hello(self) -> None:
        """See that there is a board, and wait until no access of an earlier program is under way.

        Raises
        ------
        NoAnswerError
            Nothing that answers like a board.
        """
        answer = self._controller.exchange(NOTHING.tobytes())
        if len(set(answer)) == 1:
            raise NoAnswerError(
                f"No answer on {self._controller.name}: miso is always {answer[0] & 1}; is the"
                " board configured, and are cs_n, sck, mosi and miso where the design has them?"
            )
        self._await_answer()

    def close(self) -> None:
        """Let the controller go; once more does no harm."""
        self._controller.close()

    def transact(self, requests: Sequence[Request]) -> list[Words]:
        """Do requests in order, an access in each packet; see `Accesses.transact`."""
        headers: list[int] = []
        words: list[int] = []
        for request in requests:
            kind = ACCESS if isinstance(request, Read) else ACCESS | WRITE
            last = request.address + request.step * max(0, request.count - 1)
            if last >= ADDRESSES:
                raise ValueError(f"Word addresses must be from 0 to {ADDRESSES - 1}, not {last}")
            headers += [kind | request.address + request.step * n for n in range(request.count)]
            words += (
                [0] * request.count
                if isinstance(request, Read)
                else np.asarray(request.words).tolist()
            )
        data, refused = self._run(packets_of(headers, words))
        for number in np.flatnonzero(refused)[:1]:
            address = headers[number] % ADDRESSES
            raise BusError(address)
        answers: list[Words] = []
        place = 0
        for request in requests:
            if isinstance(request, Read):
                answers.append(data[place : place + request.count])
            place += request.count
        return answers

    def _run(self, packets: Packets) -> tuple[Words, NDArray[np.bool_]]:
        """The word and whether it was refused, of each access."""
        words = np.zeros(len(packets), np.uint32)
        flags = np.zeros(len(packets), np.uint8)
        position, patience = 0, self._controller.time() + PATIENCE_SECONDS
        while position < len(packets):
            status, data = self._pass(packets[position : position + MOST_PACKETS - 1])
            behind = position + len(status)
            flags[position:behind], words[position:behind] = status, data
            now = self._controller.time()
            if behind > position:
                patience = now + PATIENCE_SECONDS
            elif now > patience:
                raise NoAnswerError(self._silence())
            position = behind
        return words, (flags & REFUSED) != 0

    def _pass(self, packets: Packets) -> tuple[Packets, Words]:
        """Send commands; flags and words of those that were done, which are the first ones."""
        # An answer comes with the packet behind.
        flags, words = self._exchange(np.concatenate([packets, NOTHING]))
        gaps = np.flatnonzero(flags & PASSED_OVER)
        if not len(gaps):
            return flags[1:], words[1:]
        first = int(gaps[0])
        answered = slice(1, max(1, first))
        if flags[first] & ENDED:  # the board has found the CRC of the packet before wrong
            return flags[answered], words[answered]
        # The access of the packet before has not ended, or, in the first one, that of a program
        # that was interrupted. Its answer comes once, in one of the packets that were passed over
        # or later.
        late = first + np.flatnonzero(flags[first:] & ENDED)[:1]
        late_flags, late_words = (flags[late], words[late]) if len(late) else self._await_answer()
        if not first:
            return flags[:0], words[:0]
        return np.append(flags[answered], late_flags), np.append(words[answered], late_words)

    def _await_answer(self) -> tuple[Packets, Words]:
        """Flags and word of the access under way, once it has ended."""
        patience = self._controller.time() + PATIENCE_SECONDS
        while True:
            flags, words = self._exchange(NOTHING)
            if flags[0] & ENDED:
                return flags, words
            if self._controller.time() > patience:
                raise NoAnswerError(self._silence())

    def _exchange(self, packets: Packets) -> tuple[Packets, Words]:
        """Flags and words that come while packets are sent; LinkError where a CRC is wrong."""
        data = np.frombuffer(self._controller.exchange(packets.tobytes()), np.uint8)
        if data.size != packets.size:
            raise LinkError(
                f"Port {self._controller.name} gave {data.size} bytes for {packets.size}; its"
                " `exchange` must give one for each byte that it sends."
            )
        rows = data.reshape(packets.shape)
        headers = np.ascontiguousarray(rows[:, :HEADER_BYTES]).view(">u2")[:, 0]
        if crc_of(rows).any() or ((headers & ~np.uint16(FLAGS)) != PATTERN).any():
            raise LinkError(
                f"What came on {self._controller.name} is damaged; what was in flight may have been"
                " done or not. Is the clock of SPI a sixth of the board's at most? Lower it, then"
                " greet the board again (hello)."
            )
        words = np.ascontiguousarray(rows[:, HEADER_BYTES:-1]).view(">u4")[:, 0]
        return (headers & FLAGS).astype(np.uint8), words.astype(np.uint32)

    def _silence(self) -> str:
        return (
            f"The board on {self._controller.name} takes no access, or does not end one, for"
            f" {PATIENCE_SECONDS:g} s; check power and cable, then greet it again (hello)."
        )
