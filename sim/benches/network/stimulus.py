"""Stimulus of a network's bench: steps, parameters, lessons of a plastic layer, resets."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from sc_model.golden.encoder import Encoder
from sc_model.golden.network.network import Network, parameter_bounds
from sc_model.golden.trained.connections import drawn_lists
from sc_model.spec import DenseSpec, IntFormat, NetworkSpec, SparseSpec, TrainedLayerSpec
from sc_sim.blocks.network.records import Reset
from sc_sim.clocks import Clocking
from sc_sim.stimulus import LAYER_REGIME_STEPS, Regimes

SAMPLE_TICKS = 12  # of a layer, to find weights with which it neither rests nor fires all the time
TARGET_RATE = 0.35  # spikes a tick and neuron
WEIGHT_MEANS = (0.5, 0.2, 0.05, 0.0, -0.1)  # to try, as shares of the greatest weight
FLAG_RATE = 0.1
RESET_CLOCKS = (1, 1, 2, 3, 40)
SECOND_RESET_RATE = 0.5
# Resets come up to so many clocks of the slowest domain after their step: some ticks
LATEST_RESET, LATEST_SECOND_RESET = 60, 12

Parameters = Mapping[str, NDArray[np.int64]]
Teaching = dict[str, NDArray[np.int64]]

LEAST_SETS = 4  # of values, for an encoder


def spikes(rng: np.random.Generator, steps: int, inputs: int) -> NDArray[np.uint8]:
    """Steps of random spikes (steps, inputs), at rates that change."""
    regimes = Regimes(rng, {"spikes": IntFormat(1)}, inputs, LAYER_REGIME_STEPS)
    return np.array([regimes.step()["spikes"] for _ in range(steps)], np.uint8)


def parameters(spec: NetworkSpec, rng: np.random.Generator, x: NDArray[np.uint8]) -> Parameters:
    """Random parameters for all layers, by `<layer>.<name>`.

    A layer's weights have a mean with which it fires now and then on the steps `x`, as far as one
    of `WEIGHT_MEANS` does that.
    """
    arrays: dict[str, NDArray[np.int64]] = {}
    for index, layer in enumerate(spec.layers):
        # the layers up to this one, on as many steps as give it some ticks
        part = NetworkSpec.model_validate(
            {**spec.model_dump(), "layers": spec.layers[: index + 1], "clocks": {}, "plastic": None}
        )
        sample = x[: SAMPLE_TICKS * max(one.tick_interval for one in part.layers)]
        arrays |= _other_parameters(part, layer, rng)
        arrays[f"{layer.name}.weight"] = _weights(part, layer, arrays, rng, sample)
    for name, (size, low, high) in parameter_bounds(spec).items():
        if name not in arrays:  # the plastic layer's
            arrays[name] = rng.integers(low, high + 1, size)
    return arrays


def _other_parameters(
    part: NetworkSpec, layer: TrainedLayerSpec, rng: np.random.Generator
) -> dict[str, NDArray[np.int64]]:
    """All parameters of a layer but its weights."""
    arrays = {}
    if isinstance(layer, SparseSpec):
        lists = drawn_lists(layer, rng)
        arrays = {f"{layer.name}.{name}": values for name, values in lists.items()}
    for name, (size, low, high) in parameter_bounds(part).items():
        if not name.startswith(f"{layer.name}.") or name.endswith(".weight") or name in arrays:
            continue
        if name.endswith(".threshold"):  # within reach of some weights
            if isinstance(layer, DenseSpec):
                high = min(high, layer.weight_format.hi << layer.neuron.fraction)
            low = max(low, high // 4)
        arrays[name] = rng.integers(low, high + 1, size)
    return arrays


def _weights(
    part: NetworkSpec,
    layer: TrainedLayerSpec,
    others: Parameters,
    rng: np.random.Generator,
    sample: NDArray[np.uint8],
) -> NDArray[np.int64]:
    """Random weights of the last layer of a part, with which it fires closest to `TARGET_RATE`."""
    form = layer.weight_format
    noise = rng.normal(0, form.hi / 3, layer.parameter_shape("weight"))
    candidates = [
        np.clip(np.rint(noise + share * form.hi), form.lo, form.hi).astype(np.int64)
        for share in WEIGHT_MEANS
    ]

    def distance(weights: NDArray[np.int64]) -> float:
        network = Network(part, {**others, f"{layer.name}.weight": weights})
        return abs(float(network.run(sample).mean()) - TARGET_RATE)

    return min(candidates, key=distance)


def images(
    spec: NetworkSpec, rng: np.random.Generator, steps: int
) -> tuple[NDArray[np.int64], NDArray[np.uint8]]:
    """Random sets of values for about so many steps, and the spikes of the steps."""
    if spec.encoder is None:
        raise ValueError("the network must have an encoder")
    count = max(LEAST_SETS, steps // spec.encoder.steps)
    values = rng.integers(0, 1 << spec.encoder.bits, (count, spec.values))
    return values, Encoder(spec.encoder, spec.values).shown(values)


def lessons(formats: Mapping[str, IntFormat], rng: np.random.Generator, steps: int) -> Teaching:
    """What a plastic layer is taught beside each step, by name, (steps,).

    `formats`: of its modulators, which are uniform, and its flags, which are set now and then.
    """
    rows = {}
    for name, form in formats.items():
        values = rng.integers(form.lo, form.hi + 1, steps)
        is_flag = form.width == 1 and not form.signed
        rows[name] = (rng.random(steps) < FLAG_RATE).astype(np.int64) if is_flag else values
    return rows


def pulses(roles: Sequence[str], steps: int, clocking: Clocking, rng: random.Random) -> list[Reset]:
    """Resets of any domains at any time: alone, two at once or in quick succession, of 1 to 40
    clocks.
    """
    slowest = max(clock.period for clock in clocking.clocks.values())
    resets: list[Reset] = []
    for _ in range(rng.randint(2, 5)):
        after, delay = rng.randrange(steps), rng.randrange(LATEST_RESET * slowest)
        resets.append(Reset(rng.choice(roles), after, delay, rng.choice(RESET_CLOCKS)))
        if rng.random() < SECOND_RESET_RATE:
            later = rng.choice((0, rng.randrange(LATEST_SECOND_RESET * slowest)))
            second = Reset(rng.choice(roles), after, delay + later, rng.choice(RESET_CLOCKS))
            resets.append(second)
    return resets
