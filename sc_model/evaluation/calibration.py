"""Widths of a network's integers by the spikes that they give."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any

import numpy as np

from sc_model.evaluation.agreement import Agreement, agreement
from sc_model.evaluation.floats import run_floats
from sc_model.evaluation.integers import run_integers
from sc_model.evaluation.stimulus import Samples, random_samples
from sc_model.quantisation import (
    FloatLayer,
    QuantisedLayer,
    check_widths,
    network_design,
    quantise,
    widest,
    widths,
)
from sc_model.quantisation.findings import LARGEST_WEIGHT_BITS
from sc_model.quantisation.widths import WEIGHT_BITS

TARGET = 0.01  # spikes that may differ, as part of those in floating point
AFFORDABLE_S = 2.0  # for an agreement that nobody asked for
PORTIONS, FEWEST_OF_A_PORTION = 4, 32
FEWEST_STEPS = 100  # of a random sample that is cut to be affordable


@dataclass(frozen=True)
class Calibration:
    """A network's layers in integers.

    Members
    -------
    layers : in integers.
    widths : arguments of `quantise` for each layer, by its name.
    agreement : with the layers in floating point; None where it was not measured.
    tried : by the name of the widths, the largest share of differing spikes over layers and
        portions of samples; None where a layer that is silent in floating point spikes in integers.
    remark : what is to be said beside the agreement, or an empty text.
    """

    layers: tuple[QuantisedLayer, ...]
    widths: Mapping[str, Mapping[str, Any]]
    agreement: Agreement | None
    tried: Mapping[str, float | None]
    remark: str


def calibrated(
    layers: Sequence[FloatLayer],
    arguments: Mapping[str, Any] | None = None,
    *,
    tick_ms: float = 1.0,
    samples: Samples | None = None,
    target: float = TARGET,
) -> Calibration:
    """The layers in integers, with widths that are chosen.

    Parameters
    ----------
    layers : in a row.
    arguments : arguments of `quantise`, the same for all layers; None as a value leaves it free.
    tick_ms : length of a tick.
    samples : the narrowest weights are taken with which the spikes on these agree. None: random
        ones if that takes less than two seconds and no width of weights is given; otherwise widths
        follow from the layers' numbers alone.
    target : differing spikes that are allowed, as part of those in floating point, in each layer.

    Raises ConfigError for what does not fit.
    """
    options = {name: value for name, value in (arguments or {}).items() if value is not None}
    check_widths(layers, options)
    with np.errstate(all="ignore"):  # numbers that are far apart; what does not fit is refused
        return _calibrated(layers, options, tick_ms, samples, target)


def _calibrated(
    layers: Sequence[FloatLayer],
    options: Mapping[str, Any],
    tick_ms: float,
    samples: Samples | None,
    target: float,
) -> Calibration:
    """See `calibrated`."""
    if samples is None:
        samples = random_samples(layers)
        tries = LARGEST_WEIGHT_BITS - WEIGHT_BITS + 2
        if "weight_bits" in options or cost_s(layers, samples) * tries > AFFORDABLE_S:
            return _by_numbers(layers, options, tick_ms, samples)
    floats = run_floats(layers, samples.spikes, tick_ms=tick_ms)
    shares: dict[str, float | None] = {}
    calibrations: list[tuple[int, float, Calibration]] = []
    for name, layer_widths in _candidates(layers, options, tick_ms):
        integer_layers = _integer_layers(layers, layer_widths, tick_ms)
        network, parameters = _network(integer_layers, tick_ms)
        integers = run_integers(network, parameters, samples.spikes)
        parts = [
            agreement(
                layers,
                network,
                parameters,
                replace(samples, spikes=samples.spikes[part]),
                floats=[each[part] for each in floats],
                integers=[each[part] for each in integers],
            )
            for part in (slice(None), *_portions(len(samples.spikes)))
        ]
        result = parts[0]
        share = max((each.worst_share or 0.0) for each in parts)
        shares[name] = share if share != float("inf") else None
        by_name = {layer.name: each for layer, each in zip(layers, layer_widths, strict=True)}
        # spikes of some samples do not show what other samples would lose
        losses = sum(each.lost for layer in integer_layers for each in layer.findings)
        calibrations.append(
            (losses, share, Calibration(integer_layers, by_name, result, shares, ""))
        )
        if share <= target and not losses:
            return calibrations[-1][2]
    fewest = min(losses for losses, _, _ in calibrations)
    finalists = [(share, each) for losses, share, each in calibrations if losses == fewest]
    good = [each for share, each in finalists if share <= target]
    if good:
        return good[0]
    best = min(finalists, key=lambda pair: pair[0])[1]
    remark = (
        f"none of the widths that lose least keeps differing spikes below {100 * target:g} % in"
        " each layer; these are the best of them"
    )
    return replace(best, remark=remark)


def _portions(samples: int) -> list[slice]:
    """Portions of samples, in each of which spikes must agree; none where there are few.

    A recurrent network that differs once differs for the rest of its sample, so the mean over
    samples says little of others: with the same widths 0.3 % differed on some, 4.6 % on others.
    """
    if samples < PORTIONS * FEWEST_OF_A_PORTION:
        return []
    edges = [round(place * samples / PORTIONS) for place in range(PORTIONS + 1)]
    return [slice(start, stop) for start, stop in pairwise(edges)]


def _by_numbers(
    layers: Sequence[FloatLayer], options: Mapping[str, Any], tick_ms: float, samples: Samples
) -> Calibration:
    """Widths by the layers' own numbers, and the agreement if it is affordable."""
    layer_widths = [widths(layer, options, tick_ms=tick_ms) for layer in layers]
    integer_layers = _integer_layers(layers, layer_widths, tick_ms)
    by_name = {layer.name: each for layer, each in zip(layers, layer_widths, strict=True)}
    seconds = cost_s(layers, samples)
    if seconds > AFFORDABLE_S:
        count, steps, _ = samples.spikes.shape
        steps = int(steps * AFFORDABLE_S / seconds)
        if steps < FEWEST_STEPS:
            remark = (
                f"agreement not measured, since it would take some {seconds:.0f} s;"
                " --calibrate random measures it"
            )
            return Calibration(integer_layers, by_name, None, {}, remark)
        samples = Samples(samples.spikes[:count, :steps], None, samples.origin)
    result = agreement(layers, *_network(integer_layers, tick_ms), samples)
    remark = ""
    if (result.worst_share or 0.0) > TARGET:
        remark = (
            "more spikes differ than 1 % of a layer's; --calibrate random, or FILE, chooses widths"
            " by them, where no width of weights is given"
        )
    return Calibration(integer_layers, by_name, result, {}, remark)


