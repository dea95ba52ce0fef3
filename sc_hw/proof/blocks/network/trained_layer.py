"""Claims about two parts of a trained layer: its neurons, and the history of its columns.

They hold from every state and for all inputs. For the neurons clock 0 is that in which a neuron has
its turn, ahead of its sum; for the history it is that in which a column has its turn. While `fresh`
is high, in the first tick after a reset, stored words count as 0, as memories keep old contents.
Each claim gives the prover the formula that would break it. Claims about lanes are in
`sc_hw.proof.blocks.network.trained_lane`.

Words are taken from the memories' read ports; that they are the words of the right address is
claimed in `sc_hw.proof.blocks.network.addresses`.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from sc_hw.proof.blocks.network.addresses import (
    prove_history_addresses,
    prove_neuron_addresses,
)
from sc_hw.proof.blocks.network.column_parts import prove_columns
from sc_hw.proof.blocks.network.encoder_parts import prove_encoder
from sc_hw.proof.blocks.network.event_lanes import prove_event_lanes
from sc_hw.proof.blocks.network.event_parts import (
    prove_reader,
    prove_scanner,
    prove_sequencer,
    prove_wiper,
)
from sc_hw.proof.blocks.network.facts import (
    ColumnFacts,
    EncoderFacts,
    EventCounterFacts,
    EventLanesFacts,
    FeedFacts,
    HistoryFacts,
    IntakeFacts,
    OrderFacts,
    OwnFacts,
    ReadoutFacts,
    ScannerFacts,
    SliceFacts,
    TrainedLaneFacts,
    TrainedNeuronsFacts,
    WiperFacts,
)
from sc_hw.proof.blocks.network.intake_parts import prove_slice_intake
from sc_hw.proof.blocks.network.own_parts import prove_feed, prove_own
from sc_hw.proof.blocks.network.parts import (
    COLUMNS,
    ENCODER,
    EVENT_LANES,
    FEED,
    HISTORY,
    INTAKE,
    LANE,
    NEURONS,
    ORDER,
    OWN,
    READER,
    READOUT,
    SCANNER,
    SEQUENCER,
    SLICES,
    WIPER,
)
from sc_hw.proof.blocks.network.readout_parts import prove_readout
from sc_hw.proof.blocks.network.slice_parts import prove_order, prove_slices
from sc_hw.proof.blocks.network.trained_lane import prove_lane
from sc_hw.proof.blocks.network.wiring.whole import claims_of_whole, network_of
from sc_hw.proof.blocks.parts import HIERARCHY, PARTS, claims_of_parts
from sc_hw.proof.facts import read_facts
from sc_hw.proof.frames import Frames, no_reset
from sc_hw.proof.netlist import Netlist
from sc_hw.proof.prover import Cuts, Prover, number
from sc_hw.proof.verdicts import Claim
from sc_hw.proof.words import slices
from sc_model.graph.smt import K, SmtInt, SmtOps
from sc_model.layer_kinds import kind_of
from sc_model.spec import NetworkSpec, TrainedLayerSpec

At = Callable[[int, str], Any]  # takes a clock and a signal's name, gives the signal in that clock


def prove_neurons(
    prover: Prover, net: Netlist, network: NetworkSpec, facts: TrainedNeuronsFacts
) -> None:
    """Add the claims about a layer's neurons to the prover.

    They are: what is written for each neuron is the neuron's own function, and each neuron has its
    turn once in a tick, in order.
    """
    t = prover.terms
    spec = network.layers[facts.layer]
    unit = kind_of(spec).neuron(spec, network.crossing(facts.layer).value)
    # The neuron enters its pipeline in clock `ahead`, and its result comes out in clock `decided`.
    # A clock later the result is in the memory's write register, which is as far as claims look.
    ahead, decided = facts.ahead, facts.ahead + facts.update_latency
    frames = Frames(net, decided + 1)
    at = frames.at
    quiet = no_reset(prover, frames, decided + 1)
    fresh = prover.on(at(0, "fresh"))
    stored = slices(prover, at(facts.memory, "memory.r_data"), facts.word)

    def state_before(name: str) -> SmtInt:
        term = t(K.ITE, fresh, t.const(0, t.width(stored[name])), stored[name])
        return number(t, term, unit.inputs[name].signed)

    # A neuron's word holds its state, and whether it fired in the tick before.
    operands: dict[str, Any] = {name: state_before(name) for name in (*unit.state, "fired")}
    # The sums of all lanes wait in a shift register, of which `held_0` is the end.
    operands["current"] = number(t, at(ahead, "held_0"), signed=True)
    # The function of a neuron can end a trial; a trained layer has no trials.
    operands["cleared"] = SmtInt(t, t.const(0, 2), 0, 0)
    if facts.own:
        own = slices(prover, at(facts.memory, "own.r_data"), facts.own)
        operands |= {
            name: number(t, own[name], unit.inputs[name].signed) for name in spec.neuron_parameters
        }
    turn = [*quiet, prover.on(at(0, "real"))]
    # Each named intermediate is first proved equal to its signal, and the proof goes on from there:
    # pieces are easier than the whole. These claims do not assume a neuron's turn, since a pipeline
    # computes in every clock, whether a neuron is there or not.
    cuts = Cuts(prover, frames.cuts(facts.named_signals, ahead), quiet)
    results = unit.apply(SmtOps(t, cuts), operands)
    new_word = slices(prover, at(decided + 1, "memory.write__data"), facts.word)
    for name in (*unit.state, "fired"):
        # A neuron without competitors fires when it is ready, and its word remembers that.
        expected = SmtOps(t).let(name, results["ready" if name == "fired" else name])
        prover.claim(
            f"layer {spec.name}: neuron's {name}",
            f"{decided + 1} clocks after a neuron's turn its {name} is written as the neuron's"
            " function says, with 0 for the state while fresh",
            t.differ(expected.low(t.width(new_word[name])), new_word[name]),
            turn,
            {
                **operands,
                f"{name} (function)": expected,
                f"{name} (netlist)": number(t, new_word[name], expected.lo < 0),
            },
        )
    _prove_turns(prover, at, spec, decided, new_word["fired"], quiet)
    label = f"layer {spec.name}"
    prove_neuron_addresses(prover, net, label, facts, spec.group_turns, spec.turns)


def _prove_turns(
    prover: Prover, at: At, spec: TrainedLayerSpec, decided: int, fired: Any, quiet: list[Any]
) -> None:
    """Add the claim about the order of the neurons.

    Parameters
    ----------
    decided : clock in which the result of the neuron of clock 0 comes out.
    fired : its bit `fired` in the write register, a clock after `decided`.
    quiet : assumption that no clock resets.
    """
    t = prover.terms
    real, index = at(0, "real"), at(0, "index")
    turn = prover.on(real)
    place = at(decided + 1, "memory.write__addr")
    # The surplus lanes of the last group give sums too: these must not become neurons.
    last = prover.equals(index, spec.turns - 1)
    # The register `rest` is high from the last neuron's turn until `restart`. That there is no turn
    # for so long follows by induction from three facts: the last turn sets it, it stays, and it
    # excludes turns.
    resting, rests_next = prover.on(at(0, "rest")), prover.on(at(1, "rest"))
    goes_on = prover.off(at(0, "restart"))
    prover.claim(
        f"layer {spec.name}: neurons in turn",
        "each neuron is decided on and written in its turn; after the layer's last one there is no"
        " turn until the next tick",
        prover.either(
            t.differ(at(decided, "o_valid"), real),
            t.differ(at(decided + 1, "memory.write__en"), t(K.BV_OR, real, at(decided, "load"))),
            prover.both(turn, t.differ(place, index)),
            prover.both(turn, t.differ(at(decided, "o_spike"), fired)),
            prover.both(turn, prover.no(t(K.EQUAL, prover.on(at(decided, "o_last")), last))),
            prover.both(turn, last, goes_on, prover.no(rests_next)),
            prover.both(resting, goes_on, prover.no(rests_next)),
            prover.both(resting, turn),
        ),
        quiet,
        {"index": index, "place": place},
    )


def prove_history(prover: Prover, net: Netlist, network: NetworkSpec, facts: HistoryFacts) -> None:
    """Add the claim about a layer's history to the prover.

    The history is a memory that holds the values of each column in the last ticks.
    """
    t, memory = prover.terms, facts.memory
    spec, width = network.layers[facts.layer], network.crossing(facts.layer).value.width
    # The column's word is out of the memory in clock `memory`, and what is written back is in the
    # write register a clock later.
    frames = Frames(net, memory + 1)
    at = frames.at
    quiet = no_reset(prover, frames, memory + 1)
    word = at(memory, "memory.r_data")
    bits = t.width(word)
    # After a reset the memory still holds the values of earlier runs; `fresh` hides them.
    past = t(K.ITE, prover.on(at(0, "fresh")), t.const(0, bits), word)
    present, new_word = at(memory, "present"), at(memory + 1, "memory.write__data")
    # The oldest value leaves at the top of the word, and the present one comes in at the bottom. A
    # history of one tick is the present value alone.
    aged = (
        present
        if spec.max_delay == 1
        else t(K.BV_CONCAT, t(K.BV_EXTRACT, past, indices=(bits - width - 1, 0)), present)
    )
    keep = prover.on(at(0, "keep"))
    prover.claim(
        f"layer {spec.name}: history",
        f"{memory} clocks after a column's turn its values of the last {spec.max_delay} ticks are"
        " there, 0 while fresh; with `keep` they are written back one tick older, with the present"
        " value in front; nothing else is written",
        prover.either(
            t.differ(at(memory, "past"), past),
            t.differ(
                at(memory + 1, "memory.write__en"), t(K.BV_OR, at(0, "keep"), at(memory, "load"))
            ),
            prover.both(keep, t.differ(new_word, aged)),
            prover.both(keep, t.differ(at(memory + 1, "memory.write__addr"), at(0, "column"))),
        ),
        quiet,
        {"word": word, "present": present, "written": new_word},
    )
    prove_history_addresses(prover, net, f"layer {spec.name}", memory, bits)


# For each part: the class of its facts, and the function that adds the claims about it.
PROVERS: dict[str, tuple[type, Callable[[Prover, Netlist, NetworkSpec, Any], None]]] = {
    LANE: (TrainedLaneFacts, prove_lane),
    NEURONS: (TrainedNeuronsFacts, prove_neurons),
    HISTORY: (HistoryFacts, prove_history),
    ENCODER: (EncoderFacts, prove_encoder),
    READOUT: (ReadoutFacts, prove_readout),
    EVENT_LANES: (EventLanesFacts, prove_event_lanes),
    SCANNER: (ScannerFacts, prove_scanner),
    SEQUENCER: (EventCounterFacts, prove_sequencer),
    READER: (EventCounterFacts, prove_reader),
    WIPER: (WiperFacts, prove_wiper),
    INTAKE: (IntakeFacts, prove_slice_intake),
    COLUMNS: (ColumnFacts, prove_columns),
    SLICES: (SliceFacts, prove_slices),
    ORDER: (OrderFacts, prove_order),
    OWN: (OwnFacts, prove_own),
    FEED: (FeedFacts, prove_feed),
}


def claims_of_network(folder: Path, manifest: dict[str, Any], limit_s: float) -> list[Claim]:
    """Claims about the layers whose parts lie in `folder`; run in a process of its own.

    Parameters
    ----------
    folder : the build folder; its folder `proof` has the Verilog and the facts of each part.
    manifest : of the build, for its design.
    limit_s : seconds for one claim before its verdict is ``unknown``.
    """
    network = network_of(manifest)

    def prove_part(prover: Prover, net: Netlist, row: dict[str, Any]) -> None:
        facts, prove = PROVERS[row["part"]]
        prove(prover, net, network, read_facts(facts, row["facts"]))

    claims = claims_of_parts(folder, limit_s, prove_part)
    listing = json.loads((folder / "proof" / PARTS).read_text(encoding="utf-8"))
    # The list of a mutated part is of that part alone, and that of mutated wiring has no parts.
    if HIERARCHY in listing:
        rows = listing[HIERARCHY]["parts"]
        part_count = len(listing["parts"])
        claims += claims_of_whole(folder, manifest, rows, network, limit_s, part_count)
    return claims
