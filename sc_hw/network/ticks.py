# amaranth: UnusedElaboratable=no
"""When a layer of a network ticks, and which inputs each of its ticks gets.

A *word* holds the spikes of one step, one bit for each channel, and carries the number of that
step. A *tick* is one update of all neurons of a layer, and belongs to a step too. The layer ticks
for step n as soon as all words up to step n have arrived, and a layer that is slower than its
producer stalls the producer. So the result does not depend on the frequencies and phases of the
clocks: the layers are a network of processes that wait for their inputs (Kahn, "The semantics of a
simple language for parallel programming", IFIP 1974).
"""

from __future__ import annotations

from amaranth.hdl import Module, Signal, Value, signed
from amaranth.lib import data, stream, wiring
from amaranth.lib.wiring import In, Out

from sc_hw.wires import gated
from sc_model.spec import CrossingSpec


class TickScheduler(wiring.Component):
    """Decides whether the next word or the next tick is due.

    There is a word for every `i_interval`-th step and a tick for every `o_interval`-th. After a
    reset the first word is that of step `i_interval`, the first tick that of step `o_interval`. The
    word of a step precedes the tick of the same step. Latency 0, domain ``sync``.

    Parameters
    ----------
    i_interval, o_interval : steps between two words, and between two ticks; 1 to
        2^(step_bits - 1) - 1, so that the signed difference of two steps needs no more bits than
        the number of a step.
    step_bits : bits of the number of a step, which wraps.

    Members
    -------
    word_due : the next word comes before the next tick.
    word_taken : strobe, a word is accepted; allowed only while `word_due` is high.
    word_step : with `word_taken`: the number of the step that the word carries.
    tick : the next tick may begin, for all words before it have been accepted.
    step : number of the step of that tick.
    tick_taken : strobe, the tick begins; allowed only while `tick` is high.
    out_of_step : a word carried another number than the scheduler expected; high from the second
        clock after the word until a reset. Only a fault in front of the scheduler causes it.

    Raises
    ------
    ValueError
        an interval outside its range.
    """

    def __init__(self, i_interval: int, o_interval: int, step_bits: int = 16) -> None:
        for name, interval in (("i_interval", i_interval), ("o_interval", o_interval)):
            if not 1 <= interval < 1 << (step_bits - 1):
                raise ValueError(
                    f"Tick scheduler needs {name} in [1, {(1 << (step_bits - 1)) - 1}], not"
                    f" {interval}"
                )
        self.i_interval, self.o_interval, self.step_bits = i_interval, o_interval, step_bits
        super().__init__(
            {
                "word_due": Out(1),
                "word_taken": In(1),
                "word_step": In(step_bits),
                "tick": Out(1),
                "step": Out(step_bits),
                "tick_taken": In(1),
                "out_of_step": Out(1),
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()
        # Step of the next tick less step of the next word, in [-i_interval, o_interval). A small
        # difference replaces a comparison of two numbers that wrap: its sign decides.
        bits = max(self.i_interval, self.o_interval).bit_length() + 1
        ahead = Signal(signed(bits), init=self.o_interval - self.i_interval)
        due = Signal(self.step_bits, init=self.i_interval)
        step = Signal(self.step_bits, init=self.o_interval)
        differs = Signal(self.step_bits)
        m.d.comb += [
            # One of the two is always low, so words and ticks never share a clock: the updates of
            # `ahead` below can't collide, and an intake's count has one reason to change at a time.
            self.word_due.eq(~ahead[-1]),
            self.tick.eq(~self.word_due),
            self.step.eq(step),
        ]
        # Both numbers wrap at 2^step_bits, as those in the words do; only `ahead` decides.
        with m.If(self.word_taken):
            m.d.sync += [ahead.eq(ahead - self.i_interval), due.eq(due + self.i_interval)]
        # A register between the XOR and its reduction: the word may come from the distant register
        # of a crossing, and it does no harm that the flag, which stays high, rises a clock later.
        m.d.sync += differs.eq(gated(self.word_step ^ due, by=self.word_taken))
        with m.If(differs.any()):
            m.d.sync += self.out_of_step.eq(1)
        with m.If(self.tick_taken):
            m.d.sync += [ahead.eq(ahead + self.o_interval), step.eq(step + self.o_interval)]
        return m


class Intake(wiring.Component):
    """Turns the words that arrive between two ticks of a layer into the inputs of the second one.

    Throughput one word a clock; a tick is offered in the clock after its last word. Domain
    ``sync``. A reset discards all words. `CrossingSpec` describes the policies. Counts of
    ``accumulate`` can't overflow, since `CrossingSpec.value` is wide enough for the most words
    between two ticks (`sc_hw.proof.blocks.network.intake` proves it); counts of ``once`` saturate.

    Parameters
    ----------
    spec : channels, intervals and policy.
    step_bits : bits of a step's number.

    Members
    -------
    i : stream of words, {step, spikes}; spikes have one bit for each channel.
    o : stream of ticks, {step, values}; one value for each channel, unsigned, of the width that
        `CrossingSpec.value` gives.
    out_of_step : see `TickScheduler`.
    lost : only with ``once``: a spike of the word that was accepted in the clock before was
        discarded, since the count of its channel was full.
    """

    def __init__(self, spec: CrossingSpec, step_bits: int = 16) -> None:
        self.spec, self.step_bits = spec, step_bits
        self.scheduler = TickScheduler(spec.i_interval, spec.o_interval, step_bits)
        self.i_layout = data.StructLayout({"step": step_bits, "spikes": spec.channels})
        self.o_layout = data.StructLayout(
            {"step": step_bits, "values": data.ArrayLayout(spec.value.width, spec.channels)}
        )
        super().__init__(
            {
                "i": In(stream.Signature(self.i_layout)),
                "o": Out(stream.Signature(self.o_layout)),
                "out_of_step": Out(1),
                **({"lost": Out(1)} if spec.policy == "once" else {}),
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()
        m.submodules.scheduler = scheduler = self.scheduler
        word, tick = Signal(name="word_taken"), Signal(name="tick_taken")
        m.d.comb += [
            self.i.ready.eq(scheduler.word_due),
            word.eq(self.i.valid & self.i.ready),
            self.o.valid.eq(scheduler.tick),
            tick.eq(self.o.valid & self.o.ready),
            scheduler.word_taken.eq(word),
            scheduler.word_step.eq(self.i.payload.step),
            scheduler.tick_taken.eq(tick),
            self.o.payload.step.eq(scheduler.step),
            self.out_of_step.eq(scheduler.out_of_step),
        ]
        channel_policy = {
            "hold": self._hold,
            "accumulate": self._accumulate,
            "once": self._once,
        }[self.spec.policy]
        # Channels have no logic in common but these strobes; that is why the proof of a single
        # channel (`IntakeHarness`) holds for all.
        lost = Signal(self.spec.channels)
        for channel in range(self.spec.channels):
            value = self.o.payload["values"][channel]
            channel_policy(m, channel, word, tick, value, lost[channel])
        # A register: the OR spans all channels, and the output is a port that may be far away.
        if self.spec.policy == "once":
            m.d.sync += self.lost.eq(lost.any())
        return m

    def _hold(
        self, m: Module, channel: int, word: Signal, tick: Signal, value: Value, lost: Value
    ) -> None:
        """Hold the spike of the latest word; a tick reads it and does not clear it."""
        # Reset clears it: a tick before the first word takes in zeros.
        held = Signal(name=f"kept_{channel}")
        m.d.comb += value.eq(held)
        with m.If(word):
            m.d.sync += held.eq(self.i.payload.spikes[channel])

    def _accumulate(
        self, m: Module, channel: int, word: Signal, tick: Signal, value: Value, lost: Value
    ) -> None:
        """Count the spikes since the previous tick."""
        count = Signal(self.spec.value.width, name=f"kept_{channel}")
        m.d.comb += value.eq(count)
        with m.If(word | tick):
            # An AND clears the count at a tick. The slice drops the carry, which is never set:
            # `CrossingSpec.value` is wide enough for the most words between two ticks.
            spike = word & self.i.payload.spikes[channel]
            m.d.sync += count.eq(gated(count + spike, by=~tick)[: len(count)])

    def _once(
        self, m: Module, channel: int, word: Signal, tick: Signal, value: Value, lost: Value
    ) -> None:
        """Count the spikes that wait; each tick gets one of them, if there is one."""
        # The count does not fall below 0, since a tick takes a spike only where one waits. It is
        # full at all ones, which needs a reduction and no comparison.
        waiting = Signal(self.spec.pending_bits, name=f"kept_{channel}")
        spike = self.i.payload.spikes[channel]
        m.d.comb += [value.eq(waiting.any()), lost.eq(word & spike & waiting.all())]
        with m.If(word & spike & ~waiting.all()):
            m.d.sync += waiting.eq(waiting + 1)
        with m.If(tick & waiting.any()):
            m.d.sync += waiting.eq(waiting - 1)
