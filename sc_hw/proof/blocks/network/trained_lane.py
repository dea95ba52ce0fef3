"""Claims about a lane of a trained layer: it computes the synapse of its kind, and sums products.

The claims hold from every state and for all inputs. Clock 0 is that in which a synapse is issued.
The netlist is compared with `LayerKind.synapse`, also where hardware computes another form of it
(`LayerKind.pipeline`). The words of a synapse are those at the memories' read ports; that they are
the words of its address is claimed in `sc_hw.proof.blocks.network.addresses`.
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import product
from typing import Any

from sc_hw.proof.blocks.network.addresses import prove_lane_addresses
from sc_hw.proof.blocks.network.facts import TrainedLaneFacts
from sc_hw.proof.frames import Frames, no_reset
from sc_hw.proof.netlist import Netlist
from sc_hw.proof.prover import Prover, number
from sc_hw.proof.words import slices
from sc_model.graph.smt import K, SmtInt, SmtOps
from sc_model.layer_kinds import Synapse, kind_of
from sc_model.spec import IntFormat, NetworkSpec

# A product is proved for each value of its weight by itself where the weight has so few bits: that
# is faster than the equality of two multipliers.
SPLIT_BITS = 10


def prove_lane(prover: Prover, net: Netlist, network: NetworkSpec, facts: TrainedLaneFacts) -> None:
    """Add the claims about a layer's lane to the prover."""
    spec, value = network.layers[facts.layer], network.crossing(facts.layer).value
    kind = kind_of(spec)
    synapse = kind.synapse(spec, value, network.tick_ms)
    lane = _Lane(prover, net, network, facts, synapse)
    if kind.pipeline(spec, value, network.tick_ms).tables == synapse.tables:
        # the tables are proved row by row; then one claim stands for all rows
        columns = _prove_tables(lane)
        lane.prove_next_state(columns, lane.label, [])
        lane.prove_product(lane.product_of(columns), lane.label, [])
    else:
        _prove_row_by_row(lane)
    if facts.state:
        _prove_places(lane)
    prove_lane_addresses(prover, net, lane.label, facts, spec.depth)
    _prove_sum(prover, net, lane.label, facts)


