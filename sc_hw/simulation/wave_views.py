"""What a viewer shows of waves: signals of the manifest by group, and the first difference.

`sc-hw cosim --waves` keeps every signal of every module: thousands. A view is a save file of
GTKWave (which Surfer reads too) that shows the clock, the ports and the values that the rule's text
names, and has a marker at the first difference from the golden model.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

from vcd.gtkw import GTKWSave

from sc_hw.build.elaborate import Build, elaborate
from sc_hw.files import DEFAULT_ROOT, PathLike, replacing
from sc_hw.progress import Progress, silent
from sc_hw.simulation.cosim import cosim
from sc_hw.simulation.fst import fst_library, write_fst
from sc_hw.simulation.vcd import Signal, rising_edges, signals_of
from sc_model.spec import Design

INSTANCES = 2  # copies of a module whose named values are shown: lanes are all alike
# Clocks around the first difference that the view begins and ends with.
AROUND = 12
PIXELS = 25  # of a clock, at the zoom that a view begins with
STEPS = 200  # of a run that is looked at: a file of waves of more is long


def show_waves(
    design: Design,
    *,
    root: PathLike = DEFAULT_ROOT,
    steps: int = STEPS,
    events: PathLike | None = None,
    fst: bool = False,
    progress: Progress = silent,
) -> dict[str, Any]:
    """Co-simulate with waves, and write a view of them.

    Parameters
    ----------
    design : to elaborate under `root`.
    steps : steps of each run.
    events : recording to replay in place of random stimulus.
    fst : whether the waves are written as FST, too, and the view is of that file.

    Returns
    -------
    dict : `waves` and `view`, the files; `time`, that of the first difference in the unit of the
        waves, or None; `first_difference` and `passed` of the co-simulation.

    Raises
    ------
    MissingPackageError : `fst`, and pylibfst is not installed.
    """
    if fst:  # before the minute that the simulator takes
        fst_library()
    build: Build = elaborate(design, root)
    results = cosim(build, steps=steps, events=events, waves=True, progress=progress)
    waves = Path(results["waves"])
    view, time = write_view(waves, build.manifest, results["first_difference"], fst)
    if fst:
        progress(f"{design.name}: writing the waves as FST")
        waves = write_fst(waves, waves.with_suffix(".fst"))
    return {
        "waves": str(waves),
        "view": str(view),
        "time": time,
        "first_difference": results["first_difference"],
        "passed": results["passed"],
    }


def difference_time(waves: Path, clock: Signal | None, first: Mapping[str, Any]) -> int | None:
    """When the first difference was seen, in the file's unit; None where it names no clock.

    Networks say the time itself, in picoseconds, which are the unit of their waves; other benches
    count the edges of their clock.
    """
    if "time_ps" in first:
        return int(first["time_ps"])
    if clock is None or first.get("clock") is None:
        return None
    return next(islice(rising_edges(waves, clock.code), int(first["clock"]), None), None)


def _design_scope(signals: Sequence[Signal], ports: Sequence[str]) -> str:
    """The scope that has the block's ports: the deepest of those with most of them."""
    counts: dict[str, int] = {}
    for signal in signals:
        scope, _, name = signal.path.rpartition(".")
        counts[scope] = counts.get(scope, 0) + (name in ports)
    return max(counts, key=lambda scope: (counts[scope], scope.count("."), scope), default="")


def groups(manifest: Mapping[str, Any], signals: Sequence[Signal]) -> dict[str, list[Signal]]:
    """The signals of a view by the heading of their group, in the order of the manifest."""
    directions = {port["name"]: port["direction"] for port in manifest["ports"]}
    scope = _design_scope(signals, list(directions))
    by_path = {signal.path: signal for signal in signals}
    by_heading: dict[str, list[Signal]] = {"clocks and resets": [], "inputs": [], "outputs": []}
    special = {
        entry[key]
        for entry in (*manifest.get("domains", ()), manifest.get("domain") or {})
        for key in ("clock", "reset")
        if entry.get(key)
    }
    for name, direction in directions.items():
        signal = by_path.get(f"{scope}.{name}")
        if signal is not None:
            heading = "clocks and resets" if name in special else f"{direction}s"
            by_heading.setdefault(heading, []).append(signal)
    # A value may have two names, and a signal then is listed twice.
    for name_of_value in dict.fromkeys(
        value["signal"] for value in manifest.get("named_signals", ())
    ):
        ends = f".{name_of_value}"
        copies = [signal for signal in signals if signal.path.endswith(ends)]
        by_heading.setdefault("values that the rule names", []).extend(copies[:INSTANCES])
    return {heading: members for heading, members in by_heading.items() if members}


def write_view(
    waves: Path, manifest: Mapping[str, Any], first: Mapping[str, Any] | None, fst: bool = False
) -> tuple[Path, int | None]:
    """Write the save file beside the waves.

    Parameters
    ----------
    waves : VCD file.
    manifest : of the build.
    first : the first difference of a co-simulation; None without one.
    fst : whether the view is of the same waves as FST.

    Returns
    -------
    path : of the save file.
    time : of the first difference in the file's unit, or None.
    """
    signals = signals_of(waves)
    view = groups(manifest, signals)
    clock = next(iter(view.get("clocks and resets", ())), None)
    time = None if first is None else difference_time(waves, clock, first)
    path = waves.with_suffix(".gtkw")
    with replacing(path) as temporary, temporary.open("w", encoding="utf-8") as stream:
        save = GTKWSave(stream)
        save.dumpfile(waves.with_suffix(".fst").name if fst else waves.name, abspath=False)
        save.savefile(path.name, abspath=False)
        period = _period(waves, clock)
        save.timestart(0 if time is None else max(0, time - AROUND * period))
        # GTKWave 3.3 draws 2^-zoom units of time in 200 pixels
        zoom = math.log2(PIXELS / 200 / period) if period else 0.0
        save.zoom_markers(zoom, -1 if time is None else time)
        for heading, members in view.items():
            with save.group(heading):
                for signal in members:
                    save.trace(signal.label, datafmt="hex" if signal.bits > 1 else "bin")
        if first is not None:
            save.blank(f"first difference: {_in_words(first)}")
    return path, time


def _period(waves: Path, clock: Signal | None) -> int:
    edges = [] if clock is None else list(islice(rising_edges(waves, clock.code), 2))
    return edges[1] - edges[0] if len(edges) == 2 else 0


def _in_words(first: Mapping[str, Any]) -> str:
    keys = ("step", "layer", "neuron", "synapse", "space", "index", "field", "expected", "got")
    return ", ".join(f"{key} {first[key]}" for key in keys if key in first)
