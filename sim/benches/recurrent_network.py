"""Bench of a recurrent network: answers, sums and the whole state against the golden model.

1. Weights are loaded and read back.
2. Samples are learned from at full speed: the clocks of their steps are the throughput.
3. Chunks of samples follow with idle clocks on every stream. In front of each the host changes
   something: the sizes of steps, which layers learn, nothing; or the network is reset and loaded
   anew. Behind each chunk all state is read and compared.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from sc_model.golden.recurrent_network import UNTOLD, RecurrentNetwork
from sc_sim.blocks.recurrent_network import RtlRecurrentNetwork
from sc_sim.driver.one_clock import Rtl
from sc_sim.request import Request
from sc_sim.sample_bench import SampleBench, simulate_samples

STEPS, SPIKES, TOLD = 12, 0.3, 0.5  # of a sample; share of spikes, and of steps with a class


class RecurrentBench(SampleBench):
    """A recurrent network that learns."""

    def __init__(self, rtl: Rtl, seed: int) -> None:
        design = RtlRecurrentNetwork(rtl)
        bins = ("reset", "shift", "freeze", "none")
        super().__init__(design, RecurrentNetwork(design.spec), seed, bins)
        self.spec = design.spec

    def weights(self) -> dict[str, NDArray[np.int64]]:
        """Random weights by layer; the largest and the least are among them."""
        spec = self.spec
        sizes = {
            spec.hidden.name: (spec.hidden.max_weight, (spec.rows, spec.hidden.neurons)),
            spec.readout.name: (
                spec.readout.max_weight,
                (spec.hidden.neurons, spec.readout.neurons),
            ),
        }
        return {
            name: self.random.integers(-most, most, shape, endpoint=True)
            for name, (most, shape) in sizes.items()
        }

    def random_samples(self, count: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Random spikes, and classes in some steps."""
        shape = (count, STEPS, self.spec.inputs)
        spikes = (self.random.random(shape) < SPIKES).astype(np.int64)
        targets = self.random.integers(0, self.spec.readout.neurons, shape[:2])
        return spikes, np.where(self.random.random(shape[:2]) < TOLD, targets, UNTOLD)

    def learn(self, count: int) -> None:
        """Samples that are learned from; the sums of the last step are compared, too."""
        super().learn(count)
        self.check("scores", self.golden.scores, self.rtl.scores[-1, -1])

    def disturb(self) -> None:
        """Something that a host does between samples."""
        what = self.random.choice(tuple(self.bins))
        self.bins[what] += 1
        layers = (self.spec.hidden.name, self.spec.readout.name)
        if what == "reset":
            self.rtl.reset()
            self.load()
        elif what == "shift":
            shift = int(self.random.integers(0, 16))
            layer = layers[self.random.integers(2)]
            for each in (self.golden, self.rtl):
                each.set_shift(layer, shift)
        elif what == "freeze":
            self.freeze_one(layers)

    @property
    def synapse_steps(self) -> int:
        """Updates of synapses so far; a load begins to count anew."""
        return int(self.golden.counts.synapses)


def simulate(request: Request) -> dict[str, Any]:
    """Run a request; see :func:`~sc_sim.sample_bench.simulate_samples`."""
    return simulate_samples(request, RecurrentBench, "clocks_per_step")
