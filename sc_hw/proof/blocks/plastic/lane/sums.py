"""A lane's sum of weights, and the chain that carries sums out and the neuron's values in."""

from __future__ import annotations

from typing import Any

from sc_hw.proof.blocks.plastic.lane.frames import LaneFrames
from sc_hw.proof.prover import number
from sc_hw.proof.words import low_bits, pack, resize_unsigned
from sc_model.graph.smt import K, SmtInt


def prove_sum(lane: LaneFrames) -> None:
    """Add the claims about what the sum gains and about its hand-over.

    A weight that is in its register in clock n is added in clock n + 1 (the addend is a register)
    and is in the sum from clock n + 2 on. So `before` is the sum in clock n + 1, `after` in n + 2.
    """
    _prove_driven(lane)
    # A lane whose rule has the weight alone has nothing else to read back.
    if lane.facts.others:
        _prove_read_back(lane)
    prover, t, frames = lane.prover, lane.t, lane.frames
    no_addend = [
        *lane.no_reset[:3],
        prover.off(frames.at(0, "drive")),
        prover.off(frames.at(0, "look")),
    ]
    # Nothing is driven in clock 0, so nothing may be added from clock 1 to clock 2.
    prover.claim(
        "lane, sum: rests",
        "two clocks after a clock without `drive` and `look` the sum is what it was one clock"
        " after it: nothing is on its way when the sum is captured",
        t.differ(frames.at(2, "total"), frames.at(1, "total")),
        [*no_addend, prover.off(frames.at(1, "capture"))],
    )
    width = t.width(frames.at(1, "total"))
    prover.claim(
        "lane, sum: handed over",
        "`capture`, together with `moves`, puts the sum on the chain and clears it, one clock"
        " later",
        prover.either(
            t.differ(low_bits(t, frames.at(2, "shift_out"), width), frames.at(1, "total")),
            prover.no(prover.equals(frames.at(2, "total"), 0)),
        ),
        [*no_addend, lane.bit(1, "capture"), lane.bit(1, "moves")],
    )


def _prove_driven(lane: LaneFrames) -> None:
    """Add the claims about `drive`: the weight as it was read is added, and the sum is exact."""
    prover, t, frames, facts = lane.prover, lane.t, lane.frames, lane.facts
    stored_weight, clock = lane.fetched_word()[facts.weight], facts.weight_fetched
    before, after = frames.at(clock + 1, "total"), frames.at(clock + 2, "total")
    signed, bits = facts.signed_weights, lane.formats[facts.weight].width
    weight = SmtInt.unsigned(t, stored_weight)
    lowest, highest = 0, (1 << bits) - 1
    if signed:  # a signed weight is stored with half of its range added
        half = 1 << (bits - 1)
        weight, lowest, highest = weight - half, -half, highest - half
    driven = [
        *lane.reads,
        lane.bit(clock, "drive"),
        prover.off(frames.at(clock, "look")),
        prover.off(frames.at(clock + 1, "capture")),  # would clear the sum in the next clock
    ]
    total = number(t, before, signed)
    new_total = number(t, after, signed)
    witness = {"weight": stored_weight, "sum": total, "sum' (netlist)": new_total}
    effective = "weight less half of its range" if signed else "weight"
    prover.claim(
        "lane, sum: driven",
        f"with `drive` {clock} clocks after a synapse's turn the sum gains that synapse's"
        f" {effective} as it was read, and nothing else",
        t.differ(after, t(K.BV_ADD, before, weight.low(t.width(before)))),
        driven,
        witness,
    )
    others = facts.rows - 1
    # By induction over the rows of a group: the sum of k weights is between k times the lowest and
    # k times the highest weight, and the register holds all of these numbers up to k = rows.
    prover.claim(
        "lane, sum: no overflow",
        f"a sum of at most {others} weights is still exact after one more: it integrates"
        f" {facts.rows} at most, one for each row",
        (new_total != total + weight).term,
        [*driven, (total >= lowest * others).term, (total <= highest * others).term],
        witness,
    )


def _prove_read_back(lane: LaneFrames) -> None:
    """Add the claim about `look`, by which the host reads the fields other than the weight."""
    prover, t, frames, facts = lane.prover, lane.t, lane.frames, lane.facts
    fields, clock = lane.fetched_word(), facts.fetch
    before, after = frames.at(clock + 1, "total"), frames.at(clock + 2, "total")
    word = pack(t, [fields[f.name] for f in facts.others])
    prover.claim(
        "lane, sum: looked at",
        f"with `look` {clock} clocks after a synapse's turn the sum gains the word of the"
        " synapse's other fields, and nothing else",
        t.differ(after, t(K.BV_ADD, before, resize_unsigned(t, word, t.width(before)))),
        [
            *lane.reads,
            lane.bit(clock, "look"),
            prover.off(frames.at(clock, "drive")),
            prover.off(frames.at(clock + 1, "capture")),
        ],
    )


def prove_chain(lane: LaneFrames) -> None:
    """Add the claims about the chain's register and about the neuron's values.

    Both are one register each, so that a claim spans one clock.
    """
    prover, t, frames = lane.prover, lane.t, lane.frames
    before, after = frames.at(0, "shift_out"), frames.at(1, "shift_out")
    no_capture = [*lane.no_reset[:2], prover.off(frames.at(0, "capture"))]
    prover.claim(
        "lane, chain: shifts",
        "`moves` without `capture` passes the neighbour's value on, one clock later",
        t.differ(after, frames.at(0, "shift_in")),
        [*no_capture, lane.bit(0, "moves")],
    )
    prover.claim(
        "lane, chain: waits",
        "without `moves` the lane's output on the chain keeps its value",
        t.differ(after, before),
        [*no_capture, prover.off(frames.at(0, "moves"))],
    )
    # Yosys removes the register where the rule uses nothing of the neuron.
    if "post" in frames.net.signals:
        _prove_neuron_register(lane, before)


def _prove_neuron_register(lane: LaneFrames, shifted: Any) -> None:
    """Add the claims about the register that holds the neuron's values."""
    prover, t, frames = lane.prover, lane.t, lane.frames
    post, next_post = frames.at(0, "post"), frames.at(1, "post")
    prover.claim(
        "lane, neuron: taken",
        "`take` copies the value on the chain into the register of the neuron's values",
        t.differ(next_post, low_bits(t, shifted, t.width(post))),
        [*lane.no_reset[:2], lane.bit(0, "take")],
    )
    prover.claim(
        "lane, neuron: held",
        "without `take` the neuron's values stay",
        t.differ(next_post, post),
        [*lane.no_reset[:2], prover.off(frames.at(0, "take"))],
    )
