"""The release bundle."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from support import ROOT

from sc_hw.build.elaborate import elaborate
from sc_hw.export.bundle import DRIVER_FILES, bundle, driver_folder
from sc_model.spec import ConfigError, load_design


def test_a_build_without_host_has_no_bundle(tmp_path: Path) -> None:
    build: Any = elaborate(load_design(ROOT / "examples" / "lane.toml"), tmp_path)
    with pytest.raises(ConfigError) as caught:
        bundle(build, tmp_path / "b")
    assert str(caught.value) == ("design 'lane' has no host; give it a table [host], or --door.")


def test_the_driver_is_where_the_bundle_looks() -> None:
    assert driver_folder() == ROOT / "drivers" / "c"
    assert {file.name for file in driver_folder().iterdir()} == set(DRIVER_FILES)


def test_what_is_simulated_is_what_is_shipped(tmp_path: Path) -> None:
    build = elaborate(load_design(ROOT / "examples" / "lane.toml").behind("spi"), tmp_path / "b")
    files = bundle(build, tmp_path / "out")
    assert files == sorted(path for path in (tmp_path / "out").rglob("*") if path.is_file())
    shipped = (tmp_path / "out" / "rtl" / "sc_system.v").read_bytes()
    assert shipped == (build.folder / "system.v").read_bytes()
    xdc = (tmp_path / "out" / "constraints" / "clocks.xdc").read_text(encoding="utf-8")
    assert xdc == "create_clock -name clk -period 83.333 [get_ports {clk}]\n"
