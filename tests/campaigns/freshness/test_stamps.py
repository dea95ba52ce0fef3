"""Reports that are older than the code that they speak of are found."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

import pytest

from campaigns.freshness import stamps
from campaigns.freshness.__main__ import main
from campaigns.freshness.sources import REPORTS, Report
from campaigns.freshness.stamps import (
    blobs_here,
    blobs_of_commit,
    digest,
    index,
    reports_in,
    stamp,
    stamp_committed,
    state,
    without_stamp,
)

ROOT = Path(__file__).parents[3]
PAGE = "# A page\n\nMade by somebody.\n"


def git(root: Path, *arguments: str) -> None:
    identity = ["-c", "user.name=a", "-c", "user.email=a@example.org"]
    subprocess.run(["git", "-C", str(root), *identity, *arguments], check=True, capture_output=True)


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A repository with two reports: `page` speaks of a folder, `bare` has no Markdown."""
    if shutil.which("git") is None:
        pytest.skip("needs git")
    table = {
        "bare": Report("numbers alone", "", ("code/a.py",)),
        "page": Report("a page", "maker.py", ("code",)),
        "to_come": Report("not made yet", "maker.py", ("code",)),
    }
    monkeypatch.setattr(stamps, "REPORTS", table)
    (tmp_path / "code" / "__pycache__").mkdir(parents=True)
    (tmp_path / "reports").mkdir()
    (tmp_path / "code" / "a.py").write_text("a = 1\n")
    (tmp_path / "code" / "b.py").write_text("b = 1\n")
    (tmp_path / "code" / "__pycache__" / "a.pyc").write_text("left behind")
    (tmp_path / "maker.py").write_text("make()\n")
    (tmp_path / "reports" / "page.md").write_text(PAGE)
    (tmp_path / "reports" / "page.json").write_text("{}\n")
    (tmp_path / "reports" / "bare.json").write_text('[{"n": 1}, {"n": 2}]\n')
    git(tmp_path, "init", "-q")
    git(tmp_path, "add", ".")
    git(tmp_path, "commit", "-q", "-m", "first")
    return tmp_path


def test_a_report_is_older_after_a_change_of_what_it_speaks_of(root: Path) -> None:
    reports = root / "reports"
    assert reports_in(reports) == ["bare", "page"]
    assert state(reports, "page", root) == ("no stamp", "unknown")
    for name in ("page", "bare"):
        stamp(reports, name, root)
        assert state(reports, name, root)[0] == "current"
    text = (reports / "page.md").read_text()
    title, _, line = text.splitlines()[:3]
    assert title == "# A page"
    assert line.startswith("Made with sources ")
    assert line.endswith("; `python -m campaigns.freshness` says whether they have changed.")
    assert without_stamp(text) == PAGE
    assert without_stamp(PAGE) == PAGE
    numbers = json.loads((reports / "bare.json").read_text())
    assert [sorted(each) for each in numbers] == [["n", "sources"], ["n"]]
    stamp(reports, "page", root)  # a second stamp changes nothing
    assert (reports / "page.md").read_text() == text

    (root / "code" / "b.py").write_text("b = 2\n")
    assert state(reports, "page", root)[0] == "older: 1 of 3 files"
    assert state(reports, "bare", root)[0] == "current"  # of `a.py` alone
    assert ": 1 of 2 are." in index(reports, root)
    assert "| [bare](bare.json) | numbers alone | `sc-hw` |" in index(reports, root)
    (root / "code" / "b.py").write_text("b = 1\n")
    assert state(reports, "page", root)[0] == "current"
    (root / "maker.py").unlink()
    (root / "code" / "c.py").touch()
    assert state(reports, "page", root)[0] == "older: 2 of 4 files"


def test_a_committed_report_has_the_sources_of_its_commit(root: Path) -> None:
    reports = root / "reports"
    sources = ("code", "maker.py")
    first = blobs_here(root, sources)
    assert first == blobs_of_commit(root, "HEAD", sources)
    assert sorted(first) == ["code/a.py", "code/b.py", "maker.py"]
    (root / "code" / "a.py").write_text("a = 2\n")
    (reports / "page.md").write_text(PAGE + "Worded better.\n")  # its numbers are not new
    git(root, "commit", "-q", "-a", "-m", "second")
    stamp_committed(reports, "page", root)
    text = (reports / "page.md").read_text()
    assert f"Made with sources {digest(first)} on " in text
    assert " (derived from commit " in text
    assert state(reports, "page", root)[0] == "older: 1 of 3 files"


def test_without_commits_a_report_is_older_all_the_same(root: Path) -> None:
    shutil.rmtree(root / ".git")
    reports = root / "reports"
    stamp(reports, "page", root)
    assert "commit" not in (reports / "page.md").read_text()
    assert state(reports, "page", root)[0] == "current"
    (root / "code" / "a.py").write_text("a = 2\n")
    assert state(reports, "page", root)[0] == "older"


def test_every_committed_report_has_a_stamp_and_the_index_lists_it(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Not whether they are current: `make reports-index` says that."""
    folder = ROOT / "reports"
    main(["--reports", str(folder)])
    listed = [line.split() for line in capsys.readouterr().out.splitlines()]
    assert [name for _, name, *_ in listed] == reports_in(folder)
    unstamped = [words[1] for words in listed if words[2:] == ["no", "stamp"]]
    assert unstamped == [], "python -m campaigns.freshness --stamp, where they were made just now"
    assert {words[2] for words in listed} <= {"current", "older", "older:"}
    page = (folder / "README.md").read_text(encoding="utf-8")
    assert "`make reports-index`" in page
    assert [name for name in reports_in(folder) if f"| [{name}]({name}." not in page] == []
    assert set(reports_in(folder)) <= set(REPORTS)
