"""Nodes, graphs, and the builder that shares equal nodes and proves a range for each.

Every node is an exact integer function of its arguments; nothing wraps. Conditions are the integers
0 and 1. A rule does not write the operations from ADDC on: rewrites bring them in, because hardware
has them for (almost) nothing.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import FrameType

from sc_model.graph.interval import Interval
from sc_model.spec.bounds import MAX_OPERATIONS, MAX_VALUE_BITS


class Op(StrEnum):
    """What a node computes; `args` are its operands, `data` its constants."""

    CONST = "const"  # data = (value,)
    VAR = "var"  # data = (name,): a state field or an input
    ADD = "add"
    SUB = "sub"
    NEG = "neg"
    MUL = "mul"
    SHR = "shr"  # data = (bits,), towards minus infinity
    SHL = "shl"  # data = (bits,)
    LT = "lt"
    EQ = "eq"
    AND = "and"  # of booleans
    OR = "or"
    NOT = "not"
    MUX = "mux"  # condition, if true, if false
    CLAMP = "clamp"  # data = (lo, hi)
    ADDC = "addc"  # a + b + carry: one adder with its carry-in
    INV = "inv"  # -1 - a: every bit inverted, no adder
    COMPLEMENT = "complement"  # 2^n - 1 - a for a in [0, 2^n): n bits inverted; data = (n,)
    LOW_NONZERO = "low_nonzero"  # whether any of the n low bits of a is set; data = (n,)
    # a modulo 2^n, signed or not; data = (n, signed). `a - ((a >> n) << n)` becomes this, and
    # mutants use it to drop the highest bit of a value.
    WRAP = "wrap"


@dataclass(frozen=True)
class Node:
    """One operation.

    Members
    -------
    op : the operation.
    args : operands, as indices of earlier nodes of the same graph.
    data : constants of the operation, see `Op`.
    interval : a range that holds every value of the node.
    """

    op: Op
    args: tuple[int, ...]
    data: tuple[int | str, ...]
    interval: Interval

    @property
    def constant(self) -> int:
        """First constant of the operation."""
        value = self.data[0]
        if not isinstance(value, int):
            raise TypeError(f"node {self.op} holds {value!r}, not an integer")
        return value


@dataclass(frozen=True)
class Graph:
    """A traced rule.

    Members
    -------
    nodes : the nodes, operands before what uses them.
    variables : index of each state field and input, by name.
    outputs : index of the new value of each state field, by name.
    lets : index of each named intermediate, by name.
    """

    nodes: tuple[Node, ...]
    variables: Mapping[str, int]
    outputs: Mapping[str, int]
    lets: Mapping[str, int]

    @property
    def max_width(self) -> int:
        """Width in bits of the widest node, counted as a signed integer."""
        return max(
            node.interval.format.width + (not node.interval.format.signed) for node in self.nodes
        )

    def names(self) -> dict[int, str]:
        """The first name of each named node."""
        result: dict[int, str] = {}
        for name, index in self.lets.items():
            result.setdefault(index, name)
        return result


def _shifted(interval: Interval, bits: int) -> Interval:
    return Interval(interval.lo >> bits, interval.hi >> bits)


@dataclass
class Builder:
    """Makes nodes, shares equal ones, folds constants and proves a range for each.

    Members
    -------
    nodes : the nodes so far; a node's index is its place in this list.
    file : path of a source file, as code objects name it; empty: no lines are recorded.
    lines : the line of `file` that made a node, by the node's index; a node that other code made
        is not in it.
    """

    nodes: list[Node] = field(default_factory=list)
    file: str = ""
    lines: dict[int, int] = field(default_factory=dict)
    # Index of the node with an operation, operands and constants: an equal node is not made twice.
    _index: dict[tuple[Op, tuple[int, ...], tuple[int | str, ...]], int] = field(
        default_factory=dict
    )

    def interval(self, index: int) -> Interval:
        """Range of a node."""
        return self.nodes[index].interval

    def const(self, value: int) -> int:
        """A constant."""
        return self._add(Op.CONST, (), (value,), Interval(value, value))

    def var(self, name: str, interval: Interval) -> int:
        """A state field or an input with its full range."""
        return self._add(Op.VAR, (), (name,), interval)

    def make(
        self,
        op: Op,
        args: tuple[int, ...],
        data: tuple[int | str, ...] = (),
        known: Interval | None = None,
    ) -> int:
        """The node for an operation, simplified.

        Parameters
        ----------
        op, args, data : the operation, the indices of its operands, its constants.
        known : a range that the caller has proved for the result.
        """
        interval = self._range(op, args, data, {})
        if known is not None:
            # The two can only fail to meet where no input reaches the node: then any range is true.
            interval = interval.meet(known) or interval
        if interval.is_constant:
            return self.const(interval.lo)
        simplified = self._simplified(op, args, data)
        return self._add(op, args, data, interval) if simplified is None else simplified

    def _add(
        self, op: Op, args: tuple[int, ...], data: tuple[int | str, ...], interval: Interval
    ) -> int:
        key = (op, args, data)
        if key not in self._index:
            self._index[key] = len(self.nodes)
            if len(self.nodes) >= MAX_OPERATIONS:
                raise ValueError(
                    f"there are more than {MAX_OPERATIONS} operations, and each is a circuit: there"
                    " may be a loop without an end"
                )
            if self.file:
                self._record_line()
            if max(abs(interval.lo), abs(interval.hi)).bit_length() >= MAX_VALUE_BITS:
                raise ValueError(
                    f"a value must fit {MAX_VALUE_BITS} bits with its sign, and this one ({op})"
                    f" needs {interval.format.width}: shift by less, or clamp it on the way"
                )
            self.nodes.append(Node(op, args, data, interval))
        return self._index[key]

    def _record_line(self) -> None:
        """Note the line of `file` that is being run, for the node that is made now.

        The walk up the stack passes few frames (an operator and this builder), so it does not slow
        the tracing of a rule.
        """
        # 2 frames up is the caller of `_add`; this method and `_add` are never in `file`.
        frame: FrameType | None = sys._getframe(2)
        while frame is not None and frame.f_code.co_filename != self.file:
            frame = frame.f_back
        if frame is not None:
            self.lines[len(self.nodes)] = frame.f_lineno

    def _simplified(self, op: Op, args: tuple[int, ...], data: tuple[int | str, ...]) -> int | None:
        """An operand or a simpler node that has the value of the operation; None without one."""
        nodes = self.nodes
        if op in (Op.SHR, Op.SHL) and data[0] == 0:
            return args[0]
        if op is Op.CLAMP and self.interval(args[0]).within(Interval(int(data[0]), int(data[1]))):
            return args[0]
        if op is Op.NOT and nodes[args[0]].op is Op.NOT:
            return nodes[args[0]].args[0]
        if op is Op.MUX:
            condition, if_true, if_false = args
            if if_true == if_false:
                return if_true
            if nodes[condition].op is Op.NOT:
                return self.make(Op.MUX, (nodes[condition].args[0], if_false, if_true))
            if self.interval(condition).is_constant:
                return if_true if self.interval(condition).lo else if_false
        if (
            op is Op.SUB
            and nodes[args[1]].op is Op.SHL
            and nodes[nodes[args[1]].args[0]].op is Op.SHR
        ):
            shifted = nodes[nodes[args[1]].args[0]]
            # a - ((a >> n) << n) is the n low bits of a: wires, no adder
            if shifted.args[0] == args[0] and shifted.constant == nodes[args[1]].constant:
                return self.make(Op.WRAP, args[:1], (shifted.constant, 0))
        if op in (Op.ADD, Op.SUB) and self.interval(args[1]) == Interval(0, 0):
            return args[0]
        if op is Op.ADD and self.interval(args[0]) == Interval(0, 0):
            return args[1]
        if op in (Op.AND, Op.OR):
            # c & 1, c | 0, c & c and c | c are c, with the operands in either order
            neutral = 1 if op is Op.AND else 0
            for one, other in (args, args[::-1]):
                if self.interval(one) == Interval(neutral, neutral) or one == other:
                    return other
        return None

    # --- interval analysis ------------------------------------------------------------------------

    def _range(
        self, op: Op, args: tuple[int, ...], data: tuple[int | str, ...], facts: dict[int, Interval]
    ) -> Interval:
        """Range of an operation.

        Parameters
        ----------
        op, args, data : the operation, the indices of its operands, its constants.
        facts : narrower ranges of some nodes, by index, which hold on one side of a selection.
        """
        if op is Op.MUX:
            return self._mux_range(args, facts)
        ranges = [self._under(arg, facts) for arg in args]
        a = ranges[0]
        if op is Op.ADD:
            return Interval(a.lo + ranges[1].lo, a.hi + ranges[1].hi)
        if op is Op.ADDC:
            return Interval(sum(x.lo for x in ranges), sum(x.hi for x in ranges))
        if op is Op.SUB:
            minuend, subtrahend = args
            node = self.nodes[subtrahend]
            if node.op is Op.SHR and node.args[0] == minuend:
                # v - (v >> k) is monotonic: when v rises by 1, v >> k rises by 0 or 1. So the
                # range of v gives the exact range, which is narrower than that of a difference.
                return Interval(a.lo - (a.lo >> node.constant), a.hi - (a.hi >> node.constant))
            return Interval(a.lo - ranges[1].hi, a.hi - ranges[1].lo)
        if op is Op.NEG:
            return Interval(-a.hi, -a.lo)
        if op is Op.MUL:
            corners = [x * y for x in (a.lo, a.hi) for y in (ranges[1].lo, ranges[1].hi)]
            return Interval(min(corners), max(corners))
        if op is Op.SHR:
            return _shifted(a, int(data[0]))
        if op is Op.SHL:
            return Interval(a.lo << int(data[0]), a.hi << int(data[0]))
        if op is Op.LT:
            return Interval(int(a.hi < ranges[1].lo), int(a.lo < ranges[1].hi))
        if op is Op.EQ:
            if a.is_constant and a == ranges[1]:
                return Interval(1, 1)
            return Interval(0, 0 if a.meet(ranges[1]) is None else 1)
        if op is Op.AND:
            return Interval(min(a.lo, ranges[1].lo), min(a.hi, ranges[1].hi))
        if op is Op.OR:
            return Interval(max(a.lo, ranges[1].lo), max(a.hi, ranges[1].hi))
        if op is Op.NOT:
            return Interval(1 - a.hi, 1 - a.lo)
        if op is Op.CLAMP:
            lo, hi = int(data[0]), int(data[1])
            return Interval(max(lo, min(hi, a.lo)), max(lo, min(hi, a.hi)))
        if op is Op.INV:
            return Interval(-1 - a.hi, -1 - a.lo)
        if op is Op.COMPLEMENT:
            top = (1 << int(data[0])) - 1
            return Interval(top - a.hi, top - a.lo)
        if op is Op.LOW_NONZERO:
            # a constant factor of a product that is built of adders has constant bits
            bit = int(a.lo % (1 << int(data[0])) != 0)
            return Interval(bit, bit) if a.is_constant else Interval(0, 1)
        if op is Op.WRAP:
            n = int(data[0])
            return (
                Interval(-(1 << (n - 1)), (1 << (n - 1)) - 1)
                if data[1]
                else Interval(0, (1 << n) - 1)
            )
        raise ValueError(f"no range rule for the operation {op}")

    def _under(self, index: int, facts: dict[int, Interval]) -> Interval:
        """Range of a node under `facts` (see :meth:`_range`)."""
        node = self.nodes[index]
        if not facts:
            return node.interval
        if isinstance(facts, _Facts) and index in facts.known:
            return facts.known[index]
        # All three ranges hold: the one computed from the operands under the facts, the node's own,
        # and the fact about the node. Two that do not meet belong to a side that is never taken.
        interval = (
            node.interval if not node.args else self._range(node.op, node.args, node.data, facts)
        )
        interval = interval.meet(node.interval) or node.interval
        if index in facts:
            interval = interval.meet(facts[index]) or interval
        if isinstance(facts, _Facts):
            facts.known[index] = interval
        return interval

    def _mux_range(self, args: tuple[int, ...], facts: dict[int, Interval]) -> Interval:
        """Hull of the ranges of both sides of a selection.

        A side only has the values that it has where it is selected: in `ops.mux(x > 3, x, 0)`, `x`
        is at least 4. A side that is never selected does not count.
        """
        sides = []
        for side, truth in ((args[1], True), (args[2], False)):
            implied = self._implied(args[0], truth, facts)
            if implied is not None:
                sides.append(self._under(side, _Facts({**facts, **implied})))
        if not sides:
            # The facts contradict each other: no input reaches this selection, any range is true.
            return self._under(args[1], facts).hull(self._under(args[2], facts))
        return sides[0] if len(sides) == 1 else sides[0].hull(sides[1])

    def _implied(
        self, condition: int, truth: bool, facts: dict[int, Interval]
    ) -> dict[int, Interval] | None:
        """Ranges that some nodes have where a condition has a truth value; None where it never has.

        Only a comparison `left < right` narrows its operands. Other conditions imply nothing.
        """
        node = self.nodes[condition]
        possible = self._under(condition, facts)
        if not possible.lo <= int(truth) <= possible.hi:
            return None
        if node.op is Op.NOT:
            return self._implied(node.args[0], not truth, facts)
        if node.op is not Op.LT:
            return {}
        left, right = node.args
        a, b = self._under(left, facts), self._under(right, facts)
        # `max` and `min` keep each interval from being empty.
        if truth:  # left < right
            narrowed = {
                left: a.meet(Interval(a.lo, max(a.lo, b.hi - 1))),
                right: b.meet(Interval(min(b.hi, a.lo + 1), b.hi)),
            }
        else:  # left >= right
            narrowed = {
                left: a.meet(Interval(min(a.hi, b.lo), a.hi)),
                right: b.meet(Interval(b.lo, max(b.lo, a.hi))),
            }
        return {index: interval for index, interval in narrowed.items() if interval is not None}


class _Facts(dict[int, Interval]):
    """Narrower ranges of some nodes, and the ranges of others that follow, each computed once."""

    def __init__(self, facts: Mapping[int, Interval]) -> None:
        super().__init__(facts)
        self.known: dict[int, Interval] = {}


def prune(
    builder: Builder,
    variables: Mapping[str, int],
    outputs: Mapping[str, int],
    lets: Mapping[str, int],
) -> Graph:
    """The graph of the nodes that the outputs need.

    All variables stay, so that each keeps its port in hardware. Names of nodes that no output needs
    are dropped.
    """
    needed = set(variables.values())
    stack = [index for index in outputs.values() if index not in needed]
    while stack:
        index = stack.pop()
        if index not in needed:
            needed.add(index)
            stack.extend(builder.nodes[index].args)
    order = {old: new for new, old in enumerate(sorted(needed))}
    nodes = tuple(
        Node(node.op, tuple(order[arg] for arg in node.args), node.data, node.interval)
        for node in (builder.nodes[old] for old in sorted(needed))
    )
    return Graph(
        nodes=nodes,
        variables={name: order[index] for name, index in variables.items()},
        outputs={name: order[index] for name, index in outputs.items()},
        lets={name: order[index] for name, index in lets.items() if index in order},
    )


def restrict(graph: Graph, outputs: tuple[str, ...]) -> Graph:
    """The part of a graph that computes some of its outputs, with the variables it reads."""
    needed: set[int] = set()
    stack = [graph.outputs[name] for name in outputs]
    while stack:
        index = stack.pop()
        if index not in needed:
            needed.add(index)
            stack.extend(graph.nodes[index].args)
    order = {old: new for new, old in enumerate(sorted(needed))}
    nodes = (graph.nodes[old] for old in order)
    return Graph(
        nodes=tuple(
            Node(node.op, tuple(order[arg] for arg in node.args), node.data, node.interval)
            for node in nodes
        ),
        variables={name: order[i] for name, i in graph.variables.items() if i in order},
        outputs={name: order[graph.outputs[name]] for name in outputs},
        lets={name: order[i] for name, i in graph.lets.items() if i in order},
    )
