"""Layers in floating point, many samples at a time."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from sc_model.firing import IntegrateAndFire, Reset, countdown, decayed
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
    layer_spikes = []
    spikes = samples
    for layer in layers:
        spikes = _layer(layer, spikes, tick_ms)
        layer_spikes.append(spikes)
    return layer_spikes


def float_potentials(
    layers: Sequence[FloatLayer], samples: Spikes, *, tick_ms: float = 1.0
) -> Floats:
    """Potentials of the last layer after each tick, (samples, ticks, neurons).

    Parameters are those of `run_floats`.
    """
    before = run_floats(layers[:-1], samples, tick_ms=tick_ms)
    potentials = np.zeros((*samples.shape[:2], layers[-1].spikes_out))
    _layer(layers[-1], before[-1] if before else samples, tick_ms, potentials)
    return potentials


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
    if layer.connections is not None:
        total = np.zeros((*x.shape[:2], layer.spikes_out))
        for delay, matrix in _matrices(layer, own=False):
            late = delayed(x, delay).reshape(-1, layer.spikes_in)
            total += (matrix @ late.T).T.reshape(total.shape)
        if layer.bias is not None:
            total += np.repeat(layer.bias, layer.connections.repeated)
        return total
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
    decay, traces = np.exp(-tick_ms / tau_ms), np.empty_like(x)
    trace = np.zeros((len(x), x.shape[2]))
    for tick in range(x.shape[1]):
        trace = trace * decay + x[:, tick]
        traces[:, tick] = trace
    return traces


def _layer(
    layer: FloatLayer, spikes: Spikes, tick_ms: float, potentials: Floats | None = None
) -> Spikes:
    """Spikes of one layer; `potentials` (samples, ticks, neurons) get its potentials."""
    drive = _drive(layer, spikes, tick_ms)
    samples, ticks = drive.shape[:2]
    neurons = _neurons(layer)
    v, current, fired, rest = (np.zeros((samples, layer.spikes_out)) for _ in range(4))
    out = np.zeros(drive.shape, np.uint8)
    own = _own(layer)
    for tick in range(ticks):
        now = drive[:, tick]
        for late, weight in own:
            if tick > late:
                now = now + out[:, tick - 1 - late] @ weight
        if layer.synaptic_leak is not None:
            current = now = layer.of_neurons("synaptic_leak") * current + now
        if layer.refractory:
            rest = countdown(rest, fired, layer.refractory)
        v, fired, *_ = neurons.step(v, fired, now, rest > 0 if layer.refractory else None)
        out[:, tick] = fired
        if potentials is not None:
            potentials[:, tick] = v
    return out


def _matrices(layer: FloatLayer, *, own: bool) -> list[tuple[int, Any]]:
    """Weights (neurons, inputs), or (neurons, neurons) of its `own` spikes, sparse, by delay."""
    if layer.connections is None:
        return []
    synapses = layer.connections.synapses()
    which = (synapses.column >= layer.spikes_in) == own
    neuron, column = synapses.neuron[which], synapses.column[which] - own * layer.spikes_in
    weight = layer.weight.reshape(-1)[synapses.place[which]]
    delay = np.zeros(len(weight))
    if layer.delay is not None:
        delay = np.rint(layer.delay.reshape(-1)[synapses.place[which]])
    shape = (layer.spikes_out, layer.spikes_out if own else layer.spikes_in)
    return [
        (
            int(each),
            csr_array(
                (weight[delay == each], (neuron[delay == each], column[delay == each])), shape=shape
            ),
        )
        for each in np.unique(delay)
    ]


def _own(layer: FloatLayer) -> list[tuple[int, Any]]:
    """Weights (sources, targets) of the layer's own spikes, by their delay."""
    if layer.connections is not None:
        return [(late, matrix.T) for late, matrix in _matrices(layer, own=True)]
    if layer.recurrent is None:
        return []
    delays = layer.recurrent_delay
    late = np.zeros(layer.recurrent.shape) if delays is None else np.rint(delays)
    return [(int(each), (layer.recurrent * (late == each)).T) for each in np.unique(late)]


def _neurons(layer: FloatLayer) -> IntegrateAndFire:
    """The neurons of a layer; those of a layer that does not fire have potentials alone."""
    leak, threshold = layer.of_neurons("leak"), layer.of_neurons("threshold")

    def spike(distance: Floats) -> Floats:
        above = distance > 0 if layer.strict else distance >= 0
        return (above & layer.fires).astype(np.float64)

    return IntegrateAndFire(
        integrate=lambda v, current: decayed(v, leak, current),
        spike=spike,
        threshold=threshold,
        reset=Reset(layer.reset, "after" if layer.reset_delay else "before", drop=threshold),
    )
