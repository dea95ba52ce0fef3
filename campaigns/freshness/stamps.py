"""Stamps of reports: the hash of the files that a report speaks of, when it was made.

A report in Markdown has its stamp below the title, one in JSON alone under the key ``sources``. A
hash is that of names and contents, as Git computes it: so a report that was committed without a
stamp gets the hash of the commit that brought it.
"""

from __future__ import annotations

import datetime
import hashlib
import json
import re
import subprocess
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

from campaigns.freshness.sources import REPORTS
from sc_hw.files import write_json, write_text

ROOT = Path(__file__).parents[2]
COMMAND = "python -m campaigns.freshness"
DIGITS = 12
KEY = "sources"
_STAMP = re.compile(
    rf"sources (?P<digest>[0-9a-f]{{{DIGITS}}}) on (?P<date>[0-9-]{{10}})"
    r"(?: \((?:at|derived from) commit (?P<commit>[0-9a-f]+)\))?"
)
_LINE = "Made with {}; `" + COMMAND + "` says whether they have changed.\n"


def digest(blobs: Mapping[str, str]) -> str:
    """The hash of files, from Git's hash of each."""
    text = "".join(f"{path} {blob}\n" for path, blob in sorted(blobs.items()))
    return hashlib.sha256(text.encode()).hexdigest()[:DIGITS]


def blobs_here(root: Path, sources: Iterable[str]) -> dict[str, str]:
    """Git's hash of each file below some files and folders, as they lie there."""
    blobs = {}
    for source in sources:
        place = root / source
        for file in (place,) if place.is_file() else place.rglob("*"):
            name = file.relative_to(root)
            if not file.is_file() or file.is_symlink() or _is_left_out(name):
                continue
            content = file.read_bytes()
            head = f"blob {len(content)}\0".encode()
            blobs[name.as_posix()] = hashlib.sha1(head + content).hexdigest()
    return blobs


def _is_left_out(name: Path) -> bool:
    """Whether a file is none of the sources: what Python, tools and systems leave behind."""
    return name.suffix == ".pyc" or any(
        part == "__pycache__" or part.startswith(".") for part in name.parts
    )


def blobs_of_commit(root: Path, commit: str, sources: Iterable[str]) -> dict[str, str]:
    """The same of a commit."""
    blobs = {}
    for line in _git(root, "ls-tree", "-r", commit, "--", *sources).splitlines():
        about, name = line.split("\t", 1)
        mode, _, blob = about.split()
        if mode.startswith("100") and not _is_left_out(Path(name)):
            blobs[name] = blob
    return blobs


def _git(root: Path, *arguments: str) -> str:
    process = subprocess.run(
        ["git", "-C", str(root), *arguments], capture_output=True, text=True, check=True
    )
    return process.stdout


def reports_in(folder: Path) -> list[str]:
    """Names of the reports of the table that are in a folder, sorted."""
    return sorted(name for name in REPORTS if any(folder.glob(f"{name}.[jm]*")))


def stamp_of(folder: Path, name: str) -> str | None:
    """The stamp of a report; None where it has none."""
    page = folder / f"{name}.md"
    if page.exists():
        match = _STAMP.search("\n".join(page.read_text(encoding="utf-8").splitlines()[:6]))
        return match[0] if match else None
    values = json.loads((folder / f"{name}.json").read_text(encoding="utf-8"))
    first = values[0] if isinstance(values, list) else values
    return str(first[KEY]) if KEY in first else None


def _write(folder: Path, name: str, text: str) -> None:
    """Put a stamp into a report that has none."""
    page = folder / f"{name}.md"
    if page.exists():
        title, _, rest = page.read_text(encoding="utf-8").partition("\n")
        write_text(page, f"{title}\n\n{_LINE.format(text)}{rest}")
        return
    file = folder / f"{name}.json"
    values = json.loads(file.read_text(encoding="utf-8"))
    (values[0] if isinstance(values, list) else values)[KEY] = text
    write_json(file, values)


