"""Random bits of a block: one shift register for all its synapses."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self

from amaranth.hdl import Cat, Module, Signal, Value
from amaranth.lib import data, wiring
from amaranth.lib.wiring import In, Out

from sc_hw.wires import port_shape
from sc_model.arithmetic.noise import SEED, WIDTH, sources_after
from sc_model.spec import IntFormat, Rule, RuleParams

HOST = wiring.Signature({"load": Out(1), "seed": Out(WIDTH), "state": In(WIDTH)})
"""Port `random` of a block with such a register, as its host sees it."""


def random_ports(source: RandomSource | None) -> dict[str, Any]:
    """The members of a block that has a source, or has none."""
    return {"random": In(HOST)} if source is not None else {}


class RandomSource(wiring.Component):
    """The shift register of `sc_model.arithmetic.noise`; its lowest bits are the random ones.

    Latency 0: `word` stands in registers, and changes in the clock after `step`. Domain ``sync``;
    a reset gives the seed. `host.load` goes before `restart`, and this before `step`.

    Parameters
    ----------
    fields : formats of the random inputs; the first has the lowest bits, all 1 to 32 together.

    Members
    -------
    step : the word is used in this clock: shift by as many places.
    restart : go back to the seed.
    word : random bits.
    host : {load, seed, state}: a host reads the register, and writes it; 0 is no state of it.

    Raises
    ------
    ValueError : the number of bits is out of its range.
    """

    def __init__(self, fields: Mapping[str, IntFormat]) -> None:
        self.fields = fields
        self.layout = data.StructLayout({name: port_shape(f) for name, f in fields.items()})
        bits = self.layout.size
        if not 1 <= bits <= WIDTH:
            raise ValueError(f"Random source needs 1 to {WIDTH} bits, not {bits}")
        super().__init__({"step": In(1), "restart": In(1), "word": Out(bits), "host": In(HOST)})

    @classmethod
    def of(cls, rule: Rule, params: RuleParams) -> Self | None:
        """The source of a rule's random inputs; None for a rule without such."""
        fields = rule.random_formats(params)
        return cls(fields) if fields else None

    def values(self, word: Value | None = None) -> dict[str, Any]:
        """The random inputs in a word, by name; None: in that of this clock."""
        view = data.View(self.layout, self.word if word is None else word)
        return {name: view[name] for name in self.fields}

    def connect(self, m: Module, port: Any) -> None:
        """Connect the host's side with the port of a block."""
        m.d.comb += [
            self.host.load.eq(port.load),
            self.host.seed.eq(port.seed),
            port.state.eq(self.host.state),
        ]

    def elaborate(self, platform: object) -> Module:
        m = Module()
        register = Signal(WIDTH, init=SEED, name="lfsr")
        m.d.comb += [self.host.state.eq(register), self.word.eq(register[: len(self.word)])]
        with m.If(self.step):
            taps = sources_after(len(self.word))
            m.d.sync += register.eq(Cat(Cat(register[bit] for bit in bits).xor() for bits in taps))
        with m.If(self.restart):
            m.d.sync += register.eq(SEED)
        with m.If(self.host.load):
            m.d.sync += register.eq(self.host.seed)
        return m
