"""`sc-hw boards`, `fit`, `build`, `program`: the commands of docs/boards.md, and errors."""

from __future__ import annotations

import json
import re
import shlex
from pathlib import Path
from typing import Any

import pytest
from support import ROOT
from typer.testing import CliRunner

from sc_hw.bitstream import build as build_module
from sc_hw.bitstream import fit as fit_module
from sc_hw.bitstream import program as program_module
from sc_hw.boards import load_board
from sc_hw.cli import app
from sc_hw.errors import BoardError
from sc_model.spec import ConfigError, Design

PAGE = (ROOT / "docs" / "boards.md").read_text(encoding="utf-8")
COMMANDS = sorted(
    set(re.findall(r"^    sc-hw ((?:build|program|boards|fit).*)$", PAGE, flags=re.M))
)
REPORT = {
    "design": "mine",
    "title": "iCEBreaker",
    "resources": {"lut": {"used": 9, "available": 20}, "bram": {"used": 0, "available": 1}},
    "clock": {"mhz": 24.0},
    "timing_met": True,
    "fmax_mhz": 33.5,
    "seed": 1,
    "updates_per_s": 24_000_000,
    "bitstream": "board.bin",
    "bitstream_bytes": 104_090,
    "folder": "build/abc/board/icebreaker",
}


@pytest.mark.parametrize("line", COMMANDS)
def test_commands_of_the_page_run(
    line: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """What they call is made elsewhere in the tests: here are arguments and what is printed."""
    monkeypatch.chdir(tmp_path)
    text = '[design]\nname = "mine"\nblock = "lane"\n[rule]\nfamily = "reward_modulated_stdp"\n'
    (tmp_path / "my_layer.toml").write_text(text)
    calls: list[Any] = []

    def fake_build(design: Design, board: str, **options: Any) -> dict[str, Any]:
        calls.append((design.name, board, options["mhz"], options["seeds"]))
        return REPORT

    monkeypatch.setattr(build_module, "build_board", fake_build)

    def fake_fit(design: Design, board: str, **options: Any) -> dict[str, Any]:
        calls.append((design.name, board, options["ticks"]))
        limit = {"kind": "ICESTORM_LC", "used": 4000, "available": 5280}
        choices = {"lanes": 3, "memory": "auto"}
        row = {"choices": choices, "ticks_per_s": 9000.4, "bottleneck": limit, "fits": True}
        return {**row, "tried": [row], "built": REPORT}

    monkeypatch.setattr(fit_module, "fit", fake_fit)
    monkeypatch.setattr(program_module, "bitstream_of", lambda folder, board: folder / "board.bin")
    monkeypatch.setattr(
        program_module, "program", lambda file, board, **_: calls.append((file.name, board.name))
    )
    arguments = shlex.split(line)
    done = CliRunner().invoke(app, arguments, env={"COLUMNS": "200"})
    assert done.exit_code == 0, done.output
    if arguments[0] == "boards":
        assert "icebreaker" in done.stdout
    elif arguments[0] == "program":
        assert calls == [("board.bin", "icebreaker")]
    elif arguments[0] == "fit":
        assert calls == [("mine", "icebreaker", 20_000 if "--ticks-per-s" in line else None)]
        assert "ICESTORM_LC 4,000 of 5,280" in done.stdout
        assert 'chosen: lanes = 3, memory = "auto"' in done.stdout
    else:
        mine = "my_layer.toml" in arguments
        expected = ("mine", "icebreaker", 30.0, 4) if mine else ("digits", "icebreaker", None, 1)
        assert calls == [expected]
        assert "LUT 9 of 20" in done.stdout
        assert "clock: 24 MHz; nextpnr reaches 33.5 MHz with seed 1" in done.stdout
        assert "BRAM" not in done.stdout


def test_the_page_has_commands() -> None:
    assert len(COMMANDS) >= 4


def test_boards_as_json() -> None:
    rows = json.loads(CliRunner().invoke(app, ["boards", "--json"]).stdout)
    by_name = {row["board"]: row for row in rows}
    assert by_name["icebreaker"]["bitstream"] == "board.bin"
    assert by_name["arty-a7-35t"]["bitstream"] is None
    assert "vivado" in by_name["arty-a7-35t"]["bitstream_reason"]


def test_the_table_of_the_page_is_that_of_the_boards() -> None:
    rows = json.loads(CliRunner().invoke(app, ["boards", "--json"]).stdout)
    for row in rows:
        line = next(line for line in PAGE.splitlines() if f"`{row['board']}`" in line)
        assert f"| {row['mhz']:g} MHz |" in line


@pytest.mark.parametrize(
    ("arguments", "kind", "message"),
    [
        (["build", "--board", "none"], ConfigError, "board must be one of"),
        (["build", "--board", "icebreaker", "--mhz", "13"], ConfigError, "--mhz must be 16 to 275"),
        (["build", "--board", "icebreaker", "--mhz", "nan"], ConfigError, "--mhz must be from 1"),
        (["program", "--board", "icebreaker", "."], ConfigError, "has no bitstream"),
        (["program", "--board", "icebreaker"], ConfigError, "has no bitstream"),
    ],
)
def test_errors(
    arguments: list[str],
    kind: type[Exception],
    message: str,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    monkeypatch.chdir(tmp_path)
    done = CliRunner().invoke(app, arguments)
    assert isinstance(done.exception, kind)
    assert message in str(done.exception)
    assert not (tmp_path / "build").exists()


def test_a_bitstream_of_another_version_is_made_again(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    board, design = load_board("icebreaker"), Design(name="mine", block="lane")
    (tmp_path / "mine.toml").write_text('[design]\nname = "mine"\nblock = "lane"\n')
    variant = build_module.board_variant(design, board).model_dump(mode="json")
    place = tmp_path / "build" / "0ld" / "board" / "icebreaker"
    place.mkdir(parents=True)
    (place / "report.json").write_text('{"board": "icebreaker", "bitstream": "board.bin"}')
    (place / "board.bin").write_bytes(b"bits")
    (place.parents[1] / "manifest.json").write_text(json.dumps({"design": variant}))
    done = CliRunner().invoke(app, ["program", "mine.toml", "--board", "icebreaker"])
    assert isinstance(done.exception, ConfigError)
    assert "'mine' in build/0ld/board/icebreaker was built by another version" in str(
        done.exception
    )
    # the other board has none at all
    done = CliRunner().invoke(app, ["program", "mine.toml", "--board", "upduino3"])
    assert "has no bitstream" in str(done.exception)
    monkeypatch.setattr(program_module, "program", lambda *_, **__: "")
    done = CliRunner().invoke(app, ["program", str(place), "--board", "icebreaker", "--json"])
    assert json.loads(done.stdout) == {
        "board": "icebreaker",
        "bitstream": str(place / "board.bin"),
        "flash": False,
    }


def test_a_refused_design_is_exit_code_1(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from sc_hw.cli.application import main

    def refused(*_: object, **__: object) -> None:
        raise BoardError("design 'mine' reaches 20 MHz of 24")

    monkeypatch.setattr(build_module, "build_board", refused)
    monkeypatch.setattr("sys.argv", ["sc-hw", "build", "--board", "icebreaker"])
    with pytest.raises(SystemExit) as end:
        main()
    assert end.value.code == 1
    assert capsys.readouterr().err == "error: design 'mine' reaches 20 MHz of 24\n"
