"""What is proved of a bank: its pipeline from an arbitrary state, its memory, and that no synapse
is read too early.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sc_hw.proof.netlist import Netlist
from sc_hw.proof.prover import Cuts, Prover, number
from sc_model.graph.smt import K, SmtInt, SmtOps
from sc_model.spec import Rule, RuleParams


class Frames:
    """A netlist unrolled clock by clock from an arbitrary state, with arbitrary inputs in every
    clock.
    """

    def __init__(
        self,
        net: Netlist,
        count: int,
        constant: Sequence[str] = (),
        packed: tuple[str, list[dict[str, Any]]] | None = None,
    ) -> None:
        """`count` clocks; the inputs named in `constant` have one arbitrary value for all of them.

        `packed` names a port and its fields: in clock 0 it is put together from `fields`, a free
        term for each.
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
                self.inputs[0][port] = (
                    net.terms(K.BV_CONCAT, *highest_first) if len(layout) > 1 else highest_first[0]
                )
            if clock < count:
                self.states.append(net.step(self.states[-1], self.inputs[-1]))

    def at(self, clock: int, signal: str) -> Any:
        """A signal, port or register in a clock."""
        net = self.net
        if signal in net.inputs:
            return self.inputs[clock][signal]
        return net.substituted(
            net.signals[signal], net.binding(self.states[clock], self.inputs[clock])
        )

    def memory(self, clock: int) -> Any:
        """Contents of the (only) memory in a clock."""
        return self.states[clock][self.net.memory]


def sequencer_invariant(
    prover: Prover, frames: Frames, clock: int, last: Any, span: int, prefix: str
) -> list[Any]:
    """What holds of a sequencer in every clock after a reset."""
    t = prover.terms

    def at(name: str) -> Any:
        return frames.at(clock, prefix + name)

    position, at_start, matches, at_last, closed = (
        at(n) for n in ("address", "at_start", "matches", "at_last", "closed")
    )
    empty, issued, age, landing, granted, busy = (
        at(n) for n in ("empty", "issued", "age", "landing", "host_grant", "host_busy")
    )
    zero = prover.equals(position, 0)
    counting = prover.both(prover.off(empty), prover.off(issued))
    before_last = t(K.BV_SUB, last, t.const(1, t.width(last)))
    return [
        t(K.BV_ULE, position, last),
        t(K.EQUAL, prover.on(at_start), zero),
        prover.implies(prover.on(closed), prover.on(at_start)),
        prover.implies(
            prover.no(zero),
            t(K.EQUAL, prover.equals(matches, -1), t(K.EQUAL, position, before_last)),
        ),
        prover.implies(prover.no(zero), t(K.EQUAL, prover.on(at_last), t(K.EQUAL, position, last))),
        prover.implies(prover.on(issued), prover.off(empty)),
        prover.implies(counting, t(K.BV_ULE, age, t.const(span - 3, t.width(age)))),
        prover.implies(counting, t(K.EQUAL, prover.on(landing), prover.equals(age, span - 3))),
        prover.implies(
            prover.on(granted),
            prover.both(prover.on(closed), prover.on(at_start), prover.on(empty), prover.off(busy)),
        ),
        prover.implies(
            prover.on(busy), prover.both(prover.on(closed), prover.on(at_start), prover.on(empty))
        ),
    ]


def _not_all(prover: Prover, facts: list[Any]) -> Any:
    return prover.either(*(prover.no(fact) for fact in facts))


