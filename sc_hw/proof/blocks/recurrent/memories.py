# amaranth: UnusedElaboratable=no
"""Claims about words: which is read, what becomes of it, and where it is written."""

from __future__ import annotations

from collections.abc import Mapping

from amaranth.lib import data

from sc_hw.fabric.datapath import Datapath
from sc_hw.proof.bits import Bits, cat, mux
from sc_hw.proof.blocks.network.addresses import Clocks, same, violated
from sc_hw.proof.netlist import Netlist
from sc_hw.proof.prover import Prover
from sc_hw.proof.words import word_at
from sc_hw.recurrent.neurons import NeuronBank
from sc_hw.recurrent.plan import FETCH, RecurrentPlan
from sc_hw.recurrent.readout import Readout
from sc_hw.recurrent.sweep import SynapseSweep
from sc_model.arithmetic.recurrent import score_leak
from sc_model.graph import restrict
from sc_model.graph.smt import SmtInt, SmtOps
from sc_model.spec.learning.recurrent_network import SETTING


def _stored(clocks: Clocks, memory: str, address: Bits, clock: int = 0) -> Bits:
    """The word of a memory at an address, in a clock."""
    t = clocks.terms
    return Bits(t, word_at(t, clocks.frames.memory(clock, memory), address.term))


def _field(word: Bits, layout: data.StructLayout, name: str, low: int = 0) -> Bits:
    """A field of a packed word that begins at a bit."""
    place = layout[name]
    return word[low + place.offset : low + place.offset + place.width]


def _sum(clocks: Clocks, left: Bits, right: Bits) -> Bits:
    """The sum of two numbers in two's complement, in the bits of the left one."""
    extra = len(left) - len(right)
    sign = cat([right[len(right) - 1]] * extra) if extra else None
    return left + (cat([right, sign]) if sign is not None else right)


def _inputs_are(
    clocks: Clocks, path: str, datapath: Datapath, expected: Mapping[str, Bits], clock: int = FETCH
) -> list[Bits]:
    """That all inputs of a pipeline on which an output depends are the wanted ones, in a clock."""
    graph = datapath.graph
    return [
        same(clocks.at(clock, f"{path}.i_{name}"), expected[name])
        for name in restrict(graph, tuple(graph.outputs)).variables
    ]


def _result(
    clocks: Clocks, clock: int, path: str, datapath: Datapath, name: str, width: int
) -> Bits:
    """An output of a pipeline, in the bits of what keeps it.

    The port has the bits of the values that there can be, more or fewer than those; Yosys leaves
    no wire of one that has a single value.
    """
    interval = datapath.graph.nodes[datapath.graph.outputs[name]].interval
    if interval.lo == interval.hi:
        return clocks.const(interval.lo % (1 << width), width)
    port = clocks.at(clock, f"{path}.o_{name}")
    extra = width - len(port)
    if extra <= 0 or interval.lo >= 0:
        return port.low(width)
    return cat([port, *[port[len(port) - 1]] * extra])


def prove_sweep(prover: Prover, net: Netlist, plan: RecurrentPlan) -> None:
    """Words of the recurrent layer."""
    part = SynapseSweep(plan)
    longest = max(part.written, part.row_written)
    clocks = Clocks(prover, net, longest + 1)
    at = clocks.at
    issue, word, row = at(0, "issue"), at(0, "word"), at(0, "row")
    fresh, spike, noise = at(0, "fresh"), at(0, "spike"), at(0, "noise")
    stored = _stored(clocks, "ram.words", word)
    size = part.cell_layout.size
    traces = {}
    if plan.traces:
        row_word = _stored(clocks, "rows.words", row)
        traces = {
            name: _field(row_word, part.row_layout, name).gated(~fresh) for name in plan.traces
        }
    weights = []
    for lane in range(plan.lanes):
        low = lane * size
        expected = {
            "pre_spike": spike,
            "noise": noise,
            "slope": at(FETCH, "slopes")[lane * plan.spec.hidden.slope_bits :][
                : plan.spec.hidden.slope_bits
            ],
            "signal": at(FETCH, "signals")[lane * plan.spec.hidden.signal_bits :][
                : plan.spec.hidden.signal_bits
            ],
            SETTING: at(FETCH, "shift"),
        }
        for name in plan.cells:
            value = _field(stored, part.cell_layout, name, low)
            expected[name] = value if name == "weight" else value.gated(~fresh)
        expected |= traces
        weights.append(_field(stored, part.cell_layout, "weight", low))
        prover.claim(
            f"sweep: lane {lane} takes its word",
            "the lane's pipeline is given the fields of its own synapse, of the word that was"
            " visited, of its row and its neuron; in the first step of a sample all but the weight"
            " counts as 0",
            violated(
                *_inputs_are(
                    clocks, f"lane_{lane}", plan.synapse(blocks=lane < plan.block_lanes), expected
                )
            ),
            clocks.quiet,
            {"word": word.term},
        )
    _prove_currents(prover, clocks, plan, weights)
    _prove_word_write(prover, clocks, plan, part)
    if plan.traces:
        _prove_row_write(prover, clocks, plan, part)
    prover.claim(
        "sweep: under way",
        "from the clock behind a visit to its last write `landing` is high",
        violated(*(at(clock, "landing") for clock in range(1, longest + 1))),
        [*clocks.quiet, issue.holds],
    )


