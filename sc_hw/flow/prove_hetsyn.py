"""What is proved of a HetSyn layer: a lane's traces and sums, and its neurons, from every state and for all inputs.

Clock 0 is that in which a synapse is issued, or a neuron announced. A claim about decays is one for each code: the netlist's
table and shifted copies against the product with the code's factor.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from sc_hw.flow.claims import Court, Cuts, number
from sc_hw.flow.netlist import Netlist
from sc_hw.flow.network_parts import LANE, NEURONS
from sc_hw.flow.prove_bank import Frames
from sc_hw.flow.prove_parts import claims_of_parts
from sc_hw.flow.prove_plastic_lane import calm, slices
from sc_hw.flow.verdicts import Claim
from sc_model.graph.smt import K, SmtInt, SmtOps
from sc_model.spec import Design, NetworkSpec
from sc_model.units import neuron_unit

Facts = dict[str, Any]


def prove_hetsyn_lane(court: Court, net: Netlist, network: NetworkSpec, facts: Facts) -> None:
    """Add the claims about a layer's lane to the court."""
    t = court.terms
    spec = network.layers[facts["layer"]]
    codes = spec.codes(network.tick_ms)
    landed = facts["fetch"] + facts["trace_ready"]
    multiplied = facts["fetch"] + facts["product_ready"]
    frames = Frames(net, max(landed, multiplied + facts["summing"], facts["latency"]) + 2)
    at = frames.at
    quiet = calm(court, frames, len(frames.states) - 1)
    label = f"layer {spec.name}"

    fixed = slices(court, at(facts["memory"], "fixed.r_data"), facts["fixed"])
    stored = SmtInt.unsigned(t, at(facts["memory"], "traces.r_data"))
    fresh = court.on(at(0, "fresh"))
    came = SmtInt.unsigned(t, at(0, "value"))
    ops = SmtOps(t)
    trace = SmtInt(t, t(K.ITE, fresh, t.const(0, t.width(stored.term)), stored.term), 0, spec.trace_format.hi)
    written = number(t, at(landed + 1, "write_trace"), signed=False)
    lands = [*quiet, court.on(at(0, "issue"))]
    shown: dict[str, Any] = {"trace": trace, "value": came, "written": written}

    def becomes(name: str, said: str, factor: Any, given: list[Any]) -> None:
        """The claim about new traces whose factor is that."""
        risen = (trace * factor >> codes.shift) + (came << spec.trace_fraction)
        wanted = ops.clamp(risen, 0, spec.trace_format.hi)
        court.claim(
            name,
            f"{said} becomes saturate((trace * factor >> {codes.shift}) + (value << {spec.trace_fraction})), with 0 for the "
            "trace while fresh",
            t.differ(wanted.low(spec.trace_bits), at(landed + 1, "write_trace")),
            [*lands, *given],
            {**shown, "wanted": wanted},
        )

    factor_made = at(facts["fetch"], "table.controls")
    for code, factor in enumerate(codes.factors):
        coded = court.equals(fixed["code"], code)
        if codes.terms:
            becomes(f"decays of {label}, code {code}: trace", "a trace of the code with that factor", factor, [coded])
        else:  # the table by itself, and below one product for all factors
            court.claim(
                f"decays of {label}, code {code}: factor",
                "the table gives the code's factor",
                court.no(court.equals(factor_made, factor)),
                [*quiet, coded],
                {"factor": factor_made},
            )
    if not codes.terms:
        becomes(f"{label}: trace", "a trace", SmtInt.unsigned(t, factor_made), [])
    place = at(landed, "place")
    court.claim(
        f"{label}: where traces go",
        "a new trace is written in its turn, as long as the host does not load, and nothing else is",
        court.either(
            t.differ(at(landed + 1, "traces.write__en"), t(K.BV_OR, at(0, "issue"), at(landed, "load"))),
            court.both(court.on(at(0, "issue")), t.differ(at(landed + 1, "write_address"), place)),
            court.both(
                court.on(at(0, "issue")),
                t.differ(
                    at(landed + 1, "place"),
                    t(
                        K.ITE,
                        court.equals(place, spec.depth - 1),
                        t.const(0, t.width(place)),
                        t(K.BV_ADD, place, t.const(1, t.width(place))),
                    ),
                ),
            ),
            court.both(court.off(at(0, "issue")), t.differ(at(landed + 1, "place"), place)),
        ),
        quiet,
        {"place": place, "address": at(landed + 1, "write_address")},
    )
    # The new trace is shown above; here it is what the netlist made of it, so that both products are of the same term.
    weight = SmtInt.signed(t, fixed["weight"])
    term = at(multiplied, "accumulator.i_term")
    made = number(t, written.low(spec.trace_bits), signed=False)
    product = weight * made
    court.claim(
        f"{label}: product",
        "what is summed is weight x the new trace",
        t.differ(product.low(t.width(term)), term),
        lands,
        {"weight": weight, "trace": made, "term": number(t, term, signed=True)},
        split=fixed["weight"] if spec.weight_bits <= 10 else None,
    )
    _prove_sum(court, net, label, facts)


