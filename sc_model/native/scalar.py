"""Graph nodes as C on single integers: for single synapses, and outside the innermost loop."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from sc_model.graph import Graph, Node, Op

_BINARY = {Op.ADD: "+", Op.SUB: "-", Op.MUL: "*", Op.LT: "<", Op.EQ: "==", Op.AND: "&", Op.OR: "|"}


def scalar_lines(
    graph: Graph, wanted: Iterable[int], variables: Mapping[str, str], prefix: str = "n"
) -> list[str]:
    """C statements that compute some nodes and everything that they need.

    Every node must fit 64 signed bits (see `Graph.max_width`). Where all of them fit 32 bits, the
    statements compute in 32: the compiler then puts twice as many into a vector.

    Parameters
    ----------
    wanted : indices of the nodes.
    variables : C expression of each variable.
    prefix : node n is called ``<prefix>n``.
    """
    needed: set[int] = set()
    stack = list(wanted)
    while stack:
        index = stack.pop()
        if index not in needed:
            needed.add(index)
            stack.extend(graph.nodes[index].args)
    forms = [graph.nodes[index].interval.format for index in needed]
    bits = 32 if all(form.width + (not form.signed) <= 32 for form in forms) else 64
    return [
        f"const int{bits}_t {prefix}{index} ="
        f" {_expression(graph.nodes[index], prefix, variables, bits)};"
        for index in sorted(needed)
    ]


def _expression(node: Node, prefix: str, variables: Mapping[str, str], bits: int) -> str:
    """C of one node."""
    a = [f"{prefix}{arg}" for arg in node.args]
    if node.op is Op.CONST:
        return literal(node.constant, bits)
    if node.op is Op.VAR:
        return variables[str(node.data[0])]
    if node.op in _BINARY:
        return f"{a[0]} {_BINARY[node.op]} {a[1]}"
    if node.op is Op.NEG:
        return f"-{a[0]}"
    if node.op is Op.SHR:
        # C leaves a shift by the width or more undefined; by width - 1 it gives the sign already
        return f"{a[0]} >> {min(node.constant, bits - 1)}"
    if node.op is Op.SHL:
        return f"{a[0]} << {node.constant}"
    if node.op is Op.NOT:
        return f"!{a[0]}"
    if node.op is Op.MUX:
        return f"{a[0]} ? {a[1]} : {a[2]}"
    if node.op is Op.CLAMP:
        lo, hi = (
            literal(max(-(1 << (bits - 1)), min(int(bound), (1 << (bits - 1)) - 1)), bits)
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
