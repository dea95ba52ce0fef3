"""Runs a network's golden model on samples, compiled where a compiler can be had."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sc_model.evaluation.floats import Spikes
from sc_model.golden.network.network import Network
from sc_model.native import NativeError, NativeNetwork
from sc_model.spec import NetworkSpec


def run_integers(
    spec: NetworkSpec, parameters: Mapping[str, NDArray[Any]], samples: Spikes
) -> list[Spikes]:
    """Spikes of each trained layer, (samples, steps, neurons); 0 in steps in which it has no tick.

    Each sample begins with a reset of the network.

    Parameters
    ----------
    spec : the network; a plastic layer behind it does not run.
    parameters : integer arrays by ``<layer>.<parameter>``.
    samples : (samples, steps, inputs), 0s and 1s.
    """
    trained = spec.model_copy(update={"plastic": None})
    names = tuple(f"{layer.name}." for layer in spec.layers)
    own = {name: array for name, array in parameters.items() if name.startswith(names)}
    try:
        return NativeNetwork(trained, own).run_layers(samples)
    except NativeError:  # without a compiler, or for values of more than 64 bits
        return _golden(Network(trained, own), samples)


def run_potentials(
    spec: NetworkSpec, parameters: Mapping[str, NDArray[Any]], samples: Spikes
) -> NDArray[np.int64]:
    """Potentials of the last trained layer after each step, (samples, steps, neurons).

    Parameters are those of `run_integers`.
    """
    try:
        return NativeNetwork(spec, parameters).run_last(samples)[1]
    except NativeError:  # without a compiler, or for values of more than 64 bits
        network, last = Network(spec, parameters), spec.layers[-1]
    potentials = np.zeros((*samples.shape[:2], last.neurons), np.int64)
    for number, sample in enumerate(samples):
        network.reset()
        for step, word in enumerate(sample):
            network.step(word)
            potentials[number, step] = network.layers[last.name].neuron["potential"]
    return potentials


def _golden(network: Network, samples: Spikes) -> list[Spikes]:
    """The result of `run_integers` by the golden model, a few hundred times slower."""
    layers = network.spec.layers
    spikes = [np.zeros((*samples.shape[:2], layer.neurons), np.uint8) for layer in layers]
    for number, sample in enumerate(samples):
        network.reset()
        for step, word in enumerate(sample):
            network.step(word)
            for place, layer in enumerate(layers):
                if (step + 1) % layer.tick_interval == 0:
                    spikes[place][number, step] = network.outputs[layer.name]
    return spikes
