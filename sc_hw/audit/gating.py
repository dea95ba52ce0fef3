"""Whether registers keep their values while a synchronised level or pointer says so, by the solver.

A word of another clock may be sampled only when its writer holds it. So the register that samples
must be *gated*: for some value of the synchronised signal it keeps what it has, whatever all other
signals are. That value is one of

* a constant, for a level;
* a register that follows the level or is the answer to it (a handshake in two phases), or its
  complement;
* the own pointer, in gray code or in binary, for a queue that is empty; the same with its highest
  one or two bits inverted, for one that is full.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import pairwise
from typing import Any

import bitwuzla as bz

from sc_hw.audit.netlist import Bit, Memory, Register

K = bz.Kind
# Gates of Yosys' simple library; the pins of each in the order of the function.
_GATES: dict[str, Callable[..., tuple[Any, ...]]] = {
    "$_BUF_": lambda a: (K.AND, a, a),
    "$_NOT_": lambda a: (K.NOT, a),
    "$_AND_": lambda a, b: (K.AND, a, b),
    "$_OR_": lambda a, b: (K.OR, a, b),
    "$_XOR_": lambda a, b: (K.XOR, a, b),
    "$_MUX_": lambda a, b, s: (K.ITE, s, b, a),
}
_PINS = "ABS"
_FLOP = "$dff"
_LIMIT_MS = 10_000  # such a question takes some milliseconds
Terms = dict[Bit, Any]


@dataclass(frozen=True)
class Gate:
    """A synchronised signal and a value of it that may close a gate.

    Members
    -------
    outputs : bits of the synchroniser.
    closed : for the terms of all bits, those that the outputs have then.
    """

    outputs: Sequence[Bit]
    closed: Callable[[Callable[[Bit], Any]], Sequence[Any]]


def _constant(value: Any, term_of: Callable[[Bit], Any]) -> Sequence[Any]:
    """A level's term where its gate is closed: `value`, whatever the terms of other bits."""
    return [value]


