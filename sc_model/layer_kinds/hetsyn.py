r"""Layers of kind ``hetsyn``: each synapse has its own time constant.

One tick, where x is the value of the synapse's column (a spike, or a count of spikes)::

    trace' = saturate(((trace * D) >> factor_shift) + (x << trace_fraction))
    product = weight * trace'

D is the factor of the synapse's decay code (see `sc_model.spec.decay`). The model is that of
HetSyn (Deng et al. 2025): every synapse filters its input by itself, and a neuron sums
``weight * trace`` over its synapses.

`synapse` multiplies ``trace * D``. Hardware with `terms` > 0 has no multiplier for it: a table
gives the canonical signed digits of D for each code, and `pipeline` adds as many shifted copies of
the trace. That both forms are equal is proved code by code.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sc_model.arithmetic import Unit, neuron_unit
from sc_model.layer_kinds.kind import Synapse, Table
from sc_model.spec import DecayCodes, HetSynSpec, IntFormat, Ops
from sc_model.spec.decay import signed_digits

SPEC = HetSynSpec


def synapse(spec: HetSynSpec, value: IntFormat, tick_ms: float) -> Synapse:
    """The synapse, with the product of trace and factor as one multiplication."""
    codes = spec.codes(tick_ms)
    rows = [{"factor": factor} for factor in codes.factors]
    table = Table({"factor": IntFormat(codes.shift)}, rows)

    def decay(ops: Ops, trace: Any, columns: Mapping[str, Any]) -> Any:
        return trace * columns["factor"] >> codes.shift

    return _synapse(spec, value, table, decay)


def pipeline(spec: HetSynSpec, value: IntFormat, tick_ms: float) -> Synapse:
    """The synapse, with the product of trace and factor as a sum of shifted copies of the trace."""
    if spec.terms == 0:
        return synapse(spec, value, tick_ms)
    codes = spec.codes(tick_ms)
    return _synapse(
        spec,
        value,
        shift_table(codes),
        lambda ops, trace, columns: sum_of_copies(ops, trace, columns, codes),
    )


def neuron(spec: HetSynSpec, value: IntFormat) -> Unit:
    """The neuron of a layer that takes in values of that format."""
    return neuron_unit(spec.neuron, spec.current_format(value))


def manifest(spec: HetSynSpec, tick_ms: float) -> dict[str, Any]:
    """The layer's decay codes."""
    codes = spec.codes(tick_ms)
    return {
        "decay": {
            "factors": list(codes.factors),
            "shift": codes.shift,
            "tick_ms": codes.tick_ms,
            "terms": codes.terms,
        }
    }


def _synapse(spec: HetSynSpec, value: IntFormat, table: Table, decay: Any) -> Synapse:
    """The synapse whose trace decays as `decay` computes it from the columns of `table`."""

    def function(ops: Ops, now: Any) -> dict[str, Any]:
        columns = {name: getattr(now, name) for name in table.formats}
        decayed = decay(ops, now.trace, columns)
        unclamped = ops.let("trace_sum", decayed + (now.value << spec.trace_fraction))
        trace = ops.let("trace_next", ops.clamp(unclamped, 0, spec.trace_format.hi))
        return {"trace": trace, "product": ops.let("product", now.weight * trace)}

    inputs = {
        "trace": spec.trace_format,
        "weight": spec.weight_format,
        "value": value,
        **table.formats,
    }
    outputs = {
        "trace": spec.trace_format,
        "product": IntFormat(spec.weight_bits + spec.trace_bits, signed=True),
    }
    return Synapse(Unit("hetsyn", inputs, outputs, {"trace": 0}, function), {"code": table})


def digit_ranges(codes: DecayCodes) -> list[tuple[int, int]]:
    """The lowest and highest power of two of each signed digit over all codes.

    The digits of a factor are sorted, the highest first. The shifter of a digit must reach every
    power in the range that this function returns for it.
    """
    ranges = []
    for place in range(codes.terms):
        powers = [
            digits[place][0] for digits in map(signed_digits, codes.factors) if len(digits) > place
        ]
        if powers:
            ranges.append((min(powers), max(powers)))
    return ranges


def shift_table(codes: DecayCodes) -> Table:
    """The signed digits of each factor, as the control bits of shifters and adders.

    For the digit at `place`: ``on_<place>`` (there is such a digit), ``minus_<place>`` (it is
    subtracted), and ``left_<place>_<bit>`` (bit of the shift above the digit's lowest power).
    """
    formats: dict[str, IntFormat] = {}
    for place, (low, high) in enumerate(digit_ranges(codes)):
        formats[f"on_{place}"] = IntFormat(1)
        if place:  # the highest digit is never subtracted, since D is positive
            formats[f"minus_{place}"] = IntFormat(1)
        for bit in range((high - low).bit_length()):
            formats[f"left_{place}_{bit}"] = IntFormat(1)
    return Table(formats, [_shift_row(codes, factor, formats) for factor in codes.factors])


def _shift_row(codes: DecayCodes, factor: int, formats: Mapping[str, IntFormat]) -> dict[str, int]:
    """The row of `shift_table` for one factor."""
    row = dict.fromkeys(formats, 0)
    digits = zip(signed_digits(factor), digit_ranges(codes), strict=False)
    for place, ((power, minus), (low, _)) in enumerate(digits):
        row[f"on_{place}"] = 1
        if place:
            row[f"minus_{place}"] = int(minus)
        for bit in range((power - low).bit_length()):
            row[f"left_{place}_{bit}"] = power - low >> bit & 1
    return row


def sum_of_copies(ops: Ops, trace: Any, columns: Mapping[str, Any], codes: DecayCodes) -> Any:
    """(trace * D) >> shift as a sum of shifted copies of the trace, by a row of `shift_table`."""
    total: Any = None
    for place, (low, high) in enumerate(digit_ranges(codes)):
        copy = ops.mux(columns[f"on_{place}"] == 1, trace, 0)
        for bit in reversed(range((high - low).bit_length())):
            copy = ops.mux(columns[f"left_{place}_{bit}"] == 1, copy << (1 << bit), copy)
        copy = ops.let(f"copy_{place}", copy << low)
        if total is None:
            total = copy
        else:
            total = total + ops.mux(columns[f"minus_{place}"] == 1, -copy, copy)
    # terms and factors are at least 1 here, so there is at least one copy
    return total >> codes.shift
