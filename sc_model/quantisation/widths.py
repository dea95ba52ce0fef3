"""Widths for a layer's integers, from its own time constants, weights and thresholds.

Each width is the smallest, from a floor on, with which rounding stays immaterial: what it takes off
leaks, weights and potentials is a small part of the leak itself, or of the threshold.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction
from math import lcm
from typing import Any

import numpy as np

from sc_model.quantisation.findings import (
    LARGEST_FACTOR_SHIFT,
    LARGEST_FRACTION,
    LARGEST_THRESHOLD_BITS,
    LARGEST_WEIGHT_BITS,
    TAU_MATERIAL,
    held_shares,
    leak_errors,
    potential_bound,
    reach,
    rounding_errors,
    weight_noise,
)
from sc_model.quantisation.float_layer import FloatLayer, Floats
from sc_model.quantisation.quantise import QuantisedLayer, quantise
from sc_model.spec import ConfigError, HetSynSpec, IntFormat
from sc_model.spec.decay import TAU_MAX_MS, TAU_MIN_MS
from sc_model.spec.dense import DenseSpec

# where a search begins: the widths of networks whose numbers need no others
FACTOR_SHIFT, FRACTION, WEIGHT_BITS = 12, 4, 8
LEAK_TOLERANCE = 0.005  # of the leak itself
# Of the threshold. Of potentials that never decay, and of thresholds in units.
UNIT_TOLERANCE = 0.002
# Of the threshold, see `weight_noise`. A layer hands its own differing spikes on, so it is far
# below 1 % of them.
WEIGHT_TOLERANCE = 0.0005
# Leaks and potentials that go with weights of so many bits: places of a leak factor, and places
# below a weight's unit. Wide weights behind a coarse leak would be wasted.
LEAK_BEHIND, FRACTION_BEHIND = 0, 6
ROW_RANGE = 64.0  # a neuron's scale is at most so many times finer than the layer's
# Units that are tried for a neuron with a bias: so many, up to so much larger than the least, in
# layers of at most so many synapses.
UNITS_TRIED, UNIT_RANGE, LARGEST_SEARCH = 64, 0.02, 1 << 16
EXACT = 1e-7  # relative distance of a weight from a whole number of units: float32's
# Bits of potential and factor together that int64 holds: its products stay fast in the model.
PRODUCT_BITS = 60
MAX_POTENTIAL_BITS = 48

# Least and largest value of each width that may be given, by its name as an argument of `quantise`,
# and the option of `sc-hw import` for it.
RANGES: dict[str, tuple[str, float, float]] = {
    "weight_bits": ("--weight-bits", 2, 18),
    "factor_shift": ("--leak-bits", 4, 16),
    "fraction": ("--fraction", 0, 16),
    "threshold_bits": ("--threshold-bits", 2, 40),
    "potential_bits": ("--potential-bits", 0, 48),
    "max_delay": ("--max-delay", 0, 63),
    "trace_bits": ("--trace-bits", 4, 32),
    "trace_fraction": ("--trace-fraction", 0, 24),
    "code_bits": ("--code-bits", 1, 10),
    "terms": ("--terms", 0, 4),
    "tau_min_ms": ("--tau-min-ms", 1e-6, 1e6),
    "tau_max_ms": ("--tau-max-ms", 1e-6, 1e6),
}
OF_DENSE = ("fraction", "threshold_bits", "potential_bits")
OF_TRACES = ("trace_bits", "trace_fraction", "code_bits", "terms", "tau_min_ms", "tau_max_ms")


def check_widths(layers: Sequence[FloatLayer], arguments: Mapping[str, Any]) -> None:
    """ConfigError for a width out of its range, and for one that no layer has."""
    for name, (option, low, high) in RANGES.items():
        value = arguments.get(name)
        if value is None:
            continue
        whole = float in map(type, (low, high)) or float(value).is_integer()
        if not (low <= value <= high and whole):
            raise ConfigError(
                f"{name} ({option}) must be {'in' if whole else 'a whole number in'} [{low:g},"
                f" {high:g}], not {value}."
            )
        with_traces = [layer.name for layer in layers if layer.tau is not None]
        if name in OF_TRACES and not with_traces:
            raise ConfigError(
                f"{name} ({option}) is of layers whose synapses have time constants of their own,"
                " and this network has none; leave it out."
            )
        if name in OF_DENSE and len(with_traces) == len(layers):
            raise ConfigError(
                f"{name} ({option}) is of layers without time constants of synapses, and this"
                " network has none; leave it out."
            )


def widths(
    layer: FloatLayer, arguments: Mapping[str, Any] | None = None, *, tick_ms: float = 1.0
) -> dict[str, Any]:
    """Arguments of `quantise` for a layer; those in `arguments` stay as they are.

    Parameters
    ----------
    layer : in floating point.
    arguments : arguments of `quantise` by name; None as a value stands for a free choice.
    tick_ms : length of the layer's tick.
    """
    fixed = _fixed(layer, arguments or {})
    lengths = (
        (int(fixed["weight_bits"]),)
        if "weight_bits" in fixed
        else tuple(range(WEIGHT_BITS, LARGEST_WEIGHT_BITS + 1))
    )
    result: dict[str, Any] = {}
    for bits in lengths:
        scale = fixed["scale"] if "scale" in fixed else _weight_scale(layer, bits)
        result = {**fixed, "weight_bits": bits, "scale": scale}
        fits = _weight_noise(layer, bits, scale) <= WEIGHT_TOLERANCE
        if layer.tau is None and (fits or bits == lengths[-1]):
            result.setdefault("factor_shift", _factor_shift(layer, result))
            fits = _fraction(layer, result) <= UNIT_TOLERANCE and fits
        if fits:
            break
    if layer.tau is None:
        _potential_bits(layer, result)
    else:
        _codes(layer, result, tick_ms)
    return result


def widest(
    layer: FloatLayer, arguments: Mapping[str, Any], *, tick_ms: float = 1.0
) -> dict[str, Any]:
    """The widths with which rounding is least; those in `arguments` stay as they are.

    Parameters are those of `widths`.
    """
    fixed = _fixed(layer, arguments)
    fixed.setdefault("weight_bits", LARGEST_WEIGHT_BITS)
    if layer.tau is not None:
        return widths(layer, {"code_bits": 8, "terms": 0, **fixed}, tick_ms=tick_ms)
    fixed.setdefault("factor_shift", LARGEST_FACTOR_SHIFT)
    first = widths(layer, fixed, tick_ms=tick_ms)
    fixed.setdefault("fraction", max(first["fraction"], min(12, _room(layer, first))))
    return widths(layer, fixed, tick_ms=tick_ms)


def _fixed(layer: FloatLayer, arguments: Mapping[str, Any]) -> dict[str, Any]:
    """The given arguments that a layer has."""
    others = OF_TRACES if layer.tau is None else OF_DENSE
    return {
        name: value for name, value in arguments.items() if value is not None and name not in others
    }


# --- leaks and time constants ---------------------------------------------------------------------


def _factor_shift(layer: FloatLayer, arguments: Mapping[str, Any]) -> int:
    """The fewest binary places with which leaks are themselves; else those that come nearest."""
    fields = [layer.per_neuron("leak")] if arguments.get("leak", "factor") == "factor" else []
    if layer.synaptic_leak is not None:
        fields.append(layer.per_neuron("synaptic_leak"))
    least = min(max(FACTOR_SHIFT, arguments["weight_bits"] - LEAK_BEHIND), LARGEST_FACTOR_SHIFT)
    errors = {
        places: max((float(leak_errors(factor, places).max()) for factor in fields), default=0.0)
        for places in range(least, LARGEST_FACTOR_SHIFT + 1)
    }
    for places, error in errors.items():
        if error <= LEAK_TOLERANCE:
            return places
    return min(errors, key=lambda places: errors[places])


def _codes(layer: FloatLayer, arguments: dict[str, Any], tick_ms: float) -> None:
    """Decay codes by a multiplier where shifted copies miss a time constant by too much."""
    used = layer.tau[layer.weight != 0] if layer.tau is not None else np.empty(0)
    if not used.size:
        return
    if used.max() > TAU_MAX_MS:
        arguments.setdefault("tau_max_ms", float(used.max()))
    if used.min() < TAU_MIN_MS:
        arguments.setdefault("tau_min_ms", float(used.min()))

    def error(finer: Mapping[str, Any]) -> float:
        known = {
            name: value for name, value in arguments.items() if name in HetSynSpec.model_fields
        }
        spec = HetSynSpec(**{"name": "layer", "inputs": 1, "neurons": 1, **known, **finer})
        codes = spec.codes(tick_ms / spec.tick_interval)
        table = np.array(codes.taus_ms)[codes.encode(used.tolist())]
        return float((np.abs(table - used) / used).max())

    if error({}) <= TAU_MATERIAL:
        return
    finer = {"code_bits": 8, "terms": 0} if not {"code_bits", "terms"} & set(arguments) else {}
    lengths = (
        (arguments["factor_shift"],)
        if "factor_shift" in arguments
        else range(FACTOR_SHIFT, LARGEST_FACTOR_SHIFT + 1)
    )
    for places in lengths:
        options = {**finer, "factor_shift": places}
        if error(options) <= TAU_MATERIAL:
            break
    arguments |= options


# --- weights --------------------------------------------------------------------------------------


def exact_scale(layer: FloatLayer, weight_bits: int) -> float | None:
    """A unit of which all weights of a layer are whole multiples; None without one.

    With it no weight is rounded, and sums that end exactly at a threshold do so in integers. It is
    the smallest such unit with which the largest weight fits its bits.
    """
    top = (1 << weight_bits - 1) - 1
    columns = _magnitudes(layer)
    values = np.unique(columns[columns > 0])
    if not values.size or values.size > top:
        return None
    largest = float(values[-1])
    denominator = 1
    for value in values[::-1]:
        ratio = Fraction(float(value) / largest).limit_denominator(top)
        if abs(float(ratio) - float(value) / largest) > EXACT * float(value) / largest:
            return None
        denominator = lcm(denominator, ratio.denominator)
        if denominator > top:
            return None
    return largest / (denominator * (top // denominator))


def _magnitudes(layer: FloatLayer) -> Floats:
    parts = [layer.weight, layer.recurrent, None if layer.bias is None else layer.bias[:, None]]
    columns = np.concatenate([part for part in parts if part is not None], axis=1)
    return np.asarray(np.abs(columns), np.float64)


def _row_scales(layer: FloatLayer, weight_bits: int) -> Floats:
    """A unit for each neuron, at most `ROW_RANGE` times finer than the layer's.

    Of some that are a little larger than the largest weight needs, each neuron has the one with the
    least noise: a bias is an input in each tick, so its error counts most.
    """
    top = (1 << weight_bits - 1) - 1
    rows = _magnitudes(layer).max(axis=1)
    least = np.asarray(np.maximum(rows, (rows.max() or top) / ROW_RANGE) / top, np.float64)
    if layer.bias is None or _magnitudes(layer).size > LARGEST_SEARCH:
        return least
    best, noise = least, _noise(layer, least, weight_bits)
    for step in range(1, UNITS_TRIED):
        other = least * (1.0 + step * UNIT_RANGE / UNITS_TRIED)
        other_noise = _noise(layer, other, weight_bits)
        best = np.where(other_noise < noise, other, best)
        noise = np.minimum(other_noise, noise)
    return best


def _noise(layer: FloatLayer, units: Floats, weight_bits: int) -> Floats:
    """What errors of weights and biases amount to, as part of the threshold, (neurons,)."""
    noise = weight_noise(layer, units, weight_bits)
    if layer.bias is None:
        return noise
    off = np.abs(rounding_errors(layer.bias[:, None], units, weight_bits))[:, 0]
    return np.asarray(noise + off * reach(layer) / layer.per_neuron("threshold"), np.float64)


def _weight_noise(layer: FloatLayer, weight_bits: int, scale: Any) -> float:
    """What errors of weights and biases amount to, as part of the threshold."""
    top = (1 << weight_bits - 1) - 1
    if isinstance(scale, str):
        rows = _magnitudes(layer).max(axis=1)
        largest = rows.max() or float(top)
        units = np.full(layer.neurons, largest) if scale == "tensor" else rows
        units = np.where(units > 0, units, largest) / top
    else:
        units = np.broadcast_to(np.asarray(scale, np.float64), layer.neurons)
    return float(_noise(layer, units, weight_bits).max())


def _weight_scale(layer: FloatLayer, weight_bits: int) -> Any:
    """Units of which weights are multiples if there are such, else one for each neuron."""
    # one unit for a layer: for time constants of synapses, and for potentials that are compared
    if layer.tau is not None or not layer.fires:
        return exact_scale(layer, weight_bits) or "tensor"
    return exact_scale(layer, weight_bits) or _row_scales(layer, weight_bits)


# --- potentials -----------------------------------------------------------------------------------


def _dense(layer: FloatLayer, arguments: Mapping[str, Any], fraction: int) -> QuantisedLayer:
    return quantise(layer, **{**arguments, "fraction": fraction})


def _room(layer: FloatLayer, arguments: Mapping[str, Any]) -> int:
    """The most binary places for which thresholds and potentials have room."""
    quantised = _dense(layer, arguments, 0)
    bits = int(quantised.parameters["threshold"].max()).bit_length()
    most = arguments.get("threshold_bits") or LARGEST_THRESHOLD_BITS
    # sign and one bit above the threshold, beside the factor's
    fast = PRODUCT_BITS - 2 - int(arguments.get("factor_shift", FACTOR_SHIFT))
    return max(0, min(LARGEST_FRACTION, most - bits, fast - bits))


def _fraction(layer: FloatLayer, arguments: dict[str, Any]) -> float:
    """Choose places below a weight's unit, so that rounding holds no part of a threshold.

    Returns what it still holds, as part of the threshold.
    """
    free = "fraction" not in arguments
    most = _room(layer, arguments) if free else arguments["fraction"]
    behind = max(FRACTION, arguments["weight_bits"] - FRACTION_BEHIND)
    least = min(behind, most) if free else most
    quantised = _dense(layer, arguments, least)
    if not isinstance(quantised.spec, DenseSpec):
        return 0.0
    _, shares = held_shares(layer, quantised.spec, quantised.parameters)
    share = max((float(each.max()) for each in shares.values()), default=0.0)
    share = max(share, float((1.0 / quantised.parameters["threshold"]).max()))
    missing = int(np.ceil(np.log2(share / UNIT_TOLERANCE))) if share > UNIT_TOLERANCE else 0
    arguments["fraction"] = min(most, least + missing)
    return float(share * 2.0 ** (least - arguments["fraction"]))


def _potential_bits(layer: FloatLayer, arguments: dict[str, Any]) -> None:
    """Bits that hold the worst case of all inputs together, where those by default do not."""
    if "potential_bits" in arguments:
        return
    quantised = _dense(layer, arguments, arguments["fraction"])
    if not isinstance(quantised.spec, DenseSpec):
        return
    form = quantised.spec.neuron.potential_format(quantised.spec.current_format(IntFormat(1)))
    down, up = potential_bound(layer, quantised.spec, quantised.parameters)
    if (down >= form.lo).all() and (up <= form.hi).all():
        return
    needed = int(np.ceil(np.log2(float(np.maximum(-down, up).max()) + 1))) + 1
    most = min(MAX_POTENTIAL_BITS, PRODUCT_BITS - quantised.spec.neuron.factor_shift)
    if max(form.width, min(needed, most)) > form.width:
        arguments["potential_bits"] = min(needed, most)
