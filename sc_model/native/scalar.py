"""Graph nodes as C on single integers: for single synapses, and outside the innermost loop."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import numpy as np
from numpy.typing import NDArray

from sc_model.graph import Graph, Node, Op

_BINARY = {Op.ADD: "+", Op.SUB: "-", Op.MUL: "*", Op.LT: "<", Op.EQ: "==", Op.AND: "&", Op.OR: "|"}


class Constants:
    """Constants of a kernel that are handed over when it runs, so that its text has none of them.

    Kernels that differ only in thresholds, steps and shifts have one text, and are compiled once.
    Equal constants get slots of their own.

    Members
    -------
    values : the constants, in the order of their slots.
    """

    def __init__(self) -> None:
        self.values: list[int] = []
        self._types: list[str] = []

    def _new(self, value: int, kind: str) -> str:
        self.values.append(value)
        self._types.append(kind)
        return f"k{len(self.values) - 1}"

    def slot(self, value: int, bits: int) -> str:
        """The C name of a new constant of that many bits."""
        return self._new(value, f"int{bits}_t")

    def vector(self, value: int) -> str:
        """The C name of a vector whose elements all are a new constant, modulo their width."""
        return f"of.{self._new(value, 'V')}"

    def shift(self, bits: int) -> str:
        """The C name of a new constant by which vectors are shifted."""
        return f"of.{self._new(bits, 'Count')}"

    @property
    def declarations(self) -> str:
        """C that takes all constants of single integers from an array `constants`."""
        return " ".join(
            f"const {kind} k{n} = ({kind})constants[{n}];"
            for n, kind in enumerate(self._types)
            if kind.startswith("int")
        )

    @property
    def vectors(self) -> str:
        """C of the structure of all constants of vectors, and of its making from such an array."""
        makers = {"V": "all((E)constants[{}])", "Count": "count_of(constants[{}])"}
        of_vectors = [(n, kind) for n, kind in enumerate(self._types) if kind in makers]
        members = " ".join(f"{kind} k{n};" for n, kind in of_vectors)
        values = ", ".join(makers[kind].format(n) for n, kind in of_vectors)
        return (
            f"struct Constants {{ {members} }};\n"
            "static inline Constants constants_of(const int64_t *constants) {"
            f" return Constants{{ {values} }}; }}\n"
        )

    def array(self) -> NDArray[np.int64]:
        """The array that the kernel is called with; never empty, for C has no empty arrays."""
        return np.array(self.values or [0], np.int64)


def scalar_lines(
    graph: Graph,
    outputs: Iterable[int],
    variables: Mapping[str, str],
    prefix: str = "n",
    constants: Constants | None = None,
) -> list[str]:
    """C statements that compute some nodes and everything that they need.

    Every node must fit 64 signed bits (see `Graph.max_width`). Where all of them fit 32 bits, the
    statements compute in 32: the compiler then puts twice as many into a vector.

    Parameters
    ----------
    outputs : indices of the nodes.
    variables : C expression of each variable.
    prefix : node n is called ``<prefix>n``.
    constants : takes the constants and shifts; None: they are written into the text.
    """
    needed: set[int] = set()
    stack = list(outputs)
    while stack:
        index = stack.pop()
        if index not in needed:
            needed.add(index)
            stack.extend(graph.nodes[index].args)
    forms = [graph.nodes[index].interval.format for index in needed]
    bits = 32 if all(form.width + (not form.signed) <= 32 for form in forms) else 64
    return [
        f"const int{bits}_t {prefix}{index} ="
        f" {_expression(graph.nodes[index], prefix, variables, bits, constants)};"
        for index in sorted(needed)
    ]


def _expression(
    node: Node,
    prefix: str,
    variables: Mapping[str, str],
    bits: int,
    constants: Constants | None,
) -> str:
    """C of one node."""

    def constant(value: int) -> str:
        return literal(value, bits) if constants is None else constants.slot(value, bits)

    a = [f"{prefix}{arg}" for arg in node.args]
    if node.op is Op.CONST:
        return constant(node.constant)
    if node.op is Op.VAR:
        return variables[str(node.data[0])]
    if node.op in _BINARY:
        return f"{a[0]} {_BINARY[node.op]} {a[1]}"
    if node.op is Op.NEG:
        return f"-{a[0]}"
    if node.op is Op.SHR:
        # C leaves a shift by the width or more undefined; by width - 1 it gives the sign already
        return f"{a[0]} >> {constant(min(node.constant, bits - 1))}"
    if node.op is Op.SHL:
        return f"{a[0]} << {constant(node.constant)}"
    if node.op is Op.NOT:
        return f"!{a[0]}"
    if node.op is Op.MUX:
        return f"{a[0]} ? {a[1]} : {a[2]}"
    if node.op is Op.CLAMP:
        lo, hi = (
            constant(max(-(1 << (bits - 1)), min(int(bound), (1 << (bits - 1)) - 1)))
            for bound in node.data
        )
        return f"{a[0]} < {lo} ? {lo} : {a[0]} > {hi} ? {hi} : {a[0]}"
    if node.op is Op.ADDC:
        return f"{a[0]} + {a[1]} + {a[2]}"
    if node.op is Op.INV:
        return f"~{a[0]}"
    if node.op is Op.COMPLEMENT:
        return f"{literal((1 << node.constant) - 1, bits)} - {a[0]}"
    if node.op is Op.LOW_NONZERO:
        return f"((uint64_t){a[0]} & {(1 << min(node.constant, 64)) - 1}ULL) != 0"
    if node.op is Op.WRAP:
        low, signed = node.constant, node.data[1]
        if signed:
            return f"(int64_t)((uint64_t){a[0]} << {64 - low}) >> {64 - low}"
        return f"(int64_t)((uint64_t){a[0]} & {(1 << low) - 1}ULL)"
    raise ValueError(f"no C for the operation {node.op}")


def literal(value: int, bits: int = 64) -> str:
    """A C constant of that many bits; -2^(bits-1) has no literal in C, so it is an expression."""
    suffix = "LL" if bits == 64 else ""
    return f"(-{-value - 1}{suffix} - 1)" if value == -(1 << (bits - 1)) else f"{value}{suffix}"
