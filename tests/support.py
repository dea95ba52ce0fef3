"""What several test files share: rules and graphs made on the spot, random configurations and
states, equality by SMT.
"""

from __future__ import annotations

import contextlib
import functools
import importlib
import json
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import bitwuzla as bz
import numpy as np
from hypothesis import strategies as st

from sc_hw.build.elaborate import Build
from sc_model.graph import Graph, Interval, Node, Op, rewrite, trace
from sc_model.graph.algebra import evaluate_node
from sc_model.graph.nodes import Builder, prune
from sc_model.graph.smt import K, SmtBool, SmtInt, SmtOps, Terms
from sc_model.graph.trace import Expr, TraceOps
from sc_model.rules import load_rule
from sc_model.spec import ConfigError, IntFormat, Rule, RuleInput, RuleParams, StateField
from sc_model.spec.bounds import MAX_FIELD_BITS, MAX_SHIFT

ROOT = Path(__file__).parents[1]
VECTORS = ROOT / "tests" / "vectors"
RULE = load_rule("reward_modulated_stdp")
FIELDS = tuple(field.name for field in RULE.state)
INPUTS = tuple(item.name for item in RULE.inputs)
NAMES = ("weight_bits", "trace_bits", "reward_bits", "learning_shift", "trace_decay_shift")
EXAMPLES: dict[str, Any] = json.loads((VECTORS / "online_o1.json").read_text(encoding="utf-8"))
CONFIGS: list[dict[str, int]] = EXAMPLES["configs"]


@contextlib.contextmanager
def scripts_of(folder: Path, names: tuple[str, ...]) -> Iterator[dict[str, ModuleType]]:
    """An example's scripts, which import each other by plain names; those are gone again after."""
    sys.path.insert(0, str(folder))
    try:
        yield {name: importlib.import_module(name) for name in names}
    finally:
        sys.path.remove(str(folder))
        for name in names:
            sys.modules.pop(name, None)


# A second rule, as a user would write the file: one trace that leaks, one input that tops it up.
LEAKY_COUNTER = '''"""A counter that leaks: level' = saturate(level - (level >> leak_shift) + \
amount where fired, n bits)."""
from pydantic import Field
from sc_model.spec.rule import RuleInput, RuleParams, StateField, Vector

FAMILY = "leaky_counter"


class Params(RuleParams):
    level_bits: int = Field(default=8, ge=2)
    amount_bits: int = Field(default=5, ge=1)
    leak_shift: int = Field(default=3, ge=0)


STATE = (StateField("level", "level_bits", loadable=True), StateField("hits", "level_bits"))
INPUTS = (RuleInput("fired"), RuleInput("amount", "amount_bits"))


def update(ops, state, inputs, params):
    top = (1 << params.level_bits) - 1
    leaked = ops.let("leaked", state.level - (state.level >> params.leak_shift))
    return {
        "level": ops.let("topped_up", \
ops.clamp(leaked + ops.mux(inputs.fired, inputs.amount, 0), 0, top)),
        "hits": ops.clamp(state.hits + inputs.fired, 0, top),
    }


def float_update(ops, state, inputs, params):
    top = (1 << params.level_bits) - 1
    leaked = state.level * (1 - 2.0**-params.leak_shift)
    return {
        "level": ops.clamp(leaked + ops.mux(inputs.fired, inputs.amount, 0), 0, top),
        "hits": ops.clamp(state.hits + inputs.fired, 0, top),
    }


# 200 - 25 + 31 = 206; 250 - 31 + 31 = 250
VECTORS = (
    Vector(why="leaks and is topped up", state={"level": 200, "hits": 255}, \
inputs={"fired": 1, "amount": 31},
           expected={"level": 206, "hits": 255}),
    Vector(why="rests", state={"level": 250, "hits": 3}, inputs={"fired": 0, "amount": 31},
           expected={"level": 219, "hits": 3}),
)
'''


