# amaranth: UnusedElaboratable=no
"""A component whose inputs the solver chooses, claims about it, and the report of their verdicts.

The claims are about emitted Verilog; they hold for all inputs and any number of clocks, with resets
at any time, and are decided by PDR (`sc_hw.proof.pdr`).
"""

from __future__ import annotations

import argparse
import re
import tempfile
from abc import abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter
from typing import Any, ClassVar

from amaranth.back import rtlil
from amaranth.hdl import (
    Assume,
    ClockDomain,
    Const,
    Elaboratable,
    Fragment,
    Instance,
    Module,
    Signal,
    Value,
)
from amaranth.lib import wiring
from amaranth.lib.wiring import In

from sc_hw.build.elaborate import sha256
from sc_hw.files import write_json, write_text
from sc_hw.progress import Progress, silent
from sc_hw.proof.induction import is_inductive
from sc_hw.proof.pdr import Answer, Model, counterexample_of, decide
from sc_hw.proof.verdicts import PROVED, REFUTED, Claim


class Harness(Elaboratable):
    """A component, all of whose inputs the solver chooses; a subclass adds a claim.

    Members
    -------
    statement : of the claim.
    top : the component's module.
    constants : inputs that are not chosen.
    rst, inputs, outputs : the component's reset, inputs and outputs.
    free : signals of the harness that the solver chooses too.
    helped : beside the claim, what makes it inductive is asserted too.
    watched : signals inside the component, as inputs of the harness: name in the flattened design
        without its first part -> signal. See `watch`.
    """

    statement: ClassVar[str]
    top: ClassVar[str]

    def __init__(self) -> None:
        self.helped = False
        self.rst = Signal(name="rst")
        self.inputs: dict[str, Signal] = {}
        self.outputs: dict[str, Signal] = {}
        self.watched: dict[str, Signal] = {}
        self.free: list[Signal] = []
        component = self.component()
        for path, member, value in component.signature.flatten(component):
            name = "__".join(map(str, path))
            if name not in self.constants:
                side = self.inputs if member.flow == In else self.outputs
                side[name] = Signal(len(Value.cast(value)), name=name)

    @property
    def constants(self) -> Mapping[str, Const]:
        """Inputs that are not chosen."""
        return {}

    @abstractmethod
    def component(self) -> wiring.Component:
        """The component."""

    @abstractmethod
    def verilog(self) -> str:
        """Its Verilog."""

    def models(self) -> list[str]:
        """Verilog of modules that the component's own does not hold."""
        return []

    @abstractmethod
    def claims(self, m: Module) -> None:
        """Add assumptions and assertions, and the registers that they need."""

    def __getitem__(self, name: str) -> Signal:
        """A port of the component."""
        return self.inputs[name] if name in self.inputs else self.outputs[name]

    def watch(self, name: str, bits: int = 1) -> Signal:
        """A signal inside the component.

        Parameters
        ----------
        name : instances and signal, with dots between them.
        bits : its width.
        """
        port = "watch_" + re.sub(r"\W", "_", name)
        return self.watched.setdefault(name, Signal(bits, name=port))

    def choice(self, m: Module, name: str, bits: int) -> Signal:
        """A value that the solver chooses once, for all clocks."""
        value, begun = Signal(bits, name=name), Signal(name=f"{name}_begun")
        self.free.append(value)
        m.d.instant += begun.eq(1)
        m.d.comb += Assume(~begun | (value == self.past(m, value, f"{name}_before")))
        return value

    def past(self, m: Module, value: Value, name: str) -> Signal:
        """A value in the clock before; 0 in the first."""
        before = Signal(len(value), name=name)
        m.d.instant += before.eq(value)
        return before

    def elaborate(self, platform: Any) -> Module:
        m = Module()
        instant = ClockDomain("instant", reset_less=True)
        m.domains += instant
        m.d.comb += instant.clk.eq(1)  # an edge in every instant
        m.submodules.dut = Instance(
            self.top,
            i_clk=instant.clk,
            i_rst=self.rst,
            **{f"i_{name}": value for name, value in {**self.constants, **self.inputs}.items()},
            **{f"o_{name}": signal for name, signal in self.outputs.items()},
        )
        self.claims(m)
        return m

    def model(self, verilog: str | None = None) -> Model:
        """The harness for the solver; `verilog` takes the component's place, for mutants."""
        fragment = Fragment.get(self, None)  # first, since `claims` fills `watched` and `free`
        ports = [self.rst, *self.inputs.values(), *self.free, *self.watched.values()]
        text, _ = rtlil.convert_fragment(fragment, ports, "harness", emit_src=False)
        watch = {signal.name: f"dut.{name}" for name, signal in self.watched.items()}
        return Model(text, [verilog or self.verilog(), *self.models()], watch)


