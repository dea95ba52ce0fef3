# amaranth: UnusedElaboratable=no
"""One lane of a plastic layer: block RAM, the rule's pipeline, and the sum of the weights whose
inputs spiked.

Everything that a lane is told comes from a bus that hops from cluster to cluster, each signal in
the clock in which the lane needs it: the delays are made once, at the head of the chain, and not in
each lane. Lanes are alike, so that one is synthesised and shared_modules.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from amaranth.hdl import C, Cat, Module, Mux, Signal, Value, signed, unsigned
from amaranth.lib import data, wiring
from amaranth.lib.wiring import In, Out

from sc_hw.fabric.datapath import Datapath
from sc_hw.fabric.families import Family
from sc_hw.fabric.primitives import BlockRAM
from sc_hw.fabric.schedule import arrival, schedule
from sc_hw.plastic.even_odd import EvenOddRAM
from sc_hw.plastic.rule_parts import SATURATED, Products, RuleParts
from sc_hw.wires import port_shape
from sc_model.spec import Placement, PlasticLayerSpec

# Clocks from a synapse's turn to the first stage of the pipeline: block RAM, its output register, a
# register that can clear. Where the block RAM has none of its own, the address comes a clock later.
FETCH = 3


class LanePlan:
    """When a lane needs what, in clocks after a synapse's turn.

    Members
    -------
    update : the pipeline; it begins `FETCH` clocks after the turn, and `fetch` after the address.
    weight_fetched : the weight stands beside the pipeline.
    summed : it is in the sum.
    taken : the neuron's values must have been shifted in.
    write_weight, write_others : the enable must stand on the bus; the address one clock later.
    span : clocks until the same address may be read again.
    """

    def __init__(
        self,
        parts: RuleParts,
        family: Family,
        products: Products,
        memory: str,
        placement: Placement,
        beside: Sequence[Products] = (),
        counted: bool = False,
    ) -> None:
        """`beside`: how other lanes of the layer make their products; this one is told what, and
        takes as long, as suits all.

        `counted`: whether it tells that a new value was saturated.
        """
        self.parts, self.products, self.memory, self.placement = parts, products, memory, placement
        self.split = memory == "split" and bool(parts.others)
        self.graph = parts.synapse_graph(products, counted)
        neuron = [name for name in (parts.post_spike, *parts.post) if name in self.graph.variables]
        given = [
            parts.pre_spike,
            *parts.pre,
            *parts.modulators,
            *neuron,
        ]  # what does not come out of the lane's own memory
        late = [name for name in given if name in self.graph.variables]
        late += [parts.weight] if self.split else []
        delay = family.layer_delay or family.delay
        graphs = [self.graph, *(parts.synapse_graph(other, counted) for other in beside)]
        plans = [schedule(graph, delay, late) for graph in graphs]
        arrivals = {
            name: min(arrival(graph, plan, name) for graph, plan in zip(graphs, plans, strict=True))
            for name in late
        }
        latency = max(plan.latency for plan in plans)
        self.saturating = parts.saturating if counted else ()
        self.fetch = FETCH - (not family.ram_register or memory == "single_port")
        if memory == "single_port" and (latency + 1 + self.fetch) % 2 == 0:
            latency += 1  # from read to write an odd number of clocks (see `EvenOddRAM`)
        self.weight_fetched = FETCH + (arrivals[parts.weight] if self.split else 0)
        # all of a neuron's values at once, and no later than the sum takes their place on the chain
        self.taken = FETCH + min((arrivals[name] for name in neuron), default=0)
        self.taken = min(self.taken, self.weight_fetched + 1)
        arrivals |= dict.fromkeys(neuron, self.taken - FETCH)
        self.update = Datapath(
            self.graph, delay, late=arrivals, aligned=not self.split, latency=latency
        )
        self.write_weight = self.write_others = FETCH + latency
        if self.split:
            self.write_others = FETCH + max(
                plan.ready[name] for plan in plans for name in parts.others
            )

    @property
    def span(self) -> int:
        """Clocks from a read of an address to its next safe read, for either memory."""
        weight_span = self.write_weight + 2 - (self.weight_fetched - FETCH)
        return max(weight_span, self.write_others + 2)

    @property
    def summed(self) -> int:
        """Clocks from the address until the sum holds the weight."""
        return self.weight_fetched + 2


class PlasticLane(wiring.Component):
    """A lane; see the module. Latency and timing: `LanePlan`; throughput one synapse a clock;
    domain ``sync``.

    Members
    -------
    read, write : addresses; `write_en` comes one clock before `write`.
    read_late, write_early, write_early_en : the same for the weight's reading and the other fields'
        writing, if split.
    pre_spike, pre_<field>, <modulator> : of the synapse in the pipeline, each when the pipeline
        needs it.
    drive : add the weight to the sum.
    look : add the other fields instead (read-back).
    clear : the other fields of the word now coming out of the memory count as initial.
    take : the values that have been shifted in are those of the next neuron.
    capture : hand over the sum, clear it.
    moves, shift_in, shift_out : the chain on which sums leave and neurons' values come; `moves`
        comes with each `capture`.
    load, load_data : write what the host gives.
    saturated_<field> : a new value was saturated (with counters).
    """

    def __init__(self, plan: LanePlan, layer: PlasticLayerSpec) -> None:
        self.plan, self.layer = plan, layer
        parts, place = plan.parts, plan.placement
        self.word = data.StructLayout(
            {name: port_shape(form) for name, form in parts.fields.items()}
        )
        self.other_word = data.StructLayout(
            {name: port_shape(form) for name, form in parts.others.items()}
        )
        self.post_word = data.StructLayout(
            {**{name: port_shape(form) for name, form in parts.post.items()}, parts.post_spike: 1}
        )
        address = max(1, (place.depth - 1).bit_length())
        weight = parts.fields[parts.weight].width
        self.sum_width = max(weight + (place.rows - 1).bit_length(), self.other_word.size)
        self.shift_width = max(self.sum_width, self.post_word.size)
        used = plan.graph.variables
        super().__init__(
            {
                "read": In(address),
                "write": In(address),
                "write_en": In(1),
                **(
                    {"read_late": In(address), "write_early": In(address), "write_early_en": In(1)}
                    if plan.split
                    else {}
                ),
                **{f"pre_{n}": In(port_shape(f)) for n, f in parts.pre.items() if n in used},
                **({"pre_spike": In(1)} if parts.pre_spike in used else {}),
                **{f"mod_{n}": In(port_shape(f)) for n, f in parts.modulators.items() if n in used},
                "drive": In(1),
                "look": In(1),
                "clear": In(1),
                "take": In(1),
                "capture": In(1),
                "moves": In(1),
                "shift_in": In(self.shift_width),
                "shift_out": Out(self.shift_width),
                "load": In(1),
                "load_data": In(self.word.size),
                **{SATURATED.format(name): Out(1) for name in plan.saturating},
            }
        )

    def elaborate(self, platform: Any) -> Module:
        m = Module()
        plan, parts = self.plan, self.plan.parts
        m.submodules.update = update = plan.update
        write_en = Signal()
        m.d.sync += write_en.eq(self.write_en | self.load)

        # Memories, and the register behind them that can clear
        fetched = Signal(self.word, reset_less=True)
        new = {name: getattr(update, f"o_{name}") for name in parts.fields}
        given = data.View(self.word, self.load_data)
        if plan.split:
            late = self._delayed(
                m,
                new[parts.weight],
                plan.write_weight - FETCH - update.ready[parts.weight],
                parts.weight,
            )
            weight_in = Mux(self.load, given[parts.weight], late)
            self._memory(
                m,
                "weights",
                self.read_late,
                fetched[parts.weight],
                None,
                write_en,
                self.write,
                weight_in,
            )
            early_en = Signal()
            m.d.sync += early_en.eq(self.write_early_en | self.load)
            ready = {
                n: self._delayed(m, new[n], plan.write_others - FETCH - update.ready[n], n)
                for n in parts.others
            }
            others_in = Cat(*(Mux(self.load, given[n], ready[n]) for n in parts.others))
            others_q = Signal(self.other_word, reset_less=True)
            self._memory(
                m,
                "others",
                self.read,
                others_q,
                self.other_word,
                early_en,
                self.write_early,
                others_in,
            )
            others = {name: others_q[name] for name in parts.others}
        else:
            word = Cat(*(Mux(self.load, given[n], new[n]) for n in parts.fields))
            self._memory(m, "synapses", self.read, fetched, self.word, write_en, self.write, word)
            others = {name: fetched[name] for name in parts.others}
        weight: Value = fetched[parts.weight]

        # The neuron's values, for as long as its synapses come
        post = Signal(self.post_word, reset_less=True)
        passing = Signal(self.shift_width, reset_less=True)
        with m.If(self.take):
            m.d.sync += post.as_value().eq(passing[: self.post_word.size])

        given_to = {parts.weight: weight, **others, parts.post_spike: post[parts.post_spike]}
        given_to |= {name: post[name] for name in parts.post}
        for name in plan.graph.variables:
            port = getattr(update, f"i_{name}")
            if name in given_to:
                m.d.comb += port.eq(given_to[name])
            elif name == parts.pre_spike:
                m.d.comb += port.eq(self.pre_spike)
            else:
                m.d.comb += port.eq(
                    getattr(self, f"mod_{name}" if name in parts.modulators else f"pre_{name}")
                )

        # The sum
        shape = signed(self.sum_width) if self.layer.signed_weights else unsigned(self.sum_width)
        addend = Signal(shape, reset_less=True)
        total = Signal(shape, reset_less=True)
        bits = len(weight)
        top = (
            ~weight[-1] if self.layer.signed_weights else weight[-1]
        )  # less half of the range: the top bit is a sign
        above = top if self.layer.signed_weights else C(0, 1)
        driven = (
            Cat(weight[: bits - 1], top, above.replicate(self.sum_width - bits))
            if self.sum_width > bits
            else weight
        )
        looked = Cat(*(others[name] for name in parts.others)) if others else C(0, 1)
        m.d.sync += [
            addend.eq(
                (driven & self.drive.replicate(self.sum_width))
                | (looked & self.look.replicate(len(looked)))
            ),
            total.eq((total + addend)[: self.sum_width]),
        ]
        with m.If(self.capture):
            m.d.sync += total.eq(0)
        with m.If(self.moves):
            m.d.sync += passing.eq(Mux(self.capture, total, self.shift_in))
        m.d.comb += self.shift_out.eq(passing)
        for name in plan.saturating:
            flag, told = SATURATED.format(name), Signal(name=f"told_{name}")
            value = getattr(update, f"o_{flag}")
            m.d.sync += told.eq(
                self.write_en
                & self._delayed(m, value, plan.write_weight - FETCH - update.ready[flag], flag)
            )
            m.d.comb += getattr(self, flag).eq(told)
        return m

    def _memory(
        self,
        m: Module,
        name: str,
        read: Value,
        fetched: Any,
        layout: data.StructLayout | None,
        enable: Value,
        write: Value,
        new: Value,
    ) -> None:
        """A memory with the register behind it (fields other than the weight can be cleared there)
        and the one before.
        """
        parts = self.plan.parts
        width = layout.size if layout is not None else len(fetched)
        depth = self.plan.placement.depth
        alternates = self.plan.memory == "single_port"
        ram = (
            EvenOddRAM(depth, width)
            if alternates
            else BlockRAM(depth, width, output_register=self.plan.fetch == FETCH)
        )
        m.submodules[name] = ram
        written = Signal(width, name=f"{name}_in", reset_less=True)
        m.d.sync += written.eq(new)
        m.d.comb += [
            ram.r_addr.eq(read),
            ram.w_en.eq(enable),
            ram.w_addr.eq(write),
            ram.w_data.eq(written),
        ]
        if layout is None:
            m.d.sync += fetched.eq(ram.r_data)
            return
        came = data.View(layout, ram.r_data)
        for field, _ in layout:
            m.d.sync += fetched[field].eq(came[field])
            if field != parts.weight:
                with m.If(self.clear):
                    m.d.sync += fetched[field].eq(parts.initial(str(field)))

    @staticmethod
    def _delayed(m: Module, value: Value, clocks: int, name: str) -> Value:
        for number in range(clocks):
            register = Signal(len(value), name=f"{name}_wait{number}", reset_less=True)
            m.d.sync += register.eq(value)
            value = register
        return value
