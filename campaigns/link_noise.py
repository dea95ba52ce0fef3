"""A noisy line: `python -m campaigns.link_noise --out reports` writes link.json and link.md.

The link's gateware runs in Verilator behind a UART, bit by bit, and a memory behind it writes down
every access. The driver sends random requests through a channel that drops, doubles, flips, inserts
and cuts bytes in both directions. At the end the memory's list of accesses must be the driver's: no
request lost, none done twice. Between, the block is reset and the cable pulled in the middle of
frames.
"""

from __future__ import annotations

import argparse
import itertools
import os
import random
import re
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from amaranth.hdl import Module, Signal
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from campaigns.freshness.stamps import write_report
from sc_driver.errors import BusError, LinkError, SessionLostError
from sc_driver.link import Link, Read, Write
from sc_hw.build.emit import to_verilog
from sc_hw.fabric.targets import load_target
from sc_hw.files import write_json, write_text
from sc_hw.host.doors.uart import UartLink
from sc_hw.host.uart import Rate
from sc_hw.price.placement import place_and_route
from sc_hw.price.synthesis import count, synthesise
from sc_hw.simulation.cosim import environment
from sc_sim.serial_line.library import build_line
from sc_sim.serial_line.line import SerialLine, Settings, SimulatedPort

SCHEMA = "sc-hw.link.v1"
CLOCK_HZ, BAUD, WINDOW = 12_000_000, 3_000_000, 4
REFUSED = (0xF000, 0xF100)  # addresses that the memory refuses
WAITS = 6
# Finishing the longest answer takes 3,000 clocks: when nothing has come or gone for so long,
# nothing more will.
QUIET_CLOCKS = 20_000
FAULTS = 0.01
MOST_ERRORS = 0.1  # of the frames; more than the faults can cause, so that a run ends
PRICE_TARGET, PRICE_SEEDS = "ice40-up5k", 5
# Events in a byte, for each direction.
RATES = (0.0, 1e-5, 1e-4, 1e-3)
THROUGHPUT_WORDS = 100_000
MUTANT_FRAMES, MUTANT_RATE, MUTANT_ERRORS = 1_000, 1e-3, 4
# Faults of the gateware that the campaign must find: a pattern of the emitted Verilog, and what
# stands in its place.
MUTANTS: dict[str, tuple[str, str]] = {
    "the CRC is not checked": (r"= out & \S+ ;", "= 1'h0;"),
    "kept answers are not sent again": (r"= distance <= kept;", "= 1'h0;"),
    "repeated frames are done again": (r"= ! distance;", "= distance <= kept;"),
    "frames behind a lost one are done": (r"= ! distance;", "= distance != 8'h01;"),
    "half of the sequence is compared": (r"= ! distance;", "= ! distance[0];"),
    "frames of another session are done": (r"= ~ same;(?=\n.*= ~ same;)", "= 1'h0;"),
    "a greeting opens no session": (r"= ~ same;(?=\n.*\n.*= ! distance;)", "= 1'h0;"),
    "answers are kept for one frame only": (r"= kept != 3'h4;", "= kept != 3'h1;"),
}


# --- noise ----------------------------------------------------------------------------------------


class Channel:
    """Damages bytes on their way.

    Members
    -------
    events : how often each kind of damage has been done.
    """

    KINDS = ("drop", "double", "flip", "insert", "zero", "cut")

    def __init__(self, rate: float, seed: int) -> None:
        """`rate` is the probability of an event in a byte."""
        self.rate = rate
        self.events = dict.fromkeys(self.KINDS, 0)
        self._random = random.Random(seed)
        self._cut = 0  # bytes that are still to be lost

    def __call__(self, data: bytes) -> bytes:
        """What comes out for these bytes."""
        if not self.rate and not self._cut:
            return data
        out = bytearray()
        draw = self._random
        for byte in data:
            if self._cut:
                self._cut -= 1
                continue
            if draw.random() >= self.rate:
                out.append(byte)
                continue
            kind = draw.choice(self.KINDS)
            self.events[kind] += 1
            if kind == "cut":
                self._cut = draw.randrange(1, 300)
            elif kind != "drop":
                out += {
                    "double": bytes((byte, byte)),
                    "flip": bytes((byte ^ 1 << draw.randrange(8),)),
                    "insert": bytes((draw.randrange(256), byte)),
                    "zero": bytes((0, byte)),
                }[kind]
        return bytes(out)


