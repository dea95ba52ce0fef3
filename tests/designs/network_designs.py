"""Networks that several test files share: one of two clocks, and one that learns."""

from __future__ import annotations

from sc_model.spec import (
    DenseSpec,
    Design,
    HetSynSpec,
    LifSpec,
    NetworkSpec,
    PlasticLayerSpec,
    PlasticStageSpec,
)


def two_clocks() -> Design:
    layers = (
        HetSynSpec(name="fast", inputs=2, neurons=3, clock="sense"),
        HetSynSpec(name="slow", inputs=3, neurons=2, clock="think", tick_interval=4, policy="once"),
    )
    return Design(name="two", block="network", network=NetworkSpec(layers=layers, crossing_depth=1))


def learns() -> Design:
    dense = DenseSpec(
        name="a", inputs=4, neurons=6, lanes=2, max_delay=9, recurrent=True, bias=True
    )
    other = DenseSpec(name="b", inputs=6, neurons=6, neuron=LifSpec(synaptic=True, refractory=2))
    plastic = PlasticStageSpec(layer=PlasticLayerSpec(inputs=6, neurons=3))
    return Design(
        name="learns", block="network", network=NetworkSpec(layers=(dense, other), plastic=plastic)
    )
