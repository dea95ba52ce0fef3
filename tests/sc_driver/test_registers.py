"""Registers by name, over a link to a memory."""

from __future__ import annotations

import pytest
from host_manifests import manifest_of
from link_responder import Memory, Responder

from sc_driver.link import Link
from sc_driver.registers import Registers
from sc_driver.transports import MemoryTransport


def test_names_fields_and_constants() -> None:
    memory = Memory()
    link = Link(MemoryTransport(Responder(memory)))
    link.hello()
    registers = Registers(link, manifest_of("layer", "uart")["host"]["registers"])
    registers.write("WINDOW_PORT", 3)
    registers.write("STEP_DATA", [1, 2])
    assert (memory.words[0x50 // 4], memory.words[0x48 // 4]) == (3, 2)
    assert registers.read("STEP_DATA", "WINDOW_PORT") == [2, 3]
    assert registers.mask("PROTOCOL", "kind") == 0xFF0000
    assert registers.reset("MAGIC") == 0x53434857
    assert registers.set_fields("ERRORS", 0b101) == ["step_overflow", "bad_address"]
    assert "STATUS" in registers
    assert "STATE" not in registers
    with pytest.raises(KeyError):
        registers.mask("STATUS", "nothing")
