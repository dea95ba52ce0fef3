"""What is proved of the traces that a layer holds once a neuron: of the inputs at the head of a
chain, and of the neurons.

Clock 0 is the turn of a row, or of a neuron.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from sc_hw.proof.blocks.bank import Frames
from sc_hw.proof.blocks.plastic.lane import no_reset, slices
from sc_hw.proof.netlist import Netlist
from sc_hw.proof.prover import Cuts, Prover, number
from sc_model.graph.smt import K, SmtInt, SmtOps
from sc_model.spec import Rule, RuleParams

Facts = dict[str, Any]


class _Traces:
    """A memory of traces unrolled."""

    def __init__(
        self,
        prover: Prover,
        net: Netlist,
        rule: Rule,
        params: RuleParams,
        facts: Facts,
        clocks: int,
    ) -> None:
        self.prover, self.net, self.rule, self.params, self.facts, self.t = (
            prover,
            net,
            rule,
            params,
            facts,
            prover.terms,
        )
        self.frames = Frames(net, clocks)
        self.no_reset = no_reset(prover, self.frames, clocks)
        self.forms = rule.state_formats(params) | rule.input_formats(params)

    def at(self, clock: int, name: str) -> Any:
        return self.frames.at(clock, name)

    def bit(self, clock: int, name: str) -> Any:
        return self.prover.on(self.at(clock, name))

    def memory(self, clock: int, address: Any) -> Any:
        """A word of the memory."""
        memory = self.frames.memory(clock)
        width = int(memory.sort().array_index().bv_size())
        have = self.t.width(address)
        if have > width:
            address = self.t(K.BV_EXTRACT, address, indices=(width - 1, 0))
        elif have < width:
            address = self.t(K.BV_ZERO_EXTEND, address, indices=(width - have,))
        return self.t(K.ARRAY_SELECT, memory, address)

    def fields(self, clock: int, address: Any) -> dict[str, Any]:
        return slices(self.prover, self.memory(clock, address), self.facts["fields"])

    def initial(self, name: str) -> Any:
        return self.t.const(self.rule.initial_state()[name], self.forms[name].width)

    def stepped(
        self, now: Mapping[str, Any], began: int, given: list[Any], wanted: Collection[str]
    ) -> tuple[Cuts, dict[str, SmtInt]]:
        """The rule's own text of these values; what does not concern a neuron's traces is free."""
        t = self.t
        numbers: dict[str, Any] = {
            name: number(
                t, now[name] if name in now else t.var(f"any {name}", form.width), form.signed
            )
            for name, form in self.forms.items()
        }
        signals = {}
        for row in self.facts["named_signals"]:
            known = self.net.signals.get(row["signal"])
            if known is not None and t.width(known) == row["width"]:
                signals[row["name"]] = (
                    self.at(began + row["stage"], row["signal"]),
                    row["lo"],
                    row["hi"],
                )
        cuts = Cuts(self.prover, signals, given)
        cuts.shown.update({name: numbers[name] for name in now})
        state = {name: numbers[name] for name in self.rule.state_formats(self.params)}
        new = self.rule.apply(
            SmtOps(t, cuts),
            state,
            {n: v for n, v in numbers.items() if n not in state},
            self.params,
        )
        return cuts, {name: SmtOps(t).let(name, new[name]) for name in wanted}


def prove_input_memory(
    prover: Prover, net: Netlist, rule: Rule, params: RuleParams, facts: Facts
) -> None:
    """Claims about the head of a chain."""
    t, fetch = prover.terms, facts["fetch"]
    end = fetch + 1 + facts["update_latency"]
    m = _Traces(prover, net, rule, params, facts, end + 2)
    row, first, last = m.at(0, "row"), m.bit(0, "first"), m.bit(0, "last")
    names = [f["name"] for f in facts["fields"]]
    spike_at = t.width(m.memory(0, row)) - 1

    def spike_of(word: Any) -> Any:
        return t(K.BV_EXTRACT, word, indices=(spike_at, spike_at))

    word = m.memory(1, row)
    spike = t(K.ITE, first, m.at(0, "spike_in"), spike_of(word))
    shown = {
        "row": row,
        "first": m.at(0, "first"),
        "last": m.at(0, "last"),
        "spike_in": m.at(0, "spike_in"),
        "clear": m.at(fetch, "clear"),
    }
    came = m.at(fetch, "spike")
    prover.claim(
        "inputs: spike",
        f"{fetch} clocks after a row's turn its synapses see its spike: in the first group that"
        " which comes, in the others that in memory; without a row, none",
        prover.either(
            t.differ(came, t(K.ITE, m.bit(0, "issue"), spike, t.const(0, 1))),
            prover.no(t(K.EQUAL, m.bit(fetch, "valid"), m.bit(0, "issue"))),
        ),
        m.no_reset,
        shown,
    )
    cleared = prover.both(first, m.bit(fetch, "clear"))
    old = m.fields(1, row)
    now = {name: t(K.ITE, cleared, m.initial(name), old[name]) for name in names}
    seen = slices(prover, m.at(fetch, "fields_out"), facts["fields"])
    prover.claim(
        "inputs: fields",
        f"{fetch} clocks after a row's turn its synapses see its fields in memory; in the first"
        " group, with `clear`, the initial ones",
        prover.either(*(t.differ(seen[name], now[name]) for name in names)),
        m.no_reset,
        shown,
    )
    updated = [
        *m.no_reset,
        m.bit(0, "issue"),
        prover.either(first, last),
        prover.off(m.at(end, "load")),
    ]
    cuts, new = m.stepped(
        {**now, facts["spike"]: spike}, fetch + 1, [*m.no_reset, m.bit(0, "issue")], names
    )
    cuts.shown.update(shown)
    written = m.fields(end + 2, row)
    for name in names:
        prover.claim(
            f"inputs, written: {name}",
            f"{end + 2} clocks after the turn of a row, in the last group the rule's value of"
            f" {name} is in memory, in the first that which the synapses saw",
            t.differ(written[name], t(K.ITE, last, new[name].low(m.forms[name].width), now[name])),
            updated,
            {**cuts.shown, f"{name}' (rule)": new[name], f"{name}' (netlist)": written[name]},
            loose=cuts.loose,
        )
    prover.claim(
        "inputs, written: spike",
        f"{end + 2} clocks after the turn of a row in the first or the last group its spike of this"
        " step is in memory",
        t.differ(spike_of(m.memory(end + 2, row)), spike),
        updated,
        shown,
    )
    place = t.var("place", t.width(row))
    elsewhere = prover.either(
        prover.off(m.at(0, "issue")),
        prover.no(prover.either(first, last)),
        t.differ(_fitting(m, row), _fitting(m, place)),
    )
    prover.claim(
        "inputs, memory: nothing else written",
        "without a load, no word changes but that of a row in the first or the last group",
        t.differ(m.memory(end + 2, place), m.memory(end + 1, place)),
        [*m.no_reset, prover.off(m.at(end, "load")), elsewhere],
    )
    hit = t(K.EQUAL, _fitting(m, row), _fitting(m, place))
    given = t(K.BV_CONCAT, t.const(0, 1), m.at(0, "load_data"))
    prover.claim(
        "inputs, memory: load",
        "a load is in memory two clocks later, with no spike, and no other word changes",
        t.differ(m.memory(2, place), t(K.ITE, hit, given, m.memory(1, place))),
        [*m.no_reset, m.bit(0, "load")],
    )
    prover.claim(
        "inputs, memory: read-back",
        f"{fetch} clocks after the host has given a row its fields are offered",
        t.differ(m.at(fetch, "word"), t(K.BV_EXTRACT, word, indices=(spike_at - 1, 0))),
        m.no_reset,
    )


def _fitting(m: _Traces, address: Any) -> Any:
    """The bits of an address that the memory looks at."""
    width = int(m.frames.memory(0).sort().array_index().bv_size())
    return (
        address
        if m.t.width(address) <= width
        else m.t(K.BV_EXTRACT, address, indices=(width - 1, 0))
    )


def prove_output_memory(
    prover: Prover, net: Netlist, rule: Rule, params: RuleParams, facts: Facts
) -> None:
    """Claims about the traces of the neurons."""
    t, feed = prover.terms, facts["feed"]
    end = feed + facts["update_latency"]
    m = _Traces(prover, net, rule, params, facts, end + 2)
    names = [f["name"] for f in facts["fields"]]
    bank, index = m.at(0, "bank"), m.at(0, "index")
    read = t(K.BV_CONCAT, bank, index)
    written_at = t(K.BV_CONCAT, t(K.BV_NOT, bank), index)
    clear = m.bit(feed - 1, "clear")
    old = m.fields(1, read)
    now = {name: t(K.ITE, clear, m.initial(name), old[name]) for name in names}
    spike = m.at(feed - 1, "spike")
    seen = slices(prover, m.at(feed, "values"), facts["values"])
    shown = {"index": index, "bank": bank, "clear": m.at(feed - 1, "clear"), "spike": spike}
    prover.claim(
        "outputs: values",
        f"{feed} clocks after a neuron's turn its fields in this step's bank, initial ones with"
        " `clear`, and its spike go to its synapses",
        prover.either(
            t.differ(seen[facts["spike"]], spike),
            *(t.differ(seen[name], now[name]) for name in names),
        ),
        m.no_reset,
        shown,
    )
    cuts, new = m.stepped({**now, facts["spike"]: spike}, feed, m.no_reset, names)
    cuts.shown.update(shown)
    written = m.fields(end + 2, written_at)
    for name in names:
        prover.claim(
            f"outputs, written: {name}",
            f"{end + 2} clocks after a neuron's turn the rule's value of {name} is in the other"
            " bank",
            t.differ(written[name], new[name].low(m.forms[name].width)),
            [*m.no_reset, m.bit(0, "feed"), prover.off(m.at(end, "load"))],
            {**cuts.shown, f"{name}' (rule)": new[name], f"{name}' (netlist)": written[name]},
            loose=cuts.loose,
        )
    prover.claim(
        "outputs: flip",
        "`flip` makes the other bank that of this step, and nothing else does",
        t.differ(m.at(1, "bank"), t(K.ITE, m.bit(0, "flip"), t(K.BV_NOT, bank), bank)),
        m.no_reset,
    )
    place = t.var("place", t.width(read))
    prover.claim(
        "outputs, memory: nothing else written",
        "without a load, no word changes but that of a neuron whose turn it was, in the other bank",
        t.differ(m.memory(end + 2, place), m.memory(end + 1, place)),
        [
            *m.no_reset,
            prover.off(m.at(end, "load")),
            prover.either(prover.off(m.at(0, "feed")), t.differ(place, written_at)),
        ],
    )
    prover.claim(
        "outputs, memory: load",
        "a load is in memory two clocks later, in this step's bank, and no other word changes",
        t.differ(
            m.memory(2, place),
            t(K.ITE, t(K.EQUAL, place, read), m.at(0, "load_data"), m.memory(1, place)),
        ),
        [*m.no_reset, m.bit(0, "load")],
    )
    prover.claim(
        "outputs, memory: read-back",
        f"{feed - 1} clocks after the host has given a number its fields in this step's bank are"
        " offered",
        t.differ(m.at(feed - 1, "word"), m.memory(1, read)),
        m.no_reset,
    )
