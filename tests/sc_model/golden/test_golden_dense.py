"""The dense layer against plain integers, written from its definition without the golden layer or
its text.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sc_model.golden.network.network import Network, parameter_bounds
from sc_model.golden.trained.layer import TrainedLayer
from sc_model.spec import (
    ConfigError,
    CrossingSpec,
    DenseSpec,
    HetSynSpec,
    IntFormat,
    LifSpec,
    NetworkSpec,
)


class PlainDense:
    """A dense layer, neuron by neuron and synapse by synapse, in Python integers."""

    def __init__(self, spec: DenseSpec, value: IntFormat, parameters: dict[str, Any]) -> None:
        self.spec = spec
        self.weight, self.delay = parameters["weight"].tolist(), parameters.get("delay")
        self.own = {name: parameters[name].tolist() for name in spec.neuron_parameters}
        width = (
            spec.neuron.potential_bits
            or spec.current_format(value).width + spec.neuron.fraction + 1
        )
        self.top = 2 ** (max(width, spec.neuron.threshold_bits + 1) - 1) - 1
        self.past: list[list[int]] = []
        self.v, self.s, self.rest = [0] * spec.neurons, [0] * spec.neurons, [0] * spec.neurons
        self.fired = [0] * spec.neurons

    def saturate(self, value: int) -> int:
        return max(-self.top - 1, min(self.top, value))

    def leak(self, value: int, factor: int) -> int:
        one = 2**self.spec.neuron.factor_shift
        return (2 * value * factor + one) // (2 * one)  # to the nearest, halves upwards

    def tick(self, x: list[int]) -> list[int]:
        spec, neuron = self.spec, self.spec.neuron
        column = [*x, *(self.fired if spec.recurrent else []), *([1] if spec.bias else [])]
        self.past.insert(0, column)
        new = []
        for j in range(spec.neurons):
            total = 0
            for c in range(len(column)):
                ago = int(self.delay[j, c]) if self.delay is not None else 0
                total += self.weight[j][c] * (self.past[ago][c] if ago < len(self.past) else 0)
            drive = total * 2**neuron.fraction
            if neuron.synaptic:
                drive = self.s[j] = self.saturate(
                    self.leak(self.s[j], self.own["synaptic_leak"][j]) + drive
                )
            v, threshold, fired = self.v[j], self.own["threshold"][j], self.fired[j]
            if fired and neuron.reset != "none" and not neuron.reset_delay:
                v = 0 if neuron.reset == "zero" else self.saturate(v - threshold)
            left = v
            if neuron.leak == "factor":
                left = self.leak(v, self.own["leak"][j])
            elif neuron.leak == "shift":
                left = v - v // 2**neuron.leak_shift
            after = left + drive
            if fired and neuron.reset_delay:
                after = 0 if neuron.reset == "zero" else after - threshold
            after = self.saturate(after)
            self.rest[j] = neuron.refractory if fired else max(0, self.rest[j] - 1)
            if self.rest[j]:
                after = v
            self.v[j] = after
            new.append(int(after >= threshold and not self.rest[j]))
        self.fired = new
        return new


@st.composite
def layers(draw: st.DrawFn) -> tuple[DenseSpec, CrossingSpec, int]:
    """Any small dense layer, what lies in front of it, a seed."""
    reset = draw(st.sampled_from(["zero", "subtract", "none"]))
    delayed = reset != "none" and draw(st.booleans())
    neuron = LifSpec(
        leak=draw(st.sampled_from(["factor", "shift", "none"])),
        leak_shift=draw(st.integers(1, 5)),
        factor_shift=draw(st.integers(4, 16)),
        synaptic=draw(st.booleans()),
        reset=reset,
        reset_delay=delayed,
        refractory=0 if delayed else draw(st.integers(0, 3)),
        fraction=draw(st.integers(0, 6)),
        threshold_bits=draw(st.integers(2, 14)),
        potential_bits=draw(st.sampled_from([0, 3, 12, 48])),
    )
    spec = DenseSpec(
        name="layer",
        inputs=draw(st.integers(1, 5)),
        neurons=draw(st.integers(1, 4)),
        weight_bits=draw(st.integers(2, 12)),
        max_delay=draw(st.sampled_from([0, 1, 5, 63])),
        recurrent=draw(st.booleans()),
        bias=draw(st.booleans()),
        neuron=neuron,
    )
    policy = draw(st.sampled_from(["hold", "accumulate"]))
    return (
        spec,
        CrossingSpec(spec.inputs, 1, draw(st.integers(1, 4)), policy, 4),
        draw(st.integers(0, 1 << 30)),
    )


@settings(max_examples=150, deadline=None)
@given(layers())
def test_layer_equals_plain_integers(drawn: tuple[DenseSpec, CrossingSpec, int]) -> None:
    spec, crossing, seed = drawn
    rng = np.random.default_rng(seed)
    tables = (
        (spec.synapse_parameters(1.0), (spec.neurons, spec.columns)),
        (spec.neuron_parameters, (spec.neurons,)),
    )
    parameters = {
        name: rng.integers(low, high + 1, shape)
        for table, shape in tables
        for name, (low, high) in table.items()
    }
    golden, plain = (
        TrainedLayer(spec, crossing, 1.0, parameters),
        PlainDense(spec, crossing.value, parameters),
    )
    for _ in range(30):
        x = rng.integers(0, crossing.value.hi + 1, spec.inputs)
        assert golden.step(x).tolist() == plain.tick(x.tolist())
        assert golden.neuron["potential"].tolist() == plain.v
        if spec.neuron.synaptic:
            assert golden.neuron["synaptic"].tolist() == plain.s


def test_a_delay_by_hand() -> None:
    """One spike at step 1, delays 0, 2 and 3, thresholds of one weight: the neurons fire at steps
    1, 3 and 4.
    """
    spec = DenseSpec(
        name="a", inputs=1, neurons=3, max_delay=3, neuron=LifSpec(leak="none", fraction=0)
    )
    given_ = {
        "a.weight": np.full((3, 1), 7),
        "a.delay": np.array([[0], [2], [3]]),
        "a.threshold": np.full(3, 7),
    }
    out = Network(NetworkSpec(layers=(spec,)), given_).run([[1], [0], [0], [0], [0]])
    assert out.T.tolist() == [[1, 0, 0, 0, 0], [0, 0, 1, 0, 0], [0, 0, 0, 1, 0]]


def test_recurrence_and_bias_by_hand() -> None:
    """A bias of 1 and a threshold of 3: fires at step 3, goes to -1 by its own spike, and from
    there to 3 in four.
    """
    spec = DenseSpec(
        name="a",
        inputs=1,
        neurons=1,
        recurrent=True,
        bias=True,
        neuron=LifSpec(leak="none", fraction=0, reset="zero"),
    )
    given_ = {"a.weight": np.array([[0, -2, 1]]), "a.threshold": np.array([3])}
    network = Network(NetworkSpec(layers=(spec,)), given_)
    assert network.run(np.zeros((9, 1), int))[:, 0].tolist() == [0, 0, 1, 0, 0, 0, 0, 1, 0]


@pytest.mark.parametrize(
    ("reset", "delayed", "expected"),
    [
        ("subtract", False, [64, 32 + 64, (96 - 70) // 2 + 64, (77 - 70 + 1) // 2 + 64]),
        ("subtract", True, [64, 96, 48 + 64 - 70, 21 + 64]),
        ("zero", False, [64, 96, 64, 96]),
        ("zero", True, [64, 96, 0, 64]),
        ("none", False, [64, 96, 112, 120]),
    ],
)
def test_resets_by_hand(reset: Any, delayed: bool, expected: list[int]) -> None:
    """Leak of a half, 64 each tick, threshold 70: what the potential is in the first four ticks."""
    spec = DenseSpec(
        name="a", inputs=1, neurons=1, neuron=LifSpec(reset=reset, reset_delay=delayed, fraction=0)
    )
    network = Network(
        NetworkSpec(layers=(spec,)), {"a.weight": 64, "a.threshold": 70, "a.leak": 1 << 11}
    )
    found = []
    for _ in range(4):
        network.step([1])
        found.append(int(network.layers["a"].neuron["potential"][0]))
    assert found == expected


def test_errors_say_what_is_allowed() -> None:
    spec = NetworkSpec(layers=(DenseSpec(name="a", inputs=2, neurons=3, max_delay=4),))
    assert parameter_bounds(spec) == {
        "a.weight": ((3, 2), -128, 127),
        "a.delay": ((3, 2), 0, 4),
        "a.threshold": ((3,), 1, 65535),
        "a.leak": ((3,), 0, 4096),
    }
    with pytest.raises(
        ValueError, match=r"^layer 'a': delay must be in \[0, 4\], not 5 at \(0, 0\)\.$"
    ):
        Network(spec, {"a.weight": 1, "a.delay": 5, "a.threshold": 1, "a.leak": 1})
    with pytest.raises(
        ValueError,
        match=r"^layer 'a': leak must be given, in \[0, 4096\], where other parameters are\.$",
    ):
        Network(spec, {"a.weight": 1, "a.threshold": 1})
    with pytest.raises(
        ValueError,
        match=(
            r"^parameters must be among a\.weight, a\.delay, a\.threshold, a\.leak, not"
            r" 'a\.code'\.$"
        ),
    ):
        Network(spec, {"a.code": 1})
    with pytest.raises(
        ConfigError, match=r"^LifSpec\.refractory must be 0 with reset_delay, .*; not 2\.$"
    ):
        LifSpec(refractory=2, reset_delay=True)
    with pytest.raises(
        ConfigError,
        match=(
            r"^layer 'b' must not tick more often than a layer in front of it"
            r" \(its tick_interval is 1\): "
        ),
    ):
        NetworkSpec(
            layers=(
                HetSynSpec(name="a", inputs=2, neurons=3, tick_interval=2),
                DenseSpec(name="b", inputs=3, neurons=1),
            )
        )
