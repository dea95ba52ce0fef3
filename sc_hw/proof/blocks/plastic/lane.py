"""What is proved of a layer's lane: its pipeline, its memory, its sum and its place in the chain,
from every state.

Clock 0 is a synapse's turn: its address stands on the bus `read_at` clocks later, and everything
else in the clock of the lane's plan. All of the bus is free in every clock. That the layer sends
each thing in the clock in which it counts here is not part of these claims.
"""

from __future__ import annotations

from typing import Any

from sc_hw.proof.blocks.bank import Frames
from sc_hw.proof.netlist import Netlist
from sc_hw.proof.prover import Cuts, Prover, number
from sc_model.graph.smt import K, SmtInt, SmtOps
from sc_model.spec import Rule, RuleParams

Facts = dict[str, Any]


def slices(prover: Prover, word: Any, fields: list[dict[str, Any]]) -> dict[str, Any]:
    """The fields of a packed word, as vectors by name."""
    return {
        f["name"]: prover.terms(
            K.BV_EXTRACT, word, indices=(f["offset"] + f["width"] - 1, f["offset"])
        )
        for f in fields
    }


def no_reset(prover: Prover, frames: Frames, clocks: int, first: int = 0) -> list[Any]:
    """No reset in these clocks."""
    return [prover.off(frames.at(clock, "rst")) for clock in range(first, clocks + 1)]


class _Lane:
    """A lane unrolled, and what it is to do."""

    def __init__(
        self, prover: Prover, net: Netlist, rule: Rule, params: RuleParams, facts: Facts
    ) -> None:
        self.prover, self.rule, self.params, self.facts = prover, rule, params, facts
        self.t = prover.terms
        self.split = bool(facts["split"])
        self.fetch, self.weight_at, self.read_at = (
            facts["fetch"],
            facts["weight_fetched"],
            facts["read_at"],
        )
        self.late = self.weight_at - self.fetch + self.read_at
        self.ends = {facts["weight"]: facts["write_weight"]}
        self.ends |= {f["name"]: facts["write_others"] for f in facts["others"]}
        self.clocks = max(*self.ends.values(), self.weight_at) + 2
        self.frames = Frames(net, self.clocks)
        self.no_reset = no_reset(prover, self.frames, self.clocks)
        self.reads = [*self.no_reset, *self._undisturbed()]
        self.forms = rule.state_formats(params)

    def at(self, clock: int, signal: str) -> Any:
        return self.frames.at(clock, signal)

    def _undisturbed(self) -> list[Any]:
        """A single-port memory is not written in the half that is read: what the layer sees to."""
        if not self.facts["single_port"]:
            return []
        halves = [
            self.t(K.BV_EXTRACT, self.at(self.read_at, name), indices=(0, 0))
            for name in ("read", "write")
        ]
        before = self.read_at - 1
        writes = self.prover.either(self.prover.on(self.at(before, "write_en")), self.mine(before))
        return [self.prover.implies(writes, self.t.differ(*halves))]

    def _name(self, field: str) -> str:
        return (
            "synapses"
            if not self.split
            else "weights"
            if field == self.facts["weight"]
            else "others"
        )

    def _array(self, start: str) -> str:
        """The memory whose name begins so; Yosys may have added to it."""
        (name,) = (
            n
            for n, term in self.frames.net.states.items()
            if n.startswith(start) and term.sort().is_array()
        )
        return name

    def stored(self, clock: int, field: str, address: Any) -> Any:
        """A field as it lies in memory."""
        t, states, name = self.t, self.frames.states[clock], self._name(field)

        def word(memory: Any, index: Any) -> Any:
            width = int(memory.sort().array_index().bv_size())
            extra = width - t.width(index)
            fitting = (
                t(K.BV_ZERO_EXTEND, index, indices=(extra,))
                if extra > 0
                else _low(self.prover, index, width)
            )
            return t(K.ARRAY_SELECT, memory, fitting)

        if self.facts["single_port"]:
            half = t(K.BV_EXTRACT, address, indices=(t.width(address) - 1, 1))
            even, odd = (
                word(states[self._array(f"{name}.{bank}")], half) for bank in ("even", "odd")
            )
            found = t(K.ITE, self.prover.on(t(K.BV_EXTRACT, address, indices=(0, 0))), odd, even)
        else:
            found = word(states[self._array(name)], address)
        if self.split and field == self.facts["weight"]:
            return found
        return slices(
            self.prover, found, self.facts["others"] if self.split else self.facts["word"]
        )[field]

    def enable(self, field: str) -> tuple[str, str]:
        """Enable and address on the bus that write a field."""
        early = self.split and field != self.facts["weight"]
        return ("write_early_en", "write_early") if early else ("write_en", "write")

    def mine(self, clock: int) -> Any:
        """Whether the host loads this lane."""
        return self.prover.on(self.at(clock, "load"))

    def old(self) -> dict[str, Any]:
        """The synapse's fields as they were read and, where they are cleared, as they count."""
        prover, t, facts = self.prover, self.t, self.facts
        clear = prover.on(self.at(self.fetch - 1, "clear"))
        fields = {}
        for name in self.ends:
            late = self.split and name == facts["weight"]
            clock = self.late if late else self.read_at
            word = self.stored(clock, name, self.at(clock, "read_late" if late else "read"))
            initial = t.const(self.rule.initial_state()[name], self.forms[name].width)
            fields[name] = word if name == facts["weight"] else t(K.ITE, clear, initial, word)
        return fields


