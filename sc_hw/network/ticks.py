# amaranth: UnusedElaboratable=no
"""When a layer ticks, by the numbers of the steps that travel with the words, and what a tick takes
in.

No clock is looked at: a layer ticks for step n as soon as every word that belongs in front of it
has come. So the result is the same whatever the clocks' frequencies and phases are (a network of
processes that wait for their inputs; Kahn, "The semantics of a simple language for parallel
programming", IFIP 1974), and a layer that is slower than its producer stops it.
"""

from __future__ import annotations

from amaranth.hdl import Module, Signal, signed
from amaranth.lib import data, stream, wiring
from amaranth.lib.wiring import In, Out

from sc_hw.wires import gated
from sc_model.spec import CrossingSpec


class TickScheduler(wiring.Component):
    """Steps at which words come, every `i_interval`, and at which a layer ticks, every
    `o_interval`.

    Domain ``sync``; latency 0. After a reset the first word is that of step `i_interval`, the first
    tick that of step `o_interval`. A word of the same step as a tick comes before it.

    Parameters
    ----------
    i_interval, o_interval : steps, >= 1.
    step_bits : of a step's number, which goes round; both intervals below 2^(step_bits-1).

    Members
    -------
    wants : the next word belongs before the next tick.
    came, came_step : it has come (only while `wants`), with that number.
    tick, step : all words have come for the tick of that step.
    ticked : it has begun (only while `tick`).
    out_of_step : a word came with another number than the one due; stays until a reset. Only a
        fault upstream does that.
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
                "wants": Out(1),
                "came": In(1),
                "came_step": In(step_bits),
                "tick": Out(1),
                "step": Out(step_bits),
                "ticked": In(1),
                "out_of_step": Out(1),
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()
        # the next tick's step less the next word's: in [-i_interval, o_interval)
        bits = max(self.i_interval, self.o_interval).bit_length() + 1
        ahead = Signal(signed(bits), init=self.o_interval - self.i_interval)
        due = Signal(self.step_bits, init=self.i_interval)
        step = Signal(self.step_bits, init=self.o_interval)
        differs = Signal(self.step_bits)
        m.d.comb += [self.wants.eq(~ahead[-1]), self.tick.eq(~self.wants), self.step.eq(step)]
        with m.If(self.came):
            m.d.sync += [ahead.eq(ahead - self.i_interval), due.eq(due + self.i_interval)]
        # a clock apart, so that no word of another clock has far to go
        m.d.sync += differs.eq(gated(self.came_step ^ due, by=self.came))
        with m.If(differs.any()):
            m.d.sync += self.out_of_step.eq(1)
        with m.If(self.ticked):
            m.d.sync += [ahead.eq(ahead + self.o_interval), step.eq(step + self.o_interval)]
        return m


class Intake(wiring.Component):
    """The words that come for a layer, put together to what each of its ticks takes in.

    A word is taken a clock; a tick is offered in the clock after its last word. Domain ``sync``; a
    reset forgets all that came. Policies: see `CrossingSpec`. Counts of ``accumulate`` can't
    overflow (`CrossingSpec.value` has room for the most words between two ticks; proved). Those of
    ``once`` saturate.

    Parameters
    ----------
    spec : channels, intervals, policy.
    step_bits : of a step's number.

    Members
    -------
    i : {step, spikes}.
    o : {step, values}, what a tick takes in.
    out_of_step : see `TickScheduler`.
    lost : with ``once``: a spike was lost in the last clock, because as many wait as can.
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
        spec = self.spec
        m.submodules.scheduler = scheduler = self.scheduler
        came, ticked = Signal(), Signal()
        m.d.comb += [
            self.i.ready.eq(scheduler.wants),
            came.eq(self.i.valid & self.i.ready),
            self.o.valid.eq(scheduler.tick),
            ticked.eq(self.o.valid & self.o.ready),
            scheduler.came.eq(came),
            scheduler.came_step.eq(self.i.payload.step),
            scheduler.ticked.eq(ticked),
            self.o.payload.step.eq(scheduler.step),
            self.out_of_step.eq(scheduler.out_of_step),
        ]
        spikes = self.i.payload.spikes
        lost = Signal(spec.channels)
        bits = {"hold": 1, "accumulate": spec.value.width, "once": spec.pending_bits}[spec.policy]
        for channel in range(spec.channels):
            kept = Signal(bits, name=f"kept_{channel}")
            value = self.o.payload["values"][channel]
            spike = spikes[channel]
            if spec.policy == "hold":
                m.d.comb += value.eq(kept)
                with m.If(came):
                    m.d.sync += kept.eq(spike)
            elif spec.policy == "accumulate":
                m.d.comb += value.eq(kept)
                with m.If(came | ticked):
                    m.d.sync += kept.eq(gated(kept + (came & spike), by=~ticked)[:bits])
            else:
                m.d.comb += [value.eq(kept.any()), lost[channel].eq(came & spike & kept.all())]
                with m.If(came & spike & ~kept.all()):
                    m.d.sync += kept.eq(kept + 1)
                with m.If(ticked & kept.any()):
                    m.d.sync += kept.eq(kept - 1)
        if spec.policy == "once":
            m.d.sync += self.lost.eq(lost.any())
        return m