class _Lane:
    """A lane unrolled: the operands of a synapse that is issued in clock 0, and its results.

    Members
    -------
    parameters : the synapse's parameters as vectors, by name.
    operands : inputs of the synapse's unit but for the columns of its tables, by name.
    next_state : the state that the netlist writes, by name.
    quiet : assumption that there is no reset.
    issued : `quiet`, and a synapse is issued in clock 0, with a delay that there is.
    """

    def __init__(
        self,
        prover: Prover,
        net: Netlist,
        network: NetworkSpec,
        facts: TrainedLaneFacts,
        synapse: Synapse,
    ) -> None:
        self.prover, self.facts, self.synapse = prover, facts, synapse
        self.spec = network.layers[facts.layer]
        self.label = f"layer {self.spec.name}"
        self.multiplied = facts.fetch + facts.product_ready
        last = max(facts.state_ready, self.multiplied + facts.summing, facts.latency)
        frames = Frames(net, last + 2)
        self.at = frames.at
        # `issued` is what most claims assume. Other inputs are free in every clock: what comes
        # before and after this synapse does not matter.
        self.quiet = no_reset(prover, frames, len(frames.states) - 1)
        self.issued = [*self.quiet, prover.on(self.at(0, "issue"))]
        self.parameters = slices(prover, self.at(facts.memory, "fixed.r_data"), facts.fixed)
        self.operands: dict[str, SmtInt] = {
            field.name: number(prover.terms, self.parameters[field.name], field.signed)
            for field in facts.fixed
            if field.name in synapse.unit.inputs
        }
        self.operands["value"] = self._delayed_value(network.crossing(facts.layer).value.width)
        self.next_state: dict[str, SmtInt] = {}
        if facts.state:
            self._read_state()

    def _delayed_value(self, width: int) -> SmtInt:
        """The value of the synapse's column `delay` ticks ago; no other delays are assumed."""
        t, prover, most = self.prover.terms, self.prover, self.spec.max_delay
        values = self.at(self.facts.memory, "values")
        ages = [
            t(K.BV_EXTRACT, values, indices=(age * width + width - 1, age * width))
            for age in range(most + 1)
        ]
        if not most:
            return SmtInt.unsigned(t, ages[0])
        delay = self.parameters["delay"]
        # A delay field of n bits can hold numbers above the largest delay. There is no value for
        # them, so the claims say nothing about them.
        self.issued.append(t(K.BV_ULE, delay, t.const(most, t.width(delay))))
        delayed = ages[most]
        for age in reversed(range(most)):
            delayed = t(K.ITE, prover.equals(delay, age), ages[age], delayed)
        return SmtInt.unsigned(t, delayed)

    def _read_state(self) -> None:
        """The state before (0 while fresh) and the state that is written."""
        t, facts = self.prover.terms, self.facts
        fresh = self.prover.on(self.at(0, "fresh"))
        stored = slices(self.prover, self.at(facts.memory, "traces.r_data"), facts.state)
        new_state = slices(
            self.prover, self.at(facts.state_ready + 1, "traces.write__data"), facts.state
        )
        for field in facts.state:
            before = t(K.ITE, fresh, t.const(0, field.width), stored[field.name])
            self.operands[field.name] = number(t, before, field.signed)
            self.next_state[field.name] = number(t, new_state[field.name], field.signed)

    def prove_next_state(
        self, columns: Mapping[str, Any], name: str, assumptions: list[Any]
    ) -> None:
        """A claim for each field of the state, with these columns of the tables."""
        t = self.prover.terms
        results = self.synapse.unit.apply(SmtOps(t), {**self.operands, **columns})
        for field in self.facts.state:
            output = self.next_state[field.name]
            expected = SmtOps(t).let(field.name, results[field.name])
            self.prover.claim(
                f"{name}: {field.name}",
                f"the synapse's next {field.name} is that of its function, with 0 for the state"
                " while fresh",
                t.differ(expected.low(field.width), output.low(field.width)),
                [*self.issued, *assumptions],
                {**self.operands, f"{field.name} (wanted)": expected, "written": output},
            )

    def product_of(self, columns: Mapping[str, Any]) -> SmtInt:
        """The product of the synapse's function, with these columns of the tables.

        Where the function names a next state ``<state>_next``, the netlist's state takes its place:
        the two are proved equal, and both products are then of the same term.
        """
        t, operands = self.prover.terms, {**self.operands, **columns}
        plain = SmtOps(t)
        results = self.synapse.unit.apply(plain, operands)
        # Only where the named value is the very result of that field: then the claim about the
        # field is the proof that both are equal.
        equal_values = {
            f"{name}_next": state
            for name, state in self.next_state.items()
            if plain.lets.get(f"{name}_next") is results[name]
        }
        cut = SmtOps(t, lambda name, value: equal_values.get(name, value))
        return cut.let("product", self.synapse.unit.apply(cut, operands)["product"])

    def prove_product(self, expected: SmtInt, name: str, assumptions: list[Any]) -> None:
        """The claim about the term that is summed."""
        t, term = self.prover.terms, self.at(self.multiplied, "accumulator.i_term")
        self.prover.claim(
            f"{name}: product",
            "the term that is summed is the product of the synapse's function",
            t.differ(expected.low(t.width(term)), term),
            [*self.issued, *assumptions],
            {
                **self.operands,
                **{f"next {state}": value for state, value in self.next_state.items()},
                "product": expected,
                "term": number(t, term, signed=True),
            },
            split=self.parameters["weight"] if self.spec.weight_bits <= SPLIT_BITS else None,
        )


def _prove_tables(lane: _Lane) -> dict[str, SmtInt]:
    """Claims that each row of each table is in the netlist; the netlist's columns by name."""
    prover, t = lane.prover, lane.prover.terms
    columns: dict[str, SmtInt] = {}
    for parameter, table in lane.synapse.tables.items():
        word = lane.at(lane.facts.ahead, f"table_{parameter}.columns")
        vectors: dict[str, Any] = {}
        offset = 0
        for name, form in table.formats.items():
            vectors[name] = t(K.BV_EXTRACT, word, indices=(offset + form.width - 1, offset))
            columns[name] = number(t, vectors[name], form.signed)
            offset += form.width
        # From here on the columns are the netlist's own signals, on both sides of a claim. That is
        # sound since each row of the table is compared with the reference first.
        for index, row in enumerate(table.rows):
            prover.claim(
                f"{lane.label}, {parameter} {index}: {', '.join(table.formats)}",
                f"the table gives row {index} for {parameter} {index}",
                prover.either(
                    *(
                        prover.no(prover.equals(vectors[name], form.encode(row[name])))
                        for name, form in table.formats.items()
                    )
                ),
                [*lane.quiet, prover.equals(lane.parameters[parameter], index)],
                vectors,
            )
    return columns


