"""Units: noise by hand and by algebra, the critic by hand, and widths that hold whatever the
options.
"""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sc_model.arithmetic import Lfsr, Unit, critic_unit, lif_unit, neuron_unit
from sc_model.arithmetic.critic import value_critic_unit
from sc_model.arithmetic.noise import SEED, TAPS, WIDTH, shifted_state
from sc_model.golden.plastic.noise import NoiseTable
from sc_model.graph import INTS, Op, trace_function
from sc_model.spec import IntFormat, LifSpec, NeuronSpec, PlasticLayerSpec

# --- noise ----------------------------------------------------------------------------------------


def test_first_numbers_by_hand() -> None:
    """0xACE12468 is 1010 1100 1110 0001 0010 0100 0110 1000; a new bit is the sum of bits 31, 21, 1
    and 0: 1+1+0+0, 0+0+0+0, 1+0+0+0, 0+0+0+1, then 1+0+1+1, 1+1+1+1, 0+0+1+0, 0+0+0+1, then
    1+1+1+1, 1+0+1+0, 1+0+0+0, 0+1+0+1.
    """
    assert SEED == 0xACE1_2468
    register = Lfsr(4)
    assert [register.number() for _ in range(3)] == [0b0011, 0b1011 - 16, 0b0010]
    assert register.state == (SEED << 12 | 0b0011_1011_0010) & 0xFFFF_FFFF


def times(a: int, b: int) -> int:
    """Product of polynomials over GF(2) modulo the register's; bit k is x^k."""
    modulus = 1 << WIDTH | 1 << 22 | 1 << 2 | 1 << 1 | 1
    result = 0
    while b:
        result ^= a if b & 1 else 0
        a, b = a << 1, b >> 1
        a ^= modulus if a >> WIDTH else 0
    return result


def power(exponent: int) -> int:
    result, base = 1, 2
    while exponent:
        result = times(result, base) if exponent & 1 else result
        base, exponent = times(base, base), exponent >> 1
    return result