def prove_plastic_lane(
    prover: Prover, net: Netlist, rule: Rule, params: RuleParams, facts: Facts
) -> None:
    """Add the lane's claims to the prover."""
    lane = _Lane(prover, net, rule, params, facts)
    _update(lane)
    _memory(lane)
    _sum(lane)
    _chain(lane)


def _update(lane: _Lane) -> None:
    """What is written is the rule's own text of what was read."""
    prover, t, facts, frames = lane.prover, lane.t, lane.facts, lane.frames
    formats = lane.forms | lane.rule.input_formats(lane.params)
    looks = (
        "post" in frames.net.signals
    )  # a lane whose rule makes nothing of its neuron has no values of it
    neuron = slices(prover, frames.at(facts["taken"], "post"), facts["neuron"]) if looks else {}
    values = dict(lane.old())
    for name in formats:
        if name in values:
            continue
        if name in neuron:
            values[name] = neuron[name]
        elif name in facts["ports"]:
            port, clock = facts["ports"][name]
            values[name] = frames.at(clock, port)
        else:
            values[name] = t.var(f"unused {name}", formats[name].width)  # of no synapse's concern
    numbers: dict[str, Any] = {
        name: number(t, vector, formats[name].signed) for name, vector in values.items()
    }
    signals = {}
    for row in facts["named_signals"]:
        known = frames.net.signals.get(row["signal"])
        if row["stage"] is not None and known is not None and t.width(known) == row["width"]:
            signals[row["name"]] = (
                frames.at(lane.fetch + row["stage"], row["signal"]),
                row["lo"],
                row["hi"],
            )
    shown = {
        "address": frames.at(lane.read_at, "read"),
        "clear": frames.at(lane.fetch - 1, "clear"),
        **numbers,
    }
    cuts = Cuts(prover, signals, lane.reads)
    cuts.shown.update(shown)
    state = {name: numbers[name] for name in lane.forms}
    inputs = {name: numbers[name] for name in numbers if name not in state}
    ops = _Clamps(t, cuts)
    new = lane.rule.apply(ops, state, inputs, lane.params)
    for name, end in lane.ends.items():
        form = lane.forms[name]
        enable, address = lane.enable(name)
        value = SmtOps(t).let(name, new[name])
        got = number(t, lane.stored(end + 2, name, frames.at(end + 1, address)), form.signed)
        wrong = prover.either(
            t.differ(value.low(form.width), got.low(form.width)),
            (value < form.lo).term,
            (value > form.hi).term,
        )
        prover.claim(
            f"lane, update: {name}",
            f"with `{enable}` {end} clocks after a synapse's turn, and no load then, {name} is"
            f" {end + 2} clocks after the turn in memory where `{address}` says: the rule's value"
            " of the word read, cleared if `clear` says so",
            wrong,
            [*lane.reads, prover.on(frames.at(end, enable)), prover.off(frames.at(end, "load"))],
            {**cuts.shown, f"{name}' (rule)": value, f"{name}' (netlist)": got},
            loose=cuts.loose,
        )

    written = lane.ends[facts["weight"]]
    for name in facts["saturating"]:
        value = SmtOps(t).let(name, new[name])
        changed = prover.both(
            prover.on(frames.at(written, "write_en")), (value != ops.unclamped(new[name])).term
        )
        prover.claim(
            f"lane, saturated: {name}",
            f"{written + 1} clocks after a synapse's turn it is told whether {name} was changed by"
            " saturation, if it is written at all",
            prover.no(t(K.EQUAL, prover.on(frames.at(written + 1, f"saturated_{name}")), changed)),
            lane.reads,
            cuts.shown,
            loose=cuts.loose,
        )


