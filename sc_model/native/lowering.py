"""A rule's graph for a CPU: rewritten for vectors, and the loop that each node belongs to.

Rules that differ in the values of constants alone have graphs of one shape here: their kernels are
one text, with the constants as data (see `sc_model.native.scalar.Constants`).
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum

from sc_model.graph import Graph, Interval, Op
from sc_model.graph.nodes import Builder, prune
from sc_model.graph.rewrite import Rewrite, remade, signed_decay


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


class KernelBuilder(Builder):
    """Makes nodes in a shape that does not depend on the values of constants.

    Constants, and operations on or with constants, are neither shared nor left out. So `x >> n` and
    `x >> m` are two nodes where n and m happen to be equal, `x >> 0` and `x + 0` are nodes, and a
    value is clamped even where it is within the bounds. A range of one value is a constant still.
    """

    def _add(
        self, op: Op, args: tuple[int, ...], data: tuple[int | str, ...], interval: Interval
    ) -> int:
        if op in (Op.LT, Op.EQ):
            # `x < 0` is one node: rewrites look for the one condition of several selections
            args = tuple(self._shared_zero(arg) for arg in args)
        elif data and op is not Op.VAR:
            self._index.pop((op, args, data), None)
        return super()._add(op, args, data, interval)

    def _shared_zero(self, index: int) -> int:
        """The first constant 0 that was compared with, for a constant 0."""
        if self.nodes[index].op is not Op.CONST or self.nodes[index].constant:
            return index
        return self._index.setdefault((Op.CONST, (), ("0 compared",)), index)

    def _simplified(self, op: Op, args: tuple[int, ...], data: tuple[int | str, ...]) -> int | None:
        constant = any(self.nodes[arg].op is Op.CONST for arg in args)
        if op is not Op.MUX and (data or constant):
            return None
        return super()._simplified(op, args, data)


def product_with_constant(b: Builder, index: int) -> int | None:
    """0 + (x << i) + (x << j) = x * (2^i + 2^j): how many bits of a gain are set is no shape.

    That is how `sc_model.spec.rule_kit.times` multiplies, for hardware; a CPU has multipliers.
    """
    node = b.nodes[index]
    if node.op is not Op.ADD:
        return None
    total, shifted = (b.nodes[arg] for arg in node.args)
    if shifted.op is not Op.SHL:
        return None
    gain = 1 << shifted.constant
    if total.op is Op.MUL and total.args[0] == shifted.args[0]:
        factor = b.nodes[total.args[1]]
        if factor.op is not Op.CONST:
            return None
        gain += factor.constant
    elif b.interval(node.args[0]) != Interval(0, 0):
        return None
    return b.make(Op.MUL, (shifted.args[0], b.const(gain)), known=node.interval)


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
_BINARY = (Op.ADD, Op.SUB, Op.MUL)


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
    graph = rewritten(rewritten(graph, product_with_constant), signed_decay_by_offset)
    while True:  # one selection moves over one operation in each pass
        after = rewritten(graph, lambda b, index: selection_last(b, index, loops_of(b, variables)))
        if len(after.nodes) == len(graph.nodes) and after.nodes == graph.nodes:
            return after
        graph = after


def rewritten(graph: Graph, rule: Rewrite) -> Graph:
    """The graph after a rewrite of its nodes; names of intermediates are of no use to a kernel."""
    builder, new_index = remade(graph, rule, nodes=KernelBuilder)
    return prune(
        builder,
        {name: new_index[index] for name, index in graph.variables.items()},
        {name: new_index[index] for name, index in graph.outputs.items()},
        {},
    )
