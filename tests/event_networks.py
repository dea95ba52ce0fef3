"""Networks with the event engine, for tests of its proofs."""

from __future__ import annotations

from sc_model.spec import DenseSpec, Design, LifSpec, NetworkSpec


def two_event_layers() -> Design:
    """One group with partial sums and several groups, values of one bit and of two, recurrence."""
    first = DenseSpec(
        name="first", inputs=19, neurons=3, lanes=3, weight_bits=4, bias=True, engine="events",
        neuron=LifSpec(factor_shift=6, threshold_bits=8, fraction=2),
    )  # fmt: skip
    second = DenseSpec(
        name="second", inputs=3, neurons=5, lanes=2, weight_bits=4, recurrent=True,
        tick_interval=2, policy="accumulate", engine="events",
        neuron=LifSpec(leak="shift", threshold_bits=8, fraction=2),
    )  # fmt: skip
    return Design(name="two", block="network", network=NetworkSpec(layers=(first, second)))


def in_slices() -> Design:
    """Steps in slices, spikes in slices between the layers, and a bias behind the last input."""
    first = DenseSpec(
        name="first", inputs=259, neurons=64, lanes=4, weight_bits=4, bias=True, policy="once",
        engine="events", neuron=LifSpec(leak="shift", threshold_bits=8, fraction=2),
    )  # fmt: skip
    second = DenseSpec(
        name="second", inputs=64, neurons=3, weight_bits=4, bias=True, engine="events",
        neuron=LifSpec(leak="shift", threshold_bits=8, fraction=2),
    )  # fmt: skip
    return Design(name="slices", block="network", network=NetworkSpec(layers=(first, second)))
