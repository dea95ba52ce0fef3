"""The bit-exact encoders: from unsigned values to spikes, step by step (`EncoderSpec`)."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sc_model.golden.arrays import checked
from sc_model.golden.plastic.noise import NoiseTable
from sc_model.spec import EncoderSpec

Spikes = NDArray[np.uint8]


class Encoder:
    """An encoder and its state.

    Parameters
    ----------
    spec : the code.
    values : number of values in a step.

    Members
    -------
    spec, values : as given.
    steps : steps since the begin of the sample.
    register : state of the shift register (``bernoulli``).
    reference : (values,), what values are compared with (``delta``).
    """

    def __init__(self, spec: EncoderSpec, values: int) -> None:
        self.spec, self.values = spec, values
        self._noise = NoiseTable(spec.bits, values) if spec.kind == "bernoulli" else None
        self.reset()

    def reset(self) -> None:
        """Begin a sample."""
        self.steps, self.register = 0, self.spec.seed
        self.reference: NDArray[np.int64] = np.zeros(self.values, np.int64)

    def step(self, values: ArrayLike) -> Spikes:
        """The spikes of a step, (channels,).

        Parameters
        ----------
        values : (values,), in [0, 2^bits); they may change from step to step. With ``latency`` they
            must not, since a spike says when a value came.

        Raises
        ------
        TypeError, ValueError
            values of another kind, shape or range.
        """
        spec, top = self.spec, (1 << self.spec.bits) - 1
        integers = checked("values", values, (self.values,), 0, top).astype(np.int64)
        step, self.steps = self.steps, self.steps + 1
        if spec.kind == "threshold":
            spikes = integers >= spec.level
        elif spec.kind == "latency":
            late = (top - integers) * spec.ticks // (top + 1 - spec.level)
            spikes = (integers >= spec.level) & (late == step)
        elif self._noise is not None:
            numbers, self.register = self._noise.numbers(self.register)
            spikes = (numbers & top) < integers
        else:
            rises = integers >= self.reference + spec.level
            falls = integers <= self.reference - spec.level
            self.reference = self.reference + spec.level * (rises.astype(int) - falls)
            spikes = np.stack([rises, falls], axis=1).reshape(-1)
        return spikes.astype(np.uint8)

    def shown(self, values: ArrayLike) -> Spikes:
        """The steps of a network that is shown sets of values, (sets x `spec.steps`, channels).

        Parameters
        ----------
        values : (sets, values); the encoder begins anew with each set.
        """
        spikes = self.encode(values, self.spec.steps)
        return spikes.reshape(-1, spikes.shape[-1])

    def encode(self, samples: ArrayLike, steps: int) -> Spikes:
        """The spikes of whole samples that stay the same, (samples, steps, channels).

        Each sample begins at step 0, with a reset of the encoder.

        Parameters
        ----------
        samples : (samples, values).
        steps : of each sample.
        """
        array = np.asarray(samples)
        shape = (len(array), steps, self.spec.channels(self.values))
        spikes = np.zeros(shape, np.uint8)
        for number, values in enumerate(array):
            self.reset()
            for step in range(steps):
                spikes[number, step] = self.step(values)
        return spikes
