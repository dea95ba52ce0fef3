"""Crossings in Amaranth's simulator: two clocks of any ratio, resets at any time, flip-flops that
miss an edge.
"""

from __future__ import annotations

import random
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import count
from typing import Any

import pytest
from amaranth.hdl import ClockDomain, Elaboratable, Fragment, Module, Signal
from amaranth.sim import Simulator

from sc_hw.build.emit import to_verilog
from sc_hw.network.cdc import DEPTHS, Capture, Crossing, Synchroniser, WordCrossing
from sc_hw.proof.mutants.crossing import FAULTY_CROSSINGS

WIDTH = 16
FAST = 10e-9


class MissesAnEdge(Elaboratable):
    """A first flip-flop that takes a bit old or new if it has just changed, as `late` says; or a
    capture.
    """

    def __init__(self, part: Synchroniser | Capture) -> None:
        self.part, self.late = part, Signal(part.width)

    def elaborate(self, platform: object) -> Module:
        m = Module()
        part = self.part
        old = Signal(part.width)
        m.d.meta += old.eq(part.d)
        value = (part.d & ~self.late) | (old & self.late)
        for stage in range(getattr(part, "stages", 1)):
            flop = Signal(part.width, name=f"flop_{stage}", reset_less=True)
            if isinstance(part, Synchroniser):
                m.d.sync += flop.eq(value)
            else:
                with m.If(part.en):
                    m.d.sync += flop.eq(value)
            value = flop
        m.d.comb += part.q.eq(value)
        return m


@dataclass
class Uncertain:
    """A platform of such flip-flops."""

    made: list[MissesAnEdge] = field(default_factory=list)

    def get_synchroniser(self, part: Synchroniser) -> Elaboratable:
        self.made.append(MissesAnEdge(part))
        return self.made[-1]

    get_capture = get_synchroniser


@dataclass
class Log:
    """Words accepted, by epochs of the source; words that came out, by epochs of the reader;
    instants of the resets.
    """

    accepted: list[list[int]] = field(default_factory=lambda: [[]])
    delivered: list[list[int]] = field(default_factory=lambda: [[]])
    cleared: dict[str, int] = field(default_factory=lambda: {"i": 0, "o": 0})
    resets: dict[str, int] = field(default_factory=lambda: {"i": 0, "o": 0})

    def check(self) -> None:
        """Every epoch of the reader is the beginning of an epoch of the source, in order; the last
        is complete.
        """
        epochs = iter([words for words in self.accepted if words])
        for words in self.delivered:
            if words:
                source = next((epoch for epoch in epochs if epoch[0] == words[0]), [])
                assert words == source[: len(words)]
        if self.accepted[-1]:
            assert self.delivered[-1] == self.accepted[-1]


