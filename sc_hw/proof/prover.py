"""Claims about a netlist, each decided by calls of the solver.

A refuted claim comes with a counterexample: a table of signals and their values.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import bitwuzla as bz

from sc_hw.proof.reachable import Reachable
from sc_hw.proof.verdicts import PROVED, REFUTED, UNKNOWN, VACUOUS, Claim
from sc_model.graph.smt import K, SmtInt, Terms

# Most claims take milliseconds. One that takes longer than this is tried value by value, where the
# claim names a factor for that.
WHOLE_LIMIT_S = 4.0
SPLIT_BITS = 10  # widest factor that is gone through value by value: 1024 calls of the solver


@dataclass
class Abstraction:
    """Terms that are replaced by free variables: the solver then need not look into them.

    What holds for every value of the free variables also holds for the terms. The other way round
    it need not: a counterexample of the abstraction may be none of the claim.

    Members
    -------
    free : the term to replace -> its free variable.
    ranges : formulas about the free variables that are proved of the terms.
    """

    free: dict[Any, Any] = field(default_factory=dict)
    ranges: list[Any] = field(default_factory=list)

    def __bool__(self) -> bool:
        return bool(self.free)

    def term(self, terms: Terms, term: Any) -> Any:
        """A term after the replacement; None stays None."""
        return term if term is None else terms.tm.substitute_term(term, self.free)

    def apply(self, terms: Terms, formulas: Sequence[Any]) -> list[Any]:
        """Formulas after the replacement, with what is known of the free variables."""
        return [*(self.term(terms, formula) for formula in formulas), *self.ranges]


@dataclass(frozen=True)
class Piece:
    """One of several faults, one of which there is where a claim does not hold.

    Members
    -------
    fault : a formula. Where that of no piece can be true the claim holds.
    example : a formula out of which the claim's violation follows. Where the fault can be true a
        counterexample is looked for here.
    """

    fault: Any
    example: Any


@dataclass
class Prover:
    """Decides claims over one set of terms.

    Parameters
    ----------
    terms : what the claims are written in.
    limit_s : seconds for one claim before its verdict is ``unknown``.
    reachable : states that the netlist of the claims reaches; None where assumptions need only be
        met by some state.

    Members
    -------
    claims : all claims so far, in order.
    """

    terms: Terms
    limit_s: float = 60.0
    reachable: Reachable | None = None
    claims: list[Claim] = field(default_factory=list)
    _satisfiable: dict[tuple[Any, ...], bool] = field(default_factory=dict)

    def claim(
        self,
        name: str,
        statement: str,
        violation: Any,
        assumptions: Sequence[Any] = (),
        witness: Mapping[str, Any] | None = None,
        split: Any = None,
        abstraction: Abstraction | None = None,
        pieces: Sequence[Piece] = (),
    ) -> Claim:
        """Decide that `violation` can't be true while all assumptions hold.

        Parameters
        ----------
        name, statement : of the claim.
        violation : a formula.
        assumptions : formulas. If no reachable state meets them the verdict is ``vacuous``.
        witness : signals whose values a counterexample lists, by label: terms, or :class:`SmtInt`
            for integers of the rule.
        split : a vector to go through value by value where the claim as a whole is too hard.
        abstraction : tried first; a claim that it does not prove is decided without it.
        pieces : tried first, each by itself; a claim that they do not decide is decided as a whole.
        """
        began = time.perf_counter()
        formulas = [*assumptions, violation]
        verdict, example = self._in_pieces(pieces, assumptions, witness or {})
        # Its counterexample is dropped, since it may be none of the claim (see `Abstraction`).
        if abstraction and verdict == UNKNOWN:
            answer, _ = self._search(
                abstraction.apply(self.terms, formulas),
                {},
                abstraction.term(self.terms, split),
                WHOLE_LIMIT_S,
            )
            verdict = answer if answer == PROVED else UNKNOWN
        if verdict == UNKNOWN:
            verdict, example = self._search(formulas, witness or {}, split, self.limit_s)
        # Assumptions that are never met would prove anything. That they can be met is looked for
        # only now, since it takes a second call of the solver.
        if verdict == PROVED and not self._can_hold(tuple(assumptions)):
            verdict = VACUOUS
        claim = Claim(name, statement, verdict, time.perf_counter() - began, example)
        self.claims.append(claim)
        return claim

    def record(
        self,
        name: str,
        statement: str,
        holds: bool,
        seconds: float,
        example: Mapping[str, Any] | None = None,
    ) -> Claim:
        """Add a claim that was decided without the solver; `example` is for one that fails."""
        verdict = PROVED if holds else REFUTED
        claim = Claim(name, statement, verdict, seconds, None if holds else example)
        self.claims.append(claim)
        return claim

    def _in_pieces(
        self, pieces: Sequence[Piece], assumptions: Sequence[Any], witness: Mapping[str, Any]
    ) -> tuple[str, dict[str, Any] | None]:
        """Decide a claim by its pieces; ``unknown`` where it has none or they say nothing."""
        for piece in pieces:
            if self._decide([*assumptions, piece.fault], {}, self.limit_s)[0] != PROVED:
                answer = self._decide([*assumptions, piece.example], witness, self.limit_s)
                # That one piece has no counterexample says nothing of the others.
                return answer if answer[0] == REFUTED else (UNKNOWN, None)
        return (PROVED if pieces else UNKNOWN), None

    def _search(
        self, formulas: list[Any], witness: Mapping[str, Any], split: Any, limit_s: float
    ) -> tuple[str, dict[str, Any] | None]:
        """Decide formulas as a whole, then value by value of `split` if there is one."""
        if split is None:
            return self._decide(formulas, witness, limit_s)
        # A short try first: many claims with a factor are easy as a whole, and one call is less
        # than hundreds. `self.limit_s` then applies to each value.
        verdict, example = self._decide(formulas, witness, WHOLE_LIMIT_S)
        if verdict == UNKNOWN:
            return self._case_by_case(formulas, witness, split)
        return verdict, example

    def _can_hold(self, assumptions: tuple[Any, ...]) -> bool:
        """Whether assumptions can all be true at once, in a state that the hardware reaches."""
        # Most claims about a block share their assumptions, so the answer is kept. A solver that
        # runs out of time counts as "no": the claim is then `vacuous`, and the certificate fails.
        if assumptions not in self._satisfiable:
            self._satisfiable[assumptions] = not assumptions or self._is_met(assumptions)
        return self._satisfiable[assumptions]

    def _is_met(self, assumptions: tuple[Any, ...]) -> bool:
        if self.reachable is None:
            return self._decide(list(assumptions), {}, self.limit_s)[0] == REFUTED
        # `PROVED` is the solver's answer that there is no such state.
        return any(
            self._decide(
                [self.terms.tm.substitute_term(fact, state) for fact in assumptions],
                {},
                self.limit_s,
            )[0]
            == REFUTED
            for state in self.reachable.substitutions()
        )

    def _case_by_case(
        self, formulas: list[Any], witness: Mapping[str, Any], split: Any
    ) -> tuple[str, dict[str, Any] | None]:
        """Decide formulas for each value of `split`; proved if they are for every value."""
        width = self.terms.width(split)
        for value in range(1 << width):
            constant = self.terms.const(value, width)
            # A product with a constant is a sum of shifts, which is easy for the solver.
            case = [
                self.terms.tm.substitute_term(formula, {split: constant}) for formula in formulas
            ]
            verdict, example = self._decide(
                [*case, self.terms(K.EQUAL, split, constant)], witness, self.limit_s
            )
            if verdict != PROVED:
                return verdict, example
        return PROVED, None

    def _decide(
        self, formulas: list[Any], witness: Mapping[str, Any], limit_s: float
    ) -> tuple[str, dict[str, Any] | None]:
        """One call of the solver: proved if the formulas can't all be true."""
        # The solver looks for a violation: no solution means that the claim is proved.
        options = bz.Options()
        options.set(bz.Option.PRODUCE_MODELS, True)
        options.set(bz.Option.TIME_LIMIT_PER, int(limit_s * 1000))
        solver = bz.Bitwuzla(self.terms.tm, options)
        for formula in formulas:
            solver.assert_formula(formula)
        result = solver.check_sat()
        if result == bz.Result.SAT:
            return REFUTED, {label: self._value(solver, term) for label, term in witness.items()}
        return (PROVED if result == bz.Result.UNSAT else UNKNOWN), None

    def _value(self, solver: Any, term: Any) -> int:
        """Value of a signal in the solver's model."""
        signed = isinstance(term, SmtInt)
        vector = term.term if isinstance(term, SmtInt) else term
        value = solver.get_value(vector).value(2)
        # bitwuzla gives a truth value as a bool, and a vector as a text of binary digits.
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
    """The integer that the bits of a port or register stand for."""
    return SmtInt.signed(terms, vector) if signed else SmtInt.unsigned(terms, vector)


