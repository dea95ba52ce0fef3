"""A network with a plastic layer behind it: the same as network and layer run by hand, one after
the other.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from sc_model.golden import PlasticLayer, RecordingError
from sc_model.golden.network.network import Network, parameter_bounds
from sc_model.golden.network.recording import load_network_recording, taught
from sc_model.layer_kinds import layer_kinds
from sc_model.rules import resolve
from sc_model.spec import (
    ConfigError,
    DenseSpec,
    Design,
    LifSpec,
    NetworkSpec,
    NeuronSpec,
    PlasticLayerSpec,
    PlasticStageSpec,
    RuleChoice,
    parse_design,
)

DENSE = DenseSpec(
    name="a",
    inputs=4,
    neurons=6,
    max_delay=2,
    tick_interval=2,
    neuron=LifSpec(fraction=0, threshold_bits=9),
)
PLASTIC = PlasticStageSpec(
    layer=PlasticLayerSpec(inputs=6, neurons=3, signed_weights=True, critic_shift=2),
    neuron=NeuronSpec(threshold=30_000, winner_take_all=True, noise_bits=8),
)


def drawn(seed: int, steps: int) -> tuple[dict[str, Any], Any, dict[str, Any]]:
    rng = np.random.default_rng(seed)
    given = {
        "a.weight": rng.integers(-40, 90, (6, 4)),
        "a.delay": rng.integers(0, 3, (6, 4)),
        "a.threshold": rng.integers(60, 160, 6),
        "a.leak": rng.integers(2048, 4097, 6),
        "plastic.weight": rng.integers(20_000, 50_000, (6, 3)),
    }
    teach = {
        "reward": rng.integers(-20, 21, steps),
        "outcome": rng.integers(0, 2, steps),
        "clear_trial": rng.random(steps) < 0.1,
    }
    return (
        given,
        rng.integers(0, 2, (steps, 4)),
        {name: np.asarray(values, np.int64) for name, values in teach.items()},
    )


def test_network_is_layers_one_after_the_other() -> None:
    steps = 120
    given, x, teach = drawn(3, steps)
    network = Network(NetworkSpec(layers=(DENSE,), plastic=PLASTIC), given)
    out = network.run(x, teach)
    front = Network(
        NetworkSpec(layers=(DENSE,)), {name: given[name] for name in given if name.startswith("a.")}
    )
    rule, params = resolve(RuleChoice())
    layer = PlasticLayer(rule, params, PLASTIC.layer, PLASTIC.neuron, given["plastic.weight"])
    last = np.zeros(3, np.uint8)
    for step in range(steps):
        word = front.step(x[step])
        if (step + 1) % 2 == 0:
            flags = {name: bool(teach[name][step]) for name in ("outcome", "clear_trial")}
            last = layer.step(word, {"reward": int(teach["reward"][step])}, **flags).astype(
                np.uint8
            )
        assert out[step].tolist() == last.tolist(), step
    assert 0 < out.mean() < 1
    assert network.plastic is not None
    weights = network.plastic.state["synapse"]["weight"]
    assert weights.tolist() == layer.state["synapse"]["weight"].tolist()
    assert np.count_nonzero(weights != given["plastic.weight"]) > 3  # it has learned
    network.reset()
    assert network.run(x, teach).tolist() == out.tolist()


def test_a_design_file_with_a_plastic_layer() -> None:
    tables: dict[str, Any] = {
        "design": {"name": "d", "block": "network"},
        "layer": [{"name": "a", "kind": "dense", "inputs": 4, "neurons": 6}],
        "plastic": {
            "neurons": 3,
            "critic_shift": 2,
            "neuron": {"threshold": 9},
            "rule": {"family": "pair_stdp"},
        },
    }
    design = parse_design(tables)
    assert design.network is not None
    assert design.network.plastic is not None
    assert design.network.plastic.layer.inputs == 6
    assert design.learns == RuleChoice(family="pair_stdp")
    assert design.synapses == 4 * 6 + 6 * 3
    assert (
        Design.model_validate({k: v for k, v in design.model_dump().items() if k != "synapses"})
        == design
    )
    with pytest.raises(
        ConfigError,
        match=(
            r"^\[plastic\] has no field 'inputs'; it takes in what the last \[\[layer\]\] gives\.$"
        ),
    ):
        parse_design({**tables, "plastic": {"inputs": 6, "neurons": 3}})
    with pytest.raises(
        ConfigError,
        match=(
            r"^a plastic layer of a network must not have counters: a network has no ports for"
            r" them; "
        ),
    ):
        parse_design({**tables, "plastic": {"neurons": 3, "counters": True}})
    with pytest.raises(
        ConfigError,
        match=(
            r"^a network with a table \[plastic\] must not have a layer 'plastic'; give the layer "
        ),
    ):
        parse_design({**tables, "layer": [{**tables["layer"][0], "name": "plastic"}]})
    with pytest.raises(
        ConfigError,
        match=(
            rf"^kind of layer 1 must be one of {', '.join(layer_kinds())}, not 'dens'; did you mean"
            r" 'dense'\?$"
        ),
    ):
        parse_design({**tables, "layer": [{**tables["layer"][0], "kind": "dens"}]})
    with pytest.raises(
        ConfigError,
        match=(
            r"^the plastic layer must have as many inputs as layer 'a' has neurons \(6\), not 5\.$"
        ),
    ):
        NetworkSpec(
            layers=(DENSE,), plastic=PlasticStageSpec(layer=PlasticLayerSpec(inputs=5, neurons=2))
        )


def test_a_recording_teaches(tmp_path: Path) -> None:
    spec = NetworkSpec(layers=(DENSE,), plastic=PLASTIC)
    given, x, teach = drawn(1, 10)
    assert set(parameter_bounds(spec)) == set(given)
    assert sorted(taught(spec)) == ["clear_traces", "clear_trial", "decide", "outcome", "reward"]
    file = tmp_path / "r.npz"
    np.savez(file, x=x, **given, **{f"teach.{name}": values for name, values in teach.items()})
    recording = load_network_recording(file, spec)
    assert recording.teach["reward"].tolist() == teach["reward"].tolist()
    assert recording.teach["decide"].tolist() == [0] * 10
    np.savez(file, x=x, **given, **{"teach.reward": teach["reward"][:4]})
    with pytest.raises(
        RecordingError,
        match=r"^recording .*r\.npz: 'teach\.reward' must have shape \(10,\), not \(4,\)\.$",
    ):
        load_network_recording(file, spec)
