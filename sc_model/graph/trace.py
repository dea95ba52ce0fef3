"""Tracing: the rule's own function, run on expressions that record each operation as a node."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from sc_model.endless import EndlessLoop, limited
from sc_model.graph.interval import Interval
from sc_model.graph.nodes import Builder, Graph, Op, prune
from sc_model.spec.bounds import MAX_VALUE_BITS
from sc_model.spec.errors import RuleError
from sc_model.spec.formats import IntFormat
from sc_model.spec.rule import Rule, RuleParams
from sc_model.spec.rule_contract import check_vectors
from sc_model.spec.rule_parts.errors import rule_error
from sc_model.spec.rule_parts.source import RuleSource


class RangeError(RuleError):
    """A value that a rule writes can leave the state field that it is written to."""


_LOGIC = (Op.AND, Op.OR, Op.NOT)
_CONDITIONS = (*_LOGIC, Op.LT, Op.EQ)


class Expr:
    """An integer expression of a rule under trace.

    It has no truth value: a branch on a value raises TypeError.
    """

    __slots__ = ("builder", "index")

    def __init__(self, builder: Builder, index: int) -> None:
        self.builder, self.index = builder, index

    def __repr__(self) -> str:
        return f"a value in {self.builder.interval(self.index)}"

    def _lift(self, other: Any) -> int:
        if isinstance(other, Expr):
            return other.index
        if isinstance(other, int):
            return self.builder.const(int(other))
        raise TypeError(
            f"a rule's value must be an integer expression or an int, not {other!r}"
            f" ({type(other).__name__})"
        )

    def _make(self, op: Op, *args: int, data: tuple[int, ...] = ()) -> Expr:
        # NumPy adds two conditions to a condition, SMT compares them as objects: only Python takes
        # them for numbers
        if op not in _LOGIC and any(self.builder.nodes[arg].op in _CONDITIONS for arg in args):
            raise TypeError("a condition is no number: use ops.mux(condition, 1, 0)")
        return Expr(self.builder, self.builder.make(op, args, data))

    def __add__(self, other: Any) -> Expr:
        return self._make(Op.ADD, self.index, self._lift(other))

    def __radd__(self, other: Any) -> Expr:
        return self._make(Op.ADD, self._lift(other), self.index)

    def __sub__(self, other: Any) -> Expr:
        return self._make(Op.SUB, self.index, self._lift(other))

    def __rsub__(self, other: Any) -> Expr:
        return self._make(Op.SUB, self._lift(other), self.index)

    def __neg__(self) -> Expr:
        return self._make(Op.NEG, self.index)

    def __mul__(self, other: Any) -> Expr:
        return self._make(Op.MUL, self.index, self._lift(other))

    __rmul__ = __mul__

    def _shift(self, op: Op, bits: Any) -> Expr:
        if not isinstance(bits, int) or bits < 0:
            raise TypeError(
                f"a rule shifts by a constant integer >= 0, not by {bits!r}: use mux to choose"
                " between shifts"
            )
        if op is Op.SHL and bits > MAX_VALUE_BITS:  # the range alone would take gigabytes
            raise ValueError(f"a rule shifts to the left by {MAX_VALUE_BITS} at most, not {bits}")
        return self._make(op, self.index, data=(bits,))

    def __rrshift__(self, other: Any) -> Expr:
        return self._shift(Op.SHR, self)

    __rlshift__ = __rrshift__

    def __rshift__(self, bits: Any) -> Expr:
        return self._shift(Op.SHR, bits)

    def __lshift__(self, bits: Any) -> Expr:
        return self._shift(Op.SHL, bits)

    def __lt__(self, other: Any) -> Expr:
        return self._make(Op.LT, self.index, self._lift(other))

    def __gt__(self, other: Any) -> Expr:
        return self._make(Op.LT, self._lift(other), self.index)

    def __ge__(self, other: Any) -> Expr:
        return self._make(Op.NOT, (self < other).index)

    def __le__(self, other: Any) -> Expr:
        return self._make(Op.NOT, (self > other).index)

    # A comparison is an expression here.
    def __eq__(self, other: Any) -> Expr:  # type: ignore[override]
        return self._make(Op.EQ, self.index, self._lift(other))

    def __ne__(self, other: Any) -> Expr:  # type: ignore[override]
        return self._make(Op.NOT, (self == other).index)

    def _logic(self, op: Op, other: Any) -> Expr:
        index = self._lift(other)
        for operand in (self.index, index):
            if not self.builder.interval(operand).within(Interval(0, 1)):
                raise TypeError(
                    f"'{op}' takes conditions (0 or 1), not a value in"
                    f" {self.builder.interval(operand)}"
                )
        return self._make(op, self.index, index)

    def __and__(self, other: Any) -> Expr:
        return self._logic(Op.AND, other)

    def __or__(self, other: Any) -> Expr:
        return self._logic(Op.OR, other)

    __rand__, __ror__ = __and__, __or__
    __hash__ = None  # type: ignore[assignment]

    def __bool__(self) -> bool:
        raise TypeError("a rule can't branch on a value: use ops.mux(condition, if_true, if_false)")


def _refuse(message: str) -> Callable[..., Any]:
    """A method for what the algebra of rules does not have."""

    def refuse(*_: Any) -> Any:
        raise TypeError(message)

    return refuse


def _no(operator: str, advice: str) -> str:
    return (
        f"a rule has no {operator}: {advice}; there are + - * << >>, comparisons, and & and | of"
        " conditions"
    )


_DIVIDE = "to divide by a power of two shift to the right by a constant"
_PRODUCT = "write products"
_CONDITION = "of two conditions use ops.mux(a, ops.mux(b, 0, 1), b)"
_UNKNOWN = "a rule's value is known in hardware only: it can't be a number, an index or a count"
_BITS = (
    "a rule's value has no elements: the bits from n up are x >> n, those below x - ((x >> n) << n)"
)
_REFUSED = {
    "__truediv__": _no("/", _DIVIDE),
    "__rtruediv__": _no("/", _DIVIDE),
    "__floordiv__": _no("//", _DIVIDE),
    "__rfloordiv__": _no("//", _DIVIDE),
    "__divmod__": _no("divmod()", _DIVIDE),
    "__mod__": _no("%", "x modulo 2^n is x - ((x >> n) << n)"),
    "__rmod__": _no("%", "x modulo 2^n is x - ((x >> n) << n)"),
    "__pow__": _no("**", _PRODUCT),
    "__rpow__": _no("**", _PRODUCT),
    "__xor__": _no("^", _CONDITION),
    "__rxor__": _no("^", _CONDITION),
    "__invert__": _no("~", "the opposite of a condition c is ops.mux(c, 0, 1)"),
    "__abs__": _no("abs()", "use ops.mux(x < 0, -x, x)"),
    "__int__": _UNKNOWN,
    "__float__": _UNKNOWN,
    "__round__": _UNKNOWN,
    "__index__": _UNKNOWN,
    "__len__": _BITS,
    "__iter__": _BITS,
    "__getitem__": _BITS,
}
for _method, _message in _REFUSED.items():
    setattr(Expr, _method, _refuse(_message))


class TraceOps:
    """The algebra that records nodes."""

    def __init__(self, builder: Builder) -> None:
        self.builder = builder
        self.lets: dict[str, int] = {}

    def _index(self, value: Any) -> int:
        if isinstance(value, Expr):
            return value.index
        if isinstance(value, int):
            return self.builder.const(int(value))
        raise TypeError(
            f"a rule's value must be an integer expression or an int, not {value!r}"
            f" ({type(value).__name__})"
        )

    def mux(self, condition: Any, if_true: Any, if_false: Any) -> Expr:
        """See :class:`sc_model.spec.rule.Ops`."""
        index = self._index(condition)
        if not self.builder.interval(index).within(Interval(0, 1)):
            raise TypeError(
                f"mux takes a condition (0 or 1), not a value in {self.builder.interval(index)}"
            )
        return Expr(
            self.builder,
            self.builder.make(Op.MUX, (index, self._index(if_true), self._index(if_false))),
        )

    def clamp(self, value: Any, lo: int, hi: int) -> Expr:
        """See :class:`sc_model.spec.rule.Ops`."""
        if not isinstance(lo, int) or not isinstance(hi, int):
            raise TypeError(
                f"clamp takes constant bounds, not {lo!r} and {hi!r}: for a bound that changes use"
                " ops.mux(value > bound, bound, value)"
            )
        if lo > hi:
            raise ValueError(f"clamp needs lo <= hi, not [{lo}, {hi}]")
        return Expr(self.builder, self.builder.make(Op.CLAMP, (self._index(value),), (lo, hi)))

    def let(self, name: str, value: Any) -> Expr:
        """See :class:`sc_model.spec.rule.Ops`."""
        if not isinstance(name, str) or not name.isidentifier():
            # of a name that begins with a digit, the digit is all that is wrong
            first = ", a letter or an underscore first" if f"_{name}".isidentifier() else ""
            raise ValueError(
                f"let: the name must be letters, digits and underscores{first}, not {name!r}"
            )
        if name in self.lets:
            raise ValueError(f"let: the name '{name}' is given twice; names in a rule must differ")
        self.lets[name] = self._index(value)
        return Expr(self.builder, self.lets[name])


def trace_function(
    subject: str,
    variables: Mapping[str, IntFormat],
    outputs: Mapping[str, IntFormat],
    run: Callable[[Any, dict[str, Any]], Any],
    origin: RuleSource | None = None,
    *,
    nodes: type[Builder] = Builder,
) -> Graph:
    """The graph of a function of the algebra.

    Parameters
    ----------
    subject : what the function is, for errors.
    variables, outputs : formats by name.
    run : the function, from (ops, values by name) to outputs by name.
    origin : source of the function, where errors shall name the line of a file.
    nodes : the kind of builder that makes the nodes.

    Raises
    ------
    RangeError
        a written value can leave its output's format: both ranges are printed.
    RuleError
        the function does not end.
    TypeError
        the function branches on a value, shifts by one, or uses something that is no integer.
    """
    builder = nodes(file=origin.file if origin is not None else "")
    indices = {name: builder.var(name, Interval.of(form)) for name, form in variables.items()}
    ops = TraceOps(builder)
    try:
        with limited():
            result = run(ops, {name: Expr(builder, index) for name, index in indices.items()})
    except EndlessLoop as error:  # of a unit; a rule names its own line
        raise RuleError(f"{subject}: {error}.") from None
    results = {}
    for name in outputs:
        try:
            results[name] = ops._index(result[name])
        except TypeError as error:
            if origin is None or not origin.file:
                raise
            line = origin.line_of_return("update", name)
            raise rule_error(origin, f"{subject}: {name}: {error}.", line) from None
    for name, form in outputs.items():
        value, field = builder.interval(results[name]), Interval.of(form)
        if not value.within(field):
            message = (
                f"{subject}: the value written to {name} can be anywhere in {value}, but the field"
                f" holds {field} ({form}): clamp the value or widen the field."
            )
            place = _place(origin, builder, results[name], name)
            raise RangeError(f"{place}: {message}" if place else message)
    return prune(builder, indices, results, ops.lets)


def _place(origin: RuleSource | None, builder: Builder, index: int, name: str) -> str:
    """File and line where a written value was computed, else where it was returned."""
    if origin is None:
        return ""
    if builder.nodes[index].op in (Op.VAR, Op.CONST):
        return origin.place(origin.line_of_return("update", name))
    return origin.place(builder.lines.get(index) or origin.line_of_return("update", name))


def trace(rule: Rule, params: RuleParams, *, nodes: type[Builder] = Builder) -> Graph:
    """The rule's graph under `params`.

    Parameters
    ----------
    nodes : the kind of builder that makes the nodes.

    Raises
    ------
    RuleError
        the rule does what a rule must not do; a RangeError where a value can leave its field.
        A rule that no file defines raises what :func:`trace_function` raises. The vectors of a
        rule file are checked too, once a process.
    """
    state, inputs = rule.state_formats(params), rule.input_formats(params)

    def run(ops: Any, values: dict[str, Any]) -> Any:
        return rule.apply(
            ops, {n: values[n] for n in state}, {n: values[n] for n in inputs}, params
        )

    graph = trace_function(
        f"rule '{rule.family}'", {**state, **inputs}, state, run, rule.origin, nodes=nodes
    )
    if rule.file and (rule.file, rule.source) not in _CHECKED:
        with limited():
            check_vectors(rule)
        _CHECKED.add((rule.file, rule.source))
    return graph


_CHECKED: set[tuple[str, str]] = set()  # file and text of the rules whose vectors have been checked
