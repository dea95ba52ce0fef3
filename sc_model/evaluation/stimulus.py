"""Samples of spikes: from files, and at random."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sc_model.archives import ArchiveError, read_array
from sc_model.files import PathLike
from sc_model.golden.recording import RecordingError, arrays_of, meta_of
from sc_model.quantisation import FloatLayer
from sc_model.spec import ConfigError
from sc_model.texts import shown

# Shares of inputs that spike in a step: from sparse to nearly all at once.
RATES = (0.02, 0.05, 0.1, 0.15, 0.25, 0.4, 0.6, 0.9)
# Samples for each of them. A recurrent network that differs once differs for the rest of a sample,
# so with few samples widths agree by luck (reports/nir_public.md).
FEW, MANY = 4, 16
SHORTEST, LONGEST = 200, 4000  # steps of a random sample
MOST_NUMBERS = 2e7  # of one layer, over all samples and steps: 160 MB in float64
TIME_CONSTANTS = 5.0  # of the slowest leak, that a random sample lasts


@dataclass(frozen=True, eq=False)
class Samples:
    """Samples for a network.

    Members
    -------
    spikes : (samples, steps, inputs), 0s and 1s; each sample begins in the state after a reset.
    labels : (samples,), the class of each, or None.
    origin : where they come from, for a report.
    """

    spikes: NDArray[np.uint8]
    labels: NDArray[np.int64] | None
    origin: str

    def first(self, count: int | None) -> Samples:
        """The first so many samples; all for None."""
        labels = None if self.labels is None else self.labels[:count]
        return Samples(self.spikes[:count], labels, self.origin)


def random_samples(layers: Sequence[FloatLayer], seed: int = 0, repeats: int = FEW) -> Samples:
    """Random spikes for layers in floating point: `repeats` samples for each of `RATES`.

    In every other repeat a random half of the inputs spikes alone: an input with a large weight
    would hide what the others do. Samples are as long as the slowest leak needs, between 200 and
    4000 steps, or as long as memory holds for all layers.
    """
    slowest = 1.0
    for layer in layers:
        leaks = [layer.per_neuron("leak")]
        if layer.synaptic_leak is not None:
            leaks.append(layer.per_neuron("synaptic_leak"))
        lost = 1.0 - np.concatenate(leaks)
        slowest = max(slowest, float(1.0 / lost[lost > 0].min()) if (lost > 0).any() else 1.0)
    steps = round(min(max(TIME_CONSTANTS * slowest, SHORTEST), LONGEST))
    generator = np.random.default_rng(seed)
    rates, inputs = np.tile(RATES, repeats), layers[0].spikes_in
    steps = max(1, min(steps, int(MOST_NUMBERS / (len(rates) * _widest(layers)))))
    spikes = generator.random((len(rates), steps, inputs)) < rates[:, None, None]
    order = generator.permuted(np.tile(np.arange(inputs), (len(rates), 1)), axis=1)
    halves = np.arange(len(rates)) // len(RATES) % 2 == 1
    spikes &= ~(halves[:, None] & (order >= -(-inputs // 2)))[:, None, :]
    return Samples(spikes.astype(np.uint8), None, f"random spikes, seed {seed}")


def _widest(layers: Sequence[FloatLayer]) -> int:
    """Numbers that the widest of the layers and of their inputs needs in a step."""
    return max(max(layer.spikes_in, layer.spikes_out) for layer in layers)


def _bounded(layers: Sequence[FloatLayer], samples: Samples) -> Samples:
    """As many samples from the first on, and steps of them, as memory holds for all layers."""
    count, steps, _ = samples.spikes.shape
    widest = _widest(layers)
    if count * steps * widest <= MOST_NUMBERS:
        return samples
    most_steps = max(1, min(steps, int(MOST_NUMBERS / widest)))
    most = max(1, min(count, int(MOST_NUMBERS / (most_steps * widest))))
    labels = None if samples.labels is None else samples.labels[:most]
    origin = f"{samples.origin} (the first {most} of {count} samples)"
    return Samples(samples.spikes[:most, :most_steps], labels, origin)


def samples_for(layers: Sequence[FloatLayer], what: Samples | PathLike) -> Samples:
    """Samples for layers: given ones, those of a file, or ``random`` or ``random:SEED``.

    Raises ConfigError for another seed, and for a file that does not fit.
    """
    if isinstance(what, Samples):
        return _bounded(layers, what)
    word, colon, seed = str(what).partition(":")
    if word != "random":
        return _bounded(layers, load_samples(what, layers[0].spikes_in))
    if colon and not (seed.isascii() and seed.isdigit() and len(seed) < 10):
        raise ConfigError(
            f"random samples must have a seed of 0 to 999999999, not {shown(seed)}; give"
            " random:SEED, or random for seed 0."
        )
    return random_samples(layers, int(seed or 0), MANY)


def load_samples(path: PathLike, inputs: int, *, labels: PathLike | None = None) -> Samples:
    """Samples of a file, for a network with so many inputs.

    A NumPy archive (.npz) has ``spikes`` or ``x``: (samples, steps, inputs), or (steps, inputs) of
    a recording; and optionally ``labels``, (samples,). A recording may hold several samples one
    after the other, as many as its labels, which may also stand in its ``meta``. A .npy is such an
    array of spikes alone.

    Parameters
    ----------
    path : of the file.
    inputs : of the network.
    labels : a .npy, or the archive's own for None.

    Raises ConfigError, which names the file, for anything else.
    """
    file = Path(path)
    if file.suffix == ".npy":
        arrays: Mapping[str, NDArray[Any]] = {"spikes": _array(file)}
    else:
        arrays = _archive(file)
    name = next((each for each in ("spikes", "x") if each in arrays), None)
    if name is None:
        names = ", ".join(sorted(arrays)) or "nothing"
        raise ConfigError(
            f"data file {file} must hold 'spikes' or 'x', (samples, steps, inputs); it has {names}."
        )
    spikes = _binary(file, name, arrays[name])
    classes = _labels(file, arrays, labels)
    if spikes.ndim not in (2, 3) or spikes.shape[-1] != inputs or 0 in spikes.shape:
        raise ConfigError(
            f"data file {file}: '{name}' must have shape (samples, steps, {inputs}) or (steps,"
            f" {inputs}), none of them 0, not {spikes.shape}; the network has {inputs} inputs."
        )
    if spikes.ndim == 2:
        count = 1 if classes is None else len(classes)
        if not count or len(spikes) % count:
            raise ConfigError(
                f"data file {file}: the {len(spikes)} steps of '{name}' must be a multiple of the"
                f" {count} labels, one for each sample; give (samples, steps, {inputs})."
            )
        spikes = spikes.reshape(count, -1, inputs)
    if classes is not None and len(classes) != len(spikes):
        raise ConfigError(
            f"data file {file}: labels must be one for each of the {len(spikes)} samples, not"
            f" {len(classes)}."
        )
    return Samples(spikes, classes, file.name)


def _archive(file: Path) -> Mapping[str, NDArray[Any]]:
    """The arrays of a .npz."""
    try:
        return arrays_of(file)
    except RecordingError as error:
        raise ConfigError(f"{error}") from None


def _array(file: Path) -> NDArray[Any]:
    """The one array of a .npy."""
    try:
        return read_array(file)
    except FileNotFoundError:
        raise ConfigError(f"data file {file} does not exist.") from None
    except ArchiveError as error:
        raise ConfigError(f"data file {file} {error}") from None


def _binary(file: Path, name: str, array: NDArray[Any]) -> NDArray[np.uint8]:
    """Spikes of a file as 0s and 1s. ConfigError for other numbers."""
    if array.dtype.kind not in "biuf":
        raise ConfigError(
            f"data file {file}: '{name}' must hold spikes, 0 or 1, not {array.dtype}."
        )
    other = (array != 0) & (array != 1)
    if other.any():
        where = tuple(int(each) for each in np.argwhere(other)[0])
        raise ConfigError(
            f"data file {file}: '{name}' must hold spikes, 0 or 1, not {array[where]} at {where};"
            " a step takes one spike of an input, so spread counts over more steps."
        )
    return array.astype(np.uint8)


def _labels(
    file: Path, arrays: Mapping[str, NDArray[Any]], other: PathLike | None
) -> NDArray[np.int64] | None:
    """Labels of a file of their own, of the array or of the metadata; None without any."""
    values: Any
    if other is not None:
        values = _array(Path(other))
    elif "labels" in arrays:
        values = arrays["labels"]
    else:
        try:
            meta = meta_of(file, arrays)
        except RecordingError as error:
            raise ConfigError(f"{error}") from None
        values = meta.get("labels") if isinstance(meta, Mapping) else None
    if values is None:
        return None
    try:
        labels = np.asarray(values)
    except ValueError:  # lists of different lengths
        labels = np.empty((0, 0))
    if labels.ndim != 1 or labels.dtype.kind not in "iu" or not labels.size or labels.min() < 0:
        raise ConfigError(
            f"data file {Path(other) if other is not None else file}: labels must be whole numbers"
            f" >= 0, one for each sample, not {labels.dtype} of shape {labels.shape}."
        )
    return labels.astype(np.int64)
