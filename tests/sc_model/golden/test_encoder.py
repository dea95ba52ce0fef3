"""Encoders by hand, and against their definitions."""

from __future__ import annotations

import numpy as np
import pytest

from sc_model.arithmetic import Lfsr
from sc_model.golden.encoder import Encoder
from sc_model.spec import EncoderSpec


def test_threshold() -> None:
    encoder = Encoder(EncoderSpec(kind="threshold", level=100), 4)
    word = [0, 0, 1, 1]
    assert encoder.encode([[0, 99, 100, 255]], 2).tolist() == [[word, word]]


def test_latency_is_early_for_large_values() -> None:
    """Levels of 4 bits from 4 on, over 3 steps: 12 values, four for each step."""
    encoder = Encoder(EncoderSpec(kind="latency", bits=4, level=4, ticks=3), 16)
    (spikes,) = encoder.encode([np.arange(16)], 5)
    found = [np.flatnonzero(row).tolist() for row in spikes]
    assert found == [[12, 13, 14, 15], [8, 9, 10, 11], [4, 5, 6, 7], [], []]


@pytest.mark.parametrize(("bits", "level", "ticks"), [(8, 1, 4), (8, 103, 4), (5, 3, 7), (1, 1, 9)])
def test_each_value_from_the_level_on_spikes_once(bits: int, level: int, ticks: int) -> None:
    values = np.arange(1 << bits)
    encoder = Encoder(EncoderSpec(kind="latency", bits=bits, level=level, ticks=ticks), 1 << bits)
    (spikes,) = encoder.encode([values], ticks + 3)
    np.testing.assert_array_equal(spikes.sum(axis=0), values >= level)
    first = np.argmax(spikes, axis=0)[level:]
    assert first[-1] == 0
    assert (np.diff(first) <= 0).all()


def test_bernoulli_takes_the_numbers_of_the_register() -> None:
    spec = EncoderSpec(kind="bernoulli", bits=6, seed=77)
    values = np.array([0, 1, 20, 63])
    encoder, register = Encoder(spec, 4), Lfsr(6, 77)
    for _ in range(50):
        expected = [(register.number() & 63) < int(value) for value in values]
        assert encoder.step(values).tolist() == expected
    assert encoder.register == register.state


def test_bernoulli_rates_are_those_of_the_values() -> None:
    values = np.arange(0, 256, 5)
    encoder = Encoder(EncoderSpec(kind="bernoulli"), len(values))
    rates = encoder.encode([values], 2000)[0].mean(axis=0)
    # five standard deviations of the mean of 2,000 draws
    assert np.abs(rates - values / 256).max() < 5 * 0.5 / np.sqrt(2000)
    again = encoder.encode([values, values], 10)
    np.testing.assert_array_equal(again[0], again[1])  # each sample begins with the seed


def test_delta_follows_its_value() -> None:
    encoder = Encoder(EncoderSpec(kind="delta", level=10), 2)
    words = [encoder.step(values).tolist() for values in ([25, 9], [25, 9], [25, 9], [12, 30])]
    assert words == [[1, 0, 0, 0], [1, 0, 0, 0], [0, 0, 0, 0], [0, 0, 1, 0]]
    assert encoder.reference.tolist() == [20, 10]
    assert encoder.step([9, 0]).tolist() == [0, 1, 0, 1]
    assert encoder.spec.channels(2) == 4


def test_what_is_refused() -> None:
    encoder = Encoder(EncoderSpec(kind="threshold"), 2)
    with pytest.raises(ValueError, match=r"^values must be in \[0, 255\], not 256 at \(1,\)\.$"):
        encoder.step([0, 256])
    with pytest.raises(TypeError, match=r"^values must be integers, not float64"):
        encoder.step([0.5, 1])
