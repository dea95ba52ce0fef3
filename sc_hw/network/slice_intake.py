# amaranth: UnusedElaboratable=no
"""What the ticks of a wide layer take in, where words and ticks come slice by slice.

The rule of when a tick comes is that of `sc_hw.network.ticks`, and so are the policies. A *pass*
goes through the slices of one word, of one tick, or of a word and the tick that is due behind it:
each slice of the tick is then given in the clock in which that of the word is taken, and the tick
costs no clock of its own. Between two passes the values of a tick that is not complete lie in a
block RAM, a slice a word, so that no channel has a register.
"""

from __future__ import annotations

from amaranth.hdl import C, Cat, Module, Mux, Signal, Value, signed
from amaranth.lib import data, stream, wiring
from amaranth.lib.wiring import In, Out

from sc_hw.fabric.primitives import BlockRAM
from sc_hw.wires import gated
from sc_model.spec import SLICE, CrossingSpec


class SliceIntake(wiring.Component):
    """Turns the words that arrive between two ticks of a layer into the inputs of the second one.

    It gives the ticks of an `Intake`, in slices. Throughput one slice a clock: a tick takes the
    clocks of the words in front of it, and where none is, those of its own slices. Latency 0: the
    slices of a tick come with those of the last word in front of it, which waits until the layer
    takes them. Domain ``sync``. A reset discards all words.

    A layer that ticks less often than its producer has a word in front of each tick at least, one
    that ticks more often has one at most. So a tick of the first kind always comes with a word; and
    what comes into the second kind is never counted, only repeated with ``hold``.

    Parameters
    ----------
    spec : channels, intervals and policy; the two intervals differ.
    slices : of a word and of a tick, 2 or more; they may have room behind the last channel.
    step_bits : bits of a step's number; the intervals are below 2^(step_bits - 1).

    Members
    -------
    i : stream of slices of words, {step, spikes}, the lowest channels first; what is behind the
        last channel has no meaning.
    o : stream of slices of ticks, {step, values}, each value of the width that `CrossingSpec.value`
        gives; those behind the last channel have no meaning.
    out_of_step : a slice carried another number than that of its word; high from the second clock
        after it until a reset. Only a fault in front of the intake causes it.
    lost : only with ``once``: a spike of the word whose last slice was taken in the clock before
        was discarded, since the count of its channel was full.

    Raises
    ------
    ValueError
        fewer than two slices, or too few for the channels; or an interval outside its range.
    """

    def __init__(self, spec: CrossingSpec, slices: int, step_bits: int = 16) -> None:
        if slices < 2 or slices * SLICE < spec.channels:
            raise ValueError(
                f"Slice intake of {spec.channels} channels needs {-(-spec.channels // SLICE)}"
                f" slices, and 2 at least, not {slices}"
            )
        for name, interval in (("i_interval", spec.i_interval), ("o_interval", spec.o_interval)):
            if not 1 <= interval < 1 << (step_bits - 1):
                raise ValueError(
                    f"Slice intake needs {name} in [1, {(1 << (step_bits - 1)) - 1}], not"
                    f" {interval}"
                )
        self.spec, self.slices, self.step_bits = spec, slices, step_bits
        self.i_layout = data.StructLayout({"step": step_bits, "spikes": SLICE})
        self.o_layout = data.StructLayout(
            {"step": step_bits, "values": data.ArrayLayout(spec.value.width, SLICE)}
        )
        super().__init__(
            {
                "i": In(stream.Signature(self.i_layout)),
                "o": Out(stream.Signature(self.o_layout)),
                "out_of_step": Out(1),
                **({"lost": Out(1)} if spec.policy == "once" else {}),
            }
        )

    @property
    def slow(self) -> bool:
        """Whether the layer does not tick more often than words come."""
        return self.spec.o_interval >= self.spec.i_interval

    @property
    def kept_bits(self) -> int:
        """Bits of a channel in the memory; 0 where a tick depends on no earlier word."""
        if not self.slow:
            return 1 if self.spec.policy == "hold" else 0
        policies = {"accumulate": self.spec.value.width, "once": self.spec.pending_bits}
        return policies.get(self.spec.policy, 0)

    @property
    def bits(self) -> int:
        """Bits of its memory."""
        return self.slices * SLICE * self.kept_bits

    def elaborate(self, platform: object) -> Module:
        m = Module()
        passes = _Passes(self)
        self._schedule(m, passes)
        self._check_steps(m, passes)
        self._values(m, passes)
        return m

    def _schedule(self, m: Module, passes: _Passes) -> None:
        """Go through the slices of a pass, and decide what the next one is made of."""
        spec = self.spec
        # The change with a pass whose sign bit is set, and with another one (see `_Passes.phase`).
        both, one = spec.o_interval - spec.i_interval, -spec.i_interval
        at_sign, otherwise = (both, one) if self.slow else (spec.o_interval, both)
        sign = passes.phase[-1]
        m.d.comb += [
            passes.takes.eq(C(1, 1) if self.slow else ~sign),
            passes.gives.eq(sign if self.slow else C(1, 1)),
            passes.moves.eq((self.i.valid | ~passes.takes) & (self.o.ready | ~passes.gives)),
            self.i.ready.eq(passes.takes & (self.o.ready | ~passes.gives)),
            self.o.valid.eq(passes.gives & (self.i.valid | ~passes.takes)),
            self.o.payload.step.eq(passes.step),
            passes.last.eq(passes.part == self.slices - 1),
            passes.ends.eq(passes.moves & passes.last),
            passes.following.eq(
                Mux(passes.moves, gated(passes.part + 1, by=~passes.last), passes.part)
            ),
        ]
        m.d.sync += passes.part.eq(passes.following)
        with m.If(passes.ends):
            m.d.sync += passes.phase.eq(passes.phase + Mux(sign, at_sign, otherwise))
        # Both numbers wrap at 2^step_bits, as those in the words do; only `phase` decides.
        with m.If(passes.ends & passes.takes):
            m.d.sync += passes.due.eq(passes.due + spec.i_interval)
        with m.If(passes.ends & passes.gives):
            m.d.sync += passes.step.eq(passes.step + spec.o_interval)

    def _check_steps(self, m: Module, passes: _Passes) -> None:
        """Report a slice that is not of the word that is due."""
        # A register in front of the reduction, as in `TickScheduler`.
        differs = Signal(self.step_bits, name="differs")
        transfer = passes.moves & passes.takes
        m.d.sync += differs.eq(gated(self.i.payload.step ^ passes.due, by=transfer))
        with m.If(differs.any()):
            m.d.sync += self.out_of_step.eq(1)

    def _values(self, m: Module, passes: _Passes) -> None:
        """Give a tick its values, and keep those of the next one."""
        spikes, policy = self.i.payload.spikes, self.spec.policy
        values = self.o.payload["values"].as_value()
        if not self.kept_bits:
            m.d.comb += values.eq(gated(spikes, by=passes.takes))
            if policy == "once":
                m.d.comb += self.lost.eq(0)  # a tick takes the only spike that can wait
            return
        m.submodules.memory = ram = BlockRAM(
            self.slices, SLICE * self.kept_bits, output_register=False
        )
        kept = Signal(data.ArrayLayout(self.kept_bits, SLICE), name="kept")
        next_kept = Signal.like(kept, name="next_kept")
        m.d.comb += [
            kept.as_value().eq(gated(ram.r_data, by=~passes.fresh)),
            # The slice in turn is there when its clock comes: it is read in the clock before.
            ram.r_addr.eq(passes.following),
            ram.w_en.eq(passes.moves),
            ram.w_addr.eq(passes.part),
            ram.w_data.eq(next_kept),
        ]
        if policy == "hold":
            next_values = Mux(passes.takes, spikes, kept.as_value())
            m.d.comb += [next_kept.as_value().eq(next_values), values.eq(next_kept)]
            stays_fresh: Value = passes.fresh & ~passes.takes
        elif policy == "accumulate":
            # The carry that is dropped is never set: `CrossingSpec.value` is wide enough.
            for after, count, spike in zip(next_kept, kept, spikes, strict=True):
                m.d.comb += after.eq((count + spike)[: self.kept_bits])
            m.d.comb += values.eq(next_kept)
            stays_fresh = passes.gives  # so that the next word does not add to what was taken in
        else:
            self._once(m, passes, kept, next_kept)
            stays_fresh = C(0, 1)
        with m.If(passes.ends):
            m.d.sync += passes.fresh.eq(stays_fresh)

    def _once(
        self,
        m: Module,
        passes: _Passes,
        counts: data.View[data.ArrayLayout],
        next_counts: data.View[data.ArrayLayout],
    ) -> None:
        """Give a tick one of the waiting spikes of each channel, and count the others."""
        lost = Signal(SLICE, name="lost_here")
        for channel, (waiting, spike) in enumerate(zip(counts, self.i.payload.spikes, strict=True)):
            # A spike that finds room and the one that the tick takes are even.
            more = spike & ~waiting.all() & ~passes.gives
            fewer = passes.gives & waiting.any() & ~(spike & ~waiting.all())
            change = Cat(more | fewer, fewer.replicate(self.kept_bits - 1))
            m.d.comb += [
                self.o.payload["values"][channel].eq(waiting.any() | spike),
                next_counts[channel].eq((waiting + change)[: self.kept_bits]),
                lost[channel].eq(spike & waiting.all() & self._there(passes, channel)),
            ]
        # Of the slices of this word that have been taken.
        before = Signal(name="lost_before")
        here = passes.moves & lost.any()
        m.d.sync += [
            before.eq((before | here) & ~passes.ends),
            self.lost.eq(passes.ends & (before | here)),
        ]

    def _there(self, passes: _Passes, place: int) -> Value:
        """Whether that place of the slice in turn is one of a channel."""
        first_behind = -(-(self.spec.channels - place) // SLICE)  # slice with none at this place
        return C(1, 1) if first_behind >= self.slices else passes.part < first_behind


class _Passes:
    """Signals of the passes.

    Members
    -------
    phase : in a slow layer the step of the next tick less that of the next word and less the
        interval of words: below 0, if the tick comes behind the next word. In a fast layer the
        step of the next tick less that of the next word: below 0, if the tick comes before it.
    part : number of the slice in turn.
    following : of the one in turn in the next clock.
    due : number of the step of the next word, or of the one that this pass takes.
    step : of the next tick, or of the one that this pass gives.
    fresh : the memory has nothing yet: its words count as 0 in this pass.
    takes, gives : this pass takes a word, and gives a tick.
    moves : the slice in turn is taken, given, or both, in this clock.
    last : it is the last one of its pass.
    ends : it moves, and the pass ends.
    """

    def __init__(self, intake: SliceIntake) -> None:
        spec = intake.spec
        bits = max(spec.i_interval, spec.o_interval).bit_length() + 1
        first = spec.o_interval - spec.i_interval
        init = first - spec.i_interval if intake.slow else first
        self.phase = Signal(signed(bits), init=init, name="phase")
        self.part = Signal(range(intake.slices), name="part")
        self.following = Signal.like(self.part, name="following")
        self.due = Signal(intake.step_bits, init=spec.i_interval, name="due")
        self.step = Signal(intake.step_bits, init=spec.o_interval, name="step")
        self.fresh = Signal(init=1, name="fresh")
        self.takes = Signal(name="takes")
        self.gives = Signal(name="gives")
        self.moves = Signal(name="moves")
        self.last = Signal(name="last")
        self.ends = Signal(name="ends")
