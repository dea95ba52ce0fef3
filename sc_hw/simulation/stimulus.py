"""Random stimulus of a design, as `Device.run` takes it."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from sc_model.graph.plastic import layer_rule
from sc_model.rules import resolve
from sc_model.spec import (
    ConfigError,
    Design,
    IntFormat,
    NeuronSpec,
    PlasticLayerSpec,
    RuleChoice,
)

SPIKES = 0.2  # share of spikes
SAMPLE_STEPS = 20  # of a sample of a recurrent network
UNTOLD = -1  # its target in a step in which no class is told
EVENTS = 0.05  # share of steps with a flag


def random_stimulus(design: Design, steps: int, rng: Generator) -> dict[str, NDArray[Any]]:
    """Steps of a lane, bank, layer or network; of networks that learn, samples with their classes.

    Raises
    ------
    ConfigError
        The design has another block.
    """
    if design.network is not None:
        plastic, encoder = design.network.plastic, design.network.encoder
        if encoder is not None:
            top = (1 << encoder.bits) - 1
            size = (steps, design.network.values)
            return {"values": rng.integers(0, top, size, endpoint=True)}
        spikes = rng.random((steps, design.network.layers[0].inputs)) < SPIKES
        more = (
            {}
            if plastic is None
            else _taught(plastic.rule, plastic.layer, plastic.neuron, steps, rng)
        )
        return {"spikes": spikes, **more}
    if design.learning is not None:
        spec = design.learning
        values = rng.integers(0, spec.value_format.hi, (steps, spec.inputs), endpoint=True)
        return {
            "values": values * (rng.random(values.shape) < SPIKES),
            "target": rng.integers(0, spec.output.neurons, steps),
        }
    if design.recurrent is not None:
        size = (steps, SAMPLE_STEPS)
        spikes = rng.random((*size, design.recurrent.inputs)) < SPIKES
        most = design.recurrent.readout.neurons - 1
        return {"spikes": spikes, "targets": rng.integers(UNTOLD, most, size, endpoint=True)}
    if design.block not in ("lane", "bank", "layer"):
        raise ConfigError(
            f"random steps are made for a lane, a bank, a layer or a network, not the"
            f" {design.block} '{design.name}'."
        )
    rule, params = resolve(design.rule)
    forms = rule.step_formats(params, fed=design.random == "ports")
    if design.layer is None or design.neuron is None:
        shape = (steps,) if design.block == "lane" else (steps, design.synapses)
        return {name: _values(form, shape, rng) for name, form in forms.items()}
    spikes = rng.random((steps, design.layer.inputs)) < SPIKES
    return {"spikes": spikes, **_taught(design.rule, design.layer, design.neuron, steps, rng)}


def _taught(
    choice: RuleChoice, layer: PlasticLayerSpec, neuron: NeuronSpec, steps: int, rng: Generator
) -> dict[str, NDArray[Any]]:
    """Modulators and flags of a plastic layer."""
    rule, params = resolve(choice)
    forms = rule.input_formats(params)
    names = layer_rule(rule, params, critic=layer.has_critic)
    flags = ["clear_trial", "clear_traces"]
    flags += ["outcome"] if layer.has_critic else []
    flags += ["decide"] if neuron.winner_take_all else []
    return {
        **{name: _values(forms[name], (steps,), rng) for name in names.taken},
        **{name: rng.random(steps) < EVENTS for name in flags},
    }


def _values(form: IntFormat, shape: tuple[int, ...], rng: Generator) -> NDArray[Any]:
    """Values of an input: spikes are rare, numbers are any."""
    if form.width == 1:
        return (rng.random(shape) < SPIKES).astype(np.int64)
    return rng.integers(form.lo, form.hi, shape, endpoint=True)
