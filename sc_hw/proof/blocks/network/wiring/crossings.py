"""Claims about the queue between two clocks, in `top.v`.

`sc_hw.proof.blocks.network.crossing` proves a queue of words of one and two bits, since a queue
never looks at a word. Here it is proved that the design's queue has the same control, and that its
control moves whole words.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from sc_hw.proof.bits import Bits, mux
from sc_hw.proof.blocks.network.wiring.instances import Outputs, prove_instance
from sc_hw.proof.blocks.network.wiring.statements import Pair, Wiring
from sc_hw.proof.flattened import Flattened, Instance, MissingPartError
from sc_model.graph.smt import K

# What depends on the width of a word.
DATA = ("storage", "capture.q", "capture.sample", "o__payload", "i__payload")


def prove_words(
    wiring: Wiring,
    part: Instance,
    alone: Flattened,
    resets: Mapping[str, Any],
    clocks: Mapping[str, str],
    depth: int,
) -> Outputs:
    """Add the claims about a queue; returns its outputs but for the words.

    Parameters
    ----------
    wiring : gets the claims.
    part : the queue's instance.
    alone : the queue for words of one bit that the other claims are about, in the same terms.
    resets : terms of the resets of the two sides, ``i_rst`` and ``o_rst``.
    clocks : the design's clock of each of the queue's own, ``i_clk`` and ``o_clk``.
    depth : words that it holds.
    """
    data = {name for name in alone.net.states if name.split("$")[0] in DATA}
    outputs = prove_instance(
        wiring,
        part,
        alone.net,
        resets,
        unless={*data, *DATA},
        statement=(
            "the queue's pointers and handshakes in top.v are those of the queue that is claimed:"
            " the same next state and the same outputs, whatever its words are"
        ),
    )
    _prove_data(wiring, part, depth)
    _prove_clocks(wiring, alone, clocks, outputs)
    return outputs


def _prove_data(wiring: Wiring, part: Instance, depth: int) -> None:
    t = wiring.prover.terms

    def words() -> Iterator[Pair]:
        payload, capture = wiring.signal(part, "i__payload"), part.part("capture")
        storage = part.register("storage")
        wiring.claimed.add(storage)
        memory, following = (
            wiring.design.net.states[storage],
            wiring.design.net.following[storage],
        )
        write, read = wiring.signal(part, "i_moves"), wiring.signal(part, "o_moves")
        if depth == 1:
            expected = mux(write, payload, Bits(t, memory))
            yield f"{storage} (next)", Bits(t, following), expected
            word = Bits(t, memory)
        else:
            bits = (depth - 1).bit_length()
            place = wiring.state(part, "i_count")[:bits]
            # The words of every address, so that no other one changes: for an address of its own.
            some = Bits(t, t.var(f"some place of {storage}", bits))
            before = Bits(t, t(K.ARRAY_SELECT, memory, some.term))
            after = Bits(t, t(K.ARRAY_SELECT, following, some.term))
            expected = mux(write & some.equals(place), payload, before)
            yield f"{storage} (next)", after, expected
            address = wiring.state(part, "o_count")[:bits]
            word = Bits(t, t(K.ARRAY_SELECT, memory, address.term))
        register = wiring.state(capture, "q")
        yield wiring.next_pair(capture, "q", mux(read, word, register))
        yield wiring.pair(part, "o__payload", register)

    wiring.claim(
        f"{part.path}: whole words",
        "an accepted word is stored with every bit in the place of its count, nothing else is"
        " written, and the word that comes out is that of the reader's count",
        words,
    )


def _prove_clocks(
    wiring: Wiring, alone: Flattened, clocks: Mapping[str, str], outputs: Outputs
) -> None:
    part = outputs.instance
    sides = {full: alone.clocks.get(name, "") for name, full in outputs.registers.items()}
    faults = {}
    try:
        sides |= {part.register("storage"): "i_clk", part.part("capture").register("q"): "o_clk"}
    except MissingPartError as error:
        faults["fault"] = str(error)
    for full, side in sides.items():
        there = wiring.design.clocks.get(full, "no rising edge of a clock")
        if there != clocks.get(side):
            faults[full] = f"{there}, not {clocks.get(side)}"
    wiring.prover.record(
        f"{part.path}: clocks",
        "every register of the queue has the clock of its side",
        not faults,
        0.0,
        faults,
    )
