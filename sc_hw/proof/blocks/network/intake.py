# amaranth: UnusedElaboratable=no
"""What is proved of the ticks of a layer: when one is due, and which spikes it takes in.

A layer's intake collects the words of the layer before it, one for each of that layer's steps, and
offers a tick once all words up to its own step have come. A policy says what the tick takes in
where a channel brought several spikes or none.

The harness has a single channel, which stands for all: channels are made by the same code and
share only the scheduler of ticks. The proof is unbounded, by PDR (`sc_hw.proof.pdr`); words,
back-pressure and resets come in any order that the solver chooses.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
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
from sc_hw.proof.pdr import Model, counterexample_of, decide
from sc_hw.proof.verdicts import PROVED, REFUTED, Claim
from sc_model.spec import CrossingSpec

DUT = "intake"
LIMIT_S = 120.0  # for one claim
# By claim: `due` is about when a tick comes, the others are about one policy each.
STATEMENTS = {
    "due": (
        "a tick is offered when every word up to its step has come and none after it, and carries"
        " its step's number"
    ),
    "hold": "a tick takes in the last word that has come, zeros before the first",
    "accumulate": (
        "spikes that have come = spikes that ticks have taken in + the count that is stored: none"
        " is lost or counted twice, and no count overflows"
    ),
    "once": (
        "spikes that have come = spikes that ticks have taken in + those that wait + those lost"
        " (which is reported, and happens only where as many wait as can), at most one a tick"
    ),
}


class IntakeHarness(Elaboratable):
    """An intake of one channel, words that carry the right step numbers, and one claim.

    Parameters
    ----------
    spec : what the claim is about; its number of channels is ignored.
    claim : a key of `STATEMENTS`.
    hardware_spec : what the hardware is made for; a mutant's differs from `spec`.
    cover : state instead that a tick can be reached.
    """

    def __init__(
        self,
        spec: CrossingSpec,
        claim: str,
        *,
        hardware_spec: CrossingSpec | None = None,
        cover: bool = False,
    ) -> None:
        self.spec = replace(spec, channels=1)
        self.hardware_spec = hardware_spec if hardware_spec is not None else self.spec
        self.claim, self.cover = claim, cover
        # `TickScheduler` needs intervals below 2^(step_bits - 1). Numbers this short wrap after a
        # few words, so that the proof covers wrapping.
        self.step_bits = max(spec.i_interval, spec.o_interval).bit_length() + 2
        self.rst, self.valid, self.ready, self.spike = (
            Signal(name=name) for name in ("rst", "valid", "ready", "spike")
        )

    def verilog(self) -> str:
        """Verilog of the intake."""
        return to_verilog(Intake(self.hardware_spec, self.step_bits), DUT, None)

    def model(self) -> Model:
        """Harness and intake, for the solver."""
        text, _ = rtlil.convert_fragment(
            Fragment.get(self, None),
            [self.rst, self.valid, self.ready, self.spike],
            "harness",
            emit_src=False,
        )
        return Model(text, [self.verilog()])

    def elaborate(self, platform: object) -> Module:
        m = Module()
        spec, bits = self.spec, self.step_bits
        m.domains.sync = domain = ClockDomain("sync")
        i_ready, o_valid, out_of_step, lost = (
            Signal(name=name) for name in ("i_ready", "o_valid", "out_of_step", "lost")
        )
        value_bits = self.hardware_spec.value.width
        value, step, next_step = (
            Signal(value_bits, name="value"),
            Signal(bits, name="step"),
            Signal(bits, init=spec.i_interval),
        )
        payload, tick = Signal(bits + 1), Signal(bits + value_bits)
        ports: dict[str, Any] = {"o_lost": lost} if spec.policy == "once" else {}
        m.submodules.dut = Instance(
            DUT,
            i_clk=domain.clk,
            i_rst=domain.rst,
            i_i__payload=payload,
            i_i__valid=self.valid,
            o_i__ready=i_ready,
            o_o__payload=tick,
            o_o__valid=o_valid,
            i_o__ready=self.ready,
            o_out_of_step=out_of_step,
            **ports,
        )
        word_accepted, tick_taken = Signal(), Signal()
        m.d.comb += [
            domain.clk.eq(1),  # an edge in every instant
            domain.rst.eq(self.rst),
            payload[:bits].eq(next_step),
            payload[bits].eq(self.spike),
            step.eq(tick[:bits]),
            value.eq(tick[bits:]),
            word_accepted.eq(self.valid & i_ready),
            tick_taken.eq(o_valid & self.ready),
        ]
        with m.If(word_accepted):
            m.d.sync += next_step.eq(next_step + spec.i_interval)
        if self.claim == "due":
            self._claim_due(m, word_accepted, tick_taken, o_valid, step, out_of_step)
        else:
            self._claim_policy(m, word_accepted, tick_taken, o_valid, value, lost)
        return m

    def _claim_due(
        self,
        m: Module,
        word_accepted: Value,
        tick_taken: Value,
        offered: Value,
        step: Value,
        out_of_step: Value,
    ) -> None:
        """A tick is offered exactly when it is due."""
        spec, bits = self.spec, self.step_bits
        # step of the next tick, less that of the last word: 0 or more once that word is enough
        ahead = Signal(signed(bits + 2), init=spec.o_interval)
        tick_step = Signal(bits, init=spec.o_interval)
        m.d.sync += ahead.eq(ahead - word_accepted * spec.i_interval + tick_taken * spec.o_interval)
        with m.If(tick_taken):
            m.d.sync += tick_step.eq(tick_step + spec.o_interval)
        # The next word would come `i_interval` steps later, which is after the tick.
        is_due = (ahead >= 0) & (ahead < spec.i_interval) & (step == tick_step)
        if self.cover:
            m.d.comb += Cover(tick_taken)
        else:
            m.d.comb += [
                Assert(~offered | is_due),
                Assert(~out_of_step),
                Assert(offered | (ahead >= spec.i_interval)),
            ]

    def _claim_policy(
        self,
        m: Module,
        word_accepted: Value,
        tick_taken: Value,
        offered: Value,
        value: Value,
        lost: Value,
    ) -> None:
        """What a tick takes in is what the policy says of the words that have come."""
        spec = self.spec
        if spec.policy == "hold":
            last = Signal()
            with m.If(word_accepted):
                m.d.sync += last.eq(self.spike)
            m.d.comb += Assert(~offered | (value == last))
            return
        # All from `spec`, never from `hardware_spec`: a mutant has to disagree with them.
        counter_bits = spec.pending_bits if spec.policy == "once" else spec.value.width
        # Spikes that have come and have not been taken in. Two bits more than the intake's own
        # count, so that an overflow there shows as a difference.
        pending = Signal(counter_bits + 2, name="open_spikes")
        most = (1 << counter_bits) - 1 if spec.policy == "once" else spec.most_words
        spike = word_accepted & self.spike
        refused = (
            spike & (pending == most) if spec.policy == "once" else Signal(name="none_refused")
        )
        m.d.sync += pending.eq(pending + (spike & ~refused) - value * tick_taken)
        m.d.comb += Assert(pending <= most)
        if spec.policy == "accumulate":
            m.d.comb += Assert(~offered | (value == pending))
        else:
            was_refused = Signal()
            m.d.sync += was_refused.eq(refused)
            m.d.comb += [Assert(~offered | (value == pending.any())), Assert(lost == was_refused)]


def _claim(
    name: str, statement: str, harness: IntakeHarness, folder: Path, file: str, limit_s: float
) -> dict[str, Any]:
    """Decide a claim; a cover that can be reached counts as proved."""
    answer = decide(harness.model(), folder, file, limit_s=limit_s, cover=harness.cover)
    verdict, example = answer.verdict, counterexample_of(answer)
    if harness.cover:
        verdict = {REFUTED: PROVED, PROVED: REFUTED}.get(verdict, verdict)
        example = None
    return Claim(name, statement, verdict, answer.seconds, example).as_json()


def intake_tasks(
    crossings: Sequence[tuple[str, CrossingSpec]], folder: Path, limit_s: float = LIMIT_S
) -> list[Callable[[], dict[str, Any]]]:
    """Claims about the intake in front of each layer; each task decides one.

    Parameters
    ----------
    crossings : name of each layer, and what lies in front of it.
    folder : where the solver's files go.
    limit_s : seconds for one claim before its verdict is ``unknown``.

    A task returns its claim as a certificate holds it. It raises ToolError where a tool is missing
    or dies.
    """
    tasks: list[Callable[[], dict[str, Any]]] = []
    for index, (name, spec) in enumerate(crossings):
        for what, label in (("due", "ticks"), (spec.policy, spec.policy)):
            harness = IntakeHarness(spec, what)
            file = f"intake_{index}_{what}"
            tasks.append(
                partial(
                    _claim,
                    f"layer {name}: {label}",
                    STATEMENTS[what],
                    harness,
                    folder,
                    file,
                    limit_s,
                )
            )
        tasks.append(
            partial(
                _claim,
                f"layer {name}: a tick is possible",
                "it can be reached: a tick",
                IntakeHarness(spec, "due", cover=True),
                folder,
                f"intake_{index}_reached",
                limit_s,
            )
        )
    return tasks
