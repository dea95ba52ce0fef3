"""Time constants of synapses: in a layer one number each, in a graph leaky integrators (lanes).

A lane is an `LI` population of the size of the source, with one time constant for each source
neuron. It gets the source's spikes one to one, and only the target gets its potential. Synapses of
a source neuron with K different time constants need K lanes, at most one for each target neuron.

In a step a trace decays by k = exp(-dt / tau), and rises by 1 at a spike. An LI by Euler's method
decays by 1 - dt / tau' and rises by r dt / tau'. So a trace becomes an LI with tau' = dt / (1 - k)
and r = tau' / dt. An LI becomes a trace with tau = -dt / ln(1 - dt / tau'), and the weights behind
it are multiplied by r dt / tau'.
"""

from __future__ import annotations

from collections.abc import Mapping, MutableMapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sc_model.interchange.errors import InterchangeError
from sc_model.interchange.graph import FloatGraph, FloatPopulation
from sc_model.interchange.taps import Floats, Taps
from sc_model.interchange.unroll import array


@dataclass(frozen=True, eq=False)
class Traces:
    """Synapses with a time constant each.

    Members
    -------
    source : name of the source population.
    taps : weights by delay.
    tau_ms : time constants, ms, (targets, sources); without meaning where the weight is 0.
    lanes : names of the integrators.
    """

    source: str
    taps: Taps
    tau_ms: Floats
    lanes: tuple[str, ...]


def kept_of(tau_ms: Floats, dt_ms: float) -> Floats:
    """The share of a trace that is left after a step."""
    return np.exp(-dt_ms / tau_ms)


def lanes_of(
    weight: Floats, tau_ms: Floats, dt_ms: float
) -> list[tuple[Mapping[str, Floats], NDArray[np.bool_]]]:
    """The lanes of synapses: parameters of each integrator, and the synapses that it serves.

    `weight` and `tau_ms` are (targets, sources); synapses served are booleans of that shape.
    """
    used = weight != 0
    each = [np.unique(tau_ms[used[:, source], source]) for source in range(weight.shape[1])]
    any_tau = float(tau_ms[used][0]) if used.any() else 1.0
    found: list[tuple[Mapping[str, Floats], NDArray[np.bool_]]] = []
    for lane in range(max((len(taus) for taus in each), default=0)):
        mine = np.array([taus[min(lane, len(taus) - 1)] if len(taus) else any_tau for taus in each])
        serves = used & (tau_ms == mine) & np.array([lane < len(taus) for taus in each])
        tau = dt_ms / 1e3 / -np.expm1(-dt_ms / mine)
        found.append(
            ({"tau": tau, "r": tau / (dt_ms / 1e3), "v_leak": np.zeros(len(mine))}, serves)
        )
    return found


def as_lanes(
    name: str,
    node: Any,
    notes: Mapping[str, Any],
    inputs: Mapping[str | None, Taps],
    lanes: MutableMapping[str, FloatPopulation],
    sums: MutableMapping[tuple[str | None, str], Taps],
    dt_ms: float,
) -> dict[str | None, Taps]:
    """The maps to the outputs of a Linear that has delays or time constants in its metadata.

    Adds the lanes to `lanes`, and the maps to their inputs to `sums`.

    Raises InterchangeError for metadata of another shape, or out of range.
    """
    weight = array(node.weight)
    delay = _matrix(name, "sc_delay", notes.get("sc_delay", np.zeros(weight.shape)), weight.shape)
    if (delay < 0).any() or (delay != np.rint(delay)).any():
        raise InterchangeError(
            f"metadata sc_delay of node '{name}' must be whole steps >= 0, not"
            f" {delay[_wrong(delay)]:g}."
        )
    steps = delay.astype(np.int64)
    if "sc_tau" not in notes:
        taps = Taps.synapses(weight, steps)
        return {source: taps.after(given) for source, given in inputs.items()}
    tau = _matrix(name, "sc_tau", notes["sc_tau"], weight.shape)
    if not (tau > 0).all() or not np.isfinite(tau).all():
        raise InterchangeError(
            f"metadata sc_tau of node '{name}' must be times in ms > 0, not {tau[~(tau > 0)][0]:g}."
        )
    outputs: dict[str | None, Taps] = {}
    for number, (parameters, serves) in enumerate(lanes_of(weight, tau, dt_ms)):
        lane = f"{name}.tau{number}"
        lanes[lane] = FloatPopulation(lane, "li", (weight.shape[1],), parameters)
        for source, given in inputs.items():
            sums[source, lane] = given
        outputs[lane] = Taps.synapses(np.where(serves, weight, 0.0), steps)
    return outputs


def _wrong(delay: Floats) -> tuple[int, ...]:
    return tuple(int(each) for each in np.argwhere((delay < 0) | (delay != np.rint(delay)))[0])


def _matrix(name: str, what: str, value: Any, shape: tuple[int, ...]) -> Floats:
    found = array(value)
    if found.shape != shape:
        raise InterchangeError(
            f"metadata {what} of node '{name}' must have the shape of the weight, {shape}, not"
            f" {found.shape}."
        )
    return found


def traces_into(graph: FloatGraph, target: str) -> tuple[Traces, ...]:
    """The lanes that end in a population, folded into one `Traces` for each source.

    Connections that do not come from a lane are left out.

    Raises InterchangeError for a synapse with two time constants.
    """
    found: dict[str, list[tuple[str, Taps]]] = {}
    for each in graph.into(target):
        name = each.source
        if name is None or graph.populations[name].kind != "li" or each.plasticity is not None:
            continue
        before, lane = graph.into(name), graph.populations[name]
        if (
            len(before) != 1
            or before[0].source is None
            or not before[0].taps.is_identity
            or (lane["v_leak"] != 0).any()
        ):
            continue
        if len(graph.out_of(name)) == 1 and (lane.kept("tau", graph.dt_ms) > 0).all():
            found.setdefault(before[0].source, []).append((name, each.taps))
    return tuple(_folded(graph, source, target, each) for source, each in sorted(found.items()))


def _folded(graph: FloatGraph, source: str, target: str, lanes: list[tuple[str, Taps]]) -> Traces:
    shape = (graph.populations[target].size, graph.populations[source].size)
    total, tau_ms, count = Taps(shape, {}), np.zeros(shape), np.zeros(shape, np.int64)
    for name, taps in sorted(lanes):
        lane = graph.populations[name]
        mine = -graph.dt_ms / np.log(lane.kept("tau", graph.dt_ms))
        there = taps.weights() != 0
        gain = lane.gain(graph.dt_ms)
        total = total + Taps(shape, {delay: each.multiply(gain[None, :]) for delay, each in taps})
        tau_ms = np.where(there | (tau_ms == 0), mine[None, :], tau_ms)
        count += there
    if (count > 1).any():
        j, i = (int(each) for each in np.argwhere(count > 1)[0])
        raise InterchangeError(
            f"the synapse from neuron {i} of '{source}' to neuron {j} of '{target}' must have one"
            f" time constant, not {count[j, i]} (leaky integrators between them)."
        )
    return Traces(source, total, tau_ms, tuple(name for name, _ in sorted(lanes)))
