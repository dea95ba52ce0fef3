"""The driver's own errors, and waves of one clock."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from sc_hw.build.elaborate import Build
from sc_hw.simulation.library import rtl_library
from sc_model.spec import ConfigError
from sc_sim.clocks import Clock, Clocking
from sc_sim.rtl import Rtl


def test_clocks_of_another_role_are_refused(build_of: Callable[..., Build]) -> None:
    build = build_of("lane")
    rtl = Rtl(build.folder, rtl_library(build.folder))
    with pytest.raises(ValueError, match=r"^clocks must be those of sync, not of a\.$"):
        rtl.start(Clocking({"a": Clock(10)}))


def test_what_was_closed_is_refused_until_it_is_started_anew(
    build_of: Callable[..., Build],
) -> None:
    build = build_of("lane")
    rtl = Rtl(build.folder, rtl_library(build.folder))
    rtl.close()
    rtl.close()
    for use in (rtl.reset, lambda: rtl.cycles, lambda: rtl.trace(build.folder / "w.vcd")):
        with pytest.raises(ConfigError, match=r"^Verilog that was closed, or not started, can't "):
            use()
    rtl.start(Clocking({"sync": Clock(10)}))
    assert rtl.cycles == 0


def test_waves_of_a_lane(build_of: Callable[..., Build], tmp_path: Path) -> None:
    build = build_of("lane")
    silent = Rtl(build.folder, rtl_library(build.folder))
    with pytest.raises(ValueError, match=r"^waves need a library that was built with them: "):
        silent.trace(tmp_path / "w.vcd")
    rtl = Rtl(build.folder, rtl_library(build.folder, waves=True))
    rtl.trace(tmp_path / "w.vcd")
    before = rtl.cycles
    rtl.play({"step": [1, 1, 1]})
    assert rtl.cycles == before + 3
    rtl.close()
    text = (tmp_path / "w.vcd").read_text(encoding="utf-8")
    times = [int(line[1:]) for line in text.splitlines() if line.startswith("#")]
    assert times == sorted(times)
    assert len(times) == 6  # two evaluations a clock
