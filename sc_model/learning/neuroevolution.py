r"""`SNNGeneticEvolver`: a genetic algorithm over a layer's weights, for tasks without a gradient.

A generation has P individuals. The ceil(elite_fraction P) best ones survive unchanged. Every child
has two parents, each the best of `tournament` individuals drawn with replacement. It takes every
weight from either parent with equal probability (uniform crossover, Syswerda 1989). Then every
weight is changed with probability `mutation_rate` by a normal random number with standard deviation
`mutation_scale`.

Without `weight_range` the weights have no bounds. With it, a weight that would leave [lo, hi] is
reflected at the bound, because clipping would accumulate weights there. `keep_signs` also keeps
every weight's sign, so that an excitatory synapse stays excitatory (Dale's principle).

All random numbers depend on `seed`, the generation and the individual alone, so that neither the
number of workers nor an interruption changes the result. While layers are made and evaluated,
NumPy's global generator is seeded from the same source (and restored afterwards in this process),
so that a `fitness_func` that draws from `np.random` is repeatable, too.
"""

from __future__ import annotations

import copy
import io
import json
import math
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import asdict, dataclass
from os import PathLike
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sc_model.archives import read_archive, text_of
from sc_model.checks import integer, positive_number
from sc_model.files import replace_bytes
from sc_model.learning.workers import Engine, Workers
from sc_model.packages import optional_import
from sc_model.texts import shown

Floats = NDArray[np.float64]

SCHEMA = "sc-model.neuroevolution.v1"
PARAMETERS = ("weights", "weight")  # by default, the first of these that a layer has evolves
BIRTH, CHILDREN, FITNESS = range(3)  # streams of random numbers, by their purpose


@dataclass(frozen=True)
class Generation:
    """Figures of one generation.

    Members
    -------
    generation : its number; the initial population is 0.
    best, mean, least : fitness over its individuals.
    evaluations : evaluations of the fitness function so far.
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
    layer : the best layer.
    fitness : its fitness.
    weights : its evolved arrays by name.
    history : figures of all generations.
    evaluations : evaluations of the fitness function.
    """

    layer: Any
    fitness: float
    weights: dict[str, Floats]
    history: tuple[Generation, ...]
    evaluations: int


