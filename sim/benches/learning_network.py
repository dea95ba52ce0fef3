"""Bench of a network that learns: answers and the whole state against the golden model.

1. Weights are loaded and read back.
2. Samples are learned from at full speed: their clocks are the throughput.
3. Chunks of samples follow with idle clocks on every stream. In front of each the host changes
   something: the size of the steps, which layers learn, nothing; or the network is reset and loaded
   anew. Some samples are told single classes, right or wrong, and some nothing. Behind each chunk
   all state is read and compared.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sc_model.golden.learning_network import LearningNetwork
from sc_model.spec.learning import LearningNetworkSpec
from sc_sim.blocks.learning_network import RtlLearningNetwork
from sc_sim.driver.library import build_library
from sc_sim.driver.one_clock import Rtl
from sc_sim.files import write_arrays
from sc_sim.request import Request
from sc_sim.results import Outcome, write_results
from sc_sim.toolchain import tool_versions

DEFAULT_SAMPLES, CHUNK = 200, 20
# Classes are prototypes: a pixel of one is bright or black, with noise of this size.
NOISE, DENSITY = 60, 0.4


class LearningBench:
    """Design and golden model side by side.

    Members
    -------
    rtl, golden : both, with one interface.
    differences, first : values that differ, and the first of them.
    bins : how often the host did what.
    """

    def __init__(self, rtl: RtlLearningNetwork, seed: int) -> None:
        self.rtl, self.spec = rtl, rtl.spec
        self.random = np.random.default_rng(seed)
        self.golden = LearningNetwork(self.spec)
        self.differences = 0
        self.first: dict[str, Any] | None = None
        self.samples = 0
        self.bins = dict.fromkeys(("reset", "step_shift", "freeze", "single", "untold", "none"), 0)
        shape = (self.spec.output.neurons, self.spec.inputs)
        most = self.spec.value_format.hi
        prototypes = self.random.integers(most // 2, most, shape, endpoint=True)
        self.prototypes = prototypes * (self.random.random(shape) < DENSITY)
        self.load()

    def load(self) -> None:
        """Load random weights, some of them the largest and the least."""
        weights = {}
        for index, layer in enumerate(self.spec.layers):
            shape, most = (self.spec.rows(index), layer.neurons), layer.initial
            drawn = self.random.integers(-most, most, shape, endpoint=True)
            corners = self.random.random(shape)
            drawn[corners < 0.01] = layer.max_weight
            drawn[corners > 0.99] = -layer.max_weight
            weights[layer.name] = drawn
        self.golden.load(weights)
        self.rtl.load(weights)
        self.compare()

    def drawn(self, count: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Samples and their classes."""
        labels = self.random.integers(0, self.spec.output.neurons, count)
        chosen = self.prototypes[labels]
        noise = self.random.integers(-NOISE, NOISE + 1, chosen.shape)
        values = np.clip(chosen + noise * (chosen > 0), 0, self.spec.value_format.hi)
        return values, labels

    def learn(self, count: int) -> None:
        """Samples with their classes, or rewards, one after the other."""
        values, labels = self.drawn(count)
        self._check("answer", self.golden.run(values, labels), self.rtl.run(values, labels))
        self.samples += count

    def tell(self, count: int) -> None:
        """Samples of which the host tells a class, right or wrong, or nothing at all."""
        values, labels = self.drawn(count)
        for sample, label in zip(values, labels, strict=True):
            answers = [each.answer(sample).winner for each in (self.golden, self.rtl)]
            self._check("answer", np.array(answers[:1]), np.array(answers[1:]))
            told = self.random.random() < 0.8
            self.bins["single" if told else "untold"] += 1
            if told:
                right, single = bool(self.random.integers(2)), bool(self.random.integers(2))
                for each in (self.golden, self.rtl):
                    each.learn(int(label), right=right, single=single)
            self.samples += 1

    def disturb(self) -> None:
        """Something that a host does between samples."""
        what = self.random.choice(("reset", "step_shift", "freeze", "none"))
        self.bins[what] += 1
        if what == "reset":
            self.rtl.reset()
            self.load()
        elif what == "step_shift":
            shift = int(self.random.integers(0, 8))
            self.golden.step_shift = self.rtl.step_shift = shift
        elif what == "freeze":
            layer = self.spec.layers[self.random.integers(len(self.spec.layers))].name
            learn = bool(self.random.integers(2))
            for each in (self.golden, self.rtl):
                each.freeze(layer, learn=learn)

    def compare(self) -> None:
        """Compare all state."""
        state = self.rtl.checkpoint()
        for space, fields in self.golden.checkpoint().items():
            for name, values in fields.items():
                self._check(f"{space}.{name}", np.asarray(values), np.asarray(state[space][name]))

    def _check(self, what: str, expected: NDArray[Any], found: NDArray[Any]) -> None:
        differs = int(np.count_nonzero(expected != found))
        self.differences += differs
        if differs and self.first is None:
            place = np.argwhere(np.atleast_1d(expected != found))[0].tolist()
            index = tuple(place)
            self.first = {
                "what": what,
                "sample": self.samples,
                "place": place,
                "golden": int(np.atleast_1d(expected)[index]),
                "rtl": int(np.atleast_1d(found)[index]),
            }


def simulate(request: Request) -> dict[str, Any]:
    """Run a request; the results are also written to its file.

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
    bench = LearningBench(RtlLearningNetwork(rtl), request.seed)
    steps = DEFAULT_SAMPLES if request.steps is None else request.steps
    first = min(steps, CHUNK)
    bench.learn(first)
    clocks = bench.rtl.clocks
    bench.compare()
    bench.rtl.stall = request.stall
    phases: tuple[Callable[[int], None], ...] = (bench.learn, bench.tell)
    while bench.samples < steps:
        bench.disturb()
        phases[int(bench.random.integers(2))](min(CHUNK, steps - bench.samples))
        bench.compare()
    outcome = _outcome(request, bench, clocks, time.perf_counter() - start)
    rtl.close()
    return write_results(request, rtl.dut, outcome, start)


def _outcome(
    request: Request, bench: LearningBench, clocks: NDArray[np.int64], seconds: float
) -> Outcome:
    """What has been found."""
    spec: LearningNetworkSpec = bench.spec
    counts, cycles = bench.golden.counts, bench.rtl.rtl.cycles
    lanes = spec.output.lanes
    state = {
        f"{space}.{name}": np.asarray(values)
        for space, fields in bench.golden.checkpoint().items()
        for name, values in fields.items()
    }
    arrays = write_arrays(request.results_file.with_name("final_state.npz"), state)
    return Outcome(
        steps=bench.samples,
        synapse_steps=lanes * sum(counts.words.values()),
        cycles=cycles,
        cycles_per_s=round(cycles / seconds) if seconds else None,
        differences=bench.differences,
        first_difference=bench.first,
        coverage={
            "bins": bench.bins,
            "missed": [name for name, count in bench.bins.items() if not count],
        },
        simulator={"verilator": tool_versions()["verilator"]},
        throughput={"clocks_per_sample": float(clocks.mean()) if len(clocks) else None},
        final_state=str(arrays.resolve()),
    )
