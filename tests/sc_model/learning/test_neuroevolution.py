"""The genetic algorithm: repeats whatever the workers, goes on after a kill, keeps weights where
they belong, beats chance.
"""

from __future__ import annotations

import json
import re
import signal
import subprocess
import sys
import warnings
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from support import ROOT

from sc_model.learning import Evolution, MissingPackageError, SNNGeneticEvolver
from sc_model.learning.workers import Workers
from sc_model.temporal_hierarchy import HetSynLayer

TARGET = np.random.default_rng(5).normal(size=(4, 5))


def layer() -> Any:
    return SimpleNamespace(weights=np.random.standard_normal((4, 5)) * 0.5)  # what users' layers do


def near(made: Any) -> float:
    return -float(((made.weights - TARGET) ** 2).sum())


def noisy(made: Any) -> float:
    return near(made) + float(np.random.standard_normal())


def evolver(**given: Any) -> SNNGeneticEvolver:
    return SNNGeneticEvolver(
        layer, given.pop("fitness_func", near), **{"seed": 1, "mutation_rate": 0.2, **given}
    )


def same(one: Evolution, other: Evolution) -> None:
    assert one.history == other.history
    assert (one.fitness, one.evaluations) == (other.fitness, other.evaluations)
    np.testing.assert_array_equal(one.weights["weights"], other.weights["weights"])


def test_it_comes_nearer_than_a_random_search_of_the_same_budget() -> None:
    for seed in range(3):
        found = evolver(seed=seed).evolve(60)
        draws = np.random.default_rng(seed)
        tries = draws.standard_normal((found.evaluations, 4, 5)) * 0.5
        assert found.fitness > -2 > max(-((tries - TARGET) ** 2).sum((1, 2)))
        assert found.fitness == near(found.layer)
        best = [each.best for each in found.history]
        assert best == sorted(best)  # elites go on as they are
        assert found.evaluations == 20 + 60 * 16


def test_defaults_are_those_of_the_name() -> None:
    made = SNNGeneticEvolver(layer, near)
    assert (made.population_size, made.mutation_rate, made.elite_fraction, made.elites) == (
        20,
        0.05,
        0.2,
        4,
    )
    assert len(made.population) == 20


@pytest.mark.parametrize("fitness", [near, noisy])
def test_the_same_seed_gives_the_same_result_with_any_number_of_workers(fitness: Any) -> None:
    alone = evolver(fitness_func=fitness).evolve(4)
    same(alone, evolver(fitness_func=fitness).evolve(4))
    same(alone, evolver(fitness_func=fitness, workers=2).evolve(4))
    other = evolver(fitness_func=fitness, seed=2).evolve(4)
    assert other.history != alone.history


def test_dask_gives_the_same_result() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of distributed's own making
        found = evolver(fitness_func=noisy, engine="dask", workers=1).evolve(2)
    same(found, evolver(fitness_func=noisy).evolve(2))


def test_a_cluster_of_the_caller_is_used() -> None:
    class Cluster:
        def __init__(self) -> None:
            self.submitted = 0

        def submit(self, function: Any, *arguments: Any, pure: bool) -> Any:
            assert pure is False
            self.submitted += 1
            return function(*arguments)

        def gather(self, futures: list[Any]) -> list[Any]:
            return futures

    cluster = Cluster()
    same(evolver(engine="dask", client=cluster).evolve(2), evolver().evolve(2))
    assert cluster.submitted == 20 + 2 * 16


def test_numpys_global_generator_is_left_alone() -> None:
    np.random.seed(3)
    evolver(fitness_func=noisy).evolve(2)
    drawn = np.random.random()
    np.random.seed(3)
    assert np.random.random() == drawn


def test_in_two_parts_as_in_one() -> None:
    parts = evolver()
    parts.evolve(3)
    same(parts.evolve(4), evolver().evolve(7))


# --- checkpoints ----------------------------------------------------------------------------------

RUN = """
import json, os, signal, sys
sys.path.insert(0, sys.argv[1])
import test_neuroevolution as t
killed_at = int(sys.argv[3])
calls = 0
def fitness(layer):
    global calls
    calls += 1
    if calls == killed_at:
        os.kill(os.getpid(), signal.SIGKILL)
    return t.noisy(layer)
evolver = t.SNNGeneticEvolver(t.layer, fitness, seed=1, mutation_rate=0.2)
result = evolver.evolve(8, checkpoint=sys.argv[2])
weights, best = result.weights["weights"].tolist(), [each.best for each in result.history]
print(json.dumps([result.fitness, result.evaluations, weights, best, calls]))
"""


def run(checkpoint: Path, killed_at: int) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", RUN, str(Path(__file__).parent), str(checkpoint), str(killed_at)],
        capture_output=True,
        text=True,
        check=False,
        cwd=ROOT,
        env={"PYTHONPATH": f"{ROOT}:{ROOT / 'tests'}", "PATH": "/usr/bin:/bin"},
    )


def test_a_killed_run_goes_on_with_the_same_result(tmp_path: Path) -> None:
    killed = run(tmp_path / "a.npz", 20 + 16 * 4 + 5)
    assert killed.returncode == -signal.SIGKILL, killed.stderr
    resumed, whole = run(tmp_path / "a.npz", -1), run(tmp_path / "b.npz", -1)
    assert resumed.returncode == whole.returncode == 0, resumed.stderr + whole.stderr
    first, second = json.loads(resumed.stdout), json.loads(whole.stdout)
    assert first[:-1] == second[:-1]
    assert (first[-1], second[-1]) == (16 * 4, 20 + 16 * 8)  # it did not begin again