def _prove_currents(
    prover: Prover, clocks: Clocks, plan: RecurrentPlan, weights: list[Bits]
) -> None:
    """The sums of old weights."""
    at = clocks.at
    facts = []
    for lane, weight in enumerate(weights):
        bits = plan.spec.current_format.width
        before = at(FETCH, "currents")[lane * bits :][:bits].gated(~at(0, "begins"))
        after = at(FETCH + 1, "currents")[lane * bits :][:bits]
        added = _sum(clocks, before, weight.gated(at(0, "spike")))
        facts += [
            at(0, "issue").implies(same(after, added)),
            (~at(0, "issue")).implies(same(after, at(FETCH, "currents")[lane * bits :][:bits])),
        ]
    prover.claim(
        "sweep: the currents",
        "a row with a spike adds its weights as they are in front of the update, the group's first"
        " row to 0; no other word is added",
        violated(*facts),
        clocks.quiet,
    )


def _prove_word_write(
    prover: Prover, clocks: Clocks, plan: RecurrentPlan, part: SynapseSweep
) -> None:
    """Where the new fields go."""
    at, write_clock = clocks.at, part.written
    issue, word = at(0, "issue"), at(0, "word")
    synapse = plan.synapse()  # of every lane, with or without multiplier blocks
    fields = [
        _result(clocks, write_clock, f"lane_{lane}", synapse, name, part.cell_layout[name].width)
        for lane in range(plan.lanes)
        for name in plan.cells
    ]
    everything = clocks.const((1 << plan.lanes) - 1, plan.lanes)
    some = Bits(clocks.terms, clocks.terms.var("any other word", len(word)))
    no_load = (~at(write_clock, "load").any()).holds
    prover.claim(
        "sweep: the write",
        f"{write_clock} clocks after its visit a word is written back whole, with what the lanes"
        " give, and any other word stays; without a visit nothing is written",
        violated(
            same(at(write_clock, "ram.w_en"), everything.gated(issue)),
            issue.implies(same(at(write_clock, "ram.w_addr"), word)),
            issue.implies(same(at(write_clock, "ram.w_data"), cat(fields))),
            (issue & same(some, word))
            | same(
                _stored(clocks, "ram.words", some, write_clock + 1),
                _stored(clocks, "ram.words", some, write_clock),
            ),
        ),
        [*clocks.quiet, no_load],
        {"word": word.term},
    )
    load = at(write_clock, "load")
    prover.claim(
        "sweep: a load",
        "while nothing lands the host's synapse goes into the lanes of its mask, of its word",
        violated(
            same(at(write_clock, "ram.w_en"), load),
            same(at(write_clock, "ram.w_addr"), at(write_clock, "word")),
            same(at(write_clock, "ram.w_data"), cat([at(write_clock, "load_data")] * plan.lanes)),
        ),
        [*clocks.quiet, (~issue).holds],
    )


def _prove_row_write(
    prover: Prover, clocks: Clocks, plan: RecurrentPlan, part: SynapseSweep
) -> None:
    """What is kept of rows changes with the last group alone."""
    at, write_clock = clocks.at, part.row_written
    expected = {"pre_spike": at(0, "spike")}
    stored = _stored(clocks, "rows.words", at(0, "row"))
    for name in plan.traces:
        expected[name] = _field(stored, part.row_layout, name).gated(~at(0, "fresh"))
    fields = [
        _result(clocks, write_clock, "row_pipeline", part.row_pipeline, name, place.width)
        for name, place in part.row_layout
    ]
    lands = at(0, "issue") & at(0, "ends")
    prover.claim(
        "sweep: what is kept of rows",
        "the row's own word goes through its pipeline, and is written back with the visit of the"
        " last group, and with no other one",
        violated(
            *_inputs_are(clocks, "row_pipeline", part.row_pipeline, expected),
            same(at(write_clock, "rows.w_en"), lands),
            lands.implies(same(at(write_clock, "rows.w_addr"), at(0, "row"))),
            lands.implies(same(at(write_clock, "rows.w_data"), cat(fields))),
        ),
        clocks.quiet,
    )


