"""A rule's graph for a CPU: rewritten for vectors, and the loop that each node belongs to."""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum

from sc_model.graph import Graph, Op
from sc_model.graph.nodes import Builder, prune
from sc_model.graph.rewrite import remade, signed_decay


class Loop(Enum):
    """The loop of a layer in which a value changes.

    Members
    -------
    STEP : the value is the same for all synapses of a step.
    ROW : it differs between the inputs of the layer.
    COLUMN : it differs between the neurons.
    SYNAPSE : it differs between synapses.
    """

    STEP = "step"
    ROW = "row"
    COLUMN = "column"
    SYNAPSE = "synapse"

    def joined(self, other: Loop) -> Loop:
        """The loop of a value that depends on values of both."""
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
    """A decay of sign and magnitude as e - ((e + (2^k - 1 where e < 0)) >> k).

    `>>` rounds down; with 2^k - 1 added to negative numbers it rounds towards zero, as a shift of
    the magnitude does. These are five operations that all vector units have.
    """
    decay = signed_decay(b, index)
    if decay is None:
        return None
    negative, value, bits = decay
    offset = b.make(Op.MUX, (negative, b.const((1 << bits) - 1), b.const(0)))
    shifted = b.make(Op.SHR, (b.make(Op.ADD, (value, offset)),), (bits,))
    return b.make(Op.SUB, (value, shifted), known=b.interval(index))


_UNARY = (Op.NEG, Op.SHR, Op.SHL, Op.INV)
_BINARY = (Op.ADD, Op.SUB)


def selection_last(b: Builder, index: int, loops: list[Loop]) -> int | None:
    """f(c ? x : y) = c ? f(x) : f(y): moves f out of the innermost loop.

    It applies where f(x) and f(y) belong to an outer loop and the condition does not. The same
    holds for sums of selections by one condition.
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
    """An equal graph that is fast on a CPU; `variables` has the loop of each variable."""
    builder, new_index = remade(graph, signed_decay_by_offset)
    graph = _pruned(graph, builder, new_index)
    while True:  # one selection moves over one operation in each pass
        builder, new_index = remade(
            graph, lambda b, index: selection_last(b, index, loops_of(b, variables))
        )
        after = _pruned(graph, builder, new_index)
        if len(after.nodes) == len(graph.nodes) and after.nodes == graph.nodes:
            return after
        graph = after


def _pruned(graph: Graph, builder: Builder, new_index: Mapping[int, int]) -> Graph:
    """The rewritten graph; names of intermediates are of no use to a kernel."""
    return prune(
        builder,
        {name: new_index[index] for name, index in graph.variables.items()},
        {name: new_index[index] for name, index in graph.outputs.items()},
        {},
    )
