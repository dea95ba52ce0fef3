"""The innermost loop in vectors of the narrowest integers that hold its values.

All elements of a vector have `bits` bits. A value is stored less a constant, its *bias*, which
moves its range into that of a signed element: so an unsigned 16-bit weight fits a signed 16-bit
element, and its saturation is one instruction. Sums are exact modulo 2^bits, whether a value fits
or not. Shifts to the right, comparisons and maxima are exact only for values that fit, so they are
made only of such. Where a value does not fit, :class:`TooNarrow` is raised and the next wider
element is tried.

Constants and biases are data (`sc_model.native.scalar.Constants`). What the text does depend on is
the width of an element, which values need a bias, and on which side a clamp can be reached.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sc_model.graph import Graph, Interval, Op
from sc_model.native.lowering import Loop, loops_of
from sc_model.native.scalar import Constants

_CONDITIONS = (Op.LT, Op.EQ, Op.AND, Op.OR, Op.NOT, Op.LOW_NONZERO)
_LINEAR = (Op.ADD, Op.SUB, Op.NEG, Op.ADDC, Op.INV, Op.COMPLEMENT, Op.SHL)


class TooNarrow(ValueError):  # noqa: N818  # caught by `narrowest_fit`, never shown as an error
    """A value does not fit the element."""


def bias_of(interval: Interval, bits: int) -> int:
    """The bias with which values of a range fit a signed element; 0 where they fit without one."""
    half = 1 << (bits - 1)
    if interval.within(Interval(-half, half - 1)):
        return 0
    if interval.hi - interval.lo < 1 << bits:
        return interval.lo + half
    raise TooNarrow(f"{interval} does not fit {bits} bits")


@dataclass(frozen=True)
class OuterValue:
    """A value of an outer loop, in the form in which the innermost one takes it.

    Members
    -------
    index : the node.
    mask : whether it is a condition as an element of all ones or zeros.
    bias : what is subtracted from it.
    shift : by how many bits it is shifted up.
    user : the node that takes it shifted; -1 where none does.
    """

    index: int
    mask: bool = False
    bias: int = 0
    shift: int = 0
    user: int = -1

    def element(self, constants: Constants) -> str:
        """C of the value, of a node that is called ``n<index>`` in the outer loop."""
        if self.mask:
            return f"(E)-n{self.index}"
        bias = constants.slot(self.bias, 64)
        shift = f" << {constants.slot(self.shift, 64)}" if self.user >= 0 else ""
        return f"(E)(((uint64_t)n{self.index} - (uint64_t){bias}){shift})"


class VectorCode:
    """C statements of a graph's synapse loop; each method adds the statements that its value needs.

    Parameters
    ----------
    graph : the graph.
    variables : the loop of each variable.
    bits : width of an element.
    expressions : C expression of each variable of the synapse loop, less its bias. One that begins
        with ``mask_`` is a condition as a mask.
    constants : takes the constants.

    Members
    -------
    lines : the statements so far.
    outer : the values of outer loops that the statements need: for rows, columns and the step, a
        number for each.
    """

    def __init__(
        self,
        graph: Graph,
        variables: Mapping[str, Loop],
        bits: int,
        expressions: Mapping[str, str],
        constants: Constants,
    ) -> None:
        self.graph, self.bits, self.expressions = graph, bits, expressions
        self.constants = constants
        self.loops = loops_of(graph, variables)
        self.lines: list[str] = []
        self.outer: dict[Loop, dict[OuterValue, int]] = {
            loop: {} for loop in (Loop.STEP, Loop.ROW, Loop.COLUMN)
        }
        self._names: dict[tuple[str, int], str] = {}

    # --- values -----------------------------------------------------------------------------------

    def bias(self, index: int) -> int:
        """The bias of a node as :meth:`number` returns it."""
        return bias_of(self.graph.nodes[index].interval, self.bits)

    def fits(self, index: int) -> bool:
        """Whether an element has as many values as the node's range."""
        interval = self.graph.nodes[index].interval
        return interval.hi - interval.lo < 1 << self.bits

    def number(self, index: int) -> str:
        """A node's value less its bias, in an element that holds it."""
        if ("number", index) in self._names:
            return self._names["number", index]
        node = self.graph.nodes[index]
        if self.loops[index] is not Loop.SYNAPSE:
            return self._outside(OuterValue(index, bias=self.bias(index)))
        if node.op in _CONDITIONS:
            return self._let("number", index, f"-{self.mask(index)}")
        bias = self.bias(index)  # raises where it does not fit
        if node.op in _LINEAR:
            return self._let("number", index, f"{self.modular(index)}{self.plus(-bias)}")
        if node.op is Op.VAR:
            name = self.expressions[str(node.data[0])]
            return f"-{name}" if self._is_mask(index) else name
        if node.op is Op.SHR:
            return self._let("number", index, self._shift_right(index))
        if node.op is Op.MUL:
            a, b = (self._plain(arg) for arg in node.args)
            return self._let("number", index, f"{a} * {b}{self.plus(-bias)}")
        if node.op is Op.MUX:
            return self._let("number", index, self._selection(index))
        if node.op is Op.CLAMP:
            return self._let("number", index, self._clamp(index))
        if node.op is Op.WRAP:
            return self._let("number", index, self._wrap(index))
        raise ValueError(f"no vectors for the operation {node.op}")

    def mask(self, index: int) -> str:
        """A condition as a mask: an element of all ones or all zeros."""
        if ("mask", index) in self._names:
            return self._names["mask", index]
        node = self.graph.nodes[index]
        if self.loops[index] is not Loop.SYNAPSE:
            return self._outside(OuterValue(index, mask=True))
        if node.op is Op.VAR and self._is_mask(index):
            return self.expressions[str(node.data[0])]
        if node.op is Op.LT:
            return self._let("mask", index, self._less(*node.args))
        if node.op is Op.EQ:
            a, b = self._aligned(*node.args)
            return self._let("mask", index, f"(V)({a} == {b})")
        if node.op in (Op.AND, Op.OR):
            a, b = (self.mask(arg) for arg in node.args)
            return self._let("mask", index, f"{a} {'&' if node.op is Op.AND else '|'} {b}")
        if node.op is Op.NOT:
            return self._let("mask", index, f"~{self.mask(node.args[0])}")
        if node.op is Op.LOW_NONZERO:
            if node.constant > self.bits:
                raise TooNarrow(f"{node.constant} low bits")
            return self._let(
                "mask",
                index,
                f"(V)(({self.modular(node.args[0])} & {self._all((1 << node.constant) - 1)}) != 0)",
            )
        return self._let("mask", index, f"-({self._plain(index)})")  # a number that is 0 or 1

    def modular(self, index: int) -> str:
        """A node's value modulo 2^bits, whether it fits or not."""
        if ("modular", index) in self._names:
            return self._names["modular", index]
        node = self.graph.nodes[index]
        if self.loops[index] is not Loop.SYNAPSE:
            return self._outside(OuterValue(index))
        if node.op not in _LINEAR:
            return f"({self.number(index)}{self.plus(self.bias(index))})"
        if node.op is Op.SHL:
            return self._let(
                "modular",
                index,
                f"shift_up({self.modular(node.args[0])}, {self.constants.shift(node.constant)})",
            )
        a = [self.modular(arg) for arg in node.args[:2]]
        if node.op is Op.NEG:
            text = f"-{a[0]}"
        elif node.op is Op.INV:
            text = f"~{a[0]}"
        elif node.op is Op.COMPLEMENT:
            text = f"{self._all((1 << node.constant) - 1)} - {a[0]}"
        elif node.op is Op.ADDC:
            text = f"{a[0]} + {a[1]} - {self.mask(node.args[2])}"
        else:
            text = f"{a[0]} {'+' if node.op is Op.ADD else '-'} {a[1]}"
        return self._let("modular", index, text)

    # --- statements -------------------------------------------------------------------------------

    def _let(self, kind: str, index: int, text: str) -> str:
        """The name of a node's value of some kind that has none yet, and its statement."""
        name = self._names[kind, index] = f"{kind[0]}{index}"
        self.lines.append(f"const V {name} = {text};")
        return name

    def _is_mask(self, index: int) -> bool:
        """Whether a variable is a condition as a mask."""
        return self.expressions[str(self.graph.nodes[index].data[0])].startswith("mask_")

    def _all(self, value: int) -> str:
        """C of a vector whose elements all are a constant modulo 2^bits."""
        half = 1 << (self.bits - 1)
        return self.constants.vector((value + half) % (2 * half) - half)

    def plus(self, value: int) -> str:
        """C that adds a constant to all elements; empty for 0 modulo 2^bits."""
        return f" + {self._all(value)}" if value % (1 << self.bits) else ""

    def _outside(self, value: OuterValue) -> str:
        """A value of an outer loop."""
        node, loop = self.graph.nodes[value.index], self.loops[value.index]
        if node.op is Op.CONST:
            plain = -node.constant if value.mask else node.constant - value.bias
            return self._all(plain << value.shift)
        needed = self.outer[loop]
        return f"{loop.value}_{needed.setdefault(value, len(needed))}"

    def _plain(self, index: int) -> str:
        """A value whose bias is 0, as a factor of a product must be."""
        if self.bias(index):
            raise TooNarrow(f"a factor in {self.graph.nodes[index].interval}")
        return self.number(index)

    def _rebased(self, index: int, bias: int) -> str:
        """A value less another bias than its own."""
        if self.graph.nodes[index].op is Op.CONST:
            return self._outside(OuterValue(index, bias=bias))
        return f"({self.number(index)}{self.plus(self.bias(index) - bias)})"

    def _aligned(self, left: int, right: int) -> tuple[str, str]:
        """Two values less the same bias, so that they can be compared."""
        both = self.graph.nodes[left].interval.hull(self.graph.nodes[right].interval)
        bias = bias_of(both, self.bits)
        return self._rebased(left, bias), self._rebased(right, bias)

    def _less(self, left: int, right: int) -> str:
        if self.graph.nodes[right].interval == Interval(0, 0) and self.bias(left) == 0:
            return f"{self.number(left)} >> {self.bits - 1}"  # the sign
        a, b = self._aligned(left, right)
        return f"(V)({a} < {b})"

    def _selection(self, index: int) -> str:
        node, bias = self.graph.nodes[index], self.bias(index)
        condition, yes, no = node.args
        mask = self.mask(condition)
        zero = [self.graph.nodes[side].interval == Interval(bias, bias) for side in (yes, no)]
        if zero[1]:
            return f"{mask} & {self._rebased(yes, bias)}"
        if zero[0]:
            return f"~{mask} & {self._rebased(no, bias)}"
        return f"({mask} & {self._rebased(yes, bias)}) | (~{mask} & {self._rebased(no, bias)})"

    def _magnitude(self, index: int) -> int | None:
        """x where a node is `(x + (x < 0 ? 2^n - 1 : 0)) >> n`, a shift of the magnitude.

        None for another node, and where the magnitude does not fit.
        """
        node = self.graph.nodes[index]
        total = self.graph.nodes[node.args[0]]
        if total.op is not Op.ADD or self.graph.nodes[total.args[1]].op is not Op.MUX:
            return None
        value, offset = total.args[0], self.graph.nodes[total.args[1]]
        condition, yes, no = (self.graph.nodes[arg] for arg in offset.args)
        top, zero = (1 << node.constant) - 1, Interval(0, 0)
        if condition.op is not Op.LT or condition.args[0] != value:
            return None
        half = 1 << (self.bits - 1)
        if not self.graph.nodes[value].interval.within(Interval(1 - half, half - 1)):
            return None
        if (self.graph.nodes[condition.args[1]].interval, no.interval) != (zero, zero):
            return None
        return value if yes.interval == Interval(top, top) else None

    def _shift_right(self, index: int) -> str:
        node, bias = self.graph.nodes[index], self.bias(index)
        (arg,), bits = node.args, node.constant
        if self.graph.nodes[arg].op is Op.MUL and self.bits == 16:
            try:
                return f"{self._top_of_product(index)}{self.plus(-bias)}"
            except TooNarrow:  # a product that fits does without
                if not self.fits(arg):
                    raise
        value = self._magnitude(index)
        if value is not None:
            # of what fits and has a magnitude, no more than the sign is left behind bits - 1
            shift = self.constants.shift(min(bits, self.bits - 1))
            return f"shift_magnitude({self.number(value)}, {shift}){self.plus(-bias)}"
        below = self.bias(arg)
        if below % (1 << bits):
            raise TooNarrow(f"a shift by {bits} of a value in {self.graph.nodes[arg].interval}")
        shift = self.constants.shift(min(bits, self.bits - 1))
        return f"shift_down({self.number(arg)}, {shift}){self.plus((below >> bits) - bias)}"

    def _top_of_product(self, index: int) -> str:
        """`(a x b) >> bits` from the upper half of a 16 x 16-bit product, one instruction.

        The factors are shifted up first where `bits` is less than 16.
        """
        bits, product = self.graph.nodes[index].constant, self.graph.nodes[index].args[0]
        factors = self.graph.nodes[product].args
        missing = max(0, self.bits - bits)
        room = {}
        for arg in factors:
            interval = self.graph.nodes[arg].interval
            room[arg] = self.bits - interval.format.width - (not interval.format.signed)
        if sum(room[arg] for arg in factors) < missing or any(map(self.bias, factors)):
            raise TooNarrow(f"a product shifted by {bits}")
        raised = []
        # a factor of an outer loop first: there a shift costs least
        for arg in sorted(factors, key=lambda arg: self.loops[arg] is Loop.SYNAPSE):
            up = min(room[arg], missing)
            missing -= up
            if self.loops[arg] is Loop.SYNAPSE:
                raised.append(f"shift_up({self.number(arg)}, {self.constants.shift(up)})")
            else:
                raised.append(self._outside(OuterValue(arg, shift=up, user=index)))
        top = f"product_top({', '.join(raised)})"
        if bits <= self.bits:
            return top
        return f"shift_down({top}, {self.constants.shift(min(bits - self.bits, self.bits - 1))})"

    def _clamp(self, index: int) -> str:
        node, bias = self.graph.nodes[index], self.bias(index)
        lo, hi = int(node.data[0]), int(node.data[1])
        arg, half = node.args[0], 1 << (self.bits - 1)
        if self.fits(arg):
            base, text = self.bias(arg), self.number(arg)
            reach = self.graph.nodes[arg].interval
        else:
            base, text = self._saturated_sum(arg)
            reach = Interval(base - half, base + half - 1)
            if lo < reach.lo or hi > reach.hi:
                raise TooNarrow(f"a sum clamped to [{lo}, {hi}]")
        # A bound is in the text whether values reach it or not, for that depends on parameters.
        # Where they end at the lower bound exactly, it is the 0 of a sum of unsigned values.
        if self.fits(arg) or hi < reach.hi:
            text = f"low({text}, {self._all(min(hi - base, half - 1))})"
        if lo != reach.lo:
            text = f"high({text}, {self._all(max(lo - base, -half))})"
        return f"{text}{self.plus(base - bias)}"

    def _saturated_sum(self, index: int) -> tuple[int, str]:
        """(bias, C) of a sum that saturates in its element, one instruction.

        Its operands are the term of the widest range, and the sum of all others, which must fit.
        """
        terms = self._terms(index)
        terms.sort(
            key=lambda term: (
                self.graph.nodes[term[1]].interval.hi - self.graph.nodes[term[1]].interval.lo
            )
        )
        sign, main = terms.pop()
        lo = hi = 0
        for factor, term in terms:
            ends = sorted(
                factor * end
                for end in (self.graph.nodes[term].interval.lo, self.graph.nodes[term].interval.hi)
            )
            lo, hi = lo + ends[0], hi + ends[1]
        if sign < 0 or not terms or bias_of(Interval(lo, hi), self.bits):
            raise TooNarrow(f"a sum in {self.graph.nodes[index].interval}")
        terms.sort(reverse=True)
        rest = "".join(
            f"{' + ' if factor > 0 else ' - '}{self.modular(term)}" for factor, term in terms
        )
        rest = rest.removeprefix(" + ") if terms[0][0] > 0 else f"(V){{}}{rest}"
        return self.bias(main), f"add_saturated({self.number(main)}, {rest})"

    def _terms(self, index: int, sign: int = 1) -> list[tuple[int, int]]:
        """The signed terms of a sum."""
        node = self.graph.nodes[index]
        if node.op is Op.ADD:
            return self._terms(node.args[0], sign) + self._terms(node.args[1], sign)
        if node.op is Op.SUB:
            return self._terms(node.args[0], sign) + self._terms(node.args[1], -sign)
        return [(sign, index)]

    def _wrap(self, index: int) -> str:
        node, bias = self.graph.nodes[index], self.bias(index)
        bits, signed = node.constant, node.data[1]
        if bits > self.bits:
            raise TooNarrow(f"{bits} low bits")
        value = self.modular(node.args[0])
        if signed:
            shifts = [self.constants.shift(self.bits - bits) for _ in range(2)]
            return f"shift_down(shift_up({value}, {shifts[0]}), {shifts[1]}){self.plus(-bias)}"
        return f"({value} & {self._all((1 << bits) - 1)}){self.plus(-bias)}"
