"""Exact rewrites that turn a rule's arithmetic into what hardware does cheaply.

Each rewrite is a small function from a node to an equal node, or None where it does not apply. The
test suite proves each on its own by SMT, and the proof of a design compares the netlist that comes
out of all of them with the rule's own `update`. Cost figures are LUT4 of an iCE40 for the default
12-bit traces.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from sc_model.graph.interval import Interval
from sc_model.graph.nodes import Builder, Graph, Node, Op, prune

Rewrite = Callable[[Builder, int], int | None]


def signed_decay(b: Builder, index: int) -> tuple[int, int, int] | None:
    """(condition e < 0, e, k) where the node is a decay of sign and magnitude; else None.

    That is `e >= 0 ? e - (e >> k) : -((-e) - ((-e) >> k))`.
    """
    node = b.nodes[index]
    if node.op is not Op.MUX:
        return None
    condition, negative, positive = (b.nodes[arg] for arg in node.args)
    if condition.op is not Op.LT or b.interval(condition.args[1]) != Interval(0, 0):
        return None
    value = condition.args[0]
    bits = _decay_bits(b, positive, value)
    if bits is None or negative.op is not Op.NEG:
        return None
    mirrored = b.nodes[negative.args[0]]
    if mirrored.op is not Op.SUB or b.nodes[mirrored.args[0]] != Node(
        Op.NEG, (value,), (), b.interval(mirrored.args[0])
    ):
        return None
    if _decay_bits(b, mirrored, mirrored.args[0]) != bits:
        return None
    return node.args[0], value, bits


def signed_decay_with_one_adder(b: Builder, index: int) -> int | None:
    """A decay of sign and magnitude as e + ~(e >> k) + carry: 21 LUT instead of 76.

    The decay subtracts e / 2^k rounded towards zero. `e >> k` rounds down, so it is one too small
    exactly where e is negative and one of its k low bits is set. There the carry-in, which would
    complete the subtraction `e + ~(e >> k) + 1`, is left out.
    """
    decay = signed_decay(b, index)
    if decay is None:
        return None
    condition, value, bits = decay
    rounded = b.make(Op.AND, (condition, b.make(Op.LOW_NONZERO, (value,), (bits,))))
    inverted = b.make(Op.INV, (b.make(Op.SHR, (value,), (bits,)),))
    return b.make(Op.ADDC, (value, inverted, b.make(Op.NOT, (rounded,))), known=b.interval(index))


def _decay_bits(b: Builder, node: Node, value: int) -> int | None:
    """k where the node is `value - (value >> k)`."""
    if node.op is not Op.SUB or node.args[0] != value:
        return None
    shift = b.nodes[node.args[1]]
    return shift.constant if shift.op is Op.SHR and shift.args[0] == value else None


def difference_of_selections(b: Builder, index: int) -> int | None:
    """x + (c ? a : 0) - (d ? b : 0) = x + table(c, d, a, b) + carry: one adder instead of two.

    The table costs one LUT a bit in front of the adder. It is possible where each of its cases is a
    single operand: `a - 0 = a`, `0 - b = ~b + 1`, `(2^n - 1) - b` = n bits of ~b.
    """
    node = b.nodes[index]
    if node.op not in (Op.ADD, Op.SUB):
        return None
    terms = _terms(b, index)
    for plus in (i for sign, i in terms if sign > 0):
        for minus in (i for sign, i in terms if sign < 0):
            if b.nodes[plus].op is not Op.MUX or b.nodes[minus].op is not Op.MUX or len(terms) < 3:
                continue
            table = _difference(b, plus, minus)
            rest = [(sign, i) for sign, i in terms if i not in (plus, minus)]
            # the sum needs a positive term to begin with
            if table is None or all(sign < 0 for sign, _ in rest) or len(rest) != len(terms) - 2:
                continue
            rest.sort(reverse=True)
            total = rest[0][1]
            for sign, i in rest[1:]:
                total = b.make(Op.ADD if sign > 0 else Op.SUB, (total, i))
            return b.make(Op.ADDC, (total, *table), known=node.interval)
    return None


def _terms(b: Builder, index: int, sign: int = 1) -> list[tuple[int, int]]:
    """The signed terms of a sum."""
    node = b.nodes[index]
    if node.op is Op.ADD:
        return _terms(b, node.args[0], sign) + _terms(b, node.args[1], sign)
    if node.op is Op.SUB:
        return _terms(b, node.args[0], sign) + _terms(b, node.args[1], -sign)
    return [(sign, index)]


def _difference(b: Builder, plus: int, minus: int) -> tuple[int, int] | None:
    """(value, carry) with value + carry = plus - minus, without an adder; None if impossible."""
    for operand in (plus, minus):
        node = b.nodes[operand]
        if node.op is Op.MUX:  # a case of the table for each side
            condition = node.args[0]
            sides = [
                _difference(
                    b, _assume(b, plus, condition, truth), _assume(b, minus, condition, truth)
                )
                for truth in (1, 0)
            ]
            if sides[0] is None or sides[1] is None:
                return None
            value, carry = (b.make(Op.MUX, (condition, sides[0][i], sides[1][i])) for i in (0, 1))
            return value, carry
    a, z = b.interval(plus), b.interval(minus)
    zero = b.const(0)
    if z == Interval(0, 0):
        return plus, zero
    if a == Interval(0, 0):
        return b.make(Op.INV, (minus,)), b.const(1)
    if a.is_constant and z.lo >= 0 and z.hi <= a.lo and (a.lo & (a.lo + 1)) == 0:
        return b.make(Op.COMPLEMENT, (minus,), (a.lo.bit_length(),)), zero
    return None


def _assume(b: Builder, index: int, condition: int, truth: int) -> int:
    """A selection tree under a known condition."""
    node = b.nodes[index]
    if node.op is not Op.MUX:
        return index
    if node.args[0] == condition:
        return _assume(b, node.args[1 if truth else 2], condition, truth)
    sides = [_assume(b, side, condition, truth) for side in node.args[1:]]
    return b.make(Op.MUX, (node.args[0], *sides))


def complement_of_maximum(b: Builder, index: int) -> int | None:
    """(2^n - 1) - q = n bits of ~q for q in [0, 2^n): no adder."""
    node = b.nodes[index]
    if node.op is not Op.SUB:
        return None
    a, q = (b.interval(arg) for arg in node.args)
    if not a.is_constant or q.lo < 0 or q.hi > a.lo or a.lo & (a.lo + 1):
        return None
    return b.make(Op.COMPLEMENT, (node.args[1],), (a.lo.bit_length(),))


def subtract_with_carry_in(b: Builder, index: int) -> int | None:
    """a - b = a + ~b + 1: a pipeline can put a register behind the inversion, a node of its own."""
    node = b.nodes[index]
    if node.op is not Op.SUB:
        return None
    return b.make(
        Op.ADDC, (node.args[0], b.make(Op.INV, (node.args[1],)), b.const(1)), known=node.interval
    )


def product_as_adder_tree(b: Builder, index: int) -> int | None:
    """a x b as a balanced tree of adders, for fabrics without multipliers.

    There is one row for each bit of the narrower factor. The row of bit j is `a << j` where the bit
    is set; the row of a sign bit counts negative. The pipeline can cut every adder like any other.
    """
    node = b.nodes[index]
    if node.op is not Op.MUL:
        return None
    wide, narrow = sorted(node.args, key=lambda arg: b.interval(arg).format.width, reverse=True)
    form = b.interval(narrow).format
    rows: list[tuple[int, int, int]] = []  # sum, its weight as a power of two, its sign
    for bit in range(form.width):
        bit_is_set = b.make(Op.LOW_NONZERO, (b.make(Op.SHR, (narrow,), (bit,)),), (1,))
        row = b.make(Op.MUX, (bit_is_set, wide, b.const(0)))
        rows.append((row, bit, -1 if form.signed and bit == form.width - 1 else 1))
    while len(rows) > 1:
        paired = []
        for low, high in zip(rows[::2], rows[1::2], strict=False):
            shifted = b.make(Op.SHL, (high[0],), (high[1] - low[1],))
            paired.append(
                (b.make(Op.ADD if high[2] > 0 else Op.SUB, (low[0], shifted)), low[1], low[2])
            )
        rows = paired + rows[len(rows) & ~1 :]
    total, _, sign = rows[0]
    return total if sign > 0 else b.make(Op.NEG, (total,))


def late_carry_last(b: Builder, index: int) -> int | None:
    """(x + y + late) + z + early = (x + y + early) + z + late: the first adder need not wait.

    `late` is a carry that is computed from many bits. In the lane of the default rule on iCE40
    UltraPlus, the sum of the eligibility is ready 2.6 ns earlier (a LUT and its wires).
    """
    node = b.nodes[index]
    if node.op is not Op.ADDC:
        return None
    for inner, other in (node.args[:2], node.args[1::-1]):
        first = b.nodes[inner]
        if first.op is Op.ADDC and _depth(b, first.args[2]) > _depth(b, node.args[2]):
            total = b.make(Op.ADDC, (*first.args[:2], node.args[2]))
            return b.make(Op.ADDC, (total, other, first.args[2]), known=node.interval)
    return None


def _depth(b: Builder, index: int) -> int:
    """Operations between the variables and a node."""
    return max((1 + _depth(b, arg) for arg in b.nodes[index].args), default=0)


def sum_before_shift(b: Builder, index: int) -> int | None:
    """a + (p >> k) = ((a << k) + p) >> k for a product p.

    Many hardware multipliers have an adder behind them, but no shift between the two.
    """
    node = b.nodes[index]
    if node.op is not Op.ADD:
        return None
    for shifted, other in (node.args, node.args[::-1]):
        shift = b.nodes[shifted]
        if shift.op is Op.SHR and b.nodes[shift.args[0]].op is Op.MUL:
            total = b.make(Op.ADD, (b.make(Op.SHL, (other,), (shift.constant,)), shift.args[0]))
            return b.make(Op.SHR, (total,), (shift.constant,), known=node.interval)
    return None


def sum_with_selected_sign(b: Builder, index: int) -> int | None:
    """a + (c ? -x : x) = a + (c ? ~x : x) + c: one adder instead of two.

    The sign costs one LUT input a bit, and the carry-in.
    """
    node = b.nodes[index]
    if node.op is not Op.ADD:
        return None
    for selected, other in (node.args, node.args[::-1]):
        choice = b.nodes[selected]
        if choice.op is not Op.MUX:
            continue
        condition, negative, positive = choice.args
        if b.nodes[negative].op is Op.NEG and b.nodes[negative].args[0] == positive:
            value = b.make(Op.MUX, (condition, b.make(Op.INV, (positive,)), positive))
            return b.make(Op.ADDC, (other, value, condition), known=node.interval)
    return None


REWRITES: tuple[Rewrite, ...] = (
    signed_decay_with_one_adder,
    difference_of_selections,
    complement_of_maximum,
    subtract_with_carry_in,
    late_carry_last,
)
# In a pipeline a register ends the path of a late carry, and adding it last can cost another stage.
PIPELINED = tuple(rewrite for rewrite in REWRITES if rewrite is not late_carry_last)


def remade(
    graph: Graph,
    rule: Rewrite = lambda builder, index: None,
    *,
    nodes: type[Builder] = Builder,
) -> tuple[Builder, dict[int, int]]:
    """A builder, of a kind, with the graph's nodes after a rewrite, and the new index of each node.

    The nodes are rewritten in order, operands first.
    """
    builder, new_index = nodes(), dict[int, int]()
    for index, node in enumerate(graph.nodes):
        if node.op is Op.VAR:
            new_index[index] = builder.var(str(node.data[0]), node.interval)
        elif node.op is Op.CONST:
            new_index[index] = builder.const(node.constant)
        else:
            copy = builder.make(
                node.op, tuple(new_index[arg] for arg in node.args), node.data, known=node.interval
            )
            replacement = rule(builder, copy)
            new_index[index] = copy if replacement is None else replacement
    return builder, new_index


def rewrite(graph: Graph, rewrites: Sequence[Rewrite] = REWRITES) -> Graph:
    """An equal graph after some rewrites, one pass for each in their order."""
    for rule in rewrites:
        builder, new_index = remade(graph, rule)
        graph = prune(
            builder,
            {name: new_index[i] for name, i in graph.variables.items()},
            {name: new_index[i] for name, i in graph.outputs.items()},
            {name: new_index[i] for name, i in graph.lets.items()},
        )
    return graph
