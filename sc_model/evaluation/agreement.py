"""Spikes of a network in integers against those of its layers in floating point."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sc_model.evaluation.floats import Spikes, run_floats
from sc_model.evaluation.integers import run_integers
from sc_model.evaluation.stimulus import Samples
from sc_model.quantisation import FloatLayer
from sc_model.spec import NetworkSpec


@dataclass(frozen=True)
class Difference:
    """The first spike that is in one network and not in the other.

    Members
    -------
    layer : its name.
    neuron, sample, step : numbers, from 0.
    floating : whether the network in floating point has it.
    """

    layer: str
    neuron: int
    sample: int
    step: int
    floating: bool

    def __str__(self) -> str:
        where = "float" if self.floating else "integer"
        return (
            f"layer '{self.layer}', neuron {self.neuron}, step {self.step} of sample"
            f" {self.sample} ({where} alone)"
        )


@dataclass(frozen=True)
class Agreement:
    """How many spikes two networks share.

    Members
    -------
    origin : of the samples.
    samples, steps : how many, and of how many steps each.
    floats, integers : spikes in floating point and in integers, by layer.
    differing : spikes that one of both has in a step and the other has not, by layer.
    in_number : the same of numbers of spikes of each neuron in each sample: what is left if spikes
        that come some steps earlier or later are no difference.
    first : the first one; None where all are alike.
    """

    origin: str
    samples: int
    steps: int
    floats: Mapping[str, int]
    integers: Mapping[str, int]
    differing: Mapping[str, int]
    in_number: Mapping[str, int]
    first: Difference | None

    @property
    def share(self) -> float | None:
        """Differing spikes of all layers as part of those in floating point; None without any."""
        total, other = sum(self.floats.values()), sum(self.differing.values())
        return other / total if total else (None if not other else float("inf"))

    @property
    def worst_share(self) -> float | None:
        """The same of the layer that has most; None where no layer spikes."""
        shares = [
            self.differing[name] / spikes if spikes else float("inf")
            for name, spikes in self.floats.items()
            if spikes or self.differing[name]
        ]
        return max(shares) if shares else None

    def __str__(self) -> str:
        spikes = f"spikes float {sum(self.floats.values()):,}"
        spikes += f", integer {sum(self.integers.values()):,}"
        stimulus = f"{self.origin}: {self.samples} x {self.steps} steps"
        if self.share is None:
            return f"agreement on {stimulus}: {spikes}; without a spike it says little"
        differing = f"differing {sum(self.differing.values()):,}"
        if self.share != float("inf"):
            number = sum(self.in_number.values()) / sum(self.floats.values())
            differing += f" ({100 * self.share:.3g} %, {100 * number:.3g} % in number)"
        first = f"; first difference: {self.first}" if self.first is not None else ""
        return f"agreement on {stimulus}: {spikes}, {differing}{first}"

    def as_json(self) -> dict[str, Any]:
        """The members by name, and the share."""
        share = self.share if self.share not in (None, float("inf")) else None
        return {
            "stimulus": self.origin,
            "samples": self.samples,
            "steps": self.steps,
            "floats": dict(self.floats),
            "integers": dict(self.integers),
            "differing": dict(self.differing),
            "differing_in_number": dict(self.in_number),
            "differing_share": share,
            "first_difference": vars(self.first) if self.first is not None else None,
        }


def agreement(
    layers: Sequence[FloatLayer],
    spec: NetworkSpec,
    parameters: Mapping[str, NDArray[Any]],
    samples: Samples,
    *,
    floats: Sequence[Spikes] | None = None,
    integers: Sequence[Spikes] | None = None,
) -> Agreement:
    """Run both networks on the samples, and compare all layers.

    Parameters
    ----------
    layers : in floating point; each ticks in every step.
    spec, parameters : the same layers in integers.
    samples : what both take in.
    floats, integers : spikes of the layers on these samples, if they are known.
    """
    first = (
        floats if floats is not None else run_floats(layers, samples.spikes, tick_ms=spec.tick_ms)
    )
    second = integers if integers is not None else run_integers(spec, parameters, samples.spikes)
    names = [layer.name for layer in spec.layers]
    different = [a != b for a, b in zip(first, second, strict=True)]
    return Agreement(
        samples.origin,
        samples.spikes.shape[0],
        samples.spikes.shape[1],
        _counts(names, first),
        _counts(names, second),
        _counts(names, different),
        {
            name: int(np.abs(a.sum(axis=1, dtype=np.int64) - b.sum(axis=1, dtype=np.int64)).sum())
            for name, a, b in zip(names, first, second, strict=True)
        },
        _first(names, first, different),
    )


def _counts(names: Sequence[str], arrays: Sequence[NDArray[Any]]) -> dict[str, int]:
    return {name: int(np.count_nonzero(each)) for name, each in zip(names, arrays, strict=True)}


def _first(
    names: Sequence[str], floats: Sequence[Spikes], different: Sequence[NDArray[np.bool_]]
) -> Difference | None:
    """The difference of the lowest step; of the first layer there, since a word goes on in it."""
    differences: list[tuple[int, int, int, int]] = []
    for place, each in enumerate(different):
        if each.any():
            step = int(np.argmax(each.any(axis=(0, 2))))
            sample, neuron = np.argwhere(each[:, step])[0]
            differences.append((step, place, int(sample), int(neuron)))
    if not differences:
        return None
    step, place, sample, neuron = min(differences)
    spiked = bool(floats[place][sample, step, neuron])
    return Difference(names[place], neuron, sample, step, spiked)
