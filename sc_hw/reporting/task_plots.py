"""Figures of what a co-simulation did: decisions by class, spikes, weights; SVG as in `plots`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator
from numpy.typing import NDArray

from sc_hw.reporting.plots import COLOURS, INK, WIDTH_IN, styled, svg_text

RASTER_STEPS = 120  # steps that a raster shows: a spike is then some pixels wide


def confusion(counts: Sequence[Sequence[int]], classes: Sequence[str]) -> str:
    """Decisions by class: a row for each label, a column for each answer.

    Parameters
    ----------
    counts : samples by label and answer, square.
    classes : a name for each.
    """
    table = np.asarray(counts, np.int64)
    with styled():
        side = min(WIDTH_IN, 1.4 + 0.42 * len(classes))
        figure = Figure(figsize=(side, side), layout="constrained")
        axes = figure.subplots()
        share = table / np.maximum(table.sum(axis=1, keepdims=True), 1)
        axes.imshow(share, cmap="Blues", vmin=0, vmax=1)
        if len(classes) <= 20:  # more numbers than that can't be read
            for (row, column), count in np.ndenumerate(table):
                if count:
                    colour = "white" if share[row, column] > 0.5 else INK
                    axes.text(
                        column, row, str(count), ha="center", va="center", color=colour, fontsize=8
                    )
            axes.set_xticks(range(len(classes)), classes)
            axes.set_yticks(range(len(classes)), classes)
        axes.set_xlabel("decided")
        axes.set_ylabel("label")
        return svg_text(figure)


def raster(inputs: NDArray[np.bool_], outputs: NDArray[np.bool_]) -> str:
    """Spikes of the first steps: inputs above, neurons below, a mark for each spike.

    Parameters
    ----------
    inputs : (steps, inputs).
    outputs : (steps, neurons).
    """
    with styled():
        figure = Figure(figsize=(WIDTH_IN, 3.6), layout="constrained")
        panels = figure.subplots(2, 1, sharex=True, height_ratios=(2, 1))
        for axes, spikes, name in zip(panels, (inputs, outputs), ("input", "neuron"), strict=True):
            steps, lines = np.nonzero(spikes[:RASTER_STEPS])
            size = max(0.6, min(4.0, 200 / max(spikes.shape[1], 1)))
            axes.scatter(steps, lines, s=size, marker="s", linewidths=0, color=COLOURS[0])
            axes.set_ylim(spikes.shape[1] - 0.5, -0.5)
            axes.set_ylabel(name)
            axes.yaxis.set_major_locator(MaxNLocator(5, integer=True))
        panels[-1].set_xlabel("step")
        panels[-1].set_xlim(-0.5, min(RASTER_STEPS, len(outputs)) - 0.5)
        return svg_text(figure)


def weight_histogram(values: NDArray[np.int64], least: int, greatest: int) -> str:
    """How many synapses have which weight at the end; those at a limit are apart, in colour.

    Parameters
    ----------
    values : weights of all synapses.
    least, greatest : limits of a weight.
    """
    with styled():
        figure = Figure(figsize=(WIDTH_IN, 2.3), layout="constrained")
        axes = figure.subplots()
        inner = values[(values > least) & (values < greatest)]
        bins = np.unique(np.linspace(least, greatest + 1, 65).astype(np.int64))
        axes.hist(inner, bins=bins.tolist(), color=COLOURS[0])
        width = max(1, (greatest - least) // 64)
        for limit, count in (
            (least, (values <= least).sum()),
            (greatest, (values >= greatest).sum()),
        ):
            axes.bar(limit, count, width=width, color=COLOURS[1])
        axes.set_xlabel("weight at the end; at a limit in the second colour")
        axes.set_ylabel("synapses")
        axes.grid(axis="y")
        return svg_text(figure)


def weight_history(weights: NDArray[np.int64]) -> str:
    """Weights over the steps: each synapse's, the mean of all where there are more than 24.

    Parameters
    ----------
    weights : (steps, synapses).
    """
    with styled():
        figure = Figure(figsize=(WIDTH_IN, 2.5), layout="constrained")
        axes = figure.subplots()
        every = max(1, len(weights) // 1000)
        x, samples = np.arange(0, len(weights), every), weights[::every]
        if samples.shape[1] <= 24:
            axes.plot(x, samples, linewidth=0.9, alpha=0.8)
        else:
            low, middle, high = np.percentile(samples, (5, 50, 95), axis=1)
            axes.fill_between(x, low, high, color=COLOURS[0], alpha=0.25, label="5 to 95 %")
            axes.plot(x, middle, color=COLOURS[0], label="median")
            axes.legend(frameon=False)
        axes.set_xlabel("step")
        axes.set_ylabel("weight")
        axes.grid(axis="y")
        return svg_text(figure)


def layer_activity(bins: Mapping[str, Any]) -> dict[str, dict[str, float]]:
    """Shares of a layer's neuron updates in a co-simulation that spiked and that saturated, in %.

    Parameters
    ----------
    bins : functional coverage of a network: `layer.NAME.spike`, `.silent` and, where a potential
        can saturate, `.saturated`.
    """
    shares: dict[str, dict[str, float]] = {}
    for name in dict.fromkeys(key.split(".")[1] for key in bins if key.startswith("layer.")):
        updates = bins.get(f"layer.{name}.spike", 0) + bins.get(f"layer.{name}.silent", 0)
        shares[name] = {
            kind: 100 * bins[f"layer.{name}.{key}"] / updates
            for kind, key in (("spiked", "spike"), ("saturated", "saturated"))
            if updates and f"layer.{name}.{key}" in bins
        }
    return shares


def saturation(activity: Mapping[str, Mapping[str, float]]) -> str:
    """Two bars for each layer: % of its neuron updates that spiked, and that saturated."""
    with styled():
        figure = Figure(figsize=(WIDTH_IN, 1.0 + 0.45 * len(activity)), layout="constrained")
        axes = figure.subplots()
        for place, shares in enumerate(activity.values()):
            for kind, share in shares.items():
                y = place + (0.2 if kind == "saturated" else -0.2)
                axes.barh(y, share, 0.36, color=COLOURS[kind == "saturated"])
                axes.annotate(
                    f"{kind}: {share:.2g} %",
                    (share, y),
                    xytext=(4, 0),
                    textcoords="offset points",
                    va="center",
                    fontsize=8,
                )
        axes.set_yticks(range(len(activity)), list(activity))
        axes.set_ylim(len(activity) - 0.5, -0.5)
        axes.margins(x=0.2)
        axes.set_xlim(left=0)
        axes.grid(axis="x")
        axes.set_xlabel("% of the co-simulation's updates of neurons")
        return svg_text(figure)
