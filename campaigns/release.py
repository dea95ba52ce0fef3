"""Build the wheel and try it as its users do: `python -m campaigns.release --out reports`.

The wheel is built from the committed tree alone, installed with `[all]` into a fresh environment
outside the repository, at the versions of requirements.lock, and every command is run there by the
example that its own help gives, the demo included. Nothing of the repository is on the path: what
the commands need of examples (a network in NIR and samples) is copied beside them.

`--version X.Y.Z` first makes the release's commit: the version in `sc_model/__init__.py`, and the
changelog's unreleased entries under a heading of their own. It tags nothing and uploads nothing;
the last line says how.
"""

from __future__ import annotations

import argparse
import datetime
import hashlib
import os
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from campaigns.freshness.stamps import write_report
from sc_hw.files import write_json, write_text

SCHEMA = "sc-hw.release.v1"
ROOT = Path(__file__).parents[1]
VERSION = ROOT / "sc_model" / "__init__.py"
CHANGELOG = ROOT / "CHANGELOG.md"
UNRELEASED = "## [Unreleased]\n"
LIMIT_S = 1800.0  # for one command
# What examples of the helps are run on; the names are those that the examples use.
FILES = {
    "digits_snn.nir": "examples/nir/digits_snn.nir",
    "digits.npz": "examples/nir/digits_snn_test.npz",
}
# Commands that work on what another one has left come after it; others in the order of the help.
FIRST = ("doctor", "new", "import", "elaborate", "prove", "cosim", "estimate")
# Examples that end by themselves only with a board, or never.
ENDLESS = {
    "selftest": "needs a board; `selftest sim-board` is run",
    "program": "needs a board",
    "sim-board": "runs until it is interrupted",
}
SWEEP = """[sweep]
name = "small_sweep"
design = "my_layer.toml"
targets = ["ice40-up5k"]
objectives = ["lut", "steps_per_s"]

[grid]
"layer.lanes" = [1, 2]
"""
# In place of an example that has no end or a file that no other example makes.
INSTEAD = {
    "selftest": "selftest sim-board my_layer.toml --steps 20",
    "program": None,
    "run": "run my_layer.toml --on sim-board --steps 20",
    "sim-board": None,
    "sweep": "sweep small_sweep.toml --jobs 2",
}


class ReleaseError(Exception):
    """The tree can't be released as it is."""


@dataclass(frozen=True)
class Tried:
    """A command that was run in the fresh environment.

    Members
    -------
    command : its words.
    status : the exit status; None where it was not run.
    seconds : of the clock.
    reason : why it was not run, or the last line of what it said where it failed.
    """

    command: str
    status: int | None
    seconds: float | None
    reason: str | None = None


def next_version(text: str, version: str, day: str) -> str:
    """The changelog with the unreleased entries under the heading of a version.

    Raises
    ------
    ReleaseError
        The version is no X.Y.Z, is there already, or there is nothing unreleased.
    """
    if not re.fullmatch(r"\d+\.\d+\.\d+", version):
        raise ReleaseError(f"version must be three numbers, as 0.2.0, not {version!r}.")
    if f"## [{version}]" in text:
        raise ReleaseError(f"CHANGELOG.md has a version {version} already; name a later one.")
    before, heading, after = text.partition(UNRELEASED)
    entries = after.split("\n## ")[0]
    if not heading or "\n- " not in entries:
        raise ReleaseError("CHANGELOG.md has no entry under [Unreleased]: nothing to release.")
    return f"{before}{UNRELEASED}\n## [{version}] - {day}\n{after}"


def prepare(version: str) -> None:
    """Write version and changelog, and commit both."""
    day = datetime.datetime.now(datetime.UTC).date().isoformat()
    changelog = next_version(CHANGELOG.read_text(encoding="utf-8"), version, day)
    module = VERSION.read_text(encoding="utf-8")
    write_text(VERSION, re.sub(r'(?m)^__version__ = ".*"$', f'__version__ = "{version}"', module))
    write_text(CHANGELOG, changelog)
    paths = [str(path.relative_to(ROOT)) for path in (VERSION, CHANGELOG)]
    _git("commit", "--quiet", "-m", f"release: {version}.", "--", *paths)