class GateLogic:
    """The simple gates of a flattened module, as the netlist of :class:`ClockedNetlist` has bits.

    Parameters
    ----------
    coarse : the module as the rules of the audit read it.
    gates : the same module, written after all logic has been mapped to simple gates.
    """

    def __init__(self, coarse: Mapping[str, Any], gates: Mapping[str, Any]) -> None:
        self.tm = bz.TermManager()
        self.bool = self.tm.mk_bool_sort()
        # Both were written in the same run of Yosys, and every wire kept its name.
        self._same: dict[Bit, Bit] = {}
        for name, net in coarse["netnames"].items():
            if name in gates["netnames"]:
                self._same |= zip(net["bits"], gates["netnames"][name]["bits"], strict=True)
        self._driver: dict[Bit, tuple[str, list[Bit]]] = {}
        self._next: dict[Bit, Bit] = {}
        self._clock: dict[Bit, Bit] = {}
        for cell in gates["cells"].values():
            pins, kind = cell["connections"], cell["type"]
            if kind in _GATES:
                self._driver[pins["Y"][0]] = (kind, [pins[p][0] for p in _PINS if p in pins])
            elif kind == _FLOP:
                self._next |= zip(pins["Q"], pins["D"], strict=True)
                self._clock |= dict.fromkeys(pins["Q"], pins["CLK"][0])

    def here(self, bit: Bit) -> Bit:
        """A bit of the audit's netlist among the gates."""
        return bit if isinstance(bit, str) else self._same.get(bit, bit)

    def term(self, bit: Bit, terms: Terms) -> Any:
        """The formula of a bit of the gates, over free terms for registers, memories and ports.

        `terms` has those of some bits, and takes in those of all bits on the way.
        """
        stack = [bit]
        while stack:
            top = stack[-1]
            if top in terms:
                stack.pop()
            elif top in ("0", "1"):
                terms[top] = self.tm.mk_true() if top == "1" else self.tm.mk_false()
            elif top not in self._driver:
                terms[top] = self.tm.mk_const(self.bool, str(top))
            elif missing := [pin for pin in self._driver[top][1] if pin not in terms]:
                stack += missing
            else:
                kind, pins = self._driver[top]
                operation, *operands = _GATES[kind](*(terms[pin] for pin in pins))
                terms[top] = self.tm.mk_term(operation, operands)
        return terms[bit]

    def possible(self, *formulas: Any) -> bool:
        """Whether formulas can be true together; so is what the solver does not decide in time."""
        options = bz.Options()
        options.set(bz.Option.TIME_LIMIT_PER, _LIMIT_MS)
        solver = bz.Bitwuzla(self.tm, options)
        for formula in formulas:
            solver.assert_formula(formula)
        return bool(solver.check_sat() != bz.Result.UNSAT)

    def _sources(self, bit: Bit) -> set[Bit]:
        """Registers, memories and ports that a bit depends on."""
        terms: Terms = {}
        self.term(bit, terms)
        return {source for source in terms if source not in self._driver}

    def _without_reset(self, bit: Bit, gate: set[Bit]) -> Bit:
        """A next value without its reset: a multiplexer with a constant that the gate has no part
        in.
        """
        while bit in self._driver and self._driver[bit][0] == "$_MUX_":
            low, high, select = self._driver[bit][1]
            constant = [leg in ("0", "1") for leg in (low, high)]
            if constant.count(True) != 1 or self._sources(select) & gate:
                break
            bit = high if constant[0] else low
        return bit

    # --- gates ------------------------------------------------------------------------------------

    def keeps(self, register: Register, bits: Sequence[int], gate: Gate) -> bool:
        """Whether bits of a register keep their values while a gate is closed.

        Its reset, which is one of its own clock, is left out of account.
        """
        if not register.cell:
            # The clocked read port of a memory: its register keeps the word while RD_EN is low.
            return self._low([register.control[-1]], gate)
        outputs = {self.here(bit) for bit in gate.outputs}
        changes = []
        terms = self._closed(gate)
        for index in bits:
            q = self.here(register.q[index])
            if q not in self._next:
                return False
            d = self._without_reset(self._next[q], outputs)
            changes.append(self._xor(self.term(d, terms), self.term(q, terms)))
        return not self.possible(self._any(changes))

    def unwritten(self, memory: Memory, gate: Gate) -> bool:
        """Whether a memory is not written while a gate is closed."""
        return self._low(memory.write_enable, gate)

    def _low(self, bits: Sequence[Bit], gate: Gate) -> bool:
        terms = self._closed(gate)
        return not self.possible(self._any([self.term(self.here(bit), terms) for bit in bits]))

    def _closed(self, gate: Gate) -> Terms:
        """Terms of the outputs of a gate that is closed."""
        terms: Terms = {}
        # The registers that the outputs are compared with are free terms of the same formulas.
        values = gate.closed(lambda bit: self.term(self.here(bit), terms))
        return terms | {self.here(b): v for b, v in zip(gate.outputs, values, strict=True)}

    def follows(self, register: Register, outputs: Sequence[Bit]) -> bool:
        """Whether a register takes the outputs of a synchroniser and nothing else, or keeps its
        value.
        """
        terms: Terms = {}
        wrong = []
        for q_bit, output in zip(register.q, outputs, strict=True):
            q = self.here(q_bit)
            if q not in self._next:
                return False
            d = self._without_reset(self._next[q], {self.here(output)})
            after = self.term(d, terms)
            others = (self.term(q, terms), self.term(self.here(output), terms))
            wrong.append(self._all([self._xor(after, other) for other in others]))
        return not self.possible(self._any(wrong))

    # --- values of a gate that may close it -------------------------------------------------------

    def constants(self, outputs: Sequence[Bit]) -> Iterator[Gate]:
        """A level that is closed at 0, or at 1."""
        for value in (self.tm.mk_false(), self.tm.mk_true()):
            yield Gate(outputs, partial(_constant, value))

    def pointers(self, outputs: Sequence[Bit], register: Register) -> Iterator[Gate]:
        """Gates that compare with a register of as many bits: equal, and one or two bits apart."""
        width = len(outputs)
        for inverted in range(3 if width > 1 else 2):
            for is_gray in (True, False) if width > 1 else (True,):

                def closed(
                    term: Callable[[Bit], Any], n: int = inverted, gray: bool = is_gray
                ) -> Sequence[Any]:
                    bits = [term(bit) for bit in register.q]
                    if not gray:  # its code is b ^ (b >> 1)
                        bits = [*(self._xor(a, b) for a, b in pairwise(bits)), bits[-1]]
                    top = width - n
                    return [*bits[:top], *(self._not(bit) for bit in bits[top:])]

                yield Gate(outputs, closed)

    # --- pulses -----------------------------------------------------------------------------------

    def is_pulse(self, bit: Bit) -> bool:
        """Whether a register's bit changes back in the clock after each change to 1, or to 0."""
        q = self.here(bit)
        if q not in self._next:
            return False
        d, clock = self._next[q], self._clock[q]
        # From an arbitrary state one clock on: what the registers of this clock then hold.
        first: Terms = {}
        value = self.term(d, first)
        states = {s for s in self._sources(d) if self._clock.get(s) == clock}
        second: Terms = {state: self.term(self._next[state], first) for state in states}
        following = self.term(d, second)
        for now, then in ((value, following), (self._not(value), self._not(following))):
            # What can't be at all is a constant, and no pulse.
            if self.possible(now) and not self.possible(now, then):
                return True
        return False

    # --- shorthands -------------------------------------------------------------------------------

    def _xor(self, a: Any, b: Any) -> Any:
        return self.tm.mk_term(K.XOR, [a, b])

    def _not(self, term: Any) -> Any:
        return self.tm.mk_term(K.NOT, [term])

    def _any(self, terms: list[Any]) -> Any:
        return self.tm.mk_term(K.OR, terms) if len(terms) > 1 else terms[0]

    def _all(self, terms: list[Any]) -> Any:
        return self.tm.mk_term(K.AND, terms) if len(terms) > 1 else terms[0]
