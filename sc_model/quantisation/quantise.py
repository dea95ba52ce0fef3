r"""A layer's numbers as integers.

A weight is round(w / scale), where the scale is one number for the layer or one for each neuron. A
potential then counts in units of scale / 2^fraction. Hardware fires where v >= n for integers v and
n, so a threshold theta in these units becomes the n that decides as the layer does for every
integer v: floor(theta) + 1 for a layer that fires above its threshold, ceil(theta) for one that
fires at it, too. A leak is round(leak * 2^factor_shift), or the shift s whose 1 - 2^-s is nearest.
A delay is the nearest integer, halves to the even one. A time constant is its nearest decay code
(`sc_model.spec.decay`).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sc_model.quantisation.findings import TIE, Finding, Rounded, findings, nearest_shift
from sc_model.quantisation.float_layer import FloatLayer, Floats
from sc_model.quantisation.loss import Loss, loss
from sc_model.spec import ConfigError, HetSynSpec, IntFormat
from sc_model.spec.dense import DenseSpec, IntegratorNeuronSpec, IntegratorSpec, LifSpec
from sc_model.spec.errors import did_you_mean, in_tables
from sc_model.spec.trained_layer import MAX_DELAY

Ints = NDArray[np.int64]
MAX_THRESHOLD_BITS, MAX_FRACTION, MAX_LEAK_SHIFT = 40, 16, 31
MAX_POTENTIAL_BITS = 48
LEVEL = "threshold"  # of integrators it is no parameter, but what errors are measured by
FIXED = ("reset", "reset_delay", "refractory", "threshold_bits")  # of integrators


@dataclass(frozen=True, eq=False)
class QuantisedLayer:
    """A layer in integers.

    Members
    -------
    spec : the layer's configuration.
    parameters : integer arrays by name: ``weight`` (neurons, columns), ``threshold`` (neurons,) and
        others; of the rows, where the layer has `connections`.
    scale : (neurons,), the float that an integer weight of 1 stands for.
    errors : rounding errors of each array, by its name.
    layer : what it was made of.
    scaled_by : ``tensor``, ``row``, or ``given`` for a scale in numbers.
    tick_ms : length of the layer's tick.
    findings : what rounding took, in words; losses first.
    """

    spec: DenseSpec | HetSynSpec
    parameters: dict[str, Ints]
    scale: Floats
    errors: dict[str, Loss]
    layer: FloatLayer
    scaled_by: str
    tick_ms: float

    @property
    def network_parameters(self) -> dict[str, Ints]:
        """The arrays that the configuration has, without the layer's name in front."""
        arrays = self.parameters
        if self.layer.connections is not None:
            arrays = self.layer.connections.parameters(arrays)
        return {name: each for name, each in arrays.items() if self.layer.fires or name != LEVEL}

    @cached_property  # not computed where nobody asks, such as in each step of a training
    def findings(self) -> tuple[Finding, ...]:
        """See the members."""
        rounded = Rounded(
            self.layer, self.spec, self.parameters, self.scale, self.scaled_by, self.tick_ms
        )
        with np.errstate(all="ignore"):  # numbers that are far apart; shares become infinite
            return findings(rounded)


