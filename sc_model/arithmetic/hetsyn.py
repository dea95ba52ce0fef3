r"""A synapse with a time constant of its own, in exact integers.

One tick, for the spikes x that came in (0, 1, or more where a crossing counts them)::

    trace' = saturate(((trace * D) >> factor_shift) + (x << trace_fraction))
    product = weight * trace'

with D the factor of the synapse's decay code (see `sc_model.spec.decay`). After HetSyn (Deng et al.
2025): every synapse filters its input by itself, a neuron sums ``weight * trace`` over its inputs.

The golden layer computes trace * D as it stands. Hardware with `terms` > 0 does not: there a table
gives, for each code, the canonical signed digits of D, and this text adds that many shifted copies.
That both are the same is proved code by code.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sc_model.arithmetic.unit import Unit
from sc_model.spec import DecayCodes, HetSynSpec, IntFormat, Ops
from sc_model.spec.decay import signed_digits


def digit_ranges(codes: DecayCodes) -> list[tuple[int, int]]:
    """The lowest and highest power of two of each digit over all codes: what a shifter for it must
    reach.
    """
    ranges = []
    for place in range(codes.terms):
        powers = [
            digits[place][0] for digits in map(signed_digits, codes.factors) if len(digits) > place
        ]
        if powers:
            ranges.append((min(powers), max(powers)))
    return ranges


def control_formats(codes: DecayCodes) -> dict[str, IntFormat]:
    """What the table of codes gives a lane: the factor for a multiplier, else of each digit place,
    on, minus and left shift.
    """
    if codes.terms == 0:
        return {"factor": IntFormat(codes.shift)}
    formats: dict[str, IntFormat] = {}
    for place, (low, high) in enumerate(digit_ranges(codes)):
        formats[f"on_{place}"] = IntFormat(1)
        if place:  # the first digit of a number is never subtracted
            formats[f"minus_{place}"] = IntFormat(1)
        for bit in range((high - low).bit_length()):
            formats[f"left_{place}_{bit}"] = IntFormat(1)
    return formats


def controls(codes: DecayCodes, code: int) -> dict[str, int]:
    """That entry of the table."""
    if codes.terms == 0:
        return {"factor": codes.factors[code]}
    values = dict.fromkeys(control_formats(codes), 0)
    digits = signed_digits(codes.factors[code])
    for place, ((power, minus), (low, _)) in enumerate(
        zip(digits, digit_ranges(codes), strict=False)
    ):
        values[f"on_{place}"] = 1
        if place:
            values[f"minus_{place}"] = int(minus)
        for bit in range((power - low).bit_length()):
            values[f"left_{place}_{bit}"] = power - low >> bit & 1
    return values


def decayed(ops: Ops, trace: Any, given: Mapping[str, Any], codes: DecayCodes) -> Any:
    """(trace * D) >> shift, made the way that the controls say."""
    if codes.terms == 0:
        return trace * given["factor"] >> codes.shift
    total = None
    for place, (low, high) in enumerate(digit_ranges(codes)):
        copy = ops.mux(given[f"on_{place}"] == 1, trace, 0)
        for bit in reversed(range((high - low).bit_length())):
            copy = ops.mux(given[f"left_{place}_{bit}"] == 1, copy << (1 << bit), copy)
        copy = ops.let(f"copy_{place}", copy << low)
        total = (
            copy if total is None else total + ops.mux(given[f"minus_{place}"] == 1, -copy, copy)
        )
    return 0 if total is None else total >> codes.shift


def synapse_unit(spec: HetSynSpec, codes: DecayCodes, value: IntFormat) -> Unit:
    """The synapse of a layer that takes in values of that format.

    Inputs: ``trace``, ``weight``, ``value`` (x) and the controls of its decay code; outputs
    ``trace`` and ``product``.
    """
    table = control_formats(codes)
    inputs = {"trace": spec.trace_format, "weight": spec.weight_format, "value": value, **table}

    def text(ops: Ops, now: Any) -> dict[str, Any]:
        left = decayed(ops, now.trace, {name: getattr(now, name) for name in table}, codes)
        risen = ops.let("trace_sum", left + (now.value << spec.trace_fraction))
        trace = ops.let("trace_next", ops.clamp(risen, 0, spec.trace_format.hi))
        return {"trace": trace, "product": ops.let("product", now.weight * trace)}

    outputs = {
        "trace": spec.trace_format,
        "product": IntFormat(spec.weight_bits + spec.trace_bits, signed=True),
    }
    return Unit("hetsyn", inputs, outputs, {"trace": 0}, text)
