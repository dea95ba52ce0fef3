# amaranth: UnusedElaboratable=no
"""The host's access to what a network remembers: weights, ages, the random register, registers."""

from __future__ import annotations

from typing import Any

from amaranth.hdl import Cat, Module, Signal, Value, signed
from amaranth.lib import data, wiring
from amaranth.lib.wiring import In, Out

from sc_hw.learning.plan import LearningPlan, Part
from sc_hw.parts.host_accesses import access_ports, serve_accesses
from sc_hw.parts.space import Space
from sc_hw.wires import choose, gated
from sc_model.spec.learning.learning_network import REGISTER_BITS, STEP_SHIFT_BITS


class HostPort(wiring.Component):
    """Loads and reads one lane of a word, between samples, or an answer and what is told of it.

    Domain ``sync``. A reset drops the access under way, and gives the registers their first values.

    Parameters
    ----------
    plan : sizes.

    Members
    -------
    load, read, readback, asks, serves : see `sc_hw.parts.host_accesses`.
    address : of weights; `number` of ages; 0 without an access.
    words, ages : of the lanes, `fetch` clocks later.
    load_weights, load_ages : lanes of the word that take `data`.
    load_noise : the random register takes `data`.
    data : what is loaded.
    noise : the random register.
    learn : for each layer, whether it learns.
    step_shift : by how many powers of two all steps are smaller.
    explore : the samples to come may explore; where the specification has exploration.
    """

    def __init__(self, plan: LearningPlan) -> None:
        self.plan = plan
        self.spaces = {
            Space.SYNAPSE: data.StructLayout({"weight": signed(plan.weight_bits)}),
            Space.NEURON: data.StructLayout({"age": plan.hidden.age_bits}),
            Space.CONTROL: data.StructLayout(
                {
                    "lfsr": REGISTER_BITS,
                    "step_shift": STEP_SHIFT_BITS,
                    **{f"learn_{name}": 1 for name in plan.layer_names},
                    **({"explore": 1} if plan.spec.exploration else {}),
                }
            ),
        }
        self.counts = {
            Space.SYNAPSE: plan.depth,
            Space.NEURON: plan.units,
            Space.CONTROL: 1,
        }
        self.data_bits = max(layout.size for layout in self.spaces.values())
        self.load_layout, self.read_layout, streams = access_ports(
            plan.lane_bits, plan.address_bits, self.data_bits
        )
        super().__init__(
            {
                **streams,
                "address": Out(plan.address_bits),
                "state_address": Out(plan.state_address_bits),
                "words": In(data.ArrayLayout(signed(plan.weight_bits), plan.lanes)),
                "ages": In(data.ArrayLayout(plan.state_bits, plan.lanes)),
                "load_weights": Out(plan.lanes),
                "load_ages": Out(plan.lanes),
                "load_noise": Out(1),
                "data": Out(self.data_bits),
                "noise": In(REGISTER_BITS),
                "learn": Out(plan.stages + 1),
                "step_shift": Out(STEP_SHIFT_BITS),
                **({"explore": Out(1)} if plan.spec.exploration else {}),
            }
        )

    def elaborate(self, platform: Any) -> Module:
        m = Module()
        plan = self.plan
        layers = plan.spec.layers
        stored = Signal(name="stored")  # the address of a load stands in the memory's register
        access = serve_accesses(m, self, plan.fetch, stored=stored)
        payload, busy, is_at = access.payload, access.busy, access.is_at
        learn = Signal(
            len(layers),
            name="learn_register",
            init=sum(one.learn << n for n, one in enumerate(layers)),
        )
        step_shift = Signal(STEP_SHIFT_BITS, name="step_shift_register")
        lanes = Cat(payload.lane == lane for lane in range(plan.lanes))
        control = data.View(
            self.spaces[Space.CONTROL], payload.data[: self.spaces[Space.CONTROL].size]
        )
        sets_control = Signal(name="sets_control")
        m.d.comb += [
            self.data.eq(payload.data),
            self.address.eq(gated(payload.word, by=busy)),
            self.state_address.eq(
                gated(plan.state_place(Part.AGE, payload.word[: plan.unit_bits]), by=busy)
            ),
            self.load_weights.eq(gated(lanes, by=stored & is_at[Space.SYNAPSE])),
            self.load_ages.eq(gated(lanes, by=access.loading & is_at[Space.NEURON])),
            sets_control.eq(access.loading & is_at[Space.CONTROL]),
            self.load_noise.eq(sets_control),
            self.learn.eq(learn),
            self.step_shift.eq(step_shift),
        ]
        with m.If(sets_control):
            m.d.sync += [
                learn.eq(Cat(control[f"learn_{name}"] for name in plan.layer_names)),
                step_shift.eq(control.step_shift),
            ]
        own = Cat(self.noise, step_shift, learn)
        if plan.spec.exploration:
            with m.If(sets_control):
                m.d.sync += self.explore.eq(control.explore)
            own = Cat(own, self.explore)
        weight = choose(payload.lane, [Value.cast(self.words[one]) for one in range(plan.lanes)])
        age = choose(payload.lane, [Value.cast(self.ages[one]) for one in range(plan.lanes)])
        words = {
            Space.SYNAPSE: weight,
            Space.NEURON: age[: plan.hidden.age_bits],
            Space.CONTROL: own,
        }
        access.answer(m, self.readback, words)
        return m