def prove_neurons(prover: Prover, net: Netlist, plan: RecurrentPlan) -> None:
    """Words of the neurons."""
    part = NeuronBank(plan)
    clocks = Clocks(prover, net, part.written)
    at = clocks.at
    index, fresh = at(0, "index"), at(0, "fresh")
    update, fetch = at(0, "update"), at(0, "fetch")
    layout, stored = part.word_layout, _stored(clocks, "store.words", index)
    lane = index[: max(1, plan.lanes.bit_length() - 1)]
    bits = plan.spec.current_format.width
    currents = at(FETCH, "currents")
    current = currents[:bits]
    for number in range(1, plan.lanes):
        current = mux(lane.equals(number), currents[number * bits :][:bits], current)
    old_fields = {name: _field(stored, layout, name).gated(~fresh) for name, _ in layout}
    inputs = {name: old_fields[name] for name in ("potential", "spike", "trace")}
    write_clock = part.written
    fields = [
        _result(clocks, write_clock, "neuron", part.neuron, name, place.width)
        for name, place in layout
    ]
    spike = _result(clocks, write_clock, "neuron", part.neuron, "spike", 1)
    prover.claim(
        "neurons: an update",
        f"a neuron's word and the current of its lane go through its pipeline; {write_clock} clocks"
        " after its visit the word is written back; in the first step of a sample it counts as 0",
        violated(
            *_inputs_are(clocks, "neuron", part.neuron, {**inputs, "current": current}),
            same(at(write_clock, "store.w_en"), update),
            update.implies(same(at(write_clock, "store.w_addr"), index)),
            update.implies(same(at(write_clock, "store.w_data"), cat(fields))),
            same(at(write_clock, "fired"), update),
            update.implies(same(at(write_clock, "spike"), spike)),
            same(at(FETCH, "trace"), _field(stored, layout, "trace")),
        ),
        clocks.quiet,
        {"index": index.term},
    )
    signal = _stored(clocks, "kept_signals.words", index)
    signal = signal.gated(at(FETCH, "signalled") & ~fresh)
    facts = []
    for name, value in (("slopes", old_fields["slope"]), ("signals", signal)):
        before, after = at(FETCH, name), at(FETCH + 1, name)
        shifted = cat([before[len(value) :], value]) if plan.lanes > 1 else value
        facts.append(same(after, mux(fetch, shifted, before)))
    prover.claim(
        "neurons: the group's registers",
        "a visit that fetches moves slope and signal of its neuron in as the last lane, and the"
        " others a lane down; signals that do not count are 0; nothing else changes them",
        violated(*facts),
        clocks.quiet,
    )
    prover.claim(
        "neurons: signals",
        "a learning signal is written to its own neuron",
        violated(
            same(at(0, "kept_signals.w_en"), at(0, "signal_write")),
            same(at(0, "kept_signals.w_addr"), at(0, "signal_index")),
            same(at(0, "kept_signals.w_data"), at(0, "signal")),
            at(0, "signal_write").implies(at(0, "landing")),
        ),
        clocks.quiet,
    )
    prover.claim(
        "neurons: under way",
        "from the clock behind a visit that updates to its write `landing` is high",
        violated(*(at(clock, "landing") for clock in range(1, write_clock + 1))),
        [*clocks.quiet, update.holds],
    )


def prove_readout(prover: Prover, net: Netlist, plan: RecurrentPlan) -> None:
    """Weights and sums of the readout."""
    part = Readout(plan)
    signalled = FETCH + part.feedback.latency
    longest = max(part.written, signalled, part.looked + 1)
    clocks = Clocks(prover, net, longest + 1)
    at = clocks.at
    index, learn = at(0, "index"), at(0, "learn")
    bits, score_bits = plan.spec.readout.weight_bits, plan.spec.score_format.width
    stored = _stored(clocks, "ram.words", index)
    weights = [stored[number * bits :][:bits] for number in range(plan.classes)]
    facts = []
    leak, ops = score_leak(plan.spec), SmtOps(clocks.terms)
    for number, weight in enumerate(weights):
        before, after = (at(n, "scores")[number * score_bits :][:score_bits] for n in (FETCH, 3))
        left = leak.apply(ops, {"score": SmtInt.signed(clocks.terms, before.term)})["score"]
        leaked = Bits(clocks.terms, left.low(score_bits)).gated(~at(FETCH, "fresh"))
        added = _sum(clocks, before, weight.gated(at(0, "add") & at(0, "spike")))
        facts.append(same(after, mux(at(FETCH, "leak"), leaked, added)))
    prover.claim(
        "readout: the sums",
        "a neuron with a spike adds its weights, each to the sum of its class; sums leak by the"
        " text of the leak, or become 0, when they are told to, and else stay",
        violated(*facts),
        clocks.quiet,
        {"index": index.term},
    )
    _prove_learning(prover, clocks, plan, part, weights)
    _prove_classes(prover, clocks, plan, part)
    prover.claim(
        "readout: under way",
        "from the clock behind a visit or a look until all of it is done `landing` is high",
        violated(
            *(learn.implies(at(n, "landing")) for n in range(1, max(part.written, signalled) + 1)),
            *(at(0, "look").implies(at(n, "landing")) for n in range(1, part.looked + 1)),
            *(at(0, "add").implies(at(n, "landing")) for n in range(1, FETCH + 1)),
        ),
        clocks.quiet,
    )


