"""A board with a design on it: load, run, read and restore it, with the meaning of `sc_hw.Device`.

with Board.open("/dev/ttyUSB1", "build/6cfb57b6b1e2/manifest.json") as board:
    board.restore("begin.npz")
    fired = board.run(spikes=recorded, reward=rewards)
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from sc_driver.accesses import Accesses
from sc_driver.bits import Bits, Words
from sc_driver.blocks import board_block
from sc_driver.blocks.board_block import State, Stimulus
from sc_driver.checkpoints import check_fields, read_state, write_state
from sc_driver.errors import (
    BoardError,
    LinkError,
    ManifestError,
    NoAnswerError,
    OtherDesignError,
    PortError,
    ProtocolError,
    WrongBoardError,
)
from sc_driver.link import Link
from sc_driver.registers import MAGIC, Registers
from sc_driver.requests import Read, Request, Write
from sc_driver.spi_bus import SpiBus, SpiController
from sc_driver.transports import DEFAULT_BAUD, SerialPort, Transport

PROTOCOL = 1
SPI_BUS = "spi_bus"  # the door whose accesses go without a link's frames
# Steps whose packets are made at a time: their bits are some ten MB.
BITS_AT_A_TIME = 1 << 24
# Words of steps on their way between two looks at the FIFOs' levels.
MOST_WORDS = 4096
# What tells how far the steps are.
LOOK = ("STEP_ROOM", "OUTPUT_LEVEL", "STEPS_DONE", "ERRORS")
# A step of the largest layer takes less than a second at 1 MHz.
PATIENCE_SECONDS = 10.0


class Board:
    """A board.

    Members
    -------
    link : to it.
    manifest : of the build that is on it.
    registers : by name.
    block : what its design's block looks like from here.
    """

    def __init__(self, link: Accesses, manifest: Mapping[str, Any]) -> None:
        """Greet a board and see that it runs the manifest's design.

        Raises
        ------
        ManifestError
            The manifest has no host.
        LinkError
            There is no answer, or one of another design (`OtherDesignError`), another version
            (`ProtocolError`), or of no board (`WrongBoardError`).
        """
        if not isinstance(manifest.get("host"), dict):
            raise ManifestError(
                "The manifest has no host: its design has no door. `sc-hw elaborate DESIGN --door"
                " uart` makes one."
            )
        self.link, self.manifest = link, manifest
        self.registers = Registers(link, manifest["host"]["registers"])
        link.hello()
        self._check_identity()
        self.block = board_block(self.registers, manifest)
        self._room = 0  # of the step FIFO, as far as it is known

    @classmethod
    def open(
        cls,
        port: str | Transport | SpiController,
        manifest: Mapping[str, Any] | str | os.PathLike[str],
        *,
        baud: int | None = None,
    ) -> Self:
        """A board on a port, as it stands: nothing is reset.

        Parameters
        ----------
        port : name of a port, or an open transport; with door `spi_bus` an open controller.
        manifest : of the build on the board, or its file.
        baud : bits a second; None: those of the design.

        Raises
        ------
        LinkError
            As of the constructor, and where the port can't be opened.
        """
        known = manifest if isinstance(manifest, Mapping) else read_manifest(Path(manifest))
        link = _link_on(port, known, baud)
        try:
            return cls(link, known)
        except BaseException:
            link.close()
            raise

    def _check_identity(self) -> None:
        """See that the registers' constants are those of the manifest."""
        port, registers = self.link.transport.name, self.registers
        magic, protocol = registers.read("MAGIC", "PROTOCOL")
        if magic != MAGIC:
            raise _wrong_board(port, magic)
        version = protocol & registers.mask("PROTOCOL", "version")
        if version != PROTOCOL:
            raise ProtocolError(
                f"The board on {port} has registers of version {version}, this driver is for"
                f" version {PROTOCOL}; use the sc-hw that the board was built with."
            )
        names = ("DESIGN_HASH_HIGH", "DESIGN_HASH_LOW", "BUILD_ID_HIGH", "BUILD_ID_LOW")
        values = registers.read(*names)
        own = [registers.reset(name) for name in names]
        if values[:2] != own[:2]:
            build, other = (f"{high:04x}{low:08x}" for _, _, high, low in (own, values))
            raise OtherDesignError(
                f"The board on {port} runs another design's bitstream: build {other}, not {build}"
                f" of '{self.manifest['design']['name']}'; program it, or take the manifest of"
                f" build {other}."
            )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Let the port go; the board stays as it is."""
        self.link.close()

    # --- state ------------------------------------------------------------------------------------

    def reset(self) -> None:
        """Reset the block as by its `rst`: memories stay, counters are 0."""
        self.block.reset()

    def state(self) -> State:
        """Every field by space and name."""
        return self.block.state()

    def load(self, weights: Any) -> None:
        """Write the weights; all else is as after power-on.

        `weights`: a scalar, or of the block's shape; of a network, arrays by
        ``<layer>.<parameter>``, or the path of a file of them (.npz).

        Raises
        ------
        TypeError, ValueError
            They are no integers, or of another shape or range.
        """
        self.block.load(weights)

    @property
    def parameters(self) -> dict[str, int]:
        """The rule's run-time parameters, read back."""
        return self.block.parameters()

    def set(self, **values: int) -> None:
        """Change run-time parameters of the rule, from the next step on.

        Raises
        ------
        ValueError
            There is no such parameter, or the value is out of its bounds; nothing is changed.
        """
        self.block.set_parameters(values)

    def checkpoint(self, path: str | os.PathLike[str]) -> Path:
        """Write the state to a file (.npz) for any device of the design, whole or not at all.

        Raises
        ------
        ValueError
            The state has fields of more than 64 bits, or is one that no device can go on from.
        """
        state = self.state()
        self._check_restorable("the board", state)
        return write_state(Path(path), state, self.manifest)

    def restore(self, state: State | str | os.PathLike[str]) -> None:
        """Write every field, from a state or a checkpoint of this or another device.

        Raises
        ------
        ValueError
            The file is no checkpoint of a device, or of another design, or the block can't take the
            state.
        """
        subject = "a state"
        if not isinstance(state, dict):
            subject, state = f"checkpoint {state}", read_state(Path(state), self.manifest)
        check_fields(subject, state, self.block.initial())
        self._check_restorable(subject, state)
        self.block.restore(state)

    def _check_restorable(self, subject: str, state: State) -> None:
        why = self.block.unrestorable(state)
        if why is not None:
            raise ValueError(f"{subject}: {why}.")

    # --- steps ------------------------------------------------------------------------------------

    def step(self, **stimulus: Any) -> Any:
        """Advance by one step; what `run` returns of it, without the first axis."""
        alone = self.block.alone(stimulus)
        if (steps := self._steps(alone)) != 1:
            raise ValueError(f"stimulus must be that of one step, not of {steps}; use `run`.")
        result = self.run(**alone)
        if result is None:
            return self.state()["synapse"]
        if isinstance(result, dict):
            return {name: int(values[0]) for name, values in result.items()}
        return result[0]

    def run(self, **stimulus: Any) -> Any:
        """Advance by T steps, as `sc_hw.Device.run` does.

        Raises
        ------
        LinkError
            The link fails, or the board reports an error (`BoardError`).
        """
        steps = self._steps(stimulus)
        each = self.block.packets_of_step(stimulus)
        size = max(1, BITS_AT_A_TIME // (32 * self.block.step.words * max(1, each or 1)))
        output = self.block.output
        pieces = [np.zeros((0, output.bits), np.uint8)]
        ticks = [np.zeros(0, np.bool_)]  # steps that give a packet
        for start in range(0, steps, size):
            rows = self._rows(stimulus, start, min(start + size, steps))
            packets = self.block.packets(rows)
            steps_before, bits = self._feed(packets)
            pieces.append(bits)
            ticks.append((steps_before + 1 + np.arange(len(packets))) % output.interval == 0)
        results = self.block.results(np.concatenate(pieces), np.concatenate(ticks))
        return results if each is None else results.reshape(steps, each)

    def answers(self, samples: Any) -> tuple[NDArray[Any], NDArray[Any]]:
        """Answer samples by the network's readout, each from a reset; there is a reset at the end.

        Parameters
        ----------
        samples : spikes of each, (samples, steps, inputs); with an encoder sets of values,
            (samples, values).

        Returns
        -------
        Winners (samples,), and the neurons' scores (samples, neurons). A sample without a tick of
        the last layer is answered by neuron 0 and scores of 0.

        Raises
        ------
        TypeError
            The board's design has no readout.
        LinkError
            As of `run`.
        """
        winners, scores = [], []
        for sample in np.asarray(samples):
            self.reset()
            stimulus = {"spikes": sample} if sample.ndim == 2 else {"values": sample[None]}
            self.run(**stimulus)
            winner, score = self.block.answer()
            winners.append(winner)
            scores.append(score)
        self.reset()
        return np.array(winners, np.int64), np.array(scores, np.int64)

    def _steps(self, stimulus: Stimulus) -> int:
        lengths = {
            len(np.asarray(v)) for v in stimulus.values() if np.ndim(v) == self.block.step_axes
        }
        if len(lengths) != 1:
            shapes = ", ".join(f"{name} {np.shape(values)}" for name, values in stimulus.items())
            raise ValueError(
                "stimulus must be of equally many steps along a first axis, in arrays of"
                f" {self.block.step_axes} axes or scalars, not {shapes or 'nothing'}."
            )
        return lengths.pop()

    def _rows(self, stimulus: Stimulus, start: int, stop: int) -> dict[str, Any]:
        return {
            name: values if np.ndim(values) == 0 else np.asarray(values)[start:stop]
            for name, values in stimulus.items()
        }

    def _feed(self, packets: Words) -> tuple[int, Bits]:
        """Send packets of steps and take those that come of them; also the steps before them."""
        output = self.block.output
        words = packets.ravel()
        # Room that the last look has found is still there, for only the driver fills the FIFO: what
        # fits into it goes with the first look. Anything that goes wrong makes it unknown.
        room, self._room = self._room, 0
        position = min(room, len(words), MOST_WORDS)
        before, look = self._first_look(words[:position])
        steps_before = before["STEPS_TAKEN"]
        self._check(before["ERRORS"])
        if before["OUTPUT_LEVEL"]:
            raise BoardError(
                f"The board has {before['OUTPUT_LEVEL']} words of earlier steps in its output FIFO;"
                " reset it, or clear its FIFOs (CONTROL.clear)."
            )
        ticks = (steps_before + len(packets)) // output.interval - steps_before // output.interval
        answers_due = ticks * output.words
        last = (steps_before + len(packets)) & 0xFFFFFFFF
        pieces: list[Words] = []
        answers = 0
        patience = self.link.transport.time() + PATIENCE_SECONDS
        while position < len(words) or answers < answers_due or look["STEPS_DONE"] != last:
            part = words[position : position + min(look["STEP_ROOM"], MOST_WORDS)]
            read = min(look["OUTPUT_LEVEL"], answers_due - answers)
            steps_done = look["STEPS_DONE"]
            outputs, look = self._look(part, read)
            pieces.append(outputs)
            position, answers = position + len(part), answers + read
            now = self.link.transport.time()
            if len(part) or read or look["STEPS_DONE"] != steps_done:
                patience = now + PATIENCE_SECONDS
            elif now > patience:
                raise NoAnswerError(
                    f"The board on {self.link.transport.name} takes no more steps:"
                    f" {position} of {len(words)} words were sent and {answers} of {answers_due}"
                    " came back; is CONTROL.halt set? Reset it and load it again."
                )
        self._check(look["ERRORS"])
        self._room = look["STEP_ROOM"]
        numbers, bits = output.unpack(np.concatenate(pieces) if pieces else np.zeros(0, np.uint32))
        first = (steps_before // output.interval + 1) * output.interval
        expected = (first + np.arange(ticks) * output.interval) & 0xFFFFFFFF
        if not np.array_equal(numbers, expected):
            wrong = int(np.flatnonzero(numbers != expected)[0])
            raise BoardError(
                f"The board on {self.link.transport.name} gave a packet of step {numbers[wrong]}"
                f" where that of step {expected[wrong]} was due; reset it and load it again."
            )
        return steps_before, bits

    def _first_look(self, part: Words) -> tuple[dict[str, int], dict[str, int]]:
        """What there is, and what there is behind the first words of steps."""
        address = self.registers.address
        requests: list[Request] = [
            *(Read(address(name)) for name in (*LOOK, "STEPS_TAKEN")),
            Write(address("STEP_DATA"), part),
        ]
        answers = self.link.transact(requests)
        names = (*LOOK, "STEPS_TAKEN")
        before = {n: int(words[0]) for n, words in zip(names, answers, strict=True)}
        return before, before | {"STEP_ROOM": before["STEP_ROOM"] - len(part)}

    def _look(self, part: Words, read: int) -> tuple[Words, dict[str, int]]:
        """Write words of steps, read words of outputs, and look at the FIFOs behind that."""
        address = self.registers.address
        requests: list[Request] = [
            Write(address("STEP_DATA"), part),
            Read(address("OUTPUT_DATA"), read),
            *(Read(address(name)) for name in LOOK),
        ]
        outputs, *answers = self.link.transact(requests)
        return outputs, {n: int(words[0]) for n, words in zip(LOOK, answers, strict=True)}

    def _check(self, errors: int) -> None:
        """BoardError if the board has reported one."""
        if errors:
            names = ", ".join(self.registers.set_fields("ERRORS", errors))
            raise BoardError(
                f"The board on {self.link.transport.name} reports {names}; reset it and load it"
                " again."
            )


def _link_on(
    port: str | Transport | SpiController, manifest: Mapping[str, Any], baud: int | None
) -> Accesses:
    """What carries accesses to a board, by the design's door."""
    table = manifest.get("host")
    host = table if isinstance(table, dict) else {}
    if host.get("door") == SPI_BUS:
        if not isinstance(port, SpiController):
            raise PortError(
                f"A design with door {SPI_BUS} needs an open SPI controller, an object with"
                f" `exchange` (see docs/link.md), not {port!r}."
            )
        return SpiBus(port)
    if isinstance(port, SpiController):
        raise PortError(
            f"A design with door {host.get('door')} needs the name of a serial port, or an open"
            f" transport, not the SPI controller {port.name}."
        )
    if isinstance(port, str):
        port = SerialPort(port, baud or host.get("parameters", {}).get("baud", DEFAULT_BAUD))
    return Link(port)


def build_on(port: str | Transport, *, baud: int | None = None) -> str:
    """The id of the build that is on a board, whatever it is.

    Raises
    ------
    LinkError
        There is no answer, or not that of a board.
    """
    with Link(SerialPort(port, baud or DEFAULT_BAUD) if isinstance(port, str) else port) as link:
        link.hello()
        magic, _, low, high = (int(word) for word in link.read(0, 4, step=1))
        if magic != MAGIC:
            raise _wrong_board(link.transport.name, magic)
        return f"{high:04x}{low:08x}"


def _wrong_board(port: str, magic: int) -> WrongBoardError:
    return WrongBoardError(
        f"What answers on {port} is no board of sc-hw: its first register is 0x{magic:08X}, not"
        f" 0x{MAGIC:08X}; is it the right port?"
    )


def read_manifest(file: Path) -> Mapping[str, Any]:
    """A manifest; ManifestError where the file is none."""
    try:
        manifest = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise ManifestError(f"Manifest {file} can't be read: {error}.") from None
    if not isinstance(manifest, dict) or not isinstance(manifest.get("design"), dict):
        raise ManifestError(f"{file} is no manifest; `sc-hw elaborate` writes one.")
    return manifest


__all__ = ["Board", "LinkError", "build_on", "read_manifest"]
