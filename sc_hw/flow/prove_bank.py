"""What is proved of a bank: its pipeline from an arbitrary state, its memory, and that no synapse is read too early."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sc_hw.flow.claims import Court, Cuts, number
from sc_hw.flow.netlist import Netlist
from sc_model.graph.smt import K, SmtInt, SmtOps
from sc_model.spec import Rule, RuleParams


class Frames:
    """A netlist unrolled clock by clock from an arbitrary state, with arbitrary inputs in every clock."""

    def __init__(
        self, net: Netlist, count: int, constant: Sequence[str] = (), packed: tuple[str, list[dict[str, Any]]] | None = None
    ) -> None:
        """`count` clocks; the inputs named in `constant` have one arbitrary value for all of them.

        `packed` names a port and its fields: in clock 0 it is put together from `fields`, a free term for each.
        """
        self.net = net
        self.fields: dict[str, Any] = {}
        self.states = [net.fresh_states("0")]
        self.inputs: list[dict[str, Any]] = []
        fixed = {name: net.terms.tm.mk_const(net.inputs[name].sort(), name) for name in constant}
        for clock in range(count + 1):
            self.inputs.append(net.fresh_inputs(str(clock)) | fixed)
            if clock == 0 and packed is not None:
                port, layout = packed
                self.fields = {f["name"]: net.terms.var(f["name"], f["width"]) for f in layout}
                highest_first = [self.fields[f["name"]] for f in reversed(layout)]
                self.inputs[0][port] = net.terms(K.BV_CONCAT, *highest_first) if len(layout) > 1 else highest_first[0]
            if clock < count:
                self.states.append(net.step(self.states[-1], self.inputs[-1]))

    def at(self, clock: int, signal: str) -> Any:
        """A signal, port or register in a clock."""
        net = self.net
        if signal in net.inputs:
            return self.inputs[clock][signal]
        return net.substituted(net.signals[signal], net.binding(self.states[clock], self.inputs[clock]))

    def memory(self, clock: int) -> Any:
        """Contents of the (only) memory in a clock."""
        return self.states[clock][self.net.memory]


def sequencer_invariant(court: Court, frames: Frames, clock: int, last: Any, span: int, prefix: str) -> list[Any]:
    """What holds of a sequencer in every clock after a reset."""
    t = court.terms

    def at(name: str) -> Any:
        return frames.at(clock, prefix + name)

    position, at_start, matches, at_last, closed = (at(n) for n in ("address", "at_start", "matches", "at_last", "closed"))
    empty, issued, age, landing, granted, busy = (at(n) for n in ("empty", "issued", "age", "landing", "host_grant", "host_busy"))
    zero = court.equals(position, 0)
    counting = court.both(court.off(empty), court.off(issued))
    before_last = t(K.BV_SUB, last, t.const(1, t.width(last)))
    return [
        t(K.BV_ULE, position, last),
        t(K.EQUAL, court.on(at_start), zero),
        court.implies(court.on(closed), court.on(at_start)),
        court.implies(court.no(zero), t(K.EQUAL, court.equals(matches, -1), t(K.EQUAL, position, before_last))),
        court.implies(court.no(zero), t(K.EQUAL, court.on(at_last), t(K.EQUAL, position, last))),
        court.implies(court.on(issued), court.off(empty)),
        court.implies(counting, t(K.BV_ULE, age, t.const(span - 3, t.width(age)))),
        court.implies(counting, t(K.EQUAL, court.on(landing), court.equals(age, span - 3))),
        court.implies(court.on(granted), court.both(court.on(closed), court.on(at_start), court.on(empty), court.off(busy))),
        court.implies(court.on(busy), court.both(court.on(closed), court.on(at_start), court.on(empty))),
    ]


def _not_all(court: Court, facts: list[Any]) -> Any:
    return court.either(*(court.no(fact) for fact in facts))


def prove_schedule(court: Court, net: Netlist, span: int, address_width: int) -> None:
    """A lone sequencer, `last` left free: no address is issued twice within `span` clocks, for every depth of that width.

    The invariant holds after reset and is kept by every clock; from any state in which it holds, `span` clocks are
    unrolled. Together that is a proof for all time, by induction.
    """
    t = court.terms
    frames = Frames(net, span, constant=("last", "short"))
    last, short = frames.inputs[0]["last"], frames.inputs[0]["short"]
    wide = t(K.BV_ZERO_EXTEND, last, indices=(max(1, span.bit_length() + 1),))
    shorter = t(K.BV_ULT, t(K.BV_ADD, wide, t.const(1, t.width(wide))), t.const(span, t.width(wide)))
    depth = [t(K.EQUAL, court.on(short), shorter)]
    # A host that is busy got there by a grant and keeps the pipeline empty meanwhile: shown of the bank as a whole.
    host = [
        fact
        for clock in range(span + 1)
        for fact in (
            court.implies(
                court.on(frames.at(clock, "host_busy")),
                court.both(*(court.on(frames.at(clock, name)) for name in ("closed", "at_start", "empty"))),
            ),
            court.implies(court.on(frames.at(clock, "host_grant")), court.off(frames.at(clock, "host_busy"))),
            court.implies(court.on(frames.at(clock, "host_grant")), court.on(frames.at(clock, "host_request"))),
        )
    ]
    label = f"{address_width}-bit addresses"
    calm = [court.off(frames.at(clock, "rst")) for clock in range(span + 1)]

    def shown() -> dict[str, Any]:
        names = ("issue", "address", "closed", "empty", "age")
        return {"last": last} | {f"{name}@{k}": frames.at(k, name) for k in range(span + 1) for name in names}

    holds = sequencer_invariant(court, frames, 0, last, span, "")
    kept = sequencer_invariant(court, frames, 1, last, span, "")
    court.claim(
        f"schedule, {label}: invariant after reset",
        "reset leads to a state in which the invariant holds",
        _not_all(court, kept),
        [*depth, court.on(frames.at(0, "rst")), *host[3:6]],
        shown(),
    )
    court.claim(
        f"schedule, {label}: invariant kept",
        "a clock leads from the invariant to the invariant",
        _not_all(court, kept),
        [*depth, *holds, *calm, *host[:6]],
        shown(),
    )
    again = [
        court.both(
            court.on(frames.at(0, "issue")),
            court.on(frames.at(k, "issue")),
            t(K.EQUAL, frames.at(0, "address"), frames.at(k, "address")),
        )
        for k in range(1, span)
    ]
    court.claim(
        f"schedule, {label}: no early read",
        f"no synapse is issued again within {span} clocks, for every depth up to {1 << address_width}",
        court.either(*again),
        [*depth, *holds, *calm, *host],
        shown(),
    )
    court.claim(
        f"schedule, {label}: order",
        "the synapse issued after number k is k + 1, after the last it is 0",
        court.both(
            court.on(frames.at(0, "issue")),
            t.differ(
                frames.at(1, "address"),
                t(
                    K.ITE,
                    t(K.EQUAL, frames.at(0, "address"), last),
                    t.const(0, address_width),
                    t(K.BV_ADD, frames.at(0, "address"), t.const(1, address_width)),
                ),
            ),
        ),
        [*depth, *holds, *calm, *host],
        shown(),
    )


def prove_bank(court: Court, net: Netlist, rule: Rule, params: RuleParams, manifest: dict[str, Any]) -> None:
    """Add the bank's claims to the court."""
    t = court.terms
    timing = manifest["timing"]
    span, read_clocks = timing["span_clocks"], timing["read_clocks"]
    synapses = manifest["design"]["synapses"]
    ports = _packed(manifest, "i__payload")
    frames = Frames(net, span + 1, packed=("i__payload", ports))
    calm = [court.off(frames.at(clock, "rst")) for clock in range(span + 1)]
    address_width = t.width(frames.at(0, "updated_address"))
    last = t.const(synapses - 1, address_width)

    def transfer(clock: int) -> Any:
        return court.both(court.on(frames.at(clock, "i__valid")), court.on(frames.at(clock, "i__ready")))

    def address(clock: int) -> Any:
        return frames.at(clock, "sequencer.address")

    # --- the pipeline, from an arbitrary state of its registers and of the memory ------------------------------------
    fields = _packed(manifest, "updated_state")
    old_word = t(K.ARRAY_SELECT, frames.memory(1), address(0))
    state: dict[str, Any] = {f["name"]: _field(court, old_word, f) for f in fields}
    inputs: dict[str, Any] = {f["name"]: number(t, frames.fields[f["name"]], f["signed"]) for f in ports}
    began = [*calm, *sequencer_invariant(court, frames, 0, last, span, "sequencer."), transfer(0)]
    signals = {}
    for row in manifest["named_signals"]:
        if row["stage"] is not None and row["signal"] in net.signals and t.width(net.signals[row["signal"]]) == row["width"]:
            signals[row["name"]] = (frames.at(read_clocks + row["stage"], row["signal"]), row["lo"], row["hi"])
    cuts = Cuts(court, signals, began)
    cuts.shown.update({"address": address(0), **inputs, **state})
    new = rule.apply(SmtOps(t, cuts), state, inputs, params)
    written = frames.at(span, "updated_state")
    for f in fields:
        value = SmtOps(t).let(f["name"], new[f["name"]])
        form = rule.state_formats(params)[f["name"]]
        got = _field(court, written, f)
        wrong = court.either(t.differ(value.low(f["width"]), got.low(f["width"])), (value < form.lo).term, (value > form.hi).term)
        court.claim(
            f"update: {f['name']}",
            f"{span} clocks after a transfer, {f['name']} on the write port is the rule's value of the word read",
            wrong,
            began,
            {**cuts.shown, f"{f['name']}' (rule)": value, f"{f['name']}' (netlist)": got},
        )
    shown = {
        "address@0": address(0),
        f"updated@{span}": frames.at(span, "updated"),
        "address": frames.at(span, "updated_address"),
    }
    court.claim(
        "update: address",
        f"{span} clocks after a transfer its address is on the write port",
        court.either(court.off(frames.at(span, "updated")), t.differ(frames.at(span, "updated_address"), address(0))),
        began,
        shown,
    )
    court.claim(
        "update: only transfers",
        f"nothing is updated that was not transferred {span} clocks before",
        court.on(frames.at(span, "updated")),
        [*calm, court.no(transfer(0))],
        shown,
    )

    # --- the memory --------------------------------------------------------------------------------------------------
    place = t.var("place", address_width)
    loads = court.both(court.on(frames.at(0, "load__valid")), court.on(frames.at(0, "load__ready")))
    before, behind = (t(K.ARRAY_SELECT, frames.memory(clock), place) for clock in (1, 2))
    hit = t(K.EQUAL, frames.at(1, "updated_address"), place)
    load_word = t(K.BV_EXTRACT, frames.at(0, "load__payload"), indices=(address_width + t.width(old_word) - 1, address_width))
    load_place = t(K.BV_EXTRACT, frames.at(0, "load__payload"), indices=(address_width - 1, 0))
    updating = court.on(frames.at(1, "updated"))
    court.claim(
        "memory: update lands",
        "an update on the write port is in the memory in the next clock, and no other word changes",
        t.differ(behind, t(K.ITE, hit, frames.at(1, "updated_state"), before)),
        [*calm, updating],
    )
    invariant = _bank_invariant(court, frames, 0, last, span)
    court.claim(
        "memory: load lands",
        "a load taken from the host is in the memory two clocks later, and no other word changes",
        t.differ(behind, t(K.ITE, t(K.EQUAL, load_place, place), load_word, before)),
        [*calm, *invariant, loads],
    )
    court.claim(
        "memory: nothing else writes",
        "without update or load no word changes",
        t.differ(behind, before),
        [*calm, *invariant, court.no(updating), court.no(loads)],
    )

    # --- the order of accesses: by induction from reset --------------------------------------------------------------
    kept = _bank_invariant(court, frames, 1, last, span)
    court.claim(
        "order: invariant after reset",
        "reset leads to a state in which the invariant holds",
        _not_all(court, kept),
        [court.on(frames.at(0, "rst"))],
    )
    court.claim(
        "order: invariant kept", "a clock leads from the invariant to the invariant", _not_all(court, kept), [*calm, *invariant]
    )
    again = [court.both(transfer(0), transfer(k), t(K.EQUAL, address(0), address(k))) for k in range(1, span)]
    issues = {f"{name}@{k}": frames.at(k, f"sequencer.{name}") for k in range(span) for name in ("issue", "address")}
    court.claim(
        "order: no early read",
        f"no synapse is read within {span} clocks of its last reading, so never before its write has landed",
        court.either(*again),
        [*calm, *invariant],
        issues,
    )
    busy = [
        court.both(transfer(0), court.either(court.on(frames.at(k, "load__ready")), court.on(frames.at(k, "read__ready"))))
        for k in range(span + 1)
    ]
    court.claim(
        "order: host waits",
        f"the host gets the memory no sooner than {span + 1} clocks after the last transfer",
        court.either(*busy),
        [*calm, *invariant],
        issues,
    )

    # --- read-back ---------------------------------------------------------------------------------------------------
    arrive = read_clocks
    asks = court.both(court.on(frames.at(0, "read__valid")), court.on(frames.at(0, "read__ready")))
    word = t(K.ARRAY_SELECT, frames.memory(1), frames.at(0, "read__payload"))
    court.claim(
        "read-back: word",
        f"{arrive} clocks after a read is taken its word is offered",
        court.either(court.off(frames.at(arrive, "readback__valid")), t.differ(frames.at(arrive, "readback__payload"), word)),
        [*calm, *invariant, asks],
    )
    court.claim(
        "read-back: held",
        "an offered word stays until the host takes it",
        court.either(
            court.off(frames.at(1, "readback__valid")),
            t.differ(frames.at(1, "readback__payload"), frames.at(0, "readback__payload")),
        ),
        [*calm, *invariant, court.on(frames.at(0, "readback__valid")), court.off(frames.at(0, "readback__ready"))],
    )