class Bits(RuleParams):
    """Parameters of rules made on the spot: a field of `n` bits, an input of `k`."""

    n: int = 8
    k: int = 3


BYTE = (StateField("x", "n"),)


def made_up_rule(
    update: Callable[..., Mapping[str, Any]],
    state: tuple[StateField, ...] = BYTE,
    inputs: tuple[RuleInput, ...] = (),
) -> Rule:
    """A rule from a function."""
    return Rule("made_up", Bits, state, inputs, update, update, (), "", "")


def params_of(values: Mapping[str, int]) -> RuleParams:
    """Parameters of the shipped rule."""
    return RULE.params_type(**values)


def formats(params: RuleParams, rule: Rule = RULE) -> dict[str, IntFormat]:
    """Formats of state and inputs together."""
    return {**rule.state_formats(params), **rule.input_formats(params)}


def configs(widest: int = 24) -> st.SearchStrategy[RuleParams]:
    """Random parameters of the shipped rule, shifts from none to beyond every width."""
    width, shift = st.integers(2, widest), st.integers(0, widest + 4)
    return st.tuples(st.integers(1, widest), width, st.integers(1, 16), shift, shift).map(
        lambda values: params_of(dict(zip(NAMES, values, strict=True)))
    )


def value_of(form: IntFormat) -> st.SearchStrategy[int]:
    """A value of a format, its corners often."""
    corners = sorted(
        {
            form.lo,
            form.lo + 1,
            0,
            min(1, form.hi),
            form.hi // 2,
            form.hi - (form.hi > form.lo),
            form.hi,
        }
    )
    return st.sampled_from([v for v in corners if form.lo <= v <= form.hi]) | st.integers(
        form.lo, form.hi
    )


def situation(params: RuleParams, rule: Rule = RULE) -> st.SearchStrategy[dict[str, int]]:
    """A value for every state field and input."""
    return st.fixed_dictionaries(
        {name: value_of(form) for name, form in formats(params, rule).items()}
    )


def split(values: Mapping[str, Any], rule: Rule = RULE) -> tuple[dict[str, Any], dict[str, Any]]:
    """State and inputs of a situation, with run-time parameters."""
    names = [each.name for each in (*rule.inputs, *rule.settings)]
    return {f.name: values[f.name] for f in rule.state}, {name: values[name] for name in names}


def random_inputs(
    rng: np.random.Generator, params: RuleParams, shape: tuple[int, ...], rule: Rule = RULE
) -> dict[str, Any]:
    """Inputs of many steps within their formats, the extremes in an eighth of all places."""
    drawn = {}
    for name, form in rule.input_formats(params).items():
        values = rng.integers(form.lo, form.hi, shape, endpoint=True)
        extreme = np.where(rng.random(shape) < 0.5, form.lo, form.hi)
        drawn[name] = np.where(rng.random(shape) < 0.125, extreme, values)
    return drawn


def random_params(seed: int, count: int, widest: int = 20) -> Iterator[RuleParams]:
    """Seeded parameters of the shipped rule, for tests too slow for hypothesis."""
    rng = np.random.default_rng(seed)
    for _ in range(count):
        w, t, r = (int(rng.integers(lo, widest)) for lo in (1, 2, 1))
        shifts = (int(s) for s in rng.integers(0, widest, 2))
        yield params_of(dict(zip(NAMES, (w, t, min(r, 16), *shifts), strict=True)))


def parameter_ranges(rule: Rule) -> dict[str, tuple[int, int]]:
    """Least and most that tests give each parameter of any rule: its own bounds, else about twice
    its default; so also where its bound is that of all widths or shifts.
    """
    ranges = {}
    for name, field in rule.params_type.model_fields.items():
        bounds = {
            key: getattr(item, key)
            for item in field.metadata
            for key in ("ge", "le")
            if hasattr(item, key)
        }
        most = bounds.get("le", MAX_SHIFT)
        if most in (MAX_SHIFT, MAX_FIELD_BITS, MAX_FIELD_BITS - 1):
            most = 2 * field.default + 2
        ranges[name] = (bounds.get("ge", 0), most)
    return ranges


