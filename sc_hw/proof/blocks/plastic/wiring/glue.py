"""Claims about what joins the parts of a module, and the check that nothing of it is left out."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sc_hw.proof.blocks.plastic.wiring.signals import Signals
from sc_hw.proof.prover import Prover
from sc_hw.proof.words import resize_unsigned
from sc_model.graph.smt import K

Moment = Callable[[int], Any]  # a signal of one bit, by clock


@dataclass(frozen=True)
class Next:
    """The value that a register takes.

    Members
    -------
    value : in the clock after one without reset.
    reset : in the clock after a reset; None for a register without reset, which then takes `value`.
    """

    value: Any
    reset: int | None = 0


class Glue:
    """A module without its instances, and the claims about its outputs and registers.

    Parameters
    ----------
    prover : gets the claims.
    signals : of the module.
    label : the module, in the names of claims.
    now : the clock that claims are about; all that they refer to is at most so many clocks older.
    widths : bits of every signal that claims refer to, as the design has them.

    Members
    -------
    claimed : outputs and registers that a claim gives the value of.
    """

    def __init__(
        self, prover: Prover, signals: Signals, label: str, now: int, widths: Mapping[str, int]
    ) -> None:
        self.prover, self.signals, self.label, self.now = prover, signals, label, now
        self.widths = widths
        self.t = prover.terms
        self.claimed: set[str] = set()
        # Data are claimed while nothing resets; strobes also through resets.
        self.running = [prover.off(signals.reset(clock)) for clock in range(now + 1)]

    # --- signals ----------------------------------------------------------------------------------

    def at(self, name: str, ago: int = 0) -> Any:
        """A signal some clocks ago; a free one where the module lacks it, or has other bits.

        A zero-width port, which Verilog does not have, is 0.
        """
        clock, width = self.now - ago, self.widths.get(name, 0)
        if not width:
            return self.const(0)
        if self.signals.has(name):
            vector = self.signals.at(name, clock)
            if self.t.width(vector) == width:
                return vector
        return self.signals.free(name, width, clock)

    def low(self, vector: Any, width: int) -> Any:
        """A vector as an unsigned number of `width` bits."""
        return resize_unsigned(self.t, vector, width)

    def wide(self, name: str, output: str, ago: int = 0) -> Any:
        """A signal as an unsigned number of as many bits as an output has."""
        return self.low(self.at(name, ago), self.widths.get(output, 1))

    def bit(self, vector: Any, number: int) -> Any:
        """A bit of a vector, which may be too short: then it is 0."""
        if number >= self.t.width(vector):
            return self.const(0)
        return self.t(K.BV_EXTRACT, vector, indices=(number, number))

    def const(self, value: int, width: int = 1) -> Any:
        """A constant."""
        return self.t.const(value, width)

    def any_of(self, *bits: Any) -> Any:
        """OR of vectors of the same width."""
        return self.t(K.BV_OR, *bits) if len(bits) > 1 else bits[0]

    def all_of(self, *bits: Any) -> Any:
        """AND of vectors of the same width."""
        return self.t(K.BV_AND, *bits) if len(bits) > 1 else bits[0]

    def no(self, bit: Any) -> Any:
        """NOT."""
        return self.t(K.BV_NOT, bit)

    def choice(self, bit: Any, if_one: Any, if_zero: Any) -> Any:
        """One vector or the other."""
        return self.t(K.ITE, self.prover.on(bit), if_one, if_zero)

    def is_number(self, vector: Any, value: int) -> Any:
        """Whether an unsigned vector is a number, as a bit."""
        if value >= 1 << self.t.width(vector):
            return self.const(0)
        return self.equal(vector, self.const(value, self.t.width(vector)))

    def below(self, vector: Any, value: int) -> Any:
        """Whether an unsigned vector is less than a number, as a bit."""
        width = self.t.width(vector)
        if value >= 1 << width:
            return self.const(1)
        return self._truth(self.t(K.BV_ULT, vector, self.const(max(0, value), width)))

    def equal(self, left: Any, right: Any) -> Any:
        """Whether two unsigned vectors are the same number, as a bit."""
        width = max(self.t.width(left), self.t.width(right))
        return self._truth(self.t(K.EQUAL, self.low(left, width), self.low(right, width)))

    def plus(self, left: Any, right: Any) -> Any:
        """The sum of two vectors, modulo 2^bits of the first."""
        return self.t(K.BV_ADD, left, self.low(right, self.t.width(left)))

    def _truth(self, condition: Any) -> Any:
        return self.t(K.ITE, condition, self.const(1), self.const(0))

    def strobe(self, moment: Moment, ago: int) -> Any:
        """A strobe some clocks ago, which every reset since then has cleared.

        `moment` : the strobe in a clock that is given as "clocks ago".
        """
        resets = [self.signals.reset(self.now - clock) for clock in range(1, ago + 1)]
        return self.all_of(moment(ago), *(self.no(reset) for reset in resets))

    # --- claims -----------------------------------------------------------------------------------

    def outputs(
        self,
        name: str,
        statement: str,
        expected: Mapping[str, Any],
        *,
        running: bool = True,
        assumptions: Sequence[Any] = (),
    ) -> None:
        """Claim what outputs are.

        Parameters
        ----------
        expected : by output. One that the module does not have is left out: the module of the part
            does not use it, which the claim about that instance shows.
        running : assume that no clock up to now has a reset. False where the outputs follow their
            sources in a reset too.
        assumptions : conditions under which the outputs must be so.
        """
        pairs = self._present(expected)
        self._claim(name, statement, pairs, [*(self.running if running else ()), *assumptions])

    def _present(self, expected: Mapping[str, Any]) -> dict[str, tuple[Any, Any]]:
        """The outputs of these names that the module has: what each is and what it must be."""
        present = [name for name in expected if name in self.signals.net.outputs]
        self.claimed |= set(present)
        return {f"output {name}": (self._output(name), expected[name]) for name in present}

    def fields(
        self,
        name: str,
        statement: str,
        output: str,
        pairs: Mapping[str, tuple[Any, Any]],
        *,
        running: bool,
        assumptions: Sequence[Any] = (),
    ) -> None:
        """Claim the fields of an output.

        Parameters
        ----------
        output : name of the output.
        pairs : for each field its value in the netlist, and what it must be.
        running, assumptions : as of `outputs`.
        """
        self.claimed.add(output)
        self._claim(name, statement, pairs, [*(self.running if running else ()), *assumptions])

    def _output(self, name: str) -> Any:
        """An output now, which may have the name of a register."""
        vector = self.signals.value(self.signals.net.outputs[name], self.now)
        width = self.widths[name]
        return vector if self.t.width(vector) == width else self.signals.free(name, width, self.now)

    def registers(
        self,
        name: str,
        statement: str,
        expected: Mapping[str, Next],
        *,
        outputs: Mapping[str, Any] | None = None,
        assumptions: Sequence[Any] = (),
    ) -> None:
        """Claim the next values of registers, after a reset and without one.

        A register that the module lacks is left out: its value is free in all claims that refer to
        it, and these then fail if they depend on it. A claim of whose registers there is none
        fails. `outputs` : what shows the registers, by output.
        """
        pairs = self._present(outputs or {})
        for register, value in expected.items():
            if register not in self.signals.registers:
                continue
            self.claimed.add(register)
            after = value.value
            if value.reset is not None:
                begins = self.const(value.reset, self.t.width(after))
                after = self.choice(self.signals.reset(self.now), begins, after)
            present = self.signals.next(register, self.now)
            if self.t.width(present) != self.t.width(
                after
            ):  # it can't be the register that is meant
                present = self.signals.free(f"{register}'", self.t.width(after), self.now)
            pairs[f"{register}'"] = (present, after)
        if not pairs:  # a claim about nothing
            example = {"registers that the module lacks": ", ".join(expected)}
            self.prover.record(f"{self.label}: {name}", statement, False, 0.0, example)
            return
        self._claim(name, statement, pairs, assumptions)

    def _claim(
        self,
        name: str,
        statement: str,
        pairs: Mapping[str, tuple[Any, Any]],
        assumptions: Sequence[Any],
    ) -> None:
        """Claim that the two vectors of each pair are equal."""
        label = f"{self.label}: {name}"
        violations = {
            signal: self.t.differ(left, right)
            for signal, (left, right) in pairs.items()
            if left != right
        }
        # Equal terms are equal values: without a violation that is one there is nothing to solve.
        violation = self.prover.either(*violations.values()) if violations else self.t.tm.mk_false()
        witness: dict[str, Any] = {}
        for signal in violations:
            output, expected = pairs[signal]
            witness |= {f"{signal} (netlist)": output, f"{signal} (claimed)": expected}
        claim = self.prover.claim(label, statement, violation, assumptions, witness)
        if claim.counterexample is not None:
            self.prover.claims[-1] = replace(claim, counterexample=_differing(claim.counterexample))

    def complete(self, ports: Sequence[str] = ()) -> None:
        """Claim that every output and register is in a claim.

        `ports` : outputs that the module must have.
        """
        signals = self.signals
        outputs = sorted({*signals.net.outputs, *ports} - self.claimed)
        unclaimed = sorted(set(signals.registers) - self.claimed)
        unread = sorted(set(signals.net.states) - signals.read)
        example = {
            "outputs without a claim": ", ".join(outputs),
            "registers without a claim": ", ".join([*unclaimed, *unread]),
            "ports of parts that the design does not know": ", ".join(signals.cut.unknown),
        }
        example = {text: names for text, names in example.items() if names}
        self.prover.record(
            f"{self.label}: complete",
            "every output, every input of a part and every register between the parts is in a"
            " claim, and parts have no other ports",
            not example,
            0.0,
            example,
        )


def _differing(example: Mapping[str, Any]) -> dict[str, Any]:
    """The signals of a counterexample that are not what is claimed; both rows of each."""
    pairs = [(name.removesuffix(" (netlist)"), value) for name, value in example.items()]
    wrong = [n for n, value in pairs if example.get(f"{n} (claimed)", value) != value]
    return {f"{n} ({side})": example[f"{n} ({side})"] for n in wrong for side in _SIDES}


_SIDES = ("netlist", "claimed")
