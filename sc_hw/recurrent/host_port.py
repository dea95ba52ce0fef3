# amaranth: UnusedElaboratable=no
"""The host's access to what a recurrent network remembers between two samples."""

from __future__ import annotations

from typing import Any

from amaranth.hdl import Cat, Module, Signal, Value
from amaranth.lib import data, wiring
from amaranth.lib.wiring import In, Out

from sc_hw.parts.host_accesses import access_ports, serve_accesses
from sc_hw.parts.space import Space
from sc_hw.recurrent.plan import FETCH, RecurrentPlan, bits_of
from sc_hw.wires import choose, gated
from sc_model.spec.learning.learning_network import REGISTER_BITS


class HostPort(wiring.Component):
    """Loads and reads one lane of a word, between two steps.

    Domain ``sync``. A reset drops the access under way, and gives the registers their first values.

    Parameters
    ----------
    plan : sizes.
    cell_layout : fields of a synapse of the recurrent layer.
    weight_shape : of a weight of the readout.

    Members
    -------
    load, read, readback, asks, serves : see `sc_hw.parts.host_accesses`; a lane of the readout is a
        class, a word a neuron.
    word : number of the word; 0 without an access.
    cells, weights : the lanes of both memories, `FETCH` clocks later.
    load_cells, load_weights : lanes of the word that take `data`.
    load_noise : the random register takes `data`.
    data : what is loaded.
    noise : the random register.
    learn_hidden, learn_readout : whether the layers learn.
    hidden_shift, readout_shift : sizes of their steps.
    """

    def __init__(
        self, plan: RecurrentPlan, cell_layout: data.StructLayout, weight_shape: Any
    ) -> None:
        self.plan = plan
        self.spaces = {
            Space.SYNAPSE: cell_layout,
            Space.OUTPUT: data.StructLayout({"weight": weight_shape}),
            Space.CONTROL: data.StructLayout(
                {
                    "lfsr": REGISTER_BITS,
                    "hidden_shift": plan.shift_bits,
                    "readout_shift": plan.shift_bits,
                    "learn_hidden": 1,
                    "learn_readout": 1,
                }
            ),
        }
        self.counts = {Space.SYNAPSE: plan.words, Space.OUTPUT: plan.neurons, Space.CONTROL: 1}
        self.data_bits = max(layout.size for layout in self.spaces.values())
        self.place_bits = max(plan.word_bits, plan.neuron_bits)
        self.load_layout, self.read_layout, streams = access_ports(
            bits_of(max(plan.lanes, plan.classes)), self.place_bits, self.data_bits
        )
        super().__init__(
            {
                **streams,
                "word": Out(self.place_bits),
                "cells": In(data.ArrayLayout(cell_layout.size, plan.lanes)),
                "weights": In(data.ArrayLayout(weight_shape, plan.classes)),
                "load_cells": Out(plan.lanes),
                "load_weights": Out(plan.classes),
                "load_noise": Out(1),
                "data": Out(self.data_bits),
                "noise": In(REGISTER_BITS),
                "learn_hidden": Out(1),
                "learn_readout": Out(1),
                "hidden_shift": Out(plan.shift_bits),
                "readout_shift": Out(plan.shift_bits),
            }
        )

    def elaborate(self, platform: Any) -> Module:
        m = Module()
        access = serve_accesses(m, self, FETCH)
        payload, loading, is_at = access.payload, access.loading, access.is_at

        def lanes(count: int, space: Space) -> Value:
            mask = Cat(payload.lane == lane for lane in range(count))
            return gated(mask, by=loading & is_at[space])

        m.d.comb += [
            self.data.eq(payload.data),
            self.word.eq(gated(payload.word, by=access.busy)),
            self.load_cells.eq(lanes(self.plan.lanes, Space.SYNAPSE)),
            self.load_weights.eq(lanes(self.plan.classes, Space.OUTPUT)),
            self.load_noise.eq(loading & is_at[Space.CONTROL]),
        ]
        own = self._registers(m, payload.data)
        cell = choose(payload.lane, [self.cells[one] for one in range(self.plan.lanes)])
        weight = choose(payload.lane, [self.weights[one] for one in range(self.plan.classes)])
        words = {
            Space.SYNAPSE: cell,
            Space.OUTPUT: Value.cast(weight).as_unsigned(),
            Space.CONTROL: own,
        }
        access.answer(m, self.readback, words)
        return m

    def _registers(self, m: Module, data_word: Any) -> Value:
        """The registers that a host sets; all of its word, the random register too."""
        spec = self.plan.spec
        layout = self.spaces[Space.CONTROL]
        fields = data.View(layout, data_word[: layout.size])
        first = {
            "hidden_shift": spec.hidden.shift,
            "readout_shift": spec.readout.shift,
            "learn_hidden": int(spec.hidden.learn),
            "learn_readout": int(spec.readout.learn),
        }
        registers = []
        for name, value in first.items():
            port = getattr(self, name)
            register = Signal(len(port), name=f"{name}_register", init=value)
            with m.If(self.load_noise):
                m.d.sync += register.eq(fields[name])
            m.d.comb += port.eq(register)
            registers.append(register)
        return Cat(self.noise, *registers)
