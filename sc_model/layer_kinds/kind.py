"""A kind of trained layer: its configuration, its synapse and its neuron."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sc_model.arithmetic import Unit
from sc_model.spec import IntFormat, TrainedLayerSpec


@dataclass(frozen=True)
class Table:
    """Constants that one parameter of a synapse selects: a ROM in front of the synapse's pipeline.

    Members
    -------
    formats : format of each column by name; a column is an input of the synapse's unit.
    rows : the columns' values, row n for value n of the parameter.
    """

    formats: Mapping[str, IntFormat]
    rows: Sequence[Mapping[str, int]]


@dataclass(frozen=True)
class Synapse:
    """One tick of one synapse, as integer arithmetic.

    Members
    -------
    unit : the arithmetic. Inputs are ``value`` (the value that the synapse's column had `delay`
        ticks ago), any of the parameters of `TrainedLayerSpec.synapse_parameters` by name, the
        columns of `tables`, and the state. Outputs are the next state and ``product``, which a
        neuron sums over its synapses. The state is 0 after a reset.
    tables : tables of constants, by the name of the parameter that selects a row.

    Raises
    ------
    ValueError
        an output is missing, or a state has an initial value other than 0.
    """

    unit: Unit
    tables: Mapping[str, Table] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for name in ("product", *self.unit.state):
            if name not in self.unit.outputs:
                raise ValueError(
                    f"synapse '{self.unit.name}' must have an output '{name}', not only"
                    f" {', '.join(self.unit.outputs)}."
                )
        for name, value in self.unit.state.items():
            # Hardware does not clear its memory. In the first tick after a reset it reads 0 instead
            # of the stored word, and no other value.
            if value:
                raise ValueError(
                    f"state '{name}' of synapse '{self.unit.name}' must begin with 0, not {value}."
                )


SynapseFunction = Callable[[Any, IntFormat, float], Synapse]


def no_entries(spec: TrainedLayerSpec, tick_ms: float) -> dict[str, Any]:
    """The `LayerKind.manifest` of kinds that add nothing to the manifest."""
    return {}


@dataclass(frozen=True)
class LayerKind:
    """A kind of trained layer, as its module defines it.

    The golden model computes `synapse` and `neuron` on NumPy arrays. The hardware has pipelines of
    `pipeline` and `neuron`, and the proof shows that they compute `synapse` and `neuron` for every
    state and input.

    Members
    -------
    name : value of ``kind`` in a design file.
    spec : class of the configuration of such a layer.
    synapse : function (spec, value, tick_ms) that returns the synapse; `value` is the format of the
        values that it takes in, `tick_ms` the length of a step, in ms.
    pipeline : function as `synapse`, for the form that hardware computes; it may have other tables.
        By default `synapse` itself.
    neuron : function (spec, value) that returns the neuron's unit. Inputs of the unit are
        ``current`` (the sum of products), ``fired`` (1 if the neuron fired in the previous tick),
        optionally ``cleared`` (always 0), the parameters of `TrainedLayerSpec.neuron_parameters`,
        and the state, which is 0 after a reset. Outputs are the next state and ``ready`` (1 if the
        neuron fires).
    manifest : function (spec, tick_ms) that returns entries for the layer's row in the manifest.
    """

    name: str
    spec: type[TrainedLayerSpec]
    synapse: SynapseFunction
    pipeline: SynapseFunction
    neuron: Callable[[Any, IntFormat], Unit]
    manifest: Callable[[Any, float], dict[str, Any]] = no_entries