class _Clamps(SmtOps):
    """The algebra of SMT integers; remembers of a clamped value what it was before."""

    def __init__(self, terms: Any, on_let: Any) -> None:
        super().__init__(terms, on_let)
        self._before: list[tuple[SmtInt, SmtInt]] = []

    def clamp(self, value: Any, lo: int, hi: int) -> SmtInt:
        result = super().clamp(value, lo, hi)
        self._before.append((result, self.let_alone(value)))
        return result

    def let(self, name: str, value: Any) -> SmtInt:
        result = super().let(name, value)
        self._before += [(result, before) for clamped, before in self._before if clamped is value]
        return result

    def let_alone(self, value: Any) -> SmtInt:
        """A value as an SMT integer."""
        return SmtOps(self.terms).let("", value)

    def unclamped(self, value: Any) -> SmtInt:
        """What a value was before it was clamped; KeyError for one that was not."""
        for clamped, before in self._before:
            if clamped is value:
                return before
        raise KeyError("this value does not come out of a clamp")


def _memory(lane: _Lane) -> None:
    """Loads land in the addressed lane, and nothing else writes."""
    prover, t, frames, facts = lane.prover, lane.t, lane.frames, lane.facts
    given = slices(prover, frames.at(0, "load_data"), facts["word"])
    place = t.var("place", t.width(frames.at(0, "read")))
    loads, writes = (
        lane.mine(0),
        {name: prover.on(frames.at(0, lane.enable(name)[0])) for name in lane.ends},
    )
    shown = {"place": place, "load": frames.at(0, "load")}
    for name in lane.ends:
        enable, address = lane.enable(name)
        before, after = lane.stored(1, name, place), lane.stored(2, name, place)
        hit = t(K.EQUAL, frames.at(1, address), place)
        prover.claim(
            f"lane, memory: load of {name}",
            f"a load for this lane puts the host's {name} where `{address}` says a clock later, and"
            " changes no other word",
            t.differ(after, t(K.ITE, hit, given[name], before)),
            [*lane.no_reset[:3], loads],
            shown,
        )
        prover.claim(
            f"lane, memory: {name} elsewhere",
            f"a write changes {name} of no other word",
            t.differ(after, before),
            [*lane.no_reset[:3], prover.no(hit)],
            shown,
        )
        prover.claim(
            f"lane, memory: nothing else writes {name}",
            f"without {enable} and without a load for this lane {name} of no word changes",
            t.differ(after, before),
            [*lane.no_reset[:3], prover.no(loads), prover.no(writes[name])],
            shown,
        )
        prover.claim(
            f"lane, reset: {name}",
            f"in the clock after a reset {name} of no word is written",
            t.differ(after, before),
            [prover.on(frames.at(0, "rst"))],
            shown,
        )


