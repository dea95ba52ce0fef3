"""From a `FloatGraph` to a `sc_model.network.Network`, and back.

Both have the same order of a step, so they give the same spikes but for the rounding of float64.
Inputs and outputs are `Relay` populations; a bias is a constant `CurrentStimulus`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any, Literal, cast

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.sparse import csr_array

from sc_model.interchange.errors import InterchangeError
from sc_model.interchange.graph import (
    Connection,
    FloatGraph,
    FloatPopulation,
    Kind,
    Plasticity,
    Reset,
    broadcast,
)
from sc_model.interchange.taps import Floats, Taps
from sc_model.network import (
    IF,
    LI,
    LIF,
    STDP,
    CubaLI,
    CubaLIF,
    CurrentStimulus,
    Integrator,
    Model,
    Network,
    Population,
    Projection,
    Relay,
    State,
)
from sc_model.network.models.firing import Firing, above

STDP_FAMILY = "sc_model.network.STDP"


@dataclass(frozen=True, eq=False, kw_only=True)
class Comparator(Model):
    """NIR's Threshold: a spike where the input of the step is above the threshold. No state."""

    threshold: float | Floats = 1.0

    def initial(self, n: int) -> State:
        """No state."""
        return {}

    def step(self, state: State, current: Floats, dt_ms: float) -> tuple[State, Floats]:
        """Compare."""
        return {}, above(current - self.threshold)


def to_network(graph: FloatGraph, *, plasticity: Literal["run", "freeze"] = "run") -> Network:
    """The network of a graph; populations have the names of the graph.

    Parameters
    ----------
    graph : the network between formats.
    plasticity : ``run``: connections that learn go on learning, which needs `STDP`. ``freeze``:
        they keep their weights.

    Raises InterchangeError for another rule than `STDP`, and for parameters that no model can have.
    """
    network = Network(graph.dt_ms)
    for name in graph.order:
        neurons = graph.populations[name]
        try:
            network.add(Population(_model(neurons, graph.dt_ms), neurons.size, label=name))
        except ValueError as error:  # the model's own checks, such as a threshold above v_reset
            raise InterchangeError(f"node '{name}' ({neurons.node_type}): {error}.") from None
    for each in graph.connections:
        target = network.populations[each.target]
        if each.source is None:
            for delay, column in each.taps:
                network.add(CurrentStimulus(target, column.toarray()[:, 0], start_step=delay))
            continue
        rule = _rule(each) if plasticity == "run" else None
        for weight, delay in _projections(each.taps):
            network.add(
                Projection(
                    network.populations[each.source],
                    target,
                    weight,
                    delay=delay,
                    topology="explicit",
                    plasticity=rule,
                )
            )
    return network


def run(
    network: Network, inputs: Mapping[str, ArrayLike], steps: int | None = None
) -> dict[str, NDArray[np.float64]]:
    """Reset a network and run it: the outputs of each population, (steps, n), by label.

    Parameters
    ----------
    inputs : currents of populations, (steps, n), by label.
    steps : number of steps; None: the length of the inputs.

    Raises ValueError for inputs of different lengths or another size.
    """
    currents = {name: np.asarray(values, np.float64) for name, values in inputs.items()}
    lengths = {len(values) for values in currents.values()}
    if steps is None and len(lengths) != 1:
        raise ValueError(
            f"inputs must all be of one length, or steps be given, not {sorted(lengths)}."
        )
    network.reset()
    outputs: dict[str, list[Floats]] = {name: [] for name in network.populations}
    for step in range(lengths.pop() if steps is None else steps):
        network.step(
            {name: values[step] for name, values in currents.items() if step < len(values)}
        )
        for name, each in network.populations.items():
            outputs[name].append(each.output.copy())
    return {
        name: np.array(values).reshape(-1, network.populations[name].n)
        for name, values in outputs.items()
    }