def quantise(
    layer: FloatLayer,
    *,
    weight_bits: int = 8,
    scale: Literal["tensor", "row"] | ArrayLike = "tensor",
    leak: Literal["factor", "shift"] = "factor",
    factor_shift: int = 12,
    fraction: int | None = 4,
    threshold_bits: int | None = None,
    max_delay: int | None = None,
    tick_ms: float = 1.0,
    **fields: Any,
) -> QuantisedLayer:
    """The layer in integers, and the errors of rounding.

    Parameters
    ----------
    layer : the layer in floating point.
    weight_bits : bits of a signed weight, 2 to 18.
    scale : the float that an integer weight of 1 stands for. ``tensor``: one for the layer, and
        ``row``: one for each neuron, so that the largest weight is the largest integer. Or numbers
        > 0, one or (neurons,); weights that do not fit are then clipped.
    leak : ``factor``: a factor for each neuron with `factor_shift` binary places; ``shift``: one
        shift for the layer, the nearest. A layer in which nothing leaks has no leak.
    factor_shift : binary places of a leak factor.
    fraction : binary places of potential and threshold below a weight's unit, 0 to 16. None: the
        most with which all thresholds fit `threshold_bits`.
    threshold_bits : bits of a threshold, up to 40. None: as many as the largest threshold needs, or
        16 where `fraction` is None.
    max_delay : longest delay that the layer can have, ticks. None: the longest that it has.
    tick_ms : length of the layer's tick, which the decay codes of a HetSyn layer stand for.
    fields : other fields of `DenseSpec` or `HetSynSpec`: lanes, clock, policy, potential_bits,
        code_bits, trace_bits and so on.

    Raises ConfigError (a ValueError) where a threshold or a delay does not fit, and where a HetSyn
    layer can't have what the layer has.
    """
    subject = f"layer '{layer.name}'"
    if leak not in ("factor", "shift"):
        raise ConfigError(
            f"{subject}: leak must be 'factor' or 'shift', not"
            f" {leak!r}{did_you_mean(str(leak), ('factor', 'shift'))}"
        )
    if not 2 <= weight_bits <= 18:
        raise ConfigError(
            f"{subject}: weight_bits must be in [2, 18], not {weight_bits}; one bit is the sign"
        )
    units = _scale(layer, scale, weight_bits)
    if not layer.fires:
        _check_one_scale(layer, units)
    scaled_by = scale if isinstance(scale, str) else "given"
    errors: dict[str, Loss] = {}
    parameters = {"weight": _weights(layer, units, weight_bits, errors)}
    common: dict[str, Any] = {
        "name": layer.name,
        "inputs": layer.spikes_in,
        "neurons": layer.spikes_out,
        "weight_bits": weight_bits,
    }
    common |= {"recurrent": layer.recurrent is not None, "bias": layer.bias is not None}
    common["max_delay"] = _delays(layer, max_delay, parameters, errors)
    if layer.tau is not None:
        widths = common | {"factor_shift": factor_shift} | fields
        hetsyn = _hetsyn(layer, units, tick_ms, widths, parameters, errors)
        return QuantisedLayer(hetsyn, parameters, units, errors, layer, scaled_by, tick_ms)
    neuron = {name: fields.pop(name) for name in list(fields) if name in LifSpec.model_fields}
    neuron |= _thresholds(layer, units, fraction, threshold_bits, parameters, errors)
    neuron |= _leaks(layer, leak, factor_shift, parameters, errors)
    neuron |= {
        "reset": layer.reset,
        "reset_delay": layer.reset_delay,
        "refractory": layer.refractory,
        "factor_shift": factor_shift,
    }
    spec = _dense(layer, {**common, **fields}, neuron)
    if layer.reset == "none" and not spec.neuron.potential_bits:
        spec = _with_room(spec, layer)
    return QuantisedLayer(spec, parameters, units, errors, layer, scaled_by, tick_ms)


def _check_one_scale(layer: FloatLayer, units: Floats) -> None:
    """ConfigError where potentials that are compared would have units of their own."""
    if np.ptp(units) > 0:
        raise ConfigError(
            f"layer '{layer.name}' must have one scale ('tensor', or a number), for a readout"
            " compares the potentials of its neurons; not one for each."
        )


def _dense(layer: FloatLayer, fields: dict[str, Any], neuron: dict[str, Any]) -> DenseSpec:
    """The configuration of a layer without traces, of the kind that its connections need."""
    if not layer.fires:
        known = IntegratorNeuronSpec.model_fields
        arguments = {name: neuron[name] for name in neuron if name in known and name not in FIXED}
        return IntegratorSpec(**fields, neuron=IntegratorNeuronSpec(**arguments))
    if layer.connections is None:
        return DenseSpec(**fields, neuron=LifSpec(**neuron))
    return layer.connections.spec({**fields, "neuron": LifSpec(**neuron)})


