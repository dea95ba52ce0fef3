r"""Neurons and errors of networks that learn on the chip, in exact integers.

Each function of this file makes a :class:`~sc_model.arithmetic.unit.Unit`; all shifts are
arithmetic, towards minus infinity.

Input (:func:`spike_time`), once a sample, for a value p of B bits and T steps::

    time = ((2^B - 1 - p) * T) >> B if p > 0, else T, which is never

Hidden neuron (:func:`hidden_neuron`), once a step, with the current I::

    u = saturate(potential + I);  spike = u >= threshold
    potential' = u - threshold if spike else u;  near = potential' >= threshold >> 1

Error of a class (:func:`class_error`), once a sample, for its sum of weights y (`score`), with the
margin M, the error's shift E and its largest size e::

    target        (clamp((M - y) >> E, 0, e)) << right_shift
    not target    clamp((-M - y) >> E, -e, 0)
    not known     0

Learning signal of a hidden neuron, from F, the sum of weight * signal over the layer behind it
(:func:`learning_signal`)::

    signal = clamp((F + 2^(signal_shift - 1)) >> signal_shift, -S, S)

and its pseudo-derivative with both safeguards (:func:`gated_signal`), for a trace x (spikes of the
sample) and its age, the samples with an error since it last fired (:func:`next_age`)::

    age' = 0 if x > 0, else min(age + 1, A)
    gated = signal if (x > 0 or near) and x < T,
                   or x = T and signal < 0          saturated: it may only be pushed down
                   or age' = A and signal > 0,      silent for long: it may only be pulled up
            else 0

The size of a step (:func:`step_size`), for the number N of inputs that spiked (first layer alone)
and what a run adds::

    shift = min(layer's shift + step_shift + floor(log2 N), noise_bits)

The rise of the step with the number of active inputs, in powers of two, is what normalised least
mean squares (Nagumo & Noda 1967, doi:10.1109/TAC.1967.1098599) divides by. The pseudo-derivative of
Neftci, Mostafa & Zenke 2019 (doi:10.1109/MSP.2019.2931595), as a box: a neuron learns where it
fired or came near.
"""

from __future__ import annotations

from functools import partial
from typing import Any

from sc_model.arithmetic.unit import Unit
from sc_model.spec import IntFormat, Ops
from sc_model.spec.learning import (
    HiddenLayerSpec,
    LearningNetworkSpec,
    OutputLayerSpec,
    RecurrentLayerSpec,
)
from sc_model.spec.learning.learning_network import STEP_SHIFT_BITS

BIT = IntFormat(1)
GALOIS_TAPS = 0xB400  # of a register of REGISTER_BITS


def galois_step(state: int) -> int:
    """The next state of the register whose low bits round the steps.

    x^16 + x^14 + x^13 + x^11 + 1 in Galois form, of maximal length: the state moves down by a bit,
    and the taps are inverted where the bit that leaves is 1. It takes one step for each word of
    weights. So consecutive numbers share all bits but one; a synapse meets them thousands of words
    apart.
    """
    return (state >> 1) ^ (GALOIS_TAPS if state & 1 else 0)


def spike_time(spec: LearningNetworkSpec) -> Unit:
    """The step in which an input spikes: ``value`` to ``time``; `steps` is never."""

    def run(ops: Ops, now: Any) -> dict[str, Any]:
        late = ((spec.value_format.hi - now.value) * spec.steps) >> spec.value_bits
        return {"time": ops.mux(now.value > 0, late, spec.steps)}

    return Unit("spike time", {"value": spec.value_format}, {"time": spec.trace_format}, {}, run)


def hidden_neuron(layer: HiddenLayerSpec, current: IntFormat) -> Unit:
    """A step of a hidden neuron.

    Its inputs are ``potential`` (the state) and ``current``, its outputs ``potential``, ``spike``
    and ``near``: whether the potential that is left is half the threshold or more.

    Parameters
    ----------
    layer : threshold and width.
    current : format of the current.
    """
    form = layer.potential_format

    def run(ops: Ops, now: Any) -> dict[str, Any]:
        raised = ops.let("raised", ops.clamp(now.potential + now.current, form.lo, form.hi))
        spike = raised >= layer.threshold
        potential = ops.let("potential_next", ops.mux(spike, raised - layer.threshold, raised))
        near = potential >= layer.threshold >> 1
        return {
            "potential": potential,
            "spike": ops.mux(spike, 1, 0),
            "near": ops.mux(near, 1, 0),
        }

    return Unit(
        "hidden neuron",
        {"potential": form, "current": current},
        {"potential": form, "spike": BIT, "near": BIT},
        {"potential": 0},
        run,
    )


