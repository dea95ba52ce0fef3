"""Small recurrent networks that learn, first weights and samples for them, which tests share."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from joined_parts import ProofParts

from sc_hw.fabric.families import load_family
from sc_hw.proof.blocks.recurrent.claims import prove_recurrent_network
from sc_hw.proof.blocks.recurrent.parts import write_recurrent_parts
from sc_hw.proof.mutants.recurrent import MUTANTS
from sc_hw.recurrent.plan import RecurrentPlan
from sc_model.spec import Design
from sc_model.spec.learning import OutputLayerSpec, RecurrentLayerSpec, RecurrentNetworkSpec


def network(**others: Any) -> RecurrentNetworkSpec:
    """A small network whose neurons fire, come near and rest, with spikes that come back late."""
    hidden = {"neurons": 8, "lanes": 4, "shift": 11, "max_delay": 3, **others.pop("hidden", {})}
    readout = {"neurons": 3, "margin": 60, "error_shift": 2, "shift": 6}
    return RecurrentNetworkSpec(
        inputs=others.pop("inputs", 5),
        hidden=RecurrentLayerSpec(**hidden),
        readout=OutputLayerSpec(**{**readout, **others.pop("readout", {})}),
        **others,
    )


def design(spec: RecurrentNetworkSpec | None = None, **others: Any) -> Design:
    """The network as a design."""
    return Design(
        name="recurrent",
        block="recurrent_network",
        recurrent=network() if spec is None else spec,
        **others,
    )


def weights_of(spec: RecurrentNetworkSpec, seed: int = 1) -> dict[str, Any]:
    """First weights by layer, some of them the largest and the least."""
    rng = np.random.default_rng(seed)
    most = spec.hidden.max_weight
    hidden = rng.integers(-most, most, (spec.rows, spec.hidden.neurons), endpoint=True)
    shape = (spec.hidden.neurons, spec.readout.neurons)
    return {
        spec.hidden.name: hidden,
        spec.readout.name: rng.integers(-40, 40, shape, endpoint=True),
    }


def samples(
    spec: RecurrentNetworkSpec, count: int, steps: int = 12, seed: int = 2
) -> tuple[Any, Any]:
    """Random spikes, and targets in half of the steps."""
    rng = np.random.default_rng(seed)
    spikes = (rng.random((count, steps, spec.inputs)) < 0.4).astype(int)
    targets = rng.integers(0, spec.readout.neurons, (count, 1)) * np.ones((1, steps), int)
    return spikes, np.where(rng.random((count, steps)) < 0.5, targets, -1)


def plan_of(family: str = "generic", **others: Any) -> RecurrentPlan:
    """The plan of `network`."""
    return RecurrentPlan(network(**others), load_family(family))


class WrittenParts(ProofParts):
    """The parts of `network`, or of another design."""

    def __init__(self, folder: Path, of: Design | None = None) -> None:
        chosen = of or design()
        super().__init__(folder, chosen, write_recurrent_parts, prove_recurrent_network, MUTANTS)