def _with_room(spec: DenseSpec, layer: FloatLayer) -> DenseSpec:
    """The configuration with potentials that hold all that a neuron without reset sums up.

    With a reset the currents of two ticks are enough. Without one a current that stays the same
    drives the potential to 1 / (1 - leak) of it, and a synaptic current before it likewise.
    """
    leaks = [layer.per_neuron("leak").max()]
    if layer.synaptic_leak is not None:
        leaks.append(layer.per_neuron("synaptic_leak").max())
    places = sum(np.inf if leak >= 1 else -np.log2(1 - leak) for leak in leaks)
    current = spec.current_format(IntFormat(1)).width + spec.neuron.fraction
    bits = int(min(MAX_POTENTIAL_BITS, np.ceil(current + 1 + places)))
    neuron = type(spec.neuron)(**{**spec.neuron.model_dump(), "potential_bits": bits})
    return spec.model_copy(update={"neuron": neuron})


def _thresholds(
    layer: FloatLayer,
    units: Floats,
    fraction: int | None,
    threshold_bits: int | None,
    parameters: dict[str, Ints],
    errors: dict[str, Loss],
) -> dict[str, Any]:
    """The neurons' fields for their thresholds; these go among the parameters."""
    subject = f"layer '{layer.name}'"
    places = _fraction(layer, units, threshold_bits) if fraction is None else fraction
    if not 0 <= places <= MAX_FRACTION:
        raise ConfigError(f"{subject}: fraction must be in [0, {MAX_FRACTION}], not {places}")
    thresholds = _rounded_thresholds(layer, units, places, errors)
    needed = int(thresholds.max()).bit_length()
    if (threshold_bits is not None and needed > threshold_bits) or needed > MAX_THRESHOLD_BITS:
        most = MAX_THRESHOLD_BITS if threshold_bits is None else threshold_bits
        raise ConfigError(
            f"{subject}: the largest threshold must fit {most} bits, not be {int(thresholds.max())}"
            f" ({needed} bits with fraction {places}); lower fraction or weight_bits, or give more"
            f" threshold_bits (up to {MAX_THRESHOLD_BITS})"
        )
    parameters["threshold"] = thresholds
    bits = max(2, needed) if threshold_bits is None else threshold_bits
    return {"fraction": places, "threshold_bits": bits}


def _columns(layer: FloatLayer) -> Floats:
    """Weights of all columns: inputs, the layer's own neurons, bias."""
    parts = [layer.weight, layer.recurrent, None if layer.bias is None else layer.bias[:, None]]
    return np.concatenate([part for part in parts if part is not None], axis=1)


def _scale(layer: FloatLayer, scale: Any, weight_bits: int) -> Floats:
    """The float that an integer weight of 1 stands for, (neurons,)."""
    top = (1 << (weight_bits - 1)) - 1
    largest = np.abs(_columns(layer)).max(axis=1)
    # a layer of zeros has a scale of 1
    same = np.full(layer.neurons, largest.max() or top) / top
    if isinstance(scale, str):
        if scale not in ("tensor", "row"):
            hint = did_you_mean(scale, ("tensor", "row"))
            raise ConfigError(
                f"layer '{layer.name}': scale must be 'tensor', 'row' or numbers > 0, not"
                f" {scale!r}{hint}"
            )
        # a neuron whose weights are all 0 has no scale of its own and takes the layer's
        return same if scale == "tensor" else np.where(largest > 0, largest / top, same)
    scales = np.asarray(scale, dtype=np.float64)
    if (
        scales.shape not in ((), (layer.neurons,))
        or not np.isfinite(scales).all()
        or not (scales > 0).all()
    ):
        raise ConfigError(
            f"layer '{layer.name}': scale must be 'tensor', 'row', or a finite number > 0 or"
            f" {layer.neurons} of them, not {scale!r}"
        )
    return np.array(np.broadcast_to(scales, layer.neurons))


def _weights(layer: FloatLayer, units: Floats, weight_bits: int, errors: dict[str, Loss]) -> Ints:
    """Integer weights of all columns, (neurons, columns); a weight that does not fit is clipped."""
    top = (1 << (weight_bits - 1)) - 1
    plain = _columns(layer)
    rounded = np.rint(plain / units[:, None])
    whole = np.clip(rounded, -top - 1, top)
    begin = 0
    for name, part in (
        ("weight", layer.weight),
        ("recurrent", layer.recurrent),
        ("bias", layer.bias),
    ):
        if part is not None:
            cut = slice(begin, begin + (1 if part.ndim == 1 else part.shape[1]))
            clipped = int((rounded != whole)[:, cut].sum())
            errors[name] = loss(plain[:, cut], (whole * units[:, None])[:, cut], clipped)
            begin = cut.stop
    return whole.astype(np.int64)


