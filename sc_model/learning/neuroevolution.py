r"""`SNNGeneticEvolver`: a genetic algorithm over the weights of a layer, for tasks that have a
score and no gradient.

A generation of P individuals: the ceil(elite_fraction P) best go on as they are. Every child has
two parents, each the best of `tournament` individuals drawn with replacement, takes every weight
from either with equal chance (uniform crossover, Syswerda 1989), and every weight is then changed
with probability `mutation_rate` by a normal number of standard deviation `mutation_scale`.

Weights keep their sign range: without `weight_range` nothing is clipped, so negative weights stay
possible; with it a weight that would leave [lo, hi] is reflected at the bound (clipping would heap
weights up there). `keep_signs` reflects at 0 too, so that an excitatory synapse stays one (Dale's
principle).

All random numbers come from `seed`, the generation and the individual alone, so the result depends
neither on the number of workers nor on interruptions. While layers are made and judged, NumPy's
global generator is seeded from the same source (and put back afterwards in this process), so that a
`fitness_func` that draws from `np.random` repeats too.
"""

from __future__ import annotations

import copy
import io
import json
import math
import zipfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import asdict, dataclass
from os import PathLike
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sc_model.checks import integer, positive_number
from sc_model.files import replace_bytes
from sc_model.learning.workers import Engine, Workers
from sc_model.packages import optional_import

Floats = NDArray[np.float64]

SCHEMA = "sc-model.neuroevolution.v1"
PARAMETERS = (
    "weights",
    "weight",
)  # what is evolved if nobody says otherwise: the first that the layer has
BIRTH, CHILDREN, FITNESS = range(3)  # what random numbers are for


@dataclass(frozen=True)
class Generation:
    """What is kept of a generation: its number, the best, mean and least fitness, evaluations so
    far.
    """

    generation: int
    best: float
    mean: float
    least: float
    evaluations: int


@dataclass(frozen=True)
class Evolution:
    """Result of `evolve`.

    Members
    -------
    layer : the best one, with its weights in place.
    fitness : of it.
    weights : its evolved arrays by name.
    history : all generations since the first.
    evaluations : how often fitness was computed.
    """

    layer: Any
    fitness: float
    weights: dict[str, Floats]
    history: tuple[Generation, ...]
    evaluations: int


