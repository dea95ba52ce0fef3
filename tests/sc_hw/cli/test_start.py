"""What a command loads before it does anything: that is what its user waits for."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest
from command_line import sc_hw as command
from support import ROOT

import sc_hw
import sc_model

LOADED = """
import atexit, sys
atexit.register(lambda: print(*sorted(sys.modules), file=sys.stderr))
sys.path.insert(0, {root!r})
sys.argv = ["sc-hw", *sys.argv[1:]]
from sc_hw.cli import main
main()
"""
STAGES = ("sc_hw.build", "sc_hw.proof", "sc_hw.price", "sc_hw.simulation", "sc_hw.reporting")
HEAVY = ("torch", "matplotlib", "scipy", "h5py", "nir", "jinja2", "bitwuzla", "sc_model.golden")


def run(folder: Path, *arguments: str) -> tuple[str, set[str]]:
    """Standard output of a command, and the modules that it has loaded."""
    done = subprocess.run(
        [sys.executable, "-c", LOADED.format(root=str(ROOT)), *arguments],
        cwd=folder,
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout, set(done.stderr.split())


def test_version(tmp_path: Path) -> None:
    text, loaded = run(tmp_path, "--version")
    assert text == f"sc-hw {sc_model.__version__}\n"
    assert sc_hw.__version__ == sc_model.__version__
    assert "__version__" in dir(sc_hw)
    for name in (*STAGES, *HEAVY, "amaranth", "numpy", "pydantic", "typer", "rich"):
        assert name not in loaded, name


@pytest.mark.parametrize(
    ("arguments", "never"),
    [
        (("--help",), (*STAGES, *HEAVY, "amaranth", "numpy")),
        (("doctor", "--help"), (*STAGES, *HEAVY, "amaranth", "numpy")),
        (("estimate", "--help"), (*STAGES, *HEAVY, "amaranth", "numpy")),
        (("new", "x"), (*STAGES, *HEAVY)),
    ],
    ids=lambda value: " ".join(value) if value and value[0] not in STAGES else "",
)
def test_help_and_new(arguments: tuple[str, ...], never: tuple[str, ...], tmp_path: Path) -> None:
    text, loaded = run(tmp_path, *arguments)
    assert text
    assert [name for name in never if name in loaded] == []


def test_a_module_of_the_users_hides_none_of_ours(tmp_path: Path) -> None:
    """`python -m` puts the working folder in front of the library's."""
    for name in ("json", "numpy", "pydantic", "tomllib"):
        (tmp_path / f"{name}.py").write_text("raise RuntimeError(__name__)\n")
    done = command(tmp_path, "new", "x", PYTHONPATH=str(ROOT))
    assert (done.returncode, done.stderr) == (0, "")
    assert (tmp_path / "x.toml").is_file()


def test_version_is_an_option_of_the_help(tmp_path: Path) -> None:
    text, _ = run(tmp_path, "--help")
    assert re.search(r"--version +.*version", text)
