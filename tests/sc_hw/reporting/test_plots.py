"""Plots: the same bytes, every target, a text where nothing was measured."""

from __future__ import annotations

import xml.etree.ElementTree as ET

import matplotlib as mpl
import numpy as np
import pytest
from report_files import NO_TIMING, metric

from sc_hw.reporting import plots

METRICS = [metric("a"), metric("b", **NO_TIMING), metric("a", block="lane")]


@pytest.fixture(autouse=True)
def _text(monkeypatch: pytest.MonkeyPatch) -> None:
    """Text stays text, so that it can be looked for."""
    monkeypatch.setitem(plots.STYLE, "svg.fonttype", "none")


def texts(svg: str) -> list[str]:
    """Texts of a picture, which must be well-formed."""
    return ["".join(e.itertext()) for e in ET.fromstring(svg).iter() if e.tag.endswith("}text")]


@pytest.mark.parametrize("plot", [plots.area, plots.fmax])
def test_the_same_figures_give_the_same_bytes_whatever_the_users_style(
    plot: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert callable(plot)
    first = plot(METRICS)
    with mpl.rc_context({"svg.hashsalt": "other", "font.size": 20.0}):
        assert plot(METRICS) == first
    assert "<dc:date>" not in first


def test_area_has_a_bar_for_each_design_and_target() -> None:
    shown = texts(plots.area(METRICS))
    assert shown.count("1,234") == shown.count("567") == 3
    assert {"Device a", "Device b", "LUT", "Flip-flops"} <= set(shown)
    assert {"fixture (bank, 8 synapses)", "fixture (lane)"} <= set(shown)
    nothing = texts(plots.area([metric("a", lut=None)]))
    assert "1,234" not in nothing
    assert "567" in nothing


def test_fmax_says_where_nothing_was_measured() -> None:
    shown = texts(plots.fmax(METRICS))
    assert shown.count("137.9") == 2
    assert shown.count("not measured") == 1


def test_learning_curve() -> None:
    longer = {"trials": 1200, "right": [0.1, 0.9]}
    shown = texts(plots.learning_curve([0.2, 0.8], 100, 0.1, longer))
    assert "a longer run of 1,200 trials, golden model alone" in shown
    assert {"decided by the RTL", "chance", "% right in 100 trials"} <= set(shown)
    assert "golden model alone" not in " ".join(texts(plots.learning_curve([0.2], 100, 0.1, None)))


def test_an_image_for_each_neuron() -> None:
    maps = np.arange(12 * 4).reshape(12, 2, 2) - 20
    svg = plots.weight_maps(maps, [f"neuron {k}" for k in range(12)], "weight")
    assert [text for text in texts(svg) if text.startswith("neuron")] == [
        f"neuron {k}" for k in range(12)
    ]
    assert svg.count("<image ") >= 12
    assert "weight" in texts(svg)


def test_device_bars_say_how_many_of_how_many() -> None:
    rows = [metric("a"), metric("b")]
    rows[0]["device"] = {"resources": {"lut": {"used": 1200, "available": 5280}}}
    rows[1]["device"] = None
    shown = texts(plots.device(rows))
    assert "1,200 of 5,280" in shown
    assert sum("of" in text and text[0].isdigit() for text in shown) == 1
