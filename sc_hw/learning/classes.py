# amaranth: UnusedElaboratable=no
"""The classes: their scores one after the other, which of them wins, and their errors."""

from __future__ import annotations

from typing import Any

from amaranth.hdl import C, Cat, Module, Signal, Value, signed
from amaranth.lib import data, wiring
from amaranth.lib.wiring import In, Out

from sc_hw.fabric.datapath import Datapath
from sc_hw.learning.plan import LearningPlan
from sc_hw.trained.lane import unit_graph
from sc_hw.wires import Delays, choose, gated
from sc_model.arithmetic.learning import class_error


class ClassScores(wiring.Component):
    """Reads the partial sums of each class, adds them up, and finds winner or errors.

    A pass takes ``classes * sets`` clocks and `latency` more; one for errors also clears the words
    of errors first, ``out_groups`` clocks. Domain ``sync``. A reset stops it.

    Parameters
    ----------
    plan : sizes.

    Members
    -------
    start : begin a pass; while it rests.
    errors : with `start`: one that finds errors, else the winner.
    label, right, single : what is known of the classes, constant during a pass.
    slot : a slot reads partial sum `set` of `group`.
    group, set : of the slot; 0 where there is none.
    stored : the sums, `fetch` clocks after the slot.
    winner : the lowest class of the largest score.
    write, w_group, value : an error, or 0, is written into these lanes of the group's errors.
    active : for each group, whether one of its errors is not 0.
    total : sum of the errors.
    ended : the pass is over; high for a clock.
    """

    def __init__(self, plan: LearningPlan) -> None:
        self.plan = plan
        output = plan.spec.output
        delay = plan.family.layer_delay or plan.family.delay
        self.update = Datapath(
            unit_graph(class_error(output, plan.spec.score_format), plan.family), delay
        )
        self.total_bits = output.error_format.width + plan.class_bits
        super().__init__(
            {
                "start": In(1),
                "errors": In(1),
                "label": In(plan.class_bits),
                "right": In(1),
                "single": In(1),
                "slot": Out(1),
                "group": Out(plan.group_bits),
                "set": Out(max(1, plan.set_bits)),
                "stored": In(data.ArrayLayout(signed(plan.sum_bits), plan.lanes)),
                "winner": Out(plan.class_bits),
                "write": Out(plan.lanes),
                "w_group": Out(plan.group_bits),
                "value": Out(output.error_format.width),
                "active": Out(plan.out_groups),
                "total": Out(signed(self.total_bits)),
                "ended": Out(1),
            }
        )

    @property
    def scored(self) -> int:
        """Clocks from the slot of a partial sum to the score that holds it."""
        return self.plan.fetch + 2

    @property
    def latency(self) -> int:
        """Clocks from a class's last slot to its error."""
        return self.scored + self.update.latency

    def elaborate(self, platform: Any) -> Module:
        m = Module()
        plan, delays = self.plan, Delays(m)
        m.submodules.update = self.update
        clearing, reading = Signal(name="clearing"), Signal(name="reading")
        finds = Signal(name="finds")  # errors, not the winner
        number = Signal(range(max(2, plan.classes, plan.out_groups)), name="number")
        set_ = Signal(max(1, plan.set_bits), name="at_set")
        at_last_set = set_ == plan.sets - 1 if plan.sets > 1 else C(1, 1)
        last = Signal(name="last")
        m.d.comb += [
            last.eq(reading & at_last_set & (number == plan.classes - 1)),
            self.slot.eq(reading),
            self.group.eq(gated(self._group(number), by=reading)),
            self.set.eq(gated(set_, by=reading)),
        ]
        with m.If(self.start):
            m.d.sync += [clearing.eq(self.errors), reading.eq(~self.errors), number.eq(0)]
            m.d.sync += [set_.eq(0), finds.eq(self.errors)]
        with m.If(clearing):
            m.d.sync += number.eq(number + 1)
            with m.If(number == plan.out_groups - 1):
                m.d.sync += [clearing.eq(0), reading.eq(1), number.eq(0)]
        with m.If(reading):
            if plan.sets > 1:
                m.d.sync += set_.eq(set_ + 1)
            with m.If(at_last_set):
                m.d.sync += number.eq(number + 1)
            with m.If(last):
                m.d.sync += [reading.eq(0)]
        score = self._score(m, delays, number, set_, reading)
        scored = delays.later(reading & at_last_set, self.scored, "scored", strobe=True)
        label = delays.later(number, self.scored, "number")
        self._win(m, score, scored & ~finds, label)
        m.d.comb += [
            self.update.i_score.eq(score),
            self.update.i_target.eq((label == self.label) & self.right),
            self.update.i_known.eq((label == self.label) | ~self.single),
        ]
        self._write(m, delays, scored & finds, label, clearing, number)
        m.d.comb += self.ended.eq(delays.later(last, self.latency + 1, "ends", strobe=True))
        return m

    def _group(self, number: Value) -> Value:
        """The group of a class."""
        bits = self._lane_bits
        return Cat(number[bits:], C(0, self.plan.group_bits))[: self.plan.group_bits]

    def _lane(self, number: Value) -> Value:
        """The lane of a class."""
        return Cat(number, C(0, self._lane_bits))[: self._lane_bits]

    @property
    def _lane_bits(self) -> int:
        """Bits of the number of a lane of the readout."""
        return (self.plan.spec.output.lanes - 1).bit_length()

    def _score(
        self, m: Module, delays: Delays, number: Value, set_: Value, reading: Value
    ) -> Signal:
        """The sum of the partial sums so far, `scored` clocks after their slots."""
        plan = self.plan
        lane = delays.later(self._lane(number), plan.fetch, "lane")
        part = Signal(signed(plan.sum_bits), name="part", reset_less=True)
        score = Signal(signed(plan.spec.score_format.width), name="score", reset_less=True)
        partial_sum = choose(
            lane, [Value.cast(self.stored[one]) for one in range(plan.spec.output.lanes)]
        )
        m.d.sync += part.eq(partial_sum)
        first = delays.later(~set_.any(), plan.fetch + 1, "first")
        m.d.sync += score.eq(gated(score, by=~first).as_signed() + part)
        return score

    def _win(self, m: Module, score: Signal, scored: Value, label: Value) -> None:
        """Keep the class with the largest score so far."""
        best = Signal.like(score, name="best", reset_less=True)
        with m.If(scored & (~label.any() | (score > best))):
            m.d.sync += [best.eq(score), self.winner.eq(label[: self.plan.class_bits])]

    def _error(self) -> Value:
        """The error of the class that has gone through, in all bits of `value`.

        Scores of few bits need fewer than the largest error that is allowed.
        """
        error: Value = self.update.o_error
        extra = len(self.value) - len(error)
        return Cat(error, error[-1].replicate(extra)).as_signed() if extra else error

    def _write(
        self,
        m: Module,
        delays: Delays,
        scored: Value,
        label: Value,
        clearing: Signal,
        number: Signal,
    ) -> None:
        """Write errors, and remember where they are not 0."""
        plan, latency = self.plan, self.update.latency
        error = self._error()
        strobe = delays.later(scored, latency, "found", strobe=True)
        whose = delays.later(label, latency, "whose")
        own_lanes = range(plan.spec.output.lanes)
        lanes = Cat(strobe & (self._lane(whose) == one) for one in own_lanes)
        own = Signal(plan.group_bits, name="own_group")
        m.d.comb += [
            own.eq(self._group(whose)),
            self.write.eq(lanes | clearing.replicate(plan.lanes)),
            self.value.eq(gated(error, by=strobe)),
            self.w_group.eq(gated(own, by=strobe) | gated(number[: plan.group_bits], by=clearing)),
        ]
        with m.If(clearing):
            m.d.sync += [self.active.eq(0), self.total.eq(0)]
        with m.Elif(strobe):
            m.d.sync += self.total.eq(self.total + error)
            with m.If(error.any()):
                for group in range(plan.out_groups):
                    with m.If(own == group):
                        m.d.sync += self.active[group].eq(1)
