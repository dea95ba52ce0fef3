"""A netlist unrolled clock by clock, from an arbitrary state and with arbitrary inputs."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from sc_hw.proof.facts import Field, NamedSignal
from sc_hw.proof.netlist import MissingSignalError, Netlist
from sc_hw.proof.prover import Prover
from sc_hw.proof.words import pack
from sc_model.graph.smt import K


class Frames:
    """The signals of a netlist in clock 0 and in each of the `count` clocks after it.

    What holds in these frames holds in every run of the hardware, as clock 0 may be any clock of
    it: the state before it is arbitrary, and so are the inputs of every clock.

    Parameters
    ----------
    net : the netlist.
    count : clocks to unroll.
    constant : inputs with the same (arbitrary) value in all clocks.
    split : a port and its fields; its value in clock 0 is put together from a free term for each
        field, so that claims can speak of the fields as independent numbers.

    Members
    -------
    states : registers and memories of each clock, by name; clock 0 holds free terms.
    inputs : input ports of each clock, by name.
    fields : the free terms of the `split` port, by field.
    """

    def __init__(
        self,
        net: Netlist,
        count: int,
        constant: Sequence[str] = (),
        split: tuple[str, Sequence[Field]] | None = None,
    ) -> None:
        self.net = net
        self.fields: dict[str, Any] = {}
        # Free terms, not the values after a reset: what is proved holds from any clock of a run on.
        self.states = [net.fresh_states("0")]
        self.inputs: list[dict[str, Any]] = []
        # The same term in every clock: one value, and the claim holds for each value it can have.
        fixed = {name: net.terms.tm.mk_const(net.inputs[name].sort(), name) for name in constant}
        net.unrolled.append((self.states[0], fixed))
        for clock in range(count + 1):
            self.inputs.append(net.fresh_inputs(str(clock)) | fixed)
            # The inputs of clock `count` are free too: a signal there may depend on them at once.
            if clock == 0 and split is not None:
                port, fields = split
                self.fields = {f.name: net.terms.var(f.name, f.width) for f in fields}
                self.inputs[0][port] = pack(net.terms, list(self.fields.values()))
            if clock < count:
                self.states.append(net.step(self.states[-1], self.inputs[-1]))

    def at(self, clock: int, signal: str) -> Any:
        """A signal, port or register in a clock.

        Raises MissingSignalError where the netlist has no such signal: logic that nothing reads is
        gone.
        """
        net = self.net
        if signal in net.inputs:
            return self.inputs[clock][signal]
        if signal not in net.signals:
            raise MissingSignalError(f"netlist must have the signal '{signal}', and has not")
        return net.substitute(
            net.signals[signal], net.binding(self.states[clock], self.inputs[clock])
        )

    def memory(self, clock: int, name: str = "") -> Any:
        """Contents in a clock of the one memory whose name begins with `name`.

        Yosys appends a suffix to the name of a memory where a wire has that name too.
        Raises ValueError where no memory, or more than one, has such a name.
        """
        if not name:
            return self.states[clock][self.net.memory]
        names = [
            state
            for state, term in self.net.states.items()
            if state.startswith(name) and term.sort().is_array()
        ]
        if len(names) != 1:
            raise MissingSignalError(f"Netlist must have one memory named '{name}', not {names}")
        return self.states[clock][names[0]]

    def cuts(self, signals: Iterable[NamedSignal], first: int) -> dict[str, tuple[Any, int, int]]:
        """Signals at which the proof of a pipeline may be cut: for each, (term, lowest, highest).

        Parameters
        ----------
        signals : the pipeline's named intermediates.
        first : the clock of the pipeline's stage 0.

        A signal that Yosys has optimised away or narrowed is left out: the proof then goes through
        it as a whole.
        """
        cuts = {}
        for row in signals:
            term = self.net.signals.get(row.signal)
            # A signal of another width, or with undefined bits, has lost some to an optimisation:
            # it is not the value.
            whole = term is not None and self._width(term) == row.width and self.net.is_whole(term)
            if whole and row.stage is not None:
                cuts[row.name] = (self.at(first + row.stage, row.signal), row.lo, row.hi)
        return cuts

    def _width(self, term: Any) -> int:
        return self.net.terms.width(term)


def at_power_on(frames: Frames) -> list[Any]:
    """Clock 0 is the first after power-on: registers with a reset have the values that it gives.

    All others are arbitrary. See `Netlist.reset_values`.
    """
    net = frames.net
    return [
        net.terms(K.EQUAL, frames.states[0][name], value)
        for name, value in net.reset_values().items()
    ]


def no_reset(prover: Prover, frames: Frames, clocks: int, first: int = 0) -> list[Any]:
    """No reset in clocks `first` to `clocks`, both included."""
    # A reset in between would drop what a claim follows through the clocks. What a reset itself
    # does is stated by claims that assume one.
    return [prover.off(frames.at(clock, "rst")) for clock in range(first, clocks + 1)]


def violation(prover: Prover, facts: Sequence[Any]) -> Any:
    """Whether at least one of the facts does not hold: what an induction step must refute."""
    return prover.either(*(prover.no(fact) for fact in facts))