def _sum(lane: _Lane) -> None:
    """What the sum gains, and that it can't overflow."""
    prover, t, frames, facts = lane.prover, lane.t, lane.frames, lane.facts
    old, at, fetched = lane.old(), lane.weight_at, lane.fetch
    before, after = frames.at(at + 1, "total"), frames.at(at + 2, "total")
    width, bits = t.width(before), lane.forms[facts["weight"]].width
    signed = bool(facts["signed_weights"])
    effective = SmtInt.unsigned(t, old[facts["weight"]])
    least, most = 0, (1 << bits) - 1
    if signed:
        half = 1 << (bits - 1)
        effective, least, most = effective - half, -half, most - half
    driven = [
        *lane.reads,
        prover.on(frames.at(at, "drive")),
        prover.off(frames.at(at, "look")),
        prover.off(frames.at(at + 1, "capture")),
    ]
    shown = {
        "weight": old[facts["weight"]],
        "sum": number(t, before, signed),
        "sum' (netlist)": number(t, after, signed),
    }
    what = "weight less half of its range" if signed else "weight"
    prover.claim(
        "lane, sum: driven",
        f"with `drive` {at} clocks after a synapse's turn the sum gains that synapse's {what} as it"
        " was read, nothing else",
        t.differ(after, t(K.BV_ADD, before, effective.low(width))),
        driven,
        shown,
    )
    integer = number(t, before, signed)
    rows = facts["rows"]
    prover.claim(
        "lane, sum: no overflow",
        f"with fewer than {rows} weights in it (those of a chain) the sum after one more is exact",
        (number(t, after, signed) != integer + effective).term,
        [*driven, (integer >= least * (rows - 1)).term, (integer <= most * (rows - 1)).term],
        shown,
    )
    if facts["others"]:
        looked = (
            t(K.BV_CONCAT, *[old[f["name"]] for f in reversed(facts["others"])])
            if len(facts["others"]) > 1
            else None
        )
        word = looked if looked is not None else old[facts["others"][0]["name"]]
        wide = (
            t(K.BV_ZERO_EXTEND, word, indices=(width - t.width(word),))
            if width > t.width(word)
            else word
        )
        prover.claim(
            "lane, sum: looked at",
            f"with `look` {fetched} clocks after a synapse's turn the sum gains its other fields,"
            " nothing else",
            t.differ(
                frames.at(fetched + 2, "total"), t(K.BV_ADD, frames.at(fetched + 1, "total"), wide)
            ),
            [
                *lane.reads,
                prover.on(frames.at(fetched, "look")),
                prover.off(frames.at(fetched, "drive")),
                prover.off(frames.at(fetched + 1, "capture")),
            ],
        )
    idle = [*lane.no_reset[:3], prover.off(frames.at(0, "drive")), prover.off(frames.at(0, "look"))]
    prover.claim(
        "lane, sum: rests",
        "a clock after one without `drive` and `look` the sum keeps its value (so a capture then"
        " loses nothing)",
        t.differ(frames.at(2, "total"), frames.at(1, "total")),
        [*idle, prover.off(frames.at(1, "capture"))],
    )
    prover.claim(
        "lane, sum: handed over",
        "`capture`, and `moves` with it, puts the sum into the chain and clears it",
        prover.either(
            t.differ(_low(prover, frames.at(2, "shift_out"), width), frames.at(1, "total")),
            prover.no(prover.equals(frames.at(2, "total"), 0)),
        ),
        [*idle, prover.on(frames.at(1, "capture")), prover.on(frames.at(1, "moves"))],
    )


def _low(prover: Prover, vector: Any, width: int) -> Any:
    return prover.terms(K.BV_EXTRACT, vector, indices=(width - 1, 0))


def _chain(lane: _Lane) -> None:
    """The chain on which sums leave and neurons' values come."""
    prover, t, frames = lane.prover, lane.t, lane.frames
    now, then = frames.at(0, "shift_out"), frames.at(1, "shift_out")
    quiet = [*lane.no_reset[:2], prover.off(frames.at(0, "capture"))]
    prover.claim(
        "lane, chain: shifts",
        "`moves` alone passes on what the neighbour had, a clock later",
        t.differ(then, frames.at(0, "shift_in")),
        [*quiet, prover.on(frames.at(0, "moves"))],
    )
    prover.claim(
        "lane, chain: waits",
        "without `moves` a lane keeps what it is to pass on",
        t.differ(then, now),
        [*quiet, prover.off(frames.at(0, "moves"))],
    )
    if "post" not in frames.net.signals:
        return
    post, post_then = frames.at(0, "post"), frames.at(1, "post")
    prover.claim(
        "lane, neuron: taken",
        "`take` makes what has been shifted in the values of the neuron",
        t.differ(post_then, _low(prover, now, t.width(post))),
        [*lane.no_reset[:2], prover.on(frames.at(0, "take"))],
    )
    prover.claim(
        "lane, neuron: held",
        "without `take` the values of the neuron stay",
        t.differ(post_then, post),
        [*lane.no_reset[:2], prover.off(frames.at(0, "take"))],
    )
