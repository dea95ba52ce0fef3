r"""`Network`: populations, projections between them in any graph, stimuli and monitors, stepped
together.

A step of `dt_ms`, for each population in the order in which they were added:

1. its current is the sum of the external current, of its stimuli, and of what its projections
   deliver; a projection sends what its source put out *last*: in this step if the source was
   updated before, in the step before if it comes later or is the population itself; a delay of d
   steps adds d;
2. it takes its step;
3. projections to it that are plastic learn, from what they were given and from its new spikes.

So in a feed-forward network in order an undelayed spike goes through all layers within a step;
every connection back costs a step. In the end monitors look.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, TypeVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sc_model.checks import integer, positive_number, real_array
from sc_model.network.models.model import Floats
from sc_model.network.monitors import Monitor
from sc_model.network.population import Population
from sc_model.network.projection import Projection
from sc_model.network.stimuli import Stimulus
from sc_model.spec.errors import did_you_mean

Part = TypeVar("Part", bound="Population | Projection | Stimulus | Monitor")
Arrays = dict[str, NDArray[Any]]


class Network:
    """A graph of populations.

    Parameters
    ----------
    dt_ms : length of a step, > 0.
    parts : to be added, in order.

    Members
    -------
    populations, projections : by label.
    stimuli, monitors : lists.
    steps : taken since the last reset.

    Raises TypeError for the wrong kind, ValueError for a label that is taken, a population that is
    not in the network, or a step that a model can't take.
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
        """Add a population, a projection between populations that are here, a stimulus or a monitor
        of one; returns it.
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
            raise TypeError(
                f"part must be a Population, Projection, Stimulus or Monitor, not {part!r}"
                f" ({type(part).__name__})"
            )
        return part

    def _label(
        self, part: Population | Projection, taken: Mapping[str, object], proposed: str
    ) -> str:
        if any(part is other for other in taken.values()):
            raise ValueError(f"part must be new to the network, not {part.label!r} again")
        if part.label is None:
            # a second projection between the same two, or a name that somebody chose
            number_of = 2
            label = proposed
            while label in taken:
                label, number_of = f"{proposed}.{number_of}", number_of + 1
            return label
        if part.label in taken:
            raise ValueError(f"label must be new to the network, not {part.label!r} again")
        return part.label

    def _name_of(self, population: Population) -> str:
        if population.label is None or self.populations.get(population.label) is not population:
            raise ValueError(f"{population!r} must be in the network; add it first")
        return population.label

    def incoming(self, population: Population | str) -> list[Projection]:
        """Projections that lead to a population, in the order in which they were added."""
        return list(self._incoming[self._name_of(self._population(population))])

    def outgoing(self, population: Population | str) -> list[Projection]:
        """Projections that lead away from a population."""
        found = self._population(population)
        self._name_of(found)
        return [each for each in self.projections.values() if each.source is found]

    def _population(self, given: Population | str) -> Population:
        if not isinstance(given, str):
            return given
        if given not in self.populations:
            hint = (
                did_you_mean(given, self.populations)
                or f"; there are {', '.join(self.populations) or 'none'}"
            )
            raise ValueError(
                f"population must be the label of one in the network, not {given!r}{hint}"
            )
        return self.populations[given]

    def step(self, external: Mapping[str, ArrayLike] | None = None) -> None:
        """One step. `external` : more current, by label, shape (n,) or one number."""
        currents = {label: np.zeros(each.n) for label, each in self.populations.items()}
        for label, given in (external or {}).items():
            population = self._population(label)
            currents[label] += real_array(
                f"external[{label!r}]", given, (population.n,) if np.ndim(given) else ()
            )
        for stimulus in self.stimuli:
            currents[self._name_of(stimulus.target)] += stimulus.current(self.steps, self.dt_ms)
        for label, population in self.populations.items():
            current, incoming = currents[label], self._incoming[label]
            sent: list[Floats] = [projection.source.output for projection in incoming]
            for projection, output in zip(incoming, sent, strict=True):
                current += projection.propagate(output)
            population.step(current, self.dt_ms)
            for projection, output in zip(incoming, sent, strict=True):
                projection.learn(output, self.dt_ms)
        for monitor in self.monitors:
            monitor.record(self.steps, self.dt_ms)
        self.steps += 1

    def run(
        self, steps: int | None = None, *, ms: float | None = None, progress: bool = False
    ) -> None:
        """So many steps, or so many ms (rounded to steps); with a bar if asked for."""
        if (steps is None) == (ms is None):
            raise ValueError("run needs steps or ms, one of them")
        wanted = (
            integer("steps", steps, 0)
            if ms is None
            else round(positive_number("ms", ms, zero=True) / self.dt_ms)
        )
        numbers: Iterable[int] = range(wanted)
        if progress:
            from rich.progress import track  # a run without a bar need not load it

            numbers = track(numbers, description=f"{wanted * self.dt_ms:g} ms")
        for _ in numbers:
            self.step()

    def reset(self) -> None:
        """Begin again: state, what is on its way, what plasticity has seen, monitors. Weights stay
        as they are.
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
        """All that the next steps depend on, as copies of plain arrays by name (`numpy.savez(file,
        **state)` keeps them).

        Names: `steps`, `population/LABEL/FIELD`, `projection/LABEL/FIELD`. Recordings of monitors
        are no state.
        """
        state: Arrays = {"steps": np.array(self.steps)}
        for label, population in self.populations.items():
            mine = (("output", population.output), ("spike_counts", population.spike_counts))
            for name, values in (*population.state.items(), *mine):
                state[f"population/{label}/{name}"] = values.copy()
        for label, projection in self.projections.items():
            for name, values in projection.state_dict().items():
                state[f"projection/{label}/{name}"] = values
        return state

    def load_state_dict(self, state: Mapping[str, NDArray[Any]]) -> None:
        """Go on from what `state_dict` gave, in a network of the same parts. ValueError for names
        or shapes that don't fit.
        """
        mine = self.state_dict()
        for what, names in (
            ("lacks", mine.keys() - set(state)),
            ("has unknown", set(state) - mine.keys()),
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
                {name[len(prefix) :]: state[name] for name in mine if name.startswith(prefix)}
            )
        self.steps = int(state["steps"])
