"""Files that are none: a pipe, a device, a socket, a folder, one that is too large, one that can't
be: each argument of each command says so at once, in one line.
"""

from __future__ import annotations

import os
import socket
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from support import ROOT

from sc_hw import Device
from sc_hw.cli import application
from sc_model.archives import MAX_FILE_BYTES, ArchiveError, read_archive, read_array
from sc_model.files import MAX_TEXT_BYTES
from sc_model.golden.recording import RecordingError, arrays_of
from sc_model.spec import ConfigError

LANE = str(ROOT / "examples" / "lane.toml")
NETWORK = ROOT / "examples" / "nir" / "digits_snn.nir"
IMPORT = ("import", str(NETWORK), "--source", "snntorch", "--reset", "subtract", "--reset-delay")
KINDS = ("pipe", "device", "folder", "socket", "too large", "name too long")
WORDS = {
    "pipe": "pipe",
    "device": "device",
    "folder": "director|folder",
    "socket": "socket|No such device or address",  # what Linux says when one is opened
    "too large": "large",
    "name too long": "name too long|can't be|exist",
}


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str], str]]:
    """The name of a file that is none, of a kind."""
    monkeypatch.chdir(tmp_path)
    sockets = []

    def made(kind: str) -> str:
        if kind == "device":
            return "/dev/zero"
        if kind == "name too long":
            return "x" * 300
        path = Path(kind.replace(" ", "_"))
        if kind == "pipe":
            os.mkfifo(path)
        elif kind == "folder":
            path.mkdir()
        elif kind == "socket":
            sockets.append(socket.socket(socket.AF_UNIX))
            sockets[-1].bind(str(path))
        else:
            with path.open("wb") as file:
                file.truncate(max(MAX_TEXT_BYTES, MAX_FILE_BYTES) + 1)  # takes no space
        return str(path)

    yield made
    for each in sockets:
        each.close()


def error_of(
    arguments: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> str:
    monkeypatch.setattr(sys, "argv", ["sc-hw", *arguments])
    with pytest.raises(SystemExit) as end:
        application.main()
    lines = [line for line in capsys.readouterr().err.splitlines() if not line.startswith("... ")]
    assert (end.value.code, len(lines)) == (2, 1), lines
    return lines[0]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    "command",
    ["elaborate", "audit", "prove", "cosim", "estimate", "report", "evaluate", "import"],
)
def test_the_first_argument_of_every_command(
    command: str,
    kind: str,
    place: Callable[[str], str],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    more = {"evaluate": ["data.npz"]}.get(command, [])
    line = error_of([command, place(kind), *more], monkeypatch, capsys)
    assert re_search(WORDS[kind], line), line
    assert len(line) < 500


def re_search(words: str, line: str) -> bool:
    return any(word.lower() in line.lower() for word in words.split("|"))


@pytest.mark.parametrize("kind", KINDS)
def test_a_rule_file(
    kind: str,
    place: Callable[[str], str],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    path, name = Path(place(kind)), f"{'x' * 300}.py"
    if kind != "name too long":
        name = "rule.py"
        Path(name).symlink_to(path.absolute())
    Path("d.toml").write_text(
        f'[design]\nname = "d"\nblock = "lane"\n[rule]\nfamily = "./{name}"\n'
    )
    line = error_of(["elaborate", "d.toml"], monkeypatch, capsys)
    assert line.startswith("error: rule file ")
    assert re_search(WORDS[kind], line), line


@pytest.mark.parametrize("kind", KINDS)
def test_archives(kind: str, place: Callable[[str], str]) -> None:
    path = Path(place(kind))
    for read, error in (
        (read_archive, (ArchiveError, OSError)),
        (read_array, (ArchiveError, OSError)),
        (arrays_of, (RecordingError,)),
        (lambda file: Device.open(LANE).restore(file), (ConfigError,)),
    ):
        with pytest.raises(error) as caught:
            read(path)
        assert re_search(WORDS[kind], str(caught.value)), caught.value


@pytest.mark.parametrize(
    ("words", "text"),
    [
        (("prove", LANE, "--limit", "inf"), "'--limit'"),
        (("cosim", LANE, "--steps", "9" * 20), "'--steps'"),
        (("estimate", LANE, "--seeds", "9" * 11), "'--seeds'"),
        (("bench", "adaptation", "--steps", "9" * 14), "steps must be <= 10000000, not 9999"),
        (("bench", "adaptation", "--seed", "-1"), "seed must be >= 0, not -1"),
        (("demo", "--target", "ice40-up5q"), "did you mean 'ice40-up5k'?"),
        ((*IMPORT, "--fabric", "ecp6"), "'ecp6'; did you mean 'ecp5'?"),
        ((*IMPORT, "--plasticity", "freez"), "'freez'; did you mean 'freeze'?"),
        ((*IMPORT, "--may-differ", "5"), "give calibrate too."),
    ],
)
def test_numbers_beyond_all_use_and_words_that_are_none(
    words: tuple[str, ...],
    text: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """What would run for ever, end in a traceback, or write a design that can't be read."""
    monkeypatch.chdir(tmp_path)
    assert text in error_of(list(words), monkeypatch, capsys)
    assert list(tmp_path.iterdir()) == []


def test_a_recording_of_random_bytes_for_a_report(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("r.npz").write_bytes(bytes(range(256)) * 40)
    line = error_of(["report", LANE, "--recording", "r.npz"], monkeypatch, capsys)
    assert line == "error: recording r.npz is no NumPy archive (.npz)."


def test_a_recording_for_a_report(
    place: Callable[[str], str],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    for kind in ("pipe", "folder"):
        arguments = ["report", LANE, "--recording", place(kind)]
        assert re_search(WORDS[kind], error_of(arguments, monkeypatch, capsys))