def _model(each: FloatPopulation, dt_ms: float) -> Model:
    """The neuron model of a population."""
    if each.kind in ("input", "output"):
        return Relay()
    step = dt_ms / 1e3
    if each.kind == "i":
        return Integrator(resistance=each["r"] / 1e3)
    if each.kind == "threshold":
        return Comparator(
            threshold=each["threshold"] if each.strict else np.nextafter(each["threshold"], -np.inf)
        )
    # a time constant that float32 put just below the step leaves nothing, like one of a step
    times = {
        name: np.maximum(each[name], step) * 1e3
        for name in ("tau", "tau_syn", "tau_mem")
        if name in each.parameters
    }
    if each.kind == "li":
        return LI(tau_ms=times["tau"], resistance=each["r"], v_rest=each["v_leak"], method="euler")
    if each.kind == "cubali":
        return CubaLI(
            tau_syn_ms=times["tau_syn"],
            tau_ms=times["tau_mem"],
            resistance=each["r"],
            v_rest=each["v_leak"],
            w_in=each["w_in"],
        )
    # to stay at v_reset for the step after a spike is to be refractory for it
    pause = each.refractory + (each.reset == "zero" and each.reset_delay)
    threshold = each["v_threshold"] if each.strict else np.nextafter(each["v_threshold"], -np.inf)
    firing: dict[str, Any] = {
        "threshold": threshold,
        "v_reset": each["v_reset"],
        "reset": each.reset,
        "reset_delay": each.reset == "subtract" and each.reset_delay,
        "refractory_ms": pause * dt_ms,
    }
    if each.kind == "if":
        return IF(resistance=each["r"] / 1e3, **firing)
    if each.kind == "lif":
        return LIF(
            tau_ms=times["tau"],
            resistance=each["r"],
            v_rest=each["v_leak"],
            method="euler",
            **firing,
        )
    return CubaLIF(
        tau_syn_ms=times["tau_syn"],
        tau_ms=times["tau_mem"],
        resistance=each["r"],
        v_rest=each["v_leak"],
        w_in=each["w_in"],
        **firing,
    )


def _projections(taps: Taps) -> list[tuple[Any, Any]]:
    """Weights (sources, targets) and delays of the projections of a connection.

    It is one projection where each synapse has a single delay, otherwise one for each delay.
    """
    if len(taps) == 1 or taps.twofold() is not None:
        return [(csr_array(matrix.T), float(delay)) for delay, matrix in taps]
    weight = csr_array(sum((matrix for _, matrix in taps), csr_array(taps.shape)).T)
    weight.sort_indices()
    delays = csr_array(
        sum(
            ((delay + 1.0) * matrix.astype(bool) for delay, matrix in taps), csr_array(taps.shape)
        ).T
    )
    delays.sort_indices()
    return [(weight, delays.data - 1.0)] if weight.nnz else []


def _rule(each: Connection) -> STDP | None:
    if each.plasticity is None:
        return None
    if each.plasticity.family != STDP_FAMILY:
        raise InterchangeError(
            f"connection '{each.source}' -> '{each.target}' must learn by '{STDP_FAMILY}' in a"
            f" Network, not by '{each.plasticity.family}'; plasticity='freeze' keeps its weights as"
            " they are."
        )
    return STDP(**cast(dict[str, Any], dict(each.plasticity.parameters)))


def from_network(network: Network, outputs: Sequence[str] = ()) -> FloatGraph:
    """The graph of a network.

    Inputs are the `Relay` populations to which no projection leads; their stimuli are data and not
    part of the graph. Outputs are those from which none leads. For each population named in
    `outputs` an output is added.

    Raises InterchangeError for a model, a stimulus or a topology that NIR can't express, with the
    name of the population.
    """
    into = {name: network.incoming(name) for name in network.populations}
    populations = {
        name: _population(name, each, network, into[name])
        for name, each in network.populations.items()
    }
    connections = []
    for name in network.populations:
        for source in sorted({str(each.source.label) for each in into[name]}):
            connections += _connections(
                source, name, [each for each in into[name] if each.source.label == source]
            )
    for number, stimulus in enumerate(network.stimuli):
        name = str(stimulus.target.label)
        if populations[name].kind == "input":
            continue
        connections.append(Connection(None, name, _constant(network, number, name)))
    for name in outputs:
        if name not in populations:
            raise InterchangeError(f"outputs must be among {', '.join(populations)}, not '{name}'.")
        added = f"{name}_output"
        populations[added] = FloatPopulation(added, "output", populations[name].shape)
        connections.append(Connection(name, added, Taps.identity(populations[name].size)))
    merged: dict[tuple[str | None, str], Connection] = {}
    learning = [each for each in connections if each.plasticity is not None]
    for each in connections:
        if each.plasticity is None:
            key = (each.source, each.target)
            merged[key] = Connection(*key, merged[key].taps + each.taps) if key in merged else each
    graph = FloatGraph(populations, (*merged.values(), *learning), network.dt_ms)
    for each in graph.connections:
        place = list(network.populations)
        if each.source in place and each.target in place:
            back = place.index(str(each.source)) >= place.index(each.target)
            if back != graph.goes_back(each):
                raise InterchangeError(
                    f"the projection '{each.source}' -> '{each.target}' must"
                    f" {'' if back else 'not '}take effect in the same step, as it follows from the"
                    f" graph's loops; add the populations in the order {', '.join(graph.order)}."
                )
    return graph


