"""A build's name covers the texts that make it, those of other people's packages too."""

from __future__ import annotations

import sys
from pathlib import Path
from types import ModuleType

import pytest

from sc_hw.build import sources
from sc_hw.build.elaborate import build_id
from sc_hw.build.sources import generator_files, source_hashes
from sc_model.spec import Design

LANE = Design(name="a", block="lane")


def test_the_generator_is_all_that_stands_between_a_design_and_its_verilog() -> None:
    names = {f"{file.parent.name}/{file.name}" for file in generator_files()}
    assert {
        "arithmetic/integrate_and_fire.py",
        "rules/reward_modulated_stdp.py",
        "graph/rewrite.py",
        "spec/design.py",
        "plastic/layer.py",
        "network/cdc.py",
        "trained/lane.py",
        "build/emit.py",
        "sc_hw/wires.py",
    } <= names
    assert not {name for name in names if name.startswith(("proof/", "golden/", "cli/"))}


@pytest.mark.parametrize("file", ["integrate_and_fire.py", "chain.py", "emit.py", "ice40.py"])
def test_another_text_of_the_generator_is_another_build(
    file: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As if `>=` had become `>` in one of its files."""
    first = build_id(LANE)
    read = Path.read_bytes

    def changed(path: Path) -> bytes:
        return read(path) + b"\n" if path.name == file else read(path)

    monkeypatch.setattr(Path, "read_bytes", changed)
    sources._generator_sha256.cache_clear()
    try:
        assert build_id(LANE) != first
    finally:
        monkeypatch.undo()
        sources._generator_sha256.cache_clear()
    assert build_id(LANE) == first


def test_a_family_of_another_package_counts_for_its_designs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "their_family.py"
    module = ModuleType("their_family")
    module.__file__ = str(file)
    monkeypatch.setitem(sys.modules, "their_family", module)
    monkeypatch.setattr(sources, "family_module", lambda name: "their_family")
    file.write_text("DELAY = 1\n")
    first = source_hashes(LANE)
    assert first.keys() == {"generator", "their_family"}
    file.write_text("DELAY = 2\n")
    assert source_hashes(LANE)["their_family"] != first["their_family"]