# --- the driver's requests, and what they must do -------------------------------------------------


@dataclass
class Job:
    """Requests of one batch, and what they must do.

    Members
    -------
    requests : for the link.
    accesses : rows of the memory's list.
    words : of each read.
    refused : whether the memory refuses one.
    """

    requests: list[Read | Write]
    accesses: list[tuple[int, int, int]]
    words: list[list[int]]
    refused: bool


class Jobs:
    """Random batches, and the memory that they make."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)
        self.memory = np.zeros(1 << 16, np.uint32)

    def draw(self) -> Job:
        """A batch; its effect on the memory is taken to happen."""
        draw = self._random
        job = Job([], [], [], False)
        # mostly few words, as of a program that sets registers; at times enough for a full window
        most = 200 if draw.random() < 0.03 else 8
        for _ in range(draw.randrange(1, 10)):
            count = draw.randrange(1, most)
            step = draw.randrange(2)
            first = draw.randrange((1 << 16) - count)
            addresses = [first + step * n for n in range(count)]
            refused = [REFUSED[0] <= address < REFUSED[1] for address in addresses]
            job.refused |= any(refused)
            if draw.random() < 0.5:
                words = [draw.getrandbits(32) for _ in range(count)]
                job.requests.append(Write(first, words, step))
                job.accesses += [(a, 1, w) for a, w in zip(addresses, words, strict=True)]
                for address, word, no in zip(addresses, words, refused, strict=True):
                    if not no:
                        self.memory[address] = word
            else:
                job.requests.append(Read(first, count, step))
                job.accesses += [(address, 0, 0) for address in addresses]
                job.words.append([int(self.memory[address]) for address in addresses])
        return job

    def undo(self, accesses: list[tuple[int, int, int]], job: Job, before: Any) -> None:
        """The memory after only the first accesses of a batch."""
        self.memory = before
        for address, is_write, word in accesses:
            if is_write and not REFUSED[0] <= address < REFUSED[1]:
                self.memory[address] = word


class FaultyPort(SimulatedPort):
    """A port on a line whose block is reset now and then.

    Members
    -------
    must_fail : it has been reset before all of a batch was sent.
    """

    must_fail = False


class MismatchError(AssertionError):
    """The memory's list is not the driver's."""


def run_job(
    link: Link, line: SerialLine, jobs: Jobs, fault: Callable[[], None] | None
) -> LinkError | None:
    """Do a batch and compare the memory's list; the link's error, if there was one.

    Parameters
    ----------
    link : greeted.
    line : the block.
    jobs : where the batch comes from.
    fault : what happens in its middle: the link must then raise an error, or have done all.
    """
    before = jobs.memory.copy()
    job = jobs.draw()
    if fault is not None:
        fault()
    refused = False
    answers: list[Any] = []
    link_error: LinkError | None = None
    try:
        answers = link.transact(job.requests)
    except BusError:
        refused = True
    except LinkError as error:
        link_error = error
    accesses = _accesses(line)
    if link_error is not None:
        # what was in flight may have been done or not, but in order and once
        line.run(100_000)
        accesses += _accesses(line)
        if accesses != job.accesses[: len(accesses)]:
            raise MismatchError("a batch that failed has done other accesses than its first ones")
        jobs.undo(accesses, job, before)
        return link_error
    if accesses != job.accesses:
        raise MismatchError(_difference(accesses, job.accesses))
    if refused != job.refused:
        raise MismatchError(f"refused: {refused}, expected {job.refused}")
    if not refused and [words.tolist() for words in answers] != job.words:
        raise MismatchError("other words were read than are in the memory")
    return None


def _difference(accesses: list[tuple[int, int, int]], requests: list[tuple[int, int, int]]) -> str:
    """Where two lists of accesses differ first."""
    same = sum(
        1
        for _ in itertools.takewhile(
            lambda pair: pair[0] == pair[1], zip(accesses, requests, strict=False)
        )
    )
    return (
        f"{len(accesses)} accesses were made and {len(requests)} asked for; number {same + 1} is"
        " another"
    )


def _accesses(line: SerialLine) -> list[tuple[int, int, int]]:
    return [(int(address), int(write), int(word)) for address, write, word in line.log()]


@dataclass
class Row:
    """A run of the campaign.

    Members
    -------
    rate : events in a byte and direction.
    frames : frames of requests that were answered.
    events : damage, both directions together.
    sent_again, timeouts : of the driver.
    resets, pulls, errors : faults, and errors of the link that the driver has raised.
    mismatches : 1 if the memory's list was not the driver's.
    clocks : of the block.
    """

    rate: float
    frames: int = 0
    events: int = 0
    sent_again: int = 0
    timeouts: int = 0
    resets: int = 0
    pulls: int = 0
    errors: int = 0
    mismatches: int = 0
    clocks: int = 0


def run(library: Path, frames: int, rate: float, seed: int, *, faults: float = FAULTS) -> Row:
    """Random batches until so many frames were answered.

    Parameters
    ----------
    library : of the block behind its UART.
    frames, rate, seed, faults : see `run_on`.

    Raises
    ------
    MismatchError
        The memory's list of accesses is not the driver's.
    """
    line = SerialLine(library, line_settings(), seed)
    port = FaultyPort(line, CLOCK_HZ, quiet_clocks=QUIET_CLOCKS)
    return run_on(line, port, frames, rate, seed, faults=faults)


def run_on(
    line: SerialLine,
    port: FaultyPort,
    frames: int,
    rate: float,
    seed: int,
    *,
    faults: float = FAULTS,
) -> Row:
    """The same on a line that is there.

    Parameters
    ----------
    line : the block; its memory refuses the addresses `REFUSED`.
    port : of the line.
    frames : of requests.
    rate : events in a byte and direction.
    seed : of all that is random.
    faults : share of the batches in which the block is reset or the cable pulled.

    Raises
    ------
    MismatchError
        The memory's list of accesses is not the driver's.
    """
    channels = Channel(rate, seed), Channel(rate, seed + 1)
    port.to_board, port.to_host = channels
    link, jobs, row = Link(port, seed=seed), Jobs(seed), Row(rate)
    draw = random.Random(seed)
    greet(link)
    while link.statistics.frames < frames:
        fault, resets, port.must_fail = None, row.resets, False
        if draw.random() < faults:
            fault = _fault(draw, port, row)
        error = run_job(link, line, jobs, fault)
        if error is None and port.must_fail:
            raise MismatchError("a reset in the middle of a batch was not noticed")
        if error is not None:
            row.errors += 1
            if row.errors > MOST_ERRORS * frames:
                raise MismatchError(f"{row.errors} errors of the link in {frames} frames")
            if rate == 0 and row.resets > resets and not isinstance(error, SessionLostError):
                raise MismatchError(f"a reset was taken for something else: {error}")
            port.to_board, port.to_host = channels
            greet(link)
    row.frames = link.statistics.frames
    row.sent_again, row.timeouts = link.statistics.sent_again, link.statistics.timeouts
    row.events = sum(sum(channel.events.values()) for channel in channels)
    row.clocks = line.clocks
    return row


def greet(link: Link) -> None:
    """Greet until the board answers: noise may break a few greetings."""
    for _ in range(5):
        try:
            link.hello()
            return
        except LinkError as error:
            last = error
    raise last


def _fault(draw: random.Random, port: FaultyPort, row: Row) -> Callable[[], None]:
    """A reset or a pulled cable after some more bytes."""
    after = draw.randrange(400)
    channel = port.to_board

    if draw.random() < 0.5:
        row.resets += 1

        def reset(data: bytes) -> bytes:
            """Reset the block when the first bytes are on the wire."""
            port.to_board = channel
            port.line.send(channel(data[:after]))
            port.line.run(after * 40 + 1)
            port.line.reset()
            port.must_fail = after < len(data)
            return channel(data[after:])

        return lambda: setattr(port, "to_board", reset)
    row.pulls += 1
    room = after

    def cut(data: bytes) -> bytes:
        nonlocal room
        part, room = data[:room], max(0, room - len(data))
        return channel(part)

    def pull() -> None:
        port.to_board = cut

    return pull


def line_settings() -> Settings:
    """The host's end at the block's own baud rate."""
    bit = CLOCK_HZ / BAUD
    return Settings(bit, bit, waits=WAITS, refused=REFUSED)


# --- throughput -----------------------------------------------------------------------------------


def throughput(library: Path, words: int) -> dict[str, float]:
    """Share of the wire's bits that are words, in each direction's heavy use."""
    line = SerialLine(library, line_settings())
    port = SimulatedPort(line, CLOCK_HZ)
    link = Link(port, seed=1)
    link.hello()
    shares = {}
    for name, request in (("write", Write(0, np.arange(words))), ("read", Read(0, words))):
        start = port.time()
        link.transact([request])
        bits_on_wire = (port.time() - start) * BAUD
        shares[name] = words * 40 / bits_on_wire  # a byte takes ten bits
    return shares


# --- builds ---------------------------------------------------------------------------------------


@contextmanager
def tools_on_path() -> Iterator[None]:
    """Verilator on this process's path."""
    before = dict(os.environ)
    os.environ.update(environment())
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)


