"""The register map as CMSIS-SVD 1.3.9 (Arm), which debuggers and generators of drivers read.

Written here: of the packages, peakrdl-svd 0.1 reads the format alone, and cmsis-svd 0.6 writes
the access of a field as its second description, which the schema refuses.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from xml.etree import ElementTree

from sc_hw.export.systemrdl import MAP_NAME, Registers, fields_of, reset_of

SCHEMA, SCHEMA_VERSION = "CMSIS-SVD.xsd", "1.3"  # a decimal number, by the schema 1.3.9
NAMESPACE = "http://www.w3.org/2001/XMLSchema-instance"
WORD_BITS, WORD_BYTES, BYTE_BITS = 32, 4, 8
ACCESS = {
    "ro": "read-only",
    "rw": "read-write",
    "wo": "write-only",
    "w1c": "read-write",
    "w1": "write-only",
}
WRITTEN = {"w1c": "oneToClear", "w1": "oneToSet"}


def svd(registers: Registers, title: str) -> str:
    """The map in CMSIS-SVD: a device of one peripheral at address 0.

    Parameters
    ----------
    registers : of a manifest, `host.registers`.
    title : a line for people.
    """
    device = ElementTree.Element(
        "device",
        {
            "schemaVersion": SCHEMA_VERSION,
            "xmlns:xs": NAMESPACE,
            "xs:noNamespaceSchemaLocation": SCHEMA,
        },
    )
    _add(device, name=MAP_NAME, version=1, description=title)
    _add(device, addressUnitBits=BYTE_BITS, width=WORD_BITS, size=WORD_BITS)
    peripheral = _inside(_inside(device, "peripherals"), "peripheral")
    _add(peripheral, name=MAP_NAME.upper(), description=title, baseAddress="0x0")
    size = registers[-1]["offset"] + WORD_BYTES
    _add(_inside(peripheral, "addressBlock"), offset="0x0", size=hex(size), usage="registers")
    place = _inside(peripheral, "registers")
    for register in registers:
        _add_register(place, register)
    ElementTree.indent(device)
    text: str = ElementTree.tostring(device, encoding="unicode")
    return f'<?xml version="1.0" encoding="utf-8"?>\n{text}\n'


def _add_register(place: ElementTree.Element, register: Mapping[str, Any]) -> None:
    """A register; the order of its elements is that of the schema."""
    fields = [(field, reset_of(register, field)) for field in fields_of(register)]
    element = _inside(place, "register")
    _add(
        element,
        name=register["name"],
        description=register["doc"],
        addressOffset=hex(register["offset"]),
        size=WORD_BITS,
        access=ACCESS[register["access"]],
        resetValue=hex(sum((reset or 0) << field["lo"] for field, reset in fields)),
        # bits without a fixed value after a reset are 0 in the mask
        resetMask=hex(
            sum(
                ((1 << field["bits"]) - 1) << field["lo"]
                for field, reset in fields
                if reset is not None
            )
        ),
    )
    if register["read_effect"]:
        _add(element, readAction="modifyExternal")
    inner = _inside(element, "fields")
    for field, _ in fields:
        row = _inside(inner, "field")
        _add(row, name=field["name"], description=field["doc"])
        _add(row, bitOffset=field["lo"], bitWidth=field["bits"], access=ACCESS[field["access"]])
        if field["access"] in WRITTEN:
            _add(row, modifiedWriteValues=WRITTEN[field["access"]])


def _inside(parent: ElementTree.Element, tag: str) -> ElementTree.Element:
    """A new element."""
    return ElementTree.SubElement(parent, tag)


def _add(parent: ElementTree.Element, **values: object) -> None:
    """Elements of one text each."""
    for tag, value in values.items():
        _inside(parent, tag).text = str(value)
