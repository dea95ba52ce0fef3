# amaranth: UnusedElaboratable=no
"""One lane of a plastic layer: block RAM, the rule's pipeline, and a neuron's sum of weights.

A lane has no control of its own. All control signals come from a bus that is registered between
clusters of lanes. Each arrives in the clock in which the lane needs it: the delay lines stand once,
at the head of the chain, and not in each lane. Lanes are alike, so that one is synthesised and
instantiated many times.
"""

from __future__ import annotations

from typing import Any

from amaranth.hdl import C, Cat, Module, Mux, Signal, Value, signed, unsigned
from amaranth.lib import data, wiring
from amaranth.lib.wiring import In, Out

from sc_hw.fabric.primitives import BlockRAM
from sc_hw.plastic.even_odd import EvenOddRAM
from sc_hw.plastic.lane_plan import FETCH, LanePlan
from sc_hw.plastic.rule_parts import SATURATED
from sc_hw.wires import Delays, port_shape
from sc_model.spec import PlasticLayerSpec


class PlasticLane(wiring.Component):
    """The synapses of one column of neurons, and the sum of one neuron's weights.

    Latency and timing: see `LanePlan`. Throughput one synapse a clock. Domain ``sync``. Registers
    of data have no reset; a reset clears the write enables alone. The memory survives a reset, and
    is not defined at power-on.

    Parameters
    ----------
    plan : the schedule.
    layer : size and options of the layer.

    Members
    -------
    read, write : addresses; `write_en` comes one clock before `write`.
    read_late : the address of the weight, if split.
    write_early, write_early_en : the write of the other fields, if split.
    pre_spike, pre_<field> : of the synapse in the pipeline, each when the pipeline needs it.
    mod_<modulator> : likewise.
    drive : add the weight to the sum.
    look : add the other fields instead, for a read-back.
    clear : the other fields of the word that comes out of the memory are replaced by their initial
        values.
    take : use the values that have been shifted in from now on: the next neuron's synapses come.
    capture : put the sum into the chain's register, and clear it.
    moves : shift the chain's register; it comes with each `capture` too.
    shift_in, shift_out : the chain on which sums leave and neurons' values come.
    load, load_data : write the word that the host gives.
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
        # The sum also carries the other fields out when the host reads them.
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
        delays = Delays(m)
        m.submodules.update = self.plan.update
        fields = self._split_memories(m, delays) if self.plan.split else self._one_memory(m)
        post, passing = self._neuron_values(m)
        self._feed_pipeline(m, fields, post)
        self._sum(m, fields, passing)
        self._report_saturation(m, delays)
        return m

    # --- memories ---------------------------------------------------------------------------------

    def _new_values(self, m: Module) -> tuple[Signal, dict[str, Value], Any]:
        """The registered write enable, the new fields out of the pipeline, and the host's word."""
        write_en = Signal()
        m.d.sync += write_en.eq(self.write_en | self.load)
        new = {name: getattr(self.plan.update, f"o_{name}") for name in self.plan.parts.fields}
        return write_en, new, data.View(self.word, self.load_data)

    def _one_memory(self, m: Module) -> dict[str, Value]:
        """All fields in one word; returns the fetched fields."""
        write_en, new, load_values = self._new_values(m)
        fetched = Signal(self.word, reset_less=True)
        word = Cat(
            *(Mux(self.load, load_values[name], new[name]) for name in self.plan.parts.fields)
        )
        self._memory(m, "synapses", self.read, fetched, self.word, write_en, self.write, word)
        return {name: fetched[name] for name in self.plan.parts.fields}

    def _split_memories(self, m: Module, delays: Delays) -> dict[str, Value]:
        """The weight in a memory of its own, read and written later; returns the fetched fields."""
        plan, parts = self.plan, self.plan.parts
        write_en, new, load_values = self._new_values(m)
        fetched = Signal(self.word, reset_less=True)
        # `ready`: clocks after the pipeline's begin. A field that stands earlier waits for its
        # write in registers.
        wait = plan.write_weight - FETCH - plan.update.ready[parts.weight]
        late = delays.later(new[parts.weight], wait, parts.weight)
        weight_in = Mux(self.load, load_values[parts.weight], late)
        weight = fetched[parts.weight]
        self._memory(m, "weights", self.read_late, weight, None, write_en, self.write, weight_in)
        # The other fields have an enable of their own: they are written before the weight.
        early_en = Signal()
        m.d.sync += early_en.eq(self.write_early_en | self.load)
        others_in = Cat(
            *(
                Mux(self.load, load_values[name], value)
                for name, value in [
                    (n, delays.later(new[n], plan.write_others - FETCH - plan.update.ready[n], n))
                    for n in parts.others
                ]
            )
        )
        others = Signal(self.other_word, name="others_q", reset_less=True)
        self._memory(
            m, "others", self.read, others, self.other_word, early_en, self.write_early, others_in
        )
        return {parts.weight: weight, **{name: others[name] for name in parts.others}}

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
        """A memory, the register before its write port and the register behind its read port.

        Parameters
        ----------
        read, write : addresses.
        fetched : the register behind the memory; fields other than the weight can be cleared in it.
        layout : of the word; None for a word that is the weight alone.
        enable, new : the write's enable, and its data a clock before.
        """
        parts = self.plan.parts
        width = layout.size if layout is not None else len(fetched)
        depth = self.plan.placement.depth
        ram = (
            EvenOddRAM(depth, width)
            if self.plan.memory == "single_port"
            else BlockRAM(depth, width, output_register=self.plan.fetch == FETCH)
        )
        m.submodules[name] = ram
        # The enable passes a register too (`_new_values`); the address comes a clock later.
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
        read_word = data.View(layout, ram.r_data)
        for field, _ in layout:
            m.d.sync += fetched[field].eq(read_word[field])
            if field != parts.weight:
                # An If here is meant: synthesis makes it the register's synchronous set or reset.
                with m.If(self.clear):
                    m.d.sync += fetched[field].eq(parts.initial(str(field)))

    # --- pipeline ---------------------------------------------------------------------------------

    def _neuron_values(self, m: Module) -> tuple[Any, Signal]:
        """The neuron's values, held while its synapses come, and the chain's register."""
        post = Signal(self.post_word, reset_less=True)
        passing = Signal(self.shift_width, reset_less=True)
        with m.If(self.take):
            m.d.sync += post.as_value().eq(passing[: self.post_word.size])
        return post, passing

    def _feed_pipeline(self, m: Module, fields: dict[str, Value], post: Any) -> None:
        """Connect the pipeline's inputs: the synapse's fields, the neuron's values, the bus."""
        plan, parts = self.plan, self.plan.parts
        sources = {**fields, parts.post_spike: post[parts.post_spike]}
        sources |= {name: post[name] for name in parts.post}
        for name in plan.graph.variables:
            port = getattr(plan.update, f"i_{name}")
            if name in sources:
                m.d.comb += port.eq(sources[name])
            elif name == parts.pre_spike:
                m.d.comb += port.eq(self.pre_spike)
            else:
                prefix = "mod" if name in parts.modulators else "pre"
                m.d.comb += port.eq(getattr(self, f"{prefix}_{name}"))

    # --- sum --------------------------------------------------------------------------------------

    def _sum(self, m: Module, fields: dict[str, Value], passing: Signal) -> None:
        """Sum the weights of the rows that spiked (or the fields that the host reads), in `SUM`
        clocks, and shift finished sums along the chain.
        """
        weight = fields[self.plan.parts.weight]
        others = [fields[name] for name in self.plan.parts.others]
        is_signed = self.layer.signed_weights
        shape = signed(self.sum_width) if is_signed else unsigned(self.sum_width)
        addend = Signal(shape, reset_less=True)
        total = Signal(shape, reset_less=True)
        bits = len(weight)
        # The effective weight is the stored one less half of its range: in two's complement the
        # stored top bit inverted, which is the sign and fills the bits above.
        top = ~weight[-1] if is_signed else weight[-1]
        above = top if is_signed else C(0, 1)
        driven = (
            Cat(weight[: bits - 1], top, above.replicate(self.sum_width - bits))
            if self.sum_width > bits
            else weight
        )
        other_fields = Cat(*others) if others else C(0, 1)
        m.d.sync += [
            addend.eq(
                (driven & self.drive.replicate(self.sum_width))
                | (other_fields & self.look.replicate(len(other_fields)))
            ),
            total.eq((total + addend)[: self.sum_width]),
        ]
        # Captured, the sum starts again at 0: in this clock no weight of the next group is added
        # yet, for a group has a clock of pause.
        with m.If(self.capture):
            m.d.sync += total.eq(0)
        with m.If(self.moves):
            m.d.sync += passing.eq(Mux(self.capture, total, self.shift_in))
        m.d.comb += self.shift_out.eq(passing)

    def _report_saturation(self, m: Module, delays: Delays) -> None:
        """A flag for each counted field, in the clock in which the new word is written."""
        plan = self.plan
        for name in plan.saturating:
            output, flag = SATURATED.format(name), Signal(name=f"saturation_{name}")
            value = getattr(plan.update, f"o_{output}")
            wait = plan.write_weight - FETCH - plan.update.ready[output]
            m.d.sync += flag.eq(self.write_en & delays.later(value, wait, output))
            m.d.comb += getattr(self, output).eq(flag)