def emitted() -> str:
    """Verilog of the link behind its UART."""
    return to_verilog(UartLink(Rate(CLOCK_HZ, BAUD), WINDOW), "sc_link", None)


def build(folder: Path, edit: tuple[str, str] | None = None) -> Path:
    """The library of the link behind its UART.

    Parameters
    ----------
    folder : of builds.
    edit : a pattern of the Verilog and what stands in its place, for mutants.

    Raises
    ------
    ValueError
        The edit does not apply to one place.
    """
    verilog = emitted()
    if edit is not None:
        verilog, count = re.subn(*edit, verilog)
        if count != 1:
            raise ValueError(f"{edit[0]!r} is {count} times in the Verilog, not once")
    with tools_on_path():
        return build_line(folder, verilog, "sc_link", with_bus=True)


def verdict(library: Path, seed: int = 5) -> str:
    """What is found of a mutant: how its first run ends; empty if nothing is."""
    for rate, faults in ((MUTANT_RATE, 0.0), (0.0, FAULTS)):
        try:
            row = run(library, MUTANT_FRAMES, rate, seed, faults=faults)
        except MismatchError as error:
            return str(error)
        except LinkError as error:
            return f"{type(error).__name__}: {error}"
        # noise alone stops a frame in some thousands
        if not faults and row.errors > MUTANT_ERRORS:
            return f"{row.errors} errors of the link"
    return ""


