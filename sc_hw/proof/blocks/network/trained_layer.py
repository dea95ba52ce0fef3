"""What is proved of a layer that does not learn: lanes, neurons and history, from every state and
for all inputs.

Clock 0 is that in which a synapse is issued, or a neuron announced. A claim about decays is one for
each code: the netlist's table and shifted copies against the product with the code's factor.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from sc_hw.proof.blocks.bank import Frames
from sc_hw.proof.blocks.network.parts import HISTORY, LANE, NEURONS
from sc_hw.proof.blocks.parts import claims_of_parts
from sc_hw.proof.blocks.plastic.lane import no_reset, slices
from sc_hw.proof.netlist import Netlist
from sc_hw.proof.prover import Cuts, Prover, number
from sc_hw.proof.verdicts import Claim
from sc_model.arithmetic import neuron_of
from sc_model.graph.smt import K, SmtInt, SmtOps
from sc_model.spec import DecayCodes, Design, HetSynSpec, NetworkSpec

Facts = dict[str, Any]


def prove_lane(prover: Prover, net: Netlist, network: NetworkSpec, facts: Facts) -> None:
    """Add the claims about a layer's lane to the prover."""
    spec = network.layers[facts["layer"]]
    lane = _Lane(prover, net, network, facts)
    if isinstance(spec, HetSynSpec):
        _prove_traces(lane, spec, spec.codes(network.tick_ms))
    else:
        weight = SmtInt.signed(prover.terms, lane.fixed["weight"])
        lane.product(weight, lane.value, "weight x what the synapse takes in")
    _prove_sum(prover, net, lane.label, facts)


class _Lane:
    """A lane unrolled: what a synapse that is issued in clock 0 finds, and when."""

    def __init__(self, prover: Prover, net: Netlist, network: NetworkSpec, facts: Facts) -> None:
        self.prover, self.facts, self.spec = prover, facts, network.layers[facts["layer"]]
        self.label = f"layer {self.spec.name}"
        self.landed = (
            facts["fetch"] + facts["trace_ready"] if facts["trace_ready"] is not None else 0
        )
        self.multiplied = facts["fetch"] + facts["product_ready"]
        frames = Frames(
            net, max(self.landed, self.multiplied + facts["summing"], facts["latency"]) + 2
        )
        self.at = frames.at
        self.quiet = no_reset(prover, frames, len(frames.states) - 1)
        self.issued = [*self.quiet, prover.on(self.at(0, "issue"))]
        self.fixed = slices(prover, self.at(facts["memory"], "fixed.r_data"), facts["fixed"])
        self.value = self._taken(network.crossing(facts["layer"]).value.width)

    def _taken(self, width: int) -> SmtInt:
        """What the synapse takes in: its column `delay` ticks ago, for the delays that there
        are.
        """
        t, prover, most = self.prover.terms, self.prover, self.spec.max_delay
        values = self.at(self.facts["memory"], "values")
        ages = [
            t(K.BV_EXTRACT, values, indices=(age * width + width - 1, age * width))
            for age in range(most + 1)
        ]
        if not most:
            return SmtInt.unsigned(t, ages[0])
        delay = self.fixed["delay"]
        self.issued.append(t(K.BV_ULE, delay, t.const(most, t.width(delay))))
        taken = ages[most]
        for age in reversed(range(most)):
            taken = t(K.ITE, prover.equals(delay, age), ages[age], taken)
        return SmtInt.unsigned(t, taken)

    def product(self, weight: SmtInt, factor: SmtInt, said: str) -> None:
        """The claim about what is summed."""
        t, term = self.prover.terms, self.at(self.multiplied, "accumulator.i_term")
        self.prover.claim(
            f"{self.label}: product",
            f"what is summed is {said}",
            t.differ((weight * factor).low(t.width(term)), term),
            self.issued,
            {"weight": weight, "factor": factor, "term": number(t, term, signed=True)},
            split=self.fixed["weight"] if self.spec.weight_bits <= 10 else None,
        )


