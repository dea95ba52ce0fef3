"""A lane's memory changes by writes and loads to the addressed word, and by nothing else."""

from __future__ import annotations

from sc_hw.proof.blocks.plastic.lane.frames import LaneFrames
from sc_hw.proof.words import slices
from sc_model.graph.smt import K


def prove_memory(lane: LaneFrames) -> None:
    """Add the claims about each field of an arbitrary word.

    Enable and load data are on the bus in clock 0, the address in clock 1; the memory holds the
    word from clock 2 on. So each claim compares the memory of clocks 1 and 2.
    """
    prover, t, frames = lane.prover, lane.t, lane.frames
    load_values = slices(prover, frames.at(0, "load_data"), lane.facts.word)
    place = t.var("place", t.width(frames.at(0, "read")))  # any word
    load = lane.bit(0, "load")
    no_reset = lane.no_reset[:3]  # clocks 0 to 2
    witness = {"place": place, "load": frames.at(0, "load")}
    for name in lane.write_clock:
        enable, address = lane.write_ports(name)
        # The weight may have a memory of its own, with its own write port.
        before, after = lane.stored(1, name, place), lane.stored(2, name, place)
        addressed = t(K.EQUAL, frames.at(1, address), place)
        prover.claim(
            f"lane, memory: load of {name}",
            f"a load writes the host's {name} to the word that `{address}` gives one clock later,"
            " and changes no other word",
            t.differ(after, t(K.ITE, addressed, load_values[name], before)),
            [*no_reset, load],
            witness,
        )
        prover.claim(
            f"lane, memory: {name} elsewhere",
            f"{name} changes in no word but that which `{address}` gives",
            t.differ(after, before),
            [*no_reset, prover.no(addressed)],
            witness,
        )
        prover.claim(
            f"lane, memory: nothing else writes {name}",
            f"without `{enable}` and without a load {name} changes in no word",
            t.differ(after, before),
            [*no_reset, prover.no(load), prover.no(lane.bit(0, enable))],
            witness,
        )
        # A reset in clock 0 clears the register of the write enable, so clock 1 writes nothing.
        prover.claim(
            f"lane, reset: {name}",
            f"a reset drops the write that was on the bus: {name} changes in no word",
            t.differ(after, before),
            [prover.on(frames.at(0, "rst"))],
            witness,
        )