def _candidates(
    layers: Sequence[FloatLayer], options: Mapping[str, Any], tick_ms: float
) -> list[tuple[str, list[dict[str, Any]]]]:
    """Widths to try, the narrowest first, each with a name."""
    lengths = (
        [int(options["weight_bits"])]
        if "weight_bits" in options
        else range(WEIGHT_BITS, LARGEST_WEIGHT_BITS + 1)
    )
    candidates = [
        (
            f"{bits}",
            [widths(layer, {**options, "weight_bits": bits}, tick_ms=tick_ms) for layer in layers],
        )
        for bits in lengths
    ]
    most = [widest(layer, options, tick_ms=tick_ms) for layer in layers]
    return [*candidates, (f"{lengths[-1]}, widest leaks and potentials", most)]


def _integer_layers(
    layers: Sequence[FloatLayer], arguments: Sequence[Mapping[str, Any]], tick_ms: float
) -> tuple[QuantisedLayer, ...]:
    return tuple(
        quantise(layer, tick_ms=tick_ms, **each)
        for layer, each in zip(layers, arguments, strict=True)
    )


def _network(layers: Sequence[QuantisedLayer], tick_ms: float) -> tuple[Any, Any]:
    """Specification and parameters of the layers in a row."""
    design, parameters = network_design("network", layers, tick_ms=tick_ms)
    return design.network, parameters


def cost_s(layers: Sequence[FloatLayer], samples: Samples) -> float:
    """About how long an agreement takes, in seconds; measured on one core of 2020."""
    count, steps, _ = samples.spikes.shape
    seconds = 0.0
    for layer in layers:
        synapses = layer.weight.size * (
            1 if layer.connections is None else layer.connections.repeated
        ) + (0 if layer.recurrent is None else layer.recurrent.size)
        if layer.tau is not None:  # the golden model, sample by sample
            seconds += count * steps * (300e-6 + 40e-9 * synapses)
        else:
            # a product of matrices, or of a sparse one
            seconds_each = 0.5e-9 if layer.connections is None else 2e-9
            seconds += steps * (
                150e-6 + count * (60e-9 * layer.spikes_out + seconds_each * synapses)
            )
    return seconds
