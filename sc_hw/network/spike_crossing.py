# amaranth: UnusedElaboratable=no
"""The crossing between two layers: a queue where their clocks differ, and an intake of words."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from amaranth.hdl import DomainRenamer, Module, ResetInserter, Signal, Value
from amaranth.lib import stream, wiring
from amaranth.lib.wiring import In, Out, connect, flipped

from sc_hw.network.cdc import Crossing, WordCrossing
from sc_hw.network.slice_intake import SliceIntake
from sc_hw.network.ticks import Intake
from sc_model.spec import SLICE, CrossingSpec

WORDS, INTAKE = "words", "intake"


def intake_of(spec: CrossingSpec, slices: int, step_bits: int) -> Intake | SliceIntake:
    """The intake in front of a layer; the parameters are those of `SpikeCrossing`.

    Where slices are in turn there is none in the hardware, and it tells the shapes of the streams.
    """
    if slices and not spec.in_turn:
        return SliceIntake(spec, slices, step_bits)
    return Intake(replace(spec, channels=SLICE) if slices else spec, step_bits)


class SpikeCrossing(wiring.Component):
    """The crossing in front of a layer: words of spikes in, the values of each tick out.

    Architecture
    ------------
    Between two domains a `WordCrossing` transfers step and spikes as one word; within one domain
    there is none. Behind it, in the layer's domain, an `Intake` turns the words into the values of
    each tick, or a `SliceIntake` where both are slices. The latency is the sum of both, the
    throughput the lower of the two.

    Reset
    -----
    A reset of either side, at any time, makes both sides discard all words and begin with step 1
    again. `i_clear` and `o_clear` tell the logic on each side to restart as well (see
    `WordCrossing`). Within one domain the domain's reset does all of this, and both are 0.

    Constraints
    -----------
    Those of `WordCrossing`; `crossings` lists the wires.

    Parameters
    ----------
    spec : channels, intervals and policy.
    step_bits : bits of a step's number.
    i_domain, o_domain : clock domains of the two sides; they may be the same.
    depth : words that the queue between two domains holds: 1, 2, 4, 8 or 16.
    slices : a word comes in so many slices of `SLICE` spikes, and the layer takes in a tick in as
        many. Each slice has the step's number and is a word of the queue between two domains. With
        a word for each tick all policies mean the same: nothing is collected, and there is no
        intake. 0: a word comes as a whole.

    Members
    -------
    i : {step, spikes}, the words, in `i_domain`.
    o : {step, values}, the inputs of a tick, in `o_domain`.
    out_of_step : see `Intake`, in `o_domain`.
    lost : see `Intake`, in `o_domain`; only with policy ``once``.
    i_restart, o_restart : restart as after a reset of that side.
    i_clear, o_clear : this side is being cleared because the other was reset.
    """

    def __init__(
        self,
        spec: CrossingSpec,
        step_bits: int = 16,
        *,
        i_domain: str = "sync",
        o_domain: str = "sync",
        depth: int = 4,
        slices: int = 0,
    ) -> None:
        self.spec, self.step_bits, self.i_domain, self.o_domain, self.depth = (
            spec,
            step_bits,
            i_domain,
            o_domain,
            depth,
        )
        # Slices go to the layer as they come.
        self.passed_on = slices > 0 and spec.in_turn
        self.intake = intake_of(spec, slices, step_bits)
        self.words: WordCrossing | None = None
        # Step and spikes cross as one word: two crossings could deliver them in different clocks.
        if i_domain != o_domain:
            self.words = WordCrossing(
                self.intake.i_layout.size, depth, i_domain=i_domain, o_domain=o_domain
            )
        super().__init__(
            {
                "i": In(stream.Signature(self.intake.i_layout)),
                "i_restart": In(1),
                "i_clear": Out(1),
                "o": Out(stream.Signature(self.intake.o_layout)),
                "o_restart": In(1),
                "o_clear": Out(1),
                "out_of_step": Out(1),
                **({"lost": Out(1)} if spec.policy == "once" else {}),
            }
        )

    @property
    def shared_modules(self) -> dict[str, wiring.Component]:
        """Modules that the emitted Verilog holds once, by name."""
        return {} if self.words is None else self.words.shared_modules

    @property
    def crossings(self) -> tuple[Crossing, ...]:
        """The wires that go from one clock domain to the other."""
        return (
            ()
            if self.words is None
            else tuple(crossing.under(WORDS) for crossing in self.words.crossings)
        )

    def elaborate(self, platform: Any) -> Module:
        m = Module()
        if self.passed_on:
            source = self.i if self.words is None else self._place_words(m, self.words)
            m.d.comb += [
                self.o.payload.as_value().eq(Value.cast(source.payload)),
                self.o.valid.eq(source.valid),
                source.ready.eq(self.o.ready),
            ]
            return m
        # The intake counts words. When the queue discards words, it must forget those that it has
        # counted too, or the next word would have another step than it expects.
        restart = Signal()
        m.submodules[INTAKE] = DomainRenamer(self.o_domain)(ResetInserter(restart)(self.intake))
        intake = self.intake
        connect(m, intake.o, flipped(self.o))
        m.d.comb += self.out_of_step.eq(intake.out_of_step)
        if self.spec.policy == "once":
            m.d.comb += self.lost.eq(intake.lost)
        if self.words is None:
            # One clock: no register in between, and nobody else to be told of a reset.
            m.d.comb += restart.eq(self.i_restart | self.o_restart)
            connect(m, flipped(self.i), intake.i)
            return m
        words = self._place_words(m, self.words)
        m.d.comb += [
            intake.i.payload.eq(words.payload),
            intake.i.valid.eq(words.valid),
            words.ready.eq(intake.i.ready),
            # `i_restart` is of the other domain: it arrives here as `o_clear`, after the handshake.
            restart.eq(self.o_restart | self.words.o_clear),
        ]
        return m

    def _place_words(self, m: Module, words: WordCrossing) -> Any:
        """Place the queue between the two domains; its stream of words in `o_domain`."""
        m.submodules[WORDS] = words
        m.d.comb += [
            words.i.payload.eq(self.i.payload),
            words.i.valid.eq(self.i.valid),
            self.i.ready.eq(words.i.ready),
            words.i_restart.eq(self.i_restart),
            self.i_clear.eq(words.i_clear),
            words.o_restart.eq(self.o_restart),
            self.o_clear.eq(words.o_clear),
        ]
        return words.o
