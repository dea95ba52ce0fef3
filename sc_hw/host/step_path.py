# amaranth: UnusedElaboratable=no
"""The way of a step: queue, block, queue."""

from __future__ import annotations

from typing import Any

from amaranth.hdl import Module, ResetInserter, Signal, Value
from amaranth.lib import stream, wiring
from amaranth.lib.wiring import In, Out, connect, flipped

from sc_hw.host.blocks import HostBlock
from sc_hw.host.output_queue import OutputQueue
from sc_hw.host.registers import WORD_BITS
from sc_hw.host.step_queue import StepQueue


class StepPath(wiring.Component):
    """Words of steps in, words of packets out, and accesses of the window in between.

    A step begins when all of its words are in the step FIFO, the output FIFO has room for its
    packet, and neither `halt` nor the window keeps it back. Domain ``sync``; a reset must come with
    `clear`, which resets the block.

    Parameters
    ----------
    host_block : the block with its connections.
    step_words, output_words : that the FIFOs hold at least.

    Members
    -------
    clear : reset of the block.
    empty : both FIFOs are emptied; only while no step is under way.
    halt : no step begins.
    discard : output words are dropped.
    steps : words of steps.
    outputs, last : words of packets; `last` ends one.
    step_level, output_level : words in the FIFOs.
    idle : no step is under way, and none can begin.
    resting : no step is under way.
    stuck : the step under way waits for words that have not come.
    port, address, data, answer : see `HostBlock`.
    load, read : the window asks for an access, until `done`; it waits until the block is still.
    done, failed : the access has been made; or it could not be.
    begins : a step begins.
    finished : a packet is complete, and with it its step.
    settled : no step is under way, and none has begun in the clock before.
    spike : a spike is in a packet.
    error, counter_<name> : see `HostBlock`.
    """

    def __init__(self, host_block: HostBlock, step_words: int, output_words: int) -> None:
        self.host_block = block = host_block
        self.step_queue = StepQueue(block.step, step_words)
        self.output_queue = OutputQueue(block.output, output_words)
        members = block.signature.members
        window = ("port", "address", "data", "answer", "error")
        super().__init__(
            {
                "clear": In(1),
                "empty": In(1),
                "halt": In(1),
                "discard": In(1),
                "steps": In(stream.Signature(WORD_BITS)),
                "outputs": Out(stream.Signature(WORD_BITS)),
                "last": Out(1),
                "step_level": Out(range(self.step_queue.depth + 1)),
                "output_level": Out(range(self.output_queue.depth + 1)),
                "idle": Out(1),
                "resting": Out(1),
                "stuck": Out(1),
                "load": In(1),
                "read": In(1),
                "done": Out(1),
                "failed": Out(1),
                "begins": Out(1),
                "finished": Out(1),
                "settled": Out(1),
                "spike": Out(1),
                **{name: members[name] for name in window},
                **{f"counter_{name}": Out(WORD_BITS) for name in block.counters},
            }
        )

    def elaborate(self, platform: Any) -> Module:
        m = Module()
        steps, block, outputs = self.step_queue, self.host_block, self.output_queue
        m.submodules.step_queue = ResetInserter(self.empty)(steps)
        m.submodules.block = block
        m.submodules.output_queue = ResetInserter(self.empty)(outputs)
        asks, resting = Signal(), Signal()
        # Of the clock before: a step takes two clocks, so no other has reserved that room.
        room = Signal()
        m.d.sync += room.eq(outputs.room)
        m.d.comb += [
            asks.eq(self.load | self.read),
            resting.eq(block.still & ~steps.feeding),
            steps.may_begin.eq(block.takes & ~self.halt & ~asks & (room | ~block.needs_room)),
            block.begins.eq(steps.begins),
            block.common.eq(steps.common),
            block.room.eq(outputs.room),
            block.clear.eq(self.clear),
            outputs.reserve.eq(block.reserve),
            outputs.discard.eq(self.discard),
            self.last.eq(outputs.last),
            self.step_level.eq(steps.level),
            self.output_level.eq(outputs.level),
            self.begins.eq(steps.begins),
            self.finished.eq(block.finished),
            self.settled.eq(self.resting & resting),
            self.spike.eq(block.spike),
            self.error.eq(block.error),
            *(
                getattr(self, f"counter_{name}").eq(getattr(block, f"counter_{name}"))
                for name in block.counters
            ),
        ]
        # The conditions are a clock old, so that reading them is no long path.
        can_begin = Signal()
        m.d.comb += can_begin.eq(steps.waiting & ~self.halt & (room | ~block.needs_room))
        m.d.sync += [self.idle.eq(resting & ~can_begin), self.resting.eq(resting)]
        m.d.comb += self.stuck.eq(steps.feeding if steps.streamed else 0)
        connect(m, flipped(self.steps), steps.i)
        connect(m, steps.o, block.transfer)
        connect(m, block.packet, outputs.i)
        connect(m, outputs.o, flipped(self.outputs))
        self._window(m, block, asks, resting)
        return m

    def _window(self, m: Module, block: HostBlock, asks: Value, resting: Value) -> None:
        """Hold an access back until the block is still; no step begins meanwhile."""
        granted = Signal()
        m.d.comb += [
            block.port.eq(self.port),
            block.address.eq(self.address),
            block.data.eq(self.data),
            block.load.eq(granted & self.load),
            block.read.eq(granted & self.read),
            self.done.eq(block.done),
            self.failed.eq(block.failed),
            self.answer.eq(block.answer),
        ]
        # A clock passes before the first grant: a step may have begun in the clock of the request.
        asked = Signal()
        m.d.sync += asked.eq(asks & ~self.done)
        m.d.sync += granted.eq((granted | (asked & resting)) & asks & ~self.done)
