r"""`NetworkModule`: a `sc_model.network.Network` as a torch module, equal to it spike for spike,
with gradients to every weight.

The parameters are the weights of all projections, and on request their delays and the thresholds of
all populations that spike. Every projection and population takes part, and what arrives when is as
in `sc_model.network.network`.

Populations that don't depend on each other through time are computed one after the other, each with
the whole sequence of what it is sent in one product; only those in a loop of connections go step by
step together. Memory is that of the graph, O(T).
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

from sc_model.network import Network
from sc_model.network.models.firing import Firing
from sc_model.spec.errors import did_you_mean
from sc_model.training.neurons import Named, Neuron
from sc_model.training.surrogate import Surrogate, fast_sigmoid_surrogate
from sc_model.training.wiring import Steps, Wiring

THRESHOLD_MIN = 1e-3  # above the reset: what thresholds that are learned are put back to


@dataclass(frozen=True)
class RunState:
    """What goes from step to step.

    Members
    -------
    neurons : state by population, arrays (B, n) by name.
    outputs : by population, (P, B, n), what it put out last, the latest at the end, as far back as
        projections need it.
    steps : taken so far.
    """

    neurons: dict[str, Named]
    outputs: Named
    steps: int = 0

    def detach(self) -> RunState:
        """The same without its past: no gradient goes further back."""
        neurons = {
            label: {name: value.detach() for name, value in state.items()}
            for label, state in self.neurons.items()
        }
        return RunState(
            neurons, {label: value.detach() for label, value in self.outputs.items()}, self.steps
        )


@dataclass(frozen=True)
class Run:
    """What a run gives: `outputs` (T, B, n_out), the `state` behind it, `activity` (T, B, n) of
    every population.

    `distances` : with `record`, of populations that spike, (T, B, n): how far potentials were above
    the threshold in each step.
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
    inputs : labels of the populations that inputs are currents to, side by side; None: all that no
        projection leads to.
    outputs : labels of those whose output is returned, side by side; None: all that no projection
        leads away from.
    surrogate : from distances to the threshold to spikes. Another function than a step gives a
        smooth network.
    detach_reset : no gradient through resets.
    learn_thresholds, learn_delays : whether they are parameters; delays need projections with a
        delay for each synapse and are learned up to their `max_delay`.
    dense : how synapses are kept: True, False, or None for what fits.
    dtype : float64 (default) or float32.

    Members
    -------
    n_in, n_out : sizes.
    weights : parameters (size,), a projection each, in CSR order; `labels` has the projections'
        names.
    delays : parameters (size,) in steps, by place in `labels`.
    neurons : `Neuron` modules in the order of the populations.

    Raises TypeError for another kind, ValueError for populations that are not there or can't be
    differentiated.
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
        if not isinstance(network, Network):
            raise TypeError(
                f"network must be a Network, not {network!r} ({type(network).__name__})"
            )
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
        self.inputs = self._chosen(
            "inputs", inputs, [name for name in self.names if name not in leads_to]
        )
        self.outputs = self._chosen(
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

    def _chosen(
        self, what: str, given: Iterable[str] | str | None, otherwise: list[str]
    ) -> list[str]:
        names = otherwise if given is None else [given] if isinstance(given, str) else list(given)
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
        """Synapses as they are in the network now, and which populations are in loops."""
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
        size = len(self.names)
        reach = np.eye(size, dtype=bool)
        reach[self._source, self._target] = True
        for _ in range(size.bit_length()):
            reach = reach @ reach
        together = reach & reach.T
        first = together.argmax(1)  # the first population of each loop stands for it
        before: dict[int, set[int]] = {int(one): set() for one in first}
        for source, target in zip(self._source, self._target, strict=True):
            if first[source] != first[target]:
                before[int(first[target])].add(int(first[source]))
        self._loops = [
            [int(each) for each in np.flatnonzero(first == one)]
            for one in TopologicalSorter(before).static_order()
        ]

    def rest(self, batch: int = 1) -> RunState:
        """The state of a network that was reset."""
        neurons = {
            name: neuron.initial(batch)
            for name, neuron in zip(self.names, self.neurons, strict=True)
        }
        sizes = zip(self.names, self._past, self.neurons, strict=True)
        where = self.weights[0].device if len(self.weights) else None
        outputs = {
            name: torch.zeros(past, batch, neuron.n, dtype=self.dtype, device=where)
            for name, past, neuron in sizes
        }
        return RunState(neurons, outputs)

    def forward(self, inputs: Tensor | ArrayLike) -> Tensor:
        """From rest: inputs (T, n_in) or (T, B, n_in) to outputs (T, n_out) or (T, B, n_out).
        ValueError for another shape.
        """
        given, alone = self.shaped(inputs)
        found = self.run(given).outputs
        return found[:, 0] if alone else found

    def shaped(self, inputs: Tensor | ArrayLike) -> tuple[Tensor, bool]:
        """Inputs as (T, B, n_in) of the module's dtype, and whether they had no batch."""
        given = torch.as_tensor(
            inputs, dtype=self.dtype, device=self.weights[0].device if len(self.weights) else None
        )
        if given.ndim not in (2, 3) or given.shape[-1] != self.n_in or not len(given):
            wanted = f"(T, {self.n_in}) or (T, B, {self.n_in}) with T >= 1"
            raise ValueError(f"inputs must have shape {wanted}, not {tuple(given.shape)}")
        return (given[:, None], True) if given.ndim == 2 else (given, False)

    def run(
        self,
        inputs: Tensor,
        state: RunState | None = None,
        *,
        twice: bool = False,
        record: bool = False,
    ) -> Run:
        """T steps with inputs (T, B, n_in) from a state (None: at rest).

        `twice` : gradients can be differentiated again; slower with recurrent connections. `record`
        : keep `distances`.
        """
        steps, batch, _ = inputs.shape
        state = self.rest(batch) if state is None else state
        external = self._external(inputs, state.steps)
        operands = [
            wiring.operand(weight, self.delays[k] if self.learn_delays else None)
            for k, (wiring, weight) in enumerate(zip(self.wiring, self.weights, strict=True))
        ]
        padded: dict[int, Tensor] = {}
        made: dict[str, Named] = {}
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
                    arrived = self.wiring[k].sequence(operands[k], padded[source], steps)
                    current = arrived if current is None else current + arrived
                n = self.neurons[each].n
                currents[each] = inputs.new_zeros(steps, batch, n) if current is None else current
            new, found = self._together(loop, currents, inside, lists, state, record)
            made |= new
            distances |= found
            for each in loop:
                padded[each] = torch.stack(lists[each])
                for sent in inside[each]:
                    sent.close()
        activity = {name: padded[k][self._past[k] :] for k, name in enumerate(self.names)}
        kept = {
            name: padded[k][len(padded[k]) - self._past[k] :] for k, name in enumerate(self.names)
        }
        outputs = torch.cat([activity[name] for name in self.outputs], 2)
        return Run(outputs, RunState(made, kept, state.steps + steps), activity, distances)

    def _external(self, inputs: Tensor, begin: int) -> dict[int, Tensor]:
        """Currents (T, B, n) from inputs and stimuli, by population."""
        found: dict[int, Tensor] = {}
        for name, part in zip(
            self.inputs,
            inputs.split([self.network.populations[name].n for name in self.inputs], 2),
            strict=True,
        ):
            found[self.names.index(name)] = part
        for stimulus in self.network.stimuli:
            rows = [
                stimulus.current(begin + step, self.network.dt_ms) for step in range(len(inputs))
            ]
            given = torch.as_tensor(np.array(rows), dtype=self.dtype, device=inputs.device)[:, None]
            target = self.names.index(str(stimulus.target.label))
            found[target] = found.get(target, inputs.new_zeros(1, inputs.shape[1], 1)) + given
        return found

    def _together(
        self,
        loop: list[int],
        currents: Mapping[int, Tensor],
        inside: Mapping[int, list[Steps]],
        lists: Mapping[int, list[Tensor]],
        state: RunState,
        record: bool,
    ) -> tuple[dict[str, Named], Named]:
        """All steps of populations that depend on each other; their outputs are appended to
        `lists`.
        """
        states = {each: state.neurons[self.names[each]] for each in loop}
        far: dict[int, list[Tensor]] = {each: [] for each in loop}
        rows = {each: currents[each].unbind() for each in loop}
        for step in range(len(rows[loop[0]])):
            for each in loop:
                current = rows[each][step]
                for sent in inside[each]:
                    current = current + sent(step)
                stepped = self.neurons[each].step(
                    states[each], current, self.surrogate, self.detach_reset
                )
                states[each] = stepped.state
                lists[each].append(stepped.output)
                if record and stepped.distance is not None:
                    far[each].append(stepped.distance)
        made = {self.names[each]: states[each] for each in loop}
        return made, {self.names[each]: torch.stack(rows) for each, rows in far.items() if rows}

    def pull(self) -> None:
        """Take the weights that the network has now. ValueError where it has other synapses than
        when this was made.
        """
        if [*self.network.populations, *self.network.projections] != self.names + self.labels:
            raise ValueError(
                "network must have the parts it had, and some were added or removed; make a new"
                " module"
            )
        with torch.no_grad():
            for label, wiring, mine in zip(self.labels, self.wiring, self.weights, strict=True):
                projection = self.network.projections[label]
                if projection.csr is not wiring.csr:
                    raise ValueError(
                        f"projection {label!r} must have the synapses it had, and they were"
                        " replaced; make a new module"
                    )
                mine.copy_(torch.from_numpy(projection.weights))

    def push(self) -> None:
        """Write what was learned into the network: weights, delays rounded to steps, thresholds."""
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
        """Put what is learned back to where it may be: delays into [0, max_delay], thresholds above
        the reset.
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
        """Names of parameters for people, by torch's: `A->B`, `A->B delays`, `A threshold`."""
        names = {f"weights.{k}": label for k, label in enumerate(self.labels)}
        names |= {f"delays.{k}": f"{label} delays" for k, label in enumerate(self.labels)}
        return names | {
            f"neurons.{k}.threshold": f"{name} threshold" for k, name in enumerate(self.names)
        }


def as_module(network: Network | NetworkModule, **options: Any) -> NetworkModule:
    """A module of a network, or the module itself; options are those of `NetworkModule`, and only
    for a network.
    """
    if not isinstance(network, NetworkModule):
        return NetworkModule(network, **options)
    given = {name for name, value in options.items() if value is not None}
    if given:
        raise ValueError(f"{sorted(given)[0]} must be given to the NetworkModule, not beside it")
    return network
