"""The numbers that a simulated line gets from a manifest; what runs on it is in the other tests."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from sc_hw.simulation.board import simulated
from sc_sim.serial_line.line import Settings


class Line:
    """A line without a block."""

    def __init__(self, library: Path, settings: Settings, seed: int) -> None:
        self.library, self.settings, self.seed, self.resets = library, settings, seed, 0

    def reset(self) -> None:
        self.resets += 1


def test_line_of_a_build(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    host = {"clock_mhz": 12.0, "parameters": {"baud": 3_000_000}}
    (tmp_path / "manifest.json").write_text(json.dumps({"host": host}), encoding="utf-8")
    asked: list[dict[str, bool]] = []

    def library(folder: Path, **options: bool) -> Path:
        asked.append(options)
        return folder / "library.so"

    monkeypatch.setattr(simulated, "rtl_library", library)
    monkeypatch.setattr(simulated, "SerialLine", Line)
    port: Any = simulated.simulated_port(tmp_path, seed=7)
    line: Any = port.line
    assert (asked, line.library) == ([{"line": True}], tmp_path / "library.so")
    # 12 MHz / 3 Mbaud: 4 clocks a bit, and 10 bits a byte
    assert line.settings == Settings(send_bit=4.0, receive_bit=4.0)
    assert port.bytes_per_second == 300_000
    assert (port.name, line.seed, line.resets) == ("sim-board", 7, 1)
