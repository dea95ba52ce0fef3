"""Units of recurrent networks, worked by hand."""

from __future__ import annotations

from dataclasses import replace

import pytest
from recurrent_networks import network

from sc_model.arithmetic.recurrent import (
    check_rules,
    feedback_signal,
    recurrent_neuron,
    score_leak,
)
from sc_model.graph import NumpyOps
from sc_model.rules import load_rule
from sc_model.spec.errors import RuleError

OPS = NumpyOps()


@pytest.mark.parametrize(
    ("given", "wanted"),
    [
        # (potential, spike, trace, current) to (potential, spike, trace, slope); threshold 128
        ((0, 0, 0, 0), (0, 0, 0, 0)),
        # at the threshold it fires, and the slope is the greatest: 128 >> 3 = 16, in 4 bits 15
        ((0, 0, 0, 128), (128, 1, 32, 15)),
        # 127 does not; 128 - 1 >> 3 = 15; 32 - 4 = 28
        ((0, 0, 32, 127), (127, 0, 28, 15)),
        # the threshold is taken off in the step behind the spike: 160 - 128 = 32, 32 - 2 + 10
        ((160, 1, 255, 10), (40, 0, 223, 5)),
        # half a threshold above: 128 - 64 >> 3; 223 + 32 = 255
        ((0, 0, 255, 192), (192, 1, 255, 8)),
        # it saturates; no slope from twice the threshold on, and none at or below 0
        ((2047, 0, 0, 900), (2047, 1, 32, 0)),
        ((-2048, 0, 0, -900), (-2048, 0, 0, 0)),
    ],
)
def test_a_neuron(given: tuple[int, ...], wanted: tuple[int, ...]) -> None:
    names = ("potential", "spike", "trace", "current")
    found = recurrent_neuron(network()).apply(OPS, dict(zip(names, given, strict=True)))
    assert tuple(int(found[name]) for name in ("potential", "spike", "trace", "slope")) == wanted


def test_a_sum_leaks_towards_minus_infinity() -> None:
    leak = score_leak(network())
    for score, left in ((0, 0), (7, 7), (8, 7), (-1, 0), (-8, -7), (-9, -7)):
        assert int(leak.apply(OPS, {"score": score})["score"]) == left


def test_a_signal_is_rounded_and_bounded() -> None:
    unit = feedback_signal(network())

    def signal(weights: tuple[int, ...], errors: tuple[int, ...]) -> int:
        values = {f"weight_{n}": weight for n, weight in enumerate(weights)}
        values |= {f"error_{n}": error for n, error in enumerate(errors)}
        return int(unit.apply(OPS, values)["signal"])

    assert signal((8, 0, 0), (1, 5, 5)) == 1  # 8 / 16, rounded up
    assert signal((7, 0, 0), (1, 5, 5)) == 0
    assert signal((-9, 0, 0), (1, 0, 0)) == -1  # -9 + 8 = -1, down
    assert signal((1, -2, 3), (-4, -6, 8)) == 2  # -4 + 12 + 24 = 32
    assert signal((127, -127, 127), (15, -15, 15)) == 127
    assert signal((-127, 127, -127), (15, -15, 15)) == -127


def test_parameters_that_the_network_sets_must_be_there() -> None:
    hidden, readout = load_rule("e_prop"), load_rule("error_triggered")
    check_rules(network(), hidden, readout)
    other = replace(readout, params_type=hidden.params_type)
    with pytest.raises(RuleError) as error:
        check_rules(network(), hidden, other)
    assert str(error.value) == (
        "the Params of rule 'error_triggered' must have weight_bits, trace_bits, signal_bits,"
        " shift_bits, noise_bits in a recurrent network, which sets them, and there is no"
        " shift_bits."
    )
