"""A disk that is full, read-only, or has a folder where a file should be: one line, exit 2, and no
file that is there in part.
"""

from __future__ import annotations

import errno
import os
import resource
import signal
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from command_line import error_of
from support import ROOT

from sc_hw.build.elaborate import build_id
from sc_hw.cli import application
from sc_model.files import replacing
from sc_model.spec import load_design

LANE = str(ROOT / "examples" / "lane.toml")
NETWORK = str(ROOT / "examples" / "nir" / "digits_snn.nir")
IMPORT = ("import", NETWORK, "--source", "snntorch", "--reset", "subtract", "--reset-delay")
COMMANDS = {
    "new": ("new", "x", "out"),
    "new --rule": ("new", "x", "out", "--rule"),
    "elaborate": ("elaborate", LANE, "--build", "out"),
    "report": ("report", LANE, "--build", "out"),
    "bench": ("bench", "adaptation", "--steps", "64", "--out", "out/bench.json"),
    "import": (*IMPORT, "--out", "out"),
}


def run(
    command: tuple[str, ...], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> str:
    """The one line of a command that fails with exit status 2, in this process."""
    monkeypatch.setattr(sys, "argv", ["sc-hw", *command])
    with pytest.raises(SystemExit) as end:
        application.main()
    lines = [line for line in capsys.readouterr().err.splitlines() if not line.startswith("... ")]
    assert (end.value.code, len(lines)) == (2, 1), lines
    # a relative name is followed by the folder that it counts from
    return lines[0].replace(f" in {Path.cwd()}", "")


def files(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


@pytest.mark.parametrize(
    ("name", "step", "code"),
    [
        *((name, "write", errno.ENOSPC) for name in COMMANDS),
        ("import", "rename", errno.ENOSPC),
        ("new", "rename", errno.EROFS),
        ("new", "write", errno.EDQUOT),
    ],
)
def test_every_command_that_writes(
    name: str,
    step: str,
    code: int,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """The disk fails in the middle of a file, or when it gets its name."""
    monkeypatch.chdir(tmp_path)

    def fails(self: Path, *_: Any, **__: Any) -> Any:
        if step == "write":
            with open(self, "wb") as file:
                file.write(b"half of")
            raise OSError(code, os.strerror(code))
        raise OSError(code, os.strerror(code), str(self), None, str(tmp_path / "out"))

    monkeypatch.setattr(Path, "write_text" if step == "write" else "replace", fails)
    line = run(COMMANDS[name], monkeypatch, capsys)
    assert line.startswith("error: output "), line
    assert f" can't be written: {os.strerror(code)}; " in line
    # an import writes its parameters before the design's text, and these are whole
    assert files(tmp_path) == (
        ["out/digits_snn.npz"] if name == "import" and step == "write" else []
    )


def test_a_limit_to_the_size_of_files(tmp_path: Path) -> None:
    """The system's own error, also of arrays, whichever byte it is at."""

    def limited() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (300, 300))
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)

    done = subprocess.run(
        [sys.executable, "-m", "sc_hw.cli", *COMMANDS["import"]],
        cwd=tmp_path,
        env={
            **os.environ,
            "PYTHONPATH": str(ROOT),
            "PYTHONDONTWRITEBYTECODE": "1",
            "NO_COLOR": "1",
        },
        capture_output=True,
        text=True,
        check=False,
        preexec_fn=limited,
    )
    line = error_of(done).replace(f" in {tmp_path}", "")
    assert line.startswith("error: output out")
    assert line.endswith(
        " can't be written: File too large; free some space, or choose another folder."
    )
    assert files(tmp_path) == []


@pytest.mark.parametrize("blocked", ["manifest.json", ""])
def test_a_folder_in_the_place_of_a_file_and_the_other_way_round(
    blocked: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    folder = Path("out", build_id(load_design(LANE)))
    folder.parent.mkdir()
    if blocked:
        (folder / blocked).mkdir(parents=True)
    else:
        folder.touch()
    line = run(COMMANDS["elaborate"], monkeypatch, capsys)
    file, why = (blocked, "Is a directory") if blocked else ("top.v", "File exists")
    assert line == f"error: output {folder / file} can't be written: {why}; choose another folder."
    assert not list(folder.glob(".*"))


@pytest.mark.parametrize(
    ("kind", "why"),
    [
        ("pipe", "Is a pipe, not a regular file"),
        ("link to a device", "Is a device, not a regular file"),
        ("link to standard output", "Is a link to an open file"),
        ("socket", "Is a socket, not a regular file"),
    ],
)
def test_what_a_rename_would_destroy_stays(
    kind: str,
    why: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Root may replace `/dev/null` by a file, and a pipe's reader would wait for ever."""
    monkeypatch.chdir(tmp_path)
    out = Path("out")
    if kind == "pipe":
        os.mkfifo(out)
    elif kind == "link to a device":
        out.symlink_to(os.devnull)
    elif kind == "link to standard output":
        Path("regular").touch()
        with Path("regular").open() as file:
            out.symlink_to(f"/proc/self/fd/{file.fileno()}")
            check_that_it_stays(out, why, monkeypatch, capsys)
        return
    else:
        with socket.socket(socket.AF_UNIX) as server:
            server.bind(str(out))
    check_that_it_stays(out, why, monkeypatch, capsys)


def check_that_it_stays(
    out: Path, why: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    before = (out.lstat().st_ino, out.lstat().st_mode)
    line = run(("bench", "adaptation", "--steps", "64", "--out", str(out)), monkeypatch, capsys)
    assert line == f"error: output {out} can't be written: {why}; choose another folder."
    assert (out.lstat().st_ino, out.lstat().st_mode) == before


def test_a_library_that_writes_on_its_own(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fails(**_: Any) -> None:
        raise PermissionError(errno.EACCES, "Permission denied", "/cache")

    monkeypatch.setattr(application, "app", fails)
    assert run((), monkeypatch, capsys) == "error: /cache can't be used: Permission denied."

    def bug(**_: Any) -> None:
        raise FileNotFoundError(errno.ENOENT, "No such file or directory", "ours")

    monkeypatch.setattr(application, "app", bug)
    with pytest.raises(FileNotFoundError):  # a fault of ours stays one
        application.main()


def test_a_temporary_file_is_deleted_whatever_fails(tmp_path: Path) -> None:
    def write(target: Path) -> None:
        with replacing(target) as temporary:
            temporary.write_text("whole")

    (tmp_path / "folder").mkdir()
    with pytest.raises(IsADirectoryError):
        write(tmp_path / "folder")
    assert files(tmp_path) == []
    write(tmp_path / ("é" * 120))  # the temporary name must not be longer than a name may be
    assert files(tmp_path) == ["é" * 120]
