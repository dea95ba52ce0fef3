# amaranth: UnusedElaboratable=no
"""From the spikes of one layer to what the next one takes in: across clocks where they differ, then
by the policy.
"""

from __future__ import annotations

from typing import Any

from amaranth.hdl import DomainRenamer, Module, ResetInserter, Signal
from amaranth.lib import stream, wiring
from amaranth.lib.wiring import In, Out, connect, flipped

from sc_hw.network.cdc import Crossing, WordCrossing
from sc_hw.network.ticks import Intake
from sc_model.spec import CrossingSpec

WORDS, INTAKE = "words", "intake"


class SpikeCrossing(wiring.Component):
    """What lies in front of a layer.

    Architecture: in two domains a `WordCrossing` carries step and spikes as one word; in one there
    is none. Then an `Intake` makes of the words what each tick takes in.

    Reset: of either side at any time. Both sides forget everything and begin with step 1 again;
    `i_clear` and `o_clear` tell the logic beside them to do the same (see `WordCrossing`). In one
    domain it is that domain's.

    Constraints: those of `WordCrossing`; `crossings` lists them.

    Parameters
    ----------
    spec : channels, intervals, policy.
    step_bits : of a step's number.
    i_domain, o_domain : clocks of the two sides.
    depth : words that wait between two clocks: 1, 2, 4, 8 or 16.

    Members
    -------
    i : {step, spikes} in `i_domain`.
    o : {step, values} in `o_domain`.
    out_of_step, lost : see `Intake`.
    i_restart, o_restart : forget everything, as a reset of that side does.
    i_clear, o_clear : the other side was reset.
    """

    def __init__(
        self,
        spec: CrossingSpec,
        step_bits: int = 16,
        *,
        i_domain: str = "sync",
        o_domain: str = "sync",
        depth: int = 4,
    ) -> None:
        self.spec, self.step_bits, self.i_domain, self.o_domain, self.depth = (
            spec,
            step_bits,
            i_domain,
            o_domain,
            depth,
        )
        self.intake = Intake(spec, step_bits)
        self.words: WordCrossing | None = None
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
        """Modules that are written once, by name."""
        return {} if self.words is None else self.words.shared_modules

    @property
    def crossings(self) -> tuple[Crossing, ...]:
        """What goes from one clock to another in here."""
        return (
            ()
            if self.words is None
            else tuple(crossing.under(WORDS) for crossing in self.words.crossings)
        )

    def elaborate(self, platform: Any) -> Module:
        m = Module()
        restart = Signal()
        m.submodules[INTAKE] = DomainRenamer(self.o_domain)(ResetInserter(restart)(self.intake))
        intake = self.intake
        connect(m, intake.o, flipped(self.o))
        m.d.comb += self.out_of_step.eq(intake.out_of_step)
        if self.spec.policy == "once":
            m.d.comb += self.lost.eq(intake.lost)
        if self.words is None:
            m.d.comb += restart.eq(self.i_restart | self.o_restart)
            connect(m, flipped(self.i), intake.i)
            return m
        m.submodules[WORDS] = words = self.words
        m.d.comb += [
            words.i.payload.eq(self.i.payload),
            words.i.valid.eq(self.i.valid),
            self.i.ready.eq(words.i.ready),
            words.i_restart.eq(self.i_restart),
            self.i_clear.eq(words.i_clear),
            intake.i.payload.eq(words.o.payload),
            intake.i.valid.eq(words.o.valid),
            words.o.ready.eq(intake.i.ready),
            words.o_restart.eq(self.o_restart),
            self.o_clear.eq(words.o_clear),
            restart.eq(self.o_restart | words.o_clear),
        ]
        return m
