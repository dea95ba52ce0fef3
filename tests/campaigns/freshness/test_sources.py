"""The table of what reports speak of."""

from __future__ import annotations

from pathlib import Path

from campaigns.freshness.sources import REPORTS

ROOT = Path(__file__).parents[3]
INDEX = "README"


def test_every_report_is_in_the_table_and_follows_from_files_that_exist() -> None:
    files = (ROOT / "reports").iterdir()
    found = {file.stem for file in files if file.suffix in (".md", ".json")} - {INDEX}
    assert found <= set(REPORTS)
    for name, report in REPORTS.items():
        missing = [path for path in report.sources if not (ROOT / path).exists()]
        assert not missing or name not in found, (name, missing)
        assert report.about
