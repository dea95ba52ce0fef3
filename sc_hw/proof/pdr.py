"""Unbounded claims about designs with free clocks: Yosys makes an and-inverter graph, ABC's PDR
decides it.

PDR is A. Bradley's property directed reachability ("SAT-Based Model Checking without Unrolling",
VMCAI 2011), here in the implementation that every Yosys comes with.

Time is a sequence of instants. In each, any set of the clocks has its edge: a clock is an input
that is 1 in the instants of its edges and a register becomes "its next value where its clock is 1".
Frequencies, phases, ratios and drift are all there, since between two edges of one clock there may
be any number of another's. What a step takes is up to the solver, so one proof is about all of
them. A clock that is the constant 1 has an edge in every instant: a monitor's.
"""

from __future__ import annotations

import importlib.util
import re
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from time import perf_counter
from typing import Any

from sc_hw.files import write_text
from sc_hw.proof.verdicts import PROVED, REFUTED, UNKNOWN
from sc_hw.tools.tools import ToolError, run_yosys

# A register is its value at the last instant, changed only where its clock has an edge.
_TICKS = r"""(* techmap_celltype = "$dff" *)
module tick_dff (CLK, D, Q);
  parameter WIDTH = 1;
  parameter CLK_POLARITY = 1'b1;
  input CLK;
  input [WIDTH-1:0] D;
  output [WIDTH-1:0] Q;
  wire _TECHMAP_FAIL_ = !CLK_POLARITY;
  \$ff #(.WIDTH(WIDTH)) instant (.D(CLK ? D : Q), .Q(Q));
endmodule
"""
# "It can be reached" is refuting that it can't.
_COVERS = r"""(* techmap_celltype = "$cover" *)
module cover_as_assert (A, EN);
  input A, EN;
  \$assert never (.A(!A), .EN(EN));
endmodule
"""
_SCRIPT = """{reads}
hierarchy -check -top {top}
proc
flatten
{watches}
check -assert
opt_expr
opt_clean
memory_collect
memory_map
chformal -lower
chformal -{unused} -remove
{covers}
dffunmap
techmap -map ticks.v
select -assert-none t:$dff* t:$adff* t:$aldff* t:$sdff* t:$dlatch* t:$sr t:$mem* t:$check
setattr -unset keep
setundef -anyseq
opt_expr
opt_clean
techmap
dffunmap
aigmap
opt_clean
select -assert-min 1 t:$assert
write_aiger -I -B -zinit -map {name}.map {name}.aig
write_aiger -I -B -zinit -ascii {name}.aag
"""


@dataclass(frozen=True)
class Model:
    """What is decided: sources and, at their top, a harness.

    Members
    -------
    rtlil : text of the harness (`amaranth.back.rtlil.convert`), module `top`, with `Assert`,
        `Assume` and `Cover` in `m.d.comb` alone (one in a clock domain would be about that clock's
        edges: refused). What shall be free must be a port.
    verilog : texts of the designs that it instantiates, and of models in place of modules of
        theirs.
    watch : ports of the harness that are driven from inside the design instead: port -> name once
        flattened.
    top : name of the harness.
    """

    rtlil: str
    verilog: Sequence[str] = ()
    watch: Mapping[str, str] = field(default_factory=dict)
    top: str = "harness"


@dataclass(frozen=True)
class Answer:
    """A verdict, and where something is reached or refuted the way there: signal -> value in each
    instant.
    """

    verdict: str
    seconds: float
    trace: Mapping[str, Sequence[int]] | None = None

    @property
    def instants(self) -> int:
        """Length of the trace."""
        return len(next(iter(self.trace.values()))) if self.trace else 0


