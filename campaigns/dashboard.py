"""Every committed figure over the history, on a page: `python -m campaigns.dashboard --out FOLDER`.

It reads `reports/*.json` as each commit left them, from Git, and writes `dashboard.html`: for each
figure its value now, at the last release (the newest tag `v*`; before the first release, at the
report's first commit), the change, and a curve over the commits. A figure is a number under a key
that names a known quantity (`QUANTITIES`); where it stands is said by the names around it. A report
with more than `MOST` figures of a quantity has their median, least and most instead.
"""

from __future__ import annotations

import argparse
import json
import re
import statistics
import subprocess
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from campaigns.freshness.sources import REPORTS
from campaigns.freshness.stamps import state
from sc_hw.files import write_text
from sc_hw.reporting.pages import render

ROOT = Path(__file__).parents[1]
MOST = 40  # figures of a quantity that a report shows one by one
WIDTH, HEIGHT = 110, 22  # of a curve, in pixels


@dataclass(frozen=True)
class Quantity:
    """What a number is.

    Members
    -------
    keys : pattern of the keys that name it in a report.
    group : heading under which it stands.
    unit : of the number, as shown.
    better : 1 where more is better, -1 where less is, 0 where neither.
    """

    keys: str
    group: str
    unit: str
    better: int


QUANTITIES = (
    Quantity(r"lut4?", "area", "LUT", -1),
    Quantity(r"ff", "area", "FF", -1),
    Quantity(r"bram|block_ram", "area", "block RAM", -1),
    Quantity(r"dsp|spram", "area", "", -1),
    Quantity(r"(fmax_|quoted_)?(median_)?mhz", "speed on the fabric", "MHz", 1),
    Quantity(r"(quoted_)?updates_per_s", "speed on the fabric", "updates/s", 1),
    Quantity(r"training_samples_per_s", "speed on the fabric", "samples/s", 1),
    Quantity(r"us_an_image|us_image|ms_a_decision", "speed on the fabric", "", -1),
    Quantity(r"(.*_)?clocks(_an_image|_a_step|_a_sample)?", "speed on the fabric", "clocks", -1),
    Quantity(r"claims|proved|mutants|refuted|equivalent|undecided", "proofs", "", 0),
    Quantity(r"differences(_.*)?|mismatches|wrong_spikes|failures", "agreement", "", -1),
    Quantity(r"synapse_steps|synapse_events|compared|frames", "agreement", "", 0),
    Quantity(
        r"(.*_)?accuracy|integers|float|right|test|held_out|median|worst_fold", "accuracy", "", 1
    ),
    Quantity(r".+_per_s|ratio|simd|numpy", "speed of models", "", 1),
    # neither better nor worse: what else the machine did is in it
    Quantity(r"(wall_)?seconds|wall_s|cpu_seconds|install_seconds", "time of tools", "s", 0),
    Quantity(r"peak_mb|process_mb|network_mb|wheel_bytes", "memory", "", -1),
)
# Keys whose words say which row a number belongs to, in the order in which they are put together.
NAMES = (
    *("name", "title", "board", "design", "task", "data", "rule", "family", "block", "kind"),
    *("target", "fabric", "host", "learner", "backend", "mode", "label", "claim", "lanes"),
    *("neurons", "inputs", "seed", "fold"),
)

Figures = Mapping[tuple[str, str], float]  # (key, place) to value


def quantity_of(key: str) -> Quantity | None:
    """What a key's number is; None where it is no known quantity."""
    return next((one for one in QUANTITIES if re.fullmatch(one.keys, key)), None)


def figures_of(content: Any) -> Figures:
    """All figures of a report's JSON."""
    return {(key, place): value for key, place, value in _numbers(content, "", ())}


def _numbers(content: Any, key: str, place: tuple[str, ...]) -> Iterator[tuple[str, str, float]]:
    if isinstance(content, dict):
        own = [str(content[n]) for n in NAMES if isinstance(content.get(n), str | int)]
        for name, value in content.items():
            inner = (*place, " ".join(dict.fromkeys(own))) if own else place
            nested = isinstance(value, dict | list)
            yield from _numbers(value, name, (*inner, name) if nested else inner)
    elif isinstance(content, list):
        if content and all(isinstance(one, int | float) for one in content):
            return  # a curve, or values by seed: its median stands beside it
        for number, one in enumerate(content):
            has_name = isinstance(one, dict) and any(isinstance(one.get(n), str) for n in NAMES)
            yield from _numbers(one, key, place if has_name else (*place, str(number)))
    elif isinstance(content, int | float) and not isinstance(content, bool) and quantity_of(key):
        yield key, " · ".join(part for part in place if part), float(content)


def _git(*arguments: str) -> str:
    return subprocess.run(
        ["git", "-C", str(ROOT), *arguments], capture_output=True, text=True, check=True
    ).stdout


@dataclass(frozen=True)
class Version:
    """A report as a commit left it."""

    commit: str
    day: str
    figures: Figures


