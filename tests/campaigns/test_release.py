"""The release command: changelog, constraints, order. The wheel itself is a long run."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Any

import pytest

from campaigns import release
from campaigns.release import ReleaseError, constraints, in_order, next_version, page
from sc_hw.cli import app

CHANGES = "# Changelog\n\n## [Unreleased]\n\n### Added\n\n- A thing.\n\n## [0.1.0] - 2026-01-01\n"


def test_unreleased_entries_get_a_heading() -> None:
    text = next_version(CHANGES, "0.2.0", "2026-11-28")
    assert text.index("## [Unreleased]") < text.index("## [0.2.0] - 2026-11-28")
    assert text.index("## [0.2.0]") < text.index("- A thing.") < text.index("## [0.1.0]")
    with pytest.raises(ReleaseError, match=r"^CHANGELOG\.md has no entry under \[Unreleased\]"):
        next_version(text, "0.3.0", "2026-11-28")


@pytest.mark.parametrize(
    ("version", "says"),
    [
        ("0.2", "version must be three numbers, as 0.2.0, not '0.2'."),
        ("0.1.0", "CHANGELOG.md has a version 0.1.0 already; name a later one."),
    ],
)
def test_versions_that_cannot_be(version: str, says: str) -> None:
    with pytest.raises(ReleaseError) as error:
        next_version(CHANGES, version, "2026-11-28")
    assert str(error.value) == says


def test_constraints_are_names_and_versions_of_the_lock() -> None:
    lock = (release.ROOT / "requirements.lock").read_text(encoding="utf-8")
    lines = constraints(lock).splitlines()
    assert len(lines) == lock.count("==")
    assert all(" " not in line and line.count("==") == 1 for line in lines)


def test_what_others_build_on_comes_first_and_the_demo_last() -> None:
    assert in_order(["audit", "demo", "run", "new"]) == ["new", "audit", "run", "demo"]
    commands = {
        command.name or command.callback.__name__
        for command in app.registered_commands
        if command.callback
    }
    assert {*release.ENDLESS, *release.INSTEAD, *release.FIRST} <= commands
    assert {name for name, words in release.INSTEAD.items() if words is None} <= {*release.ENDLESS}


def test_page_shows_what_was_not_run() -> None:
    rows: list[dict[str, Any]] = [
        {"command": "doctor", "status": 0, "seconds": 1.5, "reason": None},
        {"command": "program x", "status": None, "seconds": None, "reason": "needs a board"},
    ]
    found = {"wheel": "w.whl", "commit": "abc", "wheel_bytes": 1000, "install_seconds": 3}
    text = page({**found, "commands": rows})
    assert "| `sc-hw doctor` | 0 | 1.5 |  |" in text
    assert "| `sc-hw program x` | - | - | needs a board |" in text


def test_wheel_is_made_of_the_commit(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A file that is not committed is in no wheel."""
    for words in (("init", "-q"), ("commit", "-q", "--allow-empty", "-m", "none")):
        identity = ("-c", "user.name=a", "-c", "user.email=a@b")
        subprocess.run(["git", "-C", str(tmp_path), *identity, *words], check=True)
    (tmp_path / "pyproject.toml").write_text("[project]\nname = 'a'\nversion = '1'\n")
    monkeypatch.setattr(release, "ROOT", tmp_path)
    (tmp_path / "out").mkdir()
    with pytest.raises(subprocess.CalledProcessError):
        release.build_wheel(tmp_path / "out")
    assert list((tmp_path / "out" / "tree").iterdir()) == []


def test_wrong_words_end_before_anything_is_built(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    monkeypatch.setattr(release, "measure", None)  # nothing comes this far
    out = ["--out", str(tmp_path / "out")]
    for words, line in (
        (["--version", "", *out], "error: version must be three numbers, as 0.2.0, not ''.\n"),
        (
            ["--out", str(tmp_path / "file")],
            f"error: --out {tmp_path / 'file'} must be a folder: File exists.\n",
        ),
    ):
        assert release.main(words) == 2
        assert capsys.readouterr().err == line

    def no_repository(*_: Any) -> None:
        raise subprocess.CalledProcessError(128, ["git", "-C", "x", "rev-parse", "HEAD"])

    monkeypatch.setattr(release, "measure", no_repository)
    assert release.main(out) == 3
    assert capsys.readouterr().err == "error: git -C x rev-parse ... failed (exit 128).\n"
