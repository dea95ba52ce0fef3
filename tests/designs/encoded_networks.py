"""Networks with an encoder, for several test files."""

from __future__ import annotations

from typing import Any

from sc_model.spec import (
    DenseSpec,
    Design,
    EncoderSpec,
    LifSpec,
    NetworkSpec,
    ReadoutSpec,
    SparseSpec,
)

KINDS: dict[str, dict[str, Any]] = {
    "threshold": {"level": 3, "steps": 4},
    "latency": {"level": 2, "ticks": 3, "steps": 4},
    "bernoulli": {"steps": 2, "lanes": 2},
    "delta": {"level": 2, "steps": 4, "lanes": 2},
}


def encoded(kind: str, inputs: int = 6) -> Design:
    """Values of 4 bits, a layer that ticks in every second step, and a readout."""
    layer = DenseSpec(
        name="a", inputs=inputs, neurons=3, weight_bits=4, engine="events", tick_interval=2,
        neuron=LifSpec(leak="shift", threshold_bits=8, fraction=2),
    )  # fmt: skip
    encoder = EncoderSpec.model_validate({"kind": kind, "bits": 4, **KINDS[kind]})
    network = NetworkSpec(layers=(layer,), encoder=encoder, readout=ReadoutSpec(kind="count"))
    return Design(name="encoded", block="network", network=network)


def coded() -> Design:
    """An encoder, a sparse layer with delays, and a dense one with a readout, in one network."""
    neuron = LifSpec(leak="shift", threshold_bits=8, fraction=2)
    sparse = SparseSpec(
        name="a", inputs=6, neurons=5, synapses=14, weight_bits=4, max_delay=1, neuron=neuron
    )
    last = DenseSpec(
        name="b", inputs=5, neurons=3, lanes=2, weight_bits=4, engine="events", tick_interval=2,
        neuron=neuron,
    )  # fmt: skip
    network = NetworkSpec(
        layers=(sparse, last),
        encoder=EncoderSpec(kind="latency", bits=4, level=2, ticks=3, steps=4),
        readout=ReadoutSpec(kind="largest_potential"),
    )
    return Design(name="coded", block="network", network=network)