def history(name: str) -> list[Version]:
    """All versions of a report, oldest first; one that can't be read is left out."""
    path, versions = f"reports/{name}.json", []
    for line in _git("log", "--reverse", "--format=%H %cs", "--", path).splitlines():
        commit, day = line.split()
        process = subprocess.run(
            ["git", "-C", str(ROOT), "show", f"{commit}:{path}"],
            capture_output=True,
            text=True,
            check=False,
        )
        if process.returncode == 0:  # the commit may have removed it
            versions.append(Version(commit, day, figures_of(json.loads(process.stdout))))
    return versions


def summarised(versions: Sequence[Version]) -> list[Version]:
    """Versions in which a key with over `MOST` figures has their median, least and most."""
    many = defaultdict(set)
    for version in versions:
        for key, place in version.figures:
            many[key].add(place)
    long = {key for key, places in many.items() if len(places) > MOST}
    return [Version(one.commit, one.day, _shortened(one.figures, long)) for one in versions]


def _shortened(figures: Figures, long: set[str]) -> Figures:
    short = {at: value for at, value in figures.items() if at[0] not in long}
    for key in long:
        values = [value for (name, _), value in figures.items() if name == key]
        if values:
            short[key, f"median of {len(values)}"] = statistics.median(values)
            short[key, "least"], short[key, "most"] = min(values), max(values)
    return short


def last_release() -> str | None:
    """The newest tag of a version, None before the first."""
    return next(iter(_git("tag", "--list", "v*", "--sort=-version:refname").split()), None)


def is_before(commit: str, release: str) -> bool:
    """Whether a commit is part of a release."""
    command = ["git", "-C", str(ROOT), "merge-base", "--is-ancestor", commit, release]
    return subprocess.run(command, check=False).returncode == 0


def curve(values: Sequence[float | None]) -> list[tuple[float, float]]:
    """Points of a figure's line over the commits, in pixels; none where there is no value."""
    points = [(n, v) for n, v in enumerate(values) if v is not None]
    least, most = (min(v for _, v in points), max(v for _, v in points)) if points else (0.0, 0.0)
    across = max(len(values) - 1, 1)
    return [
        (
            round(3 + n / across * (WIDTH - 6), 1),
            round(HEIGHT - 3 - ((v - least) / (most - least or 1)) * (HEIGHT - 6), 1),
        )
        for n, v in points
    ]


def number_text(value: float | None) -> str:
    """A number as a reader wants it; a dash where there is none."""
    if value is None:
        return "–"
    return f"{int(value):,}" if value == int(value) else f"{value:,.4g}"


def change(before: float | None, now: float, better: int) -> tuple[str, str]:
    """The change in words, and whether it is `better` or `worse` (empty where neither)."""
    if before is None:
        return "new", ""
    if before == now:
        return "=", ""
    text = f"{100 * (now - before) / abs(before):+.1f} %" if before else number_text(now - before)
    verdict = {1: "better", -1: "worse", 0: ""}[better * (1 if now > before else -1)]
    return text, verdict


def rows(versions: Sequence[Version], base: Version) -> list[tuple[str, list[dict[str, Any]]]]:
    """Rows of the newest version's figures, by group."""
    groups: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for at, now in versions[-1].figures.items():
        quantity = quantity_of(at[0])
        if quantity is None:
            continue
        before = base.figures.get(at)
        text, verdict = change(before, now, quantity.better)
        groups[quantity.group].append(
            {
                "label": ": ".join(part for part in (at[1], at[0].replace("_", " ")) if part),
                "unit": quantity.unit,
                "before": number_text(before),
                "now": number_text(now),
                "change": text,
                "verdict": verdict,
                "curve": curve([one.figures.get(at) for one in versions]),
            }
        )
    return sorted(groups.items())


def page(folder: Path) -> str:
    """The page of all reports that a folder has."""
    release, reports, days, commits = last_release(), [], [], set()
    for name in sorted(REPORTS):
        versions = summarised(history(name))
        if not versions or not (folder / f"{name}.json").is_file():
            continue
        released = [one for one in versions if release and is_before(one.commit, release)]
        base = released[-1] if released else versions[0]
        verdict, day = state(folder, name)
        reports.append(
            {
                "name": name,
                "about": REPORTS[name].about,
                "state": f"{verdict}, of {day}",
                "commits": len(versions),
                "groups": rows(versions, base),
            }
        )
        days += [one.day for one in versions]
        commits |= {one.commit for one in versions}
    context = {
        "reports": reports,
        "release": release,
        "commits": len(commits),
        "first_day": min(days, default="–"),
        "last_day": max(days, default="–"),
        "width": WIDTH,
        "height": HEIGHT,
    }
    return render("dashboard.html", context, Path(__file__).parent / "templates")


def main() -> None:
    """Run the command."""
    parser = argparse.ArgumentParser(prog="campaigns.dashboard", description=__doc__)
    parser.add_argument("--out", type=Path, default=ROOT / "build")
    options = parser.parse_args()
    print(write_text(options.out / "dashboard.html", page(ROOT / "reports")))


if __name__ == "__main__":
    main()
