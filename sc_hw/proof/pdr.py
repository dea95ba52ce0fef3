"""Unbounded claims about designs with free clocks: Yosys makes an and-inverter graph, ABC's PDR
decides it.

PDR is property directed reachability (A. Bradley, "SAT-Based Model Checking without Unrolling",
VMCAI 2011), here in ABC, which every Yosys brings along.

Time is a sequence of instants. In each instant, any set of the clocks has an edge: a clock is an
input that is 1 in the instants of its edges, and a register takes its next value where its clock is
1. Between two edges of one clock there may be any number of edges of another. The solver chooses,
so one proof covers all frequencies, phases, ratios and drifts. A clock that is the constant 1 has
an edge in every instant; the registers of a harness use that.
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

from sc_hw.files import write_text
from sc_hw.proof.netlist import write_clock_as_condition
from sc_hw.proof.verdicts import PROVED, REFUTED, UNKNOWN
from sc_hw.tools import ToolError, run_yosys
from sc_model.processes import run_program

# That a cover can be reached is shown by refuting that it can't.
_COVERS = r"""(* techmap_celltype = "$cover" *)
module cover_as_assert (A, EN);
  input A, EN;
  \$assert never (.A(!A), .EN(EN));
endmodule
"""
# What the script guards against, in order:
# * `memory_map`, `dffunmap` and the techmap leave registers without enable, reset and clock; the
#   first `select` stops where one of another kind is left, which AIGER could not express.
# * `setattr -unset keep` lets `opt_clean` remove what no assertion depends on.
# * `setundef -anyseq` lets the solver choose undefined bits, a new value in each instant.
# * The second `select`: a model that has lost its assertions would be proved at once.
# * `-zinit`: PDR starts from zeros. A register that begins at 1 is stored inverted, and one without
#   an initial value gets an input that chooses it. `-I -B` add a dummy input or property where
#   there is none, since readers of AIGER expect one.
# * ABC reads the binary file; the ASCII file is for the simulation of a counterexample.
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
techmap -map clock_as_condition.v
select -assert-none t:$dff* t:$adff* t:$aldff* t:$sdff* t:$dlatch* t:$sr t:$mem* t:$check
setattr -unset keep
setundef -anyseq
opt_expr
opt_clean
select -assert-min 1 t:$assert
"""
_GRAPH = """\
techmap
dffunmap
aigmap
opt_clean
write_aiger -I -B -zinit -map {name}.map {name}.aig
write_aiger -I -B -zinit -ascii {name}.aag
"""
_ASSERTED = re.compile(r"was asserted in frame \d+")
_SHORT = 40  # clocks of a trace that is looked for first


@dataclass(frozen=True)
class Model:
    """What is decided: the sources of a design and, at the top, a harness.

    Members
    -------
    rtlil : text of the harness (from `amaranth.back.rtlil.convert_fragment`), module `top`. Its
        `Assert`, `Assume` and `Cover` must be in `m.d.comb`: one in a clock domain would hold at
        that clock's edges only, and is refused. Signals that the solver chooses must be ports.
    verilog : texts of the designs that the harness instantiates, and of the models that replace
        some of their modules.
    watch : ports of the harness that are driven from inside the design instead: port -> name of
        the signal in the flattened design.
    top : name of the harness.
    """

    rtlil: str
    verilog: Sequence[str] = ()
    watch: Mapping[str, str] = field(default_factory=dict)
    top: str = "harness"


@dataclass(frozen=True)
class Answer:
    """A verdict, with the trace that leads to a refutation or a cover.

    Members
    -------
    verdict : ``proved``, ``refuted`` or ``unknown``.
    seconds : time that the decision took.
    trace : signal -> its value in each instant; None where nothing was refuted.
    """

    verdict: str
    seconds: float
    trace: Mapping[str, Sequence[int]] | None = None

    @property
    def instants(self) -> int:
        """Length of the trace, 0 without one."""
        return len(next(iter(self.trace.values()))) if self.trace else 0


def decide(
    model: Model,
    folder: Path,
    name: str,
    *,
    limit_s: float = 120.0,
    cover: bool = False,
    suspect: bool = False,
) -> Answer:
    """Decide whether all assertions of a model hold in every reachable state.

    The trace of a refutation is simulated in Python on the same graph, to check that it leads to a
    failing assertion.

    Parameters
    ----------
    model : harness and design.
    folder, name : where files are written, and how their names begin.
    limit_s : seconds before the verdict is ``unknown``.
    cover : decide instead whether the model's cover can be reached. ``refuted`` then means that it
        can, and the trace leads to it.
    suspect : look for a short trace first; it is found sooner than by PDR if there is one.

    Raises ToolError where a tool is missing or fails, or where the trace does not lead there.
    """
    began = perf_counter()
    script = prepare(model, folder, name, cover=cover)
    run_yosys(script + _GRAPH.format(name=name), folder=folder, name=name)
    verdict = _short_trace(folder, name, limit_s) if suspect else UNKNOWN
    if verdict == UNKNOWN:
        verdict = _pdr(folder, name, limit_s)
    trace = _replay(folder, name) if verdict == REFUTED else None
    return Answer(verdict, perf_counter() - began, trace)