def _prove_learning(
    prover: Prover, clocks: Clocks, plan: RecurrentPlan, part: Readout, weights: list[Bits]
) -> None:
    """Signals and new weights of a neuron."""
    at, write_clock = clocks.at, part.written
    index, learn = at(0, "index"), at(0, "learn")
    signalled = FETCH + part.feedback.latency
    size = plan.spec.readout.error_format.width
    errors = [at(FETCH, "errors")[number * size :][:size] for number in range(plan.classes)]
    classes = range(plan.classes)
    inputs = {f"weight_{number}": weights[number] for number in classes}
    inputs |= {f"error_{number}": errors[number] for number in classes}
    facts = _inputs_are(clocks, "feedback", part.feedback, inputs)
    for number in classes:
        own = {
            "weight": weights[number],
            "trace": at(FETCH, "trace"),
            "signal": errors[number],
            "shift": at(FETCH, "shift"),
            "noise": at(0, "noise"),
        }
        facts += _inputs_are(clocks, f"synapse_{number}", plan.readout_synapse(), own)
    synapse, bits = plan.readout_synapse(), len(weights[0])
    new_weights = [
        _result(clocks, write_clock, f"synapse_{number}", synapse, "weight", bits)
        for number in range(plan.classes)
    ]
    width = plan.spec.hidden.signal_bits
    signal = _result(clocks, signalled, "feedback", part.feedback, "signal", width)
    everything = clocks.const((1 << plan.classes) - 1, plan.classes)
    no_load = (~at(write_clock, "load").any()).holds
    prover.claim(
        "readout: what a neuron learns",
        "signal and new weights are made of the weights as they were, of the errors of their"
        f" classes and the neuron's trace; the signal is given after {signalled} clocks, for its"
        f" neuron, the weights are written after {write_clock}, unless the layer is frozen",
        violated(
            *facts,
            same(at(signalled, "signal_write"), learn),
            learn.implies(same(at(signalled, "signal_index"), index)),
            same(at(signalled, "signal"), signal),
            same(at(write_clock, "ram.w_en"), everything.gated(learn & at(write_clock, "learns"))),
            learn.implies(same(at(write_clock, "ram.w_addr"), index)),
            learn.implies(same(at(write_clock, "ram.w_data"), cat(new_weights))),
        ),
        [*clocks.quiet, no_load],
    )


def _prove_classes(prover: Prover, clocks: Clocks, plan: RecurrentPlan, part: Readout) -> None:
    """The winner, and the errors of the classes."""
    at = clocks.at
    number, look = at(0, "number"), at(0, "look")
    bits = plan.spec.score_format.width
    score = at(0, "scores")[:bits]
    for one in range(1, plan.classes):
        score = mux(number.equals(one), at(0, "scores")[one * bits :][:bits], score)
    best, winner = at(1, "best"), at(1, "winner")
    # two's complement: compared as unsigned numbers with the sign turned over
    turned = [cat([each[: bits - 1], ~each[bits - 1]]) for each in (best, score)]
    takes = look & (~number.any() | turned[0].below(turned[1]))
    inside = number.below(plan.classes).holds
    prover.claim(
        "readout: the winner",
        "a class wins whose sum is larger than the best so far, or that is the first",
        violated(
            same(at(2, "best"), mux(takes, score, best)),
            same(at(2, "winner"), mux(takes, number[: len(winner)], winner)),
        ),
        [*clocks.quiet, inside],
        {"number": number.term},
    )
    look_clock = part.looked
    error = at(look_clock, "found_error")
    before, after = at(look_clock, "errors"), at(look_clock + 1, "errors")
    shifted = cat([before[len(error) :], error]) if plan.classes > 1 else error
    inputs = {
        "score": score,
        "target": same(number, at(1, "label")),
        "known": at(1, "told"),
    }
    some = error.any() | (at(look_clock, "any_error") & number.any())
    prover.claim(
        "readout: the errors",
        "the sum of the class that is looked at goes through its pipeline; its error comes in as"
        " that of the last class, and the others move a class down; with class 0 it begins anew"
        " whether there is some error",
        violated(
            *_inputs_are(clocks, "error", part.error, inputs, 1),
            same(error, _result(clocks, look_clock, "error", part.error, "error", len(error))),
            same(after, mux(look, shifted, before)),
            same(at(look_clock + 1, "any_error"), mux(look, some, at(look_clock, "any_error"))),
        ),
        [*clocks.quiet, inside],
    )
