"""Pages: escaped, self-contained, strict about what a template asks for."""

from __future__ import annotations

import base64
import copy
import json
import re
from pathlib import Path

import jinja2
import pytest
from report_files import COSIM, MANIFEST, PROOF, Page, metric, put

from sc_hw.reporting.pages import NO_BOARD, render, write_pages
from sc_hw.reporting.report import report

SVG = "<svg>a &amp; b</svg>"


@pytest.fixture
def templates(tmp_path: Path) -> Path:
    folder = tmp_path / "templates"
    folder.mkdir()
    (folder / "page.md").write_text("{{ r.figure | number }} {{ r.text | md }} {{ no_board }}\n")
    (folder / "page.html").write_text(
        "<p>{{ r.text }}</p>{% for source in pictures.values() %}<img src='{{ source }}'>"
        "{% endfor %}{{ embedded }}"
    )
    return folder


@pytest.mark.parametrize("embed", [True, False])
def test_three_files_and_their_pictures(tmp_path: Path, templates: Path, embed: bool) -> None:
    content = {"figure": 1234, "text": "<b> | c"}
    write_pages(tmp_path, "page", content, {}, {"plot": SVG}, embed, templates=templates)
    assert json.loads((tmp_path / "page.json").read_text()) == content
    assert (tmp_path / "page.md").read_text() == f"1,234 &lt;b&gt; \\| c {NO_BOARD}\n"
    page = (tmp_path / "page.html").read_text()
    assert "<p>&lt;b&gt; | c</p>" in page
    (source,) = re.findall("src='(.*?)'", page)
    if embed:
        assert base64.b64decode(source.removeprefix("data:image/svg+xml;base64,")) == SVG.encode()
        assert not list(tmp_path.glob("*.svg"))
    else:
        assert source == "page_plot.svg"
        assert (tmp_path / source).read_text() == SVG


def test_the_template_may_have_another_name(tmp_path: Path, templates: Path) -> None:
    content = {"figure": 0, "text": ""}
    write_pages(tmp_path, "other", content, {}, {}, True, "page", templates)
    assert sorted(path.name for path in tmp_path.glob("other.*")) == [
        "other.html",
        "other.json",
        "other.md",
    ]


def test_a_name_that_is_not_there_is_an_error(templates: Path) -> None:
    with pytest.raises(jinja2.UndefinedError):
        render("page.md", {"r": {"figure": 1}, "no_board": ""}, templates)


def test_the_page_is_self_contained_and_parses(tmp_path: Path) -> None:
    build = put(tmp_path, proof=PROOF, results=COSIM, metrics=[metric("a")])
    report(build)
    text = (build / "report.html").read_text()
    page = Page(text)
    assert not re.search(
        r"https?://|//[a-z]", re.sub(r"data:image/svg\+xml;base64,[A-Za-z0-9+/=]+", "", text)
    )
    assert not re.search(r"@import|url\(", text)
    assert not page.tags & {"script", "link", "iframe", "object"}
    assert len(page.sources) >= 2
    assert all(
        source.startswith(("data:image/svg+xml;base64,", "color:")) for source in page.sources
    )


def test_names_are_escaped(tmp_path: Path) -> None:
    evil = '<script>alert("x")</script> | `a` & *b*'
    manifest = copy.deepcopy(MANIFEST)
    manifest["top"] = evil
    proof = copy.deepcopy(PROOF)
    proof["claims"][0]["name"] = proof["mutants"][0]["name"] = evil
    proof["mutants"][0]["counterexample"] = {evil: 1}
    path = {"from": evil, "to": evil, "delay_ns": 1.5, "logic_ns": 1.0, "routing_ns": 0.5}
    cosim = COSIM | {"coverage": {"bins": {evil: 0}, "missed": [evil]}}
    build = put(
        tmp_path,
        manifest=manifest,
        proof=proof,
        results=cosim,
        metrics=[metric("a", title=evil, critical_path=path)],
    )
    report(build)
    text = (build / "report.html").read_text()
    assert "<script" not in text
    assert "script" not in Page(text).tags
    for line in (build / "report.md").read_text().splitlines():
        if evil[8:14] in line and line.startswith("|"):
            assert "<script" not in re.sub(r"`[^`]*`", "", line)
            assert not re.search(r"(?<!\\)\| `?a", line)
