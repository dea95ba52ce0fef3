"""Neurons and errors of learning networks, at their limits, worked by hand."""

from __future__ import annotations

from typing import Any

import pytest

from sc_model.arithmetic import Unit
from sc_model.arithmetic.learning import (
    class_error,
    galois_step,
    gated_signal,
    hidden_neuron,
    learning_signal,
    next_age,
    spike_time,
    step_size,
)
from sc_model.graph import INTS, trace_function
from sc_model.spec import IntFormat
from sc_model.spec.learning import HiddenLayerSpec, LearningNetworkSpec, OutputLayerSpec

HIDDEN = HiddenLayerSpec(name="hidden", neurons=128)  # threshold 512, signal_shift 4, ages to 255
OUTPUT = OutputLayerSpec(neurons=10, right_shift=1)  # margin 1024, error_shift 6, errors to 15
SPEC = LearningNetworkSpec(inputs=784, hidden=(HIDDEN,), output=OUTPUT)  # 16 steps, shifts to 13
TRACE, SCORE, CURRENT = SPEC.trace_format, SPEC.score_format, SPEC.current_format(0)
FEEDBACK = SPEC.feedback_format(0)


def test_formats_are_those_of_the_widest_network() -> None:
    assert (TRACE.width, SCORE.width, CURRENT.width, FEEDBACK.width) == (5, 19, 18, 18)
    assert (SPEC.count_format.width, SPEC.shift_format.width) == (10, 4)
    assert OUTPUT.error_format == IntFormat(6, signed=True)


@pytest.mark.parametrize(
    ("unit", "values", "expected"),
    [
        (spike_time(SPEC), {"value": 255}, {"time": 0}),
        (spike_time(SPEC), {"value": 240}, {"time": 0}),  # 15 * 16 = 240
        (spike_time(SPEC), {"value": 239}, {"time": 1}),
        (spike_time(SPEC), {"value": 1}, {"time": 15}),
        (spike_time(SPEC), {"value": 0}, {"time": 16}),
        (hidden_neuron(HIDDEN, CURRENT), {"potential": 500, "current": 11}, (511, 0, 1)),
        (hidden_neuron(HIDDEN, CURRENT), {"potential": 500, "current": 12}, (0, 1, 0)),
        (hidden_neuron(HIDDEN, CURRENT), {"potential": 500, "current": 267}, (255, 1, 0)),
        (hidden_neuron(HIDDEN, CURRENT), {"potential": 500, "current": 268}, (256, 1, 1)),
        # it saturates in front of the threshold: 32767 - 512
        (hidden_neuron(HIDDEN, CURRENT), {"potential": 32000, "current": 100_000}, (32255, 1, 1)),
        (hidden_neuron(HIDDEN, CURRENT), {"potential": -32000, "current": -800}, (-32768, 0, 0)),
        # 1024 - 64 = 960: (1024 - 960) >> 6 = 1, twice
        (class_error(OUTPUT, SCORE), {"score": 960, "target": 1, "known": 1}, {"error": 2}),
        (class_error(OUTPUT, SCORE), {"score": 961, "target": 1, "known": 1}, {"error": 0}),
        (class_error(OUTPUT, SCORE), {"score": -9999, "target": 1, "known": 1}, {"error": 30}),
        (class_error(OUTPUT, SCORE), {"score": -9999, "target": 1, "known": 0}, {"error": 0}),
        (class_error(OUTPUT, SCORE), {"score": -1024, "target": 0, "known": 1}, {"error": 0}),
        (class_error(OUTPUT, SCORE), {"score": -1023, "target": 0, "known": 1}, {"error": -1}),
        (class_error(OUTPUT, SCORE), {"score": 9999, "target": 0, "known": 1}, {"error": -15}),
        (learning_signal(HIDDEN, FEEDBACK), {"feedback": 7}, {"signal": 0}),
        (learning_signal(HIDDEN, FEEDBACK), {"feedback": 8}, {"signal": 1}),
        (learning_signal(HIDDEN, FEEDBACK), {"feedback": -8}, {"signal": 0}),
        (learning_signal(HIDDEN, FEEDBACK), {"feedback": -9}, {"signal": -1}),
        (learning_signal(HIDDEN, FEEDBACK), {"feedback": -20000}, {"signal": -127}),
        (next_age(HIDDEN, TRACE), {"trace": 0, "age": 254}, {"age": 255}),
        (next_age(HIDDEN, TRACE), {"trace": 0, "age": 255}, {"age": 255}),
        (next_age(HIDDEN, TRACE), {"trace": 1, "age": 255}, {"age": 0}),
        # without a logarithm above the first layer
        (step_size(SPEC, 1), {"step_shift": 2}, {"shift": 9}),
        (step_size(SPEC, 0), {"step_shift": 0, "count": 0}, {"shift": 2}),
        (step_size(SPEC, 0), {"step_shift": 0, "count": 1}, {"shift": 2}),
        (step_size(SPEC, 0), {"step_shift": 1, "count": 127}, {"shift": 9}),
        (step_size(SPEC, 0), {"step_shift": 1, "count": 128}, {"shift": 10}),
        (step_size(SPEC, 0), {"step_shift": 3, "count": 785}, {"shift": 13}),
    ],
)
def test_a_unit_at_its_limits(unit: Unit, values: dict[str, int], expected: Any) -> None:
    if isinstance(expected, tuple):
        expected = dict(zip(("potential", "spike", "near"), expected, strict=True))
    assert unit.apply(INTS, values) == expected


