"""Evaluators of rules and graphs, on Python integers, NumPy arrays or any other algebra."""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from sc_model.graph.nodes import Graph, Node, Op
from sc_model.spec.int_ops import IntOps


class NumpyOps:
    """The algebra of rules on NumPy arrays, element by element.

    Parameters
    ----------
    dtype : type of the values, wide enough for all of them (see :func:`array_dtype`); int64 by
        default. `mux` returns it even where both sides are constants or conditions, of which NumPy
        would make int64 and bool.
    """

    def __init__(self, dtype: np.dtype[Any] | None = None) -> None:
        self.dtype = dtype if dtype is not None else np.dtype(np.int64)

    def mux(self, condition: Any, if_true: Any, if_false: Any) -> Any:
        """See :class:`sc_model.spec.rule.Ops`."""
        return np.where(condition, if_true, if_false).astype(self.dtype, copy=False)

    def clamp(self, value: Any, lo: int, hi: int) -> Any:
        """See :class:`sc_model.spec.rule.Ops`."""
        return np.clip(value, lo, hi)

    def let(self, name: str, value: Any) -> Any:
        """See :class:`sc_model.spec.rule.Ops`."""
        return value


INTS = IntOps()


def array_dtype(graph: Graph) -> np.dtype[Any]:
    """The NumPy type for a graph: int64 where every node fits it, else Python integers (slow)."""
    return np.dtype(np.int64 if graph.max_width <= 64 else object)


def _low_nonzero(a: Any, bits: int) -> Any:
    # shifts and a comparison: no algebra has a bitwise and of integers
    return (a - ((a >> bits) << bits)) != 0


def _wrap(a: Any, bits: int, signed: int) -> Any:
    # moved up by half a range, a signed value wraps where an unsigned one does
    offset = a + ((1 << (bits - 1)) if signed else 0)
    return a - ((offset >> bits) << bits)


_EVALUATORS: dict[Op, Callable[..., Any]] = {
    Op.ADD: operator.add,
    Op.SUB: operator.sub,
    Op.NEG: operator.neg,
    Op.MUL: operator.mul,
    Op.SHR: operator.rshift,
    Op.SHL: operator.lshift,
    Op.LT: operator.lt,
    Op.EQ: operator.eq,
    Op.AND: operator.and_,
    Op.OR: operator.or_,
    Op.ADDC: lambda a, b, carry: a + b + carry,
    Op.INV: lambda a: -1 - a,
    Op.COMPLEMENT: lambda a, bits: ((1 << bits) - 1) - a,
    Op.LOW_NONZERO: _low_nonzero,
    Op.WRAP: _wrap,
}


def evaluate_node(node: Node, ops: Any, args: list[Any]) -> Any:
    """Value of one node in the algebra `ops`."""
    if node.op is Op.CONST:
        return node.constant
    if node.op is Op.MUX:
        return ops.mux(*args)
    if node.op is Op.NOT:
        return ops.mux(args[0], 0, 1)
    if node.op is Op.CLAMP:
        return ops.clamp(args[0], *node.data)
    return _EVALUATORS[node.op](*args, *node.data)


def evaluate(graph: Graph, ops: Any, variables: Mapping[str, Any]) -> dict[str, Any]:
    """Values of the graph's outputs and named intermediates in the algebra `ops`.

    Parameters
    ----------
    graph : the graph.
    ops : the algebra, as :class:`NumpyOps`.
    variables : every state field and input by name.

    Returns
    -------
    Values by name. An output that has the name of an intermediate takes its place.
    """
    values: list[Any] = []
    for node in graph.nodes:
        if node.op is Op.VAR:
            values.append(variables[str(node.data[0])])
        else:
            values.append(evaluate_node(node, ops, [values[arg] for arg in node.args]))
    intermediates = {name: values[index] for name, index in graph.lets.items()}
    return intermediates | {name: values[index] for name, index in graph.outputs.items()}