def graph_of(rule: Rule, params: RuleParams, rewrites: tuple[Any, ...] = ()) -> Graph:
    """The graph of a rule after some rewrites; of a file's rule once for all examples of a test."""
    if rule.file:
        return _graph_of_family(rule.family, params, rewrites)
    return rewrite(trace(rule, params), rewrites)


@functools.cache
def _graph_of_family(family: str, params: RuleParams, rewrites: tuple[Any, ...]) -> Graph:
    return rewrite(trace(load_rule(family), params), rewrites)


def drawn_params(rule: Rule, seed: int, count: int) -> list[RuleParams]:
    """Seeded parameters of any rule, the least of all first; combinations that the rule refuses are
    drawn again.
    """
    rng, ranges = np.random.default_rng(seed), parameter_ranges(rule)
    drawn: list[RuleParams] = []
    draws = iter([{name: lo for name, (lo, _) in ranges.items()}])
    while len(drawn) < count:
        values = next(draws, None) or {
            name: int(rng.integers(lo, hi, endpoint=True)) for name, (lo, hi) in ranges.items()
        }
        with contextlib.suppress(ConfigError):
            drawn.append(rule.params_type(**values))
    return drawn


# --- graphs ---------------------------------------------------------------------------------------


def sketch(formula: Callable[[Any, Any], Any], **variables: IntFormat) -> Graph:
    """The graph of a formula over variables of the given formats; its output is `result`."""
    builder = Builder()
    indices = {name: builder.var(name, Interval.of(form)) for name, form in variables.items()}
    ops = TraceOps(builder)
    result = ops.let(
        "result", formula(ops, SimpleNamespace(**{n: Expr(builder, i) for n, i in indices.items()}))
    )
    return prune(builder, indices, {"result": result.index}, ops.lets)


def ops_of(graph: Graph) -> set[Op]:
    """Operations that occur in a graph."""
    return {node.op for node in graph.nodes}


def node_values(
    graph: Graph, ops: Any, variables: Mapping[str, Any], given: Mapping[int, Any] | None = None
) -> list[Any]:
    """Value of every node, one by one; `given` are nodes that are known already."""
    values: list[Any] = []
    for index, node in enumerate(graph.nodes):
        if given and index in given:
            values.append(given[index])
        elif node.op is Op.VAR:
            values.append(variables[str(node.data[0])])
        else:
            values.append(evaluate_node(node, ops, [values[arg] for arg in node.args]))
    return values


def outside(graph: Graph, variables: Mapping[str, int], ops: Any) -> list[tuple[Node, int]]:
    """Nodes whose value leaves their interval."""
    pairs = zip(graph.nodes, node_values(graph, ops, variables), strict=True)
    return [(node, int(v)) for node, v in pairs if not node.interval.lo <= v <= node.interval.hi]


# --- SMT ------------------------------------------------------------------------------------------


_KEPT: list[Terms] = []


def new_terms() -> Terms:
    """Terms that live as long as the process: bitwuzla's manager must outlive its terms, which a
    collector of cycles does not know (the process would die).
    """
    _KEPT.append(Terms())
    return _KEPT[-1]


def smt_number(terms: Terms, vector: Any, form: IntFormat) -> SmtInt:
    """The integer that a vector means in a format."""
    return SmtInt.signed(terms, vector) if form.signed else SmtInt.unsigned(terms, vector)


def smt_variable(terms: Terms, name: str, form: IntFormat) -> SmtInt:
    """A free integer of a format."""
    return smt_number(terms, terms.var(name, form.width), form)


