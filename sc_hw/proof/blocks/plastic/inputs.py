"""What is proved of the inputs' spikes and traces at the head of a chain. Clock 0 is a row's turn.

A row has its turn in every group. In the first group its spike arrives from outside and is kept in
memory with the row's traces, for the groups that follow; in the last group the traces advance.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sc_hw.proof.blocks.plastic.facts import InputsFacts
from sc_hw.proof.blocks.plastic.reference import Reference
from sc_hw.proof.blocks.plastic.traces import TraceFrames
from sc_hw.proof.netlist import Netlist
from sc_hw.proof.prover import Prover
from sc_hw.proof.words import address_width, low_bits, slices
from sc_model.graph.smt import K


def prove_inputs(prover: Prover, net: Netlist, reference: Reference, facts: InputsFacts) -> None:
    """Add the claims about the head of a chain to the prover."""
    # The pipeline begins one clock behind the row's registers.
    end = facts.fetch + 1 + facts.update_latency
    # Two clocks more bring the new word into memory: a register in front of the port, and the edge.
    m = TraceFrames(prover, net, reference, facts, end)
    t, row = prover.terms, m.at(0, "row")
    spike_bit = t.width(m.memory(0, row)) - 1  # above the traces
    turn = _Turn(m, facts, end, spike_bit)
    _prove_row_values(turn)
    _prove_write_back(turn)
    _prove_memory(turn)


@dataclass(frozen=True)
class _Turn:
    """A row's turn.

    Members
    -------
    m : the unrolled memory.
    facts : of the part.
    end : clock in which the new traces are at the pipeline's output.
    spike_bit : place of the spike in a word.
    """

    m: TraceFrames
    facts: InputsFacts
    end: int
    spike_bit: int

    def spike_of(self, word: Any) -> Any:
        """The spike in a word of the memory."""
        return self.m.t(K.BV_EXTRACT, word, indices=(self.spike_bit, self.spike_bit))

    def word(self) -> Any:
        """The row's word: the address is a register, so that the memory is read in clock 1."""
        return self.m.memory(1, self.m.at(0, "row"))

    def spike(self) -> Any:
        """The spike that the row's synapses must get."""
        m = self.m
        return m.t(K.ITE, m.bit(0, "first"), m.at(0, "spike_in"), self.spike_of(self.word()))

    def traces(self) -> dict[str, Any]:
        """The traces that the row's synapses must get: initial ones in a first group with `clear`.

        `clear` acts in the row's registers, in the clock in which they have the word.
        """
        m = self.m
        cleared = m.prover.both(m.bit(0, "first"), m.bit(self.facts.fetch, "clear"))
        stored = m.fields(1, m.at(0, "row"))
        return {name: m.t(K.ITE, cleared, m.initial(name), stored[name]) for name in m.names}

    def witness(self) -> Mapping[str, Any]:
        """What a counterexample shows."""
        m = self.m
        names = ("row", "first", "last", "spike_in")
        return {name: m.at(0, name) for name in names} | {"clear": m.at(self.facts.fetch, "clear")}


def _prove_row_values(turn: _Turn) -> None:
    """Add the claims about what the row's synapses get."""
    m, t, fetch = turn.m, turn.m.t, turn.facts.fetch
    prover, issue = m.prover, m.bit(0, "issue")
    expected = t(K.ITE, issue, turn.spike(), t.const(0, 1))
    prover.claim(
        "inputs: spike",
        f"{fetch} clocks after a row's turn its synapses get its spike: in the first group the one"
        " at the input, in the others the one in memory; without a turn there is no spike",
        prover.either(
            t.differ(m.at(fetch, "spike"), expected),
            prover.no(t(K.EQUAL, m.bit(fetch, "valid"), issue)),
        ),
        m.no_reset,
        turn.witness(),
    )
    output = slices(prover, m.at(fetch, "fields_out"), turn.facts.fields)
    traces = turn.traces()
    prover.claim(
        "inputs: fields",
        f"{fetch} clocks after a row's turn its synapses get its traces in memory; in the first"
        " group of a step with `clear`, initial ones",
        prover.either(*(t.differ(output[name], traces[name]) for name in m.names)),
        m.no_reset,
        turn.witness(),
    )


