"""Figures of the reports as SVG text: the same figures in, the same bytes out."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib.figure import Figure
from matplotlib.patches import Patch
from numpy.typing import NDArray

WIDTH_IN = 8.6  # the page's 860 px at 100 px an inch
COLOURS = ("#1f5f8b", "#c8792a", "#5a8f5a", "#8a5a8f")
INK, MUTED, LINE = "#1c2733", "#5d6b79", "#d5dce3"
# matplotlib names clip paths by a random salt unless `svg.hashsalt` sets one: with it the same
# figures give the same bytes.
STYLE: dict[str, Any] = {
    "svg.hashsalt": "sc-hw",
    "svg.fonttype": "path",  # looks the same whatever fonts the reader has
    "font.family": "DejaVu Sans",  # shipped with matplotlib
    "font.size": 9,
    "text.color": INK,
    "axes.labelcolor": MUTED,
    "axes.edgecolor": LINE,
    "axes.titlesize": 10,
    "axes.titlelocation": "left",
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.spines.left": False,
    "axes.axisbelow": True,
    "xtick.color": MUTED,
    "ytick.color": INK,
    "xtick.labelcolor": MUTED,
    "ytick.left": False,
    "grid.color": LINE,
    "grid.linewidth": 0.6,
}


def styled() -> AbstractContextManager[None]:
    """The style of all figures, whatever the user's own is."""
    return mpl.rc_context(STYLE)  # type: ignore[arg-type] # newer matplotlib types every key


def svg_text(figure: Figure) -> str:
    """A figure as SVG, without date and maker."""
    stream = io.BytesIO()
    figure.savefig(stream, format="svg", metadata={"Date": None, "Creator": None})
    return stream.getvalue().decode()


def _bands(metrics: Sequence[Mapping[str, Any]]) -> tuple[list[str], list[str]]:
    """Targets from top to bottom and designs, each once, in the order given."""
    return list(dict.fromkeys(m["title"] for m in metrics)), list(
        dict.fromkeys(series(m) for m in metrics)
    )


def series(metric: Mapping[str, Any]) -> str:
    """Label of a bar: the design, its block and its size."""
    many = f", {metric['synapses']:,} synapses" if metric["synapses"] != 1 else ""
    return f"{metric['design']} ({metric['block']}{many})"


def _rows(axes: Any, targets: Sequence[str], labels: bool) -> None:
    axes.set_yticks(range(len(targets)), targets if labels else [""] * len(targets))
    axes.set_ylim(len(targets) - 0.5, -0.5)
    axes.set_xlim(left=0)
    axes.grid(axis="x")


def _legend(figure: Figure, designs: Sequence[str]) -> None:
    if len(designs) > 1:
        handles = [
            Patch(color=COLOURS[i % len(COLOURS)], label=name) for i, name in enumerate(designs)
        ]
        figure.legend(
            handles=handles, loc="outside lower center", ncols=min(3, len(designs)), frameon=False
        )


def area(metrics: Sequence[Mapping[str, Any]]) -> str:
    """LUT and FF of each design on each target: bars side by side."""
    with styled():
        targets, designs = _bands(metrics)
        height = 0.8 / len(designs)
        figure = Figure(
            figsize=(WIDTH_IN, 0.9 + len(targets) * max(0.42, 0.28 * len(designs))),
            layout="constrained",
        )
        panels = figure.subplots(1, 2)
        for axes, unit, name, first in zip(
            panels, ("lut", "ff"), ("LUT", "Flip-flops"), (True, False), strict=True
        ):
            for m in metrics:
                if m[unit] is None:
                    continue
                index = designs.index(series(m))
                y = targets.index(m["title"]) + (index - (len(designs) - 1) / 2) * height
                axes.barh(y, m[unit], height * 0.88, color=COLOURS[index % len(COLOURS)])
                axes.annotate(
                    f"{m[unit]:,}",
                    (m[unit], y),
                    xytext=(4, 0),
                    textcoords="offset points",
                    va="center",
                    fontsize=8,
                )
            _rows(axes, targets, first)
            axes.margins(x=0.2)
            axes.autoscale(axis="x")
            axes.set_xlim(left=0)
            axes.set_title(name)
        _legend(figure, designs)
        return svg_text(figure)


def device(metrics: Sequence[Mapping[str, Any]]) -> str:
    """Share of the device that each design takes, in %: a bar for each kind of resource.

    A line stands at 100 %; where a device's total is not known there is no bar.
    """
    with styled():
        rows = [m for m in metrics if m.get("device")]
        units = ("lut", "ff", "bram", "dsp")
        figure = Figure(figsize=(WIDTH_IN, 0.9 + 0.75 * len(rows)), layout="constrained")
        axes = figure.subplots()
        for place, m in enumerate(rows):
            for index, unit in enumerate(units):
                resource = m["device"]["resources"].get(unit) or {}
                used, available = resource.get("used"), resource.get("available")
                if used is None or not available:
                    continue
                y = place + (index - 1.5) * 0.2
                share = 100 * used / available
                axes.barh(y, share, 0.17, color=COLOURS[index])
                axes.annotate(
                    f"{used:,} of {available:,}",
                    (share, y),
                    xytext=(4, 0),
                    textcoords="offset points",
                    va="center",
                    fontsize=7,
                )
        axes.set_yticks(range(len(rows)), [f"{m['title']}\n{series(m)}" for m in rows])
        axes.set_ylim(len(rows) - 0.5, -0.5)
        axes.axvline(100, color=INK, linewidth=0.8)
        axes.margins(x=0.15)
        axes.set_xlim(left=0)
        axes.grid(axis="x")
        axes.set_xlabel("% of the device")
        handles = [Patch(color=c, label=n.upper()) for c, n in zip(COLOURS, units, strict=True)]
        figure.legend(handles=handles, loc="outside lower center", ncols=4, frameon=False)
        return svg_text(figure)


