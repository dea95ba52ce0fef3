"""The emitted Verilog, read back by Yosys and turned into SMT terms.

A proof compares the rule's text with these terms. So whatever lies between the two, which is
tracing, width analysis, rewriting, pipelining and Verilog output, is checked by the proof.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sc_hw.files import write_text
from sc_hw.tools import run_yosys
from sc_model.graph.smt import K, Terms

# No `opt -full` and no initial values: Yosys would shrink registers to the states that it takes to
# be reachable, and a proof is about all states. `dffunmap` and `async2sync` leave flip-flops
# without enable and reset. Tables become logic: BTOR2 would keep them as memories with initial
# values.
FLATTENED = """proc
flatten
setattr -unset init w:*
opt_expr
async2sync
dffunmap
opt_expr
opt_clean
memory_collect
memory_map -rom-only
opt_clean
check -assert"""
_SCRIPT = "{reads}\nhierarchy -check -top {top}\n" + FLATTENED + "\nwrite_btor {name}.btor\n"

# BTOR2 has no clocks, so with several of them each register is written as "next value where its
# clock is 1, else its own": the clocks are inputs then. `_TECHMAP_FAIL_` leaves a flip-flop of the
# falling edge as it is: BTOR2 would not show which edge was meant.
_CLOCK_AS_CONDITION = r"""(* techmap_celltype = "$dff" *)
module clock_as_condition (CLK, D, Q);
  parameter WIDTH = 1;
  parameter CLK_POLARITY = 1'b1;
  input CLK;
  input [WIDTH-1:0] D;
  output [WIDTH-1:0] Q;
  wire _TECHMAP_FAIL_ = !CLK_POLARITY;
  \$ff #(.WIDTH(WIDTH)) instant (.D(CLK ? D : Q), .Q(Q));
