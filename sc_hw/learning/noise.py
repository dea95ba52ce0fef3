# amaranth: UnusedElaboratable=no
"""The shift register whose low bits round the steps of a network that learns."""

from __future__ import annotations

from typing import Any

from amaranth.hdl import C, Cat, Module, Signal
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from sc_hw.wires import gated
from sc_model.arithmetic.learning import GALOIS_TAPS
from sc_model.spec.learning.learning_network import REGISTER_BITS


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
