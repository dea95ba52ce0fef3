"""What a kind of trained layer is: its configuration, its synapse and its neuron."""

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
    unit : its inputs are ``value`` (the value of the synapse's column, `delay` ticks ago), any of
        the parameters of `TrainedLayerSpec.synapse_parameters` by name, the columns of `tables`,
        and its state; its outputs are the next state and ``product``, which a neuron sums over its
        synapses. State is 0 after reset.
    tables : by the name of the parameter that selects a row.

    Raises
    ------
    ValueError
        an output is missing, or a state does not begin with 0.
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
            # hardware does not clear its memory: it reads 0 in the first tick after a reset
            if value:
                raise ValueError(
                    f"state '{name}' of synapse '{self.unit.name}' must begin with 0, not {value}."
                )


SynapseFunction = Callable[[Any, IntFormat, float], Synapse]


def no_entries(spec: TrainedLayerSpec, tick_ms: float) -> dict[str, Any]:
    """Nothing to add to the manifest."""
    return {}


@dataclass(frozen=True)
class LayerKind:
    """A kind of trained layer, read off its module.

    The golden model computes `synapse` and `neuron` on NumPy arrays, hardware makes pipelines of
    `pipeline` and `neuron`, and the proof shows that these pipelines compute `synapse` and
    `neuron` for every state and input.

    Members
    -------
    name : what ``kind`` is in a design file.
    spec : the configuration of such a layer.
    synapse : from configuration, format of the values that come in and length of a step in ms to
        the synapse.
    pipeline : the same synapse in the form that hardware computes, which may have other tables;
        `synapse` itself unless the module defines it.
    neuron : from configuration and format of the values that come in to the neuron. Inputs of the
        unit are ``current`` (the sum of products), ``fired`` (in the tick before), optionally
        ``cleared`` (always 0), the parameters of `TrainedLayerSpec.neuron_parameters`, and its
        state, which is 0 after reset; outputs are the next state and ``ready`` (the neuron fires).
    manifest : from configuration and length of a step in ms to entries for the layer's row in a
        build's manifest.
    """

    name: str
    spec: type[TrainedLayerSpec]
    synapse: SynapseFunction
    pipeline: SynapseFunction
    neuron: Callable[[Any, IntFormat], Unit]
    manifest: Callable[[Any, float], dict[str, Any]] = no_entries
