"""Random stimulus of a design, as `Device.run` takes it."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from sc_model.graph.plastic import layer_rule
from sc_model.rules import resolve
from sc_model.spec import ConfigError, Design, IntFormat

SPIKES = 0.2  # share of spikes
EVENTS = 0.05  # share of steps with a flag


def random_stimulus(design: Design, steps: int, rng: Generator) -> dict[str, NDArray[Any]]:
    """Steps of a lane, bank or layer.

    Raises
    ------
    ConfigError
        The design has another block.
    """
    if design.block not in ("lane", "bank", "layer"):
        raise ConfigError(
            f"random steps are made for a lane, a bank or a layer, not the {design.block}"
            f" '{design.name}'."
        )
    rule, params = resolve(design.rule)
    forms = rule.input_formats(params)
    if design.layer is None or design.neuron is None:
        shape = (steps,) if design.block == "lane" else (steps, design.synapses)
        return {name: _values(form, shape, rng) for name, form in forms.items()}
    names = layer_rule(rule, params, critic=design.layer.critic_shift > 0)
    flags = ["clear_trial", "clear_traces"]
    flags += ["outcome"] if design.layer.critic_shift else []
    flags += ["decide"] if design.neuron.winner_take_all else []
    return {
        "spikes": rng.random((steps, design.layer.inputs)) < SPIKES,
        **{name: _values(forms[name], (steps,), rng) for name in names.modulators},
        **{name: rng.random(steps) < EVENTS for name in flags},
    }


def _values(form: IntFormat, shape: tuple[int, ...], rng: Generator) -> NDArray[Any]:
    """Values of an input: spikes are rare, numbers are any."""
    if form.width == 1:
        return (rng.random(shape) < SPIKES).astype(np.int64)
    return rng.integers(form.lo, form.hi, shape, endpoint=True)
