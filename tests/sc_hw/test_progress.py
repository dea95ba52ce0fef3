"""Lines of progress: who sees them, and who says them."""

from __future__ import annotations

import sys
from pathlib import Path
from types import SimpleNamespace

import pytest
from support import ROOT

from sc_hw import Device
from sc_hw.progress import interactive, silent


@pytest.mark.parametrize("terminal", [True, False])
def test_lines_are_for_persons(
    terminal: bool, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys.stderr, "isatty", lambda: terminal)
    interactive("a\x1b\nb")
    assert capsys.readouterr().err == ("... a\\x1b\\nb\n" if terminal else "")
    silent("text")
    monkeypatch.setattr(sys, "stderr", None)  # a program without a console
    interactive("text")


def test_opening_a_device_says_what_takes_long(monkeypatch: pytest.MonkeyPatch) -> None:
    lines: list[str] = []
    Device.open(ROOT / "examples" / "lane.toml", progress=lines.append)
    assert lines == ["lane: compiling the model, unless that is kept"]
    del lines[:]

    def stop(*_: object) -> None:
        raise ZeroDivisionError

    build = SimpleNamespace(folder=Path())
    monkeypatch.setattr("sc_hw.simulation.device.rtl_library", stop)
    monkeypatch.setattr("sc_hw.simulation.device.elaborate", lambda design, root: build)
    with pytest.raises(ZeroDivisionError):
        Device.open(ROOT / "examples" / "lane.toml", on="rtl", progress=lines.append)
    assert lines == [
        "lane: elaborating",
        "lane: compiling the Verilog, unless that is kept",
    ]
