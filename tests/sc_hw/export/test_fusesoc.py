"""The core file, run by FuseSoC."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from support import ROOT

from sc_hw.build.elaborate import elaborate
from sc_hw.export.bundle import bundle
from sc_hw.export.fusesoc import core_name
from sc_hw.tools import find
from sc_model.spec import load_design

LANE = ROOT / "examples" / "lane.toml"


def fusesoc(place: Path, bundle: Path) -> subprocess.CompletedProcess[str]:
    """The core's target `lint`, with Verilator."""
    program = str(Path(sys.executable).parent / "fusesoc")
    command = [program, "--cores-root", str(bundle), "run", "--build-root", str(place / "fs")]
    environment = {**find("verilator").environ(), "XDG_CONFIG_HOME": str(place / "home")}
    environment |= {"XDG_DATA_HOME": str(place / "home"), "XDG_CACHE_HOME": str(place / "home")}
    return subprocess.run(
        [*command, "--target", "lint", "sc-hw:systems:lane"],
        cwd=place,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )


def test_fusesoc_lints_the_core(tmp_path: Path) -> None:
    """It fails where a waiver is missing, so that all warnings are really on."""
    build = elaborate(load_design(LANE).behind("wishbone"), tmp_path / "build")
    folder = tmp_path / "bundle"
    bundle(build, folder)
    assert core_name(build.manifest) == f"sc-hw:systems:lane:{build.manifest['package']}"
    done = fusesoc(tmp_path, folder)
    assert done.returncode == 0, done.stderr
    waivers = folder / "lint" / "verilator.vlt"
    text = waivers.read_text(encoding="utf-8")
    waivers.write_text(text.replace("lint_off -rule CASEINCOMPLETE", "// "), encoding="utf-8")
    assert fusesoc(tmp_path, folder).returncode != 0