def stamp(folder: Path, name: str, root: Path = ROOT) -> None:
    """Stamp a report that was made just now, with the sources as they are.

    Parameters
    ----------
    folder : where the report was written.
    name : of the report, a key of `REPORTS`.
    root : the repository.
    """
    if stamp_of(folder, name) is None:
        now = digest(blobs_here(root, REPORTS[name].sources))
        try:  # a copy of the files has no commits
            commit = f" (at commit {_git(root, 'rev-parse', '--short', 'HEAD').strip()})"
        except (OSError, subprocess.CalledProcessError):
            commit = ""
        _write(folder, name, f"sources {now} on {datetime.date.today().isoformat()}{commit}")


def write_report(folder: Path, name: str, page: str) -> None:
    """Write the Markdown of a report, with its stamp."""
    write_text(folder / f"{name}.md", page)
    stamp(folder, name)


def without_stamp(page: str) -> str:
    """The Markdown of a report as it was before it was stamped."""
    lines = page.splitlines(keepends=True)
    return "".join(lines[:1] + lines[3:]) if _STAMP.search(page) else page


def stamp_committed(folder: Path, name: str, root: Path = ROOT) -> None:
    """Stamp a report that was committed without one, with the sources of its commit.

    That is the last commit that changed its numbers: its JSON where there is one.
    """
    if stamp_of(folder, name) is not None:
        return
    file = next(path for kind in ("json", "md") if (path := folder / f"{name}.{kind}").exists())
    line = _git(root, "log", "-1", "--format=%h %cs", "--", str(file.resolve()))
    commit, date = line.split()
    then = digest(blobs_of_commit(root, commit, REPORTS[name].sources))
    _write(folder, name, f"sources {then} on {date} (derived from commit {commit})")


def state(folder: Path, name: str, root: Path = ROOT) -> tuple[str, str]:
    """(state, date) of a report.

    The state is `current`, `older` than its sources, with the number of files that are others than
    at its commit where that is known, or `no stamp`.
    """
    text = stamp_of(folder, name)
    match = _STAMP.fullmatch(text) if text else None
    if match is None:
        return "no stamp", "unknown"
    sources = REPORTS[name].sources
    here = blobs_here(root, sources)
    if match["digest"] == digest(here):
        return "current", match["date"]
    try:
        then = blobs_of_commit(root, match["commit"] or "", sources)
    except (OSError, subprocess.CalledProcessError):
        return "older", match["date"]
    paths = {*here, *then}
    count = sum(here.get(path) != then.get(path) for path in paths)
    return f"older: {count} of {len(paths)} files", match["date"]


def index(folder: Path, root: Path = ROOT) -> str:
    """The page that lists all reports with their state."""
    rows = []
    for name in reports_in(folder):
        report = REPORTS[name]
        page = f"{name}.md" if (folder / f"{name}.md").exists() else f"{name}.json"
        maker = f"`{report.maker}`" if report.maker else "`sc-hw`"
        verdict, date = state(folder, name, root)
        rows.append(f"| [{name}]({page}) | {report.about} | {maker} | {date} | {verdict} |")
    older = sum("| older" in row for row in rows)
    return "\n".join(
        [
            "# What was measured",
            "",
            "Each figure is that of the sources that its report names. A report is *older* where a"
            " file that it speaks of has",
            f"changed since: {older} of {len(rows)} are. A change may be one of a comment, and says"
            " nothing of what a new run would give; how many",
            "files have changed is said where it is known. What a report speaks of:"
            " `campaigns/freshness/sources.py`.",
            f"This page is of the day it was written, by `make reports-index` or `make docs`;"
            f" `{COMMAND}` prints the list as it is now.",
            "",
            "| report | about | made by | on | state |",
            "|---|---|---|---|---|",
            *rows,
            "",
        ]
    )


def write_all(folder: Path, put: Callable[[Path, str, Path], None], root: Path = ROOT) -> list[str]:
    """Stamp all reports that have none by `put`; their names."""
    names = [name for name in reports_in(folder) if stamp_of(folder, name) is None]
    for name in names:
        put(folder, name, root)
    return names
