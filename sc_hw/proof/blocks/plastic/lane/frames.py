"""A lane unrolled over the clocks of one synapse's update."""

from __future__ import annotations

from typing import Any

from sc_hw.proof.blocks.plastic.facts import LaneFacts
from sc_hw.proof.blocks.plastic.reference import Reference
from sc_hw.proof.frames import Frames, no_reset
from sc_hw.proof.netlist import Netlist
from sc_hw.proof.prover import Prover
from sc_hw.proof.words import slices, word_at
from sc_model.graph.smt import K


class LaneFrames:
    """A lane from a synapse's turn (clock 0) until its new word is in memory.

    Members
    -------
    frames : the unrolled netlist.
    weight_read_at : clock in which the weight's address must be on the bus.
    write_clock : for each field, the clock in which its write enable must be on the bus.
    no_reset : assumption that no clock resets.
    reads : `no_reset`, and that the word is not disturbed while it is read.
    formats : of the rule's state.
    """

    def __init__(
        self, prover: Prover, net: Netlist, reference: Reference, facts: LaneFacts
    ) -> None:
        self.prover, self.reference, self.facts = prover, reference, facts
        self.t = prover.terms
        # The weight's memory is read as long before the weight is needed as the other memory is
        # before the pipeline begins.
        self.weight_read_at = facts.read_at + facts.weight_fetched - facts.fetch
        self.write_clock = {facts.weight: facts.write_weight}
        self.write_clock |= {f.name: facts.write_others for f in facts.others}
        # Two clocks behind the enable: its register in the lane, and the memory's edge.
        clocks = max(*self.write_clock.values(), facts.weight_fetched) + 2
        self.frames = Frames(net, clocks)
        self.no_reset = no_reset(prover, self.frames, clocks)
        self.reads = [*self.no_reset, *self._undisturbed()]
        self.formats = reference.state

    def at(self, clock: int, signal: str) -> Any:
        """A signal in a clock."""
        return self.frames.at(clock, signal)

    def bit(self, clock: int, signal: str) -> Any:
        """Whether a one-bit signal is high in a clock."""
        return self.prover.on(self.at(clock, signal))

    def _undisturbed(self) -> list[Any]:
        """That a single-port memory is not written in the half that is read.

        Such a memory has an even and an odd half, each of which reads or writes in a clock. The
        layer's timing keeps reads and writes in different halves (see `EvenOddRAM`).
        """
        if not self.facts.single_port:
            return []
        # Address bit 0 selects the half; the enable comes one clock before the write's address.
        halves = [
            self.t(K.BV_EXTRACT, self.at(self.facts.read_at, name), indices=(0, 0))
            for name in ("read", "write")
        ]
        before = self.facts.read_at - 1
        writes = self.prover.either(self.bit(before, "write_en"), self.bit(before, "load"))
        return [self.prover.implies(writes, self.t.differ(*halves))]

    def _has_own_memory(self, field: str) -> bool:
        """Whether a field is the weight of a lane whose weights have a memory of their own."""
        return self.facts.split and field == self.facts.weight

    def stored(self, clock: int, field: str, address: Any) -> Any:
        """A field of the word at an address, as it is in memory in a clock."""
        t, facts = self.t, self.facts
        name = "synapses"
        if facts.split:
            name = "weights" if self._has_own_memory(field) else "others"
        if facts.single_port:
            half = t(K.BV_EXTRACT, address, indices=(t.width(address) - 1, 1))
            even, odd = (
                word_at(t, self.frames.memory(clock, f"{name}.{parity}"), half)
                for parity in ("even", "odd")
            )
            is_odd = self.prover.on(t(K.BV_EXTRACT, address, indices=(0, 0)))
            word = t(K.ITE, is_odd, odd, even)
        else:
            word = word_at(t, self.frames.memory(clock, name), address)
        if self._has_own_memory(field):
            return word
        return slices(self.prover, word, facts.others if facts.split else facts.word)[field]

    def write_ports(self, field: str) -> tuple[str, str]:
        """Names of the bus' enable and address that write a field."""
        early = self.facts.split and not self._has_own_memory(field)
        return ("write_early_en", "write_early") if early else ("write_en", "write")

    def fetched_word(self) -> dict[str, Any]:
        """The synapse's fields as the rule gets them.

        They are those in memory; with `clear`, fields other than the weight are initial. `clear`
        acts in the last register of the fetch, one clock before the pipeline's stage 0.
        """
        t, facts = self.t, self.facts
        clear = self.bit(facts.fetch - 1, "clear")
        initial = self.reference.rule.initial_state()
        fields = {}
        for name in self.write_clock:
            own = self._has_own_memory(name)
            clock = self.weight_read_at if own else facts.read_at
            word = self.stored(clock, name, self.at(clock, "read_late" if own else "read"))
            constant = t.const(initial[name], self.formats[name].width)
            fields[name] = word if name == facts.weight else t(K.ITE, clear, constant, word)
        return fields
