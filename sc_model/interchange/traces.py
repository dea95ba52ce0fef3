"""Time constants of synapses: numbers in a layer, leaky integrators (lanes) in a graph.

A layer keeps one time constant for each synapse. A NIR graph has no such field, so it gets lanes. A
lane is an `LI` population of the size of the source, with one time constant for each source
neuron. It gets the source's spikes one to one, and only the target gets its potential. Synapses of
a source neuron with K different time constants need K lanes, at most one for each target neuron.

A step multiplies a trace by k = exp(-dt / tau), and a spike adds 1. Euler's step multiplies the
potential of an LI by 1 - dt / tau', and a spike adds r dt / tau'. So a trace becomes an LI with
tau' = dt / (1 - k) and r = tau' / dt. An LI becomes a trace with tau = -dt / ln(1 - dt / tau'), and
the weights behind it are multiplied by r dt / tau'.
"""

from __future__ import annotations

from collections.abc import Mapping, MutableMapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sc_model.interchange.errors import InterchangeError
from sc_model.interchange.graph import FloatGraph, FloatPopulation
from sc_model.interchange.nodes import check_numbers
from sc_model.interchange.taps import MAX_DELAY, Floats, Taps, TooLargeError
from sc_model.interchange.unroll import array

MAX_WORK = 1 << 30  # a lane looks at each synapse: some seconds for 1,024 x 1,024 x 1,024


@dataclass(frozen=True, eq=False)
class Traces:
    """The synapses from one population to another, each with a time constant of its own.

    Members
    -------
    source : name of the source population.
    taps : weights (targets, sources) by delay in steps.
    tau_ms : time constants, ms, (targets, sources); without meaning where the weight is 0.
    lanes : names of the LI populations that were folded into it.
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
    """The lanes of synapses: lane n has the n-th shortest time constant of each source neuron.

    Parameters
    ----------
    weight : weights, (targets, sources); 0 where there is no synapse.
    tau_ms : time constants, ms, (targets, sources).
    dt_ms : length of a step, ms.

    Returns
    -------
    For each lane the parameters of its LI, (sources,) each and in the units of NIR (tau in s), and
    the synapses that it serves, booleans (targets, sources).
    """
    used = weight != 0
    # The different time constants of each source neuron, rising
    different = [np.unique(tau_ms[used[:, source], source]) for source in range(weight.shape[1])]
    # A source neuron with fewer time constants than there are lanes serves no synapse in the rest
    # of them. Its integrators there take a time constant that occurs, which changes nothing.
    unused_tau = float(tau_ms[used][0]) if used.any() else 1.0
    lanes: list[tuple[Mapping[str, Floats], NDArray[np.bool_]]] = []
    for lane in range(max((len(taus) for taus in different), default=0)):
        lane_tau_ms = np.array(
            [taus[min(lane, len(taus) - 1)] if len(taus) else unused_tau for taus in different]
        )
        has_own = np.array([lane < len(taus) for taus in different])
        serves = used & (tau_ms == lane_tau_ms) & has_own
        tau = dt_ms / 1e3 / -np.expm1(-dt_ms / lane_tau_ms)  # s; tau' of the module's docstring
        lanes.append(
            ({"tau": tau, "r": tau / (dt_ms / 1e3), "v_leak": np.zeros(len(lane_tau_ms))}, serves)
        )
    return lanes


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

    Parameters
    ----------
    name : of the node.
    node : a Linear.
    notes : its metadata: `sc_delay` (steps) and `sc_tau` (ms), each of the shape of the weight.
    inputs : maps from populations to the node's inputs, by source population; None: the constant 1.
    lanes : populations by name; the lanes are added to them.
    sums : maps by source and target population; those to the lanes' inputs are added to them.
    dt_ms : length of a step, ms.

    Raises InterchangeError for metadata of another shape, or out of range.
    """
    weight = array(node.weight)
    delay = _matrix(name, "sc_delay", notes.get("sc_delay", np.zeros(weight.shape)), weight.shape)
    wrong = ~np.isfinite(delay) | (delay < 0) | (delay != np.rint(delay)) | (delay > MAX_DELAY)
    if wrong.any():
        raise InterchangeError(
            f"metadata sc_delay of node '{name}' must be whole steps from 0 to {MAX_DELAY:,}, not"
            f" {delay[wrong][0]:g}."
        )
    steps = delay.astype(np.int64)
    if "sc_tau" not in notes:
        taps = Taps.synapses(weight, steps)
        return {source: taps.after(drive) for source, drive in inputs.items()}
    tau = _matrix(name, "sc_tau", notes["sc_tau"], weight.shape)
    wrong = ~((tau > 0) & np.isfinite(tau))
    if wrong.any():
        raise InterchangeError(
            f"metadata sc_tau of node '{name}' must be times in ms > 0, not {tau[wrong][0]:g}."
        )
    count = max((len(np.unique(column)) for column in np.where(weight != 0, tau, 0).T), default=0)
    if count * weight.size > MAX_WORK:
        raise TooLargeError(f"at most {MAX_WORK:,} synapses times time constants")
    outputs: dict[str | None, Taps] = {}
    for number, (parameters, serves) in enumerate(lanes_of(weight, tau, dt_ms)):
        lane = f"{name}.tau{number}"
        lanes[lane] = FloatPopulation(lane, "li", (weight.shape[1],), parameters)
        for source, drive in inputs.items():
            sums[source, lane] = drive
        outputs[lane] = Taps.synapses(np.where(serves, weight, 0.0), steps)
    return outputs


