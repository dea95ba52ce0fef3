"""Numbers of lanes worth trying: each makes a layer or a network faster than all fewer ones."""

from __future__ import annotations

from math import prod

from sc_model.spec import ConvSpec, Design, NetworkSpec, SparseSpec, TrainedLayerSpec
from sc_model.spec.plastic_layer import lane_placements


def lane_counts(design: Design) -> list[int]:
    """Numbers of lanes from small to large; of a network those of all its layers together.

    Empty where nothing can be chosen: of a lane, a bank, or a layer with chains of its own.
    """
    if design.network is not None:
        return list(network_lanes(design.network))
    if design.layer is None or design.layer.chains:
        return []
    counts: list[int] = []
    shortest = None
    for lanes, place in lane_placements(design.layer).items():
        steps = place.rows * place.groups
        if shortest is None or steps < shortest:
            counts.append(lanes)
            shortest = steps
    return counts


def network_lanes(network: NetworkSpec) -> dict[int, tuple[int, ...]]:
    """Lanes of each layer, by their sum: the fewest with which no layer is slower than the slowest.

    A layer with g groups of neurons works for g clocks on a column (with the engine `events` on one
    that is not 0), so g x columns a tick, and ticks in every `tick_interval`-th step. Lanes of a
    convolution divide the channels of a group, and a column takes the groups of the outputs that
    see it. A sparse layer has one lane, which works for a clock on a synapse.
    """
    layers = network.layers
    works = {work for layer in layers for work in _works(layer)}
    choices: dict[int, tuple[int, ...]] = {}
    for work in sorted(works, reverse=True):
        lanes = []
        for layer in layers:
            fewest = _fewest(layer, work)
            if fewest is None:  # with all lanes that it can have it is slower still
                return choices
            lanes.append(fewest)
        choices.setdefault(sum(lanes), tuple(lanes))
    return choices


def _works(layer: TrainedLayerSpec) -> set[float]:
    """Clocks of a step that some number of lanes takes for all columns."""
    if isinstance(layer, ConvSpec):
        return set(_of_kernel(layer).values())
    if isinstance(layer, SparseSpec):
        return {_of_lists(layer)}
    groups = {-(-layer.neurons // lanes) for lanes in range(1, layer.neurons + 1)}
    return {layer.columns * each / layer.tick_interval for each in groups}


def _fewest(layer: TrainedLayerSpec, work: float) -> int | None:
    """The fewest lanes that take so many clocks of a step at most; None where none do."""
    if isinstance(layer, ConvSpec):
        works = _of_kernel(layer)
        return min((lanes for lanes, clocks in works.items() if clocks <= work), default=None)
    if isinstance(layer, SparseSpec):
        return 1 if _of_lists(layer) <= work else None
    groups = min(layer.neurons, int(work * layer.tick_interval / layer.columns + 1e-9))
    return -(-layer.neurons // groups) if groups else None


def _of_lists(layer: SparseSpec) -> float:
    """Clocks of a step for the lists of all columns."""
    return layer.synapses / layer.tick_interval


def _of_kernel(layer: ConvSpec) -> dict[int, float]:
    """Clocks of a step for all columns, by each number of lanes that a convolution may have."""
    of_group = layer.channels // layer.channel_groups
    sizes = zip(layer.kernel, layer.stride, strict=True)
    outputs = layer.inputs * prod(-(-size // step) for size, step in sizes)
    return {
        lanes: outputs * (of_group // lanes) / layer.tick_interval for lanes in layer.possible_lanes
    }
