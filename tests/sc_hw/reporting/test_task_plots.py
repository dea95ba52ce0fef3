"""Figures of a co-simulation: what they show of given arrays, always by the same bytes."""

from __future__ import annotations

import xml.etree.ElementTree as ET

import numpy as np
import pytest

from sc_hw.reporting import plots, task_plots


@pytest.fixture(autouse=True)
def _text(monkeypatch: pytest.MonkeyPatch) -> None:
    """Text stays text, so that it can be looked for."""
    monkeypatch.setitem(plots.STYLE, "svg.fonttype", "none")


def texts(svg: str) -> list[str]:
    return ["".join(e.itertext()) for e in ET.fromstring(svg).iter() if e.tag.endswith("}text")]


def test_confusion_writes_each_count_that_is_not_zero() -> None:
    shown = texts(task_plots.confusion([[31, 0], [17, 42]], ["no", "yes"]))
    assert {"31", "17", "42", "no", "yes", "label", "decided"} <= set(shown)
    assert "0" not in shown
    assert "7" not in texts(task_plots.confusion(np.full((21, 21), 7).tolist(), ["x"] * 21))


def test_raster_has_a_mark_for_each_spike_of_the_first_steps() -> None:
    inputs, outputs = np.zeros((500, 6), bool), np.zeros((500, 2), bool)
    inputs[[3, 4, 400], [0, 5, 1]] = True
    outputs[7, 1] = True
    svg = task_plots.raster(inputs, outputs)
    assert svg == task_plots.raster(inputs, outputs)
    empty = task_plots.raster(np.zeros_like(inputs), np.zeros_like(outputs))
    assert svg.count("<use ") - empty.count("<use ") == 3
    assert {"input", "neuron", "step"} <= set(texts(svg))


def test_weights_at_a_limit_are_apart() -> None:
    """Both limits have a bar of their own; the tallest is that of the 40 at the top."""
    weights = np.array([[0] * 10 + [1023] * 40 + [500] * 5])
    shown = texts(task_plots.weight_histogram(weights, 0, 1023))
    assert "weight at the end; at a limit in the second colour" in shown
    assert "40" in shown


@pytest.mark.parametrize(("synapses", "legend"), [(3, False), (100, True)])
def test_weights_over_time(synapses: int, legend: bool) -> None:
    weights = np.arange(50 * synapses).reshape(50, synapses)
    assert ("median" in texts(task_plots.weight_history(weights))) == legend


def test_saturations_of_layers_are_shares_of_their_updates() -> None:
    bins = {
        "layer.a.spike": 25,
        "layer.a.silent": 75,
        "layer.a.saturated": 3,
        "layer.b.spike": 0,
        "layer.b.silent": 0,
        "crossing.a.word": 9,
    }
    activity = task_plots.layer_activity(bins)
    assert activity == {"a": {"spiked": 25.0, "saturated": 3.0}, "b": {}}
    assert {"a", "b", "spiked: 25 %", "saturated: 3 %"} <= set(
        texts(task_plots.saturation(activity))
    )
