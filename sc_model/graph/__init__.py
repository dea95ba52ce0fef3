"""A rule as a graph of typed nodes: tracing, interval analysis, exact rewrites and evaluators.

:func:`trace` runs the rule's `update` on expressions that record themselves; interval analysis
gives each node the smallest integer range that holds all its values, so that overflow is impossible
by construction.
"""

from sc_model.graph.algebra import INTS, NumpyOps, evaluate
from sc_model.graph.interval import Interval
from sc_model.graph.nodes import Graph, Node, Op, restrict
from sc_model.graph.rewrite import REWRITES, rewrite
from sc_model.graph.trace import RangeError, trace, trace_function
from sc_model.spec.int_ops import IntOps

__all__ = [
    "INTS",
    "REWRITES",
    "Graph",
    "IntOps",
    "Interval",
    "Node",
    "NumpyOps",
    "Op",
    "RangeError",
    "evaluate",
    "restrict",
    "rewrite",
    "trace",
    "trace_function",
]