def solver_for(terms: Terms, *formulas: Any) -> Any:
    """A solver that holds the formulas."""
    options = bz.Options()
    options.set(bz.Option.PRODUCE_MODELS, True)
    solver = bz.Bitwuzla(terms.tm, options)
    for formula in formulas:
        solver.assert_formula(formula)
    return solver


def as_int(terms: Terms, value: Any) -> SmtInt:
    """Whatever a rule or graph yields, as an SMT integer."""
    return SmtOps(terms).let("value", value)


def value_in(solver: Any, value: SmtInt) -> int:
    """An SMT integer's value in the solver's model."""
    bits = solver.get_value(value.term).value(2)
    return int(bits, 2) - ((1 << len(bits)) if bits[0] == "1" else 0)


def constants(terms: Terms, values: Mapping[str, Any]) -> dict[str, int | bool]:
    """Values of SMT results that hold no variables."""
    solver = solver_for(terms)
    if solver.check_sat() != bz.Result.SAT:
        raise AssertionError("an empty set of formulas can be satisfied")
    return {name: value_in(solver, as_int(terms, value)) for name, value in values.items()}


def counterexample(
    one: Graph, other: Graph, outputs: tuple[str, ...] = (), cut: str = ""
) -> dict[str, int] | None:
    """A situation in which two graphs differ in an output or an output leaves its interval; None is
    a proof.

    `cut` names an intermediate of both (proved equal before) that becomes a free variable: a
    product behind it is then the same term on both sides.
    """
    terms = new_terms()
    variables = {
        n: smt_variable(terms, n, one.nodes[i].interval.format) for n, i in one.variables.items()
    }
    if cut:
        variables[cut] = smt_variable(terms, cut, one.nodes[one.lets[cut]].interval.format)
    left, right = (
        node_values(
            graph, SmtOps(terms), variables, {graph.lets[cut]: variables[cut]} if cut else {}
        )
        for graph in (one, other)
    )
    bad = terms.tm.mk_false()
    for name in outputs or tuple(other.outputs):
        index = other.outputs[name]
        a, b = as_int(terms, left[one.outputs[name]]), as_int(terms, right[index])
        held = other.nodes[index].interval
        for wrong in (a != b, b < held.lo, b > held.hi):
            if not isinstance(wrong, SmtBool):
                raise TypeError(f"a comparison of SMT integers must be a condition, not {wrong!r}")
            bad = terms(K.OR, bad, wrong.term)
    solver = solver_for(terms, bad)
    result = solver.check_sat()
    if result == bz.Result.UNSAT:
        return None
    if result != bz.Result.SAT:
        raise AssertionError(f"solver gave {result}")
    return {name: value_in(solver, value) for name, value in variables.items()}


# --- builds ---------------------------------------------------------------------------------------


def edited(build: Build, folder: Path, pattern: str, new: str) -> Build:
    """A copy of a build with one edit in its Verilog; the edit must apply."""
    folder.mkdir()
    shutil.copy(build.folder / "manifest.json", folder)
    text, count = re.subn(pattern, new, build.verilog.read_text(encoding="utf-8"), count=1)
    assert count == 1, (
        f"{pattern!r} is not in {build.verilog}: the emitted Verilog has changed, choose another"
        " edit"
    )
    (folder / "top.v").write_text(text, encoding="utf-8")
    return Build(build.design, build.id, folder, build.manifest)


# --- processes ------------------------------------------------------------------------------------


def python(code: str, *args: str, **environment: str) -> str:
    """Output of a Python program in a process of its own that sees the repository."""
    done = subprocess.run(
        [sys.executable, "-c", code, *args],
        capture_output=True,
        text=True,
        check=False,
        cwd=ROOT,
        env={"PATH": "/usr/bin:/bin", "PYTHONPATH": str(ROOT), **environment},
    )
    if done.returncode:
        raise AssertionError(f"the program failed:\n{done.stderr}")
    return done.stdout