@pytest.mark.parametrize(
    ("trace", "near", "age", "learns"),
    [
        (0, 0, 0, (0, 0)),  # silent: nothing
        (0, 1, 0, (-9, 9)),
        (1, 0, 0, (-9, 9)),
        (15, 1, 0, (-9, 9)),
        (16, 1, 0, (-9, 0)),  # saturated: down alone
        (0, 0, 254, (0, 0)),
        (0, 0, 255, (0, 9)),  # silent for long: up alone
        (0, 1, 255, (-9, 9)),
    ],
)
def test_who_learns(trace: int, near: int, age: int, learns: tuple[int, int]) -> None:
    unit = gated_signal(HIDDEN, TRACE, SPEC.steps)
    found = [
        unit.apply(INTS, {"trace": trace, "near": near, "age": age, "signal": signal})["gated"]
        for signal in (-9, 9)
    ]
    assert tuple(found) == learns


def test_no_value_leaves_its_format() -> None:
    """Interval analysis proves each unit's outputs, at the widest of all settings too."""
    hidden = HiddenLayerSpec(
        name="hidden", neurons=1024, weight_bits=16, signal_bits=12, age_bits=12, potential_bits=24
    )
    output = OutputLayerSpec(
        neurons=64, weight_bits=16, most_error=255, right_shift=3, margin=(1 << 20) - 1
    )
    wide = LearningNetworkSpec(inputs=2048, steps=64, hidden=(hidden,), output=output)
    for spec in (SPEC, wide):
        layer, form = spec.hidden[0], spec.trace_format
        units = [
            spike_time(spec),
            hidden_neuron(layer, spec.current_format(0)),
            class_error(spec.output, spec.score_format),
            learning_signal(layer, spec.feedback_format(0)),
            next_age(layer, form),
            gated_signal(layer, form, spec.steps),
            *(step_size(spec, index) for index in range(2)),
        ]
        for unit in units:
            graph = trace_function(unit.name, unit.inputs, unit.outputs, unit.apply)
            assert graph.max_width <= 48


def test_the_register_has_the_longest_cycle() -> None:
    state, steps = galois_step(0xACE1), 1
    while state != 0xACE1:
        state, steps = galois_step(state), steps + 1
    assert steps == (1 << 16) - 1
