"""Claims and how they are decided: one solver call each, with a table of signals where a claim is
refuted.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import bitwuzla as bz

from sc_hw.proof.verdicts import PROVED, REFUTED, UNKNOWN, VACUOUS, Claim
from sc_model.graph.smt import K, SmtInt, Terms

WHOLE_LIMIT_S = 4.0  # before a claim is split into cases
SPLIT_BITS = 10  # widest factor whose values are gone through one by one


@dataclass
class Abstraction:
    """Terms that may be taken for free ones, with what stays known of them."""

    free: dict[Any, Any] = field(default_factory=dict)
    known: list[Any] = field(default_factory=list)

    def __bool__(self) -> bool:
        return bool(self.free)

    def term(self, terms: Terms, term: Any) -> Any:
        """A term with those in it freed."""
        return term if term is None else terms.tm.substitute_term(term, self.free)

    def put(self, terms: Terms, formulas: list[Any]) -> list[Any]:
        """Formulas with those terms freed."""
        return [*(self.term(terms, formula) for formula in formulas), *self.known]


@dataclass
class Prover:
    """Decides claims over one set of terms.

    Parameters
    ----------
    terms : what the claims are written in.
    limit_s : seconds for one claim before its verdict is ``unknown``.
    """

    terms: Terms
    limit_s: float = 60.0
    claims: list[Claim] = field(default_factory=list)
    _possible: dict[tuple[Any, ...], bool] = field(default_factory=dict)

    def claim(
        self,
        name: str,
        statement: str,
        bad: Any,
        given: Sequence[Any] = (),
        shown: Mapping[str, Any] | None = None,
        split: Any = None,
        loose: Abstraction | None = None,
    ) -> Claim:
        """Decide that `bad` can't be while all of `given` holds.

        Parameters
        ----------
        shown : the signals of a counterexample: terms, or :class:`SmtInt` for values of the rule.
        split : a vector to go through value by value where the claim as a whole is too hard.
        loose : terms whose making may be forgotten first; what holds for all of their values holds.
        """
        began = time.perf_counter()
        formulas = [*given, bad]
        verdict, example = UNKNOWN, None
        if loose:
            verdict, _ = self._search(
                loose.put(self.terms, formulas), {}, loose.term(self.terms, split), WHOLE_LIMIT_S
            )
        if verdict != PROVED:
            verdict, example = self._search(formulas, shown or {}, split, self.limit_s)
        if verdict == PROVED and not self._satisfiable(tuple(given)):
            verdict = VACUOUS
        made = Claim(name, statement, verdict, time.perf_counter() - began, example)
        self.claims.append(made)
        return made

    def decided(
        self,
        name: str,
        statement: str,
        holds: bool,
        seconds: float,
        example: Mapping[str, Any] | None = None,
    ) -> Claim:
        """Enter a claim that was decided without the solver."""
        made = Claim(
            name, statement, PROVED if holds else REFUTED, seconds, None if holds else example
        )
        self.claims.append(made)
        return made

    def _search(
        self, formulas: list[Any], shown: Mapping[str, Any], split: Any, limit_s: float
    ) -> tuple[str, dict[str, Any] | None]:
        """Decide as a whole, then value by value of `split` if there is one."""
        if split is None:
            return self._decide(formulas, shown, limit_s)
        verdict, example = self._decide(formulas, shown, WHOLE_LIMIT_S)
        return (
            self._case_by_case(formulas, shown, split) if verdict == UNKNOWN else (verdict, example)
        )

    def _satisfiable(self, given: tuple[Any, ...]) -> bool:
        """Whether what a claim assumes can be at all; nothing is proved from a contradiction."""
        if given not in self._possible:
            self._possible[given] = (
                not given or self._decide(list(given), {}, self.limit_s)[0] == REFUTED
            )
        return self._possible[given]

    def _case_by_case(
        self, formulas: list[Any], shown: Mapping[str, Any], split: Any
    ) -> tuple[str, dict[str, Any] | None]:
        """Every value of `split` in turn; all cases together are the whole."""
        width = self.terms.width(split)
        for value in range(1 << width):
            constant = self.terms.const(value, width)
            put = [
                self.terms.tm.substitute_term(formula, {split: constant}) for formula in formulas
            ]
            verdict, example = self._decide(
                [*put, self.terms(K.EQUAL, split, constant)], shown, self.limit_s
            )
            if verdict != PROVED:
                return verdict, example
        return PROVED, None

    def _decide(
        self, formulas: list[Any], shown: Mapping[str, Any], limit_s: float
    ) -> tuple[str, dict[str, Any] | None]:
        options = bz.Options()
        options.set(bz.Option.PRODUCE_MODELS, True)
        options.set(bz.Option.TIME_LIMIT_PER, int(limit_s * 1000))
        solver = bz.Bitwuzla(self.terms.tm, options)
        for formula in formulas:
            solver.assert_formula(formula)
        result = solver.check_sat()
        if result == bz.Result.SAT:
            return REFUTED, {label: self._value(solver, term) for label, term in shown.items()}
        return (PROVED if result == bz.Result.UNSAT else UNKNOWN), None

    def _value(self, solver: Any, term: Any) -> int:
        signed = isinstance(term, SmtInt)
        vector = term.term if isinstance(term, SmtInt) else term
        value = solver.get_value(vector).value(2)
        if isinstance(value, bool):
            return int(value)
        number = int(value, 2)
        return number - (1 << len(value)) if signed and value[0] == "1" else number

    # --- shorthands -------------------------------------------------------------------------------

    def both(self, *facts: Any) -> Any:
        """Conjunction."""
        return facts[0] if len(facts) == 1 else self.terms(K.AND, *facts)

    def either(self, *facts: Any) -> Any:
        """Disjunction."""
        return facts[0] if len(facts) == 1 else self.terms(K.OR, *facts)

    def no(self, fact: Any) -> Any:
        """Negation."""
        return self.terms(K.NOT, fact)

    def implies(self, fact: Any, consequence: Any) -> Any:
        """Implication."""
        return self.terms(K.IMPLIES, fact, consequence)

    def on(self, bit: Any) -> Any:
        """Whether a one-bit vector is 1."""
        return self.terms.is_one(bit)

    def off(self, bit: Any) -> Any:
        """Whether a one-bit vector is 0."""
        return self.no(self.on(bit))

    def equals(self, vector: Any, value: int) -> Any:
        """Whether a vector is a constant (as unsigned)."""
        return self.terms(K.EQUAL, vector, self.terms.const(value, self.terms.width(vector)))


def number(terms: Terms, vector: Any, signed: bool) -> SmtInt:
    """The integer that a port or register means."""
    return SmtInt.signed(terms, vector) if signed else SmtInt.unsigned(terms, vector)


class Cuts:
    """Named intermediates of the rule, each proved equal to its signal in the netlist and then put
    in its place.

    Both sides then share that term, so that a multiplier behind it is one term instead of two to be
    compared.
    """

    def __init__(
        self, prover: Prover, signals: Mapping[str, tuple[Any, int, int]], given: Sequence[Any]
    ) -> None:
        """`signals`: let name -> (netlist term, lowest, highest value it can have)."""
        self.prover, self.signals, self.given = prover, signals, given
        self.shown: dict[str, Any] = {}
        self.loose = Abstraction()

    def __call__(self, name: str, value: SmtInt) -> SmtInt:
        """Prove and cut; a value without a signal of its own is left alone."""
        if name not in self.signals:
            return value
        vector, lo, hi = self.signals[name]
        terms = self.prover.terms
        width = terms.width(vector)
        differs = self.prover.either(
            terms.differ(value.low(width), vector), (value < lo).term, (value > hi).term
        )
        inside = number(terms, vector, lo < 0)
        self.shown[f"{name} (rule)"] = value
        self.shown[f"{name} (netlist)"] = inside
        factors = [f.term for f in value.factors or () if self._splits(f.term)]
        self.prover.claim(
            f"signal {name}",
            f"the netlist's signal '{name}' is the rule's value, and lies in [{lo}, {hi}]",
            differs,
            self.given,
            self.shown,
            factors[0] if factors else None,
            self.loose,
        )
        free = terms.var(f"any {name}", width)
        self.loose.free[vector] = free
        self.loose.known += [
            (number(terms, free, lo < 0) >= lo).term,
            (number(terms, free, lo < 0) <= hi).term,
        ]
        # A refuted cut has already failed the proof; going on with the netlist's value shows what
        # else differs.
        return SmtInt(terms, inside.term, max(lo, inside.lo), min(hi, inside.hi))

    def _splits(self, factor: Any) -> bool:
        """Whether a factor's values can be gone through one by one."""
        free = self.loose.term(self.prover.terms, factor) if self.loose else factor
        return bool(free.is_const()) and self.prover.terms.width(factor) <= SPLIT_BITS
