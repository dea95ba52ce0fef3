"""What README and docs/in_python.md show works as shown, from the repository and from a wheel."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).parents[2]
README = (REPOSITORY / "README.md").read_text(encoding="utf-8")
PAGES = README + (REPOSITORY / "docs" / "in_python.md").read_text(encoding="utf-8")
BLOCKS = list(dict.fromkeys(re.findall(r"```python\n(.*?)```", PAGES, flags=re.S)))


@pytest.mark.parametrize("number", range(len(BLOCKS)))
def test_python_of_the_readme_runs(tmp_path: Path, number: int) -> None:
    """With one seed of place and route instead of the default's five."""
    (tmp_path / "examples").symlink_to(REPOSITORY / "examples")
    block = BLOCKS[number].replace('["ice40-up5k"])', '["ice40-up5k"], seeds=1)')
    done = subprocess.run(
        [sys.executable, "-c", block],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    if "certificate" in BLOCKS[number]:
        passed, differences, lut, mhz = done.stdout.split()
        assert (passed, differences) == ("True", "0")
        assert int(lut) <= 150
        assert float(mhz) >= 35


def test_links_and_commands_of_the_readme_exist() -> None:
    for target in re.findall(r"\]\(([^)#]+)\)", README):
        assert (REPOSITORY / target).exists(), target
    makefile = (REPOSITORY / "Makefile").read_text(encoding="utf-8")
    commands = re.findall(r"(?:`|^    )make (\w+)", README, flags=re.M)
    assert {"demo", "test", "reports"} <= set(commands)
    for command in commands:
        assert re.search(rf"^{command}:", makefile, flags=re.M), command
    assert (REPOSITORY / ".ci" / "run").read_text(encoding="utf-8").rstrip().endswith("make test")


def test_wheel_carries_example_templates_and_benches(tmp_path: Path) -> None:
    command = [
        sys.executable,
        "-m",
        "pip",
        "wheel",
        "--quiet",
        "--no-deps",
        "--no-build-isolation",
        "-w",
        str(tmp_path),
        str(REPOSITORY),
    ]
    subprocess.run(command, check=True, capture_output=True)
    (wheel,) = tmp_path.glob("*.whl")
    inside = tmp_path / "inside"
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(inside)
    # `sim` is a name that others own too
    names = {folder.name for folder in inside.iterdir() if folder.suffix != ".dist-info"}
    assert names == {"sc_driver", "sc_model", "sc_hw", "sc_sim"}
    for name in (
        "sc_hw/drivers/c/sc_host.c",
        "sc_hw/examples/digits/digits.npz",
        "sc_hw/examples/on_chip/digits.npz",
        "sc_hw/reporting/templates/learning.html",
        "sc_hw/export/lint.vlt",
        "sc_hw/reporting/templates/report.html",
        "sc_hw/simulation/waivers.vlt",
        "sc_sim/benches/bank/phases.py",
        "sc_sim/driver/driver.cc",
        "sc_sim/driver/models/sc_sync.v",
        "sc_sim/objcache.sh",
        "sc_model/native/vector.h",
    ):
        assert (inside / name).is_file(), name
    code = "from sc_hw.commands.demo import example_folder; print(example_folder())"
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=True,
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(inside)},
    )
    assert Path(done.stdout.strip()) == inside / "sc_hw" / "examples" / "digits"
