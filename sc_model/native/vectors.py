"""The innermost loop in vectors of the narrowest integers that hold its values.

All elements of a vector have `bits` bits. A value is stored less a constant, its *bias*, which
moves its range into that of a signed element: so an unsigned 16-bit weight fits a signed 16-bit
element, and its saturation is one instruction. Sums are exact modulo 2^bits, whether a value fits
or not. Shifts to the right, comparisons and maxima are exact only for values that fit, so they are
made only of such. Where a value does not fit, :class:`TooNarrow` is raised and the next wider
element is tried.
"""

from __future__ import annotations

from collections.abc import Mapping

from sc_model.graph import Graph, Interval, Op
from sc_model.native.lowering import Loop, loops_of

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


class VectorCode:
    """C statements of a graph's synapse loop; each method adds the statements that its value needs.

    Parameters
    ----------
    graph : the graph.
    variables : the loop of each variable.
    bits : width of an element.
    expressions : C expression of each variable of the synapse loop, less its bias. One that begins
        with ``mask_`` is a condition as a mask.

    Members
    -------
    lines : the statements so far.
    outer : the values of outer loops that the statements need: for rows, columns and the step, a
        number for each (node, whether as a mask).
    """

    def __init__(
        self,
        graph: Graph,
        variables: Mapping[str, Loop],
        bits: int,
        expressions: Mapping[str, str],
    ) -> None:
        self.graph, self.bits, self.expressions = graph, bits, expressions
        self.loops = loops_of(graph, variables)
        self.lines: list[str] = []
        self.outer: dict[Loop, dict[tuple[int, bool], int]] = {
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
        node = self.graph.nodes[index]
        if self.loops[index] is not Loop.SYNAPSE:
            return self._outside(index, mask=False)
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
        node = self.graph.nodes[index]
        if self.loops[index] is not Loop.SYNAPSE:
            return self._outside(index, mask=True)
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
        node = self.graph.nodes[index]
        if self.loops[index] is not Loop.SYNAPSE or node.op not in _LINEAR:
            return f"({self.number(index)}{self.plus(self.bias(index))})"
        if node.op is Op.SHL:
            return self._let(
                "modular", index, f"(V)((VU){self.modular(node.args[0])} << (U){node.constant})"
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
        """The name of a node's value of some kind, with a statement where it has none yet."""
        key = (kind, index)
        if key not in self._names:
            name = f"{kind[0]}{index}"
            self.lines.append(f"const V {name} = {text};")
            self._names[key] = name
        return self._names[key]

    def _is_mask(self, index: int) -> bool:
        """Whether a variable is a condition as a mask."""
        return self.expressions[str(self.graph.nodes[index].data[0])].startswith("mask_")

    def _all(self, value: int) -> str:
        """C of a vector whose elements all are a constant modulo 2^bits."""
        half = 1 << (self.bits - 1)
        wrapped = (value + half) % (2 * half) - half
        return f"all({wrapped})" if wrapped != -half or self.bits < 64 else "all(INT64_MIN)"

    def plus(self, value: int) -> str:
        """C that adds a constant to all elements; empty for 0 modulo 2^bits."""
        return f" + {self._all(value)}" if value % (1 << self.bits) else ""

    def _outside(self, index: int, *, mask: bool) -> str:
        """A value of an outer loop."""
        node = self.graph.nodes[index]
        if node.op is Op.CONST:
            return self._all(-node.constant if mask else node.constant - self.bias(index))
        self.bias(index)  # raises where it does not fit
        needed = self.outer[self.loops[index]]
        return f"{self.loops[index].value}_{needed.setdefault((index, mask), len(needed))}"

    def _plain(self, index: int) -> str:
        """A value whose bias is 0, as a factor of a product must be."""
        if self.bias(index):
            raise TooNarrow(f"a factor in {self.graph.nodes[index].interval}")
        return self.number(index)

    def _rebased(self, index: int, bias: int) -> str:
        """A value less another bias than its own."""
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
        filled = self._sign_filled(condition, yes, no)
        if filled is not None:
            return f"{filled}{self.plus(-bias)}"
        chosen = self.mask(condition)
        zero = [self.graph.nodes[side].interval == Interval(bias, bias) for side in (yes, no)]
        if zero[1]:
            return f"{chosen} & {self._rebased(yes, bias)}"
        if zero[0]:
            return f"~{chosen} & {self._rebased(no, bias)}"
        return f"({chosen} & {self._rebased(yes, bias)}) | (~{chosen} & {self._rebased(no, bias)})"

    def _sign_filled(self, condition: int, yes: int, no: int) -> str | None:
        """`a < 0 ? 2^k - 1 : 0` as k copies of the sign; None where a selection is another one.

        One logical shift makes them where the element has k sign bits in front of a.
        """
        test, top = self.graph.nodes[condition], self.graph.nodes[yes].interval
        if (
            test.op is not Op.LT
            or self.graph.nodes[test.args[1]].interval != Interval(0, 0)
            or self.bias(test.args[0])
        ):
            return None
        if (
            self.graph.nodes[no].interval != Interval(0, 0)
            or not top.is_constant
            or top.lo & (top.lo + 1)
            or top.lo <= 0
        ):
            return None
        bits = top.lo.bit_length()
        signs = self.bits - self.graph.nodes[test.args[0]].interval.format.width + 1
        value = self.number(test.args[0])
        return (
            f"sign_fill({value if signs >= bits else f'({value} >> {self.bits - 1})'},"
            f" {self.bits - bits})"
        )

    def _shift_right(self, index: int) -> str:
        node, bias = self.graph.nodes[index], self.bias(index)
        (arg,), bits = node.args, node.constant
        if not self.fits(arg):
            return f"{self._top_of_product(arg, bits)}{self.plus(-bias)}"
        below = self.bias(arg)
        if below % (1 << bits):
            raise TooNarrow(f"a shift by {bits} of a value in {self.graph.nodes[arg].interval}")
        return (
            f"({self.number(arg)} >> {min(bits, self.bits - 1)}){self.plus((below >> bits) - bias)}"
        )

    def _top_of_product(self, index: int, bits: int) -> str:
        """`(a x b) >> bits` from the upper half of a 16 x 16-bit product, one instruction.

        The factors are shifted up first where `bits` is less than 16.
        """
        node = self.graph.nodes[index]
        if node.op is not Op.MUL or self.bits != 16:
            raise TooNarrow(f"a value in {node.interval}")
        room = {}
        for arg in node.args:
            interval = self.graph.nodes[arg].interval
            room[arg] = self.bits - interval.format.width - (not interval.format.signed)
        missing = max(0, self.bits - bits)
        if (
            sum(room[arg] for arg in node.args) < missing
            or self.bias(node.args[0])
            or self.bias(node.args[1])
        ):
            raise TooNarrow(f"a product in {node.interval} shifted by {bits}")
        factors = []
        # a factor of an outer loop first: there a shift costs least
        for arg in sorted(node.args, key=lambda arg: self.loops[arg] is Loop.SYNAPSE):
            up = min(room[arg], missing)
            missing -= up
            factors.append(f"({self.number(arg)} << {up})" if up else self.number(arg))
        top = f"product_top({', '.join(factors)})"
        return f"({top} >> {min(bits - self.bits, self.bits - 1)})" if bits > self.bits else top

    def _clamp(self, index: int) -> str:
        node, bias = self.graph.nodes[index], self.bias(index)
        lo, hi = int(node.data[0]), int(node.data[1])
        arg = node.args[0]
        if self.fits(arg):
            base, text = self.bias(arg), self.number(arg)
            reach = self.graph.nodes[arg].interval
        else:
            base, text = self._saturated_sum(arg)
            half = 1 << (self.bits - 1)
            reach = Interval(base - half, base + half - 1)
            if lo < reach.lo or hi > reach.hi:
                raise TooNarrow(f"a sum clamped to [{lo}, {hi}]")
        if hi < reach.hi:
            text = f"low({text}, {self._all(hi - base)})"
        if lo > reach.lo:
            text = f"high({text}, {self._all(lo - base)})"
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
            room = self.bits - bits
            return f"((V)((VU){value} << (U){room}) >> {room}){self.plus(-bias)}"
        return f"({value} & {self._all((1 << bits) - 1)}){self.plus(-bias)}"
