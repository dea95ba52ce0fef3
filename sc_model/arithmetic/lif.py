r"""A leaky integrate-and-fire neuron with parameters of its own, in exact integers.

One tick, for the current I (the sum of the products of the neuron's synapses). The leak of a value
v with a factor D is one of ::

    L(v, D) = (v * D + 2^(factor_shift - 1)) >> factor_shift        leak = "factor"
    L(v, D) = v - (v >> leak_shift)                                 leak = "shift"
    L(v, D) = v                                                     leak = "none"

The drive J is the current, or with `synaptic` a current s that decays::

    J = I << fraction
    J = s' = saturate(L(s, synaptic_leak) + (I << fraction))

The reset takes place at the spike, or with `reset_delay` after leak and input of the next tick.
Both take it up in the tick after the spike::

    v0 = v - threshold, or 0, if fired before, else v
    v' = saturate(L(v0, leak) + J)                                  at the spike
    v' = saturate(L(v, leak) + J - threshold), or 0, if fired before,
         else saturate(L(v, leak) + J)                              reset_delay

With the reset "none" a spike leaves the potential as it is::

    v0 = v;  v' = saturate(L(v, leak) + J)

A refractory neuron neither integrates nor fires::

    r' = refractory if fired before, else max(r - 1, 0)
    v' = v0 and ready = 0 while r' > 0

and the neuron fires if ``ready = v' >= threshold``.

`D` and `threshold` are parameters of each neuron. A factor's product is rounded to the nearest, so
that a leak has no drift. The potential is that before the reset of a spike. `v > theta` of a float
neuron is `v' >= floor(theta) + 1`.

Leaky integrate-and-fire with synaptic currents: Gerstner, Kistler, Naud & Paninski 2014, Neuronal
Dynamics, ch. 1 and 3; the two moments of the reset are those of snnTorch (Eshraghian et al. 2023,
doi:10.1109/JPROC.2023.3308088; `reset_delay`).
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

from sc_model.arithmetic.unit import Unit
from sc_model.spec import IntFormat, LifSpec, Ops

# Signed bits of a factor that fit the multiplier blocks of all fabrics: SB_MAC16 (iCE40) takes 16,
# MULT18X18D (ECP5) 18.
BLOCK_BITS = 16
PART_BITS = BLOCK_BITS - 1  # a lower part of a value is never negative and needs no sign bit


def lif_unit(neuron: LifSpec, current: IntFormat) -> Unit:
    """The neuron, as a unit.

    Its inputs beside the state are ``fired`` (in the tick before), ``current`` (I), ``threshold``
    and, with the options that need them, ``leak`` and ``synaptic_leak``; its output beside the
    state is ``ready``.

    Parameters
    ----------
    neuron : options and widths.
    current : format of the current.
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

    return Unit(
        "leaky_integrate_and_fire",
        inputs,
        {**state, "ready": IntFormat(1)},
        dict.fromkeys(state, 0),
        partial(_tick, neuron, state),
    )


def _leaked(
    neuron: LifSpec, potential: IntFormat, ops: Ops, name: str, value: Any, factor: Any
) -> Any:
    """L(value, factor); the product is summed from parts that each fit a multiplier block.

    That is exact: value = high * 2^PART_BITS + low, for each part in turn.
    """
    total, shift = 1 << (neuron.factor_shift - 1), 0  # one half, to round to the nearest
    while potential.width - shift > BLOCK_BITS:
        high = value >> PART_BITS
        low = ops.let(f"{name}_low_{shift}", value - (high << PART_BITS))
        total = total + (ops.let(f"{name}_part_{shift}", low * factor) << shift)
        value, shift = high, shift + PART_BITS
    return ops.let(
        name,
        total + (ops.let(f"{name}_part_{shift}", value * factor) << shift) >> neuron.factor_shift,
    )


def _tick(neuron: LifSpec, state: Mapping[str, IntFormat], ops: Ops, now: Any) -> dict[str, Any]:
    """One tick of a neuron; see the module's docstring for the equations."""
    potential = state["potential"]
    result: dict[str, Any] = {}
    drive = ops.let("drive", now.current << neuron.fraction)
    if neuron.synaptic:
        synaptic = (
            _leaked(neuron, potential, ops, "synaptic_left", now.synaptic, now.synaptic_leak)
            + drive
        )
        drive = result["synaptic"] = ops.let(
            "synaptic_next", ops.clamp(synaptic, potential.lo, potential.hi)
        )
    start = now.potential
    if not neuron.reset_delay and neuron.reset != "none":
        # clamp: the lowest potential less a threshold does not fit its format
        after_reset = (
            ops.clamp(now.potential - now.threshold, potential.lo, potential.hi)
            if neuron.reset == "subtract"
            else 0
        )
        start = ops.let("potential_start", ops.mux(now.fired, after_reset, now.potential))
    if neuron.leak == "factor":
        remaining = _leaked(neuron, potential, ops, "potential_left", start, now.leak)
    else:
        remaining = start - (start >> neuron.leak_shift) if neuron.leak == "shift" else start
    unclamped = remaining + drive
    if neuron.reset_delay and neuron.reset == "subtract":
        unclamped = unclamped - ops.mux(now.fired, now.threshold, 0)
    integrated = ops.clamp(unclamped, potential.lo, potential.hi)
    if neuron.reset_delay and neuron.reset == "zero":
        integrated = ops.mux(now.fired, 0, integrated)
    if neuron.refractory:
        counted_down = ops.mux(now.refractory > 0, now.refractory - 1, 0)
        # The clamp changes no value: interval analysis does not see that r - 1 >= 0 here.
        rest = ops.clamp(
            ops.mux(now.fired, neuron.refractory, counted_down), 0, state["refractory"].hi
        )
        result["refractory"] = ops.let("refractory_next", rest)
        integrated = ops.mux(result["refractory"] > 0, start, integrated)
    result["potential"] = ops.let("potential_next", integrated)
    ready = ops.mux(result["potential"] >= now.threshold, 1, 0)
    result["ready"] = ops.mux(result["refractory"] > 0, 0, ready) if neuron.refractory else ready
    return result
