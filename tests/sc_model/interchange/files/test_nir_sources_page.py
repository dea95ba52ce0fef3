"""The scripts of docs/nir_sources.md whose packages are installed, and the commands below them."""

from __future__ import annotations

import re
import shlex
import warnings
from pathlib import Path

import pytest
from support import ROOT
from typer.testing import CliRunner

from sc_hw.cli import app

PAGE = (ROOT / "docs" / "nir_sources.md").read_text(encoding="utf-8")
PARTS = {part.partition("\n")[0]: part for part in re.split(r"^## ", PAGE, flags=re.MULTILINE)[1:]}


@pytest.mark.parametrize("package", ["snnTorch", "Norse"])
def test_a_script_writes_a_file_that_the_command_imports(
    package: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip(package.lower())
    (script,) = re.findall(r"```python\n(.*?)```", PARTS[package], flags=re.DOTALL)
    (command,) = re.findall(r"^    sc-hw (import .*)$", PARTS[package], flags=re.MULTILINE)
    monkeypatch.chdir(tmp_path)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of the packages
        # in this process: other tests import the packages, too, and that takes seconds
        exec(compile(script, f"nir_sources.md ({package})", "exec"), {"__name__": "script"})
    result = CliRunner().invoke(app, shlex.split(command), catch_exceptions=False)
    assert result.exit_code == 0, result.output
    assert (tmp_path / "net" / "net.toml").is_file()


def test_each_package_has_a_part_and_says_whether_it_is_run() -> None:
    for package in ("SpikingJelly", "Sinabs", "Rockpool", "Spyx", "Nengo and Lava"):
        assert PARTS[package].partition("\n")[2].strip().startswith("Not run here")