def _prove_write_back(turn: _Turn) -> None:
    """Add the claims about the row's word after the first and the last group."""
    m, t, prover, end = turn.m, turn.m.t, turn.m.prover, turn.end
    row, last = m.at(0, "row"), m.bit(0, "last")
    issue, traces, spike = m.bit(0, "issue"), turn.traces(), turn.spike()
    # In the groups between first and last the word must stay as it is: it is not written at all.
    writes = prover.either(m.bit(0, "first"), last)
    updated = [*m.no_reset, issue, writes, prover.off(m.at(end, "load"))]
    values = {**traces, turn.facts.spike: spike}
    cuts, new = m.next_traces(values, turn.facts.fetch + 1, [*m.no_reset, issue], m.names)
    cuts.witness.update(turn.witness())
    new_fields = m.fields(end + 2, row)
    for name in m.names:
        expected = t(K.ITE, last, new[name].low(m.formats[name].width), traces[name])
        prover.claim(
            f"inputs, written: {name}",
            f"{end + 2} clocks after a row's turn in the last group the memory holds the rule's new"
            f" {name}, after one in the first group the {name} that the synapses got",
            t.differ(new_fields[name], expected),
            updated,
            {**cuts.witness, f"{name}' (rule)": new[name], f"{name}' (netlist)": new_fields[name]},
            abstraction=cuts.abstraction,
        )
    prover.claim(
        "inputs, written: spike",
        f"{end + 2} clocks after a row's turn in the first or the last group the memory holds the"
        " row's spike of this step",
        t.differ(turn.spike_of(m.memory(end + 2, row)), spike),
        updated,
        turn.witness(),
    )


def _prove_memory(turn: _Turn) -> None:
    """Add the claims about an arbitrary word of the memory."""
    m, t, prover, end, fetch = turn.m, turn.m.t, turn.m.prover, turn.end, turn.facts.fetch
    row = m.at(0, "row")
    place = t.var("place", t.width(row))  # any row
    same_word = t(K.EQUAL, _in_memory(m, row), _in_memory(m, place))
    elsewhere = prover.either(
        prover.off(m.at(0, "issue")),
        prover.no(prover.either(m.bit(0, "first"), m.bit(0, "last"))),
        t.differ(_in_memory(m, row), _in_memory(m, place)),
    )
    prover.claim(
        "inputs, memory: nothing else written",
        "without a load no word changes but that of a row in the first or the last group",
        t.differ(m.memory(end + 2, place), m.memory(end + 1, place)),
        [*m.no_reset, prover.off(m.at(end, "load")), elsewhere],
    )
    # The host gives traces only; the spike above them becomes 0.
    new_word = t(K.BV_CONCAT, t.const(0, 1), m.at(0, "load_data"))
    prover.claim(
        "inputs, memory: load",
        "a load is in memory two clocks later, without a spike, and no other word changes",
        t.differ(m.memory(2, place), t(K.ITE, same_word, new_word, m.memory(1, place))),
        [*m.no_reset, m.bit(0, "load")],
    )
    prover.claim(
        "inputs, memory: read-back",
        f"a row's traces are at the output {fetch} clocks after the host has given its number",
        t.differ(m.at(fetch, "word"), low_bits(t, turn.word(), turn.spike_bit)),
        m.no_reset,
    )


def _in_memory(m: TraceFrames, address: Any) -> Any:
    """The bits of an address that the memory looks at."""
    width = address_width(m.frames.memory(0))
    return low_bits(m.t, address, width) if m.t.width(address) > width else address