# --- price ----------------------------------------------------------------------------------------


class Priced(wiring.Component):
    """The link behind its UART, with one register on its bus, so that its ports fit a package."""

    def __init__(self, clock_hz: float, baud: float) -> None:
        self.clock_hz, self.baud = clock_hz, baud
        super().__init__({"rx": In(1), "tx": Out(1), "link": Out(1)})

    def elaborate(self, platform: Any) -> Module:
        m = Module()
        m.submodules.door = door = UartLink(Rate(self.clock_hz, self.baud), WINDOW)
        word, acknowledge = Signal(32), Signal()
        m.d.comb += [
            *(door.rx.eq(self.rx), self.tx.eq(door.tx), self.link.eq(door.link)),
            *(door.bus.ack.eq(acknowledge), door.bus.dat_r.eq(word)),
        ]
        m.d.sync += acknowledge.eq(door.bus.stb & ~acknowledge)
        with m.If(door.bus.stb & door.bus.we):
            m.d.sync += word.eq(door.bus.dat_w ^ door.bus.adr)
        return m


def price(folder: Path) -> dict[str, Any]:
    """Cells of the link behind its UART, and Fmax with a register on its bus, on `PRICE_TARGET`."""
    target = load_target(PRICE_TARGET)
    folder.mkdir(parents=True, exist_ok=True)
    clock_hz, baud = 48e6, 1e6
    rate = Rate(clock_hz, baud)
    for name, component in (("link", UartLink(rate, WINDOW)), ("block", Priced(clock_hz, baud))):
        write_text(folder / f"{name}.v", to_verilog(component, name, None))
    cells = count(synthesise(["link.v"], target, folder, "link", top="link"), target.cells)
    synthesise(["block.v"], target, folder, "block", top="block")
    metrics = place_and_route(target, folder, PRICE_SEEDS, 1, print)
    return {"target": target.name, "cells": cells, "fmax": metrics["fmax"]}