def _prove_traces(lane: _Lane, spec: HetSynSpec, codes: DecayCodes) -> None:
    """Traces, their decay, and where they go."""
    prover, facts, at, label, landed = lane.prover, lane.facts, lane.at, lane.label, lane.landed
    t = prover.terms
    ops = SmtOps(t)
    stored = SmtInt.unsigned(t, at(facts["memory"], "traces.r_data"))
    fresh = prover.on(at(0, "fresh"))
    trace = SmtInt(
        t, t(K.ITE, fresh, t.const(0, t.width(stored.term)), stored.term), 0, spec.trace_format.hi
    )
    written = number(t, at(landed + 1, "write_trace"), signed=False)
    shown: dict[str, Any] = {"trace": trace, "value": lane.value, "written": written}

    def becomes(name: str, said: str, factor: Any, given: list[Any]) -> None:
        """The claim about new traces whose factor is that."""
        risen = (trace * factor >> codes.shift) + (lane.value << spec.trace_fraction)
        wanted = ops.clamp(risen, 0, spec.trace_format.hi)
        prover.claim(
            name,
            f"{said} becomes saturate((trace * factor >> {codes.shift}) + (value <<"
            f" {spec.trace_fraction})), with 0 for the trace while fresh",
            t.differ(wanted.low(spec.trace_bits), at(landed + 1, "write_trace")),
            [*lane.issued, *given],
            {**shown, "wanted": wanted},
        )

    factor_made = at(facts["ahead"], "table.controls")
    for code, factor in enumerate(codes.factors):
        coded = prover.equals(lane.fixed["code"], code)
        if codes.terms:
            becomes(
                f"decays of {label}, code {code}: trace",
                "a trace of the code with that factor",
                factor,
                [coded],
            )
        else:  # the table by itself, and below one product for all factors
            prover.claim(
                f"decays of {label}, code {code}: factor",
                "the table gives the code's factor",
                prover.no(prover.equals(factor_made, factor)),
                [*lane.quiet, coded],
                {"factor": factor_made},
            )
    if not codes.terms:
        becomes(f"{label}: trace", "a trace", SmtInt.unsigned(t, factor_made), [])
    place = at(landed, "place")
    prover.claim(
        f"{label}: where traces go",
        "a new trace is written in its turn, as long as the host does not load, and nothing"
        " else is",
        prover.either(
            t.differ(
                at(landed + 1, "traces.write__en"), t(K.BV_OR, at(0, "issue"), at(landed, "load"))
            ),
            prover.both(prover.on(at(0, "issue")), t.differ(at(landed + 1, "write_place"), place)),
            prover.both(
                prover.on(at(0, "issue")),
                t.differ(
                    at(landed + 1, "place"),
                    t(
                        K.ITE,
                        prover.equals(place, spec.depth - 1),
                        t.const(0, t.width(place)),
                        t(K.BV_ADD, place, t.const(1, t.width(place))),
                    ),
                ),
            ),
            prover.both(prover.off(at(0, "issue")), t.differ(at(landed + 1, "place"), place)),
        ),
        lane.quiet,
        {"place": place, "address": at(landed + 1, "write_place")},
    )
    # The new trace is shown above; here it is what the netlist made of it, so that both products
    # are of the same term.
    made = number(t, written.low(spec.trace_bits), signed=False)
    lane.product(SmtInt.signed(t, lane.fixed["weight"]), made, "weight x the new trace")