def _packed(manifest: dict[str, Any], port: str) -> list[dict[str, Any]]:
    return list(next(p for p in manifest["ports"] if p["name"] == port)["fields"])


def _field(court: Court, word: Any, f: dict[str, Any]) -> SmtInt:
    vector = court.terms(K.BV_EXTRACT, word, indices=(f["offset"] + f["width"] - 1, f["offset"]))
    return number(court.terms, vector, f["signed"])


def _bank_invariant(court: Court, frames: Frames, clock: int, last: Any, span: int) -> list[Any]:
    """The sequencer's invariant, and what ties the pipeline's valid bits and the read-back to it."""
    t = court.terms

    def at(name: str) -> Any:
        return frames.at(clock, name)

    empty, age, reading = at("sequencer.empty"), at("sequencer.age"), at("reading")
    issued = court.on(at("sequencer.issued"))
    facts = sequencer_invariant(court, frames, clock, last, span, "sequencer.")
    for stage in range(1, span):
        young = [t(K.BV_ULE, age, t.const(stage - 2, t.width(age)))] if stage > 1 else []
        facts.append(court.implies(court.on(at(f"valid_{stage}")), court.both(court.off(empty), court.either(issued, *young))))
    arriving, arrived, taken = at("arriving"), at("readback__valid"), at("taken")
    latched = at(frames.net.memory_latch)
    word = t(K.ARRAY_SELECT, frames.memory(clock), at("r_addr"))
    still = court.both(court.on(reading), court.off(at("w_en")))
    held = court.both(t(K.EQUAL, latched, word), t(K.EQUAL, at("readback__payload"), word))
    facts += [
        court.implies(court.on(at("updated")), court.on(at("w_en"))),
        court.no(court.equals(arriving, 3)),  # never two reads under way
        court.implies(court.equals(arriving, 1), court.both(still, court.off(arrived), court.off(taken))),
        court.implies(
            court.equals(arriving, 2), court.both(still, court.off(arrived), court.off(taken), t(K.EQUAL, latched, word))
        ),
        court.implies(court.on(arrived), court.both(still, court.equals(arriving, 0), court.off(taken), held)),
        court.implies(court.on(taken), court.both(still, court.equals(arriving, 0))),
    ]
    return facts