def prepare(model: Model, folder: Path, name: str, *, cover: bool = False) -> str:
    """Write a model's files; a script of Yosys that leaves registers, logic and assertions of it.

    Parameters
    ----------
    model : harness and design.
    folder, name : where files are written, and how their names begin.
    cover : that the cover is never reached is the assertion.
    """
    reads = []
    for index, text in enumerate(model.verilog):
        file = write_text(folder / f"{name}_{index}.v", text)
        reads.append(f"read_verilog -formal -overwrite {file.name}")
    write_text(folder / f"{name}.il", model.rtlil)
    reads.append(f"read_rtlil {name}.il")
    write_clock_as_condition(folder)  # a register keeps its value unless its clock has an edge
    write_text(folder / "covers.v", _COVERS)
    return _SCRIPT.format(
        reads="\n".join(reads),
        top=model.top,
        watches=_watches(model),
        unused="assert" if cover else "cover",
        covers="techmap -map covers.v" if cover else "",
    )


def _watches(model: Model) -> str:
    """Yosys commands that connect the watched ports to signals inside the flattened design."""
    if not model.watch:
        return ""
    ports = [f"delete -input {model.top}/w:{port}" for port in model.watch]
    connections = [f"connect -nounset -set {port} {signal}" for port, signal in model.watch.items()]
    return "\n".join([*ports, f"cd {model.top}", *connections, "cd .."])


def abc() -> Path:
    """Path of the ABC that comes with Yosys. Raises ToolError where there is none."""
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
    """Decide `name`.aig by ABC's PDR.

    `scorr` merges registers that are equal in all reachable states, which makes the rest much
    smaller.
    """
    reduced = f"{name}.reduced.aig"
    # `-T 0` would mean no limit, so a limit below one second becomes one second.
    commands = (
        f"scorr; write_aiger {reduced}; pdr -f -T {max(1, int(limit_s))}; write_cex -a {name}.aiw"
    )
    (folder / reduced).unlink(missing_ok=True)  # of an earlier run
    code, text = _abc(folder, name, commands, limit_s)
    if code is None:
        return UNKNOWN
    if "Property proved" in text or _is_constant_zero(folder / reduced):
        return PROVED
    if _ASSERTED.search(text):
        return REFUTED
    if "timeout" in text.lower():
        return UNKNOWN
    # A text that is none of these must not pass for a verdict, whatever the exit code is.
    raise ToolError(
        f"yosys-abc gave no verdict (exit {code}): {' | '.join(text.strip().splitlines()[-3:])}"
    )


def _short_trace(folder: Path, name: str, limit_s: float) -> str:
    """``refuted`` where an assertion of `name`.aig fails within some clocks, else ``unknown``."""
    commands = f"bmc3 -F {_SHORT} -T {max(1, int(limit_s))}; write_cex -a {name}.aiw"
    _, text = _abc(folder, name, commands, limit_s)
    return REFUTED if _ASSERTED.search(text) else UNKNOWN


def _abc(folder: Path, name: str, commands: str, limit_s: float) -> tuple[int | None, str]:
    """Run ABC on `name`.aig, in a process of its own; exit code, None if late, and what it prints.

    `fold` turns assumptions into a part of the assertions, and `orpos` makes one assertion of
    several, since it decides a single output.
    """
    script = f"read_aiger {name}.aig; fold; strash; orpos; {commands}"
    try:
        # beyond the command's own limit: reading and `scorr` take time too
        process = run_program((str(abc()), "-q", script), cwd=folder, timeout=limit_s + 30)
    except subprocess.TimeoutExpired:
        return None, ""
    text = str(process.stdout + process.stderr)
    write_text(folder / f"{name}.abc.log", text)
    return process.returncode, text


def _is_constant_zero(reduced: Path) -> bool:
    """Whether `scorr` has already shown, by induction, that the only output is 0.

    PDR then prints nothing about the property.
    """
    header, *lines = reduced.read_bytes().split(b"\n")
    _, _, _, latches, outputs, *_ = header.split()
    return int(outputs) == 1 and lines[int(latches)] == b"0"


# --- a refutation, simulated again ----------------------------------------------------------------