def prove_schedule(prover: Prover, net: Netlist, span: int, address_width: int) -> None:
    """A lone sequencer, `last` left free: no address is issued twice within `span` clocks, for
    every depth of that width.

    The invariant holds after reset and is kept by every clock; from any state in which it holds,
    `span` clocks are unrolled. Together that is a proof for all time, by induction.
    """
    t = prover.terms
    frames = Frames(net, span, constant=("last", "short"))
    last, short = frames.inputs[0]["last"], frames.inputs[0]["short"]
    wide = t(K.BV_ZERO_EXTEND, last, indices=(max(1, span.bit_length() + 1),))
    shorter = t(
        K.BV_ULT, t(K.BV_ADD, wide, t.const(1, t.width(wide))), t.const(span, t.width(wide))
    )
    depth = [t(K.EQUAL, prover.on(short), shorter)]
    # A host that is busy got there by a grant and keeps the pipeline empty meanwhile: shown of the
    # bank as a whole.
    host = [
        fact
        for clock in range(span + 1)
        for fact in (
            prover.implies(
                prover.on(frames.at(clock, "host_busy")),
                prover.both(
                    *(prover.on(frames.at(clock, name)) for name in ("closed", "at_start", "empty"))
                ),
            ),
            prover.implies(
                prover.on(frames.at(clock, "host_grant")), prover.off(frames.at(clock, "host_busy"))
            ),
            prover.implies(
                prover.on(frames.at(clock, "host_grant")),
                prover.on(frames.at(clock, "host_request")),
            ),
        )
    ]
    label = f"{address_width}-bit addresses"
    no_reset = [prover.off(frames.at(clock, "rst")) for clock in range(span + 1)]

    def shown() -> dict[str, Any]:
        names = ("issue", "address", "closed", "empty", "age")
        return {"last": last} | {
            f"{name}@{k}": frames.at(k, name) for k in range(span + 1) for name in names
        }

    holds = sequencer_invariant(prover, frames, 0, last, span, "")
    kept = sequencer_invariant(prover, frames, 1, last, span, "")
    prover.claim(
        f"schedule, {label}: invariant after reset",
        "reset leads to a state in which the invariant holds",
        _not_all(prover, kept),
        [*depth, prover.on(frames.at(0, "rst")), *host[3:6]],
        shown(),
    )
    prover.claim(
        f"schedule, {label}: invariant kept",
        "a clock leads from the invariant to the invariant",
        _not_all(prover, kept),
        [*depth, *holds, *no_reset, *host[:6]],
        shown(),
    )
    again = [
        prover.both(
            prover.on(frames.at(0, "issue")),
            prover.on(frames.at(k, "issue")),
            t(K.EQUAL, frames.at(0, "address"), frames.at(k, "address")),
        )
        for k in range(1, span)
    ]
    prover.claim(
        f"schedule, {label}: no early read",
        f"no synapse is issued again within {span} clocks, for every depth up to"
        f" {1 << address_width}",
        prover.either(*again),
        [*depth, *holds, *no_reset, *host],
        shown(),
    )
    prover.claim(
        f"schedule, {label}: order",
        "the synapse issued after number k is k + 1, after the last it is 0",
        prover.both(
            prover.on(frames.at(0, "issue")),
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
        [*depth, *holds, *no_reset, *host],
        shown(),
    )


def prove_bank(
    prover: Prover, net: Netlist, rule: Rule, params: RuleParams, manifest: dict[str, Any]
) -> None:
    """Add the bank's claims to the prover."""
    t = prover.terms
    timing = manifest["timing"]
    span, read_clocks = timing["span_clocks"], timing["read_clocks"]
    synapses = manifest["design"]["synapses"]
    ports = _packed(manifest, "i__payload")
    frames = Frames(net, span + 1, packed=("i__payload", ports))
    no_reset = [prover.off(frames.at(clock, "rst")) for clock in range(span + 1)]
    address_width = t.width(frames.at(0, "updated_address"))
    last = t.const(synapses - 1, address_width)

    def transfer(clock: int) -> Any:
        return prover.both(
            prover.on(frames.at(clock, "i__valid")), prover.on(frames.at(clock, "i__ready"))
        )

    def address(clock: int) -> Any:
        return frames.at(clock, "sequencer.address")

    # --- the pipeline, from an arbitrary state of its registers and of the memory -----------------
    fields = _packed(manifest, "updated_state")
    old_word = t(K.ARRAY_SELECT, frames.memory(1), address(0))
    state: dict[str, Any] = {f["name"]: _field(prover, old_word, f) for f in fields}
    inputs: dict[str, Any] = {
        f["name"]: number(t, frames.fields[f["name"]], f["signed"]) for f in ports
    }
    began = [
        *no_reset,
        *sequencer_invariant(prover, frames, 0, last, span, "sequencer."),
        transfer(0),
    ]
    signals = {}
    for row in manifest["named_signals"]:
        if (
            row["stage"] is not None
            and row["signal"] in net.signals
            and t.width(net.signals[row["signal"]]) == row["width"]
        ):
            signals[row["name"]] = (
                frames.at(read_clocks + row["stage"], row["signal"]),
                row["lo"],
                row["hi"],
            )
    cuts = Cuts(prover, signals, began)
    cuts.shown.update({"address": address(0), **inputs, **state})
    new = rule.apply(SmtOps(t, cuts), state, inputs, params)
    written = frames.at(span, "updated_state")
    for f in fields:
        value = SmtOps(t).let(f["name"], new[f["name"]])
        form = rule.state_formats(params)[f["name"]]
        got = _field(prover, written, f)
        wrong = prover.either(
            t.differ(value.low(f["width"]), got.low(f["width"])),
            (value < form.lo).term,
            (value > form.hi).term,
        )
        prover.claim(
            f"update: {f['name']}",
            f"{span} clocks after a transfer, {f['name']} on the write port is the rule's value of"
            " the word read",
            wrong,
            began,
            {**cuts.shown, f"{f['name']}' (rule)": value, f"{f['name']}' (netlist)": got},
        )
    shown = {
        "address@0": address(0),
        f"updated@{span}": frames.at(span, "updated"),
        "address": frames.at(span, "updated_address"),
    }
    prover.claim(
        "update: address",
        f"{span} clocks after a transfer its address is on the write port",
        prover.either(
            prover.off(frames.at(span, "updated")),
            t.differ(frames.at(span, "updated_address"), address(0)),
        ),
        began,
        shown,
    )
    prover.claim(
        "update: only transfers",
        f"nothing is updated that was not transferred {span} clocks before",
        prover.on(frames.at(span, "updated")),
        [*no_reset, prover.no(transfer(0))],
        shown,
    )

    # --- the memory -------------------------------------------------------------------------------
    place = t.var("place", address_width)
    loads = prover.both(
        prover.on(frames.at(0, "load__valid")), prover.on(frames.at(0, "load__ready"))
    )
    before, behind = (t(K.ARRAY_SELECT, frames.memory(clock), place) for clock in (1, 2))
    hit = t(K.EQUAL, frames.at(1, "updated_address"), place)
    load_word = t(
        K.BV_EXTRACT,
        frames.at(0, "load__payload"),
        indices=(address_width + t.width(old_word) - 1, address_width),
    )
    load_place = t(K.BV_EXTRACT, frames.at(0, "load__payload"), indices=(address_width - 1, 0))
    updating = prover.on(frames.at(1, "updated"))
    prover.claim(
        "memory: update lands",
        "an update on the write port is in the memory in the next clock, and no other word changes",
        t.differ(behind, t(K.ITE, hit, frames.at(1, "updated_state"), before)),
        [*no_reset, updating],
    )
    invariant = _bank_invariant(prover, frames, 0, last, span)
    prover.claim(
        "memory: load lands",
        "a load taken from the host is in the memory two clocks later, and no other word changes",
        t.differ(behind, t(K.ITE, t(K.EQUAL, load_place, place), load_word, before)),
        [*no_reset, *invariant, loads],
    )
    prover.claim(
        "memory: nothing else writes",
        "without update or load no word changes",
        t.differ(behind, before),
        [*no_reset, *invariant, prover.no(updating), prover.no(loads)],
    )

    # --- the order of accesses: by induction from reset -------------------------------------------
    kept = _bank_invariant(prover, frames, 1, last, span)
    prover.claim(
        "order: invariant after reset",
        "reset leads to a state in which the invariant holds",
        _not_all(prover, kept),
        [prover.on(frames.at(0, "rst"))],
    )
    prover.claim(
        "order: invariant kept",
        "a clock leads from the invariant to the invariant",
        _not_all(prover, kept),
        [*no_reset, *invariant],
    )
    again = [
        prover.both(transfer(0), transfer(k), t(K.EQUAL, address(0), address(k)))
        for k in range(1, span)
    ]
    issues = {
        f"{name}@{k}": frames.at(k, f"sequencer.{name}")
        for k in range(span)
        for name in ("issue", "address")
    }
    prover.claim(
        "order: no early read",
        f"no synapse is read within {span} clocks of its last reading, so never before its write"
        " has landed",
        prover.either(*again),
        [*no_reset, *invariant],
        issues,
    )
    busy = [
        prover.both(
            transfer(0),
            prover.either(
                prover.on(frames.at(k, "load__ready")), prover.on(frames.at(k, "read__ready"))
            ),
        )
        for k in range(span + 1)
    ]
    prover.claim(
        "order: host waits",
        f"the host gets the memory no sooner than {span + 1} clocks after the last transfer",
        prover.either(*busy),
        [*no_reset, *invariant],
        issues,
    )

    # --- read-back --------------------------------------------------------------------------------
    arrive = read_clocks
    asks = prover.both(
        prover.on(frames.at(0, "read__valid")), prover.on(frames.at(0, "read__ready"))
    )
    word = t(K.ARRAY_SELECT, frames.memory(1), frames.at(0, "read__payload"))
    prover.claim(
        "read-back: word",
        f"{arrive} clocks after a read is taken its word is offered",
        prover.either(
            prover.off(frames.at(arrive, "readback__valid")),
            t.differ(frames.at(arrive, "readback__payload"), word),
        ),
        [*no_reset, *invariant, asks],
    )
    prover.claim(
        "read-back: held",
        "an offered word stays until the host takes it",
        prover.either(
            prover.off(frames.at(1, "readback__valid")),
            t.differ(frames.at(1, "readback__payload"), frames.at(0, "readback__payload")),
        ),
        [
            *no_reset,
            *invariant,
            prover.on(frames.at(0, "readback__valid")),
            prover.off(frames.at(0, "readback__ready")),
        ],
    )


def _packed(manifest: dict[str, Any], port: str) -> list[dict[str, Any]]:
    return list(next(p for p in manifest["ports"] if p["name"] == port)["fields"])


def _field(prover: Prover, word: Any, f: dict[str, Any]) -> SmtInt:
    vector = prover.terms(K.BV_EXTRACT, word, indices=(f["offset"] + f["width"] - 1, f["offset"]))
    return number(prover.terms, vector, f["signed"])


def _bank_invariant(prover: Prover, frames: Frames, clock: int, last: Any, span: int) -> list[Any]:
    """The sequencer's invariant, and what ties the pipeline's valid bits and the read-back to
    it.
    """
    t = prover.terms

    def at(name: str) -> Any:
        return frames.at(clock, name)

    empty, age, reading = at("sequencer.empty"), at("sequencer.age"), at("reading")
    issued = prover.on(at("sequencer.issued"))
    facts = sequencer_invariant(prover, frames, clock, last, span, "sequencer.")
    for stage in range(1, span):
        young = [t(K.BV_ULE, age, t.const(stage - 2, t.width(age)))] if stage > 1 else []
        facts.append(
            prover.implies(
                prover.on(at(f"valid_{stage}")),
                prover.both(prover.off(empty), prover.either(issued, *young)),
            )
        )
    arriving, arrived, taken = at("arriving"), at("readback__valid"), at("taken")
    latched = at(frames.net.memory_latch)
    word = t(K.ARRAY_SELECT, frames.memory(clock), at("r_addr"))
    still = prover.both(prover.on(reading), prover.off(at("w_en")))
    held = prover.both(t(K.EQUAL, latched, word), t(K.EQUAL, at("readback__payload"), word))
    facts += [
        prover.implies(prover.on(at("updated")), prover.on(at("w_en"))),
        prover.no(prover.equals(arriving, 3)),  # never two reads under way
        prover.implies(
            prover.equals(arriving, 1), prover.both(still, prover.off(arrived), prover.off(taken))
        ),
        prover.implies(
            prover.equals(arriving, 2),
            prover.both(still, prover.off(arrived), prover.off(taken), t(K.EQUAL, latched, word)),
        ),
        prover.implies(
            prover.on(arrived),
            prover.both(still, prover.equals(arriving, 0), prover.off(taken), held),
        ),
        prover.implies(prover.on(taken), prover.both(still, prover.equals(arriving, 0))),
    ]
    return facts
