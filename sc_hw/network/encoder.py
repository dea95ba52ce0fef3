# amaranth: UnusedElaboratable=no
"""The encoder in front of a network: values come in once, and go on as spikes, step by step."""

from __future__ import annotations

from typing import Any

from amaranth.hdl import Cat, Const, Module, Mux, Signal, Value
from amaranth.lib import stream, wiring
from amaranth.lib.wiring import In, Out

from sc_hw.fabric.primitives import BlockRAM
from sc_hw.wires import equals, gated
from sc_model.arithmetic.noise import WIDTH, sources_after
from sc_model.spec import ConfigError, EncoderSpec


class ValueEncoder(wiring.Component):
    """Keeps a set of values, and encodes all of it anew in each of `spec.steps` steps.

    First `values` transfers of `i` are taken in, then each step gives its spikes in transfers of
    `chunk` spikes, lowest channels first. The spikes are those of `sc_model.golden.encoder`, which
    begins anew with each set. In a clock `spec.lanes` values are encoded; a step takes a clock more
    than it has words of values, padded up to whole transfers. There is no multiplier but by
    constants. Domain ``sync``.

    Reset: at any time; the next value is the first one of a set.

    Parameters
    ----------
    spec : the code.
    values : of a set.
    chunk : spikes of a transfer of `o`.
    transfers : of `o` in a step.

    Members
    -------
    i : stream of values.
    o : stream of the spikes of `chunk` channels; those behind the last channel mean nothing.

    Raises
    ------
    ConfigError
        more lanes than a transfer has spikes.
    """

    def __init__(self, spec: EncoderSpec, values: int, chunk: int, transfers: int) -> None:
        self.spec, self.values, self.chunk, self.transfers = spec, values, chunk, transfers
        self.word_spikes = spec.channels(spec.lanes)
        self.chunk_words = -(-chunk // self.word_spikes)
        if self.word_spikes > chunk:
            raise ConfigError(
                f"[encoder] lanes must be {chunk // spec.channels_of_value} at most for words of"
                f" {chunk} spikes, not {spec.lanes}."
            )
        # Words that hold values, and those of a step, which ends with a transfer.
        self.value_words = -(-values // spec.lanes)
        self.words = self.chunk_words * transfers
        super().__init__({"i": In(stream.Signature(spec.bits)), "o": Out(stream.Signature(chunk))})

    @property
    def memory_bits(self) -> int:
        """Bits of its memories."""
        of_value = self.spec.bits * (1 + (self.spec.kind == "delta"))
        return self.words * self.spec.lanes * of_value

    def elaborate(self, platform: Any) -> Module:
        m = Module()
        spec = self.spec
        showing, primed = Signal(name="showing"), Signal(name="primed")
        place, turn = _counter("place", self.words), _counter("turn", spec.lanes)
        step, filled = _counter("step", spec.steps), _counter("filled", self.chunk_words)
        gathered = Signal(self.chunk_words * self.word_spikes, name="gathered", reset_less=True)
        taken, advance = Signal(name="taken"), Signal(name="advance")
        loaded, over, ended = Signal(name="loaded"), Signal(name="over"), Signal(name="ended")
        last_word, last_lane = divmod(self.values - 1, spec.lanes)
        complete = Signal(name="complete")
        m.d.comb += [
            self.i.ready.eq(~showing),
            taken.eq(self.i.valid & ~showing),
            loaded.eq(taken & equals(place, last_word) & equals(turn, last_lane)),
            # A word of spikes is gathered when the transfer before it is taken.
            advance.eq(primed & (~self.o.valid | self.o.ready)),
            over.eq(advance & equals(place, self.words - 1)),
            ended.eq(over & equals(step, spec.steps - 1)),
            complete.eq(equals(filled, self.chunk_words - 1)),
            self.o.payload.eq(gathered[: self.chunk]),
        ]
        at_lane = equals(turn, spec.lanes - 1)
        _count(m, turn, taken, at_lane | loaded)
        _count(m, place, (taken & at_lane) | loaded | advance, loaded | over)
        _count(m, step, over, ended)
        _count(m, filled, advance, complete)
        # A clock between two steps, so that the first word is read behind the last write.
        m.d.sync += [primed.eq(showing & ~over), showing.eq((showing & ~ended) | loaded)]
        with m.If(advance):
            m.d.sync += self.o.valid.eq(complete)
        with m.Elif(self.o.ready):
            m.d.sync += self.o.valid.eq(0)
        values = []
        for lane in range(spec.lanes):
            m.submodules[f"values_{lane}"] = ram = BlockRAM(
                self.words, spec.bits, output_register=False
            )
            m.d.comb += [
                ram.r_addr.eq((place + advance)[: len(place)]),
                ram.w_en.eq(taken & equals(turn, lane)),
                ram.w_addr.eq(place),
                ram.w_data.eq(self.i.payload),
            ]
            values.append(ram.r_data)
        encode = getattr(self, f"_{spec.kind}")
        spikes = Signal(self.word_spikes, name="spikes")
        m.d.comb += spikes.eq(Cat(encode(m, values, place, step, advance)))
        with m.If(advance):
            m.d.sync += gathered.eq(Cat(gathered, spikes)[self.word_spikes :])
        return m

    def _threshold(
        self, m: Module, values: list[Value], place: Value, step: Value, advance: Value
    ) -> list[Value]:
        return [value >= self.spec.level for value in values]

    def _latency(
        self, m: Module, values: list[Value], place: Value, step: Value, advance: Value
    ) -> list[Value]:
        """With the range r = 2^bits - level a spike comes where step x r <= d x ticks < that + r.

        So there is no division.
        """
        spec, top = self.spec, (1 << self.spec.bits) - 1
        width = top + 1 - spec.level
        earliest = Signal(range(spec.steps * width + 1), name="earliest")
        over = advance & equals(place, self.words - 1)
        ended = equals(step, spec.steps - 1)
        with m.If(over):
            following = (earliest + width)[: len(earliest)]
            m.d.sync += earliest.eq(gated(following, by=~ended))
        end = earliest + width
        spikes = []
        for lane, value in enumerate(values):
            late = Signal(range(top * spec.ticks + 1), name=f"late_{lane}")
            m.d.comb += late.eq((top - value)[: spec.bits] * spec.ticks)
            spikes.append((value >= spec.level) & (late >= earliest) & (late < end))
        return spikes

    def _bernoulli(
        self, m: Module, values: list[Value], place: Value, step: Value, advance: Value
    ) -> list[Value]:
        """Channels take their numbers in turn; words behind the last value take none."""
        spec = self.spec
        register = Signal(WIDTH, name="register", init=spec.seed)

        def after(numbers: int) -> Value:
            taps = sources_after(numbers * spec.bits)
            return Cat(*(Cat(*(register[bit] for bit in bits)).xor() for bits in taps))

        in_last = self.values - (self.value_words - 1) * spec.lanes
        in_full = equals(place, self.value_words - 1)
        following = Mux(in_full, after(in_last), after(spec.lanes))
        ended = advance & equals(place, self.words - 1) & equals(step, spec.steps - 1)
        with m.If(ended):
            m.d.sync += register.eq(spec.seed)
        with m.Elif(advance & (place < self.value_words)):
            m.d.sync += register.eq(following)
        numbers = [after(lane + 1)[: spec.bits] for lane in range(spec.lanes)]
        return [number < value for number, value in zip(numbers, values, strict=True)]

    def _delta(
        self, m: Module, values: list[Value], place: Value, step: Value, advance: Value
    ) -> list[Value]:
        """References are in memories of their own; in the first step they are 0."""
        spec = self.spec
        spikes: list[Value] = []
        for lane, value in enumerate(values):
            m.submodules[f"references_{lane}"] = ram = BlockRAM(
                self.words, spec.bits, output_register=False
            )
            reference = gated(ram.r_data, by=step.any())
            rises = Signal(name=f"rises_{lane}")
            falls = Signal(name=f"falls_{lane}")
            level = Const(spec.level, spec.bits)
            # A reference never leaves the range of the values.
            next_reference = Mux(rises, reference + level, Mux(falls, reference - level, reference))
            m.d.comb += [
                rises.eq(value >= reference + level),
                falls.eq(reference >= value + level),
                ram.r_addr.eq((place + advance)[: len(place)]),
                ram.w_en.eq(advance),
                ram.w_addr.eq(place),
                ram.w_data.eq(next_reference[: spec.bits]),
            ]
            spikes += [rises, falls]
        return spikes


def _counter(name: str, count: int) -> Value:
    """A counter below `count`; one that would always be 0 has no register."""
    return Signal(range(count), name=name) if count > 1 else Const(0, 1)


def _count(m: Module, counter: Value, goes_on: Value, wraps: Value) -> None:
    """Count in each clock in which `goes_on` is high, and begin anew where `wraps` is."""
    if isinstance(counter, Signal):
        with m.If(goes_on):
            m.d.sync += counter.eq(gated(counter + 1, by=~wraps))
