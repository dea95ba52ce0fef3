# amaranth: UnusedElaboratable=no
"""A lane behind the registers: a step is one transfer, its output the state."""

from __future__ import annotations

from typing import Any

from amaranth.hdl import C, Cat, Module, Mux, Signal, Value
from amaranth.lib import data

from sc_hw.build.blocks.ports import leaf_fields
from sc_hw.host.block_registers import BlockRegisters
from sc_hw.host.blocks.host_block import HostBlock
from sc_hw.host.packets import OutputPacket, StepPacket, Window
from sc_hw.host.registers import WORD_BITS
from sc_hw.parts.space import Space
from sc_hw.wires import choose, port_shape


class HostLane(HostBlock):
    """A lane; a load writes the loadable fields and puts the others to their initial values."""

    name = "lane"
    kind = 1

    def describe(self) -> None:
        """A step carries the rule's inputs, a packet the state behind it."""
        lane = self.block.component
        self.own = BlockRegisters.of(lane.rule, lane.params, lane)
        settings = {setting.name for setting in lane.rule.settings}
        inputs = {n: f for n, f in lane.inputs.items() if n not in settings}
        fields = lane.rule.state_formats(lane.params)
        self.input_layout = data.StructLayout({n: port_shape(f) for n, f in inputs.items()})
        self.state_layout = data.StructLayout({n: port_shape(f) for n, f in fields.items()})
        bits = self.input_layout.size
        leaves = tuple(leaf_fields(self.state_layout))
        self.step = StepPacket(1, bits, tuple(leaf_fields(self.input_layout)))
        self.output = OutputPacket(self.state_layout.size, leaves)
        spaces = [
            {
                "name": "synapse",
                "code": Space.SYNAPSE.value,
                "words": 1,
                "fields": list(leaves),
                "loadable": [field.name for field in lane.rule.state if field.loadable],
            }
        ]
        self.windows = (Window("lane", (), self.state_layout.size, spaces),)
        self.windows += (self.own.window,) if self.own is not None else ()

    def connect(self, m: Module, pins: Any) -> None:
        """A step when the transfer comes; then the state goes out, word by word."""
        rule = self.block.component.rule
        flying = self.count_in_flight(m, 1)
        inputs = data.View(self.input_layout, self.transfer.payload)
        load_values = data.View(self.state_layout, self.data)
        state = Cat(Value.cast(getattr(pins, name)) for name, _ in self.state_layout)
        done, answer = Signal(), Signal(self.data_bits, reset_less=True)
        loads, word = self.load & ~self.done, state
        if self.own is not None:
            loads, word = self._registers(m, pins, self.own, loads, state)
        m.d.comb += [
            self.transfer.ready.eq(1),
            pins.step.eq(self.transfer.valid),
            *(getattr(pins, name).eq(inputs[name]) for name, _ in self.input_layout),
            pins.load.eq(loads),
            *(
                getattr(pins, f"load_{field.name}").eq(load_values[field.name])
                for field in rule.state
                if field.loadable
            ),
        ]
        # The state of a read is copied in the clock of the request, that of a load is not shown.
        m.d.sync += [done.eq((self.load | self.read) & ~done), answer.eq(word)]
        m.d.comb += [self.done.eq(done), self.answer.eq(answer)]
        self._send(m, pins, flying, state)

    def _registers(
        self, m: Module, pins: Any, own: BlockRegisters, loads: Value, state: Value
    ) -> tuple[Value, Value]:
        """Registers beside the state, behind the second window.

        Returns whether the lane is loaded in this clock, and the word that the window shows.
        """
        m.submodules.registers = own
        own.connect(m, pins)
        here = self.port == len(self.windows) - 1
        m.d.comb += [
            *(getattr(pins, name).eq(own.settings[name]) for name, _ in own.layout),
            own.load.valid.eq(loads & here),
            own.load.payload.address.eq(self.address),
            own.load.payload.data.eq(self.data),
            own.read.payload.eq(self.address),
        ]
        return loads & ~here, Mux(here, own.word, state)

    def _send(self, m: Module, pins: Any, flying: Signal, state: Value) -> None:
        """Write the packet: the step's number, and the state, which stays until the next step."""
        number = Signal(WORD_BITS, init=1)
        words = self.output.words - 1
        index = Signal(range(max(2, words)))
        padded = Cat(state, C(0, words * WORD_BITS - len(state)))
        parts = [padded[k * WORD_BITS : (k + 1) * WORD_BITS] for k in range(words)]
        with m.FSM(name="packet"):
            with m.State("rest"), m.If(pins.done):
                m.next = "number"
            with m.State("number"):
                m.d.comb += [self.packet.valid.eq(1), self.packet.payload.eq(number)]
                with m.If(self.packet.ready):
                    m.d.sync += number.eq(number + 1)
                    m.next = "state"
            with m.State("state"):
                m.d.comb += [self.packet.valid.eq(1), self.packet.payload.eq(choose(index, parts))]
                with m.If(self.packet.ready):
                    m.d.sync += index.eq(index + 1)
                    with m.If(index == words - 1):
                        m.d.sync += index.eq(0)
                        m.d.comb += self.finished.eq(1)
                        m.next = "rest"


HOST_BLOCK = HostLane