@dataclass
class _Side:
    """The source (``i``) or the reader (``o``) of a crossing, with resets at random.

    Members
    -------
    payloads : the words to send, shared by all epochs.
    period : of its clock, in seconds.
    clocks, drain : clocks with random traffic and resets; then clocks in which the reader is always
        ready, until all words have come out.
    busy : probability that it moves a word in a clock.
    reset_rate : probability that a reset begins in a clock.
    """

    name: str
    dut: WordCrossing
    rst: Signal
    platform: Uncertain
    log: Log
    rng: random.Random
    payloads: Iterator[int]
    period: float
    clocks: int
    drain: int
    busy: float
    reset_rate: float

    def __post_init__(self) -> None:
        self.stream = self.dut.i if self.name == "i" else self.dut.o
        self.restart = getattr(self.dut, f"{self.name}_restart")
        self.clear = getattr(self.dut, f"{self.name}_clear")
        self.words = self.log.accepted if self.name == "i" else self.log.delivered
        self.payload = next(self.payloads) if self.name == "i" else 0

    async def drive(self, ctx: Any) -> None:
        was_cleared, held, rng = 0, 0, self.rng
        for clock in range(self.clocks + self.drain):
            drains = clock >= self.clocks
            if held:
                held -= 1
            elif not drains and rng.random() < self.reset_rate:
                held = rng.choice((1, 1, 2, 3, 20))
                self.log.resets[self.name] += 1
            ctx.set(self.rst if rng.random() < 0.5 else self.restart, int(held > 0))
            if not held:
                ctx.set(self.rst, 0)
                ctx.set(self.restart, 0)
            moves = int(self.name == "o") if drains else int(rng.random() < self.busy)
            ctx.set(self.stream.valid if self.name == "i" else self.stream.ready, moves)
            if self.name == "i":
                ctx.set(self.stream.payload, self.payload)
            for flop in self.platform.made:
                ctx.set(flop.late, rng.getrandbits(len(flop.late)))
            cleared = await self._clock(ctx)
            self.log.cleared[self.name] += int(cleared and not was_cleared)
            was_cleared = cleared

    async def _clock(self, ctx: Any) -> int:
        """One clock of the side; whether it was cleared in it."""
        stream, rst, restart, clear = self.stream, self.rst, self.restart, self.clear
        restarts = ctx.get(rst) or ctx.get(restart) or ctx.get(clear)
        # before the edge: what the edge will do
        await ctx.delay(0.01 * self.period)
        if ctx.get(stream.valid) and ctx.get(stream.ready):
            assert not restarts, f"side {self.name} moves a word while it is cleared"
        *_, valid, ready, payload, cleared, one, two = await ctx.tick(self.name).sample(
            stream.valid, stream.ready, stream.payload, clear, rst, restart
        )
        if one or two or cleared:
            if self.words[-1]:
                self.words.append([])
        elif valid and ready:
            self.words[-1].append(payload)
            if self.name == "i":
                self.payload = next(self.payloads)
        return int(cleared)


def run(
    depth: int,
    i_period: float,
    o_period: float,
    seed: int,
    *,
    clocks: int = 600,
    reset_rate: float = 0.01,
    i_busy: float = 0.7,
    o_busy: float = 0.7,
    crossing: type[WordCrossing] = WordCrossing,
) -> Log:
    """`clocks` clocks of the slower side, then time for what is in flight."""
    rng = random.Random(seed)
    platform = Uncertain()
    dut = crossing(WIDTH, depth)
    m = Module()
    domains = {name: ClockDomain(name) for name in "io"}
    m.domains += [*domains.values(), ClockDomain("meta", reset_less=True)]
    m.submodules.dut = dut
    simulator = Simulator(Fragment.get(m, platform))
    periods = {"i": i_period, "o": o_period}
    for name, period in periods.items():
        simulator.add_clock(period, phase=rng.random() * period, domain=name)
    simulator.add_clock(min(periods.values()) / 4.3, domain="meta")
    log = Log()
    payloads = count()
    for name, busy in (("i", i_busy), ("o", o_busy)):
        ratio = max(periods.values()) / periods[name]
        side = _Side(
            name=name,
            dut=dut,
            rst=domains[name].rst,
            platform=platform,
            log=log,
            rng=rng,
            payloads=payloads,
            period=periods[name],
            clocks=int(clocks * max(periods.values()) / periods[name]),
            drain=int(80 * (ratio + 1)),
            busy=busy,
            reset_rate=reset_rate * periods[name] / max(periods.values()),
        )
        simulator.add_testbench(side.drive)
    simulator.run()
    return log


@pytest.mark.parametrize("depth", DEPTHS)
def test_words_come_out_once_and_in_order(depth: int) -> None:
    log = run(depth, FAST, 1.37 * FAST, seed=depth, reset_rate=0)
    log.check()
    assert len(log.accepted[-1]) > 80
    assert log.cleared == {"i": 0, "o": 0}


@pytest.mark.parametrize(
    ("i_period", "o_period"), [(1, 20), (20, 1), (1, 1), (1, 1.01), (3.7, 1), (1, 2.9)]
)
@pytest.mark.parametrize("depth", [1, 4])
def test_resets_of_either_side_at_any_time(depth: int, i_period: float, o_period: float) -> None:
    slow = max(i_period, o_period) > 10
    log = run(
        depth,
        i_period * FAST,
        o_period * FAST,
        seed=depth * 100 + round(10 * i_period),
        clocks=250 if slow else 600,
        reset_rate=0.05,
    )
    log.check()
    assert min(log.resets.values()) > 0
    assert min(log.cleared.values()) > 0
    assert sum(map(len, log.delivered)) > 15


