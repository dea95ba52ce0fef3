"""The page of figures: which numbers it takes, how it names them, and a history of two commits."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from campaigns import dashboard
from campaigns.dashboard import MOST, Version, change, curve, figures_of, number_text, summarised


def test_figures_are_numbers_of_known_quantities_with_the_names_around_them() -> None:
    report = {
        "seeds": 5,
        "rows": [
            {"design": "bank", "target": "ecp5", "lut": 7, "fmax": {"median_mhz": 90.5}},
            {"design": "bank", "target": "ice40", "lut": None, "passed": True},
        ],
        "lut": [1, 2, 3],
    }
    assert figures_of(report) == {
        ("lut", "rows · bank ecp5"): 7,
        ("median_mhz", "rows · bank ecp5 · fmax"): 90.5,
    }


def test_rows_without_a_name_are_told_apart_by_their_number() -> None:
    assert figures_of([{"ff": 1}, {"ff": 2}]) == {("ff", "0"): 1, ("ff", "1"): 2}


@pytest.mark.parametrize(
    ("before", "now", "better", "says"),
    [
        (100.0, 90.0, -1, ("-10.0 %", "better")),
        (100.0, 90.0, 1, ("-10.0 %", "worse")),
        (0.0, 3.0, -1, ("3", "worse")),
        (5.0, 5.0, 1, ("=", "")),
        (None, 5.0, 1, ("new", "")),
        (2.0, 5.0, 0, ("+150.0 %", "")),
    ],
)
def test_change(before: float | None, now: float, better: int, says: tuple[str, str]) -> None:
    assert change(before, now, better) == says


def test_a_figure_that_is_missing_is_a_dash_and_no_zero() -> None:
    assert (number_text(None), number_text(0.0), number_text(1234567.0), number_text(0.12345)) == (
        "–", "0", "1,234,567", "0.1235",
    )  # fmt: skip
    assert curve([1.0, None, 3.0]) == [(3.0, 19.0), (107.0, 3.0)]
    assert curve([None]) == []


def test_many_figures_become_three() -> None:
    many = {("ff", str(n)): float(n) for n in range(MOST + 1)}
    (one,) = summarised([Version("c", "d", {**many, ("lut", ""): 1.0})])
    assert one.figures == {
        ("lut", ""): 1, ("ff", f"median of {MOST + 1}"): 20, ("ff", "least"): 0, ("ff", "most"): 40,
    }  # fmt: skip


def test_history_and_release(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def git(*words: str) -> None:
        identity = ("-c", "user.name=a", "-c", "user.email=a@b")
        subprocess.run(["git", "-C", str(tmp_path), *identity, *words], check=True)

    git("init", "-q")
    (tmp_path / "reports").mkdir()
    for number, lut in enumerate((70, 50, 40)):
        (tmp_path / "reports" / "speed.json").write_text(json.dumps({"name": "x", "lut": lut}))
        git("add", "reports")
        git("commit", "-q", "-m", str(lut))
        if number == 1:
            git("tag", "v0.1.0")
    monkeypatch.setattr(dashboard, "ROOT", tmp_path)
    monkeypatch.setattr(dashboard, "state", lambda folder, name: ("current", "today"))
    text = dashboard.page(tmp_path / "reports")
    assert "since\nrelease v0.1.0" in text
    assert "<td>50</td><td>40</td>" in text
    assert '<td class="better">-20.0 %</td>' in text
    git("tag", "-d", "v0.1.0")
    assert '<td class="better">-42.9 %</td>' in dashboard.page(tmp_path / "reports")
