r"""`Network`: populations, projections between them, stimuli and monitors, with one clock.

A step of `dt_ms` goes through the populations in the order in which they were added. For each one:

1. Its current is the sum of the external current, of its stimuli, and of what its projections
   deliver. A projection sends the last output of its source: that of this step if the source comes
   before the population, that of the step before if it comes later or is the population itself. A
   delay of d steps adds d.
2. The population takes its step.
3. Plastic projections to it learn from what was sent to it and from its new spikes.

After all populations, the monitors record. So in a feed-forward network whose populations were
added in order, a spike without delays passes all layers within a step, and every connection back
takes a step.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, TypeVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sc_model.checks import integer, positive_number, real_array, wrong_kind
from sc_model.network.models.model import Floats
from sc_model.network.monitors import Monitor
from sc_model.network.population import Population
from sc_model.network.projection import Projection
from sc_model.network.stimuli import Stimulus
from sc_model.spec.errors import did_you_mean

Part = TypeVar("Part", bound="Population | Projection | Stimulus | Monitor")
Arrays = dict[str, NDArray[Any]]


class Network:
    """A graph of populations and projections.

    Parameters
    ----------
    dt_ms : length of a step, ms, > 0.
    parts : populations, projections, stimuli and monitors, which are added in that order.

    Members
    -------
    populations, projections : dicts by label, in the order in which they were added.
    stimuli, monitors : lists.
    steps : number of steps since the last reset.

    Raises TypeError for the wrong kind; ValueError for a label that is in use, for a population
    that is not in the network, and for a step that is too long for a model.
    """

    def __init__(
        self, dt_ms: float, parts: Iterable[Population | Projection | Stimulus | Monitor] = ()
    ) -> None:
        self.dt_ms = positive_number("dt_ms", dt_ms)
        self.populations: dict[str, Population] = {}
        self.projections: dict[str, Projection] = {}
        self.stimuli: list[Stimulus] = []
        self.monitors: list[Monitor] = []
        self.steps = 0
        self._incoming: dict[str, list[Projection]] = {}
        for part in parts:
            self.add(part)

    def add(self, part: Part) -> Part:
        """Add a part to the network, and return it.

        The populations of a projection, a stimulus or a monitor must be in the network already.
        """
        if isinstance(part, Population):
            part.model.check_dt(self.dt_ms)
            kind = type(part.model).__name__.lower()
            part.label = self._label(part, self.populations, f"{kind}{len(self.populations)}")
            self.populations[part.label] = part
            part.network = self
            self._incoming[part.label] = []
        elif isinstance(part, Projection):
            source, target = self._name_of(part.source), self._name_of(part.target)
            part.label = self._label(part, self.projections, f"{source}->{target}")
            self.projections[part.label] = part
            self._incoming[target].append(part)
        elif isinstance(part, Stimulus):
            self._name_of(part.target)
            part.check_dt(self.dt_ms)
            self.stimuli.append(part)
        elif isinstance(part, Monitor):
            self._name_of(part.population)
            self.monitors.append(part)
        else:
            raise wrong_kind("part", "a Population, Projection, Stimulus or Monitor", part)
        return part

    def _label(
        self, part: Population | Projection, others: Mapping[str, object], proposed: str
    ) -> str:
        """The label of a new part: its own, or the proposed one, with a number where needed."""
        if any(part is other for other in others.values()):
            raise ValueError(f"part must be new to the network, not {part.label!r} again")
        if part.label is None:
            # a second projection between the same two, or a label that a user gave to another part
            suffix = 2
            label = proposed
            while label in others:
                label, suffix = f"{proposed}.{suffix}", suffix + 1
            return label
        if part.label in others:
            raise ValueError(f"label must be new to the network, not {part.label!r} again")
        return part.label

    def _name_of(self, population: Population) -> str:
        """The label of a population. ValueError unless it is in the network."""
        if population.label is None or self.populations.get(population.label) is not population:
            raise ValueError(f"{population!r} must be in the network; add it first")
        return population.label

    def incoming(self, population: Population | str) -> list[Projection]:
        """The projections to a population, in the order in which they were added."""
        return list(self._incoming[self._name_of(self._population(population))])

    def outgoing(self, population: Population | str) -> list[Projection]:
        """The projections from a population, in the order in which they were added."""
        source = self._population(population)
        self._name_of(source)
        return [each for each in self.projections.values() if each.source is source]

    def _population(self, population: Population | str) -> Population:
        """A population, or the one with that label. ValueError for a label that is not there."""
        if not isinstance(population, str):
            return population
        if population not in self.populations:
            hint = (
                did_you_mean(population, self.populations)
                or f"; there are {', '.join(self.populations) or 'none'}"
            )
            raise ValueError(
                f"population must be the label of one in the network, not {population!r}{hint}"
            )
        return self.populations[population]

    def step(self, external: Mapping[str, ArrayLike] | None = None) -> None:
        """One step; `external` adds currents to populations by label, (n,) or one number each."""
        currents = {label: np.zeros(each.n) for label, each in self.populations.items()}
        for label, added in (external or {}).items():
            n = self._population(label).n
            shape = (n,) if np.ndim(added) else ()
            currents[label] += real_array(f"external[{label!r}]", added, shape)
        for stimulus in self.stimuli:
            currents[self._name_of(stimulus.target)] += stimulus.current(self.steps, self.dt_ms)
        for label, population in self.populations.items():
            current, incoming = currents[label], self._incoming[label]
            # outputs before this population's step: its own is that of the step before
            outputs: list[Floats] = [projection.source.output for projection in incoming]
            for projection, output in zip(incoming, outputs, strict=True):
                current += projection.propagate(output)
            population.step(current, self.dt_ms)
            for projection, output in zip(incoming, outputs, strict=True):
                projection.learn(output, self.dt_ms)
        for monitor in self.monitors:
            monitor.record(self.steps, self.dt_ms)
        self.steps += 1

    def run(
        self, steps: int | None = None, *, ms: float | None = None, progress: bool = False
    ) -> None:
        """Take a number of steps, or of ms (rounded to steps); with a progress bar on request."""
        if (steps is None) == (ms is None):
            raise ValueError("run needs steps or ms, one of them")
        count = (
            integer("steps", steps, 0)
            if ms is None
            else round(positive_number("ms", ms, zero=True) / self.dt_ms)
        )
        numbers: Iterable[int] = range(count)
        if progress:
            from rich.progress import track  # a run without a bar need not load it

            numbers = track(numbers, description=f"{count * self.dt_ms:g} ms")
        for _ in numbers:
            self.step()

    def reset(self) -> None:
        """Go back to step 0: state, delayed currents, memory of plasticity, recordings.

        Weights stay as they are.
        """
        parts: list[Population | Projection | Monitor] = [
            *self.populations.values(),
            *self.projections.values(),
            *self.monitors,
        ]
        for part in parts:
            part.reset()
        self.steps = 0

    def state_dict(self) -> Arrays:
        """Everything that the next steps depend on, as copies of plain arrays by name.

        Names are `steps`, `population/LABEL/FIELD` and `projection/LABEL/FIELD`, so
        `numpy.savez(file, **state)` stores them. The recordings of monitors are no state.
        """
        state: Arrays = {"steps": np.array(self.steps)}
        for label, population in self.populations.items():
            others = (("output", population.output), ("spike_counts", population.spike_counts))
            for name, values in (*population.state.items(), *others):
                state[f"population/{label}/{name}"] = values.copy()
        for label, projection in self.projections.items():
            for name, values in projection.state_dict().items():
                state[f"projection/{label}/{name}"] = values
        return state

    def load_state_dict(self, state: Mapping[str, NDArray[Any]]) -> None:
        """Take the state that `state_dict` gave, in a network of the same parts.

        ValueError for names or shapes that do not fit.
        """
        own = self.state_dict()
        for what, names in (
            ("lacks", own.keys() - set(state)),
            ("has unknown", set(state) - own.keys()),
        ):
            if names:
                raise ValueError(
                    f"state {what} {sorted(names)[0]!r}; it must be of a network of the same parts"
                )
        for label, population in self.populations.items():
            prefix, n = f"population/{label}/", population.n
            population.state = {
                name: real_array(prefix + name, state[prefix + name], (n,)).copy()
                for name in population.state
            }
            population.output = real_array(f"{prefix}output", state[f"{prefix}output"], (n,)).copy()
            population.spike_counts = real_array(
                f"{prefix}spike_counts", state[f"{prefix}spike_counts"], (n,)
            ).copy()
        for label, projection in self.projections.items():
            prefix = f"projection/{label}/"
            projection.load_state_dict(
                {name[len(prefix) :]: state[name] for name in own if name.startswith(prefix)}
            )
        self.steps = int(state["steps"])
