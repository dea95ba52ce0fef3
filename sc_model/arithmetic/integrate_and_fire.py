r"""An integrate-and-fire neuron in exact integers.

One step, for the current I (sum of the effective weights of the inputs that spiked), with every
shift arithmetic. First the consequences of the spike of the step before, then this step::

    after the spike
        threshold  = base + a
        v0 = saturate(v - threshold) | 0 if fired before (reset ``subtract`` | ``zero``), else v
        r0 = refractory if fired before, else max(r - 1, 0)
        a0 = saturate(a - (a >> threshold_decay_shift) + (threshold_step if fired before))
        v0 = r0 = 0 instead where the step before ended a trial; a0 goes on
    integration
        drive = (I >> current_shift) - (inhibition if another neuron fired before, in a step
                                        that did not end a trial)
        v1 = v0 if r0 > 0, else saturate(v0 - (v0 >> leak_shift) + drive)
        score = v1 + noise
        ready = r0 = 0 and (score >= base + a0, or a decision is asked for)

`saturate` is into the field's own format: the potential's signed one
(`NeuronSpec.potential_format`), and the unsigned one of the rise a (`adaptation_bits`). So with
reset ``subtract`` v0 is at least the lowest potential, also where the neuron then rests and keeps
it. The score is not saturated. A shift of 0 in leak or decay is no leak and no decay.

A layer without winner-take-all fires every neuron that is ready; with it, the ready one with the
highest score and, among equals, the lowest number. The reset takes effect in the next step: the
hardware computes one neuron after the other, and the winner is known only after the last.

Gerstner, Kistler, Naud & Paninski 2014, Neuronal Dynamics, ch. 1; the rise of the threshold: Diehl
& Cook 2015 (doi:10.3389/fncom.2015.00099).
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

from sc_model.arithmetic.unit import Unit
from sc_model.spec import IntFormat, Ops
from sc_model.spec.plastic_layer import NeuronSpec

COUNT_BITS = 16


def neuron_unit(neuron: NeuronSpec, current: IntFormat, *, counters: bool = False) -> Unit:
    """The neuron of a plastic layer.

    Parameters
    ----------
    neuron : its options.
    current : format of the current.
    counters : whether it counts its spikes (16 bits, saturating).

    Returns
    -------
    A unit whose inputs are its state and

    * ``fired`` : this neuron fired in the step before;
    * ``cleared`` : the step before ended a trial;
    * ``current`` : the sum of weights;
    * ``others`` : with inhibition, another neuron fired in the step before;
    * ``noise`` : with noise, a signed number that is added to the score;
    * ``decide`` : with winner-take-all, a neuron has to fire in this step.

    Its outputs are the next state, ``score`` and ``ready``.
    """
    potential = neuron.potential_format(current)
    state: dict[str, IntFormat] = {"potential": potential}
    if neuron.refractory:
        state["refractory"] = IntFormat(neuron.refractory.bit_length())
    if neuron.threshold_step:
        state["adaptation"] = IntFormat(neuron.adaptation_bits)
    if counters:
        state["spikes"] = IntFormat(COUNT_BITS)
    bit = IntFormat(1)
    inputs = {**state, "fired": bit, "cleared": bit, "current": current}
    if neuron.inhibition:
        inputs["others"] = bit
    if neuron.noise_bits:
        inputs["noise"] = IntFormat(neuron.noise_bits, signed=True)
    if neuron.winner_take_all:
        inputs["decide"] = bit
    score = IntFormat(
        max(potential.width, neuron.noise_bits) + bool(neuron.noise_bits), signed=True
    )
    return Unit(
        "integrate_and_fire",
        inputs,
        {**state, "score": score, "ready": bit},
        dict.fromkeys(state, 0),
        partial(_step, neuron, state),
    )


def _step(
    neuron: NeuronSpec, state: Mapping[str, IntFormat], ops: Ops, values: Any
) -> dict[str, Any]:
    """One step of a neuron; see the module's docstring for the equations."""
    result: dict[str, Any] = {}
    # The spike of the step before was fired against the old threshold; this step compares with the
    # new one.
    old_threshold = threshold = neuron.threshold
    if neuron.threshold_step:
        result["adaptation"] = _adaptation(neuron, state["adaptation"], ops, values)
        old_threshold = neuron.threshold + values.adaptation
        threshold = neuron.threshold + result["adaptation"]
    is_refractory = None
    if neuron.refractory:
        counted_down = ops.mux(values.refractory > 0, values.refractory - 1, 0)
        remaining = ops.clamp(
            ops.mux(values.fired, neuron.refractory, counted_down), 0, state["refractory"].hi
        )
        result["refractory"] = ops.let("refractory_next", ops.mux(values.cleared, 0, remaining))
        is_refractory = result["refractory"] > 0
    result["potential"] = _potential(
        neuron, state["potential"], ops, values, old_threshold, is_refractory
    )
    result["score"] = result["potential"]
    if neuron.noise_bits:
        result["score"] = ops.let("score", result["potential"] + values.noise)
    ready = ops.mux(result["score"] >= threshold, 1, 0)
    if neuron.winner_take_all:
        ready = ops.mux(values.decide, 1, ready)
    result["ready"] = ready if is_refractory is None else ops.mux(is_refractory, 0, ready)
    if counters := state.get("spikes"):
        result["spikes"] = ops.clamp(values.spikes + ops.mux(values.fired, 1, 0), 0, counters.hi)
    return result


def _adaptation(neuron: NeuronSpec, form: IntFormat, ops: Ops, values: Any) -> Any:
    """The rise of the threshold: it decays, and each spike adds a step; it saturates."""
    decayed = values.adaptation
    if neuron.threshold_decay_shift:
        decayed = decayed - (decayed >> neuron.threshold_decay_shift)
    raised = ops.clamp(decayed + ops.mux(values.fired, neuron.threshold_step, 0), 0, form.hi)
    return ops.let("adaptation_next", raised)


def _potential(
    neuron: NeuronSpec,
    form: IntFormat,
    ops: Ops,
    values: Any,
    old_threshold: Any,
    is_refractory: Any,
) -> Any:
    """The potential: reset of the step before, leak, integration; it saturates."""
    # Noise or a forced decision can fire a neuron below its threshold: the subtraction then
    # saturates at the lowest potential.
    after_spike = (
        ops.clamp(values.potential - old_threshold, form.lo, form.hi)
        if neuron.reset == "subtract"
        else 0
    )
    start = ops.let(
        "potential_start",
        ops.mux(values.cleared, 0, ops.mux(values.fired, after_spike, values.potential)),
    )
    drive = values.current >> neuron.current_shift
    if neuron.inhibition:
        drive = drive - ops.mux(values.others, ops.mux(values.cleared, 0, neuron.inhibition), 0)
    leaked = start - (start >> neuron.leak_shift) if neuron.leak_shift else start
    integrated = ops.clamp(leaked + ops.let("drive", drive), form.lo, form.hi)
    if is_refractory is not None:
        integrated = ops.mux(is_refractory, start, integrated)
    return ops.let("potential_next", integrated)
