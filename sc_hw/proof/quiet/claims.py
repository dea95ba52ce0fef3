"""The claims about quiet synapses, for all states, inputs and settings of a rule."""

from __future__ import annotations

import time
from typing import Any

from sc_hw.proof.prover import Prover, number
from sc_hw.proof.verdicts import PROVED, REFUTED, Claim
from sc_model.graph.quiet import Condition, described, left_ranges, menu
from sc_model.graph.smt import SmtInt, SmtOps, Terms
from sc_model.spec import Rule, RuleParams


def quiet_claims(
    terms: Terms,
    rule: Rule,
    params: RuleParams,
    fields: tuple[str, ...],
    conditions: tuple[Condition, ...],
    limit_s: float,
) -> list[Claim]:
    """The claims that the listed conditions keep some fields, decided, and a control of them.

    Parameters
    ----------
    terms : what the claims are written in; they must outlive it.
    rule, params : the learning rule; its own source runs on SMT integers.
    fields : names of the fields that skipped synapses keep.
    conditions : those of the manifest: inputs that are 0.
    limit_s : seconds for one claim.
    """
    prover = Prover(terms, limit_s)
    step = _Step(prover, rule, params, fields)
    _prove_ranges(step)
    for condition in conditions:
        prover.claim(
            f"quiet: {described(condition)}",
            f"where {described(condition)}, a step leaves {', '.join(fields)} as"
            f" {'it was' if len(fields) == 1 else 'they were'}, for all states that a step leaves"
            " and every setting: the synapse may be skipped",
            step.changes(condition),
            step.in_range,
            step.values,
        )
    _control(step, conditions)
    return prover.claims


class _Step:
    """A step of the rule on free state and inputs.

    Members
    -------
    in_range : assumptions that the state is one that a reset or a step leaves.
    values : state and inputs as integers.
    """

    def __init__(
        self, prover: Prover, rule: Rule, params: RuleParams, fields: tuple[str, ...]
    ) -> None:
        self.prover, self.rule, self.params, self.fields = prover, rule, params, fields
        terms = prover.terms
        self.ranges = left_ranges(rule, params)
        self.state: dict[str, SmtInt] = {
            name: number(terms, terms.var(name, form.width), form.signed)
            for name, form in rule.state_formats(params).items()
        }
        self.inputs: dict[str, SmtInt] = {
            name: number(terms, terms.var(name, form.width), form.signed)
            for name, form in rule.input_formats(params).items()
        }
        self.values = {**self.state, **self.inputs}
        self.in_range = [
            fact
            for name, interval in self.ranges.items()
            for fact in (
                (self.state[name] >= interval.lo).term,
                (self.state[name] <= interval.hi).term,
            )
        ]

    def after(self, zero: Condition = ()) -> dict[str, Any]:
        """The fields after a step with some inputs 0."""
        terms = self.prover.terms
        none = SmtInt(terms, terms.const(0, 1), 0, 0)
        inputs = {n: none if n in zero else value for n, value in self.inputs.items()}
        ops = SmtOps(terms)
        new = self.rule.apply(ops, self.state, inputs, self.params)
        return {name: ops.mux(True, value, value) for name, value in new.items()}

    def changes(self, zero: Condition) -> Any:
        """Whether a field is another after a step with some inputs 0."""
        new = self.after(zero)
        return self.prover.either(*((new[name] != self.state[name]).term for name in self.fields))


def _prove_ranges(step: _Step) -> None:
    """Add the claim that each step leaves a state in the ranges that the others assume."""
    new = step.after()
    outside = [
        fact
        for name, interval in step.ranges.items()
        for fact in ((new[name] < interval.lo).term, (new[name] > interval.hi).term)
    ]
    ranges = ", ".join(f"{name} in {interval}" for name, interval in step.ranges.items())
    step.prover.claim(
        "quiet: ranges",
        f"a step from any state at all leaves {ranges}",
        step.prover.either(*outside),
        [],
        step.values,
    )


def _control(step: _Step, conditions: tuple[Condition, ...]) -> None:
    """Add the claim that what is not listed is refuted: such a proof can fail."""
    began, prover = time.perf_counter(), step.prover
    others = [c for c in menu(step.rule) if not any(set(less) <= set(c) for less in conditions)]
    refuted: list[Condition] = []
    undecided: list[tuple[Condition, Claim]] = []
    for condition in others:
        trial = Prover(prover.terms, prover.limit_s)
        claim = trial.claim("", "", step.changes(condition), step.in_range, step.values)
        if claim.verdict == REFUTED:
            refuted.append(condition)
        else:
            undecided.append((condition, claim))
    if not others:
        return
    unused = [described(condition) for condition, claim in undecided if claim.verdict == PROVED]
    open_ = [described(condition) for condition, claim in undecided if claim.verdict != PROVED]
    statement = (
        "of the other conditions of the menu the solver refutes"
        f" {', '.join(described(condition) for condition in refuted) or 'none'}"
    )
    statement += f"; not used, though they hold: {', '.join(unused)}" if unused else ""
    statement += f"; undecided: {', '.join(open_)}" if open_ else ""
    prover.record(
        "quiet: control",
        statement + ("" if conditions else ": nothing can be skipped"),
        # where the parameters leave nothing that could change, there is nothing to refute
        bool(refuted) or len(unused) == len(others),
        time.perf_counter() - began,
        {"conditions": len(others), "refuted": 0},
    )
