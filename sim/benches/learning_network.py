"""Bench of a network that learns: answers and the whole state against the golden model.

1. Weights are loaded and read back.
2. Samples are learned from at full speed: their clocks are the throughput.
3. Chunks of samples follow with idle clocks on every stream. In front of each the host changes
   something: the size of the steps, which layers learn, nothing; or the network is reset and loaded
   anew. Some samples are told single classes, right or wrong, and some nothing. Behind each chunk
   all state is read and compared.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sc_model.golden.learning_network import LearningNetwork
from sc_sim.blocks.learning_network import RtlLearningNetwork
from sc_sim.driver.one_clock import Rtl
from sc_sim.request import Request
from sc_sim.sample_bench import SampleBench, simulate_samples

# Classes are prototypes: a pixel of one is bright or black, with noise of this size.
NOISE, DENSITY = 60, 0.4


class LearningBench(SampleBench):
    """A network that learns."""

    def __init__(self, rtl: Rtl, seed: int) -> None:
        design = RtlLearningNetwork(rtl)
        bins = ("reset", "step_shift", "freeze", "single", "untold", "none")
        super().__init__(design, LearningNetwork(design.spec), seed, bins)
        self.spec = design.spec
        shape = (self.spec.output.neurons, self.spec.inputs)
        most = self.spec.value_format.hi
        prototypes = self.random.integers(most // 2, most, shape, endpoint=True)
        self.prototypes = prototypes * (self.random.random(shape) < DENSITY)

    def weights(self) -> dict[str, NDArray[np.int64]]:
        """Random weights by layer, some of them the largest and the least."""
        weights = {}
        for index, layer in enumerate(self.spec.layers):
            shape, most = (self.spec.rows(index), layer.neurons), layer.initial
            values = self.random.integers(-most, most, shape, endpoint=True)
            corners = self.random.random(shape)
            values[corners < 0.01] = layer.max_weight
            values[corners > 0.99] = -layer.max_weight
            weights[layer.name] = values
        return weights

    def random_samples(self, count: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Samples and their classes."""
        labels = self.random.integers(0, self.spec.output.neurons, count)
        prototypes = self.prototypes[labels]
        noise = self.random.integers(-NOISE, NOISE + 1, prototypes.shape)
        values = np.clip(prototypes + noise * (prototypes > 0), 0, self.spec.value_format.hi)
        return values, labels

    @property
    def phases(self) -> tuple[Callable[[int], None], ...]:
        """Samples with their classes, or rewards; and others."""
        return (self.learn, self.tell)

    def tell(self, count: int) -> None:
        """Samples of which the host tells a class, right or wrong, or nothing at all."""
        values, labels = self.random_samples(count)
        for sample, label in zip(values, labels, strict=True):
            answers = [each.answer(sample).winner for each in (self.golden, self.rtl)]
            self.check("answer", np.array(answers[:1]), np.array(answers[1:]))
            has_label = self.random.random() < 0.8
            self.bins["single" if has_label else "untold"] += 1
            if has_label:
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
            self.freeze_one(tuple(layer.name for layer in self.spec.layers))

    @property
    def synapse_steps(self) -> int:
        """Updates of synapses so far."""
        words: dict[str, int] = self.golden.counts.words
        return int(self.spec.output.lanes) * sum(words.values())


def simulate(request: Request) -> dict[str, Any]:
    """Run a request; see :func:`~sc_sim.sample_bench.simulate_samples`."""
    return simulate_samples(request, LearningBench, "clocks_per_sample")
