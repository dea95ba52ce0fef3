"""Random bits many at a time, and run-time parameters, of a block's model."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import ArrayLike

from sc_model.arithmetic.noise import SEED, Lfsr, shifted, sources_after
from sc_model.golden import Bank, Synapse
from sc_model.golden.registers import Registers, drawn
from sc_model.graph import INTS
from sc_model.native import NativeBank, NativeSynapse
from sc_model.rules import load_rule

RULE = load_rule("error_triggered")
PARAMS = RULE.params_type()
STEP = {"trace": 7, "signal": -30, "shift": 5}


@pytest.mark.parametrize("bits", [1, 13, 24, 32])
@pytest.mark.parametrize("count", [0, 1, 300])
def test_numbers_are_the_lowest_bits_before_each_shift(bits: int, count: int) -> None:
    state, expected = SEED, []
    for _ in range(count):
        expected.append(state & ((1 << bits) - 1))
        state = shifted(state, bits)
    words, after = drawn(SEED, bits, count)
    assert (words.tolist(), after) == (expected, state)


def test_the_register_is_that_of_the_neurons() -> None:
    lfsr = Lfsr(13)
    numbers = [lfsr.number() & 0x1FFF for _ in range(20)]
    words, _ = drawn(SEED, 13, 21)
    assert words[1:].tolist() == numbers  # neurons take a number behind its shifts


def test_shifts_as_exclusive_ors() -> None:
    bits = [SEED >> place & 1 for place in range(32)]
    for places in (1, 15, 32):
        after = [sum(bits[one] for one in sources) & 1 for sources in sources_after(places)]
        assert sum(bit << place for place, bit in enumerate(after)) == shifted(SEED, places)


def test_a_million_numbers_are_uniform_and_uncorrelated() -> None:
    words, _ = drawn(SEED, 13, 1_000_000)
    share = np.bincount(words >> 5, minlength=256) / len(words)
    assert np.abs(share - 1 / 256).max() < 5 * np.sqrt(1 / 256 / len(words))
    centred = words - words.mean()
    for lag in (1, 2, 3, 10):
        correlation = (centred[lag:] * centred[:-lag]).mean() / centred.var()
        assert abs(correlation) < 5 / np.sqrt(len(words))


def test_synapses_of_a_bank_draw_in_order() -> None:
    bank, n = Bank(RULE, PARAMS, 4, {"weight": 10}), 4
    words, after = drawn(SEED, 13, 2 * n)
    for step in range(2):
        expected = [
            RULE.apply(
                INTS,
                {"weight": int(weight)},
                {**STEP, "noise": int(word)},
                PARAMS,
            )["weight"]
            for weight, word in zip(
                bank.state["weight"], words[step * n : (step + 1) * n], strict=True
            )
        ]
        assert bank.step(STEP)["weight"].tolist() == expected
    assert bank.lfsr == after
    bank.load({"weight": 10})
    assert bank.lfsr == SEED


@pytest.mark.parametrize("kind", [Synapse, NativeSynapse])
def test_a_synapse_draws_unless_it_is_fed(kind: type[Synapse]) -> None:
    own, fed = kind(RULE, PARAMS), kind(RULE, PARAMS, fed=True)
    words, _ = drawn(SEED, 13, 50)
    for word in words.tolist():
        assert own.step(STEP) == fed.step({**STEP, "noise": word})
    with pytest.raises(TypeError) as error:
        own.step({**STEP, "noise": 0})
    assert str(error.value) == (
        "a step of 'error_triggered' takes the inputs ['shift', 'signal', 'trace'], not"
        " ['noise', 'shift', 'signal', 'trace']"
    )


def test_the_compiled_bank_draws_as_the_golden_one() -> None:
    rule = load_rule("e_prop")
    params, rng = rule.params_type(), np.random.default_rng(2)
    golden, native = (kind(rule, params, 5) for kind in (Bank, NativeBank))
    inputs = {
        name: rng.integers(form.lo, form.hi, (30, 5), endpoint=True)
        for name, form in rule.step_formats(params).items()
    }
    for bank in (golden, native):
        bank.set({"learning_shift": 4})
    native.replay(inputs)
    for step in range(30):
        golden.step({name: values[step] for name, values in inputs.items()})
    assert {n: v.tolist() for n, v in golden.state.items()} == {
        n: v.tolist() for n, v in native.state.items()
    }
    assert golden.lfsr == native.lfsr


def test_two_random_inputs_share_a_number() -> None:
    registers = Registers(RULE, PARAMS)
    (word,), _ = drawn(SEED, 13, 1)
    assert registers.split(np.array([word]))["noise"].tolist() == [word]
    assert registers.formats == {"control": {"lfsr": registers.formats["control"]["lfsr"]}}


def test_inputs_of_many_steps_of_many_synapses() -> None:
    registers = Registers(RULE, PARAMS)
    trace = np.arange(6).reshape(3, 2)
    arrays = registers.sequences({"trace": trace, "signal": [[1], [2], [3]], "shift": 5}, 2)
    assert list(arrays) == list(registers.step_formats)
    assert arrays["trace"].tolist() == trace.tolist()
    assert arrays["signal"].tolist() == [[1, 1], [2, 2], [3, 3]]
    assert arrays["shift"].tolist() == [[5, 5]] * 3


@pytest.mark.parametrize(
    ("inputs", "text"),
    [
        (STEP, r"^inputs must be of equally many steps, .*, not \[\]$"),
        (STEP | {"trace": [[1], [2]], "signal": [[1]]}, r"equally many steps, .*, not \[1, 2\]$"),
        (
            STEP | {"trace": [[1, 2, 3]]},
            r"^trace must have shape \(1, 2\), \(1, 1\) or be a scalar, not \(1, 3\)$",
        ),
    ],
)
def test_inputs_of_other_shapes(inputs: dict[str, ArrayLike], text: str) -> None:
    with pytest.raises(ValueError, match=text):
        Registers(RULE, PARAMS).sequences(inputs, 2)
