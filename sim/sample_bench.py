"""Benches of networks that learn from samples: design and golden model side by side."""

from __future__ import annotations

import time
from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sc_sim.driver.library import build_library
from sc_sim.driver.one_clock import Rtl
from sc_sim.files import write_arrays
from sc_sim.request import Request
from sc_sim.results import Outcome, write_results
from sc_sim.toolchain import tool_versions

DEFAULT_SAMPLES, CHUNK = 200, 20


class SampleBench(ABC):
    """Design and golden model side by side.

    Parameters
    ----------
    rtl, golden : both, with one interface.
    seed : of all that is random.
    bins : names of what a host does between samples.

    Members
    -------
    differences, first : values that differ, and the first of them.
    samples : so far.
    bins : how often the host did what.
    """

    def __init__(self, rtl: Any, golden: Any, seed: int, bins: tuple[str, ...]) -> None:
        self.rtl, self.golden = rtl, golden
        self.random = np.random.default_rng(seed)
        self.differences = 0
        self.first: dict[str, Any] | None = None
        self.samples = 0
        self.bins = dict.fromkeys(bins, 0)

    @abstractmethod
    def random_samples(self, count: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Samples, and what is told of them."""

    @abstractmethod
    def weights(self) -> dict[str, NDArray[np.int64]]:
        """Random weights by layer, some of them the largest and the least."""

    @abstractmethod
    def disturb(self) -> None:
        """Something that a host does between samples."""

    @property
    @abstractmethod
    def synapse_steps(self) -> int:
        """Updates of synapses so far."""

    @property
    def phases(self) -> tuple[Callable[[int], None], ...]:
        """What samples are for: a phase takes so many."""
        return (self.learn,)

    def load(self) -> None:
        """Load random weights."""
        weights = self.weights()
        for each in (self.golden, self.rtl):
            each.load(weights)
        self.compare()

    def learn(self, count: int) -> None:
        """Samples that are learned from, one after the other."""
        samples, classes = self.random_samples(count)
        self.check("answer", self.golden.run(samples, classes), self.rtl.run(samples, classes))
        self.samples += count

    def freeze_one(self, layers: tuple[str, ...]) -> None:
        """Freeze one of some layers, or let it learn."""
        layer, learn = layers[self.random.integers(len(layers))], bool(self.random.integers(2))
        for each in (self.golden, self.rtl):
            each.freeze(layer, learn=learn)

    def compare(self) -> None:
        """Compare all state."""
        state = self.rtl.checkpoint()
        for space, fields in self.golden.checkpoint().items():
            for name, values in fields.items():
                self.check(f"{space}.{name}", np.asarray(values), np.asarray(state[space][name]))

    def check(self, what: str, expected: NDArray[Any], values: NDArray[Any]) -> None:
        """Compare values of the model with those of the design."""
        differs = int(np.count_nonzero(expected != values))
        self.differences += differs
        if differs and self.first is None:
            place = np.argwhere(np.atleast_1d(expected != values))[0].tolist()
            index = tuple(place)
            self.first = {
                "what": what,
                "sample": self.samples,
                "place": place,
                "golden": int(np.atleast_1d(expected)[index]),
                "rtl": int(np.atleast_1d(values)[index]),
            }


def simulate_samples(
    request: Request, make: Callable[[Rtl, int], SampleBench], throughput: str
) -> dict[str, Any]:
    """Run a request; the results are also written to its file.

    Parameters
    ----------
    request : what is asked for.
    make : the bench of a verilated design, with a seed.
    throughput : name of what the mean of the design's `clocks` at full speed is.

    Raises
    ------
    BuildFolderError, ConfigError, ValueError
        The input is wrong.
    SimulationError
        A tool fails, or the design is stuck.
    """
    if request.events is not None:
        raise ValueError(
            "a network that learns is simulated with random samples, so there must be no recording,"
            f" not {request.events.name}; `Device.run` takes samples of yours."
        )
    start = time.perf_counter()
    rtl = Rtl(request.folder, build_library(request.folder, request.waves))
    if request.waves:
        rtl.trace(request.waves_file)
    bench = make(rtl, request.seed)
    bench.load()
    steps = DEFAULT_SAMPLES if request.steps is None else request.steps
    bench.learn(min(steps, CHUNK))
    clocks = bench.rtl.clocks
    bench.compare()
    bench.rtl.stall = request.stall
    phases = bench.phases
    while bench.samples < steps:
        bench.disturb()
        phases[int(bench.random.integers(len(phases)))](min(CHUNK, steps - bench.samples))
        bench.compare()
    state = {
        f"{space}.{name}": np.asarray(values)
        for space, fields in bench.golden.checkpoint().items()
        for name, values in fields.items()
    }
    arrays = write_arrays(request.results_file.with_name("final_state.npz"), state)
    seconds = time.perf_counter() - start
    outcome = Outcome(
        steps=bench.samples,
        synapse_steps=bench.synapse_steps,
        cycles=rtl.cycles,
        cycles_per_s=round(rtl.cycles / seconds) if seconds else None,
        differences=bench.differences,
        first_difference=bench.first,
        coverage={
            "bins": bench.bins,
            "missed": [name for name, count in bench.bins.items() if not count],
        },
        simulator={"verilator": tool_versions()["verilator"]},
        throughput={throughput: float(clocks.mean()) if len(clocks) else None},
        final_state=str(arrays.resolve()),
    )
    rtl.close()
    return write_results(request, rtl.dut, outcome, start)
