"""Layers in floating point, many samples at a time."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sc_model.quantisation import FloatLayer

Floats = NDArray[np.float64]
Spikes = NDArray[np.uint8]


def run_floats(
    layers: Sequence[FloatLayer], samples: Spikes, *, tick_ms: float = 1.0
) -> list[Spikes]:
    """Spikes of each layer, (samples, ticks, neurons), for samples (samples, ticks, inputs).

    Parameters
    ----------
    layers : in a row; each ticks in every step.
    samples : 0s and 1s.
    tick_ms : length of a tick, for time constants of synapses.
    """
    found = []
    spikes = samples
    for layer in layers:
        spikes = _layer(layer, spikes, tick_ms)
        found.append(spikes)
    return found


def delayed(spikes: NDArray[Any], ticks: int) -> NDArray[Any]:
    """Spikes (samples, ticks, channels) so many ticks later, nothing before the first."""
    if not ticks:
        return spikes
    late = np.zeros_like(spikes)
    late[:, ticks:] = spikes[:, :-ticks]
    return late


def _drive(layer: FloatLayer, spikes: Spikes, tick_ms: float) -> Floats:
    """What inputs and bias add in each tick, (samples, ticks, neurons)."""
    x = spikes.astype(np.float64)
    delays = np.zeros(layer.weight.shape) if layer.delay is None else np.rint(layer.delay)
    total = np.zeros((*x.shape[:2], layer.neurons))
    if layer.tau is not None:
        for delay, tau in sorted(set(zip(delays.ravel(), layer.tau.ravel(), strict=True))):
            served = (delays == delay) & (layer.tau == tau)
            total += _traces(delayed(x, int(delay)), tau, tick_ms) @ (layer.weight * served).T
    else:
        for delay in np.unique(delays):
            total += delayed(x, int(delay)) @ (layer.weight * (delays == delay)).T
    return total if layer.bias is None else total + layer.bias


def _traces(x: Floats, tau_ms: float, tick_ms: float) -> Floats:
    """Each channel's spikes through a decay by exp(-tick / tau), to which a spike adds 1."""
    kept, traces = np.exp(-tick_ms / tau_ms), np.empty_like(x)
    trace = np.zeros((len(x), x.shape[2]))
    for tick in range(x.shape[1]):
        trace = trace * kept + x[:, tick]
        traces[:, tick] = trace
    return traces


def _layer(layer: FloatLayer, spikes: Spikes, tick_ms: float) -> Spikes:
    """Spikes of one layer."""
    drive = _drive(layer, spikes, tick_ms)
    samples, ticks = drive.shape[:2]
    leak, threshold = layer.per_neuron("leak"), layer.per_neuron("threshold")
    v, current, fired, rest = (np.zeros((samples, layer.neurons)) for _ in range(4))
    out = np.zeros(drive.shape, np.uint8)
    own = _own(layer)
    for tick in range(ticks):
        now = drive[:, tick]
        for late, weight in own:
            if tick > late:
                now = now + out[:, tick - 1 - late] @ weight
        if layer.synaptic_leak is not None:
            current = now = layer.per_neuron("synaptic_leak") * current + now
        start = v
        if not layer.reset_delay:
            start = _reset(layer, v, fired)
        risen = leak * start + now
        if layer.reset_delay:
            risen = _reset(layer, risen, fired)
        if layer.refractory:
            rest = np.where(fired > 0, layer.refractory, np.maximum(rest - 1, 0))
            risen = np.where(rest > 0, start, risen)
        v = risen
        above = v > threshold if layer.strict else v >= threshold
        fired = (above & (rest == 0)).astype(np.float64)
        out[:, tick] = fired
    return out


def _own(layer: FloatLayer) -> list[tuple[int, Floats]]:
    """Weights (sources, targets) of the layer's own spikes, by their delay."""
    if layer.recurrent is None:
        return []
    delays = layer.recurrent_delay
    late = np.zeros(layer.recurrent.shape) if delays is None else np.rint(delays)
    return [(int(each), (layer.recurrent * (late == each)).T) for each in np.unique(late)]


def _reset(layer: FloatLayer, v: Floats, fired: Floats) -> Floats:
    """Potentials after the reset by spikes."""
    if layer.reset == "none":
        return v
    if layer.reset == "subtract":
        return np.asarray(v - layer.per_neuron("threshold") * fired, np.float64)
    return v * (1.0 - fired)