def decide(
    model: Model, folder: Path, name: str, *, limit_s: float = 120.0, cover: bool = False
) -> Answer:
    """Whether all of a model's asserts hold in every reachable state.

    Parameters
    ----------
    folder, name : where files are written, and how they begin.
    limit_s : seconds before the verdict is ``unknown``.
    cover : decide instead whether a cover can be reached; ``refuted`` then means that it can, and
        the trace is the way.

    The trace of a refutation has been simulated in Python on the same graph: it does end in what it
    should. Raises ToolError where a tool is missing or fails, or the trace does not lead there.
    """
    began = perf_counter()
    reads = []
    for index, text in enumerate(model.verilog):
        file = write_text(folder / f"{name}_{index}.v", text)
        reads.append(f"read_verilog -formal -overwrite {file.name}")
    write_text(folder / f"{name}.il", model.rtlil)
    reads.append(f"read_rtlil {name}.il")
    write_text(folder / "ticks.v", _TICKS)
    write_text(folder / "covers.v", _COVERS)
    watches = [f"delete -input {model.top}/w:{port}" for port in model.watch]
    watches += (
        [f"cd {model.top}"]
        + [f"connect -nounset -set {port} {signal}" for port, signal in model.watch.items()]
        + ["cd .."]
    )
    script = _SCRIPT.format(
        reads="\n".join(reads),
        top=model.top,
        name=name,
        watches="\n".join(watches) if model.watch else "",
        unused="assert" if cover else "cover",
        covers="techmap -map covers.v" if cover else "",
    )
    run_yosys(script, folder=folder, name=name)
    verdict = _pdr(folder, name, limit_s)
    trace = None
    if verdict == REFUTED:
        trace = _replay(folder, name)
    return Answer(verdict, perf_counter() - began, trace)


def abc() -> Path:
    """ABC as Yosys brings it. Raises ToolError where there is none."""
    spec = importlib.util.find_spec("pyosys")
    if spec is not None and spec.origin is not None:
        beside = Path(spec.origin).parent / "yosys-abc"
        if beside.exists():
            return beside
    path = shutil.which("yosys-abc")
    if path is None:
        raise ToolError("yosys-abc is needed, found none; pip install pyosys")
    return Path(path)


def _pdr(folder: Path, name: str, limit_s: float) -> str:
    """ABC in a process of its own. `fold` puts assumptions into what is to be shown, `orpos` makes
    one of several.
    """
    reduced = f"{name}.reduced.aig"
    commands = (
        f"read_aiger {name}.aig; fold; strash; orpos; scorr; write_aiger {reduced}; "
        f"pdr -f -T {max(1, int(limit_s))}; write_cex -a {name}.aiw"
    )
    command = (str(abc()), "-q", commands)
    (folder / reduced).unlink(missing_ok=True)  # of an earlier run
    try:
        done = subprocess.run(
            command,
            cwd=folder,
            capture_output=True,
            text=True,
            check=False,
            stdin=subprocess.DEVNULL,
            timeout=limit_s + 30,
        )
    except subprocess.TimeoutExpired:
        return UNKNOWN
    text = done.stdout + done.stderr
    write_text(folder / f"{name}.abc.log", text)
    if "Property proved" in text or _never(folder / reduced):
        return PROVED
    if re.search(r"was asserted in frame \d+", text):
        return REFUTED
    if "timeout" in text.lower():
        return UNKNOWN
    raise ToolError(
        f"yosys-abc gave no verdict (exit {done.returncode}):"
        f" {' | '.join(text.strip().splitlines()[-3:])}"
    )


def _never(reduced: Path) -> bool:
    """Whether `scorr` has shown by itself, by induction, that the only output is 0: PDR then says
    nothing.
    """
    header, *lines = reduced.read_bytes().split(b"\n")
    _, _, _, latches, outputs, *_ = header.split()
    return int(outputs) == 1 and lines[int(latches)] == b"0"


# --- the way to a refutation, run again -----------------------------------------------------------