def test_the_register_goes_through_all_states_but_zero() -> None:
    """x has the order 2^32 - 1 = 3 * 5 * 17 * 257 * 65537, so the polynomial is primitive; its taps
    are the register's.
    """
    period = (1 << WIDTH) - 1
    assert period == 3 * 5 * 17 * 257 * 65537
    assert power(period) == 1
    assert all(power(period // prime) != 1 for prime in (3, 5, 17, 257, 65537))
    assert sorted(tap + 1 for tap in TAPS) == [1, 2, 22, 32]


def test_states_do_not_repeat_and_numbers_are_even() -> None:
    register = Lfsr(5)
    states, numbers = set(), []
    for _ in range(20_000):
        numbers.append(register.number())
        states.add(register.state)
    assert len(states) == 20_000
    assert 0 not in states
    counts = np.bincount(np.array(numbers) + 16, minlength=32)
    assert (len(counts), counts.min() > 500, counts.max() < 750) == (
        32,
        True,
        True,
    )  # 625 on average, 25 of spread


@given(st.integers(1, 24), st.integers(1, 40), st.integers(1, (1 << 32) - 1))
def test_a_table_of_numbers_is_the_register(bits: int, count: int, seed: int) -> None:
    register, table, state = Lfsr(bits, seed), NoiseTable(bits, count), seed
    for _ in range(3):
        numbers, state = table.numbers(state)
        assert numbers.tolist() == [register.number() for _ in range(count)]
        assert state == register.state


@given(st.integers(1, 24), st.integers(1, (1 << 32) - 1))
def test_moved_bits_are_the_register(bits: int, seed: int) -> None:
    register = Lfsr(bits, seed)
    register.number()
    assert (
        sum(
            bit << place
            for place, bit in enumerate(shifted_state([seed >> k & 1 for k in range(32)], bits))
        )
        == register.state
    )


@pytest.mark.parametrize(("bits", "seed"), [(0, 1), (25, 1), (8, 0), (8, 1 << 32), (8, -1)])
def test_a_register_that_can_not_be(bits: int, seed: int) -> None:
    with pytest.raises(ValueError, match="Lfsr") as caught:
        Lfsr(bits, seed)
    assert (
        str(caught.value)
        == f"Lfsr needs 1 to 24 bits and a seed in [1, 2^32), not {bits} and {seed}"
    )


# --- critic ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("mean", "reward", "outcome", "modulator", "after"),
    [
        # 40 * 256 = 10240, >> 2 = 2560
        (0, 40, 1, 40, 2560),
        # 2560 >> 8 = 10; 2560 + (7680 >> 2)
        (2560, 40, 1, 30, 4480),
        # 4480 >> 8 = 17 (17.5); 4480 + ((-25600 - 4480) >> 2 = -7520)
        (4480, -100, 1, -117, -3040),
        # -3040 >> 8 = -12 (-11.9); 5 + 12; -3040 + ((1280 + 3040) >> 2 = 1080)
        (-3040, 5, 1, 17, -1960),
        (-3040, 5, 0, 5, -3040),
        # saturates: -128 - 10, 127 + 10; (-32768 - 2560) >> 2 = -8832; (32512 + 2560) >> 2 = 8768
        (2560, -128, 1, -128, -6272),
        (-2560, 127, 1, 127, 6208),
        (0, 0, 1, 0, 0),
        # -1 >> 2 = -1: towards minus infinity
        (1, 0, 1, 0, 0),
    ],
)
def test_critic_by_hand(mean: int, reward: int, outcome: int, modulator: int, after: int) -> None:
    unit = critic_unit(IntFormat(8, signed=True), 2)
    result = unit.apply(INTS, {"mean": mean, "reward": reward, "outcome": outcome})
    assert result == {"modulator": modulator, "mean": after}


def test_the_mean_comes_near_what_is_always_the_outcome() -> None:
    unit, mean = critic_unit(IntFormat(8, signed=True), 4), 0
    for _ in range(300):
        mean = unit.apply(INTS, {"mean": mean, "reward": 100, "outcome": 1})["mean"]
    assert 99 * 256 < mean <= 100 * 256


@pytest.mark.parametrize(
    ("value", "before", "reward", "outcome", "modulator"),
    [
        # 3 * 16 = 48; 100 - (100 >> 2) = 75; 48 + 75 - 60 = 63; (63 + 4) >> 3 = 8
        (100, 60, 3, 1, 8),
        # -100 - (-100 >> 2) = -75; -75 - 60 = -135; (-135 + 4) >> 3 = -17 (-16.4)
        (-100, 60, 0, 1, -17),
        # the end of a trial: nothing is to come. -1 * 16 + 40 = 24: 3 exactly
        (0, -40, -1, 1, 3),
        # 3 - (3 >> 2) = 3; 3 + 1 = 4: a half is rounded up. -4: as well
        (3, -1, 0, 1, 1),
        (0, 4, 0, 1, 0),
        (0, 5, 0, 1, -1),
        # no outcome: the reward as it is
        (100, 60, 3, 0, 3),
        # saturates: 127 * 16 + 750 + 1000 = 3782, >> 3 = 473; and downwards
        (1000, -1000, 127, 1, 127),
        (-1000, 1000, -128, 1, -128),
    ],
)
def test_prediction_by_hand(
    value: int, before: int, reward: int, outcome: int, modulator: int
) -> None:
    sizes = PlasticLayerSpec(
        inputs=4, neurons=3, discount_shift=2, reward_shift=4, surprise_shift=3
    )
    unit = value_critic_unit(IntFormat(8, signed=True), IntFormat(12, signed=True), sizes)
    given_ = {"value": value, "before": before, "reward": reward, "outcome": outcome}
    assert unit.apply(INTS, given_) == {"modulator": modulator}


def test_a_prediction_becomes_what_is_to_come() -> None:
    """Two states in a row and a reward of 1 behind the second: 3/4 and 1 are to come, times 64."""
    sizes = PlasticLayerSpec(
        inputs=4, neurons=3, discount_shift=2, reward_shift=6, surprise_shift=1
    )
    unit = value_critic_unit(IntFormat(8, signed=True), IntFormat(12, signed=True), sizes)
    first = second = 0

    def surprise(value: int, before: int, reward: int) -> int:
        given_ = {"value": value, "before": before, "reward": reward, "outcome": 1}
        return unit.apply(INTS, given_)["modulator"]

    for _ in range(200):
        first += surprise(second, first, 0)
        second += surprise(0, second, 1)
    assert (first, second) == (48, 64)


# --- widths ---------------------------------------------------------------------------------------


def fits(unit: Unit) -> None:
    """Tracing proves that every output fits; what stays must be an input too, and its first value
    in range.
    """
    trace_function(unit.name, unit.inputs, unit.outputs, unit.apply)
    assert all(unit.inputs[name] == unit.outputs[name] for name in unit.state)
    assert all(
        unit.inputs[name].lo <= value <= unit.inputs[name].hi for name, value in unit.state.items()
    )


@pytest.mark.parametrize("signed", [False, True])
@pytest.mark.parametrize("bits", [1, 2, 8, 70])
@pytest.mark.parametrize("shift", [1, 15])
def test_critics_fit(bits: int, signed: bool, shift: int) -> None:
    fits(critic_unit(IntFormat(bits, signed), shift))
    for wide in (2, 40):
        sizes = PlasticLayerSpec(
            inputs=4, neurons=3, discount_shift=shift, reward_shift=shift, surprise_shift=shift
        )
        value = IntFormat(wide, signed=True)
        fits(value_critic_unit(IntFormat(bits, signed), value, sizes))


CORNERS: dict[str, tuple[Any, ...]] = {
    "threshold": (1, (1 << 31) - 1),
    "leak_shift": (0, 31),
    "reset": ("zero", "subtract"),
    "refractory": (0, 255),
    "inhibition": (0, (1 << 31) - 1),
    "noise_bits": (0, 24),
    "threshold_step": (0, (1 << 24) - 1),
    "threshold_decay_shift": (0, 31),
}
SIZES = [
    {"inputs": 2, "neurons": 1, "signed_weights": True},
    {"inputs": 1 << 14, "neurons": 64, "counters": True},
]


@pytest.mark.parametrize("sizes", SIZES)
@pytest.mark.parametrize(
    ("weight", "shift", "bits"), [(1, 0, 0), (1, 31, 1), (16, 4, 48), (80, 31, 0), (16, 0, 3)]
)
def test_neurons_fit(sizes: dict[str, Any], weight: int, shift: int, bits: int) -> None:
    layer = PlasticLayerSpec(**sizes)
    for values in itertools.product(*CORNERS.values()):
        for winner in (False, True):
            options = dict(zip(CORNERS, values, strict=True)) | {"winner_take_all": winner}
            neuron = NeuronSpec(**options, current_shift=shift, potential_bits=bits)
            fits(
                neuron_unit(
                    neuron, layer.current_format(IntFormat(weight)), counters=layer.counters
                )
            )


def test_formats_by_hand() -> None:
    """5 weights of 4 bits: 75 at most, 8 signed bits; signed weights: -40 to 35, 7 bits."""
    layer, signed = (
        PlasticLayerSpec(inputs=5, neurons=1),
        PlasticLayerSpec(inputs=5, neurons=1, signed_weights=True),
    )
    assert layer.current_format(IntFormat(4)) == IntFormat(8, signed=True)
    assert signed.current_format(IntFormat(4)) == IntFormat(7, signed=True)
    current = IntFormat(8, signed=True)
    assert NeuronSpec(threshold=9).potential_format(current).width == 9
    assert (
        NeuronSpec(threshold=9, current_shift=5).potential_format(current).width == 5
    )  # a threshold of 4 bits
    assert NeuronSpec(threshold=9, potential_bits=20).potential_format(current).width == 20
    assert NeuronSpec(threshold_step=3).adaptation_bits == 6  # 48
    assert NeuronSpec().adaptation_bits == 0


LIF: dict[str, tuple[Any, ...]] = {
    "leak": ("factor", "shift", "none"),
    "factor_shift": (4, 16),
    "synaptic": (False, True),
    "reset": ("zero", "subtract", "none"),
    "reset_delay": (False, True),
    "fraction": (0, 16),
    "threshold_bits": (2, 40),
    "potential_bits": (0, 48),
}


@pytest.mark.parametrize("current", [2, 11, 30])
def test_leaky_neurons_fit(current: int) -> None:
    for values in itertools.product(*LIF.values()):
        options = dict(zip(LIF, values, strict=True))
        if options["reset"] == "none" and options["reset_delay"]:
            continue  # no reset has no moment
        fits(lif_unit(LifSpec(**options), IntFormat(current, signed=True)))
    fits(lif_unit(LifSpec(refractory=255), IntFormat(current, signed=True)))


def test_products_of_leaks_fit_a_multiplier_block() -> None:
    """Each factor of each product in at most 16 signed bits, however wide the potential is."""
    unit = lif_unit(LifSpec(synaptic=True, potential_bits=48), IntFormat(20, signed=True))
    graph = trace_function(unit.name, unit.inputs, unit.outputs, unit.apply)
    products = [node for node in graph.nodes if node.op is Op.MUL]
    assert len(products) == 2 * 4  # 48 bits: 15, 15, 15 and 3
    forms = [graph.nodes[arg].interval.format for node in products for arg in node.args]
    assert max(form.width + (not form.signed) for form in forms) <= 16
