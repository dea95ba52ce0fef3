"""What is proved of the neurons' traces. Clock 0 is a neuron's turn.

The memory has two banks: a step reads the traces in one and writes the new ones to the other.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sc_hw.proof.blocks.plastic.facts import OutputsFacts
from sc_hw.proof.blocks.plastic.reference import Reference
from sc_hw.proof.blocks.plastic.traces import TraceFrames
from sc_hw.proof.netlist import Netlist
from sc_hw.proof.prover import Prover
from sc_hw.proof.words import slices
from sc_model.graph.smt import K


def prove_outputs(prover: Prover, net: Netlist, reference: Reference, facts: OutputsFacts) -> None:
    """Add the claims about the neurons' traces to the prover."""
    t, feed = prover.terms, facts.feed
    end = feed + facts.update_latency
    m = TraceFrames(prover, net, reference, facts, end)
    bank, index = m.at(0, "bank"), m.at(0, "index")
    r_address = t(K.BV_CONCAT, bank, index)
    # Spike and `clear` act one clock before the values are in their register.
    clear, spike = m.at(feed - 1, "clear"), m.at(feed - 1, "spike")
    # The address is a register, so that the memory is read in clock 1.
    stored = m.fields(1, r_address)
    traces = {name: t(K.ITE, prover.on(clear), m.initial(name), stored[name]) for name in m.names}
    witness = {"index": index, "bank": bank, "clear": clear, "spike": spike}
    output = slices(prover, m.at(feed, "values"), facts.values)
    prover.claim(
        "outputs: values",
        f"{feed} clocks after a neuron's turn its synapses get its spike, and its traces in the"
        " bank of this step, with `clear` initial ones",
        prover.either(
            t.differ(output[facts.spike], spike),
            *(t.differ(output[name], traces[name]) for name in m.names),
        ),
        m.no_reset,
        witness,
    )
    _prove_write_back(m, {**traces, facts.spike: spike}, facts.feed, end, witness)
    # `bank` is a register, so it follows `flip` one clock later.
    prover.claim(
        "outputs: flip",
        "`flip` makes the other bank that of this step, and nothing else does, no reset either",
        t.differ(m.at(1, "bank"), t(K.ITE, m.bit(0, "flip"), t(K.BV_NOT, bank), bank)),
        # Of resets, too: what the memory holds stays that of the last step.
        [],
    )
    _prove_memory(m, r_address, end, feed)


def _write_address(m: TraceFrames) -> Any:
    """Where the neuron's new traces go: the same number in the other bank."""
    return m.t(K.BV_CONCAT, m.t(K.BV_NOT, m.at(0, "bank")), m.at(0, "index"))


def _prove_write_back(
    m: TraceFrames, values: Mapping[str, Any], first: int, end: int, witness: Mapping[str, Any]
) -> None:
    """Add the claims about the new traces; the pipeline takes `values` in clock `first`."""
    cuts, new = m.next_traces(values, first, m.no_reset, m.names)
    cuts.witness.update(witness)
    new_fields = m.fields(end + 2, _write_address(m))
    for name in m.names:
        m.prover.claim(
            f"outputs, written: {name}",
            f"{end + 2} clocks after a neuron's turn the other bank holds the rule's new {name}",
            m.t.differ(new_fields[name], new[name].low(m.formats[name].width)),
            [*m.no_reset, m.bit(0, "feed"), m.prover.off(m.at(end, "load"))],
            {**cuts.witness, f"{name}' (rule)": new[name], f"{name}' (netlist)": new_fields[name]},
            abstraction=cuts.abstraction,
        )


def _prove_memory(m: TraceFrames, r_address: Any, end: int, feed: int) -> None:
    """Add the claims about an arbitrary word of the memory."""
    t, prover = m.t, m.prover
    place = t.var("place", t.width(r_address))  # any neuron, either bank
    prover.claim(
        "outputs, memory: nothing else written",
        "without a load no word changes but that of a neuron whose turn it was, in the other bank",
        t.differ(m.memory(end + 2, place), m.memory(end + 1, place)),
        [
            *m.no_reset,
            prover.off(m.at(end, "load")),
            prover.either(prover.off(m.at(0, "feed")), t.differ(place, _write_address(m))),
        ],
    )
    addressed = t(K.EQUAL, place, r_address)
    prover.claim(
        "outputs, memory: load",
        "a load is in memory two clocks later, in the bank of this step, and no other word changes",
        t.differ(m.memory(2, place), t(K.ITE, addressed, m.at(0, "load_data"), m.memory(1, place))),
        [*m.no_reset, m.bit(0, "load")],
    )
    # One clock less than to the values: these have one more register.
    prover.claim(
        "outputs, memory: read-back",
        f"a neuron's traces in the bank of this step are at the output {feed - 1} clocks after the"
        " host has given its number",
        t.differ(m.at(feed - 1, "word"), m.memory(1, r_address)),
        m.no_reset,
    )