def _prove_sum(court: Court, net: Netlist, label: str, facts: Facts) -> None:
    """The accumulator, and when its sum is a neuron's."""
    t = court.terms
    summing, latency, multiplied = facts["summing"], facts["latency"], facts["fetch"] + facts["product_ready"]
    frames = Frames(net, latency + 2)
    at = frames.at
    quiet = calm(court, frames, latency + 2)
    before, after = at(multiplied + summing - 1, "current"), at(multiplied + summing, "current")
    term = at(multiplied, "accumulator.i_term")
    kept = t(K.ITE, court.on(at(0, "first")), t.const(0, t.width(before)), before)
    court.claim(
        f"{label}: sum",
        f"{summing} clocks after a product the sum is that before it (0 before a neuron's first input) and the product",
        t.differ(after, t(K.BV_ADD, kept, t.resize(term, t.width(before)))),
        quiet,
        {"before": before, "term": term, "after": after},
    )
    court.claim(
        f"{label}: end of a sum",
        f"a sum is given {latency} clocks after its neuron's last input, announced {facts['fetch']} clocks before, and only then",
        court.either(
            t.differ(at(latency, "done"), t(K.BV_AND, at(0, "issue"), at(0, "last"))),
            t.differ(at(latency - facts["fetch"], "announced"), t(K.BV_AND, at(0, "issue"), at(0, "last"))),
        ),
        quiet,
    )


def prove_hetsyn_neurons(court: Court, net: Netlist, network: NetworkSpec, facts: Facts) -> None:
    """Add the claims about a layer's neurons to the court."""
    t = court.terms
    spec = network.layers[facts["layer"]]
    unit = neuron_unit(spec.neuron, spec.current_format)
    ahead, out = facts["ahead"], facts["ahead"] + facts["update_latency"]
    frames = Frames(net, out + 2)
    at = frames.at
    quiet = calm(court, frames, out + 2)
    label = f"layer {spec.name}"
    fresh = court.on(at(0, "fresh"))
    word = slices(court, at(facts["memory"], "memory.r_data"), facts["word"])

    def remembered(name: str) -> SmtInt:
        term = t(K.ITE, fresh, t.const(0, t.width(word[name])), word[name])
        return number(t, term, unit.inputs[name].signed)

    given: dict[str, Any] = {name: remembered(name) for name in (*unit.state, "fired")}
    given["current"] = number(t, at(ahead, "held_0"), signed=True)
    given["cleared"] = SmtInt(t, t.const(0, 2), 0, 0)
    signals = {
        row["name"]: (at(ahead + row["stage"], row["signal"]), row["lo"], row["hi"])
        for row in facts["named_signals"]
        if row["signal"] in net.signals
    }
    real = [*quiet, court.on(at(0, "real"))]
    cuts = Cuts(court, signals, quiet)
    new = unit.apply(SmtOps(t, cuts), given)
    written = slices(court, at(out + 1, "written"), facts["word"])
    for name in (*unit.state, "fired"):
        wanted = new["ready" if name == "fired" else name]
        wanted = wanted if isinstance(wanted, SmtInt) else SmtOps(t).let(name, wanted)
        court.claim(
            f"{label}: neuron's {name}",
            f"{out + 1} clocks after a neuron's turn its {name} is written as the neuron's text says, from 0 while fresh",
            t.differ(wanted.low(t.width(written[name])), written[name]),
            real,
            {**given, f"{name} (text)": wanted, f"{name} (netlist)": number(t, written[name], wanted.lo < 0)},
        )
    place, index = at(out + 1, "write_address"), at(0, "index")
    last = court.equals(index, spec.neurons - 1)
    court.claim(
        f"{label}: neurons in turn",
        "a neuron is decided on and written in its turn; behind the layer's last one there is none until the next tick",
        court.either(
            t.differ(at(out, "o_valid"), at(0, "real")),
            t.differ(at(out + 1, "memory.write__en"), t(K.BV_OR, at(0, "real"), at(out, "load"))),
            court.both(court.on(at(0, "real")), t.differ(place, index)),
            court.both(court.on(at(0, "real")), t.differ(at(out, "o_spike"), written["fired"])),
            court.both(court.on(at(0, "real")), court.no(t(K.EQUAL, court.on(at(out, "o_last")), last))),
            court.both(court.on(at(0, "real")), last, court.on(at(1, "real")), court.off(at(0, "restart"))),
        ),
        quiet,
        {"index": index, "place": place},
    )


PROVERS: dict[str, Callable[[Court, Netlist, NetworkSpec, dict[str, Any]], None]] = {
    LANE: prove_hetsyn_lane,
    NEURONS: prove_hetsyn_neurons,
}


def claims_of_network(folder: Path, manifest: dict[str, Any], limit_s: float) -> list[Claim]:
    """Claims about the layers whose parts lie in `folder`; run in a process of its own."""
    network = Design.model_validate(manifest["design"]).network
    if network is None:
        raise ValueError("only a network has such parts")
    return claims_of_parts(folder, limit_s, lambda court, net, row: PROVERS[row["part"]](court, net, network, row["facts"]))