@dataclass
class Graph:
    """An and-inverter graph as AIGER has it: literals, latches with their next values, gates in
    order.
    """

    inputs: list[int]
    latches: list[tuple[int, int]]
    bad: list[int]
    assumed: list[int]
    gates: list[tuple[int, int, int]]

    @classmethod
    def read(cls, text: str) -> Graph:
        """The graph of a text in AIGER's ASCII format."""
        lines = iter(text.splitlines())
        counts = [int(word) for word in next(lines).split()[1:]] + [0] * 4
        _, inputs, latches, outputs, gates, bad, assumed = counts[:7]

        def take(count: int) -> list[list[int]]:
            return [[int(word) for word in next(lines).split()] for _ in range(count)]

        sources = [row[0] for row in take(inputs)]
        held = [(row[0], row[1]) for row in take(latches)]
        take(outputs)
        wrong, given = [row[0] for row in take(bad)], [row[0] for row in take(assumed)]
        return cls(sources, held, wrong, given, [(row[0], row[1], row[2]) for row in take(gates)])

    def run(self, vectors: Sequence[str]) -> list[dict[int, int]]:
        """Values of all variables (by even literal) in each instant, from a state of zeroes."""
        state = {literal: 0 for literal, _ in self.latches}
        frames = []
        for vector in vectors:
            values = {
                0: 0,
                **state,
                **{literal: int(bit) for literal, bit in zip(self.inputs, vector, strict=False)},
            }
            for out, left, right in self.gates:
                values[out] = self.value(values, left) & self.value(values, right)
            frames.append(values)
            state = {literal: self.value(values, following) for literal, following in self.latches}
        return frames

    @staticmethod
    def value(values: Mapping[int, int], literal: int) -> int:
        """Value of a literal; an odd one is the negation of the even one before it."""
        return values[literal & ~1] ^ (literal & 1)


def _replay(folder: Path, name: str) -> dict[str, list[int]]:
    """Simulate what ABC found, check that it leads where it says, and give the named signals."""
    graph = Graph.read((folder / f"{name}.aag").read_text(encoding="utf-8"))
    # the state of ABC's own latches, then the inputs of each instant
    lines = (folder / f"{name}.aiw").read_text(encoding="utf-8").splitlines()
    vectors = [line for line in lines[1:] if line[:1] not in (".", "#")]
    if not vectors or {len(line) for line in vectors} != {len(graph.inputs)}:
        raise ToolError(
            f"{folder / name}.aiw is not a trace of {len(graph.inputs)} inputs; this is a fault of"
            " the translation"
        )
    frames = graph.run([line.replace("x", "0") for line in vectors])
    reached = any(graph.value(frames[-1], literal) for literal in graph.bad)
    obeyed = all(graph.value(values, literal) for values in frames for literal in graph.assumed)
    if not reached or not obeyed:
        raise ToolError(
            f"the trace of {folder / name}.aiw does not lead where ABC says; this is a fault of the"
            " translation"
        )
    return _named(graph, frames, (folder / f"{name}.map").read_text(encoding="utf-8"))


def _named(graph: Graph, frames: Sequence[Mapping[int, int]], text: str) -> dict[str, list[int]]:
    """Inputs and registers by name, bits put together."""
    found: dict[str, dict[int, int]] = {}
    for line in text.splitlines():
        kind, index, *rest = line.split(maxsplit=3)
        if kind == "input":
            literal = graph.inputs[int(index)]
        elif kind in ("latch", "invlatch"):
            literal = graph.latches[int(index)][0] ^ (kind == "invlatch")
        else:
            continue
        bit, label = rest
        found.setdefault(label.lstrip("\\"), {})[int(bit)] = literal
    rows: dict[str, list[int]] = {}
    for label, bits in sorted(found.items()):
        if "$" not in label:
            rows[label] = [
                sum(graph.value(values, literal) << bit for bit, literal in bits.items())
                for values in frames
            ]
    return rows


def shown(trace: Mapping[str, Sequence[int]], names: Sequence[str]) -> dict[str, Any]:
    """Some of a trace's signals as a certificate prints them: the values of all instants in one
    line.
    """
    return {name: " ".join(map(str, trace[name])) for name in names if name in trace}
