# amaranth: UnusedElaboratable=no
"""Registers that a block has beside its memories: run-time parameters, and its random bits' state.

They are a window of their own, behind those of the block's host ports.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self

from amaranth.hdl import Module, Mux, Signal, Value
from amaranth.lib import data, stream, wiring
from amaranth.lib.wiring import In, Out

from sc_hw.build.blocks.ports import leaf_fields
from sc_hw.host.packets import Window
from sc_hw.synapse.random_source import HOST
from sc_hw.wires import port_shape
from sc_model.arithmetic.noise import WIDTH
from sc_model.spec import Rule, RuleParams

NAME = "registers"  # of the window
PARAMETERS, CONTROL = 0, 1  # codes of its spaces


class BlockRegisters(wiring.Component):
    """Run-time parameters, and the way to the shift register behind random inputs.

    A load is taken at once, a read answered in the next clock. Domain ``sync``; a reset gives the
    parameters the values of the design.

    Parameters
    ----------
    rule, params : learning rule and its parameters.
    draws : whether the block has a shift register.

    Members
    -------
    load : stream of {address, data}; `address` is the code of a space.
    read, readback : streams of addresses, and of the words there.
    word : the word at `read.payload`, without a transfer.
    settings : the run-time parameters, by name.
    random : to the block's port of that name, if there is one.
    """

    def __init__(self, rule: Rule, params: RuleParams, draws: bool) -> None:
        forms, initial = rule.input_formats(params), rule.initial_settings(params)
        self.initial: Mapping[str, int] = initial
        self.layout = data.StructLayout({name: port_shape(forms[name]) for name in initial})
        self.draws = draws
        self.data_bits = max(self.layout.size, WIDTH if draws else 0)
        word = data.StructLayout({"address": 1, "data": self.data_bits})
        super().__init__(
            {
                "load": In(stream.Signature(word)),
                "read": In(stream.Signature(1)),
                "readback": Out(stream.Signature(self.data_bits)),
                "word": Out(self.data_bits),
                "settings": Out(self.layout),
                **({"random": Out(HOST)} if draws else {}),
            }
        )

    @classmethod
    def of(cls, rule: Rule, params: RuleParams, block: wiring.Component) -> Self | None:
        """Those of a lane, a bank or a layer; None where it has none."""
        draws = "random" in block.signature.members
        return cls(rule, params, draws) if draws or rule.settings else None

    @property
    def window(self) -> Window:
        """The window that shows them."""
        spaces: list[dict[str, Any]] = []
        if self.initial:
            spaces.append(_space("parameters", PARAMETERS, leaf_fields(self.layout)))
        if self.draws:
            spaces.append(_space("control", CONTROL, leaf_fields(WIDTH, prefix="lfsr")))
        address = ({"name": "space", "offset": 0, "width": 1, "signed": False},)
        return Window(NAME, address, self.data_bits, spaces)

    def connect(self, m: Module, pins: Any) -> None:
        """Connect the shift register with a block's pins."""
        if self.draws:
            m.d.comb += [
                pins.random.load.eq(self.random.load),
                pins.random.seed.eq(self.random.seed),
                self.random.state.eq(pins.random.state),
            ]

    def elaborate(self, platform: object) -> Module:
        m = Module()
        payload = self.load.payload
        first = self.layout.const(dict(self.initial))
        registers = Signal(self.layout, init=first, name="parameters")
        word = Value.cast(registers)
        m.d.comb += [self.load.ready.eq(1), self.read.ready.eq(1), self.settings.eq(registers)]
        if self.initial:
            with m.If(self.load.valid & (payload.address == PARAMETERS)):
                m.d.sync += word.eq(payload.data)
        if self.draws:
            m.d.comb += [
                self.random.load.eq(self.load.valid & (payload.address == CONTROL)),
                self.random.seed.eq(payload.data),
            ]
            word = Mux(self.read.payload == CONTROL, self.random.state, word)
        answer = Signal(self.data_bits, reset_less=True)
        offered = Signal()
        m.d.comb += self.word.eq(word)
        m.d.comb += [self.readback.valid.eq(offered), self.readback.payload.eq(answer)]
        with m.If(self.readback.ready):
            m.d.sync += offered.eq(0)
        with m.If(self.read.valid):
            m.d.sync += [offered.eq(1), answer.eq(self.word)]
        return m


def _space(name: str, code: int, fields: list[dict[str, Any]]) -> dict[str, Any]:
    """A space of one word."""
    return {"name": name, "code": code, "words": 1, "fields": fields}
