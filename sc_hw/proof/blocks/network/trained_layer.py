"""Claims about the parts of trained layers; here those about neurons and history.

They hold from every state and for all inputs. Clock 0 is that in which a neuron is announced, or
the turn of a column. Claims about lanes are in `sc_hw.proof.blocks.network.trained_lane`.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from sc_hw.proof.blocks.network.facts import (
    HistoryFacts,
    TrainedLaneFacts,
    TrainedNeuronsFacts,
)
from sc_hw.proof.blocks.network.parts import HISTORY, LANE, NEURONS
from sc_hw.proof.blocks.network.trained_lane import prove_lane
from sc_hw.proof.blocks.parts import claims_of_parts
from sc_hw.proof.facts import read_facts
from sc_hw.proof.frames import Frames, no_reset
from sc_hw.proof.netlist import Netlist
from sc_hw.proof.prover import Cuts, Prover, number
from sc_hw.proof.verdicts import Claim
from sc_hw.proof.words import slices
from sc_model.graph.smt import K, SmtInt, SmtOps
from sc_model.layer_kinds import kind_of
from sc_model.spec import Design, NetworkSpec


def prove_neurons(
    prover: Prover, net: Netlist, network: NetworkSpec, facts: TrainedNeuronsFacts
) -> None:
    """Add the claims about a layer's neurons to the prover."""
    t = prover.terms
    spec = network.layers[facts.layer]
    unit = kind_of(spec).neuron(spec, network.crossing(facts.layer).value)
    ahead, out = facts.ahead, facts.ahead + facts.update_latency
    frames = Frames(net, out + 2)
    at = frames.at
    quiet = no_reset(prover, frames, out + 2)
    label = f"layer {spec.name}"
    fresh = prover.on(at(0, "fresh"))
    word = slices(prover, at(facts.memory, "memory.r_data"), facts.word)

    def remembered(name: str) -> SmtInt:
        term = t(K.ITE, fresh, t.const(0, t.width(word[name])), word[name])
        return number(t, term, unit.inputs[name].signed)

    given: dict[str, Any] = {name: remembered(name) for name in (*unit.state, "fired")}
    given["current"] = number(t, at(ahead, "held_0"), signed=True)
    given["cleared"] = SmtInt(t, t.const(0, 2), 0, 0)
    if facts.own:
        own = slices(prover, at(facts.memory, "own.r_data"), facts.own)
        given |= {
            name: number(t, own[name], unit.inputs[name].signed) for name in spec.neuron_parameters
        }
    real = [*quiet, prover.on(at(0, "real"))]
    cuts = Cuts(prover, frames.cuts(facts.named_signals, ahead), quiet)
    new = unit.apply(SmtOps(t, cuts), given)
    written = slices(prover, at(out + 1, "written"), facts.word)
    for name in (*unit.state, "fired"):
        wanted = new["ready" if name == "fired" else name]
        wanted = wanted if isinstance(wanted, SmtInt) else SmtOps(t).let(name, wanted)
        prover.claim(
            f"{label}: neuron's {name}",
            f"{out + 1} clocks after a neuron's turn its {name} is written as the neuron's text"
            " says, from 0 while fresh",
            t.differ(wanted.low(t.width(written[name])), written[name]),
            real,
            {
                **given,
                f"{name} (text)": wanted,
                f"{name} (netlist)": number(t, written[name], wanted.lo < 0),
            },
        )
    place, index = at(out + 1, "write_address"), at(0, "index")
    last = prover.equals(index, spec.neurons - 1)
    prover.claim(
        f"{label}: neurons in turn",
        "a neuron is decided on and written in its turn; behind the layer's last one there is none"
        " until the next tick",
        prover.either(
            t.differ(at(out, "o_valid"), at(0, "real")),
            t.differ(at(out + 1, "memory.write__en"), t(K.BV_OR, at(0, "real"), at(out, "load"))),
            prover.both(prover.on(at(0, "real")), t.differ(place, index)),
            prover.both(prover.on(at(0, "real")), t.differ(at(out, "o_spike"), written["fired"])),
            prover.both(
                prover.on(at(0, "real")), prover.no(t(K.EQUAL, prover.on(at(out, "o_last")), last))
            ),
            prover.both(
                prover.on(at(0, "real")),
                last,
                prover.on(at(1, "real")),
                prover.off(at(0, "restart")),
            ),
        ),
        quiet,
        {"index": index, "place": place},
    )


def prove_history(prover: Prover, net: Netlist, network: NetworkSpec, facts: HistoryFacts) -> None:
    """Add the claims about a layer's history to the prover."""
    t, memory = prover.terms, facts.memory
    spec, width = network.layers[facts.layer], network.crossing(facts.layer).value.width
    frames = Frames(net, memory + 2)
    at = frames.at
    quiet = no_reset(prover, frames, memory + 2)
    word = at(memory, "memory.r_data")
    bits = t.width(word)
    past = t(K.ITE, prover.on(at(0, "fresh")), t.const(0, bits), word)
    now = at(memory, "present")
    moved = (
        now
        if spec.max_delay == 1
        else t(K.BV_CONCAT, t(K.BV_EXTRACT, past, indices=(bits - width - 1, 0)), now)
    )
    kept = prover.on(at(0, "keep"))
    prover.claim(
        f"layer {spec.name}: history",
        f"{memory} clocks after a column's turn its values of the last {spec.max_delay} ticks are"
        " there, 0 while fresh; where the tick is over for it they are written back a tick older,"
        " with the present one in front, and nothing else is written",
        prover.either(
            t.differ(at(memory, "past"), past),
            t.differ(
                at(memory + 1, "memory.write__en"), t(K.BV_OR, at(0, "keep"), at(memory, "load"))
            ),
            prover.both(kept, t.differ(at(memory + 1, "written"), moved)),
            prover.both(kept, t.differ(at(memory + 1, "write_column"), at(0, "column"))),
        ),
        quiet,
        {"word": word, "present": now, "written": at(memory + 1, "written")},
    )


PROVERS: dict[str, tuple[type, Callable[[Prover, Netlist, NetworkSpec, Any], None]]] = {
    LANE: (TrainedLaneFacts, prove_lane),
    NEURONS: (TrainedNeuronsFacts, prove_neurons),
    HISTORY: (HistoryFacts, prove_history),
}


def claims_of_network(folder: Path, manifest: dict[str, Any], limit_s: float) -> list[Claim]:
    """Claims about the layers whose parts lie in `folder`; run in a process of its own."""
    network = Design.model_validate(manifest["design"]).network
    if network is None:
        raise ValueError("only a network has such parts")

    def prove_part(prover: Prover, net: Netlist, row: dict[str, Any]) -> None:
        facts, prove = PROVERS[row["part"]]
        prove(prover, net, network, read_facts(facts, row["facts"]))

    return claims_of_parts(folder, limit_s, prove_part)