@dataclass(frozen=True)
class Task:
    """A claim and how it is decided.

    Members
    -------
    name, statement : of the claim.
    harness : makes the harness.
    cover : the claim is that something can be reached.
    inductive : with all that helps, the assertions hold by induction. Where they do not, the claim
        is decided alone, so that what is refuted is the claim.
    """

    name: str
    statement: str
    harness: Callable[[], Harness]
    cover: bool = False
    inductive: bool = False

    def decide(self, folder: Path, limit_s: float, verilog: str | None = None) -> dict[str, Any]:
        """The claim as a report has it; `verilog` takes the component's place, for mutants."""
        file = re.sub(r"\W+", "_", self.name)
        answer = self._by_induction(folder, file, limit_s, verilog) if self.inductive else None
        if answer is None:
            model = self.harness().model(verilog)
            answer = decide(
                model, folder, file, limit_s=limit_s, cover=self.cover, suspect=self.inductive
            )
        verdict, example = answer.verdict, counterexample_of(answer)
        if self.cover:  # decided as the assertion that it is never reached
            verdict, example = {REFUTED: PROVED, PROVED: REFUTED}.get(verdict, verdict), None
        return Claim(self.name, self.statement, verdict, answer.seconds, example).as_json()

    def _by_induction(
        self, folder: Path, file: str, limit_s: float, verilog: str | None
    ) -> Answer | None:
        """That the claim is proved with the help of all that is asserted beside it; or None."""
        began = perf_counter()
        harness = self.harness()
        harness.helped = True
        if not is_inductive(harness.model(verilog), folder, file, limit_s=limit_s):
            return None
        return Answer(PROVED, perf_counter() - began)


def tasks_of(kinds: Sequence[type[Harness]]) -> list[Task]:
    """A task for each claim, by the name of its class."""
    return [Task(kind.__name__.lower(), kind.statement, kind) for kind in kinds]


def covers_of(kind: Callable[[str], Harness], goals: Mapping[str, str]) -> list[Task]:
    """A task for each thing that must be possible: claims would hold of what does nothing.

    Parameters
    ----------
    kind : makes the harness of a goal.
    goals : key -> what is reached.
    """

    def task(goal: str, text: str) -> Task:
        return Task(f"possible: {goal}", text, lambda: kind(goal), cover=True)

    return [task(goal, text) for goal, text in goals.items()]


@dataclass(frozen=True)
class Proof:
    """Claims that have a report of their own.

    Members
    -------
    name : of the report's files.
    title, about : heading of the page, and what stands below.
    tasks : makes the claims.
    verilog : makes all Verilog that they are about.
    limit_s : seconds for a claim before its verdict is ``unknown``.
    """

    name: str
    title: str
    about: str
    tasks: Callable[[], list[Task]]
    verilog: Callable[[], str]
    limit_s: float = 120.0

    def prove(
        self,
        tasks: Sequence[Task] | None = None,
        *,
        progress: Progress = silent,
        verilog: str | None = None,
    ) -> list[dict[str, Any]]:
        """Decide claims, all by default.

        Parameters
        ----------
        tasks : the claims.
        progress : gets a line for each verdict.
        verilog : takes the place of the component's, for mutants.
        """
        rows = []
        with tempfile.TemporaryDirectory(prefix="sc-hw-proof-") as folder:
            for task in self.tasks() if tasks is None else tasks:
                rows.append(task.decide(Path(folder), self.limit_s, verilog))
                progress(f"{task.name}: {rows[-1]['verdict']} in {rows[-1]['seconds']} s")
        return rows

    def main(self, arguments: Sequence[str] | None = None) -> int:
        """Decide all claims and write the report; exit status 1 where one is not proved."""
        parser = argparse.ArgumentParser(description=self.title)
        parser.add_argument("--out", type=Path, default=Path("reports"))
        options = parser.parse_args(arguments)
        rows = self.prove(progress=print)
        passed = all(row["verdict"] == PROVED for row in rows)
        report = {
            "schema": f"sc-hw.{self.name}.v1",
            "verilog_sha256": sha256(self.verilog()),
            "claims": rows,
            "passed": passed,
        }
        write_json(options.out / f"{self.name}.json", report)
        lines = [
            f"# {self.title}",
            "",
            self.about,
            "",
            "| claim | verdict | s | statement |",
            "|---|---|--:|---|",
            *(
                f"| {r['name']} | {r['verdict']} | {r['seconds']} | {r['statement']} |"
                for r in rows
            ),
        ]
        write_text(options.out / f"{self.name}.md", "\n".join(lines) + "\n")
        return 0 if passed else 1
