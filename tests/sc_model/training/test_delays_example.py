"""The task of the lag between two ears: what its sequences hold, the protocol in small, the report,
and what is shipped.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from types import ModuleType
from typing import Any

import numpy as np
import pytest
import torch
from support import ROOT, scripts_of

from campaigns.freshness.stamps import without_stamp
from sc_model.golden.network.recording import load_network_recording
from sc_model.native import NativeNetwork
from sc_model.spec import load_design

FOLDER = ROOT / "examples" / "delays"
MODULES = ("task", "network", "run", "record")


@pytest.fixture(scope="module")
def example() -> Iterator[dict[str, ModuleType]]:
    with scripts_of(FOLDER, MODULES) as scripts:
        yield scripts


@pytest.fixture(scope="module")
def report() -> dict[str, Any]:
    found: dict[str, Any] = json.loads(
        (ROOT / "reports" / "delays.json").read_text(encoding="utf-8")
    )
    return found


# --- the task -------------------------------------------------------------------------------------


def test_without_noise_an_ear_hears_what_the_other_has_heard(
    example: dict[str, ModuleType],
) -> None:
    """By the lag of its class: at -8 ticks the right ear is first."""
    task = example["task"].Task(heard=1.0, noise=0.0)
    x, labels = example["task"].sequences(task, 300, np.random.default_rng(0))
    assert set(labels) == set(range(9))
    assert x.shape == (32, 300, 12)
    assert x.mean() == pytest.approx(0.1, abs=0.005)
    for k, label in enumerate(labels):
        left, right, lag = x[:, k, :6], x[:, k, 6:], example["task"].LAGS[label]
        if lag >= 0:
            assert np.array_equal(right[lag:], left[: 32 - lag])
        else:
            assert np.array_equal(right[:lag], left[-lag:])


def test_counts_do_not_know_the_class(example: dict[str, ModuleType]) -> None:
    x, labels = example["task"].sequences(example["task"].Task(), 4000, np.random.default_rng(0))
    assert x.mean() == pytest.approx(1 - (1 - 0.09) * (1 - 0.03), abs=0.003)
    for half in (x[..., :6], x[..., 6:]):
        means = [half[:, labels == label].mean() for label in range(9)]
        assert np.ptp(means) < 0.006


def test_the_same_seed_gives_the_same_sequences_and_another_one_others(
    example: dict[str, ModuleType],
) -> None:
    stream, tensors = example["network"].stream, example["network"].tensors
    first, again, other = (
        tensors(20, stream(seed, which))[0] for seed, which in ((0, 2), (0, 2), (0, 1))
    )
    assert torch.equal(first, again)
    assert not torch.equal(first, other)


# --- the protocol ---------------------------------------------------------------------------------


def test_contenders_differ_in_their_delays_alone(example: dict[str, ModuleType]) -> None:
    nets = {kind: example["network"].network(kind, 3) for kind in ("none", "random", "learned")}
    delays = {kind: net[0].synapses.delay for kind, net in nets.items()}
    assert torch.equal(delays["random"], delays["learned"])
    assert not delays["none"].any()
    assert torch.equal(delays["random"], delays["random"].round())
    assert [delays[kind].requires_grad for kind in nets] == [False, False, True]
    for layer in (0, 1):
        shapes = [
            net[layer].synapses.weight / net[layer].synapses.weight[0, 0] for net in nets.values()
        ]
        torch.testing.assert_close(shapes[0], shapes[1])
        torch.testing.assert_close(shapes[1], shapes[2])


def test_the_protocol_in_small(
    example: dict[str, ModuleType], monkeypatch: pytest.MonkeyPatch
) -> None:
    """200 updates: learned delays move, and the golden network fires what the integer layers do (or
    it would raise).
    """
    run, network = example["run"], example["network"]
    monkeypatch.setattr(network, "UPDATES", 200)
    monkeypatch.setattr(run, "TESTED", 200)
    found = {kind: run.one(kind, 100, (0.03, 0.1)) for kind in ("none", "learned")}
    assert found["none"]["moved"] == 0
    assert 0.2 < found["learned"]["moved"] < 4
    assert found["learned"]["float"] > found["none"]["float"] + 0.05
    assert 0 < found["learned"]["errors"]["hidden"]["delay"]["largest"] <= 0.5
    assert found["none"]["errors"]["hidden"]["delay"]["largest"] == 0


def test_fine_tuning_keeps_the_rounded_delays(
    example: dict[str, ModuleType], monkeypatch: pytest.MonkeyPatch
) -> None:
    network = example["network"]
    monkeypatch.setattr(network, "UPDATES", 4)
    net = network.network("learned", 0)
    with torch.no_grad():
        net[0].synapses.delay.add_(0.3)
    before = net[0].synapses.delay.clone()
    made = network.tuned(net, example["run"].QUANTISER, 0.03, 0)
    assert torch.equal(made[0].synapses.delay, net[0].synapses.delays_int.float())
    assert not torch.equal(made[0].synapses.weight, net[0].synapses.weight)
    assert torch.equal(net[0].synapses.delay, before)


def test_other_golden_spikes_stop_the_run(
    example: dict[str, ModuleType], monkeypatch: pytest.MonkeyPatch
) -> None:
    network = example["network"]
    net = network.in_integers(network.network("random", 0), example["run"].QUANTISER)
    x, labels = network.tensors(20, network.stream(0, 4))
    assert 0 <= network.fixed_point_accuracy(net, x, labels) <= 1
    true = network.golden
    monkeypatch.setattr(network, "golden", lambda layers, x: 1 - true(layers, x))
    with pytest.raises(
        RuntimeError,
        match=r"^the golden network fires other spikes than the layers in integers in sequence 0$",
    ):
        network.fixed_point_accuracy(net, x, labels)


# --- the report -----------------------------------------------------------------------------------


def test_learned_beat_random_beat_none(report: dict[str, Any]) -> None:
    """In the mean, as trained and in fine-tuned integers, over five seeds or more that nothing was
    chosen by.
    """
    assert len(report["seeds"]) >= 5
    assert not {seed["seed"] for seed in report["seeds"]} & set(
        report["protocol"]["settings_seeds"]
    )
    for stage in ("float", "tuned"):
        none, random, learned = (
            report["summary"]["accuracy"][kind][stage] for kind in ("none", "random", "learned")
        )
        assert none["mean"] + none["sd"] < random["mean"] < learned["mean"]
        assert report["summary"]["differences"]["learned over random"][stage]["mean"] > 0.03


def test_the_report_says_what_its_numbers_are(
    example: dict[str, ModuleType], report: dict[str, Any]
) -> None:
    run = example["run"]
    page = (ROOT / "reports" / "delays.md").read_text(encoding="utf-8")
    assert without_stamp(page) == run.markdown(report)
    assert json.loads(json.dumps(run.summary(report["seeds"]))) == report["summary"]
    assert report["protocol"]["updates"] == example["network"].UPDATES
    assert report["protocol"]["task"] == vars(example["network"].TASK) | {
        "lags": list(example["task"].LAGS)
    }
    assert (ROOT / "reports" / "delays.png").read_bytes().startswith(b"\x89PNG")


# --- what is shipped ------------------------------------------------------------------------------


def test_the_shipped_network_answers_as_it_says(
    example: dict[str, ModuleType], report: dict[str, Any]
) -> None:
    spec = load_design(FOLDER / "delays.toml").network
    assert spec is not None
    recording = load_network_recording(FOLDER / "delays.npz", spec)
    meta, record = recording.meta, example["record"]
    x, labels = record.stimulus()
    assert np.array_equal(recording.x, x)
    assert labels.tolist() == meta["labels"]
    said = record.answers(NativeNetwork(spec, dict(recording.parameters)).run(recording.x))
    assert said.tolist() == meta["answers"]
    right = float((said == labels).mean())
    tuned = next(seed for seed in report["seeds"] if seed["seed"] == record.SEED)["learned"][
        "tuned"
    ]
    assert right == pytest.approx(tuned, abs=0.04)
    assert spec.layers[0].max_delay == example["network"].LONGEST
    assert recording.parameters["hidden.delay"].max() > 8
    shape = re.search(
        r"`x`, shape \((\d+), (\d+)\)", (FOLDER / "README.md").read_text(encoding="utf-8")
    )
    assert shape is not None
    assert recording.x.shape == tuple(map(int, shape.groups()))
