"""The register map in C, IP-XACT and pages, read back."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest
from register_rows import REGISTERS, TITLE, expected

from sc_hw.errors import ToolError
from sc_hw.export.registers import FORMATS, export_registers
from sc_model.spec import ConfigError


def test_ipxact_is_the_map(folder: Path) -> None:
    from ipyxact.ipyxact import Component

    component = Component()
    component.load(str(folder / "registers.xml"))
    identifier = (component.vendor, component.library, component.name, component.version)
    assert identifier == ("sc-hw", "host", "sc_host", "1.0")
    (memory,) = component.memoryMaps.memoryMap
    (block,) = memory.addressBlock
    access = {"read-only": (True, None), "read-write": (True, "as it is")}
    access["write-only"] = (False, "as it is")
    modified = {"oneToClear": "clears", "oneToSet": "sets", "": None}
    # ipyxact has no members for `readAction` and `resets`: these are looked up in the text
    text = (folder / "registers.xml").read_text(encoding="utf-8")
    effects = len(re.findall("<ipxact:readAction>modify</ipxact:readAction>", text))
    assert effects == sum(register["read_effect"] for register in REGISTERS)
    resets = re.findall("<ipxact:reset>\\s*<ipxact:value>'h([0-9a-f]+)<", text)
    assert [int(value, 16) for value in resets] == [r[8] for r in expected() if r[8] is not None]
    rows = []
    for register in block.register:
        for field in register.field:
            reads, writes = access[field.access]
            writes = modified[field.modifiedWriteValue or ""] or writes
            at = (register.name, register.addressOffset, field.name)
            rows.append((*at, field.bitOffset, field.bitWidth, reads, writes))
    assert rows == [row[:7] for row in expected()]


def test_the_c_compiler_finds_the_map_in_the_header(folder: Path) -> None:
    lines = ['#include "registers.h"', "#include <stddef.h>"]
    for name, offset, field, lo, bits, *_, reset in expected():
        macro = f"SC_HOST__{name}__{field.upper()}"
        lines.append(
            f"_Static_assert(offsetof(sc_host_t, {name}) == {offset}, {name!r});".replace("'", '"')
        )
        lines.append(f'_Static_assert({macro}_bp == {lo} && {macro}_bw == {bits}, "{macro}");')
        if reset is not None:
            lines.append(f'_Static_assert({macro}_reset == {reset}u, "{macro}");')
    (folder / "check.c").write_text("\n".join([*lines, ""]), encoding="utf-8")
    command = ["gcc", "-std=c11", "-Wall", "-Wextra", "-Werror", "-fsyntax-only", "check.c"]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_pages_are_the_same_bytes_every_time(folder: Path, tmp_path: Path) -> None:
    assert (folder / "registers_html" / "index.html").exists()
    export_registers(REGISTERS, TITLE, tmp_path)
    for path in folder.rglob("*"):
        if path.is_file() and path.name != "check.c":
            other = tmp_path / path.relative_to(folder)
            assert path.read_bytes() == other.read_bytes(), path.name


def test_only_what_was_asked_for_is_written(tmp_path: Path) -> None:
    assert export_registers(REGISTERS, TITLE, tmp_path, ["svd"]) == [tmp_path / "registers.svd"]
    assert [path.name for path in tmp_path.iterdir()] == ["registers.svd"]


def test_an_unknown_format_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as caught:
        export_registers(REGISTERS, TITLE, tmp_path, ["pdf"])
    assert str(caught.value) == f"formats must be {', '.join(FORMATS)}, not 'pdf'."


def test_a_missing_package_is_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "peakrdl_cheader", None)
    with pytest.raises(ToolError) as caught:
        export_registers(REGISTERS, TITLE, tmp_path, ["c"])
    assert str(caught.value) == (
        "the format 'c' needs the package peakrdl_cheader, found none;"
        " pip install 'sc-hw[registers]'"
    )
