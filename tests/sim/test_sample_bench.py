"""The bench counts what differs, and keeps the first difference."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from sc_sim.sample_bench import SampleBench


class Engine:
    """A model of two weights; a faulty one answers wrong from sample 3 on."""

    def __init__(self, faulty: bool = False) -> None:
        self.faulty = faulty
        self.frozen: list[tuple[str, bool]] = []

    def load(self, weights: dict[str, NDArray[np.int64]]) -> None:
        self.weights = weights["a"]

    def run(self, values: NDArray[np.int64], told: NDArray[np.int64]) -> NDArray[np.int64]:
        return values + told + self.faulty * (values > 3)

    def freeze(self, layer: str, *, learn: bool = False) -> None:
        self.frozen.append((layer, learn))

    def checkpoint(self) -> dict[str, Any]:
        return {"a": {"weight": self.weights + self.faulty * np.array([0, 1])}}


class Bench(SampleBench):
    def random_samples(self, count: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        return np.arange(count), np.zeros(count, np.int64)

    def weights(self) -> dict[str, NDArray[np.int64]]:
        return {"a": self.random.integers(0, 9, 2)}

    def disturb(self) -> None:
        self.freeze_one(("a", "b"))

    @property
    def synapse_steps(self) -> int:
        return 0


def test_engines_that_agree() -> None:
    bench = Bench(Engine(), Engine(), 1, ("none",))
    bench.load()
    for phase in bench.phases:
        phase(6)
    bench.disturb()
    assert (bench.differences, bench.first, bench.samples) == (0, None, 6)
    assert bench.golden.frozen == bench.rtl.frozen != []


def test_the_first_difference_is_kept() -> None:
    bench = Bench(Engine(faulty=True), Engine(), 1, ("none",))
    bench.golden.weights = bench.rtl.weights = np.array([1, 2])
    bench.learn(6)
    bench.compare()
    assert bench.differences == 3
    assert bench.first == {"what": "answer", "sample": 0, "place": [4], "golden": 4, "rtl": 5}
