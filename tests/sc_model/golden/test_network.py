"""The golden network: layers against plain integers, crossings against the float model's, which
shares no code with them.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sc_model.golden.network.crossing import Crossing
from sc_model.golden.network.network import Network
from sc_model.golden.trained.layer import TrainedLayer
from sc_model.spec import CrossingSpec, HetSynSpec, IntFormat, NetworkSpec, NeuronSpec
from sc_model.temporal_hierarchy.multi_clock import crossing


class PlainLayer:
    """A layer in lists of Python integers, one synapse after the other."""

    def __init__(
        self, spec: HetSynSpec, factors: tuple[int, ...], weights: Any, codes: Any
    ) -> None:
        self.spec, self.factors = spec, factors
        self.weights = [[int(w) for w in row] for row in weights]
        self.codes = [[int(c) for c in row] for row in codes]
        self.traces = [[0] * spec.inputs for _ in range(spec.neurons)]
        self.potentials = [0] * spec.neurons
        self.fired = [False] * spec.neurons
        self.cut = 0

    def tick(self, values: list[int]) -> list[int]:
        spec, neuron = self.spec, self.spec.neuron
        top = 2**spec.trace_bits - 1
        width = neuron.potential_format(spec.current_format(IntFormat(1))).width
        for j in range(spec.neurons):
            current = 0
            for i in range(spec.inputs):
                exact = self.traces[j][i] * self.factors[self.codes[j][i]]
                risen = exact // 2**spec.factor_shift + values[i] * 2**spec.trace_fraction
                self.cut += risen > top
                self.traces[j][i] = min(risen, top)
                current += self.weights[j][i] * self.traces[j][i]
            v = self.potentials[j]
            if self.fired[j]:
                v = (
                    max(v - neuron.threshold, -(2 ** (width - 1)))
                    if neuron.reset == "subtract"
                    else 0
                )
            if neuron.leak_shift:
                v -= v // 2**neuron.leak_shift
            v += current // 2**neuron.current_shift
            self.potentials[j] = min(max(v, -(2 ** (width - 1))), 2 ** (width - 1) - 1)
            self.fired[j] = self.potentials[j] >= neuron.threshold
        return [int(f) for f in self.fired]


LAYERS = [
    ({}, {"threshold": 30_000}),
    ({"trace_bits": 9, "trace_fraction": 6, "terms": 0}, {"threshold": 60_000, "leak_shift": 2}),
    (
        {"weight_bits": 18, "trace_bits": 32, "trace_fraction": 24},
        {"threshold": 1 << 30, "current_shift": 9, "potential_bits": 48},
    ),
    ({"terms": 1, "code_bits": 2}, {"threshold": 20_000, "reset": "zero"}),
]


@pytest.mark.parametrize(("sizes", "neuron"), LAYERS)
def test_layer_equals_plain_integers(sizes: dict[str, Any], neuron: dict[str, Any]) -> None:
    spec = HetSynSpec(
        name="a", inputs=6, neurons=5, **sizes, neuron=NeuronSpec(**{"reset": "subtract", **neuron})
    )
    crossing_spec = CrossingSpec(6, 1, 3, "accumulate", 4)
    rng = np.random.default_rng(4)
    golden = TrainedLayer(spec, crossing_spec, 1.0)
    top = 1 << (spec.weight_bits - 1)
    factors = spec.codes(1.0).factors
    weights, codes = (
        rng.integers(-top // 3, top, (5, 6)),
        rng.integers(0, len(factors), (5, 6)),
    )
    golden.load({"weight": weights, "code": codes})
    plain = PlainLayer(spec, factors, weights, codes)
    total = 0
    for _ in range(150):
        values = [int(v) for v in rng.integers(0, 4, 6) * (rng.random(6) < 0.4)]
        spikes = golden.step(values)
        assert spikes.tolist() == plain.tick(values)
        assert golden.synapse["trace"].tolist() == plain.traces
        assert golden.neuron["potential"].tolist() == plain.potentials
        total += int(spikes.sum())
    assert 10 < total < 740
    assert golden.saturations == plain.cut


@given(
    st.sampled_from(["hold", "accumulate", "once"]),
    st.integers(1, 4),
    st.lists(
        st.one_of(st.just("tick"), st.lists(st.integers(0, 1), min_size=3, max_size=3)), max_size=40
    ),
)
def test_policies_equal_the_float_models(policy: Any, bits: int, events: list[Any]) -> None:
    golden = Crossing(CrossingSpec(3, 1, 50, policy, bits))
    other = crossing(policy, "policy", (1 << bits) - 1)
    state = other.start(3)
    for event in events:
        if event == "tick":
            state, given_ = other.tick(state)
            assert golden.take().tolist() == given_.tolist()
        else:
            golden.put(event)
            state = other.word(state, np.array(event, float))
    assert golden.pending.tolist() == state.held.tolist()
    if policy == "once":
        assert golden.lost == state.lost


@pytest.mark.parametrize(("first", "second"), [(1, 1), (1, 4), (4, 1), (2, 3), (3, 2)])
@pytest.mark.parametrize("policy", ["hold", "accumulate", "once"])
def test_layers_tick_in_the_steps_that_the_definition_says(
    first: int, second: int, policy: Any
) -> None:
    """What each layer takes in, step by step, against the definition written out; layers are
    watched, not changed.
    """
    layers = (
        HetSynSpec(
            name="a",
            inputs=2,
            neurons=3,
            tick_interval=first,
            policy=policy,
            neuron=NeuronSpec(threshold=3_000),
        ),
        HetSynSpec(
            name="b",
            inputs=3,
            neurons=2,
            tick_interval=second,
            policy=policy,
            neuron=NeuronSpec(threshold=3_000),
        ),
    )
    rng = np.random.default_rng(first * 10 + second)
    parameters = {
        "a.weight": rng.integers(-40, 90, (3, 2)),
        "a.code": 20,
        "b.weight": 10,
        "b.code": 40,
    }
    network = Network(NetworkSpec(layers=layers), parameters)
    taken: dict[str, list[tuple[int, list[int]]]] = {"a": [], "b": []}
    given_out: list[tuple[int, list[int]]] = []
    for name, layer in network.layers.items():

        def watched(x: Any, name: str = name, step: Any = layer.step) -> Any:
            out = step(x)
            taken[name].append((network.steps, [int(v) for v in x]))
            if name == "a":
                given_out.append((network.steps, out.tolist()))
            return out

        layer.step = watched  # type: ignore[method-assign]
    x = rng.integers(0, 2, (36, 2))
    network.run(x)
    words = {"a": [(n + 1, row) for n, row in enumerate(x.tolist())], "b": given_out}
    for name, interval in (("a", first), ("b", second)):
        assert [n for n, _ in taken[name]] == list(range(interval, 37, interval))
        before, waiting = 0, [0] * len(taken[name][0][1])
        for n, got in taken[name]:
            new = [word for step, word in words[name] if before < step <= n]
            if policy == "hold":
                expected = ([[0] * len(got)] + [word for step, word in words[name] if step <= n])[
                    -1
                ]
            else:
                waiting = [old + sum(word[c] for word in new) for c, old in enumerate(waiting)]
                expected = waiting if policy == "accumulate" else [min(w, 1) for w in waiting]
                waiting = [w - e for w, e in zip(waiting, expected, strict=True)]
            assert got == expected, (name, n)
            before = n
    assert sum(sum(word) for _, word in given_out) > 3


def test_errors_say_what_is_allowed() -> None:
    layer = HetSynSpec(name="a", inputs=2, neurons=3)
    spec = NetworkSpec(layers=(layer,))
    with pytest.raises(
        ValueError, match=r"^parameters must be among a\.weight, a\.code, not 'b\.weight'\.$"
    ):
        Network(spec, {"b.weight": 0})
    with pytest.raises(
        ValueError, match=r"^layer 'a': weight must be in \[-128, 127\], not 200 at \(0, 0\)\.$"
    ):
        Network(spec, {"a.weight": 200})
    with pytest.raises(
        ValueError, match=r"^layer 'a': code must be in \[0, 63\], not 64 at \(0, 0\)\.$"
    ):
        Network(spec, {"a.code": 64})
    with pytest.raises(
        ValueError,
        match=r"^layer 'a': weight must have shape \(3, 2\) or be a scalar, not \(2, 3\)$",
    ):
        Network(spec, {"a.weight": np.zeros((2, 3), int)})
    with pytest.raises(TypeError, match=r"^layer 'a': weight must be integers, not float64$"):
        Network(spec, {"a.weight": 0.5})
    network = Network(spec)
    with pytest.raises(ValueError, match=r"^x must hold spikes, 0 or 1, not 2\.$"):
        network.step([0, 2])
    with pytest.raises(ValueError, match=r"^inputs must have shape \(T, 2\), not \(2,\)\.$"):
        network.run([0, 1])


def test_reset_keeps_weights_and_codes() -> None:
    layer = HetSynSpec(
        name="a", inputs=2, neurons=2, neuron=NeuronSpec(reset="subtract", threshold=400_000)
    )
    network = Network(NetworkSpec(layers=(layer,)), {"a.weight": 40, "a.code": 30})
    x = np.random.default_rng(0).integers(0, 2, (30, 2))
    first = network.run(x)
    assert 0 < first.mean() < 1
    network.reset()
    assert network.run(x).tolist() == first.tolist()