def _delays(
    layer: FloatLayer, max_delay: int | None, parameters: dict[str, Ints], errors: dict[str, Loss]
) -> int:
    """The layer's longest delay in ticks; the delays go among the parameters.

    ConfigError for a delay that is too long. None is clipped: that would be another network.
    """
    if max_delay is not None and not 0 <= max_delay <= MAX_DELAY:
        raise ConfigError(
            f"layer '{layer.name}': max_delay must be in [0, {MAX_DELAY}], not {max_delay}"
        )
    fields = [name for name in ("delay", "recurrent_delay") if getattr(layer, name) is not None]
    parts = [np.zeros((layer.neurons, width), dtype=np.int64) for width in _widths(layer)]
    for name in fields:
        delays = getattr(layer, name)
        whole = np.rint(delays)
        most = MAX_DELAY if max_delay is None else max_delay
        if whole.max() > most:
            where = tuple(
                int(index) for index in np.unravel_index(int(whole.argmax()), whole.shape)
            )
            raise ConfigError(
                f"layer '{layer.name}': {name} must be <= {most} ticks, not {delays[where]} at"
                f" {where}; train with shorter delays, or let the layer tick less often"
            )
        errors[name] = loss(delays, whole)
        parts[0 if name == "delay" else 1] = whole.astype(np.int64)
    table = np.concatenate(parts, axis=1)
    longest = int(table.max()) if max_delay is None else max_delay
    if longest:
        parameters["delay"] = table
    return longest


def _widths(layer: FloatLayer) -> list[int]:
    """Columns of the inputs, of the layer's own neurons, and of the bias."""
    recurrent = [layer.neurons] if layer.recurrent is not None else []
    return [layer.inputs, *recurrent, *([1] if layer.bias is not None else [])]


def _whole_thresholds(layer: FloatLayer, in_units: Floats) -> Floats:
    """The integers n for which v >= n decides as the layer does, for thresholds in units."""
    # A threshold within this relative distance of an integer is taken for that integer: the
    # quotient misses it by some units in the last place, and floor or ceil would be off by 1.
    nearest = np.rint(in_units)
    exact = np.where(
        np.abs(in_units - nearest) <= TIE * np.maximum(1.0, nearest), nearest, in_units
    )
    return np.floor(exact) + 1 if layer.strict else np.maximum(np.ceil(exact), 1.0)


def _rounded_thresholds(
    layer: FloatLayer, units: Floats, places: int, errors: dict[str, Loss]
) -> Ints:
    """Integer thresholds (neurons,) with that many binary places."""
    plain = layer.per_neuron("threshold")
    in_units = plain / units * 2.0**places
    if in_units.max() >= 2.0**62:
        raise ConfigError(
            f"layer '{layer.name}': thresholds must be below 2^{MAX_THRESHOLD_BITS} units, not"
            f" {in_units.max():.3g}; its weights are too small to be ever heard"
        )
    whole = _whole_thresholds(layer, in_units)
    errors["threshold"] = loss(plain, whole * units / 2.0**places)
    return whole.astype(np.int64)


def _fraction(layer: FloatLayer, units: Floats, threshold_bits: int | None) -> int:
    """The most binary places with which all thresholds fit their bits."""
    bits = 16 if threshold_bits is None else threshold_bits
    plain = layer.per_neuron("threshold") / units
    for places in range(MAX_FRACTION, 0, -1):
        if _whole_thresholds(layer, plain * 2.0**places).max() < 2.0**bits:
            return places
    return 0


