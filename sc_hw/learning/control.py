# amaranth: UnusedElaboratable=no
"""The course of a sample: its passes one after the other, the answer, what the host tells."""

from __future__ import annotations

from typing import Any

from amaranth.hdl import Module, Signal, Value
from amaranth.lib import data, stream, wiring
from amaranth.lib.wiring import In, Out

from sc_hw.learning.plan import LearningPlan
from sc_hw.wires import choose


class SampleControl(wiring.Component):
    """Starts each pass when the one before it has landed.

    Forward, readout, winner; then `o` gives the answer and `teach` says what is to be learned; then
    errors, the backward pass over the readout and each further hidden layer, the last one first,
    and the update of the first layer, as far as there is something to learn. Between samples the
    host has the memories. Domain ``sync``. A reset ends the sample.

    Parameters
    ----------
    plan : sizes.

    Members
    -------
    full : a sample can be read.
    host : the host asks for the memories; it goes before the next sample, and before what is told.
    serves : the host has them, until `host` is low.
    landing : something is on its way to a memory.
    learn : for each layer, whether it learns.
    starts : strobe that starts a pass.
    ended : strobe of the pass that is under way.
    errors : the classes' pass is one for errors.
    any_error : one of the errors is not 0.
    any_signal : one of the signals of the first layer is not 0.
    layer : the hidden layer whose neurons are the rows of a pass: the last one, until a backward
        pass over the readout is followed by others; where there are several.
    o : stream of answers; `winner` is given from outside.
    teach : stream of what the host tells, one transfer for each answer.
    told : what it told.
    learning : from what was told until the sample is over.
    release : the sample is over.
    resting : no sample is under way.
    """

    def __init__(self, plan: LearningPlan) -> None:
        self.plan = plan
        self.told_layout = data.StructLayout(
            {"learn": 1, "label": plan.class_bits, "right": 1, "single": 1}
        )
        self.starts_layout = data.StructLayout(
            dict.fromkeys(("forward", "readout", "classes", "backward", "update"), 1)
            | ({"explore": 1} if plan.spec.exploration else {})
        )
        super().__init__(
            {
                "full": In(1),
                "host": In(1),
                "serves": Out(1),
                "landing": In(1),
                "learn": In(plan.stages + 1),
                **(
                    {"layer": Out(plan.layer_bits, init=plan.stages - 1)} if plan.layer_bits else {}
                ),
                "starts": Out(self.starts_layout),
                "ended": In(1),
                "errors": Out(1),
                "any_error": In(1),
                "any_signal": In(1),
                "o_valid": Out(1),
                "o_ready": In(1),
                "teach": In(stream.Signature(self.told_layout)),
                "told": Out(self.told_layout),
                "learning": Out(1),
                "release": Out(1),
                "resting": Out(1),
            }
        )

    def elaborate(self, platform: Any) -> Module:
        m = Module()
        starts = self.starts
        quiet, over = self._ends(m)

        def then(state: str, name: str, ended: str) -> None:
            """A state that starts a pass once all has landed, and one that waits for its end."""
            with m.State(state), m.If(quiet):
                m.d.comb += getattr(starts, name).eq(1)
                m.next = f"{state}_runs"
            with m.State(f"{state}_runs"), m.If(over):
                m.next = ended

        goes_on = Signal(name="goes_on")  # to the rows of the layer in front
        if self.plan.layer_bits:
            with m.If(goes_on):
                m.d.sync += self.layer.eq(self.layer - 1)
        with m.FSM(name="sample"):
            with m.State("rest"):
                m.d.comb += self.resting.eq(1)
                with m.If(self.host):
                    m.next = "host"
                with m.Elif(self.full):
                    m.next = "forward"
            with m.State("host"):
                m.d.comb += self.serves.eq(1)
                with m.If(~self.host & quiet):
                    m.next = "rest"
            then("forward", "forward", "forward_over")
            with m.State("forward_over"):
                m.next = "readout"
            then("readout", "readout", "readout_over")
            with m.State("readout_over"):
                m.next = "winner"
            explores = bool(self.plan.spec.exploration)
            then("winner", "classes", "winner_over" if explores else "offer")
            if explores:
                with m.State("winner_over"):
                    m.next = "explore"
                then("explore", "explore", "offer")
            with m.State("offer"):
                m.d.comb += self.o_valid.eq(1)
                with m.If(self.o_ready):
                    m.next = "teach"
            with m.State("teach"):
                m.d.comb += self.teach.ready.eq(~self.host)
                with m.If(self.host):
                    m.next = "host_before_teach"
                with m.Elif(self.teach.valid):
                    m.d.sync += self.told.eq(self.teach.payload)
                    m.next = "learn"
            with m.State("host_before_teach"):
                m.d.comb += self.serves.eq(1)
                with m.If(~self.host & quiet):
                    m.next = "teach"
            with m.State("learn"):
                m.next = "over"
                with m.If(self.told.learn & self.learn.any()):
                    m.next = "errors"
            then("errors", "classes", "errors_over")
            with m.State("errors_over"):
                m.next = "over"
                with m.If(self.any_error):
                    m.next = "backward"
            then("backward", "backward", "backward_over")
            with m.State("backward_over"), m.If(quiet):
                m.next = "over"
                self._next_layer(m, goes_on)
            then("update", "update", "over")
            with m.State("over"), m.If(quiet):
                m.d.comb += self.release.eq(1)
                if self.plan.layer_bits:
                    m.d.sync += self.layer.eq(self.plan.stages - 1)
                m.next = "rest"
        self._learning(m)
        return m

    def _ends(self, m: Module) -> tuple[Signal, Signal]:
        """Whether nothing is landing, in front of which no pass is started, and a pass's end."""
        # A register, since many strobes say what lands: it shows a clock late what the last slot
        # of a pass sends, and so does `over` its end.
        quiet = Signal(name="quiet")
        m.d.sync += quiet.eq(~self.landing)
        # A register: a pass ends by what it reads of the row in its last clock.
        over = Signal(name="pass_over")
        m.d.sync += over.eq(self.ended)
        return quiet, over

    def _learning(self, m: Module) -> None:
        """Whether something has been told of the sample."""
        learning = Signal(name="learning_register")
        with m.If(self.teach.valid & self.teach.ready):
            m.d.sync += learning.eq(1)
        with m.If(self.release):
            m.d.sync += learning.eq(0)
        m.d.comb += [self.learning.eq(learning), self.errors.eq(learning)]

    def _next_layer(self, m: Module, goes_on: Signal) -> None:
        """Behind a backward pass: the rows of the layer in front, or the update of the first."""
        first = self.learn[0] & self.any_signal
        if not self.plan.layer_bits:
            with m.If(first):
                m.next = "update"
            return
        with m.If(self.layer.any() & signals_wanted(self.plan, self.learn, self.layer)):
            m.d.comb += goes_on.eq(1)
            m.next = "backward"
        with m.Elif(~self.layer.any() & first):
            m.next = "update"


def signals_wanted(plan: LearningPlan, learn: Value, layer: Value) -> Value:
    """Whether a hidden layer, or one in front of it, learns: its signals and ages are wanted."""
    return choose(layer, [learn[0], *(learn[: n + 1].any() for n in range(1, plan.stages))])


def learns_behind(plan: LearningPlan, learn: Value, layer: Value) -> Value:
    """Whether the layer behind a hidden one learns, whose rows are visited."""
    return choose(layer, [learn[index + 1] for index in range(plan.stages)])
