"""The task with several time scales: what its sequences hold, the protocol in small, and what is
shipped.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from types import ModuleType
from typing import Any

import numpy as np
import pytest
from support import ROOT, scripts_of

from campaigns.freshness.stamps import without_stamp
from sc_model.golden.network.network import Network
from sc_model.golden.network.recording import load_network_recording
from sc_model.spec import load_design

FOLDER = ROOT / "examples" / "timescales"
MODULES = ("task", "network", "memory", "run", "record")


@pytest.fixture(scope="module")
def example() -> Iterator[dict[str, ModuleType]]:
    with scripts_of(FOLDER, MODULES) as scripts:
        yield scripts


@pytest.fixture(scope="module")
def report() -> dict[str, Any]:
    found: dict[str, Any] = json.loads(
        (ROOT / "reports" / "timescales.json").read_text(encoding="utf-8")
    )
    return found


# --- the task -------------------------------------------------------------------------------------


def test_without_noise_a_sequence_holds_its_class_and_nothing_else(
    example: dict[str, ModuleType],
) -> None:
    task = example["task"].Task(noise=0.0, volley=1.0, cue_rate=1.0)
    x, labels = example["task"].sequences(task, 200, np.random.default_rng(0))
    group = example["task"].GROUP
    for k, label in enumerate(labels):
        groups = x[:, k].reshape(task.ticks, 4, group)
        assert ((groups.sum(2) == 0) | (groups.sum(2) == group)).all()
        when = [np.flatnonzero(groups[:, g, 0]) for g in range(4)]
        cue, other = when[label >> 1], when[1 - (label >> 1)]
        assert cue.tolist() == list(range(cue[0], cue[0] + task.cue_ticks))
        assert task.cue_from[0] <= cue[0] <= task.cue_from[1]
        assert not len(other)
        first, second = when[2 + (label & 1)], when[3 - (label & 1)]
        assert len(first) == len(second) == 1
        assert task.transient_from[0] <= first[0] <= task.transient_from[1]
        assert task.lag[0] <= second[0] - first[0] <= task.lag[1]
        assert second[0] < task.ticks
    assert set(labels.tolist()) == {0, 1, 2, 3}


def test_noise_is_everywhere_and_volleys_are_not_whole(example: dict[str, ModuleType]) -> None:
    task = example["task"].Task()
    x, _ = example["task"].sequences(task, 2000, np.random.default_rng(1))
    quiet = x[task.cue_from[1] + task.cue_ticks : task.transient_from[0]]
    assert quiet.mean(axis=(0, 1)) == pytest.approx(np.full(x.shape[2], task.noise), rel=0.15)
    events = x[:, :, 12:].sum() - task.noise * x[:, :, 12:].size
    assert events / (2000 * 2 * 6) == pytest.approx(task.volley, abs=0.03)


def test_the_order_can_not_be_told_from_counts(example: dict[str, ModuleType]) -> None:
    """Of the whole sequence, group by group: cues differ, transients do not."""
    x, labels = example["task"].sequences(example["task"].Task(), 4000, np.random.default_rng(2))
    totals = x.sum(0, dtype=int).reshape(len(labels), 4, -1).sum(2)
    means = np.array([totals[labels == label].mean(0) for label in range(4)])
    assert np.abs(means[::2, 2:] - means[1::2, 2:]).max() < 0.3
    assert np.abs(means[:2, :2] - means[2:, :2]).min() > 10


# --- the protocol, in small -----------------------------------------------------------------------


def test_streams_are_apart(example: dict[str, ModuleType]) -> None:
    net, run = example["network"], example["run"]
    firsts = {
        float(net.stream(seed, which).random())
        for seed in (*range(10), *run.SETTINGS_SEEDS)
        for which in range(5)
    }
    assert len(firsts) == 60


def test_training_learns_and_the_integers_agree_with_the_golden_network(
    example: dict[str, ModuleType],
) -> None:
    """Some updates are enough to be above chance; batch and golden network fire the same spikes
    (checked inside).
    """
    net = example["network"]
    made = net.network(example["run"].SYNAPSE, 0, 100)
    x, labels = net.tensors(300, net.stream(100, net.VALIDATE))
    net.fit(made, 0.04, net.stream(100, net.TRAIN), updates=120)
    floating = net.accuracy(made, x, labels)
    assert floating > 0.4
    fixed = net.fixed_point_accuracy(
        net.integers(made, 8), x.numpy().astype(np.int64), labels.numpy(), checked=1
    )
    assert abs(fixed - floating) < 0.1


def test_a_batch_that_is_not_the_golden_network_is_noticed(
    example: dict[str, ModuleType], monkeypatch: pytest.MonkeyPatch
) -> None:
    net = example["network"]
    layers = net.integers(net.network(example["run"].SYNAPSE, 0, 100), 6)
    x, labels = net.tensors(4, net.stream(100, net.VALIDATE))
    monkeypatch.setattr(net, "LEAK_SHIFT", 3)
    with pytest.raises(
        RuntimeError, match=r"^the golden layers fire other spikes than the batch in sequence 0$"
    ):
        net.fixed_point_accuracy(layers, x.numpy().astype(np.int64), labels.numpy(), checked=1)


def test_equal_time_constants_remember_one_value(example: dict[str, ModuleType]) -> None:
    """Traces that are all alike are one number a step: a capacity of 1, nearly, in a finite run.
    Different ones hold more.
    """
    memory = example["memory"]
    one = memory.capacity(np.full(8, 10.0))
    assert one == pytest.approx(1.0, abs=0.15)
    assert memory.capacity(np.full(8, 10.0), steps=2000) == pytest.approx(
        1.0, abs=0.15
    )  # chance alone gives 0.2 there
    assert memory.capacity(np.geomspace(0.5, 100.0, 8)) > 3 * one


def test_the_code_of_the_guide_runs() -> None:
    blocks = re.findall(
        r"```python\n(.*?)```",
        (ROOT / "docs" / "timescales.md").read_text(encoding="utf-8"),
        flags=re.S,
    )
    names: dict[str, Any] = {}
    for block in blocks:
        exec(compile(block, "docs/timescales.md", "exec"), names)
    assert names["out"].shape == (100, 5)
    assert names["integers"].weight.shape == (10, 30)


# --- what is shipped ------------------------------------------------------------------------------


def test_the_report_says_what_its_numbers_say(
    example: dict[str, ModuleType], report: dict[str, Any]
) -> None:
    run = example["run"]
    page = (ROOT / "reports" / "timescales.md").read_text(encoding="utf-8")
    assert without_stamp(page) == run.markdown(report)
    assert json.loads(json.dumps(run.summary(report["seeds"]))) == report["summary"]
    seeds = [row["seed"] for row in report["seeds"]]
    assert seeds == list(range(len(seeds)))
    assert len(seeds) >= 5
    assert not set(seeds) & set(report["protocol"]["settings_seeds"])


def test_time_constants_for_all_synapses_beat_the_best_single_one_in_every_seed(
    report: dict[str, Any],
) -> None:
    for hidden in ("0", "12"):
        assert report["summary"][hidden]["synapse_over"]["single"]["min"] > 0


def test_the_shipped_network_answers_as_it_is_said_to(example: dict[str, ModuleType]) -> None:
    """The first 15 of the 100 sequences, one after the other, in the golden network."""
    record = example["record"]
    spec = load_design(FOLDER / "timescales.toml").network
    assert spec is not None
    recording = load_network_recording(FOLDER / "timescales.npz", spec)
    meta = recording.meta
    period = meta["ticks"] + meta["silence"]
    assert recording.steps == 100 * period
    labels = np.array(meta["labels"])
    assert np.mean(labels == meta["answers"]) > 0.9
    net = Network(spec, recording.parameters)
    said = record.answers(np.array([net.step(word) for word in recording.x[: 15 * period]]))
    assert said.tolist() == meta["answers"][:15]
    x, wanted = record.stimulus()
    assert np.array_equal(x, recording.x)
    assert np.array_equal(wanted, labels)