class SNNGeneticEvolver:
    """Evolve layers towards a high fitness.

    Parameters
    ----------
    layer_factory : makes a layer. It is called once for each individual, for its initial weights;
        everything else of a layer is that of the first one.
    fitness_func : maps a layer to a finite number; higher is better.
    population_size : individuals of a generation, >= 2.
    mutation_rate : probability that a weight is changed, in [0, 1].
    elite_fraction : fraction of the individuals that survive, in (0, 1); at least one, never all.
    mutation_scale : standard deviation of a change, > 0; None for a quarter of the standard
        deviation of the initial weights (of the width of `weight_range`, if they are all equal).
    weight_range : (lo, hi), bounds of the weights, or None.
    keep_signs : whether every weight keeps its sign.
    tournament : individuals among which a parent is the best, >= 1.
    seed : seed of all random numbers, >= 0.
    parameters : names of the layer's arrays that evolve; None for `weights` or else `weight`.
    workers, engine, client : where the fitness is computed, see `Workers`.
    progress : whether to show a progress bar (needs rich).

    Members
    -------
    population : (population_size, weights of a layer), one individual a row.
    fitness : (population_size,), None before the first evaluation.
    generation : number of the current generation.
    history : figures of all generations.

    Raises
    ------
    TypeError : a parameter is of the wrong kind, or the layer lacks such arrays.
    ValueError : a parameter is out of range.
    MissingPackageError : the engine, or rich, is not installed.
    """

    def __init__(
        self,
        layer_factory: Callable[[], Any],
        fitness_func: Callable[[Any], float],
        *,
        population_size: int = 20,
        mutation_rate: float = 0.05,
        elite_fraction: float = 0.2,
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
        self.population_size = integer("population_size", population_size, 2)
        self.tournament = integer("tournament", tournament)
        self.mutation_rate = positive_number("mutation_rate", mutation_rate, zero=True)
        self.elite_fraction = positive_number("elite_fraction", elite_fraction)
        self.seed = integer("seed", seed, 0)
        self.keep_signs, self.weight_range = bool(keep_signs), weight_range
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
        self._populate(layer_factory, parameters)
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
        """Number of individuals that survive a generation unchanged."""
        return min(
            max(1, math.ceil(self.elite_fraction * self.population_size)), self.population_size - 1
        )

    def evolve(
        self, generations: int, *, checkpoint: str | PathLike[str] | None = None
    ) -> Evolution:
        """Breed generations, and return the best layer.

        Parameters
        ----------
        generations : number of generations to breed, >= 0; with a checkpoint, counted from the
            initial population.
        checkpoint : file that is written after every generation, in one move. If it exists, the
            run continues from it, with the same result as without the interruption.

        Raises
        ------
        ValueError : a fitness is not finite, or the checkpoint is of an evolver with other
            settings.
        """
        integer("generations", generations, 0)
        file = None if checkpoint is None else Path(checkpoint)
        last = generations if file is not None else self.generation + generations
        if file is not None and file.exists():
            self._load(file)
        bar = nullcontext() if self._progress is None else self._progress.Progress()
        with bar as display:
            task = (
                None
                if display is None
                else display.add_task("evolve", total=last, completed=self.generation)
            )
            if self.fitness is None:
                self.fitness = self._evaluate(self.population, 0)
                self._record(file)
            while self.generation < last:
                self._breed()
                self._record(file)
                if display is not None:
                    display.update(task, completed=self.generation)
        best = int(np.argmax(self.fitness))
        layer = _with_weights(self._template, self._names, self.population[best])
        weights = {name: np.array(getattr(layer, name), np.float64) for name in self._names}
        return Evolution(
            layer, float(self.fitness[best]), weights, tuple(self.history), self.evaluations
        )

    # --- genomes ----------------------------------------------------------------------------------

    def _populate(self, factory: Callable[[], Any], parameters: Sequence[str] | None) -> None:
        """Make the initial population."""
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
        """Return the default of `mutation_scale`."""
        spread = float(self.population.std())
        if spread == 0 and self.weight_range is not None:
            spread = self.weight_range[1] - self.weight_range[0]
        return 0.25 * spread or 0.25

    def _diversify(self) -> None:
        """Mutate equal individuals, which a factory without random numbers makes."""
        draws = self._draws(BIRTH, 1)
        genomes: set[bytes] = set()
        for k, genome in enumerate(self.population):
            if genome.tobytes() in genomes:
                noise = draws.normal(0, self.mutation_scale, genome.shape)
                self.population[k] = self._bounded(genome + noise, genome)
            genomes.add(self.population[k].tobytes())

    def _bounded(self, weights: Floats, before: Floats) -> Floats:
        """Reflect changed weights at the bounds, and restore the signs of the old ones."""
        if self.weight_range is not None:
            lo, hi = self.weight_range
            # Repeated reflection at both bounds is a triangle wave of period 2 (hi - lo).
            phase = np.mod(weights - lo, 2 * (hi - lo))
            weights = np.clip(lo + np.minimum(phase, 2 * (hi - lo) - phase), lo, hi)
        if self.keep_signs:
            weights = np.copysign(weights, before)
            if self.weight_range is not None:
                weights = np.clip(weights, *self.weight_range)
        return weights

    def _draws(self, purpose: int, generation: int, individual: int = 0) -> np.random.Generator:
        """Return the generator for one purpose, generation and individual."""
        return np.random.default_rng([self.seed, purpose, generation, individual])

    def _breed(self) -> None:
        """Breed and evaluate the next generation."""
        if self.fitness is None:
            raise ValueError("population must be evaluated before it breeds; call evolve")
        draws = self._draws(CHILDREN, self.generation)
        offspring = self.population_size - self.elites
        ranked = np.argsort(-self.fitness, kind="stable")
        # For each child and each of its two parents: the candidates, and the best of them.
        candidates = draws.integers(0, self.population_size, (offspring, 2, self.tournament))
        best = np.argmax(self.fitness[candidates], axis=-1)[..., None]
        winners = np.take_along_axis(candidates, best, axis=-1)[..., 0]
        first, second = (self.population[winners[:, parent]] for parent in (0, 1))
        children = np.where(draws.random(first.shape) < 0.5, first, second)
        noise = draws.normal(0, self.mutation_scale, children.shape)
        mutated = draws.random(children.shape) < self.mutation_rate
        children = np.where(mutated, self._bounded(children + noise, children), children)
        elites = ranked[: self.elites]
        fitness = self._evaluate(children, self.generation + 1)
        self.population = np.concatenate([self.population[elites], children])
        self.fitness = np.concatenate([self.fitness[elites], fitness])
        self.generation += 1

    # --- fitness ----------------------------------------------------------------------------------

    def _evaluate(self, genomes: Floats, generation: int) -> Floats:
        """Return the fitness of each genome; ValueError where one is not finite."""
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
        fitness = self._workers.map(_fitness, jobs)
        for k, value in enumerate(fitness):
            if not math.isfinite(value):
                raise ValueError(
                    f"fitness of individual {k} of generation {generation} must be finite, not"
                    f" {value!r}"
                )
        self.evaluations += len(fitness)
        return np.array(fitness, np.float64)

    def _record(self, file: Path | None) -> None:
        """Add the generation to the history, and write the checkpoint if there is one."""
        if self.fitness is None:
            raise ValueError("population must be evaluated before it is recorded; call evolve")
        best, mean, least = (
            float(value) for value in (self.fitness.max(), self.fitness.mean(), self.fitness.min())
        )
        self.history.append(Generation(self.generation, best, mean, least, self.evaluations))
        if file is not None:
            self._save(file)

    # --- checkpoints ------------------------------------------------------------------------------

    def _settings(self) -> dict[str, Any]:
        """Return the settings that a checkpoint must share with the evolver that continues it."""
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
            arrays = read_archive(file)
            meta = json.loads(text_of(arrays, "meta"))
            population, fitness = arrays["population"], arrays["fitness"]
            generation, evaluations = int(meta["generation"]), int(meta["evaluations"])
            history = [_generation(each) for each in meta["history"]]
            stored = dict(meta["settings"])
        # ArchiveError and the errors of JSON are ValueErrors; the others are of missing keys
        except (OSError, KeyError, TypeError, ValueError, RecursionError) as error:
            raise ValueError(
                f"checkpoint {file} must be one that evolve wrote; it can't be read ({error})"
            ) from None
        for key, value in self._settings().items():
            if stored.get(key) != value:
                raise ValueError(
                    f"checkpoint {file} must have {key} {value!r}, not {stored.get(key)!r}; take"
                    " another file"
                )
        for name, array, like in (
            ("population", population, self.population),
            ("fitness", fitness, self.population[:, 0]),
        ):
            if array.dtype.kind != "f" or array.shape != like.shape or np.isnan(array).any():
                raise ValueError(
                    f"checkpoint {file} must have numbers of shape {like.shape} as {name}, not"
                    f" {array.dtype} of shape {array.shape}; take another file"
                )
        self.population, self.fitness = population, fitness
        self.generation, self.evaluations, self.history = generation, evaluations, history


def _generation(values: Any) -> Generation:
    """A row of a checkpoint's history; TypeError where it is none."""
    row = Generation(**values)
    if not all(isinstance(value, int | float) for value in asdict(row).values()):
        raise TypeError(f"a generation must be numbers, not {shown(values)}")
    return row


def _with_weights(template: Any, names: Sequence[str], genome: Floats) -> Any:
    """Return a copy of the layer with the weights of a genome."""
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
    """Return the fitness of one genome; it runs in a worker."""
    layer = _with_weights(template, names, genome)
    with _seeded(np.random.default_rng(seed)):
        return float(function(layer))


@contextmanager
def _seeded(draws: np.random.Generator) -> Iterator[None]:
    """Seed NumPy's global generator for the block, and restore its state afterwards."""
    before = np.random.get_state()
    np.random.seed(draws.integers(0, 1 << 32, 4, dtype=np.uint32))
    try:
        yield
    finally:
        np.random.set_state(before)