# --- report ---------------------------------------------------------------------------------------


def _markdown(report: dict[str, Any]) -> str:
    """The report as Markdown."""
    lines = [
        "# The link on a noisy line\n",
        f"Made by `{report['command']}` ({report['cpu_seconds']} s of a processor): the gateware in"
        f" Verilator behind its UART, bit by bit, at {BAUD / 1e6:g} Mbaud and"
        f" {CLOCK_HZ / 1e6:g} MHz; a memory that writes down every access and makes the bus wait up"
        f" to {WAITS} clocks. An event drops,"
        " doubles, flips, or inserts a byte, or cuts off up to 300. Resets and pulled cables are in"
        " the middle of a batch; the driver then raises an error and greets the board anew.\n",
        "| events in a byte | frames | events | sent again | timeouts | resets | pulled | errors"
        " raised | requests lost or done twice |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    for row in report["rows"]:
        keys = ("frames", "events", "sent_again", "timeouts", "resets", "pulls", "errors")
        cells = " | ".join(f"{row[key]:,}" for key in keys)
        lines.append(f"| {row['rate']:g} | {cells} | {row['mismatches']} |")
    shares = report["throughput"]
    cells, fmax = report["price"]["cells"], report["price"]["fmax"]
    low, median, high = (fmax[f"{name}_mhz"] for name in ("min", "median", "max"))
    lines += [
        f"\nOn {report['price']['target']} the link behind a UART takes {cells['lut']} LUT4,"
        f" {cells['ff']} flip-flops and {cells['bram']} block RAMs of 512 bytes (Yosys), and with a"
        f" register on its bus runs at {median:.1f} MHz (nextpnr, median of {PRICE_SEEDS} seeds;"
        f" from {low:.1f} to {high:.1f}).",
        f"\nOf the wire's bits, {100 * shares['write']:.1f} % are words while {THROUGHPUT_WORDS:,}"
        f" words are written, and {100 * shares['read']:.1f} % while as many are read.\n",
        "Faults that were put into the gateware, and how a run of"
        f" {MUTANT_FRAMES:,} frames ended:\n",
        "| fault | found by |",
        "|---|---|",
        *(f"| {name} | {finder or 'nothing'} |" for name, finder in report["mutants"].items()),
        "",
    ]
    return "\n".join(lines)


def main() -> None:
    """Run the campaign; exit 1 where a list is not the driver's."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--frames", type=int, default=100_000, help="of all runs together")
    parser.add_argument("--build", type=Path, default=Path("build"))
    parser.add_argument("--out", type=Path, default=Path("reports"))
    options = parser.parse_args()
    started = time.process_time()
    library = build(options.build / "link")
    rows = []
    for number, rate in enumerate(RATES):
        try:
            row = run(library, options.frames // len(RATES), rate, seed=100 * number)
        except MismatchError as error:
            print(error)
            row = Row(rate, mismatches=1)
        print(row)
        rows.append(asdict(row))
    mutants = {name: verdict(build(options.build / "link", edit)) for name, edit in MUTANTS.items()}
    report = {
        "schema_version": SCHEMA,
        "command": f"python -m campaigns.link_noise --frames {options.frames}",
        "cpu_seconds": round(time.process_time() - started),
        "clock_hz": CLOCK_HZ,
        "baud": BAUD,
        "rows": rows,
        "mutants": mutants,
        "price": price(options.build / "link" / "price"),
        "throughput": throughput(library, THROUGHPUT_WORDS),
    }
    write_json(options.out / "link.json", report)
    write_report(options.out, "link", _markdown(report))
    raise SystemExit(any(row["mismatches"] for row in rows) or not all(mutants.values()))


if __name__ == "__main__":
    main()