def _leaks(
    layer: FloatLayer,
    leak: str,
    factor_shift: int,
    parameters: dict[str, Ints],
    errors: dict[str, Loss],
) -> dict[str, Any]:
    """The neurons' fields for their leaks; leak factors go among the parameters."""
    one = 1 << factor_shift
    fields: dict[str, Any] = {"synaptic": layer.synaptic_leak is not None}
    if layer.synaptic_leak is not None:
        parameters["synaptic_leak"] = _factors(layer, "synaptic_leak", one, errors)
    plain = layer.per_neuron("leak")
    if (plain == 1.0).all():
        errors["leak"] = loss(plain, plain)
        return fields | {"leak": "none"}
    if leak == "factor":
        parameters["leak"] = _factors(layer, "leak", one, errors)
        return fields | {"leak": "factor"}
    shift = nearest_shift(plain)
    errors["leak"] = loss(plain, np.full_like(plain, 1 - 2.0**-shift))
    return fields | {"leak": "shift", "leak_shift": shift}


def _factors(
    layer: FloatLayer, field: Literal["leak", "synaptic_leak"], one: int, errors: dict[str, Loss]
) -> Ints:
    """Leak factors (neurons,) in units of 1 / `one`."""
    plain = layer.per_neuron(field)
    whole = np.rint(plain * one)
    errors[field] = loss(plain, whole / one)
    return whole.astype(np.int64)


def _hetsyn(
    layer: FloatLayer,
    units: Floats,
    tick_ms: float,
    fields: dict[str, Any],
    parameters: dict[str, Ints],
    errors: dict[str, Loss],
) -> HetSynSpec:
    """The configuration of a HetSyn layer; decay codes go among the parameters.

    Its synapses have a trace each. All its neurons have one threshold, and one leak by a shift.

    Raises ConfigError for what such a layer can't have, and for fields that do not fit.
    """
    subject = f"layer '{layer.name}' has time constants of synapses, so"
    plain, leaks = layer.per_neuron("threshold"), layer.per_neuron("leak")
    for unfit, demand in (
        (layer.recurrent is not None, "it must have no recurrent weights"),
        (layer.bias is not None, "it must have no bias"),
        (layer.synaptic_leak is not None, "it must have no synaptic leak"),
        (layer.reset_delay, "its reset must not be delayed"),
        (np.ptp(plain) > 0, "its thresholds must be equal"),
        (np.ptp(units) > 0, "its scale must be one number ('tensor')"),
        (np.ptp(leaks) > 0, "its leaks must be equal"),
    ):
        if unfit:
            raise ConfigError(f"{subject} {demand}; take tau away for a dense layer")
    shift = 0 if leaks[0] == 1.0 else round(-np.log2(1 - leaks[0]))
    if leaks[0] != 1.0 and (
        not 1 <= shift <= MAX_LEAK_SHIFT or abs(1 - 2.0**-shift - leaks[0]) > 1e-6
    ):
        raise ConfigError(
            f"{subject} its leak must be 1 or 1 - 2^-shift with shift in [1, {MAX_LEAK_SHIFT}], not"
            f" {leaks[0]}"
        )
    errors["leak"] = loss(leaks, np.full_like(leaks, 1 - 2.0**-shift if shift else 1.0))
    template = HetSynSpec(**fields)
    neuron = template.neuron.model_dump() | {
        "leak_shift": shift,
        "reset": layer.reset,
        "refractory": layer.refractory,
    }
    # units of the potential in a unit of weight and trace: traces have binary places, and the
    # neuron shifts its current to the right
    gain = 2.0 ** (template.trace_fraction - template.neuron.current_shift)
    whole = _whole_thresholds(layer, plain / units * gain)
    errors["threshold"] = loss(plain, whole * units / gain)
    codes = template.codes(tick_ms / template.tick_interval)
    tau = layer.tau if layer.tau is not None else np.empty(0)
    code = np.array(codes.encode(tau.ravel().tolist()), dtype=np.int64).reshape(tau.shape)
    table = np.array(codes.taus_ms)
    outside = int(((tau < codes.tau_min_ms) | (tau > codes.tau_max_ms)).sum())
    errors["tau"] = loss(tau, table[code], outside)
    parameters["code"] = code
    try:
        return HetSynSpec(
            **(template.model_dump() | {"neuron": neuron | {"threshold": int(whole[0])}})
        )
    except ConfigError as error:
        text = in_tables(error, {"NeuronSpec": "its neurons'"})
        raise ConfigError(f"layer '{layer.name}': {text}") from error