def _constant(network: Network, number: int, name: str) -> Taps:
    """The bias of a constant current. InterchangeError for any other stimulus."""
    stimulus = network.stimuli[number]
    size, dt = network.populations[name].n, network.dt_ms
    if isinstance(stimulus, CurrentStimulus) and stimulus.stop_step is None:
        first, later = (stimulus.current(stimulus.start_step + each, dt) for each in (0, 1 << 40))
        if (first == later).all():
            return Taps((size, 1), {stimulus.start_step: np.array(first).reshape(-1, 1)})
    raise InterchangeError(
        f"the {type(stimulus).__name__} of population '{name}' must be a CurrentStimulus that stays"
        " the same to be a bias; drive a Relay population in place of it, which becomes an Input."
    )


def _connections(source: str, target: str, projections: list[Projection]) -> list[Connection]:
    """The connections of the projections from one population to another."""
    connections = []
    for each in projections:
        shape = (each.target.n, each.source.n)
        rows, steps = each.csr.sources, each.delay_steps
        matrices = {
            int(delay): csr_array(
                (
                    each.weights[steps == delay],
                    (each.indices[steps == delay], rows[steps == delay]),
                ),
                shape=shape,
            )
            for delay in np.unique(steps)
        }
        rule = None
        if each.plasticity is not None:
            rule = Plasticity(
                STDP_FAMILY,
                {one.name: getattr(each.plasticity, one.name) for one in fields(each.plasticity)},
            )
        connections.append(Connection(source, target, Taps(shape, matrices), rule))
    return connections


def _population(
    name: str, each: Population, network: Network, into: list[Projection]
) -> FloatPopulation:
    model, n, dt = each.model, each.n, network.dt_ms
    step = dt / 1e3
    if isinstance(model, Relay):
        leads_on = bool(network.outgoing(name))
        if into and leads_on:
            raise InterchangeError(
                f"population '{name}' (Relay) must be an input, with nothing leading to it, or an"
                " output, leading nowhere; it is neither."
            )
        return FloatPopulation(name, "output" if into or not leads_on else "input", (n,))

    def of(field: str, factor: float = 1.0) -> Floats:
        return broadcast(getattr(model, field), n) * factor

    def euler(field: str) -> Floats:
        """The time constant with which Euler's step does what the model does."""
        exact = getattr(model, "method", "euler") == "exact"
        return step / -np.expm1(-dt / of(field)) if exact else of(field, 1e-3)

    values: dict[str, Floats]
    kind: Kind
    if type(model) is Comparator:
        return FloatPopulation(name, "threshold", (n,), {"threshold": of("threshold")})
    if type(model) is Integrator:
        return FloatPopulation(name, "i", (n,), {"r": of("resistance", 1e3)})
    if type(model) is IF:
        kind, values = "if", {"r": of("resistance", 1e3)}
    elif type(model) in (LI, LIF):
        kind = "li" if type(model) is LI else "lif"
        values = {"tau": euler("tau_ms"), "r": of("resistance"), "v_leak": of("v_rest")}
    elif type(model) in (CubaLI, CubaLIF):
        kind = "cubali" if type(model) is CubaLI else "cubalif"
        values = {"tau_syn": of("tau_syn_ms", 1e-3), "tau_mem": of("tau_ms", 1e-3)}
        values |= {"r": of("resistance"), "v_leak": of("v_rest"), "w_in": of("w_in")}
    else:
        raise InterchangeError(
            f"population '{name}' must be of a model that NIR has (LIF, IF, LI, Integrator,"
            f" CubaLIF, CubaLI, Relay), not {type(model).__name__}."
        )
    if kind in ("li", "cubali"):
        return FloatPopulation(name, kind, (n,), values)
    values |= {"v_threshold": of("threshold"), "v_reset": of("v_reset")}
    refractory = np.rint(of("refractory_ms") / dt).astype(np.int64)
    if len(set(refractory.tolist())) > 1:
        raise InterchangeError(
            f"population '{name}' must have one refractory period for all neurons, not one each."
        )
    firing = cast(Firing, model)  # of these kinds all are
    reset: Reset = firing.reset
    # with reset to zero the model is at v_reset before the next input either way
    delay = bool(firing.reset_delay) and reset == "subtract"
    return FloatPopulation(name, kind, (n,), values, reset, delay, int(refractory[0]))