def class_error(output: OutputLayerSpec, score: IntFormat) -> Unit:
    """The error of a class: ``score``, ``target`` and ``known`` to ``error``."""

    def run(ops: Ops, now: Any) -> dict[str, Any]:
        below = ops.clamp((output.margin - now.score) >> output.error_shift, 0, output.most_error)
        above = ops.clamp((-output.margin - now.score) >> output.error_shift, -output.most_error, 0)
        error = ops.mux(now.target, below << output.right_shift, above)
        return {"error": ops.mux(now.known, error, 0)}

    inputs = {"score": score, "target": BIT, "known": BIT}
    return Unit("class error", inputs, {"error": output.error_format}, {}, run)


def learning_signal(layer: HiddenLayerSpec | RecurrentLayerSpec, feedback: IntFormat) -> Unit:
    """The signal of a hidden neuron before its pseudo-derivative: ``feedback`` to ``signal``."""
    most, half = layer.signal_format.hi, 1 << (layer.signal_shift - 1)

    def run(ops: Ops, now: Any) -> dict[str, Any]:
        return {"signal": ops.clamp((now.feedback + half) >> layer.signal_shift, -most, most)}

    return Unit("learning signal", {"feedback": feedback}, {"signal": layer.signal_format}, {}, run)


def next_age(layer: HiddenLayerSpec, trace: IntFormat) -> Unit:
    """Samples with an error since a neuron fired: ``trace`` and ``age`` to ``age``."""
    form = layer.age_format

    def run(ops: Ops, now: Any) -> dict[str, Any]:
        return {"age": ops.mux(now.trace > 0, 0, ops.clamp(now.age + 1, 0, form.hi))}

    return Unit("age", {"trace": trace, "age": form}, {"age": form}, {"age": 0}, run)


def gated_signal(layer: HiddenLayerSpec, trace: IntFormat, steps: int) -> Unit:
    """The signal that changes a neuron's weights: ``trace``, ``near``, ``age``, ``signal`` to
    ``gated``. The age is that of :func:`next_age`, with this sample.

    Parameters
    ----------
    layer : widths.
    trace : format of the number of spikes.
    steps : of a sample; a neuron that fired in all of them is saturated.
    """
    oldest = layer.age_format.hi

    def run(ops: Ops, now: Any) -> dict[str, Any]:
        is_active = ((now.trace > 0) | (now.near == 1)) & (now.trace < steps)
        may_fall = (now.trace >= steps) & (now.signal < 0)
        may_rise = (now.age >= oldest) & (now.signal > 0)
        return {"gated": ops.mux(is_active | may_fall | may_rise, now.signal, 0)}

    inputs = {"trace": trace, "near": BIT, "age": layer.age_format, "signal": layer.signal_format}
    return Unit("gated signal", inputs, {"gated": layer.signal_format}, {}, run)


def step_size(spec: LearningNetworkSpec, index: int) -> Unit:
    """The shift of a layer's steps: ``step_shift``, and of the first layer ``count``, to ``shift``.

    Parameters
    ----------
    spec : the network.
    index : number of the layer.
    """
    inputs = {"step_shift": IntFormat(STEP_SHIFT_BITS)}
    if index == 0:
        inputs["count"] = spec.count_format
    run = partial(_step_size, spec, index)
    return Unit("step size", inputs, {"shift": spec.shift_format}, {}, run)


def _step_size(spec: LearningNetworkSpec, index: int, ops: Ops, now: Any) -> dict[str, Any]:
    shift = spec.layers[index].shift + now.step_shift
    if index == 0:
        log = 0
        for bit in range(1, spec.count_format.width):
            log = ops.mux(now.count >= 1 << bit, bit, log)
        shift = shift + ops.let("log_of_count", log)
    return {"shift": ops.clamp(shift, 0, spec.noise_bits)}
