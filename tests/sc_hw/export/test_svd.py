"""The register map in CMSIS-SVD, read by two readers that others wrote."""

from __future__ import annotations

from pathlib import Path

from register_rows import expected, of_systemrdl


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
