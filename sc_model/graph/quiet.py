"""Quiet synapses: which inputs have to be 0 for a step to leave a synapse as it was.

No rule says what may be skipped. Each condition of a menu is tried on the rule's graph: with these
inputs as the constant 0, and all else as it may be, the new value of every field must come out as
the old one by exact simplifications alone. `sc_hw.proof.quiet` shows the same by the solver, on the
rule's own text; hardware that skips takes this list as its licence (:func:`require_quiet`).
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from itertools import combinations

from sc_model.graph.interval import Interval
from sc_model.graph.nodes import Builder
from sc_model.graph.trace import Expr, TraceOps, trace
from sc_model.spec.errors import ConfigError
from sc_model.spec.rule import Locality, Rule, RuleParams

MOST_INPUTS = 2  # that a condition of the menu has
Condition = tuple[str, ...]


def menu(rule: Rule) -> tuple[Condition, ...]:
    """The conditions that are tried: nothing, each input = 0, and each two of them = 0.

    Inputs of neurons on both sides and those that all synapses share; not random ones, which are 0
    by chance alone, and not run-time parameters.
    """
    names = [item.name for item in rule.inputs if not item.random]
    return tuple(
        condition for size in range(MOST_INPUTS + 1) for condition in combinations(names, size)
    )


def kept_fields(rule: Rule, block: str) -> tuple[str, ...]:
    """The fields that skipped synapses of a block must keep.

    A lane or bank stores all of them with the synapse. In other blocks those of inputs and neurons
    are stored apart, and are updated whether synapses are skipped or not.
    """
    return tuple(
        field.name
        for field in rule.state
        if block in ("lane", "bank") or field.locality is Locality.SYNAPSE
    )


def left_ranges(rule: Rule, params: RuleParams) -> dict[str, Interval]:
    """Range of each field after a reset and after any step, whatever the field held before.

    A load may write more: the first step brings such a field back into its range.
    """
    graph = trace(rule, params)
    initial = rule.initial_state()
    return {
        name: graph.nodes[index].interval.hull(Interval(initial[name], initial[name]))
        for name, index in graph.outputs.items()
    }


def quiet_conditions(
    rule: Rule, params: RuleParams, fields: tuple[str, ...]
) -> tuple[Condition, ...]:
    """The least conditions of the menu under which a step leaves some fields as they were.

    That is so for every state in :func:`left_ranges`, every value of all other inputs, and every
    setting of run-time parameters.

    Parameters
    ----------
    rule, params : learning rule and its parameters.
    fields : names of the state fields.

    Returns
    -------
    Names of the inputs that are 0, for each condition; none of them contains another one.
    """
    conditions: list[Condition] = []
    ranges = left_ranges(rule, params)
    for condition in menu(rule):
        if any(set(less) <= set(condition) for less in conditions):
            continue
        if _keeps(rule, params, condition, fields, ranges):
            conditions.append(condition)
    return tuple(conditions)


def _keeps(
    rule: Rule,
    params: RuleParams,
    zero: Condition,
    fields: Iterable[str],
    ranges: Mapping[str, Interval],
) -> bool:
    """Whether fields are simplified to themselves where some inputs are 0."""
    builder = Builder()
    state = {name: builder.var(name, interval) for name, interval in ranges.items()}
    inputs = {
        name: builder.const(0) if name in zero else builder.var(name, Interval.of(form))
        for name, form in rule.input_formats(params).items()
    }
    new = rule.apply(
        TraceOps(builder),
        {name: Expr(builder, index) for name, index in state.items()},
        {name: Expr(builder, index) for name, index in inputs.items()},
        params,
    )
    return all(isinstance(new[n], Expr) and new[n].index == state[n] for n in fields)


def require_quiet(
    rule: Rule, params: RuleParams, fields: tuple[str, ...], zero: Collection[str], what: str
) -> None:
    """See that hardware may skip synapses where any one of some inputs is 0.

    Parameters
    ----------
    rule, params, fields : as of :func:`quiet_conditions`.
    zero : names of the inputs; each on its own must keep the fields.
    what : subject of the error: what skips.

    Raises
    ------
    ConfigError
        an input does not: the error says which, and what the rule's quiet conditions are.
    """
    listed = quiet_conditions(rule, params, fields)
    for name in zero:
        if not any(set(condition) <= {name} for condition in listed):
            known = ", ".join(described(condition) for condition in listed) or "none"
            raise ConfigError(
                f"{what} skips synapses with {name} = 0, but that does not keep every field of rule"
                f" '{rule.family}'; its quiet conditions are: {known}."
            )


def described(condition: Condition) -> str:
    """A condition in words: `trace = 0`."""
    return " and ".join(f"{name} = 0" for name in condition) or "always"
