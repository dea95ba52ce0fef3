"""Widths by spikes: the narrowest that agree, with nothing lost where that can be."""

from __future__ import annotations

import numpy as np
import pytest

from sc_model.evaluation import Samples, calibrated, calibration, random_samples
from sc_model.evaluation.calibration import cost_s
from sc_model.quantisation import FloatLayer
from sc_model.spec import ConfigError, DenseSpec

RNG = np.random.default_rng(5)
LAYERS = [
    FloatLayer("a", RNG.normal(size=(6, 5)), leak=0.9, threshold=1.5),
    FloatLayer("b", RNG.normal(size=(3, 6)), leak=0.8, reset="zero"),
]


@pytest.mark.parametrize("seed", [0, 7])
def test_the_narrowest_weights_that_agree(seed: int) -> None:
    samples = random_samples(LAYERS, seed)
    found = calibrated(LAYERS, samples=samples)
    assert found.agreement is not None
    assert (found.agreement.worst_share or 0.0) <= 0.01
    assert found.remark == ""
    bits = {layer.spec.weight_bits for layer in found.layers}
    assert len(bits) == 1
    assert list(found.tried) == [str(each) for each in range(8, bits.pop() + 1)]
    assert not [each for layer in found.layers for each in layer.findings if each.lost]
    loose = calibrated(LAYERS, samples=samples, target=1.0)
    assert len(loose.tried) <= len(found.tried)


def test_by_default_random_spikes_decide() -> None:
    found = calibrated(LAYERS)
    assert found.agreement is not None
    assert found.agreement.origin == "random spikes, seed 0"
    assert (found.agreement.worst_share or 0.0) <= 0.01


def test_spikes_that_leave_a_synapse_alone_do_not_lose_it() -> None:
    """The first input alone spikes, so samples say nothing of the others."""
    layers = [FloatLayer("n", np.array([[1000.0, 1.0, 1.0]]), threshold=2.0, leak=0.9)]
    spikes = np.zeros((1, 20, 3), np.uint8)
    spikes[..., 0] = 1
    found = calibrated(layers, samples=Samples(spikes, None, "one"))
    assert found.layers[0].parameters["weight"].tolist() == [[1000, 1, 1]]
    assert found.tried["8"] == 0.0


def test_given_widths_are_kept_and_what_they_cost_is_said() -> None:
    found = calibrated(LAYERS, {"weight_bits": 3, "fraction": 2, "scale": None})
    assert [layer.spec.weight_bits for layer in found.layers] == [3, 3]
    assert [
        layer.spec.neuron.fraction for layer in found.layers if isinstance(layer.spec, DenseSpec)
    ] == [2, 2]
    assert "more spikes differ than 1 % of a layer's" in found.remark
    asked = calibrated(LAYERS, {"weight_bits": 3}, samples=random_samples(LAYERS))
    assert asked.remark.startswith("none of the widths that lose least keeps differing ")
    assert list(asked.tried) == ["3", "3, widest leaks and potentials"]
    with pytest.raises(ConfigError, match=r"weight_bits \(--weight-bits\) must be in \[2, 18\]"):
        calibrated(LAYERS, {"weight_bits": 30})


def test_networks_too_large_to_be_tried(monkeypatch: pytest.MonkeyPatch) -> None:
    """Widths then follow from the numbers alone, and fewer steps or none show the agreement."""
    large = [FloatLayer("n", np.ones((900, 900)), leak=0.99)]
    assert cost_s(large, random_samples(large)) > calibration.AFFORDABLE_S
    seconds = cost_s(LAYERS, random_samples(LAYERS))
    monkeypatch.setattr(calibration, "AFFORDABLE_S", seconds * 0.6)
    cut = calibrated(LAYERS)
    assert cut.agreement is not None
    assert (cut.agreement.steps, dict(cut.tried)) == (120, {})
    monkeypatch.setattr(calibration, "AFFORDABLE_S", seconds * 0.4)
    untried = calibrated(LAYERS)
    assert untried.agreement is None
    assert untried.remark.startswith("agreement not measured, since it would take some ")
    assert [layer.spec for layer in untried.layers] == [layer.spec for layer in cut.layers]


def test_time_constants_of_synapses() -> None:
    traces = FloatLayer("n", RNG.normal(size=(3, 4)), tau=np.full((3, 4), 30.0), threshold=2.0)
    found = calibrated([traces], samples=random_samples([traces]).first(3), tick_ms=1.0)
    assert found.agreement is not None
    assert found.layers[0].spec.kind == "hetsyn"
    assert sum(found.agreement.floats.values()) > 0


def test_every_portion_of_many_samples_must_agree() -> None:
    """One sample of 128, 0.8 % of all spikes, is wrong for its whole length with coarse weights."""
    layers = [FloatLayer("n", np.array([[2.0, 1.0, 0.0082]]), threshold=1.0155, leak=0.0)]
    spikes = np.zeros((128, 50, 3), np.uint8)
    spikes[:127, ::2, 0] = 1
    spikes[127, ::2, 1:] = 1  # 1.0082 stays below, and 64 + 1 units of 2 / 127 do not
    found = calibrated(layers, samples=Samples(spikes, None, "x"))
    assert found.agreement is not None
    assert found.agreement.floats == {"n": 127 * 25}
    assert found.tried["8"] == pytest.approx(25 / (31 * 25))
    assert found.agreement.first is None
    assert len(calibration._portions(128)) == 4
    assert calibration._portions(127) == []
    assert [each.stop - each.start for each in calibration._portions(130)] == [32, 33, 33, 32]


@pytest.mark.parametrize("seed", range(4))
def test_numbers_that_are_far_apart(seed: int) -> None:
    """From 10^-300 to 10^300: integers and a report, or one line, and never a warning."""
    rng = np.random.default_rng(seed)
    sizes = 10.0 ** np.array([-300, -30, -9, -3, 0, 3, 9, 30, 300])
    for _ in range(4):
        what = FloatLayer(
            "n",
            rng.choice([*sizes, 0.0], size=(2, 3)) * rng.choice([-1, 1], size=(2, 3)),
            bias=rng.choice([*sizes, 0.0], size=2),
            threshold=rng.choice(sizes, size=2),
            leak=float(rng.choice([0.0, 1.0, 0.5, 1 - 1e-16])),
            synaptic_leak=float(rng.choice([0.0, 1.0, 0.5])),
        )
        try:
            found = calibrated([what], {"weight_bits": 12})
            texts = [each.text for each in found.layers[0].findings]
        except ConfigError as error:
            texts = [f"{error}"]
        assert not [text for text in texts if not text or "\n" in text]