def _check_folder(out: Path) -> None:
    """ReleaseError where a report can't be written, before a quarter of an hour of work."""
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ReleaseError(f"--out {out} must be a folder: {error.strerror}.") from None


def _git(*arguments: str) -> str:
    return subprocess.run(
        ["git", "-C", str(ROOT), *arguments], capture_output=True, text=True, check=True
    ).stdout


def build_wheel(folder: Path) -> Path:
    """The wheel of the last commit: what is not committed is not in it."""
    tree = folder / "tree"
    tree.mkdir()
    archive = subprocess.run(
        ["git", "-C", str(ROOT), "archive", "HEAD"], capture_output=True, check=True
    ).stdout
    subprocess.run(["tar", "-x", "-C", str(tree)], input=archive, check=True)
    options = ("--quiet", "--disable-pip-version-check", "--no-deps", "--no-build-isolation")
    subprocess.run(
        [sys.executable, "-m", "pip", "wheel", *options, "-w", str(folder), "."],
        cwd=tree,
        check=True,
    )
    return next(folder.glob("*.whl"))


def constraints(lock: str) -> str:
    """Names and versions of a lock file, without its hashes: what `pip install -c` takes."""
    return "\n".join(re.findall(r"(?m)^[A-Za-z0-9._-]+==[^ \\;]+", lock)) + "\n"


def install(wheel: Path, folder: Path) -> Path:
    """A fresh environment with the wheel; returns its folder of programs."""
    subprocess.run([sys.executable, "-m", "venv", str(folder / "venv")], check=True)
    lock_file = folder / "constraints.txt"
    write_text(lock_file, constraints((ROOT / "requirements.lock").read_text(encoding="utf-8")))
    programs = folder / "venv" / "bin"
    subprocess.run(
        [
            *(programs / "python", "-m", "pip", "install", "--quiet"),
            *("--disable-pip-version-check", "-c", lock_file, f"{wheel}[all,nir,sweep]"),
        ],
        check=True,
    )
    return programs


class Environment:
    """The fresh environment: commands run in an empty folder, with nothing of ours on the path."""

    def __init__(self, programs: Path, folder: Path):
        self.programs, self.folder = programs, folder
        self.environ = {
            **{name: os.environ[name] for name in ("HOME", "LANG", "TMPDIR") if name in os.environ},
            "PATH": os.pathsep.join((str(programs), "/usr/local/bin", "/usr/bin", "/bin")),
            "XDG_CACHE_HOME": str(folder / "cache"),
            "COLUMNS": "200",
        }

    def run(self, words: Sequence[str]) -> subprocess.CompletedProcess[str]:
        """Run `sc-hw` with some words."""
        return subprocess.run(
            [str(self.programs / "sc-hw"), *words],
            cwd=self.folder,
            env=self.environ,
            capture_output=True,
            text=True,
            timeout=LIMIT_S,
            check=False,
        )

    def tried(self, command: str) -> Tried:
        """Run a command, and say how it ended."""
        start = time.monotonic()
        process = self.run(shlex.split(command))
        seconds = round(time.monotonic() - start, 1)
        lines = (process.stderr or process.stdout).strip().splitlines()
        reason = None if process.returncode == 0 else (lines[-1] if lines else "no output")
        return Tried(command, process.returncode, seconds, reason)

    def commands(self) -> list[str]:
        """The names of all commands, from the program's own help."""
        text = self.run(["--help"]).stdout.partition("Commands")[2]
        return re.findall(r"(?m)^│ ([a-z][a-z-]*) ", text)

    def example(self, name: str) -> str:
        """The example that a command's help gives."""
        text = " ".join(self.run([name, "--help"]).stdout.split())
        match = re.search(r"Example: sc-hw (.*?)(?: (?:╭|│)|$)", text)
        if match is None:
            raise ReleaseError(f"the help of sc-hw {name} gives no example.")
        return match.group(1).strip()


def in_order(names: Sequence[str]) -> list[str]:
    """Commands, those that others build on first, and the demo last."""
    first = [name for name in FIRST if name in names]
    rest = [name for name in names if name not in FIRST and name != "demo"]
    return [*first, *rest, *(name for name in names if name == "demo")]


