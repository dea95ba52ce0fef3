"""The register map in other languages, read back by readers that others wrote."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path
from typing import Any

import pytest

from sc_hw.errors import ToolError
from sc_hw.export.registers import FORMATS, export_registers
from sc_hw.host.register_map import register_map
from sc_model.spec import ConfigError

REGISTERS = register_map(
    kind=3,
    build_id="0123456789ab",
    design_hash="fedcba9876543210",
    counters=("updates", "saturated_weight"),
    errors=(("out_of_step", 'An error with "quotes" & a \\.'), ("lost", "Another.")),
    streams=True,
).as_json()
TITLE = 'Registers of "layer" & others'
# of each access: how software reads and writes, and what a write of 1 does
READS = {"ro": True, "rw": True, "wo": False, "w1c": True, "w1": False}
WRITES = {"ro": None, "rw": "as it is", "wo": "as it is", "w1c": "clears", "w1": "sets"}

Row = tuple[str, int, str, int, int, bool, str | None, bool, int | None]


def expected() -> list[Row]:
    """What a reader must find: register, offset, field, lo, bits; whether software reads it, what
    its writes do, whether a read has an effect; value after a reset.
    """
    rows: list[Row] = []
    for register in REGISTERS:
        whole = {"name": "value", "lo": 0, "bits": 32, "access": register["access"]}
        for field in register["fields"] or [whole]:
            reset = register["reset"]
            mask = (1 << field["bits"]) - 1
            rows.append(
                (
                    register["name"],
                    register["offset"],
                    field["name"],
                    field["lo"],
                    field["bits"],
                    READS[field["access"]],
                    WRITES[field["access"]],
                    register["read_effect"],
                    None if reset is None else reset >> field["lo"] & mask,
                )
            )
    return rows


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("registers")
    written = export_registers(REGISTERS, TITLE, place)
    assert [path.name for path in written] == [
        *("registers.rdl", "registers.h", "registers_html", "registers.xml", "registers.svd")
    ]
    return place


def of_systemrdl(root: Any) -> list[Row]:
    """Rows of what the compiler of SystemRDL has elaborated."""
    from systemrdl.node import FieldNode, RegNode
    from systemrdl.rdltypes import OnWriteType

    writes = {None: "as it is", OnWriteType.woclr: "clears", OnWriteType.woset: "sets"}
    rows = []
    for node in root.descendants():
        if isinstance(node, FieldNode):
            assert isinstance(node.parent, RegNode)
            written = writes[node.get_property("onwrite")] if node.is_sw_writable else None
            effect = node.get_property("onread") is not None
            reset = node.get_property("reset")
            at = (node.parent.inst_name, node.parent.address_offset, node.inst_name)
            where = (node.lsb, node.width)
            rows.append((*at, *where, node.is_sw_readable, written, effect, reset))
    return rows


def test_systemrdl_is_the_map(folder: Path) -> None:
    from systemrdl import RDLCompiler

    compiler = RDLCompiler()
    compiler.compile_file(str(folder / "registers.rdl"))
    root = compiler.elaborate()
    assert root.top.get_property("name") == TITLE
    assert of_systemrdl(root) == expected()


def test_svd_is_the_map_and_obeys_the_schema(folder: Path) -> None:
    import cmsis_svd
    from lxml import etree

    schemas = Path(cmsis_svd.__file__).parent / "schemas"
    schema = etree.XMLSchema(etree.parse(schemas / "CMSIS-SVD_1_3_9.xsd"))
    schema.assertValid(etree.parse(folder / "registers.svd"))

    device = cmsis_svd.SVDParser.for_xml_file(str(folder / "registers.svd")).get_device()
    (peripheral,) = device.peripherals
    access = {"read-only": (True, None), "read-write": (True, "as it is")}
    access["write-only"] = (False, "as it is")
    modified = {"oneToClear": "clears", "oneToSet": "sets"}
    rows = []
    for register in peripheral.registers:
        for field in register.fields:
            reads, writes = access[field.access.value]
            if field.modified_write_values is not None:
                writes = modified[field.modified_write_values.value]
            mask = (1 << field.bit_width) - 1
            fixed = register.reset_mask >> field.bit_offset & mask == mask
            reset = register.reset_value >> field.bit_offset & mask if fixed else None
            effect = register.read_action is not None
            at = (register.name, register.address_offset, field.name)
            rows.append((*at, field.bit_offset, field.bit_width, reads, writes, effect, reset))
    assert rows == expected()


def test_a_second_reader_of_svd_finds_the_same(folder: Path) -> None:
    from peakrdl_svd.importer import SVDImporter
    from systemrdl import RDLCompiler

    compiler = RDLCompiler()
    SVDImporter(compiler).import_file(str(folder / "registers.svd"))
    # it reads the action of a read at fields alone, where the schema 1.3 has it too
    found = [row[:7] + row[8:] for row in of_systemrdl(compiler.elaborate())]
    assert found == [row[:7] + row[8:] for row in expected()]


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
    monkeypatch.setitem(__import__("sys").modules, "peakrdl_cheader", None)
    with pytest.raises(ToolError) as caught:
        export_registers(REGISTERS, TITLE, tmp_path, ["c"])
    assert str(caught.value) == (
        "the format 'c' needs the package peakrdl_cheader, found none;"
        " pip install 'sc-hw[registers]'"
    )
