# amaranth: UnusedElaboratable=no
"""The readout: sums of the classes, the answer, their errors, signals for the neurons, weights."""

from __future__ import annotations

from typing import Any

from amaranth.hdl import Cat, Module, Mux, Signal, Value, signed
from amaranth.lib import data, wiring
from amaranth.lib.wiring import In, Out

from sc_hw.fabric.primitives import WordRAM
from sc_hw.recurrent.plan import FETCH, RecurrentPlan
from sc_hw.wires import Delays, choose, gated, port_shape
from sc_model.spec.learning.recurrent_network import NOISE_BITS, TRACE_FORMAT


class Readout(wiring.Component):
    """Visits one neuron a clock, all its weights at once, or looks at one class a clock.

    A visit that adds takes the neuron's weights into the sums where the neuron has spiked, `FETCH`
    + 1 clocks later. A visit that learns gives the neuron's learning signal, from the weights as
    they are, and writes the new weights `written` clocks after the visit; a neuron must not be
    visited again before. A class is looked at in two clocks, its error follows with the pipeline.
    Domain ``sync``. A reset drops the writes under way. Contents of the memory are undefined at
    power-on.

    Parameters
    ----------
    plan : sizes and graphs.

    Members
    -------
    add : a visit adds.
    learn : a visit learns.
    index : the neuron that is visited; without a visit `index` is the host's.
    spike : of the neuron that is visited.
    leak : the sums leak; with `fresh` they become 0.
    fresh : see `leak`.
    look : a class is looked at, class 0 first.
    number : of the class.
    told, label : whether a class is told, and which.
    trace : of the neuron, `FETCH` clocks after its visit.
    shift : of the rule.
    noise : random bits of the visit.
    learns : new weights are written.
    winner : the class with the largest sum, the lowest of equals.
    scores : the sums.
    any_error : the error of a class is not 0.
    signal_write, signal_index, signal : strobe, neuron and its learning signal.
    words : the weights of the neuron, `FETCH` clocks after its number.
    load : classes that take `load_data` in the word `index`, while nothing is under way.
    load_data : a weight.
    landing : something is on its way.
    """

    def __init__(self, plan: RecurrentPlan) -> None:
        self.plan = plan
        spec, readout = plan.spec, plan.spec.readout
        self.error, self.feedback = plan.error(), plan.feedback()
        self.latency = plan.readout_synapse().latency
        self.written = FETCH + self.latency
        self.looked = 1 + self.error.latency  # clocks from a class's number to its error
        self.weight_shape = signed(readout.weight_bits)
        self.score_shape = port_shape(spec.score_format)
        self.error_shape = port_shape(readout.error_format)
        super().__init__(
            {
                "add": In(1),
                "learn": In(1),
                "index": In(plan.neuron_bits),
                "spike": In(1),
                "leak": In(1),
                "fresh": In(1),
                "look": In(1),
                "number": In(plan.class_bits),
                "told": In(1),
                "label": In(plan.class_bits),
                "trace": In(port_shape(TRACE_FORMAT)),
                "shift": In(plan.shift_bits),
                "noise": In(NOISE_BITS),
                "learns": In(1),
                "winner": Out(plan.class_bits),
                "scores": Out(data.ArrayLayout(self.score_shape, plan.classes)),
                "any_error": Out(1),
                "signal_write": Out(1),
                "signal_index": Out(plan.neuron_bits),
                "signal": Out(signed(spec.hidden.signal_bits)),
                "words": Out(data.ArrayLayout(self.weight_shape, plan.classes)),
                "load": In(plan.classes),
                "load_data": In(self.weight_shape),
                "landing": Out(1),
            }
        )

    def elaborate(self, platform: Any) -> Module:
        m = Module()
        plan, delays = self.plan, Delays(m)
        m.submodules.ram = ram = WordRAM(
            plan.neurons, plan.spec.readout.weight_bits, plan.classes, single_port=False
        )
        longest = max(self.written, FETCH + self.feedback.latency)
        added = [delays.later(self.add, n, "add", strobe=True) for n in range(1, FETCH + 1)]
        learn_strobes = [
            delays.later(self.learn, n, "learn", strobe=True) for n in range(1, longest + 1)
        ]
        look_strobes = [
            delays.later(self.look, n, "look", strobe=True) for n in range(1, self.looked + 1)
        ]
        errors = self._errors(m, delays, look_strobes)
        words = data.View(self.words.shape(), ram.r_data)
        self._scores(m, words, added[-1], delays.later(self.spike, FETCH, "spike"))
        new_weights = self._learn(m, delays, words, errors)
        lands = learn_strobes[self.written - 1]
        m.d.comb += [
            ram.r_addr.eq(self.index),
            ram.w_addr.eq(Mux(lands, delays.later(self.index, self.written, "index"), self.index)),
            ram.w_en.eq(self.load | (lands & self.learns).replicate(plan.classes)),
            ram.w_data.eq(Mux(lands, new_weights, self.load_data.replicate(plan.classes))),
            self.words.as_value().eq(ram.r_data),
            self.signal_write.eq(learn_strobes[FETCH + self.feedback.latency - 1]),
            self.signal_index.eq(delays.later(self.index, FETCH + self.feedback.latency, "index")),
            self.landing.eq(Cat(*added, *learn_strobes, *look_strobes).any()),
        ]
        return m

    def _scores(self, m: Module, words: Any, strobe: Value, spike: Value) -> None:
        """The sums of the classes."""
        scores = Signal(self.scores.shape(), name="score_register", reset_less=True)
        for number in range(self.plan.classes):
            m.submodules[f"leak_{number}"] = leak = self.plan.leak()
            m.d.comb += leak.i_score.eq(scores[number])
            with m.If(self.leak):
                m.d.sync += scores[number].eq(
                    gated(leak.o_score.as_unsigned(), by=~self.fresh).as_signed()
                )
            with m.Elif(strobe & spike):
                m.d.sync += scores[number].eq(scores[number] + words[number])
        m.d.comb += self.scores.eq(scores)

    def _errors(self, m: Module, delays: Delays, look_strobes: list[Value]) -> Any:
        """Winner and errors, class by class; the errors."""
        plan = self.plan
        m.submodules.error = error = self.error
        score = Signal(self.score_shape, name="score", reset_less=True)
        best = Signal(self.score_shape, name="best", reset_less=True)
        winner = Signal(plan.class_bits, name="winner_register")
        number = delays.later(self.number, 1, "number")
        first = ~number.any()
        m.d.sync += score.eq(choose(self.number, [self.scores[n] for n in range(plan.classes)]))
        with m.If(look_strobes[0] & (first | (score > best))):
            m.d.sync += [best.eq(score), winner.eq(number)]
        m.d.comb += [
            self.winner.eq(winner),
            error.i_score.eq(score),
            error.i_target.eq(number == self.label),
            error.i_known.eq(self.told),
        ]
        errors = Signal(
            data.ArrayLayout(self.error_shape, plan.classes), name="errors", reset_less=True
        )
        found = Signal(self.error_shape, name="found_error")
        any_error = Signal(name="any_error_register")
        m.d.comb += [found.eq(error.o_error), self.any_error.eq(any_error)]
        begins = ~delays.later(self.number, self.looked, "number").any()
        with m.If(look_strobes[-1]):
            bits = errors.as_value()
            m.d.sync += [
                bits.eq(Cat(bits[len(found) :], found)),
                any_error.eq(found.any() | (any_error & ~begins)),
            ]
        return errors

    def _learn(self, m: Module, delays: Delays, words: Any, errors: Any) -> Value:
        """The learning signal of the neuron that has arrived; its new weights, `written`."""
        plan = self.plan
        m.submodules.feedback = feedback = self.feedback
        noise = delays.later(self.noise, FETCH, "noise")
        weights = []
        for number in range(plan.classes):
            m.submodules[f"synapse_{number}"] = synapse = plan.readout_synapse()
            m.d.comb += [
                getattr(feedback, f"i_weight_{number}").eq(words[number]),
                getattr(feedback, f"i_error_{number}").eq(errors[number]),
                synapse.i_weight.eq(words[number]),
                synapse.i_trace.eq(self.trace),
                synapse.i_signal.eq(errors[number]),
                synapse.i_shift.eq(self.shift),
                synapse.i_noise.eq(noise),
            ]
            weights.append(Value.cast(synapse.o_weight)[: len(words[number])])
        m.d.comb += self.signal.eq(feedback.o_signal)
        return Cat(*weights)
