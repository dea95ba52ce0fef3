"""Tables of a report: footnotes, nulls, quoted clocks, and every number from the JSON."""

from __future__ import annotations

from pathlib import Path

from report_files import (
    COSIM,
    MANIFEST,
    NO_TIMING,
    PROOF,
    UNKNOWN_LIMIT,
    VERSIONS,
    Page,
    leaves,
    metric,
    numbers,
    put,
)

from sc_hw.reporting.report import report
from sc_hw.reporting.tables import DASH, code_spans, number


def test_a_null_is_a_dash_with_its_reason_and_never_zero(tmp_path: Path) -> None:
    build = put(tmp_path, metrics=[metric("a", **NO_TIMING)], results=COSIM)
    content = report(build)
    assert content["price"][0]["fmax"]["median_mhz"] is None
    page = (build / "report.html").read_text()
    row = Page(page).cells["price"][1]
    assert (
        row[5].strip() == row[7].strip() == row[8].strip() == f"{DASH} 1"
    )  # the digit is the footnote
    assert row[6].split() == ["131.5", "2", "multiplier,", "typical"]
    assert "<li>fixture: no timing &lt;for&gt; this | device</li>" in page
    markdown = (build / "report.md").read_text()
    assert f"| {DASH} [1] | 131.5 [2] multiplier, typical | {DASH} [1] | {DASH} [1] |" in markdown
    assert "1. fixture: no timing &lt;for&gt; this \\| device" in markdown
    assert f"| 477 | {DASH} | 2.5 |" in markdown  # cycles_per_s is null
    assert number(None) == DASH
    assert number(0) == "0"


def test_the_lower_of_nextpnrs_figure_and_the_devices_limit_is_quoted_in_bold(
    tmp_path: Path,
) -> None:
    old = {
        key: value
        for key, value in metric("c").items()
        if "limit" not in key and "quoted" not in key
    }
    build = put(tmp_path, metrics=[metric("a"), metric("b", **UNKNOWN_LIMIT), old])
    content = report(build)
    assert [price["quoted_mhz"] for price in content["price"]] == [131.5, 137.9, None]
    assert content["figures"]["price.a.quoted_mhz"] == 131.5
    page = (build / "report.html").read_text()
    limited, unlimited, before = (
        [cell.split() for cell in row[5:]] for row in Page(page).cells["price"][1:]
    )
    assert limited[0][0] == "137.9"
    assert limited[1:] == [["131.5", "1", "multiplier,", "typical"], ["131.5"], ["131.5"]]
    assert unlimited[1:] == [[DASH, "2"], ["137.9"], ["137.9"]]
    assert before[1:] == [[DASH, "3"]] * 3
    assert "<b>131.5</b>" in page
    assert "<li>Limit of the multiplier, typical: fixture: sheet &lt;X&gt;.</li>" in page
    assert "<li>fixture: no sheet</li>" in page
    assert "run `sc-hw estimate` again" in page
    markdown = (build / "report.md").read_text()
    assert "| 131.5 [1] multiplier, typical | **131.5** | 131.5 |" in markdown
    assert f"| {DASH} [2] | **137.9** | 137.9 |" in markdown


def test_every_number_in_the_tables_comes_from_the_json(tmp_path: Path) -> None:
    metrics = [metric("a"), metric("b", lut=4321, bram=0)]
    build = put(tmp_path, proof=PROOF, results=COSIM, metrics=metrics)
    report(build)
    known = leaves([MANIFEST, PROOF, COSIM, metrics])
    known |= {round(m["quoted_updates_per_s"] / 1e6, 1) for m in metrics}  # printed in millions
    known |= {float(len(m["fmax"]["by_seed_mhz"])) for m in metrics} | {
        10.0,
        6.0,
    }  # "3 seeds"; "10^6" in the heading
    page = Page((build / "report.html").read_text())
    assert "price" in page.cells
    assert "paths" in page.cells
    for name, rows in page.cells.items():
        for row in rows:
            for cell in row:
                if cell in VERSIONS:
                    continue
                assert numbers(cell) <= known, (name, cell)
    text = " ".join(cell for rows in page.cells.values() for row in rows for cell in row)
    for figure in (
        "1,234",
        "4,321",
        "567",
        "2.5",
        "137.9",
        "128.4 to 141.3",
        "7.25",
        "477",
        "248",
        "17.77",
        "3 seeds",
    ):
        assert figure in text


def test_backquotes_become_code_and_nothing_else_does() -> None:
    assert code_spans("`write` < 2 & `a<b`") == (
        "<code>write</code> &lt; 2 &amp; <code>a&lt;b</code>"
    )
