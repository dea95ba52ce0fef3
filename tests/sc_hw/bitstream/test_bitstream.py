"""A small system all the way to a bitstream, what is refused, and what is made only once."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from echo_system import EchoSystem

from sc_hw.bitstream.bitstream import BoardFiles, System
from sc_hw.boards import load_board
from sc_hw.errors import BoardError, ToolError
from sc_model.spec import ConfigError

NAME = "hx8k-breakout"


def files(folder: Path, name: str = NAME, mhz: float | None = None) -> BoardFiles:
    board = load_board(name)
    folder.mkdir(parents=True, exist_ok=True)
    clock = board.mhz if mhz is None else mhz
    system = System(EchoSystem(clock * 1e6), facts={"design": "echo"})
    return BoardFiles(system, board, mhz, folder)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, Any]]:
    folder = tmp_path_factory.mktemp("board")
    return folder, files(folder).make()


def test_a_bitstream_with_its_report(made: tuple[Path, dict[str, Any]]) -> None:
    folder, report = made
    assert report["hardware_measurement_claimed"] is False
    assert report == json.loads((folder / "report.json").read_text())
    assert (folder / "board.bin").stat().st_size == report["bitstream_bytes"] > 100_000
    assert report["timing_met"]
    assert report["fmax_mhz"] > report["clock"]["mhz"] == 48
    assert report["critical_path"]["delay_ns"] == pytest.approx(1e3 / report["fmax_mhz"], rel=0.01)
    assert report["placed"]["ICESTORM_PLL"]["used"] == report["bram"] == 1
    assert report["check"]["passed"]
    assert report["check"]["compared"] > 100
    assert report["updates_per_s"] is None
    assert report["updates_per_s_reason"]
    # nothing of an unfinished build is left beside it
    assert not [file for file in folder.iterdir() if file.name.startswith((".", "tmp"))]


def test_the_same_is_made_once(made: tuple[Path, dict[str, Any]]) -> None:
    folder, report = made
    before = (folder / "board.bin").stat().st_mtime_ns
    assert files(folder).make() == report
    assert (folder / "board.bin").stat().st_mtime_ns == before


def test_a_bitstream_that_is_gone_or_cut_off_is_made_again(
    made: tuple[Path, dict[str, Any]], tmp_path: Path
) -> None:
    folder = tmp_path / "copy"
    shutil.copytree(made[0], folder)
    subject = files(folder)
    assert subject._is_whole(made[1])
    with (folder / "board.bin").open("r+b") as file:
        file.truncate(1000)
    assert not subject._is_whole(made[1])
    (folder / "board.bin").unlink()
    assert not subject._is_whole(made[1])


def test_a_changed_bit_of_the_bitstream_is_found(
    made: tuple[Path, dict[str, Any]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "copy"
    shutil.copytree(made[0], folder)
    subject = files(folder)
    lines = (folder / "board.asc").read_text().splitlines()
    row = next(
        number
        for number, line in enumerate(lines)
        if "1" in line and set(line) <= {"0", "1"} and len(line) == 54
    )
    lines[row] = lines[row].replace("1", "0", 1)
    (folder / "board.asc").write_text("\n".join(lines) + "\n")
    check = subject.flow.check(subject.board, folder, subject.pll)
    assert check["passed"] is False
    assert len(check["different"]) == 1
    monkeypatch.setattr(type(subject.flow), "check", lambda *_: check)
    with pytest.raises(ToolError, match=r"board\.bin is not what was packed"):
        subject._packed()
    assert not (folder / "board.bin").exists()


def test_a_clock_that_is_not_met_is_refused_with_the_numbers(tmp_path: Path) -> None:
    subject = files(tmp_path, mhz=201)
    with pytest.raises(
        BoardError,
        match=r"design 'echo' on board 'hx8k-breakout' reaches [\d.]+ MHz of 201 \(the best of 2"
        r" seeds, from .* in [\d.]+ ns\); give --mhz 1\d\d or less, more --seeds, or fewer lanes",
    ):
        subject.make(seeds=2)
    assert not (tmp_path / "report.json").exists()
    assert not (tmp_path / "board.bin").exists()


def test_a_design_that_does_not_fit_is_refused_with_the_numbers(tmp_path: Path) -> None:
    resources = {
        "lut": {"used": 162, "available": 20},
        "bram": {"used": 1, "available": 0},
        "ff": {"used": 9, "available": 20},
    }
    with pytest.raises(
        BoardError, match=r"does not fit: block RAM 1 of 0, LUT 162 of 20; it needs .*synapses"
    ):
        files(tmp_path)._check_size(resources)


def test_a_block_without_lanes_is_not_told_to_have_fewer(tmp_path: Path) -> None:
    made = files(tmp_path)
    made.system = replace(made.system, facts={"design": "mine", "block": "lane"})
    resources = {"lut": {"used": 1496, "available": 1280}, "bram": {"used": 17, "available": 16}}
    with pytest.raises(
        BoardError, match=r"LUT 1,496 of 1,280; it needs narrower state, or a larger device: reg"
    ):
        made._check_size(resources)


def test_a_clock_above_the_limit_of_the_silicon_is_refused(tmp_path: Path) -> None:
    part = {"what": "clock tree", "source": "the sheet"}
    limit = {"device_limit_mhz": 40, "device_limit": part}
    with pytest.raises(
        BoardError, match=r"can't have 48 MHz: the clock tree .* has 40 MHz at most .*--mhz 40"
    ):
        files(tmp_path)._check_limit(limit)
    files(tmp_path, mhz=36)._check_limit(limit)


def test_a_board_for_the_vendors_tool_has_all_that_it_takes(tmp_path: Path) -> None:
    subject = files(tmp_path, "arty-a7-35t")
    texts = subject.texts()
    assert set(texts) == {"board.v", "board.xdc", "build.tcl"}
    assert all(name in texts["build.tcl"] for name in ("board.v", "board.xdc", "xc7a35ticsg324-1L"))
    report = subject._not_placed()
    assert report["bitstream"] is None
    assert "vivado" in report["bitstream_reason"]
    assert report["timing_met"] is None


@pytest.mark.soak
@pytest.mark.parametrize(
    ("name", "mhz"),
    [
        *(("icebreaker", None), ("icebreaker", 12), ("upduino3", None), ("ulx3s-25f", None)),
        *(
            ("arty-a7-35t", None),
            ("orangecrab-25f", None),
            ("tang-nano-9k", None),
            ("tang-nano-9k", 54),
        ),
    ],
)
def test_every_flow_ends_with_a_checked_bitstream(
    name: str, mhz: float | None, tmp_path: Path
) -> None:
    report = files(tmp_path, name, mhz).make(seeds=3)
    assert report["timing_met"] or report["timing_reason"]
    if report["bitstream_reason"] is None:
        assert report["check"]["passed"]


def test_a_clock_at_the_pad_of_the_pll_that_the_board_does_not_tell(tmp_path: Path) -> None:
    board = replace(load_board("icebreaker"), clock_is_pll_pad=False)
    system = System(EchoSystem(board.mhz * 1e6), facts={"design": "echo"})
    with pytest.raises(
        ConfigError,
        match=r"^Board\.clock_is_pll_pad of 'icebreaker' must be True, not False: its clock",
    ):
        BoardFiles(system, board, None, tmp_path).make()
