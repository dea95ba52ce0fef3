r"""An integrate-and-fire neuron in exact integers.

One step, for the current I (sum of the effective weights of the inputs that spiked), with every
shift arithmetic::

    what the spike of the step before leaves behind
        threshold  = base + a
        v0 = v - threshold | 0 if fired before (reset ``subtract`` | ``zero``), else v
        r0 = refractory if fired before, else max(r - 1, 0)
        a0 = saturate(a - (a >> threshold_decay_shift) + (threshold_step if fired before))
        v0 = r0 = 0 instead where the trial before was cleared
    this step
        v1 = v0 if r0 > 0, else saturate(v0 - (v0 >> leak_shift) + (I >> current_shift) - (inhibition if another fired before))
        score = v1 + noise
        ready = r0 = 0 and (score >= base + a0, or a decision is asked for)

A layer without winner-take-all fires every neuron that is ready; with it, the ready one with the
highest score, the lowest number first. The reset is taken up in the step after, so that a winner
need not be known before the next neuron is worked on. Gerstner, Kistler, Naud & Paninski 2014,
Neuronal Dynamics, ch. 1; the rise of the threshold: Diehl & Cook 2015
(doi:10.3389/fncom.2015.00099).
"""

from __future__ import annotations

from typing import Any

from sc_model.arithmetic.unit import Unit
from sc_model.spec import IntFormat, Ops
from sc_model.spec.plastic_layer import NeuronSpec

COUNT_BITS = 16


def neuron_unit(neuron: NeuronSpec, current: IntFormat, *, counters: bool = False) -> Unit:
    """The neuron whose current has that format; `counters`: it counts its spikes.

    Inputs beside the state: ``fired`` (this neuron in the step before), ``cleared`` (the trial
    before has ended), ``current``, and where the options ask for them ``others`` (another neuron
    fired in the step before), ``noise`` and ``decide``. Outputs beside the state: ``score`` and
    ``ready``.
    """
    potential = neuron.potential_format(current)
    bit = IntFormat(1)
    state: dict[str, IntFormat] = {"potential": potential}
    if neuron.refractory:
        state["refractory"] = IntFormat(neuron.refractory.bit_length())
    if neuron.threshold_step:
        state["adaptation"] = IntFormat(neuron.adaptation_bits)
    if counters:
        state["spikes"] = IntFormat(COUNT_BITS)
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

    def text(ops: Ops, now: Any) -> dict[str, Any]:
        result: dict[str, Any] = {}
        old_threshold = threshold = neuron.threshold
        if neuron.threshold_step:
            fallen = now.adaptation
            if neuron.threshold_decay_shift:
                fallen = fallen - (fallen >> neuron.threshold_decay_shift)
            risen = ops.clamp(
                fallen + ops.mux(now.fired, neuron.threshold_step, 0), 0, inputs["adaptation"].hi
            )
            result["adaptation"] = ops.let("adaptation_next", risen)
            old_threshold = neuron.threshold + now.adaptation
            threshold = neuron.threshold + result["adaptation"]
        resting = None
        if neuron.refractory:
            waited = ops.mux(now.refractory > 0, now.refractory - 1, 0)
            left = ops.clamp(
                ops.mux(now.fired, neuron.refractory, waited), 0, inputs["refractory"].hi
            )
            result["refractory"] = ops.let("refractory_next", ops.mux(now.cleared, 0, left))
            resting = result["refractory"] > 0
        # below the lowest potential there is nothing to take a threshold from
        after_spike = (
            ops.clamp(now.potential - old_threshold, potential.lo, potential.hi)
            if neuron.reset == "subtract"
            else 0
        )
        start = ops.let(
            "potential_start",
            ops.mux(now.cleared, 0, ops.mux(now.fired, after_spike, now.potential)),
        )
        drive = now.current >> neuron.current_shift
        if neuron.inhibition:
            drive = drive - ops.mux(now.others, ops.mux(now.cleared, 0, neuron.inhibition), 0)
        leaked = start - (start >> neuron.leak_shift) if neuron.leak_shift else start
        integrated = ops.clamp(leaked + ops.let("drive", drive), potential.lo, potential.hi)
        if resting is not None:
            integrated = ops.mux(resting, start, integrated)
        result["potential"] = ops.let("potential_next", integrated)
        result["score"] = result["potential"]
        if neuron.noise_bits:
            result["score"] = ops.let("score", result["potential"] + now.noise)
        ready = ops.mux(result["score"] >= threshold, 1, 0)
        if neuron.winner_take_all:
            ready = ops.mux(now.decide, 1, ready)
        result["ready"] = ready if resting is None else ops.mux(resting, 0, ready)
        if counters:
            result["spikes"] = ops.clamp(
                now.spikes + ops.mux(now.fired, 1, 0), 0, inputs["spikes"].hi
            )
        return result

    return Unit(
        "integrate_and_fire",
        inputs,
        {**state, "score": score, "ready": bit},
        dict.fromkeys(state, 0),
        text,
    )
