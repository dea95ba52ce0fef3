# amaranth: UnusedElaboratable=no
"""The neurons of a layer, one a clock as their sums come out of the lanes; and who has won."""

from __future__ import annotations

from typing import Any

from amaranth.hdl import Cat, Module, Mux, Signal, Value, signed
from amaranth.lib import data, wiring
from amaranth.lib.wiring import In, Out

from sc_hw.fabric.datapath import Datapath
from sc_hw.fabric.families import Family
from sc_hw.fabric.primitives import BlockRAM
from sc_hw.wires import Delays, gated, port_shape, select
from sc_model.arithmetic import Unit, neuron_unit
from sc_model.arithmetic.noise import SEED, WIDTH, moved
from sc_model.graph import rewrite, trace_function
from sc_model.spec import IntFormat, NeuronSpec, Placement, PlasticLayerSpec

READ = 3  # clocks from a neuron's turn to its word: address, memory, its output register


class NeuronMemory(wiring.Component):
    """The neurons' state, their evaluation, and their spikes of the last two steps.

    Sums come with `evaluate`, numbered 0, 1, ... by themselves, `groups` x `columns` in a step
    (those beyond the last neuron are ignored). Throughput one a clock; latency `latency` clocks to
    the write; domain ``sync``.

    Members
    -------
    evaluate, sums : the sum of each chain for the next neuron.
    decide, cleared : of the step; looked at when its neuron 0 comes.
    spike, neuron : a spike of this neuron.
    done : the step's last neuron has been decided on (a spike may come with it).
    ask, ask_before : neuron whose spike is wanted 3 clocks later on `asked`: that of its last
        evaluation or of the one before.
    next_step : the spikes asked for from now on are for the step after; a winner is kept for it.
    host, host_index, load, load_data, word : host access to the state, as in the other memories.
    control, load_control, control_in : registers that a checkpoint holds.
    """

    def __init__(
        self,
        layer: PlasticLayerSpec,
        neuron: NeuronSpec,
        weight: IntFormat,
        family: Family,
        place: Placement,
    ) -> None:
        self.layer, self.spec, self.place = layer, neuron, place
        self.unit: Unit = neuron_unit(neuron, layer.current_format(weight), counters=layer.counters)
        unit = self.unit
        self.update = Datapath(
            rewrite(trace_function(unit.name, unit.inputs, unit.outputs, unit.apply)), family.delay
        )
        self.index_bits = max(1, (place.groups * place.columns - 1).bit_length())
        self.competes = neuron.winner_take_all
        kept = {} if self.competes else {"fired": 1, "fired_before": 1}
        self.fields = data.StructLayout(
            {**{n: port_shape(unit.inputs[n]) for n in unit.state}, **kept}
        )
        registers: dict[str, Any] = {"lfsr": WIDTH} if neuron.noise_bits else {}
        if self.competes:
            registers |= {
                "won": 1,
                "winner": self.index_bits,
                "won_before": 1,
                "winner_before": self.index_bits,
            }
        elif neuron.inhibition:
            registers |= {"any_fired": 1, "many_fired": 1}
        self.control_layout = data.StructLayout(registers)
        sum_width = weight.width + (place.rows - 1).bit_length()
        self.sum_shape = IntFormat(sum_width, layer.signed_weights)
        index = self.index_bits
        super().__init__(
            {
                "evaluate": In(1),
                "sums": In(data.ArrayLayout(port_shape(self.sum_shape), place.chains)),
                "decide": In(1),
                "cleared": In(1),
                "spike": Out(1),
                "neuron": Out(index),
                "done": Out(1),
                "ask": In(index),
                "ask_before": In(1),
                "asked": Out(1),
                "next_step": In(1),
                "host": In(1),
                "host_index": In(index),
                "load": In(1),
                "load_data": In(self.fields.size),
                "word": Out(self.fields.size),
                "control": Out(self.control_layout),
                "load_control": In(1),
                "control_in": In(self.control_layout),
            }
        )

    @property
    def adding(self) -> int:
        """Clocks that the chains' sums take to become one, and at least those of the memory."""
        return max((self.place.chains - 1).bit_length(), READ)

    @property
    def latency(self) -> int:
        """Clocks from a sum to the spike, its write, and the end of the step."""
        return self.adding + self.update.latency + 3

    def elaborate(self, platform: Any) -> Module:
        m = Module()
        delays = Delays(m)
        m.submodules.update = update = self.update
        m.submodules.memory = ram = BlockRAM(1 << self.index_bits, self.fields.size)
        real, total = self.place.neurons, self.place.groups * self.place.columns

        # Whose turn it is
        index = Signal(self.index_bits)
        at_first = Signal(init=1)
        at_last = Signal()
        m.d.sync += [
            index.eq(
                gated(index + 1, by=self.evaluate & ~at_last) | gated(index, by=~self.evaluate)
            ),
            at_first.eq((self.evaluate & at_last) | (~self.evaluate & at_first)),
            at_last.eq((self.evaluate & (index == total - 2)) | (~self.evaluate & at_last)),
        ]
        decide = Signal()
        cleared = Signal()
        begins = self.evaluate & at_first
        m.d.sync += [
            decide.eq(select(begins, self.decide, decide)),
            cleared.eq(select(begins, self.cleared, cleared)),
        ]

        # The sum of the chains, while the memory is read
        read = Signal(self.index_bits, reset_less=True)
        m.d.sync += read.eq(
            Mux(self.host, self.host_index, delays.later(index, self.adding - READ, "index"))
        )
        m.d.comb += ram.r_addr.eq(read)
        current = self._current(m, delays)
        before = data.View(self.fields, ram.r_data)
        valid = delays.later(self.evaluate, self.adding, "evaluate", strobe=True)
        number = delays.later(index, self.adding, "index")
        is_real = valid & (number < real) if real < total else valid
        registers = {
            str(name): Signal(field.shape, name=str(name), init=SEED if name == "lfsr" else 0)
            for name, field in self.control_layout
        }
        fired = (
            registers["won"] & (registers["winner"] == number) if self.competes else before.fired
        )
        inputs: dict[str, Value] = {name: before[name] for name in self.unit.state}
        inputs |= {"fired": fired, "cleared": cleared, "current": current, "decide": decide}

        if self.spec.noise_bits:
            state = registers["lfsr"]
            # every bit after the move is the exclusive-or of a set of bits before it; written as it
            # stands it would be a tree that grows with the Fibonacci numbers
            taps = moved([frozenset((bit,)) for bit in range(WIDTH)], self.spec.noise_bits)
            after = Cat(*(Cat(*(state[bit] for bit in sorted(bits))).xor() for bits in taps))
            inputs["noise"] = after[: self.spec.noise_bits].as_signed()
            with m.If(is_real):
                m.d.sync += state.eq(after)
        if self.competes:
            inputs["others"] = registers["won"] & (registers["winner"] != number)
        elif self.spec.inhibition:
            inputs["others"] = Mux(fired, registers["many_fired"], registers["any_fired"])
        for name in update.graph.variables:
            m.d.comb += getattr(update, f"i_{name}").eq(inputs[name])

        # What comes out
        lat = self.adding + update.latency
        out_valid = delays.later(is_real, update.latency, "is_real", strobe=True)
        out_number = delays.later(index, lat, "index")
        out_first = delays.later(at_first, lat, "at_first")
        ends = delays.later(self.evaluate & at_last, lat, "ends", strobe=True)
        ready = out_valid & update.o_ready
        new: dict[str, Value] = {name: getattr(update, f"o_{name}") for name in self.unit.state}
        ended = delays.later(ends, 1, "ended", strobe=True)
        spike = Signal()
        neuron = Signal(self.index_bits, reset_less=True)
        done = Signal()
        m.d.comb += [self.spike.eq(spike), self.neuron.eq(neuron), self.done.eq(done)]
        out_evaluated = delays.later(self.evaluate, lat, "evaluate", strobe=True)
        if self.competes:
            best_is = Signal()
            best = Signal(self.index_bits, reset_less=True)
            best_score = Signal.like(update.o_score, reset_less=True)
            first_out = out_evaluated & out_first
            with m.If(ready & (out_first | ~best_is | (update.o_score > best_score))):
                m.d.sync += [best.eq(out_number), best_score.eq(update.o_score)]
            with m.If(ready | first_out):
                m.d.sync += best_is.eq(ready | (best_is & ~first_out))
            with m.If(ended):
                m.d.sync += [registers["won"].eq(best_is), registers["winner"].eq(best)]
            with m.If(self.next_step):
                m.d.sync += [
                    registers["won_before"].eq(registers["won"]),
                    registers["winner_before"].eq(registers["winner"]),
                ]
            m.d.sync += [spike.eq(ended & best_is), neuron.eq(best), done.eq(ended)]
            asked = registers["won_before"] & (
                registers["winner_before"] == delays.later(self.ask, 1, "ask")
            )
            m.d.comb += self.asked.eq(delays.later(asked, READ - 1, "asked"))
        else:
            fired_now, fired_old = update.o_ready, delays.later(fired, update.latency, "fired")
            new |= {"fired": fired_now, "fired_before": fired_old}
            m.d.sync += [spike.eq(ready), neuron.eq(out_number), done.eq(ends)]
            m.submodules.history = history = BlockRAM(1 << self.index_bits, 2)
            came = history.r_data
            before_wanted = delays.later(self.ask_before, READ, "ask_before")
            m.d.comb += [
                history.r_addr.eq(delays.later(self.ask, 1, "ask")),
                self.asked.eq(Mux(before_wanted, came[1], came[0])),
            ]
            if self.spec.inhibition:
                any_now = Signal()
                many_now = Signal()
                first_out = out_evaluated & out_first
                with m.If(ready | first_out):
                    m.d.sync += [
                        any_now.eq(ready | (any_now & ~first_out)),
                        many_now.eq(~first_out & (many_now | (any_now & ready))),
                    ]
                with m.If(ended):
                    m.d.sync += [
                        registers["any_fired"].eq(any_now),
                        registers["many_fired"].eq(many_now),
                    ]
        write_en = Signal()
        written = Signal(self.fields.size, reset_less=True)
        write_index = Signal(self.index_bits, reset_less=True)
        m.d.sync += [
            write_en.eq(out_valid | self.load),
            written.eq(
                Mux(self.load, self.load_data, Cat(*(new[str(name)] for name, _ in self.fields)))
            ),
            write_index.eq(Mux(self.load, self.host_index, out_number)),
        ]
        m.d.comb += [
            ram.w_en.eq(write_en),
            ram.w_addr.eq(write_index),
            ram.w_data.eq(written),
            self.word.eq(ram.r_data),
        ]
        if not self.competes:
            pair = data.View(self.fields, written)
            m.d.comb += [
                history.w_en.eq(write_en),
                history.w_addr.eq(write_index),
                history.w_data.eq(Cat(pair.fired, pair.fired_before)),
            ]
        for name, register in registers.items():
            m.d.comb += self.control[name].eq(register)
            with m.If(self.load_control):
                m.d.sync += register.eq(self.control_in[name])
        return m

    def _current(self, m: Module, delays: Delays) -> Value:
        """The chains' sums added two by two, a register after each; none of it can overflow."""
        rows = [self.sums[chain] for chain in range(self.place.chains)]
        width = self.sum_shape.width
        clocks = 0
        while len(rows) > 1:
            width, clocks = width + 1, clocks + 1
            paired: list[Value] = []
            for number in range(0, len(rows), 2):
                two = rows[number : number + 2]
                register = Signal(
                    signed(width) if self.layer.signed_weights else width,
                    name=f"sum_{clocks}_{number // 2}",
                    reset_less=True,
                )
                m.d.sync += register.eq(two[0] + two[1] if len(two) > 1 else two[0])
                paired.append(register)
            rows = paired
        return delays.later(rows[0], self.adding - clocks, "sum")
