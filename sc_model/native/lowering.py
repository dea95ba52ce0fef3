"""A rule's graph made ready for a CPU: rewritten for vectors, and each node told which of a layer's
loops it belongs to.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum

from sc_model.graph import Graph, Op
from sc_model.graph.nodes import Builder, prune
from sc_model.graph.rewrite import remade, signed_decay


class Loop(Enum):
    """What a value differs between: nothing, the rows of a layer (inputs), its columns (neurons),
    or single synapses.
    """

    STEP = "step"
    ROW = "row"
    COLUMN = "column"
    SYNAPSE = "synapse"

    def joined(self, other: Loop) -> Loop:
        """Where a value lives that is made of values of both."""
        if self is other or other is Loop.STEP:
            return self
        return other if self is Loop.STEP else Loop.SYNAPSE


def loops_of(graph_or_builder: Graph | Builder, variables: Mapping[str, Loop]) -> list[Loop]:
    """The loop of each node, from those of the variables."""
    result: list[Loop] = []
    for node in graph_or_builder.nodes:
        loop = variables[str(node.data[0])] if node.op is Op.VAR else Loop.STEP
        for arg in node.args:
            loop = loop.joined(result[arg])
        result.append(loop)
    return result


def signed_decay_by_offset(b: Builder, index: int) -> int | None:
    """Sign and magnitude decay = e - ((e + (2^k - 1 where e < 0)) >> k): five operations that all
    vectors have.

    `>>` rounds down; with 2^k - 1 added to negative numbers it rounds towards zero, as the division
    of the magnitude does.
    """
    found = signed_decay(b, index)
    if found is None:
        return None
    negative, value, bits = found
    offset = b.make(Op.MUX, (negative, b.const((1 << bits) - 1), b.const(0)))
    shifted = b.make(Op.SHR, (b.make(Op.ADD, (value, offset)),), (bits,))
    return b.make(Op.SUB, (value, shifted), known=b.interval(index))


_UNARY = (Op.NEG, Op.SHR, Op.SHL, Op.INV)
_BINARY = (Op.ADD, Op.SUB)


def selection_last(b: Builder, index: int, loops: list[Loop]) -> int | None:
    """f(c ? x : y) = c ? f(x) : f(y) where both sides belong to an outer loop and the condition
    does not: f is then out of the innermost loop. The same for sums of selections by one condition.
    """
    node = b.nodes[index]
    if loops[index] is not Loop.SYNAPSE or node.op not in (*_UNARY, *_BINARY):
        return None
    conditions = {b.nodes[arg].args[0] for arg in node.args if b.nodes[arg].op is Op.MUX}
    if len(conditions) != 1:
        return None
    (condition,) = conditions
    sides: list[int] = []
    for place in (1, 2):
        args = tuple(
            b.nodes[arg].args[place] if b.nodes[arg].op is Op.MUX else arg for arg in node.args
        )
        loop = Loop.STEP
        for arg in args:
            loop = loop.joined(loops[arg])
        if loop is Loop.SYNAPSE:
            return None
        sides.append(b.make(node.op, args, node.data))
    return b.make(Op.MUX, (condition, *sides), known=node.interval)


def lowered(graph: Graph, variables: Mapping[str, Loop]) -> Graph:
    """An equal graph with what a CPU does fast in place of what was written."""
    builder, moved = remade(graph, signed_decay_by_offset)
    graph = _pruned(graph, builder, moved)
    while True:
        builder, moved = remade(
            graph, lambda b, index: selection_last(b, index, loops_of(b, variables))
        )
        after = _pruned(graph, builder, moved)
        if len(after.nodes) == len(graph.nodes) and after.nodes == graph.nodes:
            return after
        graph = after


def _pruned(graph: Graph, builder: Builder, moved: Mapping[int, int]) -> Graph:
    return prune(
        builder,
        {name: moved[index] for name, index in graph.variables.items()},
        {name: moved[index] for name, index in graph.outputs.items()},
        {},
    )