def fmax(metrics: Sequence[Mapping[str, Any]]) -> str:
    """Clock of each design on each target, in MHz.

    A dot is nextpnr's median, a bar its range over place-and-route seeds, and a tick the device's
    limit where that is lower. Targets without a figure say so.
    """
    with styled():
        targets, designs = _bands(metrics)
        height = 0.7 / len(designs)
        figure = Figure(
            figsize=(WIDTH_IN, 0.95 + len(targets) * max(0.38, 0.25 * len(designs))),
            layout="constrained",
        )
        axes = figure.subplots()
        for m in metrics:
            index = designs.index(series(m))
            y = targets.index(m["title"]) + (index - (len(designs) - 1) / 2) * height
            colour, value = COLOURS[index % len(COLOURS)], m["fmax"]
            if value["median_mhz"] is None:
                text = "not measured"
                axes.annotate(
                    text,
                    (0, y),
                    xytext=(4, 0),
                    textcoords="offset points",
                    va="center",
                    fontsize=8,
                    color=MUTED,
                )
                continue
            axes.plot(
                [value["min_mhz"], value["max_mhz"]],
                [y, y],
                color=colour,
                linewidth=4,
                alpha=0.35,
                solid_capstyle="round",
            )
            axes.plot([value["median_mhz"]], [y], "o", color=colour, markersize=6)
            if m["device_limit_mhz"] is not None and m["device_limit_mhz"] < value["median_mhz"]:
                axes.plot(
                    [m["device_limit_mhz"]], [y], "|", color=INK, markersize=12, markeredgewidth=2
                )
            text = f"{value['median_mhz']:.1f}"
            axes.annotate(
                text,
                (value["max_mhz"], y),
                xytext=(8, 0),
                textcoords="offset points",
                va="center",
                fontsize=8,
            )
        axes.margins(x=0.12)
        _rows(axes, targets, True)
        axes.set_xlabel(
            "MHz: dot = nextpnr's median, bar = least to greatest over seeds, | = device's limit"
            " where lower"
        )
        _legend(figure, designs)
        return svg_text(figure)


def learning_curve(
    right: Sequence[float], block: int, chance: float, longer: Mapping[str, Any] | None
) -> str:
    """Share of right decisions in blocks of trials.

    Parameters
    ----------
    right : of each block, decided by the RTL.
    block : trials in one.
    chance : share that guessing would have.
    longer : a longer run of the golden model alone: `trials` and `right`, in blocks of the same
        size; None for none.
    """
    with styled():
        figure = Figure(figsize=(WIDTH_IN, 2.6), layout="constrained")
        axes = figure.subplots()
        if longer is not None:
            x = [(i + 0.5) * block for i in range(len(longer["right"]))]
            label = f"a longer run of {longer['trials']:,} trials, golden model alone"
            axes.plot(
                x,
                [100 * value for value in longer["right"]],
                color=COLOURS[1],
                linewidth=1,
                alpha=0.75,
                label=label,
            )
        x = [(i + 0.5) * block for i in range(len(right))]
        axes.plot(
            x,
            [100 * value for value in right],
            color=COLOURS[0],
            linewidth=2,
            label="decided by the RTL",
        )
        axes.axhline(100 * chance, color=MUTED, linewidth=0.8, linestyle=":", label="chance")
        axes.set_xlim(left=0)
        axes.set_ylim(0, 100)
        axes.grid(axis="y")
        axes.set_xlabel("trial")
        axes.set_ylabel(f"% right in {block} trials")
        # in the middle: learning ends near the top, and chance lies near the bottom
        axes.legend(loc="center right", frameon=False)
        return svg_text(figure)


def weight_maps(maps: NDArray[np.int64], names: Sequence[str], label: str) -> str:
    """One image a neuron, all on one colour scale that is symmetric about zero.

    Parameters
    ----------
    maps : integers, shape (neurons, rows, columns).
    names : title of each.
    label : of the colour scale.
    """
    with styled():
        columns = min(10, len(maps))
        rows = -(-len(maps) // columns)
        figure = Figure(figsize=(WIDTH_IN, 0.5 + 1.15 * rows), layout="constrained")
        panels = np.atleast_1d(figure.subplots(rows, columns, squeeze=False)).ravel()
        limit = max(1, int(np.abs(maps).max()))
        for axes, image, name in zip(panels, maps, names, strict=False):
            picture = axes.imshow(
                image, cmap="RdBu_r", vmin=-limit, vmax=limit, interpolation="nearest"
            )
            axes.set_title(name, loc="center")
        for axes in panels:
            axes.set_axis_off()
        bar = figure.colorbar(
            picture, ax=panels.tolist(), shrink=0.75, pad=0.015, ticks=[-limit, 0, limit]
        )
        bar.set_label(label, fontsize=8)
        bar.ax.tick_params(labelsize=8, right=False)
        # Matplotlib types the outline as a callable.
        bar.outline.set_visible(False)  # type: ignore[operator]
        return svg_text(figure)