def trials(environment: Environment) -> Iterator[Tried]:
    """Run each command's example."""
    for name, source in FILES.items():
        shutil.copy(ROOT / source, environment.folder / name)
    (environment.folder / "small_sweep.toml").write_text(SWEEP, encoding="utf-8")
    yield environment.tried("new my_layer --block layer")
    for name in in_order(environment.commands()):
        command = INSTEAD.get(name, "") if name in INSTEAD else environment.example(name)
        if command is None:
            yield Tried(environment.example(name), None, None, ENDLESS[name])
        else:
            yield environment.tried(command)


def measure(folder: Path, full_demo: bool) -> dict[str, Any]:
    """Build, install, and try all commands."""
    commit = _git("rev-parse", "--short", "HEAD").strip()  # others may follow before the end
    wheel = build_wheel(folder)
    start = time.monotonic()
    programs = install(wheel, folder)
    seconds = round(time.monotonic() - start, 1)
    work = folder / "work"
    work.mkdir()
    environment = Environment(programs, work)
    outcomes = []
    for one in trials(environment):
        print(f"{one.status} {one.seconds} s: sc-hw {one.command} {one.reason or ''}", flush=True)
        outcomes.append(one)
    if full_demo:
        outcomes.append(environment.tried("demo --build demo"))
    content = wheel.read_bytes()
    return {
        "schema_version": SCHEMA,
        "version": environment.run(["--version"]).stdout.strip(),
        "commit": commit,
        "wheel": wheel.name,
        "wheel_bytes": len(content),
        "wheel_sha256": hashlib.sha256(content).hexdigest(),
        "install_seconds": seconds,
        "commands": [asdict(one) for one in outcomes],
        "passed": all(one.status in (0, None) for one in outcomes),
    }


def page(values: dict[str, Any]) -> str:
    """The report in Markdown."""
    rows = "".join(
        f"| `sc-hw {row['command']}` | {'-' if row['status'] is None else row['status']} |"
        f" {'-' if row['seconds'] is None else row['seconds']} | {row['reason'] or ''} |\n"
        for row in values["commands"]
    )
    return (
        f"# The wheel in a fresh environment\n\n`{values['wheel']}` of commit {values['commit']}:"
        f" {values['wheel_bytes']:,} bytes, installed with `[all,nir,sweep]` in"
        f" {values['install_seconds']} s. Each command is run by the example of its own help, in an"
        " empty folder outside the repository.\n\n`python -m campaigns.release --out reports`\n\n"
        f"| command | exit status | seconds | |\n|---|---|---|---|\n{rows}"
    )


def main(arguments: list[str] | None = None) -> int:
    """Run the command."""
    parser = argparse.ArgumentParser(prog="campaigns.release", description=__doc__)
    parser.add_argument("--version", help="first commit this version and its changelog")
    parser.add_argument("--full-demo", action="store_true", help="also run the demo in full")
    parser.add_argument("--out", type=Path, default=ROOT / "build" / "release")
    options = parser.parse_args(arguments)
    try:
        _check_folder(options.out)
        if options.version is not None:
            prepare(options.version)
        with tempfile.TemporaryDirectory(prefix="sc-hw-release-") as name:
            values = measure(Path(name), options.full_demo)
            dist = ROOT / "dist"
            dist.mkdir(exist_ok=True)
            shutil.copy(Path(name) / values["wheel"], dist)
    except ReleaseError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    except subprocess.CalledProcessError as error:  # Git, pip: their own words stand above
        words = shlex.join(map(str, error.cmd[:4]))
        print(f"error: {words} ... failed (exit {error.returncode}).", file=sys.stderr)
        return 3
    write_json(options.out / "release.json", values)
    write_report(options.out, "release", page(values))
    print(f"{'passed' if values['passed'] else 'failed'}: dist/{values['wheel']}")
    print(f"to publish: git tag v{values['version'].split()[-1]}; twine upload dist/*")
    return 0 if values["passed"] else 1


if __name__ == "__main__":
    sys.exit(main())
