"""What is proved of the ticks of a layer: when one is due, and that its policy gives what came, for
all time.

One channel stands for all: channels are made alike and share nothing but the scheduler. Unbounded,
by PDR (`sc_hw.proof.pdr`), with words, back-pressure and resets whenever the solver likes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from amaranth.back import rtlil
from amaranth.hdl import (
    Assert,
    ClockDomain,
    Cover,
    Elaboratable,
    Fragment,
    Instance,
    Module,
    Signal,
    Value,
    signed,
)

from sc_hw.build.emit import to_verilog
from sc_hw.network.ticks import Intake
from sc_hw.proof.pdr import Model, decide, shown
from sc_hw.proof.verdicts import PROVED, REFUTED, Claim
from sc_model.spec import CrossingSpec

DUT = "intake"
STATED = {
    "due": (
        "a tick is offered when every word up to its step has come and none after it, and carries"
        " its step's number"
    ),
    "hold": "a tick takes in the last word that has come, zeros before the first",
    "accumulate": (
        "spikes that have come = spikes that ticks have taken in + the count that is kept: none is"
        " lost or counted twice, and no count overflows"
    ),
    "once": (
        "spikes that have come = spikes that ticks have taken in + those that wait + those lost"
        " (told, and only where as many wait as can), at most one a tick"
    ),
}


class _Harness(Elaboratable):
    """An intake of one channel, whose words carry the numbers that they should."""

    def __init__(
        self,
        spec: CrossingSpec,
        claim: str,
        *,
        made_as: CrossingSpec | None = None,
        cover: bool = False,
    ) -> None:
        self.spec = replace(spec, channels=1)
        self.made_as = (
            made_as if made_as is not None else self.spec
        )  # what hardware is made of: a fault's
        self.claim, self.cover = claim, cover
        self.step_bits = max(spec.i_interval, spec.o_interval).bit_length() + 2
        self.rst, self.valid, self.ready, self.spike = (
            Signal(name=name) for name in ("rst", "valid", "ready", "spike")
        )

    def model(self) -> Model:
        """Ready to be decided."""
        text, _ = rtlil.convert_fragment(
            Fragment.get(self, None),
            [self.rst, self.valid, self.ready, self.spike],
            "harness",
            emit_src=False,
        )
        return Model(text, [to_verilog(Intake(self.made_as, self.step_bits), DUT, None)])

    def elaborate(self, platform: object) -> Module:
        m = Module()
        spec, bits = self.spec, self.step_bits
        m.domains.sync = domain = ClockDomain("sync")
        i_ready, o_valid, fault, lost = (
            Signal(name=name) for name in ("i_ready", "o_valid", "out_of_step", "lost")
        )
        value_bits = self.made_as.value.width
        value, step, due = (
            Signal(value_bits, name="value"),
            Signal(bits, name="step"),
            Signal(bits, init=spec.i_interval),
        )
        payload, given = Signal(bits + 1), Signal(bits + value_bits)
        ports: dict[str, Any] = {"o_lost": lost} if spec.policy == "once" else {}
        m.submodules.dut = Instance(
            DUT,
            i_clk=domain.clk,
            i_rst=domain.rst,
            i_i__payload=payload,
            i_i__valid=self.valid,
            o_i__ready=i_ready,
            o_o__payload=given,
            o_o__valid=o_valid,
            i_o__ready=self.ready,
            o_out_of_step=fault,
            **ports,
        )
        came, took = Signal(), Signal()
        m.d.comb += [
            domain.clk.eq(1),
            domain.rst.eq(self.rst),
            payload[:bits].eq(due),
            payload[bits].eq(self.spike),
            step.eq(given[:bits]),
            value.eq(given[bits:]),
            came.eq(self.valid & i_ready),
            took.eq(o_valid & self.ready),
        ]
        with m.If(came):
            m.d.sync += due.eq(due + spec.i_interval)
        if self.claim == "due":
            self._due(m, came, took, o_valid, step, fault)
        else:
            self._conserved(m, came, took, o_valid, value, lost)
        return m

    def _due(
        self, m: Module, came: Value, took: Value, offered: Value, step: Value, fault: Value
    ) -> None:
        spec, bits = self.spec, self.step_bits
        # step of the tick that is next, less that of the word that came last
        since = Signal(signed(bits + 2), init=spec.o_interval)
        now = Signal(bits, init=spec.o_interval)
        m.d.sync += since.eq(since - came * spec.i_interval + took * spec.o_interval)
        with m.If(took):
            m.d.sync += now.eq(now + spec.o_interval)
        good = (since >= 0) & (since < spec.i_interval) & (step == now)
        if self.cover:
            m.d.comb += Cover(took)
        else:
            m.d.comb += [
                Assert(~offered | good),
                Assert(~fault),
                Assert(offered | (since >= spec.i_interval)),
            ]

    def _conserved(
        self, m: Module, came: Value, took: Value, offered: Value, value: Value, lost: Value
    ) -> None:
        spec = self.spec
        if spec.policy == "hold":
            last = Signal()
            with m.If(came):
                m.d.sync += last.eq(self.spike)
            m.d.comb += Assert(~offered | (value == last))
            return
        room = spec.pending_bits if spec.policy == "once" else spec.value.width
        # what has come and has not been taken in: one bit more than is kept, so that an overflow
        # can't hide
        open_ = Signal(room + 2, name="open_spikes")
        most = (1 << room) - 1 if spec.policy == "once" else spec.most_words
        spike = came & self.spike
        refused = spike & (open_ == most) if spec.policy == "once" else Signal(name="none_refused")
        m.d.sync += open_.eq(open_ + (spike & ~refused) - value * took)
        m.d.comb += Assert(open_ <= most)
        if spec.policy == "accumulate":
            m.d.comb += Assert(~offered | (value == open_))
        else:
            told = Signal()
            m.d.sync += told.eq(refused)
            m.d.comb += [Assert(~offered | (value == open_.any())), Assert(lost == told)]


@dataclass(frozen=True)
class Fault:
    """An intake that is made for another crossing than the one that the claim is about."""

    name: str
    bug: str
    claim: str
    spec: CrossingSpec
    made_as: CrossingSpec


class _Narrow(CrossingSpec):
    """A crossing that is taken to bring a word less between two ticks than it does."""

    @property
    def most_words(self) -> int:
        """One too few."""
        return super().most_words - 1


FAULTS = (
    Fault(
        "tick too early",
        "a tick that does not wait for the word of its own step",
        "due",
        CrossingSpec(1, 1, 3, "hold", 1),
        CrossingSpec(1, 1, 2, "hold", 1),
    ),
    Fault(
        "count too narrow",
        "a count with room for fewer words than come between two ticks",
        "accumulate",
        CrossingSpec(1, 1, 4, "accumulate", 1),
        _Narrow(1, 1, 4, "accumulate", 1),
    ),
    Fault(
        "fewer may wait",
        "room for fewer spikes than are to wait",
        "once",
        CrossingSpec(1, 1, 3, "once", 3),
        CrossingSpec(1, 1, 3, "once", 2),
    ),
)


def prove_intakes(
    crossings: Sequence[tuple[str, CrossingSpec]],
    folder: Path,
    *,
    limit_s: float = 120.0,
    controls: bool = True,
) -> dict[str, Any]:
    """Claims about the intake in front of each layer (named), and seeded faults that must be
    refuted.

    Returns `claims` and `controls` as certificates hold them. Raises ToolError where a tool is
    missing or dies.
    """
    claims = []
    for index, (name, spec) in enumerate(crossings):
        for what in ("due", spec.policy):
            answer = decide(
                _Harness(spec, what).model(), folder, f"intake_{index}_{what}", limit_s=limit_s
            )
            example = (
                None
                if answer.trace is None
                else shown(answer.trace, [n for n in answer.trace if "." not in n])
            )
            label = f"layer {name}: ticks" if what == "due" else f"layer {name}: {what}"
            claims.append(
                Claim(label, STATED[what], answer.verdict, answer.seconds, example).as_json()
            )
        reached = decide(
            _Harness(spec, "due", cover=True).model(),
            folder,
            f"intake_{index}_reached",
            limit_s=limit_s,
            cover=True,
        )
        verdict = {REFUTED: PROVED, PROVED: REFUTED}.get(reached.verdict, reached.verdict)
        claims.append(
            Claim(
                f"layer {name}: a tick is possible",
                "it can be reached: a tick",
                verdict,
                reached.seconds,
            ).as_json()
        )
    rows = []
    for index, fault in enumerate(FAULTS if controls else ()):
        answer = decide(
            _Harness(fault.spec, fault.claim, made_as=fault.made_as).model(),
            folder,
            f"intake_fault_{index}",
            limit_s=limit_s,
        )
        row: dict[str, Any] = {
            "name": fault.name,
            "bug": fault.bug,
            "expected": REFUTED,
            "verdict": answer.verdict,
        }
        if answer.trace is not None:
            row["counterexample"] = shown(answer.trace, [n for n in answer.trace if "." not in n])
        rows.append(row)
    return {"claims": claims, "controls": rows}