class Cuts:
    """Named intermediates of a rule, each proved equal to its signal in the netlist.

    From then on the rule computes with the netlist's signal. Both sides of a later claim share that
    term, so that a multiplier after it is one term instead of two that must be compared.

    Parameters
    ----------
    prover : gets the claims.
    signals : name of an intermediate (`ops.let`) -> its term in the netlist, and the lowest and
        highest value that it can have.
    assumptions : of the claims.

    Members
    -------
    witness : signals whose values a counterexample lists: the intermediates so far, and what a
        caller adds.
    abstraction : replaces the signals that are proved already by free variables of their ranges.
    """

    def __init__(
        self,
        prover: Prover,
        signals: Mapping[str, tuple[Any, int, int]],
        assumptions: Sequence[Any],
    ) -> None:
        self.prover, self.signals, self.assumptions = prover, signals, assumptions
        self.witness: dict[str, Any] = {}
        self.abstraction = Abstraction()

    def __call__(self, name: str, value: SmtInt) -> SmtInt:
        """Prove an intermediate equal to its signal, and return the signal.

        `value` is returned as it is where the intermediate has no signal.
        """
        if name not in self.signals:
            return value
        vector, lo, hi = self.signals[name]
        terms = self.prover.terms
        width = terms.width(vector)
        # The range is proved together with the value: later claims assume it of the free variable
        # that stands for this signal.
        differs = self.prover.either(
            terms.differ(value.low(width), vector), (value < lo).term, (value > hi).term
        )
        # The tracer gives a signal a sign only where its interval has negative numbers.
        signal = number(terms, vector, lo < 0)
        self.witness[f"{name} (rule)"] = value
        self.witness[f"{name} (netlist)"] = signal
        factors = [f.term for f in value.factors or () if self._can_split(f.term)]
        self.prover.claim(
            f"signal {name}",
            f"the netlist's signal '{name}' is the rule's value, and lies in [{lo}, {hi}]",
            differs,
            self.assumptions,
            self.witness,
            factors[0] if factors else None,
            self.abstraction,
        )
        free = terms.var(f"any {name}", width)
        self.abstraction.free[vector] = free
        self.abstraction.ranges += [
            (number(terms, free, lo < 0) >= lo).term,
            (number(terms, free, lo < 0) <= hi).term,
        ]
        # A refuted cut has already failed the proof. Going on with the netlist's value shows what
        # else differs.
        return SmtInt(terms, signal.term, max(lo, signal.lo), min(hi, signal.hi))

    def _can_split(self, factor: Any) -> bool:
        """Whether a factor is a free vector that is narrow enough to go through its values."""
        terms = self.prover.terms
        free = self.abstraction.term(terms, factor) if self.abstraction else factor
        return bool(free.is_const()) and terms.width(factor) <= SPLIT_BITS