endmodule
"""
# With several clocks. The `select` stops at a flip-flop of the falling edge. `memory_map` leaves
# undefined bits, which are made 0: each would be an input without a name.
_CLOCKS_SCRIPT = """{reads}
hierarchy -check -top {top}
proc
flatten
setattr -unset init w:*
opt_expr
opt_clean
memory_collect
memory_map
chformal -lower
async2sync
dffunmap
techmap -map clock_as_condition.v
select -assert-none t:$dff* t:$adff* t:$aldff* t:$sdff* t:$dlatch* t:$sr t:$mem*
setundef -zero
opt_expr
opt_clean
check -assert
write_btor {name}.btor
"""


def read_back(verilog: Path, top: str, folder: Path, name: str = "netlist") -> str:
    """BTOR2 text of module `top` in a Verilog file.

    Parameters
    ----------
    verilog : the file.
    top : the module, in one clock domain.
    folder, name : where the files of the run are written, and how their names begin.

    Raises ToolError where Yosys finds an error in the Verilog.
    """
    return _btor(_SCRIPT, (verilog,), top, folder, name)


def write_clock_as_condition(folder: Path) -> None:
    """Write `clock_as_condition.v`, by which `techmap -map` makes clocks inputs of the logic."""
    write_text(folder / "clock_as_condition.v", _CLOCK_AS_CONDITION)


def read_back_clocks(files: Sequence[Path], top: str, folder: Path, name: str = "netlist") -> str:
    """BTOR2 text of a design in several clock domains, made of Verilog and RTLIL files.

    Its clocks are inputs, and a register takes its next value only where its clock is 1. Parameters
    and errors are those of :func:`read_back`.
    """
    write_clock_as_condition(folder)
    return _btor(_CLOCKS_SCRIPT, files, top, folder, name)


def _btor(script: str, files: Sequence[Path], top: str, folder: Path, name: str) -> str:
    folder.mkdir(parents=True, exist_ok=True)
    # A harness for proofs over several clocks uses `assert` and `anyseq`: SystemVerilog's formal
    # subset.
    verilog = "read_verilog -formal -overwrite" if script is _CLOCKS_SCRIPT else "read_verilog"
    reads = [
        f"{'read_rtlil' if file.suffix == '.il' else verilog} {file.resolve()}" for file in files
    ]
    text = script.format(reads="\n".join(reads), top=top, name=name)
    run_yosys(text, folder=folder, name=name)
    return (folder / f"{name}.btor").read_text()


_BINARY = {
    "add": K.BV_ADD,
    "sub": K.BV_SUB,
    "mul": K.BV_MUL,
    "and": K.BV_AND,
    "or": K.BV_OR,
    "xor": K.BV_XOR,
    "xnor": K.BV_XNOR,
    "concat": K.BV_CONCAT,
    "sll": K.BV_SHL,
    "srl": K.BV_SHR,
    "sra": K.BV_ASHR,
    "udiv": K.BV_UDIV,
    "urem": K.BV_UREM,
}
_COMPARE = {
    "eq": K.EQUAL,
    "neq": K.DISTINCT,
    "ult": K.BV_ULT,
    "ulte": K.BV_ULE,
    "ugt": K.BV_UGT,
    "ugte": K.BV_UGE,
    "slt": K.BV_SLT,
    "slte": K.BV_SLE,
    "sgt": K.BV_SGT,
    "sgte": K.BV_SGE,
}


class MissingSignalError(KeyError, ValueError):
    """A netlist has no signal, register or memory of the kind that a claim is about."""

    def __str__(self) -> str:  # a KeyError would show its text as a quoted value
        return str(self.args[0])


@dataclass
class Netlist:
    """A synchronous netlist as terms over its present inputs and state.

    Members
    -------
    terms : what the netlist is written in.
    inputs : free terms by port name; undefined bits are ``input<line>`` (see `is_undefined`).
    states : free terms by register name (``state<line>`` where Yosys kept none); memories are
        arrays.
    following : next value of each state, as terms over `inputs` and `states`.
    signals : terms by name of every output, register and named wire (hierarchy joined with dots).
    outputs : terms by port name.
    asserted : one-bit terms that are 1 where an assertion of the design fails.
    assumed : one-bit terms that are 1 where an assumption of the design holds.
    unrolled : for each unrolling of this netlist (see `Frames`), the free terms of its first clock
        by register, and the inputs that are the same in all its clocks.
    """

    terms: Terms
    inputs: dict[str, Any] = field(default_factory=dict)
    states: dict[str, Any] = field(default_factory=dict)
    following: dict[str, Any] = field(default_factory=dict)
    signals: dict[str, Any] = field(default_factory=dict)
    outputs: dict[str, Any] = field(default_factory=dict)
    asserted: list[Any] = field(default_factory=list)
    assumed: list[Any] = field(default_factory=list)
    unrolled: list[tuple[dict[str, Any], dict[str, Any]]] = field(default_factory=list)

    def substitute(self, term: Any, values: dict[Any, Any]) -> Any:
        """`term` with free terms replaced."""
        return self.terms.tm.substitute_term(term, values) if values else term

    def step(self, states: dict[str, Any], inputs: dict[str, Any]) -> dict[str, Any]:
        """States one clock after some states and inputs."""
        values = self.binding(states, inputs)
        return {name: self.substitute(term, values) for name, term in self.following.items()}

    def binding(self, states: dict[str, Any], inputs: dict[str, Any]) -> dict[Any, Any]:
        """The substitution that puts the netlist into a state, with some inputs."""
        return {self.states[n]: t for n, t in states.items()} | {
            self.inputs[n]: t for n, t in inputs.items()
        }

    def fresh_states(self, tag: str) -> dict[str, Any]:
        """An arbitrary state: new free terms."""
        return {
            name: self.terms.tm.mk_const(term.sort(), f"{name}@{tag}")
            for name, term in self.states.items()
        }

    def fresh_inputs(self, tag: str) -> dict[str, Any]:
        """Arbitrary inputs: new free terms."""
        return {
            name: self.terms.tm.mk_const(term.sort(), f"{name}@{tag}")
            for name, term in self.inputs.items()
        }

    def is_whole(self, term: Any) -> bool:
        """Whether no bits of a signal are undefined: Yosys removes what nothing but a wire uses."""
        parts = [term]
        while parts:
            part = parts.pop()
            if part.kind() == K.BV_CONCAT:
                parts += part.children()
            elif part.is_const() and is_undefined(part.symbol()):
                return False
        return True

    def reset_values(self) -> dict[str, Any]:
        """Constants that a reset gives to registers: those whose input `rst` selects directly.

        That registers have these values at power-on too is a claim about the whole Verilog (see
        `sc_hw.proof.power_on`).
        """
        if "rst" not in self.inputs:
            return {}
        reset = self.terms.is_one(self.inputs["rst"])
        values = {}
        for name, term in self.following.items():
            if term.kind() == K.ITE:
                condition, value, _ = term.children()
                if condition == reset and value.is_value():
                    values[name] = value
        return values

    @property
    def memory(self) -> str:
        """Name of the only memory; ValueError where there is none or more than one."""
        names = [name for name, term in self.states.items() if term.sort().is_array()]
        if len(names) != 1:
            raise MissingSignalError(f"netlist must have one memory, not {names}")
        return names[0]

    @property
    def memory_latch(self) -> str:
        """Name of the register inside the memory's read port: what loads a word of it in every
        clock.
        """
        # Its next value is a read of the memory and nothing else, since it has no enable.
        for name, term in self.following.items():
            if term.kind() == K.ARRAY_SELECT and term.children()[0] == self.states[self.memory]:
                return name
        raise MissingSignalError("netlist has no register that reads the memory in every clock")

    def state_of(self, signal: str) -> str:
        """Name of the register behind a signal; KeyError where the signal is no register."""
        for name, term in self.states.items():
            if term == self.signals.get(signal):
                return name
        raise MissingSignalError(f"netlist must have a register behind '{signal}', and has none")


def is_undefined(name: str) -> bool:
    """Whether an input stands for bits that the Verilog leaves undefined.

    Yosys makes an input of them that has no name; it is called ``input<line>`` here.
    """
    number = name.removeprefix("input")
    return number != name and number.isdigit()


def parse_btor(text: str, terms: Terms) -> Netlist:
    """Read the BTOR2 that Yosys writes; ValueError names an operation that is not known."""
    return _Reader(terms).read(text)


class _Reader:
    """Reads BTOR2 line by line (A. Niemetz, M. Preiner, C. Wolf, A. Biere, "Btor2, BtorMC and
    Boolector 3.0", CAV 2018).

    A line is `number operation sort operands`; a negative operand is the complement of a node.
    """

    def __init__(self, terms: Terms) -> None:
        self.terms, self.net = terms, Netlist(terms)
        self.nodes: dict[int, Any] = {}
        self.widths: dict[int, int] = {}
        self.arrays: dict[int, tuple[int, int]] = {}
        self.state_names: dict[int, str] = {}

    def read(self, text: str) -> Netlist:
        """The netlist of a text."""
        # (number of a state, number of its next value), until all lines have been read
        pending: list[tuple[int, int]] = []
        for line in text.splitlines():
            fields = line.split(";")[0].split()
            if not fields:
                continue
            number, operation, rest = int(fields[0]), fields[1], fields[2:]
            if operation == "sort":
                if rest[0] == "bitvec":
                    self.widths[number] = int(rest[1])
                else:
                    self.arrays[number] = (int(rest[1]), int(rest[2]))
            elif operation == "output":
                term = self.term(int(rest[0]))
                self.net.signals[rest[1]] = self.net.outputs[rest[1]] = term
            elif operation == "next":
                pending.append((int(rest[1]), int(rest[2])))
            elif operation == "bad":
                self.net.asserted.append(self.term(int(rest[0])))
            elif operation == "constraint":
                self.net.assumed.append(self.term(int(rest[0])))
            elif operation == "init":  # a proof is about every state
                continue
            else:
                self.nodes[number] = self.node(number, operation, rest)
        for state, value in pending:
            self.net.following[self.state_names[state]] = self.term(value)
        return self.net

    def term(self, number: int) -> Any:
        """The term of a node."""
        return self.nodes[number] if number > 0 else self.terms(K.BV_NOT, self.nodes[-number])

    def bit(self, condition: Any) -> Any:
        """A condition as a vector of one bit: BTOR2 has no other truth values."""
        return self.terms(K.ITE, condition, self.terms.const(1, 1), self.terms.const(0, 1))

    def sort(self, number: int) -> Any:
        """The solver's sort for a sort of the text."""
        tm = self.terms.tm
        if number in self.widths:
            return tm.mk_bv_sort(self.widths[number])
        index, element = self.arrays[number]
        return tm.mk_array_sort(self.sort(index), self.sort(element))

    def node(self, number: int, operation: str, rest: list[str]) -> Any:
        """The term of a line that defines a node."""
        t, sort, args = self.terms, int(rest[0]), rest[1:]
        if operation in ("input", "state"):
            name = args[0] if args else f"{operation}{number}"
            term = t.tm.mk_const(self.sort(sort), name)
            if operation == "input":
                self.net.inputs[name] = term
            else:
                # `next` lines name a register by its number, claims by its name.
                self.net.states[name], self.state_names[number] = term, name
                self.net.signals.setdefault(name, term)
            return term
        width = self.widths.get(sort, 0)
        if operation in ("const", "constd", "consth"):
            return t.const(int(args[0], {"const": 2, "constd": 10, "consth": 16}[operation]), width)
        if operation in ("zero", "one", "ones"):
            return t.const({"zero": 0, "one": 1, "ones": -1}[operation], width)
        operand = self.term(int(args[0]))
        if operation in ("uext", "sext"):
            if len(args) > 2:  # Yosys names a wire by extending it by no bits
                self.net.signals.setdefault(args[2], operand)
            kind = K.BV_ZERO_EXTEND if operation == "uext" else K.BV_SIGN_EXTEND
            return t(kind, operand, indices=(int(args[1]),)) if int(args[1]) else operand
        if operation == "slice":
            return t(K.BV_EXTRACT, operand, indices=(int(args[1]), int(args[2])))
        return self.operation(operation, [operand, *(self.term(int(arg)) for arg in args[1:])])

    def operation(self, operation: str, args: list[Any]) -> Any:
        """The term of an operation on terms."""
        t = self.terms
        unary: dict[str, Callable[[Any], Any]] = {
            "not": lambda a: t(K.BV_NOT, a),
            "neg": lambda a: t(K.BV_NEG, a),
            "redor": lambda a: self.bit(t.differ(a, t.const(0, t.width(a)))),
            "redand": lambda a: self.bit(t(K.EQUAL, a, t.const(-1, t.width(a)))),
            "redxor": lambda a: t(K.BV_REDXOR, a),
        }
        if operation in unary:
            return unary[operation](args[0])
        if operation in _BINARY:
            return t(_BINARY[operation], *args)
        if operation in _COMPARE:
            return self.bit(t(_COMPARE[operation], *args))
        if operation == "ite":
            return t(K.ITE, t.is_one(args[0]), args[1], args[2])
        if operation == "read":
            return t(K.ARRAY_SELECT, *args)
        if operation == "write":
            return t(K.ARRAY_STORE, *args)
        raise ValueError(f"BTOR2 operation '{operation}' is not known to this reader")
