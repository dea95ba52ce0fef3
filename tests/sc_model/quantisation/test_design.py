"""Quantised layers as a design file with its parameters beside it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from sc_model.quantisation import FloatLayer, network_design, quantise, save_design
from sc_model.quantisation.design import _small
from sc_model.spec import (
    ConfigError,
    ConvSpec,
    Design,
    NetworkSpec,
    NeuronSpec,
    PlasticLayerSpec,
    PlasticStageSpec,
    ReadoutSpec,
    RuleChoice,
    load_design,
)


def layers() -> list[FloatLayer]:
    rng = np.random.default_rng(0)
    return [
        FloatLayer(
            "first", rng.normal(size=(5, 4)), delay=rng.random((5, 4)) * 9, leak=0.8, reset="zero"
        ),
        FloatLayer("second", rng.normal(size=(3, 5)), tau=rng.random((3, 5)) * 20 + 0.5),
        FloatLayer(
            "third",
            rng.normal(size=(2, 3)),
            recurrent=np.eye(2),
            bias=np.ones(2),
            leak=0.5,
            synaptic_leak=0.1,
        ),
    ]


def test_a_file_gives_the_same_design_back(tmp_path: Path) -> None:
    made = [quantise(layer) for layer in layers()]
    made[2] = quantise(
        layers()[2],
        leak="shift",
        tick_interval=3,
        clock="slow",
        policy="accumulate",
        potential_bits=30,
    )
    design, parameters = network_design(
        "trained", made, tick_ms=0.5, fabric="ecp5", crossing_depth=2
    )
    names = {"first": ["weight", "delay", "threshold", "leak"], "second": ["weight", "code"]}
    names["third"] = ["weight", "threshold", "synaptic_leak"]
    assert sorted(parameters) == sorted(
        f"{layer}.{what}" for layer, all_of in names.items() for what in all_of
    )
    spikes = np.eye(4, dtype=np.uint8)
    toml, npz = save_design(
        tmp_path / "new", design, parameters, comment="Two\n\nlines", extra={"x": spikes}
    )
    assert (toml.name, npz.name) == ("trained.toml", "trained.npz")
    assert toml.read_text(encoding="utf-8").startswith("# Two\n#\n# lines\n\n[design]\n")
    assert load_design(toml) == design
    with np.load(npz) as stored:
        assert sorted(stored) == sorted([*parameters, "x"])
        assert all(np.array_equal(stored[name], array) for name, array in parameters.items())
        assert (stored["first.weight"].dtype, stored["first.threshold"].dtype) == (
            np.int8,
            np.int16,
        )
    before = npz.read_bytes()
    save_design(tmp_path / "new", design, parameters, extra={"x": spikes})
    assert npz.read_bytes() == before
    assert sorted(file.name for file in (tmp_path / "new").iterdir()) == [
        "trained.npz",
        "trained.toml",
    ]


def test_a_plastic_layer_is_written_too(tmp_path: Path) -> None:
    plastic = PlasticStageSpec(
        layer=PlasticLayerSpec(inputs=5, neurons=4, signed_weights=True, critic_shift=3),
        neuron=NeuronSpec(threshold=77, winner_take_all=True),
        rule=RuleChoice(family="pair_stdp"),
    )
    design, parameters = network_design("learns", [quantise(layers()[0])], plastic=plastic)
    toml, _ = save_design(tmp_path, design, parameters)
    assert load_design(toml) == design


@pytest.mark.parametrize(
    ("low", "high", "kind"),
    [
        (0, 127, np.int8),
        (-128, 0, np.int8),
        (0, 128, np.int16),
        (-129, 0, np.int16),
        (0, 40_000, np.int32),
        (-(2**40), 1, np.int64),
    ],
)
def test_integers_are_stored_in_the_smallest_type(low: int, high: int, kind: type) -> None:
    array = np.array([low, high])
    assert _small(array).dtype == kind
    assert np.array_equal(_small(array), array)


def test_nothing_is_left_where_writing_fails(tmp_path: Path) -> None:
    design, parameters = network_design("trained", [quantise(layers()[0])])
    (tmp_path / "trained.npz").mkdir()
    with pytest.raises(OSError, match=r"trained\.npz"):
        save_design(tmp_path, design, parameters)
    assert sorted(file.name for file in tmp_path.iterdir()) == [
        "trained.npz"
    ]  # parameters first: no design without them


def test_design_file_errors(tmp_path: Path) -> None:
    design, parameters = network_design("trained", [quantise(layers()[0])])
    with pytest.raises(
        ValueError,
        match=r"^extra must have names of its own, not 'first\.leak', which is a parameter$",
    ):
        save_design(tmp_path, design, parameters, extra={"first.leak": 0})
    plastic = Design(name="plastic", block="layer", layer=PlasticLayerSpec(inputs=2, neurons=2))
    with pytest.raises(ValueError, match=r"^design must be a network, not a layer$"):
        save_design(tmp_path, plastic, {})
    with pytest.raises(
        ConfigError,
        match=(
            r"^layer 'third' must have as many inputs as layer 'first' has neurons \(5\), not 3\.$"
        ),
    ):
        network_design("trained", [quantise(layers()[0]), quantise(layers()[2])])


def test_a_kernel_and_a_readout_come_back_from_a_file(tmp_path: Path) -> None:
    conv = ConvSpec(name="a", image=(1, 6, 6), channels=2, kernel=(3, 2), padding=(0, 1))
    spec = NetworkSpec(layers=(conv,), readout=ReadoutSpec(kind="first_spike"))
    design = Design(name="d", block="network", network=spec)
    toml, _ = save_design(tmp_path, design, {})
    assert load_design(toml) == design