# a reset that the other side never hears of, in the midst of a handshake that clears it anyway, is
# for the proofs to find
FOUND_BY_CHANCE = [name for name in FAULTY_CROSSINGS if name != "second reset forgotten"]


@pytest.mark.parametrize("mutant", FOUND_BY_CHANCE)
def test_mutants_do_not_pass(mutant: str) -> None:
    """Some of a few seeds finds each fault; the proofs find all of them without luck."""
    crossing, depth = FAULTY_CROSSINGS[mutant]
    for seed in range(12):
        try:
            run(
                depth,
                FAST,
                (0.2, 1.1, 7.3)[seed % 3] * FAST,
                seed,
                clocks=500,
                reset_rate=0.1,
                crossing=crossing,
            ).check()
        except AssertionError:
            return
    pytest.fail(f"simulation does not notice: {mutant}")


# Words in 100 clocks, both clocks alike: what `docs/crossings.md` says.
THROUGHPUT = {1: 20, 2: 40, 4: 80, 8: 100, 16: 100}


@pytest.mark.parametrize("depth", DEPTHS)
def test_throughput_is_what_the_page_says(depth: int) -> None:
    log = run(depth, FAST, FAST, seed=1, clocks=300, reset_rate=0, i_busy=1.1, o_busy=1.1)
    log.check()
    assert len(log.accepted[-1]) / 3 == pytest.approx(THROUGHPUT[depth], abs=2)


@pytest.mark.parametrize("depth", [1, 4])
def test_records_name_registers_of_the_emitted_text(depth: int) -> None:
    """By the names that tools use: a declaration `reg`, not an alias of one."""
    crossing = WordCrossing(5, depth, stages=3)
    text = to_verilog(crossing, "top", None)
    modules = {part.split("(")[0]: part for part in text.split("\nmodule ")[1:]}
    assert set(modules) == {"top", *crossing.shared_modules}
    for record in crossing.crossings:
        assert re.search(
            rf"^  reg (\[\d+:0\] )?{record.source}( =.*| \[\d+:0\])?;$", modules["top"], re.M
        ), record
        instance, register = record.destination.split(".")
        (module,) = re.findall(rf"^  (\w+) {instance} \($", modules["top"], re.M)
        assert re.search(rf"^  reg (\[\d+:0\] )?{register} =.*;$", modules[module], re.M), record


def test_records_of_a_submodule_have_its_path() -> None:
    record = WordCrossing(5, 2).crossings[0].under("link").under("net")
    assert record == Crossing(
        "net.link.write pointer",
        "gray pointer",
        "i",
        "o",
        2,
        "net.link.i_gray",
        "net.link.o_sync_pointer.first",
        "net.link",
    )
    assert record.as_json()["group"] == "net.link"


@pytest.mark.parametrize(
    ("arguments", "options", "text"),
    [
        ((0,), {}, "Word crossing width must be 1 or more, not 0"),
        ((4, 3), {}, "Word crossing depth must be one of 1, 2, 4, 8, 16, not 3"),
        (
            (4, 2),
            {"i_domain": "a", "o_domain": "a"},
            "Word crossing domains must be two, not 'a' twice; one clock needs no crossing",
        ),
        (
            (4, 2),
            {"stages": 1},
            "Synchroniser stages must be 2 or more, not 1; one flip-flop alone may stay undecided",
        ),
    ],
)
def test_sizes_that_can_not_be_are_refused(
    arguments: tuple[int, ...], options: dict[str, Any], text: str
) -> None:
    with pytest.raises(ValueError, match=f"^{re.escape(text)}$"):
        WordCrossing(*arguments, **options)


def test_parts_of_no_width_are_refused() -> None:
    with pytest.raises(ValueError, match=r"^Synchroniser width must be 1 or more, not 0$"):
        Synchroniser(0)
    with pytest.raises(ValueError, match=r"^Capture width must be 1 or more, not 0$"):
        Capture(0)
