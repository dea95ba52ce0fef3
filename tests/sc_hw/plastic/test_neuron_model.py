"""What a plastic layer knows of its neurons."""

from __future__ import annotations

from typing import Any

import pytest
from amaranth.hdl import Module, Signal
from simulator import simulate

from sc_hw.plastic.neuron_model import NeuronModel
from sc_model.arithmetic import Lfsr
from sc_model.spec import IntFormat, NeuronSpec, PlasticLayerSpec


def model_of(counters: bool = False, **options: Any) -> NeuronModel:
    layer = PlasticLayerSpec(inputs=4, neurons=9, counters=counters)
    return NeuronModel(NeuronSpec(**options), layer, IntFormat(8), index_bits=4)


@pytest.mark.parametrize(
    ("options", "fields", "registers", "flags"),
    [
        ({}, ["potential", "fired", "fired_before"], [], {}),
        (
            {"inhibition": 3, "refractory": 2},
            ["potential", "refractory", "fired", "fired_before"],
            ["any_fired", "many_fired"],
            {},
        ),
        (
            {"winner_take_all": True, "inhibition": 3, "noise_bits": 5},
            ["potential"],
            ["lfsr", "won", "winner", "won_before", "winner_before"],
            {"decide": 1},
        ),
        (
            {"threshold_step": 2, "counters": True},
            ["potential", "adaptation", "spikes", "fired", "fired_before"],
            [],
            {},
        ),
    ],
)
def test_words_and_registers(
    options: dict[str, Any], fields: list[str], registers: list[str], flags: dict[str, int]
) -> None:
    model = model_of(**options)
    assert [str(name) for name, _ in model.fields] == fields
    assert [str(name) for name, _ in model.registers] == registers
    assert model.step_flags == flags


def test_registers_after_reset() -> None:
    model = model_of(winner_take_all=True, noise_bits=5)
    values = {str(name): model.initial(str(name)) for name, _ in model.registers}
    assert values.pop("lfsr") == Lfsr(5).state != 0
    assert set(values.values()) == {0}


@pytest.mark.parametrize("bits", [1, 5, 24])
def test_noise_is_that_of_the_model(bits: int) -> None:
    model, lfsr = model_of(noise_bits=bits), Lfsr(bits)
    m = Module()
    state, following = Signal(32), Signal(32)
    m.d.comb += following.eq(model.next_noise(state))

    async def testbench(ctx: Any) -> None:
        for _ in range(50):
            ctx.set(state, lfsr.state)
            after = ctx.get(following)
            lfsr.number()
            assert after == lfsr.state

    simulate(m, testbench, clocked=False)
