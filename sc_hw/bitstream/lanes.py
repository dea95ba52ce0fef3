"""Numbers of lanes worth trying: each makes a layer or a network faster than all fewer ones."""

from __future__ import annotations

from sc_model.spec import Design, NetworkSpec
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
    that is not 0), so g x columns a tick, and ticks in every `tick_interval`-th step.
    """
    layers = network.layers
    works = {
        layer.columns * groups / layer.tick_interval
        for layer in layers
        for groups in _groups(layer.neurons)
    }
    found: dict[int, tuple[int, ...]] = {}
    for work in sorted(works, reverse=True):
        lanes = []
        for layer in layers:
            groups = min(layer.neurons, int(work * layer.tick_interval / layer.columns + 1e-9))
            if not groups:  # with a lane for each neuron it is slower still
                return found
            lanes.append(-(-layer.neurons // groups))
        found.setdefault(sum(lanes), tuple(lanes))
    return found


def _groups(neurons: int) -> set[int]:
    """Groups that some number of lanes makes."""
    return {-(-neurons // lanes) for lanes in range(1, neurons + 1)}
