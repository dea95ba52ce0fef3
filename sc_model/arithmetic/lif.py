r"""A leaky integrate-and-fire neuron with parameters of its own, in exact integers.

One tick, for I (the sum of weight x what came in, over the neuron's columns)::

    L(v, D)  = (v * D + 2^(factor_shift - 1)) >> factor_shift  |  v - (v >> leak_shift)  |  v      leak factor | shift | none
    J        = I << fraction,  or with a synaptic current  J = s' = saturate(L(s, synaptic_leak) + (I << fraction))

    reset at the spike     v0 = v - threshold | 0 if fired before, else v;    v' = saturate(L(v0, leak) + J)
    reset_delay            v' = saturate(L(v, leak) + J - threshold) | 0 if fired before, else saturate(L(v, leak) + J)
    refractory             r' = refractory if fired before, else max(r - 1, 0);    while r' > 0:  v' = v0 and no spike
    ready                  v' >= threshold

with `D` and `threshold` the neuron's own. A factor is rounded to the nearest, so that a leak has no
drift. A spike is taken up in the tick after, so the potential is that before the reset. `v > theta`
of a float neuron is `v' >= floor(theta) + 1`.

Leaky integrate-and-fire with synaptic currents: Gerstner, Kistler, Naud & Paninski 2014, Neuronal
Dynamics, ch. 1 and 3; the two moments of the reset are those of snnTorch (Eshraghian et al. 2023,
doi:10.1109/JPROC.2023.3308088; `reset_delay`).
"""

from __future__ import annotations

from typing import Any

from sc_model.arithmetic.unit import Unit
from sc_model.spec import IntFormat, LifSpec, Ops

# Signed bits of a factor that the multiplier blocks of all fabrics take (SB_MAC16: 16, MULT18X18D:
# 18)
BLOCK_BITS = 16
PART_BITS = BLOCK_BITS - 1  # of a part, which is never negative


def lif_unit(neuron: LifSpec, current: IntFormat) -> Unit:
    """The neuron whose sum has that format.

    Inputs beside the state: ``fired`` (in the tick before), ``current`` (I), ``threshold``, and
    where they are ``leak`` and ``synaptic_leak``. Outputs beside the state: ``ready``.
    """
    potential = neuron.potential_format(current)
    state = {"potential": potential}
    if neuron.synaptic:
        state["synaptic"] = potential
    if neuron.refractory:
        state["refractory"] = IntFormat(neuron.refractory.bit_length())
    inputs = {
        **state,
        "fired": IntFormat(1),
        "current": current,
        "threshold": neuron.threshold_format,
    }
    if neuron.leak == "factor":
        inputs["leak"] = neuron.factor_format
    if neuron.synaptic:
        inputs["synaptic_leak"] = neuron.factor_format

    def left(ops: Ops, name: str, value: Any, factor: Any) -> Any:
        """What is left of a value after a tick; the product in parts that each fit a multiplier
        block, which is exact.
        """
        total, shift = 1 << (neuron.factor_shift - 1), 0
        while potential.width - shift > BLOCK_BITS:
            rest = value >> PART_BITS
            low = ops.let(f"{name}_low_{shift}", value - (rest << PART_BITS))
            total = total + (ops.let(f"{name}_part_{shift}", low * factor) << shift)
            value, shift = rest, shift + PART_BITS
        return ops.let(
            name,
            total + (ops.let(f"{name}_part_{shift}", value * factor) << shift)
            >> neuron.factor_shift,
        )

    def text(ops: Ops, now: Any) -> dict[str, Any]:
        result: dict[str, Any] = {}
        drive = ops.let("drive", now.current << neuron.fraction)
        if neuron.synaptic:
            risen = left(ops, "synaptic_left", now.synaptic, now.synaptic_leak) + drive
            drive = result["synaptic"] = ops.let(
                "synaptic_next", ops.clamp(risen, potential.lo, potential.hi)
            )
        start = now.potential
        if not neuron.reset_delay:
            # below the lowest potential there is nothing to take a threshold from
            after = (
                ops.clamp(now.potential - now.threshold, potential.lo, potential.hi)
                if neuron.reset == "subtract"
                else 0
            )
            start = ops.let("potential_start", ops.mux(now.fired, after, now.potential))
        if neuron.leak == "factor":
            kept = left(ops, "potential_left", start, now.leak)
        else:
            kept = start - (start >> neuron.leak_shift) if neuron.leak == "shift" else start
        risen = kept + drive
        if neuron.reset_delay and neuron.reset == "subtract":
            risen = risen - ops.mux(now.fired, now.threshold, 0)
        integrated = ops.clamp(risen, potential.lo, potential.hi)
        if neuron.reset_delay and neuron.reset == "zero":
            integrated = ops.mux(now.fired, 0, integrated)
        if neuron.refractory:
            waited = ops.mux(now.refractory > 0, now.refractory - 1, 0)
            rest = ops.clamp(
                ops.mux(now.fired, neuron.refractory, waited), 0, inputs["refractory"].hi
            )
            result["refractory"] = ops.let("refractory_next", rest)
            integrated = ops.mux(result["refractory"] > 0, start, integrated)
        result["potential"] = ops.let("potential_next", integrated)
        ready = ops.mux(result["potential"] >= now.threshold, 1, 0)
        result["ready"] = (
            ops.mux(result["refractory"] > 0, 0, ready) if neuron.refractory else ready
        )
        return result

    return Unit(
        "leaky_integrate_and_fire",
        inputs,
        {**state, "ready": IntFormat(1)},
        dict.fromkeys(state, 0),
        text,
    )
