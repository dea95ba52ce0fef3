"""What the executor does on its bus and tells `Answers`; what it answers is in test_link."""

from __future__ import annotations

from typing import Any

from simulator import simulate

from sc_driver.frames import Frame, hello, read_request, write_request
from sc_hw.host.link.executor import Executor


def test_what_becomes_of_frames() -> None:
    executor = Executor(2)
    done: list[tuple[str, int, int]] = []
    accesses: list[tuple[int, int, int]] = []
    write = write_request(0x20, (5).to_bytes(4, "little"), 0)

    def request(sequence: int, session: int = 9) -> Frame:
        return Frame(session, sequence, 1, write + read_request(0x30, 2, 1))

    traffic = [
        request(0),  # no session yet
        hello(9),
        request(0),
        request(0),  # once more
        request(2),  # one has been lost
        request(1),
        request(0, session=8),
        request(2),
        request(1),
        request(0),  # three ago: no longer kept
        hello(9),  # of the open session
        request(2),
        hello(10),
        request(2, session=10),
        request(0, session=10),
    ]

    async def bench(ctx: Any) -> None:
        stream = b"".join(frame.pack() for frame in traffic)
        place, pause, acknowledge = 0, 0, 0
        ctx.set(executor.free, 1)
        ctx.set(executor.ready, 1)
        ctx.set(executor.body.ready, 1)
        for _ in range(4000):
            offer = place < len(stream) and pause == 0
            ctx.set(executor.i.valid, offer)
            ctx.set(executor.i.payload, stream[place] if offer else 0)
            asked = ctx.get(executor.bus.cyc & executor.bus.stb) and not acknowledge
            ctx.set(executor.bus.ack, acknowledge)
            if acknowledge:
                word = ctx.get(executor.bus.dat_w) if ctx.get(executor.bus.we) else 0
                accesses.append((ctx.get(executor.bus.adr), ctx.get(executor.bus.we), word))
            acknowledge = int(asked)
            for name in ("finish", "send"):
                if ctx.get(getattr(executor, name)):
                    done.append((name, ctx.get(executor.kind), ctx.get(executor.slot)))
            taken = offer and ctx.get(executor.i.ready)
            place += bool(taken)
            pause = 1 if taken else 0
            await ctx.tick()
        assert place == len(stream)

    simulate(executor, bench)
    answers = [
        ("finish", 0xFE, 2),
        ("finish", 0x80, 2),
        ("finish", 0x81, 0),
        ("send", 0x81, 0),
        ("finish", 0x81, 1),
        ("finish", 0xFE, 2),
        ("finish", 0x81, 0),
        ("send", 0x81, 1),
        ("finish", 0x80, 2),
        ("send", 0x81, 0),
        ("finish", 0x80, 2),
        ("finish", 0x81, 0),
    ]
    assert done == answers
    assert accesses == [(0x20, 1, 5), (0x30, 0, 0), (0x31, 0, 0)] * 4