class SNNGeneticEvolver:
    """Evolves layers that `layer_factory` makes towards a high `fitness_func(layer)`.

    Parameters
    ----------
    layer_factory : makes a layer; called once an individual, for its first weights. All else of a
        layer is that of the first one.
    fitness_func : a finite number, higher is better.
    population_size : >= 2.
    mutation_rate : in [0, 1].
    elite_fraction : in (0, 1); one individual at least, and never all.
    mutation_scale : None for a quarter of the standard deviation of the first weights (of the
        range, where they don't differ).
    weight_range : (lo, hi) or None.
    keep_signs : see above.
    tournament : >= 1.
    seed : >= 0.
    parameters : names of the layer's arrays that evolve; None for `weights` or else `weight`.
    workers, engine, client : where fitness is computed, see `Workers`.
    progress : show a bar (needs rich).

    Members
    -------
    population : (population_size, genes), every row one individual.
    fitness : (population_size,), or None before the first
    evaluation.
    generation : how many were bred. history.

    Raises ValueError for what is out of range, TypeError for a layer without such arrays.
    """

    def __init__(
        self,
        layer_factory: Callable[[], Any],
        fitness_func: Callable[[Any], float],
        population_size: int = 20,
        mutation_rate: float = 0.05,
        elite_fraction: float = 0.2,
        *,
        mutation_scale: float | None = None,
        weight_range: tuple[float, float] | None = None,
        keep_signs: bool = False,
        tournament: int = 3,
        seed: int = 0,
        parameters: Sequence[str] | None = None,
        workers: int = 1,
        engine: Engine = "joblib",
        client: Any = None,
        progress: bool = False,
    ) -> None:
        self.fitness_func = fitness_func
        self.population_size, self.tournament = (
            integer("population_size", population_size, 2),
            integer("tournament", tournament),
        )
        self.mutation_rate = positive_number("mutation_rate", mutation_rate, zero=True)
        self.elite_fraction = positive_number("elite_fraction", elite_fraction)
        self.seed, self.keep_signs, self.weight_range = (
            integer("seed", seed, 0),
            bool(keep_signs),
            weight_range,
        )
        if self.mutation_rate > 1:
            raise ValueError(
                f"mutation_rate must be in [0, 1], a probability, not {self.mutation_rate!r}"
            )
        if self.elite_fraction >= 1:
            raise ValueError(
                "elite_fraction must be in (0, 1), a share of the population, not"
                f" {self.elite_fraction!r}"
            )
        if weight_range is not None and not weight_range[0] < weight_range[1]:
            raise ValueError(f"weight_range must be (lo, hi) with lo < hi, not {weight_range!r}")
        self._workers = Workers(workers, engine, client)
        self._progress = (
            optional_import("rich.progress", "learning", "progress=True") if progress else None
        )
        self._born(layer_factory, parameters)
        self.mutation_scale = (
            self._scale()
            if mutation_scale is None
            else positive_number("mutation_scale", mutation_scale)
        )
        self._diversify()
        self.fitness: Floats | None = None
        self.generation, self.evaluations = 0, 0
        self.history: list[Generation] = []

    @property
    def elites(self) -> int:
        """Individuals that go on as they are."""
        return min(
            max(1, math.ceil(self.elite_fraction * self.population_size)), self.population_size - 1
        )

    def evolve(
        self, generations: int, *, checkpoint: str | PathLike[str] | None = None
    ) -> Evolution:
        """Breed `generations` more generations (>= 0) and return the best layer.

        With `checkpoint`, a file that is written whole after every generation: `generations` then
        counts from the first one, and a run that was killed goes on where the file was written,
        with the same result as if it had not been.

        ValueError for a fitness that is not finite, or a checkpoint of an evolver with other
        settings.
        """
        integer("generations", generations, 0)
        file = None if checkpoint is None else Path(checkpoint)
        last = generations if file is not None else self.generation + generations
        if file is not None and file.exists():
            self._load(file)
        bar = nullcontext() if self._progress is None else self._progress.Progress()
        with bar as shown:
            task = (
                None
                if shown is None
                else shown.add_task("evolve", total=last, completed=self.generation)
            )
            if self.fitness is None:
                self.fitness = self._judged(self.population, 0)
                self._record(file)
            while self.generation < last:
                self._breed()
                self._record(file)
                if shown is not None:
                    shown.update(task, completed=self.generation)
        best = int(np.argmax(self.fitness))
        layer = _with_weights(self._template, self._names, self.population[best])
        weights = {name: np.array(getattr(layer, name), np.float64) for name in self._names}
        return Evolution(
            layer, float(self.fitness[best]), weights, tuple(self.history), self.evaluations
        )

    # --- genomes ----------------------------------------------------------------------------------

    def _born(self, factory: Callable[[], Any], parameters: Sequence[str] | None) -> None:
        with _seeded(self._draws(BIRTH, 0)):
            layers = [factory() for _ in range(self.population_size)]
        self._template = layers[0]
        names = parameters or [name for name in PARAMETERS if hasattr(self._template, name)][:1]
        for name in names:
            array = getattr(self._template, name, None)
            if not isinstance(array, np.ndarray) or array.dtype.kind != "f":
                raise TypeError(
                    f"layer's {name} must be a NumPy array of floats, not {type(array).__name__}"
                )
        if not names:
            raise TypeError(
                f"layer must have an array 'weights' or 'weight', {type(self._template).__name__}"
                " has none; name others"
            )
        self._names = tuple(names)
        genomes = [
            np.concatenate([np.ravel(getattr(layer, name)) for name in self._names])
            for layer in layers
        ]
        self.population: Floats = np.array(genomes, np.float64)
        if self.weight_range is not None:
            self.population = np.clip(self.population, *self.weight_range)
        if not np.isfinite(self.population).all():
            raise ValueError("weights of new layers must be finite; look at layer_factory")

    def _scale(self) -> float:
        spread = float(self.population.std())
        if spread == 0 and self.weight_range is not None:
            spread = self.weight_range[1] - self.weight_range[0]
        return 0.25 * spread or 0.25

    def _diversify(self) -> None:
        """Individuals that a factory without chance made alike are moved apart."""
        draws = self._draws(BIRTH, 1)
        seen: set[bytes] = set()
        for k, genome in enumerate(self.population):
            if genome.tobytes() in seen:
                self.population[k] = self._kept(
                    genome + draws.normal(0, self.mutation_scale, genome.shape), genome
                )
            seen.add(self.population[k].tobytes())

    def _kept(self, changed: Floats, before: Floats) -> Floats:
        """Changed weights, reflected at what they must not cross."""
        if self.weight_range is not None:
            lo, hi = self.weight_range
            turn = np.mod(changed - lo, 2 * (hi - lo))
            changed = np.clip(lo + np.minimum(turn, 2 * (hi - lo) - turn), lo, hi)
        if self.keep_signs:
            changed = np.copysign(changed, before)
            if self.weight_range is not None:
                changed = np.clip(changed, *self.weight_range)
        return changed

    def _draws(self, purpose: int, generation: int, individual: int = 0) -> np.random.Generator:
        return np.random.default_rng([self.seed, purpose, generation, individual])

    def _breed(self) -> None:
        """The next generation, judged."""
        if self.fitness is None:
            raise ValueError("population must be judged before it breeds; call evolve")
        draws, born = self._draws(CHILDREN, self.generation), self.population_size - self.elites
        ranked = np.argsort(-self.fitness, kind="stable")
        drawn = draws.integers(0, self.population_size, (born, 2, self.tournament))
        winners = np.take_along_axis(
            drawn, np.argmax(self.fitness[drawn], axis=-1)[..., None], axis=-1
        )[..., 0]
        first, second = (self.population[winners[:, parent]] for parent in (0, 1))
        children = np.where(draws.random(first.shape) < 0.5, first, second)
        noise = draws.normal(0, self.mutation_scale, children.shape)
        mutated = draws.random(children.shape) < self.mutation_rate
        children = np.where(mutated, self._kept(children + noise, children), children)
        elites = ranked[: self.elites]
        fitness = self._judged(children, self.generation + 1)
        self.population = np.concatenate([self.population[elites], children])
        self.fitness = np.concatenate([self.fitness[elites], fitness])
        self.generation += 1

    # --- fitness ----------------------------------------------------------------------------------

    def _judged(self, genomes: Floats, generation: int) -> Floats:
        jobs = [
            (
                self.fitness_func,
                self._template,
                self._names,
                genome,
                [self.seed, FITNESS, generation, k],
            )
            for k, genome in enumerate(genomes)
        ]
        found = self._workers.map(_fitness, jobs)
        for k, value in enumerate(found):
            if not math.isfinite(value):
                raise ValueError(
                    f"fitness of individual {k} of generation {generation} must be finite, not"
                    f" {value!r}"
                )
        self.evaluations += len(found)
        return np.array(found, np.float64)

    def _record(self, file: Path | None) -> None:
        if self.fitness is None:
            raise ValueError("population must be judged before it is recorded; call evolve")
        best, mean, least = (
            float(value) for value in (self.fitness.max(), self.fitness.mean(), self.fitness.min())
        )
        self.history.append(Generation(self.generation, best, mean, least, self.evaluations))
        if file is not None:
            self._save(file)

    # --- checkpoints ------------------------------------------------------------------------------

    def _settings(self) -> dict[str, Any]:
        """What must be the same for a run to go on as if it had not stopped."""
        return {
            "schema": SCHEMA,
            "seed": self.seed,
            "population_size": self.population_size,
            "mutation_rate": self.mutation_rate,
            "mutation_scale": self.mutation_scale,
            "elite_fraction": self.elite_fraction,
            "tournament": self.tournament,
            "weight_range": (
                None if self.weight_range is None else list(map(float, self.weight_range))
            ),
            "keep_signs": self.keep_signs,
            "parameters": {name: list(getattr(self._template, name).shape) for name in self._names},
        }

    def _save(self, file: Path) -> None:
        meta = {
            "settings": self._settings(),
            "generation": self.generation,
            "evaluations": self.evaluations,
            "history": [asdict(each) for each in self.history],
        }
        content = io.BytesIO()
        np.savez(
            content,
            meta=np.array(json.dumps(meta)),
            population=self.population,
            fitness=np.asarray(self.fitness),
        )
        replace_bytes(file, content.getvalue())

    def _load(self, file: Path) -> None:
        try:
            with np.load(file, allow_pickle=False) as held:
                meta = json.loads(str(held["meta"]))
                population, fitness = held["population"], held["fitness"]
        except (OSError, KeyError, ValueError, zipfile.BadZipFile) as error:
            raise ValueError(
                f"checkpoint {file} must be one that evolve wrote; it can't be read ({error})"
            ) from None
        wanted, found = self._settings(), meta["settings"]
        for key, value in wanted.items():
            if found.get(key) != value:
                raise ValueError(
                    f"checkpoint {file} must have {key} {value!r}, not {found.get(key)!r}; take"
                    " another file"
                )
        self.population, self.fitness = population, fitness
        self.generation, self.evaluations = meta["generation"], meta["evaluations"]
        self.history = [Generation(**each) for each in meta["history"]]


def _with_weights(template: Any, names: Sequence[str], genome: Floats) -> Any:
    """A copy of the layer with the weights of a genome."""
    layer, start = copy.deepcopy(template), 0
    for name in names:
        array = getattr(layer, name)
        array[...] = genome[start : start + array.size].reshape(array.shape)
        start += array.size
    return layer


def _fitness(
    function: Callable[[Any], float],
    template: Any,
    names: Sequence[str],
    genome: Floats,
    seed: list[int],
) -> float:
    layer = _with_weights(template, names, genome)
    with _seeded(np.random.default_rng(seed)):
        return float(function(layer))


@contextmanager
def _seeded(draws: np.random.Generator) -> Iterator[None]:
    """NumPy's global generator in a known state, and afterwards in its own again."""
    before = np.random.get_state()
    np.random.seed(draws.integers(0, 1 << 32, 4, dtype=np.uint32))
    try:
        yield
    finally:
        np.random.set_state(before)
