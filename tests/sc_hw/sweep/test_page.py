"""The page of a sweep: whole in one file, with a row and a link for each design of a front."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from sc_hw.sweep import page
from sc_hw.sweep.front import fronts
from sc_hw.sweep.page import write_page
from sc_hw.sweep.plots import draw_fronts
from sc_hw.sweep.spec import parse_sweep
from sc_hw.sweep.sweep import _front_row

TARGET = "ice40-up5k"
SPEC = parse_sweep(
    {
        "sweep": {
            "name": "s",
            "design": "d.toml",
            "targets": [TARGET],
            "objectives": ["lut", "ff"],
            "prove": True,
        },
        "grid": {"a.x": [1, 2, 3, 4]},
    }
)
POINTS = [{"a.x": value} for value in (1, 2, 3, 4)]
BAD = "rule.weight_bits must be <= 24, not <b>99</b> & more."


def priced(lut: int, ff: int, fits: bool = True) -> dict[str, Any]:
    price = {"lut": lut, "lut_low": lut - 1, "lut_high": lut + 2, "ff": ff, "fits": fits}
    return {"prices": {TARGET: price}, "accuracies": {}}


OUTCOMES = [priced(1010, 5), priced(500, 10), priced(99_000, 1, fits=False), {"failed": BAD}]


class Tags(HTMLParser):
    """Whether every tag that is opened is closed, in its turn."""

    VOID = ("meta", "br", "img", "path", "use", "rect", "circle")

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.faults: list[str] = []

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: Any) -> None:
        pass

    def handle_endtag(self, tag: str) -> None:
        if tag in self.VOID:
            return
        if not self.open or self.open.pop() != tag:
            self.faults.append(tag)


def written(folder: Path) -> str:
    front = fronts(SPEC, OUTCOMES)
    summary = {
        "points": 4,
        "failed": 1,
        "objectives": list(SPEC.objectives),
        "fronts": [
            _front_row(SPEC, target, task, numbers, POINTS, OUTCOMES, {0: True, 1: False})
            for (target, task), numbers in front.items()
        ],
    }
    plots = draw_fronts(SPEC, OUTCOMES, front)
    file = write_page(folder / "sweep.html", SPEC, POINTS, OUTCOMES, front, summary, plots)
    return file.read_text(encoding="utf-8")


def test_a_page_is_whole_and_the_same_again(tmp_path: Path) -> None:
    text = written(tmp_path)
    assert written(tmp_path) == text
    tags = Tags()
    tags.feed(text)
    assert (tags.open, tags.faults) == ([], [])
    # nothing is fetched from elsewhere: the names of SVG's own languages are no addresses
    assert re.findall(r'(?:src|href)="(?:https?:)?//[^"]*"', text) == []
    assert "<script" not in text


def test_the_fronts_designs_are_linked_with_their_bars(tmp_path: Path) -> None:
    text = written(tmp_path)
    first, second = (f'<a href="front/s_{number}.toml">s_{number}.toml</a>' for number in (1, 0))
    assert text.index(first) < text.index(second)  # the fewest LUTs in front
    assert "front/s_2.toml" not in text  # it does not fit
    assert "1,010<small>1,009 to 1,012</small>" in text
    for number in (0, 1):
        assert f'id="front-{TARGET}-{number}"' in text
        assert f'href="#front-{TARGET}-{number}"' in text
    assert "lut (less is better)" in text
    assert text.count("not proved") == 1


def test_points_that_failed_say_why_and_are_escaped(tmp_path: Path) -> None:
    text = written(tmp_path)
    assert "<b>99</b>" not in text
    assert text.count("must be &lt;= 24, not &lt;b&gt;99&lt;/b&gt; &amp; more.") == 2
    assert text.count('<tr class="unfit">') == 2
    assert text.count('<tr class="front">') == 2


def test_a_long_table_is_cut_and_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(page, "MAX_ROWS", 3)
    text = written(tmp_path)
    assert "The first 3 rows" in text
    assert "4 rows, in" in text
