"""Networks with an encoder, for several test files."""

from __future__ import annotations

from typing import Any

from sc_model.spec import DenseSpec, Design, EncoderSpec, LifSpec, NetworkSpec, ReadoutSpec

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
