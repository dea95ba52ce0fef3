"""Graph nodes as C on single 64-bit integers: what is outside the innermost loop, and synapses that stand alone."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from sc_model.graph import Graph, Node, Op

_BINARY = {Op.ADD: "+", Op.SUB: "-", Op.MUL: "*", Op.LT: "<", Op.EQ: "==", Op.AND: "&", Op.OR: "|"}


def scalar_lines(graph: Graph, wanted: Iterable[int], variables: Mapping[str, str], prefix: str = "n") -> list[str]:
    """Statements that give each wanted node, and what it needs, the name `<prefix><index>`; variables are C expressions.

    Every node must fit 64 signed bits (see `Graph.max_width`).
    """
    needed: set[int] = set()
    stack = list(wanted)
    while stack:
        index = stack.pop()
        if index not in needed:
            needed.add(index)
            stack.extend(graph.nodes[index].args)
    return [f"const int64_t {prefix}{index} = {_expression(graph.nodes[index], prefix, variables)};" for index in sorted(needed)]


def _expression(node: Node, prefix: str, variables: Mapping[str, str]) -> str:
    a = [f"{prefix}{arg}" for arg in node.args]
    if node.op is Op.CONST:
        return literal(node.constant)
    if node.op is Op.VAR:
        return variables[str(node.data[0])]
    if node.op in _BINARY:
        return f"{a[0]} {_BINARY[node.op]} {a[1]}"
    if node.op is Op.NEG:
        return f"-{a[0]}"
    if node.op is Op.SHR:
        return f"{a[0]} >> {min(node.constant, 63)}"
    if node.op is Op.SHL:
        return f"{a[0]} << {node.constant}"
    if node.op is Op.NOT:
        return f"!{a[0]}"
    if node.op is Op.MUX:
        return f"{a[0]} ? {a[1]} : {a[2]}"
    if node.op is Op.CLAMP:
        lo, hi = (literal(int(bound)) for bound in node.data)
        return f"{a[0]} < {lo} ? {lo} : {a[0]} > {hi} ? {hi} : {a[0]}"
    if node.op is Op.ADDC:
        return f"{a[0]} + {a[1]} + {a[2]}"
    if node.op is Op.INV:
        return f"~{a[0]}"
    if node.op is Op.COMPLEMENT:
        return f"{literal((1 << node.constant) - 1)} - {a[0]}"
    if node.op is Op.LOW_NONZERO:
        return f"({a[0]} & {literal((1 << node.constant) - 1)}) != 0"
    if node.op is Op.WRAP:
        bits, signed = node.constant, node.data[1]
        if signed:
            return f"(int64_t)((uint64_t){a[0]} << {64 - bits}) >> {64 - bits}"
        return f"{a[0]} & {literal((1 << bits) - 1)}"
    raise ValueError(f"no C for the operation {node.op}")


def literal(value: int) -> str:
    """A 64-bit constant; the smallest one has no literal of its own in C."""
    return f"(-{-value - 1}LL - 1)" if value == -(1 << 63) else f"{value}LL"
