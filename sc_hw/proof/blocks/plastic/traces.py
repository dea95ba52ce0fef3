"""A memory that holds traces once for each input or neuron, unrolled over one update."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from sc_hw.proof.blocks.plastic.facts import TraceFacts
from sc_hw.proof.blocks.plastic.reference import Reference
from sc_hw.proof.frames import Frames, no_reset
from sc_hw.proof.netlist import Netlist
from sc_hw.proof.prover import Cuts, Prover, number
from sc_hw.proof.words import slices, word_at
from sc_model.graph.smt import SmtInt, SmtOps


class TraceFrames:
    """Such a memory from a turn (clock 0) until the new traces are in memory.

    Parameters
    ----------
    prover, net, reference, facts : as for every prover of a part.
    end : clock in which the new traces are at the pipeline's output; two clocks later they are in
        the memory: it has a register in front of its write port.

    Members
    -------
    names : of the traces.
    no_reset : assumption that no clock resets.
    formats : of all state and inputs of the rule.
    """

    def __init__(
        self, prover: Prover, net: Netlist, reference: Reference, facts: TraceFacts, end: int
    ) -> None:
        self.prover, self.net, self.reference, self.facts = prover, net, reference, facts
        self.t = prover.terms
        self.names = [f.name for f in facts.fields]
        self.frames = Frames(net, end + 2)
        # Most claims assume no more than this: older turns in the pipeline are arbitrary, and so
        # are the neighbours' words.
        self.no_reset = no_reset(prover, self.frames, end + 2)
        self.formats = reference.state | reference.inputs

    def at(self, clock: int, name: str) -> Any:
        """A signal in a clock."""
        return self.frames.at(clock, name)

    def bit(self, clock: int, name: str) -> Any:
        """Whether a one-bit signal is high in a clock."""
        return self.prover.on(self.at(clock, name))

    def memory(self, clock: int, address: Any) -> Any:
        """A word of the memory."""
        return word_at(self.t, self.frames.memory(clock), address)

    def fields(self, clock: int, address: Any) -> dict[str, Any]:
        """The traces in a word of the memory."""
        return slices(self.prover, self.memory(clock, address), self.facts.fields)

    def initial(self, name: str) -> Any:
        """A trace's initial value."""
        return self.t.const(self.reference.rule.initial_state()[name], self.formats[name].width)

    def next_traces(
        self, values: Mapping[str, Any], first: int, assumptions: list[Any], names: Collection[str]
    ) -> tuple[Cuts, dict[str, SmtInt]]:
        """Some traces one step later, by the learning rule's own source.

        Parameters
        ----------
        values : traces and spike before the step. All other state and inputs of the rule are free
            terms: were a trace to depend on one of them, its claim would be refuted.
        first : clock of the pipeline's stage 0.
        assumptions : under which the pipeline's named signals are proved.
        """
        t, reference = self.t, self.reference
        numbers: dict[str, Any] = {}
        for name, form in self.formats.items():
            vector = values[name] if name in values else t.var(f"any {name}", form.width)
            numbers[name] = number(t, vector, form.signed)
        # Named values of the rule are proved first and then stand for the logic in front of them.
        cuts = Cuts(self.prover, self.frames.cuts(self.facts.named_signals, first), assumptions)
        cuts.witness.update({name: numbers[name] for name in values})
        state = {name: numbers[name] for name in reference.state}
        inputs = {name: value for name, value in numbers.items() if name not in state}
        new = reference.rule.apply(SmtOps(t, cuts), state, inputs, reference.params)
        return cuts, {name: SmtOps(t).let(name, new[name]) for name in names}