def _prove_row_by_row(lane: _Lane) -> None:
    """Claims with the constants of each row, where hardware has other tables.

    With a constant factor, for example, the solver compares two sums of shifted copies, where a
    free factor would make it compare a multiplier with a sum.
    """
    tables = lane.synapse.tables
    products: list[tuple[str, SmtInt, list[Any]]] = []
    for indices in product(*(range(len(table.rows)) for table in tables.values())):
        selection = list(zip(tables, indices, strict=True))
        name = ", ".join([lane.label, *(f"{parameter} {index}" for parameter, index in selection)])
        assumptions = [
            lane.prover.equals(lane.parameters[parameter], index) for parameter, index in selection
        ]
        columns = {
            column: _constant(lane, constant, tables[parameter].formats[column])
            for parameter, index in selection
            for column, constant in tables[parameter].rows[index].items()
        }
        lane.prove_next_state(columns, name, assumptions)
        products.append((name, lane.product_of(columns), assumptions))
    if len({expected.term for _, expected, _ in products}) == 1:
        # the product is made of the next state alone, whichever row has been selected
        lane.prove_product(products[0][1], lane.label, [])
        return
    for name, expected, assumptions in products:
        lane.prove_product(expected, name, assumptions)


def _constant(lane: _Lane, constant: int, form: IntFormat) -> SmtInt:
    """A constant of a table as an integer of the solver."""
    t = lane.prover.terms
    return SmtInt(t, t.const(constant, form.width + 1), constant, constant)


def _prove_places(lane: _Lane) -> None:
    """The claim about the addresses to which new state is written."""
    prover, at, landed = lane.prover, lane.at, lane.facts.state_ready
    t = prover.terms
    place, next_place = at(landed, "place"), at(landed + 1, "place")
    # `place` is a counter with an arbitrary value here, so the claim is an induction step: each
    # write goes to the place behind that of the write before it.
    issue, last = at(0, "issue"), prover.equals(place, lane.spec.depth - 1)
    one = t.const(1, t.width(place))
    following = t(K.ITE, last, t.const(0, t.width(place)), t(K.BV_ADD, place, one))
    plural = " and ".join(f"{field.name}s" for field in lane.facts.state)
    prover.claim(
        f"{lane.label}: where {plural} go",
        "the next state of a synapse is written in its turn, unless the host loads in that clock,"
        " and nothing else is written",
        prover.either(
            t.differ(at(landed + 1, "traces.write__en"), t(K.BV_OR, issue, at(landed, "load"))),
            prover.both(prover.on(issue), t.differ(at(landed + 1, "traces.write__addr"), place)),
            prover.both(prover.on(issue), t.differ(next_place, following)),
            prover.both(prover.off(issue), t.differ(next_place, place)),
        ),
        lane.quiet,
        {"place": place, "address": at(landed + 1, "traces.write__addr")},
    )


def _prove_sum(prover: Prover, net: Netlist, label: str, facts: TrainedLaneFacts) -> None:
    """The claims about the accumulator, and about the clock in which its sum is a neuron's."""
    t = prover.terms
    summing, latency, multiplied = (
        facts.summing,
        facts.latency,
        facts.fetch + facts.product_ready,
    )
    frames = Frames(net, latency + 2)
    at = frames.at
    quiet = no_reset(prover, frames, latency + 2)
    before, after = at(multiplied + summing - 1, "current"), at(multiplied + summing, "current")
    term = at(multiplied, "accumulator.i_term")
    # Were `first` ignored, a neuron's sum would begin with that of the neuron before it. One
    # product is enough: a sum of n products follows by induction.
    start = t(K.ITE, prover.on(at(0, "first")), t.const(0, t.width(before)), before)
    prover.claim(
        f"{label}: sum",
        f"{summing} clocks after a product the sum is that before it (0 before a neuron's first"
        " column) plus the product",
        t.differ(after, t(K.BV_ADD, start, t.resize(term, t.width(before)))),
        quiet,
        {"before": before, "term": term, "after": after},
    )
    # Neurons take their turns by these strobes, so one too many is as wrong as one too few: the
    # claim is about both values of `ends`.
    ends = t(K.BV_AND, at(0, "issue"), at(0, "last"))
    prover.claim(
        f"{label}: end of a sum",
        f"`done` is high {latency} clocks after the issue of a neuron's last column, `announced`"
        f" {facts.ahead} clocks before that, and both at no other time",
        prover.either(
            t.differ(at(latency, "done"), ends),
            t.differ(at(latency - facts.ahead, "announced"), ends),
        ),
        quiet,
    )
