"""Networks of one layer whose spikes leave in slices, of every kind, for several test files."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sc_model.spec import (
    ConvSpec,
    DenseSpec,
    Design,
    HetSynSpec,
    LifSpec,
    NetworkSpec,
    ReadoutSpec,
    SparseSpec,
    TrainedLayerSpec,
)

NEURON = LifSpec(leak="shift", threshold_bits=8, fraction=2)


def dense(**more: Any) -> DenseSpec:
    """257 neurons or more, the last ones in a slice that is not full."""
    fields = {"inputs": 12, "neurons": 300, "lanes": 4, "weight_bits": 4, "neuron": NEURON}
    return DenseSpec(**{"name": "only", **fields, **more})


# The last slice of all but `side_by_side` is not full.
LAYERS: dict[str, Callable[[], TrainedLayerSpec]] = {
    "sweep": dense,
    "events": lambda: dense(engine="events"),
    "side_by_side": lambda: dense(engine="events", neurons=272, neurons_a_clock=4),
    "delays": lambda: dense(engine="events", max_delay=2),
    "recurrent": lambda: dense(engine="events", recurrent=True, weight_bits=3),
    "swept_recurrent": lambda: dense(inputs=20, recurrent=True, weight_bits=3),
    "conv": lambda: ConvSpec(
        name="only", image=(2, 12, 12), channels=3, kernel=(3, 3), lanes=3, bias=True,
        weight_bits=4, neuron=NEURON,
    ),
    "sparse": lambda: SparseSpec(
        name="only", inputs=40, neurons=300, synapses=900, weight_bits=4, neuron=NEURON
    ),
    "hetsyn": lambda: HetSynSpec(name="only", inputs=6, neurons=260, lanes=8),
}  # fmt: skip
READOUTS = {"sweep": "count", "events": "largest_potential", "conv": "first_spike"}


def wide(kind: str, readout: Any = None, **more: Any) -> Design:
    """A network of one layer of a kind."""
    answers = {} if readout is None else {"readout": ReadoutSpec(kind=readout)}
    network = NetworkSpec(layers=(LAYERS[kind](),), **answers, **more)
    return Design(name="wide", block="network", network=network)
