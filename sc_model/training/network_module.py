r"""`NetworkModule`: a `sc_model.network.Network` as a torch module with gradients to all weights.

Its spikes are those of the network, and arrive in the same steps (`sc_model.network.network`). The
parameters are the weights of all projections, and on request their delays and the thresholds of all
populations that spike.

Populations that are not in a loop of connections are computed one after the other, each with its
whole input sequence in one product. Only those in a loop go step by step, together. Memory is that
of the autograd graph, O(T).
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from graphlib import TopologicalSorter
from typing import Any

import numpy as np
import torch
from numpy.typing import ArrayLike
from torch import Tensor

from sc_model.checks import instance
from sc_model.network import Network
from sc_model.network.models.firing import Firing
from sc_model.spec.errors import did_you_mean
from sc_model.training.neurons import Named, Neuron
from sc_model.training.surrogate import Surrogate, fast_sigmoid_surrogate
from sc_model.training.wiring import Steps, Wiring

THRESHOLD_MIN = 1e-3  # distance from the reset potential to which `project` clamps thresholds


@dataclass(frozen=True)
class RunState:
    """State of a network between two steps.

    Members
    -------
    neurons : state of each population, tensors (B, n) by name.
    outputs : last outputs of each population, (P, B, n), the latest last; P is the longest delay of
        its projections, and one more for a connection back.
    steps : number of steps so far.
    """

    neurons: dict[str, Named]
    outputs: Named
    steps: int = 0

    def detach(self) -> RunState:
        """The same state without its graph: no gradient goes further back."""
        neurons = {
            label: {name: value.detach() for name, value in state.items()}
            for label, state in self.neurons.items()
        }
        return RunState(
            neurons, {label: value.detach() for label, value in self.outputs.items()}, self.steps
        )


@dataclass(frozen=True)
class Run:
    """The result of T steps.

    Members
    -------
    outputs : (T, B, n_out).
    state : after the last step.
    activity : outputs of every population, (T, B, n) by name.
    distances : with `record`, potentials minus thresholds of the populations that spike, (T, B, n)
        by name.
    """

    outputs: Tensor
    state: RunState
    activity: Named
    distances: Named = field(default_factory=dict)


class NetworkModule(torch.nn.Module):
    """A network, differentiable.

    Parameters
    ----------
    network : of LIF, IF, AdaptiveLIF, CubaLIF, LI, Integrator, CubaLI and Relay populations,
        without plasticity.
    inputs : labels of the populations whose currents are the inputs, side by side; None: all
        populations to which no projection leads.
    outputs : labels of the populations whose outputs are returned, side by side; None: all
        populations from which no projection leads.
    surrogate : from distances to the threshold to spikes. A function that is no step forward makes
        a smooth network.
    detach_reset : whether no gradient goes through resets.
    learn_thresholds : whether thresholds are parameters.
    learn_delays : whether delays are parameters, up to their projection's `max_delay`; needs
        projections with a delay for each synapse.
    dense : whether synapses are stored as dense matrices; None: decided by their number.
    dtype : float64 or float32.

    Members
    -------
    n_in, n_out : sizes of all inputs and outputs together.
    names, labels : labels of populations and of projections, in the network's order.
    weights : a parameter (size,) for each projection, in CSR order.
    delays : with `learn_delays`, a parameter (size,) for each projection, in steps.
    neurons : a `Neuron` module for each population.

    Raises TypeError for another kind of network; ValueError for labels that are not there, and for
    populations or projections that can't be differentiated.
    """

    def __init__(
        self,
        network: Network,
        inputs: Iterable[str] | str | None = None,
        outputs: Iterable[str] | str | None = None,
        *,
        surrogate: Surrogate = fast_sigmoid_surrogate,
        detach_reset: bool = True,
        learn_thresholds: bool = False,
        learn_delays: bool = False,
        dense: bool | None = None,
        dtype: torch.dtype = torch.float64,
    ) -> None:
        super().__init__()
        instance("network", network, Network)
        self.network, self.surrogate, self.detach_reset, self.dtype = (
            network,
            surrogate,
            detach_reset,
            dtype,
        )
        self.learn_thresholds, self.learn_delays, self._dense = (
            learn_thresholds,
            learn_delays,
            dense,
        )
        self.names, self.labels = list(network.populations), list(network.projections)
        projections = network.projections.values()
        leads_to, leads_away = (
            {each.target.label for each in projections},
            {each.source.label for each in projections},
        )
        self.inputs = self._labels(
            "inputs", inputs, [name for name in self.names if name not in leads_to]
        )
        self.outputs = self._labels(
            "outputs", outputs, [name for name in self.names if name not in leads_away]
        )
        self.n_in = sum(network.populations[name].n for name in self.inputs)
        self.n_out = sum(network.populations[name].n for name in self.outputs)
        for each in projections:
            if each.plasticity is not None:
                raise ValueError(
                    f"projection {each.label!r} must have no plasticity to be trained by gradients;"
                    " take it off"
                )
            if learn_delays and (each.delay_mode != "per_synapse" or not each.max_delay):
                raise ValueError(
                    f"projection {each.label!r} must have a delay for each synapse and max_delay >="
                    f" 1 for learn_delays, not delay_mode {each.delay_mode!r}; give it an array of"
                    " delays"
                )
        self.neurons = torch.nn.ModuleList(
            Neuron(
                each.model, each.n, network.dt_ms, learn_thresholds and each.model.spiking, dtype
            )
            for each in network.populations.values()
        )
        place = {name: number for number, name in enumerate(self.names)}
        self._source = [place[str(each.source.label)] for each in projections]
        self._target = [place[str(each.target.label)] for each in projections]
        self._wire()
        self.weights = torch.nn.ParameterList(
            torch.tensor(each.weights, dtype=dtype) for each in projections
        )
        self.delays = torch.nn.ParameterList(
            torch.tensor(each.delay_steps, dtype=dtype) for each in projections if self.learn_delays
        )

    def _labels(
        self, what: str, labels: Iterable[str] | str | None, default: list[str]
    ) -> list[str]:
        """The labels that `what` ("inputs" or "outputs") names. ValueError for wrong ones."""
        names = [labels] if isinstance(labels, str) else default if labels is None else list(labels)
        for name in names:
            if name not in self.names:
                hint = (
                    did_you_mean(str(name), self.names)
                    or f"; there are {', '.join(self.names) or 'none'}"
                )
                raise ValueError(
                    f"{what} must be labels of populations in the network, not {name!r}{hint}"
                )
        if not names:
            raise ValueError(
                f"{what} must be named: every population of the network has connections that lead"
                " there and away"
            )
        if len(set(names)) < len(names):
            raise ValueError(f"{what} must name each population once, not {names}")
        return names

    def _wire(self) -> None:
        """Take the synapses of the network, and find the loops of its populations."""
        # an output from a later population, or from the same one, arrives a step later
        late = [
            int(source >= target) for source, target in zip(self._source, self._target, strict=True)
        ]
        self.wiring = [
            Wiring(each, offset, self.learn_delays, self._dense)
            for each, offset in zip(self.network.projections.values(), late, strict=True)
        ]
        self._past = [0] * len(self.names)
        for source, wiring in zip(self._source, self.wiring, strict=True):
            self._past[source] = max(self._past[source], *wiring.lags)
        # reach[i, j]: a path leads from i to j; squaring doubles the length of the paths
        size = len(self.names)
        reach = np.eye(size, dtype=bool)
        reach[self._source, self._target] = True
        for _ in range(size.bit_length()):
            reach = reach @ reach
        together = reach & reach.T
        first = together.argmax(1)  # each loop is represented by its first population
        before: dict[int, set[int]] = {int(one): set() for one in first}
        for source, target in zip(self._source, self._target, strict=True):
            if first[source] != first[target]:
                before[int(first[target])].add(int(first[source]))
        self._loops = [
            [int(each) for each in np.flatnonzero(first == one)]
            for one in TopologicalSorter(before).static_order()
        ]

    def rest(self, batch: int = 1) -> RunState:
        """The state of the network after a reset, for a batch."""
        neurons = {
            name: neuron.initial(batch)
            for name, neuron in zip(self.names, self.neurons, strict=True)
        }
        sizes = zip(self.names, self._past, self.neurons, strict=True)
        device = self.weights[0].device if len(self.weights) else None
        outputs = {
            name: torch.zeros(past, batch, neuron.n, dtype=self.dtype, device=device)
            for name, past, neuron in sizes
        }
        return RunState(neurons, outputs)

    def forward(self, inputs: Tensor | ArrayLike) -> Tensor:
        """Outputs (T, n_out) or (T, B, n_out) for inputs (T, n_in) or (T, B, n_in), from rest.

        ValueError for another shape.
        """
        batched, single = self.shaped(inputs)
        outputs = self.run(batched).outputs
        return outputs[:, 0] if single else outputs

    def shaped(self, inputs: Tensor | ArrayLike) -> tuple[Tensor, bool]:
        """Inputs as (T, B, n_in) of the module's dtype, and whether they were a single sequence."""
        device = self.weights[0].device if len(self.weights) else None
        x = torch.as_tensor(inputs, dtype=self.dtype, device=device)
        if x.ndim not in (2, 3) or x.shape[-1] != self.n_in or not len(x):
            shapes = f"(T, {self.n_in}) or (T, B, {self.n_in}) with T >= 1"
            raise ValueError(f"inputs must have shape {shapes}, not {tuple(x.shape)}")
        return (x[:, None], True) if x.ndim == 2 else (x, False)

    def run(
        self,
        inputs: Tensor,
        state: RunState | None = None,
        *,
        twice: bool = False,
        record: bool = False,
    ) -> Run:
        """T steps with inputs (T, B, n_in).

        Parameters
        ----------
        state : before the first step; None: at rest.
        twice : whether gradients can be differentiated again; slower with recurrent connections.
        record : whether the result has `distances`.
        """
        steps, batch, _ = inputs.shape
        state = self.rest(batch) if state is None else state
        external = self._external(inputs, state.steps)
        operands = [
            wiring.operand(weight, self.delays[k] if self.learn_delays else None)
            for k, (wiring, weight) in enumerate(zip(self.wiring, self.weights, strict=True))
        ]
        padded: dict[int, Tensor] = {}
        states: dict[str, Named] = {}
        distances: Named = {}
        for loop in self._loops:
            inside: dict[int, list[Steps]] = {each: [] for each in loop}
            lists = {each: list(state.outputs[self.names[each]].unbind()) for each in loop}
            currents: dict[int, Tensor] = {}
            for each in loop:
                current = external.get(each)
                for k, target in enumerate(self._target):
                    if target != each:
                        continue
                    source = self._source[k]
                    if source in inside:
                        past = self._past[source]
                        inside[each].append(
                            Steps(self.wiring[k], operands[k], lists[source], past, twice)
                        )
                        continue
                    arrivals = self.wiring[k].sequence(operands[k], padded[source], steps)
                    current = arrivals if current is None else current + arrivals
                n = self.neurons[each].n
                currents[each] = inputs.new_zeros(steps, batch, n) if current is None else current
            new, loop_distances = self._together(loop, currents, inside, lists, state, record)
            states |= new
            distances |= loop_distances
            for each in loop:
                padded[each] = torch.stack(lists[each])
                for projection in inside[each]:
                    projection.close()
        activity = {name: padded[k][self._past[k] :] for k, name in enumerate(self.names)}
        tails = {
            name: padded[k][len(padded[k]) - self._past[k] :] for k, name in enumerate(self.names)
        }
        outputs = torch.cat([activity[name] for name in self.outputs], 2)
        return Run(outputs, RunState(states, tails, state.steps + steps), activity, distances)

    def _external(self, inputs: Tensor, begin: int) -> dict[int, Tensor]:
        """Currents (T, B, n) from inputs and stimuli, by number of the population."""
        currents: dict[int, Tensor] = {}
        for name, part in zip(
            self.inputs,
            inputs.split([self.network.populations[name].n for name in self.inputs], 2),
            strict=True,
        ):
            currents[self.names.index(name)] = part
        for stimulus in self.network.stimuli:
            rows = [
                stimulus.current(begin + step, self.network.dt_ms) for step in range(len(inputs))
            ]
            added = torch.as_tensor(np.array(rows), dtype=self.dtype, device=inputs.device)[:, None]
            target = self.names.index(str(stimulus.target.label))
            none = inputs.new_zeros(1, inputs.shape[1], 1)
            currents[target] = currents.get(target, none) + added
        return currents

    def _together(
        self,
        loop: list[int],
        currents: Mapping[int, Tensor],
        inside: Mapping[int, list[Steps]],
        lists: Mapping[int, list[Tensor]],
        state: RunState,
        record: bool,
    ) -> tuple[dict[str, Named], Named]:
        """All steps of the populations of a loop: their last states, and their distances.

        Parameters
        ----------
        loop : numbers of the populations.
        currents : (T, B, n), from outside the loop.
        inside : maps of the projections within the loop, by target.
        lists : past outputs of each population; those of the steps are appended.
        state : before the first step.
        record : whether distances are kept.
        """
        states = {each: state.neurons[self.names[each]] for each in loop}
        distances: dict[int, list[Tensor]] = {each: [] for each in loop}
        rows = {each: currents[each].unbind() for each in loop}
        for step in range(len(rows[loop[0]])):
            for each in loop:
                current = rows[each][step]
                for projection in inside[each]:
                    current = current + projection(step)
                result = self.neurons[each].step(
                    states[each], current, self.surrogate, self.detach_reset
                )
                states[each] = result.state
                lists[each].append(result.output)
                if record and result.distance is not None:
                    distances[each].append(result.distance)
        last = {self.names[each]: states[each] for each in loop}
        stacked = {self.names[k]: torch.stack(each) for k, each in distances.items() if each}
        return last, stacked

    def pull(self) -> None:
        """Copy the weights of the network into the module.

        ValueError where the network's parts or synapses have changed since the module was made.
        """
        if [*self.network.populations, *self.network.projections] != self.names + self.labels:
            raise ValueError(
                "network must have the parts it had, and some were added or removed; make a new"
                " module"
            )
        with torch.no_grad():
            for label, wiring, own in zip(self.labels, self.wiring, self.weights, strict=True):
                projection = self.network.projections[label]
                if projection.csr is not wiring.csr:
                    raise ValueError(
                        f"projection {label!r} must have the synapses it had, and they were"
                        " replaced; make a new module"
                    )
                own.copy_(torch.from_numpy(projection.weights))

    def push(self) -> None:
        """Write weights, delays rounded to steps, and thresholds into the network."""
        with torch.no_grad():
            for k, label in enumerate(self.labels):
                projection, weights = (
                    self.network.projections[label],
                    self.weights[k].detach().cpu().double().numpy(),
                )
                if not self.learn_delays:
                    projection.weights = weights
                    continue
                delays = self.delays[k].detach().clamp(0, projection.max_delay).cpu().numpy()
                projection.replace(projection.indptr, projection.indices, weights, np.rint(delays))
                self.wiring[k].csr = projection.csr
            for name, neuron in zip(self.names, self.neurons, strict=True):
                population = self.network.populations[name]
                if self.learn_thresholds and isinstance(population.model, Firing):
                    values = neuron.threshold.detach().cpu().double().numpy()
                    population.model = dataclasses.replace(population.model, threshold=values)

    def project(self) -> None:
        """Clamp parameters after an optimiser's step.

        Delays go to [0, max_delay], thresholds to at least `THRESHOLD_MIN` above the reset.
        """
        with torch.no_grad():
            for delay, wiring in zip(self.delays, self.wiring, strict=False):
                delay.clamp_(0, wiring.max_delay)
            for neuron in self.neurons:
                if self.learn_thresholds and neuron.spiking:
                    neuron.threshold.copy_(
                        torch.maximum(neuron.threshold, neuron.low + THRESHOLD_MIN)
                    )

    def parameter_labels(self) -> dict[str, str]:
        """Readable names of parameters, by torch's: `A->B`, `A->B delays`, `A threshold`."""
        names = {f"weights.{k}": label for k, label in enumerate(self.labels)}
        names |= {f"delays.{k}": f"{label} delays" for k, label in enumerate(self.labels)}
        return names | {
            f"neurons.{k}.threshold": f"{name} threshold" for k, name in enumerate(self.names)
        }


def as_module(network: Network | NetworkModule, **options: Any) -> NetworkModule:
    """The module of a network, or a module itself.

    `options` are those of `NetworkModule`; ValueError for options beside a module.
    """
    if not isinstance(network, NetworkModule):
        return NetworkModule(network, **options)
    unused = {name for name, value in options.items() if value is not None}
    if unused:
        raise ValueError(f"{sorted(unused)[0]} must be given to the NetworkModule, not beside it")
    return network
