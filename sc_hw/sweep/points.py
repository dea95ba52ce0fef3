"""The points of a sweep: which keys of the design get which values.

Optuna draws a batch before any of its results is known and is told all of them in order, so that
the points do not depend on which worker was faster; a sweep that goes on draws the same ones.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from sc_hw.sweep.spec import MAX_POINTS, OBJECTIVES, SearchSpace, SweepSpec
from sc_model.packages import optional_import
from sc_model.spec import ConfigError
from sc_model.spec.errors import did_you_mean
from sc_model.texts import shown

Point = Mapping[str, Any]  # keys of the design, with dots, and their values
# Objectives of each point of a batch, in order; None for a point that failed
Results = Sequence[Sequence[float] | None]


def with_values(tables: Mapping[str, Any], point: Point) -> dict[str, Any]:
    """The tables of a design file with a point's values.

    A number in a key counts `[[layer]]` from 0: ``layer.0.lanes``.

    Raises ConfigError for a key whose table the design does not have.
    """
    result: dict[str, Any] = _copied(tables)
    for key, value in point.items():
        place: Any = result
        *path, last = key.split(".")
        for depth, name in enumerate(path):
            place = _step(place, name, key, ".".join(path[:depth]))
        if not isinstance(place, dict):
            raise ConfigError(f"key '{key}' of the sweep must end in the name of a field.")
        place[last] = value
    return result


def _step(place: Any, name: str, key: str, above: str) -> Any:
    """The table below `place` of a name or, in a list, a number."""
    if isinstance(place, list):
        if name.isdecimal() and int(name) < len(place):
            return place[int(name)]
        raise ConfigError(
            f"key '{key}' of the sweep must number the tables [[{above}]] from 0 to"
            f" {len(place) - 1}, not {shown(name)}."
        )
    if not above and isinstance(place, dict):
        if name not in place:
            hint = did_you_mean(name, place) or "; add it to the design file, or correct the key."
            raise ConfigError(f"key '{key}' of the sweep: the design has no table [{name}]{hint}")
        return place[name]
    if isinstance(place, dict):
        return place.setdefault(name, {})
    raise ConfigError(f"key '{key}' of the sweep: '{above}' is no table of the design.")


def _copied(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _copied(each) for key, each in value.items()}
    return [_copied(each) for each in value] if isinstance(value, list) else value


def batches(spec: SweepSpec) -> Iterator[tuple[list[Point], Callable[[Results], None]]]:
    """Batches of points; the function with each must be called with its results before the next.

    A grid and a list are one batch, and their results are ignored.

    Raises ConfigError for a grid with too many points, MissingPackageError without Optuna where a
    sampler of its draws.
    """
    if spec.sampler == "grid":
        count = 1
        for values in spec.grid.values():
            count *= len(values)
        if count > MAX_POINTS:
            raise ConfigError(
                f"[grid] makes {count:,} points, and {MAX_POINTS:,} is the most; name fewer values."
            )
        rows = itertools.product(*spec.grid.values())
        points: list[Point] = [dict(zip(spec.grid, row, strict=True)) for row in rows]
        yield points, lambda _: None
    elif spec.sampler == "list":
        yield list(spec.point), lambda _: None
    else:
        yield from _optuna_batches(spec)


def _optuna_batches(spec: SweepSpec) -> Iterator[tuple[list[Point], Callable[[Results], None]]]:
    """Batches that a sampler of Optuna draws."""
    optuna = optional_import("optuna", "sweep", f"sampler '{spec.sampler}'")
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    distributions = {key: _distribution(optuna, choice) for key, choice in spec.space.items()}
    study = optuna.create_study(
        directions=["maximize" if OBJECTIVES[name] else "minimize" for name in spec.objectives],
        sampler=_sampler(optuna, spec),
    )
    rest = spec.points
    while rest:
        count = min(spec.batch, rest)
        trials = [study.ask(distributions) for _ in range(count)]
        rest -= count

        def tell(results: Results, trials: Sequence[Any] = trials) -> None:
            for trial, values in zip(trials, results, strict=True):
                if values is None:
                    study.tell(trial, state=optuna.trial.TrialState.FAIL)
                else:
                    study.tell(trial, list(values))

        yield [dict(trial.params) for trial in trials], tell


def _distribution(optuna: Any, choice: Any) -> Any:
    kinds = optuna.distributions
    if not isinstance(choice, SearchSpace):
        return kinds.CategoricalDistribution(list(choice))
    low, high = choice.low, choice.high
    kind = kinds.IntDistribution
    if isinstance(low, float) or isinstance(high, float):
        kind = kinds.FloatDistribution
    return kind(low, high, log=choice.log)


def _sampler(optuna: Any, spec: SweepSpec) -> Any:
    samplers, seed = optuna.samplers, spec.sampler_seed
    if spec.sampler == "nsga2":
        return samplers.NSGAIISampler(seed=seed, population_size=max(2, spec.batch))
    if spec.sampler == "tpe":
        return samplers.TPESampler(seed=seed, n_startup_trials=spec.batch, multivariate=False)
    return samplers.RandomSampler(seed=seed)
