"""What rounding took from a layer, in words: by layer and neuron, with an option that mends it.

Each number of a remedy is computed with that option, not looked up.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from sc_model.quantisation.float_layer import FloatLayer, Floats
from sc_model.spec import ConfigError, HetSynSpec, IntFormat
from sc_model.spec.dense import DenseSpec

Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]

# A part of the threshold, or of a threshold itself, below which a difference is rounding as usual.
MATERIAL = 0.01
LEAK_MATERIAL = 0.03  # of the leak itself, 1 - factor
TAU_MATERIAL = 0.05  # of a time constant; three shifted copies reach 10 % (docs/networks.md)
TIE = 1e-9  # relative distance of two numbers that quotients of float64 may have put apart
LARGEST_FACTOR_SHIFT, LARGEST_FRACTION, LARGEST_WEIGHT_BITS, LARGEST_LEAK_SHIFT = 16, 16, 18, 31
LARGEST_THRESHOLD_BITS = 40
ACTIVITY = 0.1  # share of inputs that spike in a tick, for errors of weights that average out
MOST_TICKS = 1000.0  # in which input adds up where little or nothing leaks
SPIKES_OF_A_TIE = 8  # so many equal inputs are tried where nothing leaks


@dataclass(frozen=True)
class Finding:
    """A difference between a layer in floating point and its integers.

    Members
    -------
    layer : name of the layer.
    kind : what it is about: ``leak``, ``synaptic_leak``, ``dead_band``, ``weight``, ``recurrent``,
        ``bias``, ``threshold``, ``potential``, ``delay``, ``tau``, ``trace`` or ``tie``.
    neurons : numbers of the neurons that have it.
    lost : whether it is a loss that `--strict` refuses, and not a remark.
    text : a sentence in one line.
    """

    layer: str
    kind: str
    neurons: tuple[int, ...]
    lost: bool
    text: str


class LossError(ConfigError):
    """Rounding takes from a network what a strict import does not allow.

    Members
    -------
    losses : a sentence each.
    """

    def __init__(self, losses: Sequence[str]) -> None:
        self.losses = tuple(losses)
        count = len(self.losses)
        more = f" (and {count - 1} more)" if count > 1 else ""
        super().__init__(f"{self.losses[0]}{more}")


class Rounded(NamedTuple):
    """A layer and its integers.

    Members
    -------
    layer : in floating point.
    spec : the configuration of the integers.
    parameters : integer arrays by name.
    scale : (neurons,), the float that an integer weight of 1 stands for.
    scaled_by : ``tensor``, ``row``, or ``given`` for numbers.
    tick_ms : length of the layer's tick.
    """

    layer: FloatLayer
    spec: DenseSpec | HetSynSpec
    parameters: Mapping[str, Ints]
    scale: Floats
    scaled_by: str
    tick_ms: float


def findings(rounded: Rounded) -> tuple[Finding, ...]:
    """All differences worth a word, losses first."""
    kinds: tuple[Callable[[Rounded], Iterator[Finding]], ...] = (
        _weights,
        _threshold,
        _ties,
        _delays,
    )
    if isinstance(rounded.spec, HetSynSpec):
        kinds = (_time_constants, *kinds)
    else:
        kinds = (_leaks, _dead_bands, *kinds, _potential)
    if not rounded.layer.fires:
        kinds = tuple(kind for kind in kinds if kind not in (_threshold, _ties))
    differences = [each for kind in kinds for each in kind(rounded)]
    return tuple(sorted(differences, key=lambda each: not each.lost))


# --- what several of them need --------------------------------------------------------------------


def per_cent(share: float) -> str:
    """A share in per cent, two digits; 100 % is said of a whole only."""
    if share >= 1000:
        return f"{share:,.0f} times"
    text = f"{100 * share:.2g}"
    if float(text) == 100.0 and share < 1:
        text = "99.9"
    return f"{float(text):g} %"


def _who(which: Any) -> str:
    """'3 of 40 neurons', and which one if it is one of several."""
    count = int(which.sum())
    one = f", neuron {int(which.argmax())}" if count == 1 and which.size > 1 else ""
    return f"{count} of {which.size} neurons{one}"


def _finding(rounded: Rounded, kind: str, which: Any, text: str, *, lost: bool = True) -> Finding:
    neurons = tuple(int(each) for each in np.flatnonzero(which))
    return Finding(rounded.layer.name, kind, neurons, lost, text)


def reach(layer: FloatLayer) -> Floats:
    """To how many times its size a constant input adds up in each potential, (neurons,)."""

    def added(factor: Floats) -> Floats:
        lost = np.maximum(1.0 - factor, 1.0 / MOST_TICKS)
        return np.asarray(1.0 / lost, np.float64)

    total = added(layer.per_neuron("leak"))
    if layer.synaptic_leak is not None:
        total = total * added(layer.per_neuron("synaptic_leak"))
    return total


def rounding_errors(plain: Floats, units: Floats, weight_bits: int) -> Floats:
    """What integers of so many bits leave of weights (neurons, columns) in units (neurons,)."""
    top = (1 << weight_bits - 1) - 1
    whole = np.clip(np.rint(plain / units[:, None]), -top - 1, top)
    return np.asarray(plain - whole * units[:, None], np.float64)


def weight_noise(layer: FloatLayer, units: Floats, weight_bits: int) -> Floats:
    """What errors of weights add up to if a tenth of the inputs spike, (neurons,).

    As part of the threshold. Their signs are taken as random, so squares add up over the synapses;
    over the ticks the same error comes again, so it adds up as it is.
    """
    parts = [part for part in (layer.weight, layer.recurrent) if part is not None]
    errors = rounding_errors(np.concatenate(parts, axis=1), units, weight_bits)
    noise = np.hypot.reduce(errors, axis=1) * ACTIVITY * reach(layer)
    return np.asarray(noise / layer.per_neuron("threshold"), np.float64)


def leak_errors(factor: Floats, factor_shift: int) -> Floats:
    """Errors of leaks (1 - factor) as part of themselves, at that many binary places; 1: none left.

    0 where nothing leaks.
    """
    one = float(1 << factor_shift)
    leak = 1.0 - factor
    rounded_leak = 1.0 - np.rint(factor * one) / one
    return np.divide(np.abs(rounded_leak - leak), leak, out=np.zeros_like(leak), where=leak > 0)


def nearest_shift(factor: Floats) -> int:
    """The shift s whose 1 - 2^-s is nearest to all leak factors."""
    return min(
        range(1, LARGEST_LEAK_SHIFT + 1),
        key=lambda s: float(np.abs(factor - (1 - 2.0**-s)).max()),
    )


def band(factor: Ints, factor_shift: int) -> Ints:
    """The largest potential that a factor leaves as it is, in its units; 0 where nothing leaks.

    round(v D / 2^s) is v as long as v (2^s - D) <= 2^(s - 1).
    """
    lost = (1 << factor_shift) - factor
    return np.where(lost > 0, (1 << factor_shift - 1) // np.maximum(lost, 1), 0)


# --- leaks ----------------------------------------------------------------------------------------


_LEAKS: tuple[tuple[Literal["leak", "synaptic_leak"], str], ...] = (
    ("leak", "leak"),
    ("synaptic_leak", "leak of the synaptic current"),
)


def _leaks(rounded: Rounded) -> Iterator[Finding]:
    spec = rounded.spec
    if not isinstance(spec, DenseSpec):
        return
    for field, what in _LEAKS:
        if getattr(rounded.layer, field) is None:
            continue
        factor = rounded.layer.per_neuron(field)
        leak = 1.0 - factor
        shift = spec.neuron.leak if field == "leak" else "factor"
        if shift == "none":
            continue
        if shift == "shift":
            rounded_leak = np.full_like(factor, 2.0**-spec.neuron.leak_shift)
            off = np.divide(
                np.abs(rounded_leak - leak), leak, out=np.ones_like(leak), where=leak > 0
            )
        else:
            rounded_leak = 1.0 - rounded.parameters[field] / float(1 << spec.neuron.factor_shift)
            off = leak_errors(factor, spec.neuron.factor_shift)
        gone = (leak > 0) & (rounded_leak == 0)
        wrong = ~gone & (off > LEAK_MATERIAL)
        name = f"{what} of '{rounded.layer.name}'"
        if not (gone | wrong).any():
            continue
        remedy = _leak_remedy(factor, spec, field, float(off.max()))
        if gone.any():
            text = f"{name} ({_who(gone)}) became none: 100 % of it is lost; {remedy}"
            yield _finding(rounded, field, gone, text)
        if wrong.any():
            worst = int(np.argmax(np.where(wrong, off, 0)))
            text = (
                f"{name} ({_who(wrong)}) is off by up to {per_cent(float(off[worst]))}:"
                f" {rounded_leak[worst]:.3g} a tick where {leak[worst]:.3g} was meant; {remedy}"
            )
            yield _finding(rounded, field, wrong, text)


def _leak_remedy(factor: Floats, spec: DenseSpec, field: str, now: float) -> str:
    """The option that keeps the most of all leaks, with what it keeps."""
    options = {
        f"--leak-bits {bits}": float(leak_errors(factor, bits).max())
        for bits in range(4, LARGEST_FACTOR_SHIFT + 1)
    }
    if field == "leak":
        slow = 2.0 ** -nearest_shift(factor)
        leak = 1.0 - factor
        apart = np.abs(slow - leak) / np.where(leak > 0, leak, slow)
        options["--leak shift"] = float(apart.max())
        if spec.neuron.leak == "shift":
            options = {
                ("--leak factor " + name if name.startswith("--leak-bits") else name): error
                for name, error in options.items()
            }
    good = [name for name, error in options.items() if error <= MATERIAL]
    best = good[0] if good else min(options, key=lambda name: options[name])
    if options[best] >= min(now, 1.0) - 1e-12:
        # half a unit of the last place is then 1 % of the slowest leak
        slowest = float((1.0 - factor)[factor < 1].min())
        step = 0.5 / MATERIAL / ((1 << LARGEST_FACTOR_SHIFT) * slowest)
        return (
            f"no width up to --leak-bits {LARGEST_FACTOR_SHIFT} keeps more of it; a step that is"
            f" {step:.2g} times as long, or shorter time constants, would"
        )
    return f"{best} keeps {per_cent(1.0 - options[best])}"


def _dead_bands(rounded: Rounded) -> Iterator[Finding]:
    """Potentials, and synaptic currents, that rounding holds for ever."""
    spec, name = rounded.spec, rounded.layer.name
    if not isinstance(spec, DenseSpec):
        return
    bands, share = held_shares(rounded.layer, spec, rounded.parameters)
    weights = np.abs(rounded.parameters["weight"])
    smallest = np.where(weights > 0, weights, np.iinfo(np.int64).max).min(axis=1)
    for field, units in bands.items():
        wide = share[field] >= MATERIAL
        if not wide.any():
            continue
        worst = int(np.argmax(share[field]))
        part = units[worst] / float(int(smallest[worst]) << spec.neuron.fraction)
        beside = f" ({part:.2g} of the smallest weight)" if weights[worst].any() else ""
        remedy = _fraction_remedy(rounded, float(share[field].max()))
        if field == "leak":
            text = (
                f"potentials of '{name}' ({_who(wide)}) up to"
                f" {per_cent(float(share[field][worst]))} of the threshold{beside} never decay;"
                f" {remedy}"
            )
        else:
            text = (
                f"synaptic currents of '{name}' ({_who(wide)}) up to {int(units[worst])}"
                f" units{beside} never decay and hold the potential at up to"
                f" {per_cent(float(share[field][worst]))} of the threshold; {remedy}"
            )
        yield _finding(rounded, "dead_band", wide, text)


def held_shares(
    layer: FloatLayer, spec: DenseSpec, parameters: Mapping[str, Ints]
) -> tuple[dict[str, Ints], dict[str, Floats]]:
    """What rounding holds for ever, by ``leak`` (potentials) and ``synaptic_leak`` (currents).

    Returns units of the potential, and the potential that they amount to as part of the threshold,
    (neurons,) each.
    """
    thresholds = parameters["threshold"]
    places = spec.neuron.factor_shift
    units: dict[str, Ints] = {}
    shares: dict[str, Floats] = {}
    leaks = layer.per_neuron("leak") < 1
    if spec.neuron.leak == "factor":
        units["leak"] = np.where(leaks, band(parameters["leak"], places), 0)
    elif spec.neuron.leak == "shift":  # v - (v >> s) is v for all v below 2^s
        units["leak"] = np.where(leaks, (1 << spec.neuron.leak_shift) - 1, 0)
    if "leak" in units:
        shares["leak"] = units["leak"] / thresholds
    if spec.neuron.synaptic:
        decays = layer.per_neuron("synaptic_leak") < 1
        units["synaptic_leak"] = np.where(decays, band(parameters["synaptic_leak"], places), 0)
        lost = np.maximum(1.0 - layer.per_neuron("leak"), 1.0 / MOST_TICKS)
        shares["synaptic_leak"] = units["synaptic_leak"] / lost / thresholds
    return units, shares


def _fraction_remedy(rounded: Rounded, share: float) -> str:
    """The fraction, or the width of weights, that makes a dead band immaterial."""
    spec = rounded.spec
    now = getattr(spec.neuron, "fraction", 0)
    bits = int(rounded.parameters["threshold"].max()).bit_length()
    most = min(LARGEST_FRACTION, now + LARGEST_THRESHOLD_BITS - bits)
    for fraction in range(now + 1, most + 1):
        if share * 2.0 ** (now - fraction) < MATERIAL:
            return f"--fraction {fraction} makes it {per_cent(share * 2.0 ** (now - fraction))}"
    if most > now:
        return f"--fraction {most} makes it {per_cent(share * 2.0 ** (now - most))}"
    return "its thresholds have no room for more binary places; lower --weight-bits for some"


# --- weights --------------------------------------------------------------------------------------


def _weights(rounded: Rounded) -> Iterator[Finding]:
    parts = list(_parts(rounded))
    yield from parts
    if not any(each.lost for each in parts):
        yield from _noise(rounded)


def _noise(rounded: Rounded) -> Iterator[Finding]:
    """Weights that are so coarse that their errors matter."""
    bits = rounded.spec.weight_bits
    noise = weight_noise(rounded.layer, rounded.scale, bits)
    wrong = noise >= MATERIAL
    if not wrong.any():
        return
    top = (1 << bits - 1) - 1
    options = {
        f"--weight-bits {wider}": float(
            weight_noise(rounded.layer, rounded.scale * top / ((1 << wider - 1) - 1), wider).max()
        )
        for wider in range(bits + 1, LARGEST_WEIGHT_BITS + 1)
    }
    text = (
        f"weights of '{rounded.layer.name}' ({_who(wrong)}) are off: with a tenth of the inputs"
        f" their errors add up to some {per_cent(float(noise.max()))} of the threshold;"
        f" {_best(options)}"
    )
    yield _finding(rounded, "weight", wrong, text)


def _parts(rounded: Rounded) -> Iterator[Finding]:
    layer, begin = rounded.layer, 0
    names = {"weight": "weights", "recurrent": "recurrent weights", "bias": "biases"}
    for kind, what in names.items():
        plain = getattr(layer, kind)
        if plain is None:
            continue
        floats = plain[:, None] if plain.ndim == 1 else plain
        whole = rounded.parameters["weight"][:, begin : begin + floats.shape[1]]
        begin += floats.shape[1]
        yield from _vanished(rounded, kind, what, floats, whole)
        yield from _clipped(rounded, kind, what, floats, whole)
        if kind == "bias":
            yield from _biases(rounded, floats, whole)


def _effect(layer: FloatLayer, lost: Floats) -> Floats:
    """What lost input (neurons, columns) amounts to if all of it comes in every tick.

    As part of the threshold, (neurons,).
    """
    return np.asarray(
        np.abs(lost).sum(axis=1) * reach(layer) / layer.per_neuron("threshold"), np.float64
    )


def _vanished(
    rounded: Rounded, kind: str, what: str, floats: Floats, whole: Ints
) -> Iterator[Finding]:
    gone = (floats != 0) & (whole == 0)
    if not gone.any():
        return
    layer = rounded.layer
    part = np.abs(np.where(gone, floats, 0.0)) / layer.per_neuron("threshold")[:, None]
    effect = _effect(layer, np.where(gone, floats, 0.0))
    who = _who(gone.any(axis=1))
    total = int((floats != 0).sum())
    text = (
        f"{what} of '{layer.name}' ({who}): {int(gone.sum())} of {total} became 0, the largest of"
        f" them {per_cent(float(part.max()))} of the threshold"
    )
    lost = bool((effect >= MATERIAL).any())
    if lost:
        worst = per_cent(float(effect.max()))
        text += (
            f", together in every tick up to {worst} of it; {_width_remedy(rounded, floats, gone)}"
        )
    yield _finding(rounded, kind, gone.any(axis=1), text, lost=lost)


def _width_remedy(rounded: Rounded, floats: Floats, gone: Flags) -> str:
    """The width of weights, or the scale, with which what became 0 is no longer material.

    Parameters
    ----------
    floats : the weights, (neurons, columns).
    gone : which of them became 0.
    """

    def error(units: Floats) -> float:
        nearest = np.rint(floats / units[:, None]) * units[:, None]
        return float(_effect(rounded.layer, np.where(gone, floats - nearest, 0.0)).max())

    top = (1 << rounded.spec.weight_bits - 1) - 1
    options = {}
    if rounded.scaled_by == "tensor" and isinstance(rounded.spec, DenseSpec):
        rows = np.abs(floats).max(axis=1)
        options["--scale row"] = error(np.where(rows > 0, rows, 1.0) / top)
    for bits in range(rounded.spec.weight_bits + 1, LARGEST_WEIGHT_BITS + 1):
        finer = rounded.scale * top / ((1 << bits - 1) - 1)
        options[f"--weight-bits {bits}"] = error(finer)
    now = error(rounded.scale)
    if not options or min(options.values()) >= now:
        return "no width keeps more of them; train with weights that are less far apart"
    return _best(options)


def _clipped(
    rounded: Rounded, kind: str, what: str, floats: Floats, whole: Ints
) -> Iterator[Finding]:
    exact = np.rint(floats / rounded.scale[:, None])
    beyond = exact != whole
    if not beyond.any():
        return
    form = rounded.spec.weight_format
    worst = np.abs(np.where(beyond, exact, 0)).max() / form.hi
    text = (
        f"{what} of '{rounded.layer.name}' ({_who(beyond.any(axis=1))}): {int(beyond.sum())} of"
        f" {beyond.size} saturated, the largest at {worst:.3g} times what {form.width} bits hold;"
        " give a larger scale, or 'tensor'"
    )
    yield _finding(rounded, kind, beyond.any(axis=1), text)


def _biases(rounded: Rounded, floats: Floats, whole: Ints) -> Iterator[Finding]:
    """Biases come in every tick, so their errors add up."""
    nonzero = np.where(whole != 0, floats, 0.0)  # those that became 0 have a finding of their own
    bits = rounded.spec.weight_bits
    top = (1 << bits - 1) - 1

    def effects(wider: int) -> Floats:
        units = rounded.scale * top / ((1 << wider - 1) - 1)
        return _effect(rounded.layer, rounding_errors(nonzero, units, wider))

    effect = effects(bits)
    wrong = effect >= MATERIAL
    if not wrong.any():
        return
    options = {
        f"--weight-bits {wider}": float(effects(wider).max())
        for wider in range(bits + 1, LARGEST_WEIGHT_BITS + 1)
    }
    text = (
        f"biases of '{rounded.layer.name}' ({_who(wrong)}) are off: that adds up to"
        f" {per_cent(float(effect.max()))} of the threshold; {_best(options)}"
    )
    yield _finding(rounded, "bias", wrong, text)


def _best(options: Mapping[str, float]) -> str:
    """The first option that makes a share immaterial, or else the one that makes it smallest."""
    good = [name for name, share in options.items() if share < MATERIAL]
    best = good[0] if good else min(options, key=lambda name: options[name], default="")
    return f"{best} makes that {per_cent(options[best])}" if best else "no width keeps more"


# --- thresholds -----------------------------------------------------------------------------------


def threshold_gain(spec: DenseSpec | HetSynSpec) -> float:
    """Units of the potential in a unit of weight."""
    if isinstance(spec, HetSynSpec):
        return float(2.0 ** (spec.trace_fraction - spec.neuron.current_shift))
    return float(2.0**spec.neuron.fraction)


def _threshold(rounded: Rounded) -> Iterator[Finding]:
    spec, plain = rounded.spec, rounded.layer.per_neuron("threshold")
    whole = (
        np.full(len(plain), spec.neuron.threshold)
        if isinstance(spec, HetSynSpec)
        else rounded.parameters["threshold"]
    )
    exact = plain / rounded.scale * threshold_gain(spec)
    off = np.abs(whole - exact) / exact
    # v >= n is v > n - 1 of integers: a whole threshold is exact but for what a reset takes off
    alike = np.abs(whole - 1 - exact) <= TIE * np.maximum(exact, 1.0)
    wrong = (off >= MATERIAL) & ~(alike & (rounded.layer.reset == "zero") & rounded.layer.strict)
    if not wrong.any():
        return
    worst = int(np.argmax(np.where(wrong, off, 0)))
    text = (
        f"threshold of '{rounded.layer.name}' ({_who(wrong)}) is off by up to"
        f" {per_cent(float(off[worst]))}: {int(whole[worst])} units where {exact[worst]:.3g} were"
        " meant"
    )
    if isinstance(spec, DenseSpec):
        text += "; " + _fraction_remedy(rounded, float(off[worst]))
    yield _finding(rounded, "threshold", wrong, text)


def _ties(rounded: Rounded) -> Iterator[Finding]:
    """Equal input spikes that end exactly at the threshold, where > and >= differ."""
    layer, spec = rounded.layer, rounded.spec
    if isinstance(spec, HetSynSpec):
        return
    thresholds = layer.per_neuron("threshold")[:, None]
    tied, wrong = np.zeros(layer.weight.shape, bool), np.zeros(layer.weight.shape, bool)
    endless = (layer.per_neuron("leak") == 1.0)[:, None]
    for spikes in range(1, SPIKES_OF_A_TIE + 1):
        level = layer.weight * spikes
        at = np.abs(level - thresholds) <= TIE * thresholds
        at &= endless | (spikes == 1)
        units = rounded.parameters["weight"][:, : layer.inputs] * spikes << spec.neuron.fraction
        fires = units >= rounded.parameters["threshold"][:, None]
        tied |= at
        wrong |= at & (fires != (not layer.strict))
    if layer.synaptic_leak is not None or not tied.any():
        return
    does = "don't fire" if layer.strict else "fire"
    where = (
        f"ties of '{layer.name}' ({_who(tied.any(axis=1))}): spikes of {int(tied.sum())} synapses"
        f" add up to exactly the threshold, where neurons {does}"
    )
    if wrong.any():
        text = (
            f"{where}; rounding turns that round for {int(wrong.sum())} of them; --weight-bits"
            f" {LARGEST_WEIGHT_BITS}, or a scale of which all weights are multiples, avoids it"
        )
        yield _finding(rounded, "tie", wrong.any(axis=1), text)
    else:
        text = f"{where}, in the integers too; the source decides that, or NIR's v > threshold"
        yield _finding(rounded, "tie", tied.any(axis=1), text, lost=False)


# --- the others -----------------------------------------------------------------------------------


def potential_bound(
    layer: FloatLayer, spec: DenseSpec, parameters: Mapping[str, Ints]
) -> tuple[Floats, Floats]:
    """How far potentials can go down and up without saturation, in units, (neurons,) each.

    The worst case of all inputs together, added up over at most `MOST_TICKS` ticks.
    """
    weights = parameters["weight"].astype(np.float64) * 2.0**spec.neuron.fraction
    times = reach(layer)
    down = np.minimum(weights, 0).sum(axis=1) * times
    up = np.maximum(weights, 0).sum(axis=1)
    if layer.synaptic_leak is not None:
        up = up / np.maximum(1.0 - layer.per_neuron("synaptic_leak"), 1.0 / MOST_TICKS)
    thresholds = parameters["threshold"].astype(np.float64)
    over = thresholds + up
    if layer.reset != "zero":  # what is left above the threshold adds up too
        decay = np.maximum(1.0 - layer.per_neuron("leak"), 1.0 / MOST_TICKS)
        over = np.maximum(over, np.maximum(up - thresholds, 0.0) / decay + over)
    return down, over


def _potential(rounded: Rounded) -> Iterator[Finding]:
    spec = rounded.spec
    if not isinstance(spec, DenseSpec):
        return
    form = spec.neuron.potential_format(_current(spec))
    down, up = potential_bound(rounded.layer, spec, rounded.parameters)
    short = (down < form.lo) | (up > form.hi)
    if not short.any():
        return
    most = float(np.maximum(-down, up).max())
    needed = int(np.ceil(np.log2(most + 1))) + 1
    text = (
        f"potentials of '{rounded.layer.name}' ({_who(short)}) can saturate at {form.width} bits if"
        f" all inputs of one sign spike for long; --potential-bits {min(needed, 48)} would hold"
        f" {'them' if needed <= 48 else 'most of them'}"
    )
    yield _finding(rounded, "potential", short, text, lost=False)


def _current(spec: DenseSpec) -> Any:
    """Format of the current of a layer that takes in spikes."""
    return spec.current_format(IntFormat(1))


def _delays(rounded: Rounded) -> Iterator[Finding]:
    for field in ("delay", "recurrent_delay"):
        plain = getattr(rounded.layer, field)
        if plain is None:
            continue
        off = np.abs(plain - np.rint(plain))
        wrong = off > 1e-3
        if wrong.any():
            text = (
                f"delays of '{rounded.layer.name}' ({_who(wrong.any(axis=1))}): {int(wrong.sum())}"
                f" of {wrong.size} are no whole ticks and were rounded, by up to {off.max():.2g}"
                " ticks"
            )
            yield _finding(rounded, "delay", wrong.any(axis=1), text, lost=False)


def _time_constants(rounded: Rounded) -> Iterator[Finding]:
    """Time constants of synapses that no decay code has, and traces that saturate."""
    spec, tau = rounded.spec, rounded.layer.tau
    if not isinstance(spec, HetSynSpec) or tau is None:
        return
    used: Flags = np.asarray(rounded.layer.weight != 0)
    low, high = spec.tau_min_ms, spec.tau_max_ms
    outside = used & ((tau < low) | (tau > high))
    if outside.any():
        text = (
            f"time constants of '{rounded.layer.name}' ({_who(outside.any(axis=1))}):"
            f" {int(outside.sum())} of {int(used.sum())} lie outside [{low:g}, {high:g}] ms and"
            f" became an end of it; --tau-min-ms {min(low, float(tau[used].min())):g} --tau-max-ms"
            f" {max(high, float(tau[used].max())):g} hold all"
        )
        yield _finding(rounded, "tau", outside.any(axis=1), text)
    codes = spec.codes(rounded.tick_ms / spec.tick_interval)
    off = _tau_errors(tau, codes)
    wrong = used & ~outside & (off > TAU_MATERIAL)
    if wrong.any():
        worst = float(off[wrong].max())
        options = {}
        for places in range(spec.factor_shift, LARGEST_FACTOR_SHIFT + 1):
            update = {"code_bits": 8, "terms": 0, "factor_shift": places}
            finer = spec.model_copy(update=update).codes(rounded.tick_ms / spec.tick_interval)
            more = "" if places == spec.factor_shift else f" --leak-bits {places}"
            options[f"--code-bits 8 --terms 0{more}"] = float(_tau_errors(tau, finer)[wrong].max())
            if options[f"--code-bits 8 --terms 0{more}"] <= TAU_MATERIAL:
                break
        best = min(options, key=lambda name: options[name])
        text = (
            f"time constants of '{rounded.layer.name}' ({_who(wrong.any(axis=1))}):"
            f" {int(wrong.sum())} of {int(used.sum())} are off by up to {per_cent(worst)};"
            f" {best} makes it {per_cent(options[best])}"
        )
        yield _finding(rounded, "tau", wrong.any(axis=1), text)
    steady = 1.0 / -np.expm1(-rounded.tick_ms / tau)
    room = 2.0 ** (spec.trace_bits - spec.trace_fraction)
    full: Flags = np.asarray(used & (steady >= room))
    if full.any():
        bits = spec.trace_fraction + int(np.ceil(np.log2(float(steady[full].max()) + 1)))
        text = (
            f"traces of '{rounded.layer.name}' ({_who(full.any(axis=1))}) can saturate at {room:g}"
            f" spikes where an input spikes in every tick; --trace-bits {min(bits, 32)} would hold"
            f" {'them' if bits <= 32 else 'most of them'}"
        )
        yield _finding(rounded, "trace", full.any(axis=1), text, lost=False)


def _tau_errors(tau: Floats, codes: Any) -> Floats:
    """Errors of time constants as part of themselves."""
    table = np.array(codes.taus_ms)
    code = np.array(codes.encode(tau.ravel().tolist()), np.int64).reshape(tau.shape)
    return np.asarray(np.abs(table[code] - tau) / tau, np.float64)
