"""`sc-hw registers`, `bundle`: the commands of the page for other people's systems, and errors."""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import subprocess
from pathlib import Path

import pytest
from support import ROOT
from typer.testing import CliRunner

from sc_hw.cli import app
from sc_hw.tools import find
from sc_model.spec import ConfigError

PAGE = ROOT / "docs" / "put_it_into_your_soc.md"
DESIGN = str(ROOT / "examples" / "verilog_testbench" / "layer.toml")


def run(*arguments: str) -> str:
    """What a command prints on standard output; its error is raised."""
    result = CliRunner().invoke(app, arguments, catch_exceptions=False, standalone_mode=False)
    assert result.exit_code == 0, result.output
    return result.stdout


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder in which the page's commands have run."""
    folder = tmp_path_factory.mktemp("soc")
    shutil.copytree(ROOT / "examples" / "verilog_testbench", folder / "examples/verilog_testbench")
    commands = re.findall(r"^\$ sc-hw (.+)$", PAGE.read_text(encoding="utf-8"), re.M)
    assert len(commands) == 2
    before = Path.cwd()
    os.chdir(folder)
    try:
        for command in commands:
            run(*shlex.split(command))
    finally:
        os.chdir(before)
    return folder


def test_the_bundle_has_what_the_page_says(place: Path) -> None:
    bundle = place / "layer_axi"
    for line in PAGE.read_text(encoding="utf-8").splitlines():
        if line.startswith("| `") and "what it is" not in line and "`axi`" not in line:
            for name in re.findall(r"`([\w./]+)`", line.split("|")[1]):
                if "/" in name or "." in name:
                    assert (bundle / name).exists(), name
    manifest = json.loads((bundle / "manifest.json").read_text(encoding="utf-8"))
    readme = (bundle / "README.md").read_text(encoding="utf-8")
    for port in manifest["host"]["ports"]:
        assert f"| `{port['name']}` | {port['direction']} | {port['width']} |" in readme
    assert (place / "firmware" / "design.h").is_file()
    assert {path.name for path in (place / "firmware").iterdir()} == {
        *("registers.h", "design.h", "registers.svd")
    }


def test_c_of_the_page_compiles_with_the_bundle(place: Path) -> None:
    blocks = re.findall(r"```c\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.S)
    includes, body = [], []
    for line in "".join(blocks).splitlines():
        (includes if line.startswith("#include") else body).append(line)
    text = "\n".join([*includes, "void page(void);", "void page(void) {", *body, "}", ""])
    (place / "page.c").write_text(text, encoding="utf-8")
    sources = [str(place / "page.c"), str(place / "layer_axi" / "c" / "sc_host.c")]
    flags = ["-std=c99", "-pedantic", "-Wall", "-Wextra", "-Werror", "-fsyntax-only"]
    command = ["gcc", *flags, "-I", str(place / "layer_axi" / "c"), *sources]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_verilog_of_the_page_elaborates_with_the_bundle(place: Path) -> None:
    (block,) = re.findall(r"```verilog\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.S)
    names = sorted(set(re.findall(r"\((\w+)(?:\[[\d:]+\])?\)", block)) - {""})
    wires = "\n".join(f"wire [31:0] {name};" for name in names)
    text = f"module page;\n{wires}\n{block}\nendmodule\n"
    (place / "page.v").write_text(text, encoding="utf-8")
    verilator = find("verilator")
    command = [*verilator.command, "--lint-only", "-Wno-lint", "-Wno-style", "--top-module", "page"]
    command += [str(place / "page.v"), str(place / "layer_axi" / "rtl" / "sc_system.v")]
    done = subprocess.run(
        command, env=verilator.environ(), capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


def test_a_bundle_is_made_anew_and_is_the_same(place: Path, tmp_path: Path) -> None:
    written = json.loads(
        run(
            "bundle",
            DESIGN,
            "--door",
            "axi",
            "--out",
            str(tmp_path / "b"),
            "--build",
            str(tmp_path),
            "--json",
        )
    )
    files = {path.relative_to(tmp_path / "b") for path in map(Path, written["files"])}
    old = place / "layer_axi"
    assert files == {path.relative_to(old) for path in old.rglob("*") if path.is_file()}
    for file in files:
        assert (tmp_path / "b" / file).read_bytes() == (old / file).read_bytes(), file


def error(*arguments: str) -> str:
    with pytest.raises(ConfigError) as caught:
        run(*arguments)
    return str(caught.value)


def test_errors_are_one_line_each(tmp_path: Path) -> None:
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "thesis.tex").write_text("", encoding="utf-8")
    build = ("--build", str(tmp_path / "build"))
    lane = str(ROOT / "examples" / "lane.toml")
    assert error("bundle", lane, "--out", str(tmp_path / "full"), *build) == (
        f"{tmp_path / 'full'} must be empty or hold an earlier bundle, not 'thesis.tex'; name"
        " another folder."
    )
    assert error("registers", lane, "--out", str(tmp_path / "r"), "--format", "c,pdf", *build) == (
        "formats must be rdl, c, html, ipxact, svd, not 'pdf'."
    )
    assert "Host.door" in error("registers", lane, "--out", "x", "--door", "usb", *build)
    (tmp_path / "file").write_text("", encoding="utf-8")
    for out, options, message in (
        ("file", (), f"{tmp_path / 'file'} is a file; name a folder for the bundle."),
        ("file/x", (), "file/x lies in a file; name a folder for the bundle."),
        ("x", ("--door", "pcie"), "of axi, spi, spi_bus, uart, wishbone, not 'pcie'."),
        ("x", ("--prefix", "9a"), "not beginning with a digit, not '9a'."),
    ):
        found = error("bundle", lane, "--out", str(tmp_path / out), *options, *build)
        assert found.endswith(message)
    assert "Host.door" in error("elaborate", lane, "--door", "pcie", *build)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["file", "full"]