def _matrix(name: str, what: str, value: Any, shape: tuple[int, ...]) -> Floats:
    """The metadata `what` of a node as a matrix; InterchangeError for another shape."""
    check_numbers(f"node '{name}'", f"metadata {what}", value)
    matrix = array(value)
    if matrix.shape != shape:
        raise InterchangeError(
            f"metadata {what} of node '{name}' must have the shape of the weight, {shape}, not"
            f" {matrix.shape}."
        )
    return matrix


def traces_into(graph: FloatGraph, target: str) -> tuple[Traces, ...]:
    """The lanes that end in a population, folded into one `Traces` for each source.

    Connections that do not come from a lane are left out.

    Raises InterchangeError for a synapse with two time constants.
    """
    lanes: dict[str, list[tuple[str, Taps]]] = {}
    for each in graph.into(target):
        name = each.source
        if name is None or graph.populations[name].kind != "li" or each.plasticity is not None:
            continue
        # A lane gets the outputs of one population, one to one and without a delay, and leaks to 0.
        before, lane = graph.into(name), graph.populations[name]
        if (
            len(before) != 1
            or before[0].source is None
            or not before[0].taps.is_identity
            or (lane["v_leak"] != 0).any()
        ):
            continue
        # Only this target reads it, and something is left of it after a step: an LI whose tau is dt
        # forgets at once, and a trace can't have a time constant of 0.
        if len(graph.out_of(name)) == 1 and (lane.kept("tau", graph.dt_ms) > 0).all():
            lanes.setdefault(before[0].source, []).append((name, each.taps))
    return tuple(_folded(graph, source, target, each) for source, each in sorted(lanes.items()))


def _folded(graph: FloatGraph, source: str, target: str, lanes: list[tuple[str, Taps]]) -> Traces:
    """Lanes from one source to one target, by name and maps behind them, as one `Traces`."""
    shape = (graph.populations[target].size, graph.populations[source].size)
    total, tau_ms = Taps(shape, {}), np.zeros(shape)
    count = np.zeros(shape, np.int64)  # lanes that serve each synapse
    for name, taps in sorted(lanes):
        lane = graph.populations[name]
        lane_tau_ms = -graph.dt_ms / np.log(lane.kept("tau", graph.dt_ms))
        serves = taps.weights() != 0
        gain = lane.gain(graph.dt_ms)
        total = total + Taps(shape, {delay: each.multiply(gain[None, :]) for delay, each in taps})
        # Places without a synapse get the first lane's time constant: `sc_tau` is > 0 everywhere.
        tau_ms = np.where(serves | (tau_ms == 0), lane_tau_ms[None, :], tau_ms)
        count += serves
    if (count > 1).any():
        j, i = (int(each) for each in np.argwhere(count > 1)[0])
        raise InterchangeError(
            f"the synapse from neuron {i} of '{source}' to neuron {j} of '{target}' must have one"
            f" time constant, not {count[j, i]} (leaky integrators between them)."
        )
    return Traces(source, total, tau_ms, tuple(name for name, _ in sorted(lanes)))