def test_a_checkpoint_of_other_settings_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "a.npz"
    evolver().evolve(1, checkpoint=file)
    message = f"checkpoint {file} must have seed 2, not 1; take another file"
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        evolver(seed=2).evolve(1, checkpoint=file)
    file.write_bytes(b"half a file")
    with pytest.raises(
        ValueError, match=f"^checkpoint {re.escape(str(file))} must be one that evolve wrote"
    ):
        evolver().evolve(1, checkpoint=file)


# --- weights --------------------------------------------------------------------------------------


def evolved(made: SNNGeneticEvolver, generations: int = 30) -> NDArray[np.float64]:
    made.evolve(generations)
    return made.population


def test_negative_weights_stay_possible() -> None:
    found = evolver().evolve(60)
    assert (np.sign(found.weights["weights"]) == np.sign(TARGET))[np.abs(TARGET) > 0.7].all()
    assert (found.weights["weights"] < 0).any()


def test_weights_stay_in_their_range_and_do_not_heap_up_at_it() -> None:
    def chance(_: Any) -> float:
        return float(np.random.random())

    made = SNNGeneticEvolver(
        layer, chance, mutation_rate=1.0, weight_range=(0.0, 1.0), mutation_scale=0.3
    )
    weights = evolved(made)
    assert weights.min() >= 0
    assert weights.max() <= 1
    assert not np.isin(weights, (0.0, 1.0)).any()


def test_signs_can_be_kept() -> None:
    weights = np.array([[0.5, -0.5], [0.1, -0.1]])
    made = SNNGeneticEvolver(
        lambda: SimpleNamespace(weights=weights),
        lambda x: float(x.weights.sum()),
        mutation_rate=1.0,
        keep_signs=True,
    )
    population = evolved(made).reshape(-1, 2, 2)
    assert (np.sign(population) == np.sign(weights)).all()
    assert len(np.unique(population[:, 0, 1])) > 3  # and still they move
    free = SNNGeneticEvolver(
        lambda: SimpleNamespace(weights=weights),
        lambda x: float(x.weights.sum()),
        mutation_rate=1.0,
    )
    assert (evolved(free).reshape(-1, 2, 2)[:, 1, 1] > 0).any()


def test_a_child_has_the_weights_of_its_parents() -> None:
    made = evolver(mutation_rate=0.0)
    first = made.population.copy()
    made.evolve(1)
    children = made.population[made.elites :]
    assert all(np.isin(children[:, gene], first[:, gene]).all() for gene in range(20))
    assert not any((child == first).all(1).any() for child in children[:5])  # of two, not of one


def test_a_layer_of_ours() -> None:
    """Its array is called `weight`; time constants are those of the first layer."""
    x = np.random.default_rng(0).random((50, 4)) < 0.3

    def spikes(made: HetSynLayer) -> float:
        made.reset()
        return -abs(float(made.run(x).sum()) - 60)

    made = SNNGeneticEvolver(
        lambda: HetSynLayer(4, 3, seed=7), spikes, seed=3, mutation_scale=0.2, mutation_rate=0.3
    )
    found = made.evolve(15)
    assert found.fitness > made.history[0].best
    np.testing.assert_array_equal(found.layer.tau, HetSynLayer(4, 3, seed=7).tau)
    assert list(found.weights) == ["weight"]


# --- errors ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"population_size": 1}, "population_size must be >= 2, not 1"),
        ({"mutation_rate": 1.5}, "mutation_rate must be in [0, 1], a probability, not 1.5"),
        (
            {"elite_fraction": 1.0},
            "elite_fraction must be in (0, 1), a share of the population, not 1.0",
        ),
        (
            {"weight_range": (1.0, 0.0)},
            "weight_range must be (lo, hi) with lo < hi, not (1.0, 0.0)",
        ),
        (
            {"engine": "jobli"},
            "engine must be 'joblib' or 'dask', not 'jobli'; did you mean 'joblib'?",
        ),
        ({"client": 3}, "client must come with engine='dask', not 'joblib'"),
    ],
)
def test_what_is_refused(given: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        evolver(**given)


def test_a_fitness_that_is_no_number() -> None:
    with pytest.raises(
        ValueError, match=r"^fitness of individual 0 of generation 0 must be finite, not nan$"
    ):
        evolver(fitness_func=lambda _: float("nan")).evolve(1)


def test_a_layer_without_weights() -> None:
    message = (
        "layer must have an array 'weights' or 'weight', SimpleNamespace has none; name others"
    )
    with pytest.raises(TypeError, match=f"^{re.escape(message)}$"):
        SNNGeneticEvolver(lambda: SimpleNamespace(w=np.ones(3)), near)
    with pytest.raises(TypeError, match=r"^layer's w must be a NumPy array of floats, not list$"):
        SNNGeneticEvolver(lambda: SimpleNamespace(w=[1.0]), near, parameters=["w"])


def test_an_engine_that_is_not_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    for engine, package, extra in (
        ("joblib", "joblib", "learning"),
        ("dask", "distributed", "dask"),
    ):
        monkeypatch.setitem(sys.modules, package, None)
        with pytest.raises(
            MissingPackageError,
            match=rf"needs {package}, which is not installed; pip install sc-hw\[{extra}\]$",
        ):
            Workers(2, engine)  # type: ignore[arg-type]


def test_progress_is_shown_to_the_end(capsys: pytest.CaptureFixture[str]) -> None:
    evolver(progress=True).evolve(3)
    assert "100%" in capsys.readouterr().out
