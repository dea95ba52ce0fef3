# amaranth: UnusedElaboratable=no
"""The shift register whose low bits round the steps of a network that learns, and draw classes."""

from __future__ import annotations

from typing import Any

from amaranth.hdl import C, Cat, Module, Mux, Signal
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from sc_hw.learning.plan import LearningPlan
from sc_hw.wires import gated
from sc_model.arithmetic.learning import GALOIS_TAPS
from sc_model.spec.learning.learning_network import REGISTER_BITS

LOW = REGISTER_BITS // 2  # bits that decide, and above them those that choose


class NoiseSource(wiring.Component):
    """One register in Galois form for all lanes (`sc_model.arithmetic.learning.galois_step`).

    Domain ``sync``. A reset gives it the seed.

    Parameters
    ----------
    seed : the state after a reset, not 0.

    Members
    -------
    step : the word of this clock takes its noise from the state, which then goes on.
    state : the register.
    load, load_data : set the register; not together with `step`.
    """

    def __init__(self, seed: int) -> None:
        self.seed = seed
        super().__init__(
            {
                "step": In(1),
                "state": Out(REGISTER_BITS),
                "load": In(1),
                "load_data": In(REGISTER_BITS),
            }
        )

    def elaborate(self, platform: Any) -> Module:
        m = Module()
        state = Signal(REGISTER_BITS, name="register", init=self.seed)
        taps = gated(C(GALOIS_TAPS, REGISTER_BITS), by=state[0])
        with m.If(self.load):
            m.d.sync += state.eq(self.load_data)
        with m.Elif(self.step):
            m.d.sync += state.eq(Cat(state[1:], C(0, 1)) ^ taps)
        m.d.comb += self.state.eq(state)
        return m


class Exploration(wiring.Component):
    """Moves the register on until none of its bits is left, and decides by what it holds then.

    A pass takes `REGISTER_BITS` clocks and two more, or two where the sample does not explore.
    Domain ``sync``. A reset stops it.

    Parameters
    ----------
    plan : sizes; the specification has an exploration above 0.

    Members
    -------
    start : begin a pass; while it rests.
    explores : the sample may explore, constant during a pass.
    winner : the class with the largest score.
    state : the random register.
    draws : the register takes a step in this clock.
    played : the class that is answered, from the pass's end to the next pass.
    ended : the pass is over; high for a clock.
    """

    def __init__(self, plan: LearningPlan) -> None:
        self.plan = plan
        super().__init__(
            {
                "start": In(1),
                "explores": In(1),
                "winner": In(plan.class_bits),
                "state": In(REGISTER_BITS),
                "draws": Out(1),
                "played": Out(plan.class_bits),
                "ended": Out(1),
            }
        )

    def elaborate(self, platform: Any) -> Module:
        m = Module()
        plan = self.plan
        running, decides = Signal(name="running"), Signal(name="decides")
        count = Signal(range(REGISTER_BITS + 1), name="count")
        played = Signal(plan.class_bits, name="played_register", reset_less=True)
        random = self.state[:LOW] < plan.spec.exploration
        random_class = (self.state[LOW:] * C(plan.classes))[LOW:][: plan.class_bits]
        m.d.comb += [
            decides.eq(running & (count == REGISTER_BITS)),
            self.draws.eq(running & ~decides),
            self.ended.eq(decides),
            self.played.eq(played),
        ]
        with m.If(self.start):
            m.d.sync += [running.eq(1), count.eq(Mux(self.explores, 0, REGISTER_BITS))]
        with m.Elif(decides):
            m.d.sync += [
                running.eq(0),
                played.eq(Mux(self.explores & random, random_class, self.winner)),
            ]
        with m.Elif(running):
            m.d.sync += count.eq(count + 1)
        return m
