# amaranth: UnusedElaboratable=no
"""The neurons of the recurrent layer: one is visited in a clock."""

from __future__ import annotations

from typing import Any

from amaranth.hdl import Cat, Module, Signal, signed
from amaranth.lib import data, wiring
from amaranth.lib.wiring import In, Out

from sc_hw.fabric.primitives import BlockRAM
from sc_hw.recurrent.plan import FETCH, RecurrentPlan
from sc_hw.wires import Delays, choose, gated, port_shape
from sc_model.spec.learning.recurrent_network import TRACE_FORMAT


class NeuronBank(wiring.Component):
    """Keeps potential, spike, slope, trace and learning signal of each neuron, and updates them.

    A visit reads a neuron's words `FETCH` clocks later. One that fetches moves slope and signal
    into the registers of the group, as lane P - 1, and the others a lane down. One that updates
    takes the current of the neuron's lane, and writes the new word `written` clocks after the
    visit. One visit a clock; a neuron must not be visited again before it is written. Domain
    ``sync``. A reset drops the writes under way. Contents of memories are undefined at power-on.

    Parameters
    ----------
    plan : sizes and graphs.

    Members
    -------
    fetch : a visit takes slope and signal into the group's registers.
    update : a visit updates the neuron.
    index : the neuron that is visited.
    fresh : all that is kept counts as 0.
    signalled : the signals that are kept count; else they are 0.
    currents : of the group, from the clock of its last row's words on.
    slopes, signals : of the group.
    trace : of the neuron, `FETCH` clocks after its visit.
    fired, spike : a neuron has been updated, and whether it fires; in the order of the visits.
    signal_write, signal_index, signal : a learning signal to keep.
    landing : a word is on its way to the memory.
    """

    def __init__(self, plan: RecurrentPlan) -> None:
        self.plan = plan
        spec, hidden = plan.spec, plan.spec.hidden
        self.neuron = plan.neuron()
        self.written = FETCH + self.neuron.latency
        self.current = signed(spec.current_format.width)
        self.word_layout = data.StructLayout(
            {
                "potential": port_shape(spec.potential_format),
                "spike": 1,
                "slope": hidden.slope_bits,
                "trace": port_shape(TRACE_FORMAT),
            }
        )
        self.signal_shape = signed(hidden.signal_bits)
        super().__init__(
            {
                "fetch": In(1),
                "update": In(1),
                "index": In(plan.neuron_bits),
                "fresh": In(1),
                "signalled": In(1),
                "currents": In(data.ArrayLayout(self.current, plan.lanes)),
                "slopes": Out(data.ArrayLayout(hidden.slope_bits, plan.lanes)),
                "signals": Out(data.ArrayLayout(self.signal_shape, plan.lanes)),
                "trace": Out(port_shape(TRACE_FORMAT)),
                "fired": Out(1),
                "spike": Out(1),
                "signal_write": In(1),
                "signal_index": In(plan.neuron_bits),
                "signal": In(self.signal_shape),
                "landing": Out(1),
            }
        )

    def elaborate(self, platform: Any) -> Module:
        m = Module()
        plan, delays = self.plan, Delays(m)
        size = self.word_layout.size
        m.submodules.store = words = BlockRAM(plan.neurons, size)
        m.submodules.kept_signals = signal_words = BlockRAM(plan.neurons, len(self.signal))
        m.submodules.neuron = neuron = self.neuron
        strobes = [
            delays.later(self.update, clocks, "update", strobe=True)
            for clocks in range(1, self.written + 1)
        ]
        fetched = delays.later(self.fetch, FETCH, "fetch", strobe=True)
        fresh = delays.later(self.fresh, FETCH, "fresh")
        old = data.View(self.word_layout, gated(words.r_data, by=~fresh))
        signal = gated(signal_words.r_data, by=self.signalled & ~fresh)
        lane = delays.later(self.index, FETCH, "index")[: (plan.lanes - 1).bit_length()]
        new = Signal(self.word_layout, name="new_word")
        for name in ("potential", "spike", "trace", "slope"):
            if name != "slope":
                m.d.comb += getattr(neuron, f"i_{name}").eq(old[name])
            m.d.comb += new[name].eq(getattr(neuron, f"o_{name}"))
        m.d.comb += [
            neuron.i_current.eq(choose(lane, [self.currents[one] for one in range(plan.lanes)])),
            words.r_addr.eq(self.index),
            words.w_addr.eq(delays.later(self.index, self.written, "index")),
            words.w_en.eq(strobes[-1]),
            words.w_data.eq(new.as_value()),
            signal_words.r_addr.eq(self.index),
            signal_words.w_addr.eq(self.signal_index),
            signal_words.w_en.eq(self.signal_write),
            signal_words.w_data.eq(self.signal),
            self.trace.eq(data.View(self.word_layout, words.r_data)["trace"]),
            self.fired.eq(strobes[-1]),
            self.spike.eq(new["spike"]),
            self.landing.eq(Cat(*strobes).any() | self.signal_write),
        ]
        slopes = Signal(
            data.ArrayLayout(plan.spec.hidden.slope_bits, plan.lanes),
            name="slopes_register",
            reset_less=True,
        )
        signals = Signal(
            data.ArrayLayout(self.signal_shape, plan.lanes),
            name="signals_register",
            reset_less=True,
        )
        with m.If(fetched):
            for register, value in ((slopes, old["slope"]), (signals, signal)):
                bits = register.as_value()
                m.d.sync += bits.eq(Cat(bits[len(value) :], value))
        m.d.comb += [self.slopes.eq(slopes), self.signals.eq(signals)]
        return m