@dataclass
class AndInverterGraph:
    """An and-inverter graph in AIGER's terms (fmv.jku.at/aiger).

    A literal is twice the number of its variable, plus 1 for the negation; literal 0 is false.

    Members
    -------
    inputs : literals.
    latches : literal and literal of the next value.
    bad : literals that must never be 1.
    assumed : literals that are 1 in every instant.
    gates : literal, and the two literals whose conjunction it is; operands first.
    """

    inputs: list[int]
    latches: list[tuple[int, int]]
    bad: list[int]
    assumed: list[int]
    gates: list[tuple[int, int, int]]

    @classmethod
    def read(cls, text: str) -> AndInverterGraph:
        """The graph of a text in AIGER's ASCII format."""
        lines = iter(text.splitlines())
        # "aag M I L O A B C": the last two may be missing
        counts = [int(word) for word in next(lines).split()[1:]] + [0] * 4
        _, inputs, latches, outputs, gates, bad, assumed = counts[:7]

        def rows(count: int) -> list[list[int]]:
            return [[int(word) for word in next(lines).split()] for _ in range(count)]

        input_literals = [row[0] for row in rows(inputs)]
        latch_pairs = [(row[0], row[1]) for row in rows(latches)]
        rows(outputs)
        bad_literals = [row[0] for row in rows(bad)]
        assumed_literals = [row[0] for row in rows(assumed)]
        triples = [(row[0], row[1], row[2]) for row in rows(gates)]
        return cls(input_literals, latch_pairs, bad_literals, assumed_literals, triples)

    def run(self, vectors: Sequence[str]) -> list[dict[int, int]]:
        """Values of all variables (by even literal) in each instant, from a state of zeroes."""
        state = {literal: 0 for literal, _ in self.latches}
        frames = []
        for vector in vectors:
            values = {
                0: 0,
                **state,
                **{literal: int(bit) for literal, bit in zip(self.inputs, vector, strict=True)},
            }
            for out, left, right in self.gates:
                values[out] = self.value(values, left) & self.value(values, right)
            frames.append(values)
            state = {literal: self.value(values, after) for literal, after in self.latches}
        return frames

    @staticmethod
    def value(values: Mapping[int, int], literal: int) -> int:
        """Value of a literal; an odd one is the negation of the even one before it."""
        return values[literal & ~1] ^ (literal & 1)


def _replay(folder: Path, name: str) -> dict[str, list[int]]:
    """Simulate ABC's trace, check that it ends in a failing assertion, and return named signals."""
    graph = AndInverterGraph.read((folder / f"{name}.aag").read_text(encoding="utf-8"))
    # The first line is the state of the latches, the others are the inputs of each instant.
    lines = (folder / f"{name}.aiw").read_text(encoding="utf-8").splitlines()
    vectors = [line for line in lines[1:] if line[:1] not in (".", "#")]
    if not vectors or {len(line) for line in vectors} != {len(graph.inputs)}:
        raise ToolError(
            f"{folder / name}.aiw is not a trace of {len(graph.inputs)} inputs; this is a fault of"
            " the translation"
        )
    # An `x` is an input that does not matter: 0 is as good as 1.
    frames = graph.run([line.replace("x", "0") for line in vectors])
    is_reached = any(graph.value(frames[-1], literal) for literal in graph.bad)
    obeyed = all(graph.value(values, literal) for values in frames for literal in graph.assumed)
    if not is_reached or not obeyed:
        raise ToolError(
            f"the trace of {folder / name}.aiw does not lead where ABC says; this is a fault of the"
            " translation"
        )
    return _values_by_name(graph, frames, (folder / f"{name}.map").read_text(encoding="utf-8"))


def _values_by_name(
    graph: AndInverterGraph, frames: Sequence[Mapping[int, int]], text: str
) -> dict[str, list[int]]:
    """Values of inputs and registers by name; Yosys' map file names each of their bits."""
    literals: dict[str, dict[int, int]] = {}  # name -> bit -> literal
    for line in text.splitlines():
        kind, index, *rest = line.split(maxsplit=3)
        if kind == "input":
            literal = graph.inputs[int(index)]
        elif kind in ("latch", "invlatch"):
            # A register that begins at 1 is stored inverted (see `-zinit`).
            literal = graph.latches[int(index)][0] ^ (kind == "invlatch")
        else:
            continue
        bit, label = rest
        literals.setdefault(label.lstrip("\\"), {})[int(bit)] = literal
    rows: dict[str, list[int]] = {}
    for label, bits in sorted(literals.items()):
        if "$" not in label:  # a name that Yosys made up
            rows[label] = [
                sum(graph.value(values, literal) << bit for bit, literal in bits.items())
                for values in frames
            ]
    return rows


def counterexample_of(answer: Answer, inside: Sequence[str] = ()) -> dict[str, str] | None:
    """An answer's trace as a certificate prints it: each signal's values, all in one line.

    Parameters
    ----------
    answer : of a claim; the result is None where it has no trace.
    inside : signals of the design to show beside those of the harness, by their names in a
        certificate, as ``dut.i_gray``.
    """
    if answer.trace is None:
        return None
    names = [name for name in answer.trace if "." not in name and not name.startswith("watch_")]
    names += [name for name in inside if name in answer.trace]
    return {name: " ".join(map(str, answer.trace[name])) for name in names}