def _prove_sum(prover: Prover, net: Netlist, label: str, facts: Facts) -> None:
    """The accumulator, and when its sum is a neuron's."""
    t = prover.terms
    summing, latency, multiplied = (
        facts["summing"],
        facts["latency"],
        facts["fetch"] + facts["product_ready"],
    )
    frames = Frames(net, latency + 2)
    at = frames.at
    quiet = no_reset(prover, frames, latency + 2)
    before, after = at(multiplied + summing - 1, "current"), at(multiplied + summing, "current")
    term = at(multiplied, "accumulator.i_term")
    kept = t(K.ITE, prover.on(at(0, "first")), t.const(0, t.width(before)), before)
    prover.claim(
        f"{label}: sum",
        f"{summing} clocks after a product the sum is that before it (0 before a neuron's first"
        " input) and the product",
        t.differ(after, t(K.BV_ADD, kept, t.resize(term, t.width(before)))),
        quiet,
        {"before": before, "term": term, "after": after},
    )
    prover.claim(
        f"{label}: end of a sum",
        f"a sum is given {latency} clocks after its neuron's last input, announced {facts['ahead']}"
        " clocks before, and only then",
        prover.either(
            t.differ(at(latency, "done"), t(K.BV_AND, at(0, "issue"), at(0, "last"))),
            t.differ(
                at(latency - facts["ahead"], "announced"),
                t(K.BV_AND, at(0, "issue"), at(0, "last")),
            ),
        ),
        quiet,
    )


def prove_neurons(prover: Prover, net: Netlist, network: NetworkSpec, facts: Facts) -> None:
    """Add the claims about a layer's neurons to the prover."""
    t = prover.terms
    spec = network.layers[facts["layer"]]
    unit = neuron_of(spec, network.crossing(facts["layer"]).value)
    ahead, out = facts["ahead"], facts["ahead"] + facts["update_latency"]
    frames = Frames(net, out + 2)
    at = frames.at
    quiet = no_reset(prover, frames, out + 2)
    label = f"layer {spec.name}"
    fresh = prover.on(at(0, "fresh"))
    word = slices(prover, at(facts["memory"], "memory.r_data"), facts["word"])

    def remembered(name: str) -> SmtInt:
        term = t(K.ITE, fresh, t.const(0, t.width(word[name])), word[name])
        return number(t, term, unit.inputs[name].signed)

    given: dict[str, Any] = {name: remembered(name) for name in (*unit.state, "fired")}
    given["current"] = number(t, at(ahead, "held_0"), signed=True)
    given["cleared"] = SmtInt(t, t.const(0, 2), 0, 0)
    if facts["own"]:
        own = slices(prover, at(facts["memory"], "own.r_data"), facts["own"])
        given |= {
            name: number(t, own[name], unit.inputs[name].signed) for name in spec.neuron_parameters
        }
    signals = {
        row["name"]: (at(ahead + row["stage"], row["signal"]), row["lo"], row["hi"])
        for row in facts["named_signals"]
        if row["signal"] in net.signals
    }
    real = [*quiet, prover.on(at(0, "real"))]
    cuts = Cuts(prover, signals, quiet)
    new = unit.apply(SmtOps(t, cuts), given)
    written = slices(prover, at(out + 1, "written"), facts["word"])
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


def prove_history(prover: Prover, net: Netlist, network: NetworkSpec, facts: Facts) -> None:
    """Add the claims about a layer's history to the prover."""
    t, memory = prover.terms, facts["memory"]
    spec, width = network.layers[facts["layer"]], network.crossing(facts["layer"]).value.width
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


PROVERS: dict[str, Callable[[Prover, Netlist, NetworkSpec, dict[str, Any]], None]] = {
    LANE: prove_lane,
    NEURONS: prove_neurons,
    HISTORY: prove_history,
}


def claims_of_network(folder: Path, manifest: dict[str, Any], limit_s: float) -> list[Claim]:
    """Claims about the layers whose parts lie in `folder`; run in a process of its own."""
    network = Design.model_validate(manifest["design"]).network
    if network is None:
        raise ValueError("only a network has such parts")
    return claims_of_parts(
        folder,
        limit_s,
        lambda prover, net, row: PROVERS[row["part"]](prover, net, network, row["facts"]),
    )
