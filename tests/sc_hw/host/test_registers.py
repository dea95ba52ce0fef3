"""Registers as data: maps that can't be are refused."""

from __future__ import annotations

import pytest

from sc_hw.host.registers import Field, Register, RegisterMap


@pytest.mark.parametrize(
    ("registers", "text"),
    [
        ([("A", 0), ("A", 4)], "registers must have names of their own and rising offsets"),
        ([("A", 4), ("B", 0)], "registers must have names of their own and rising offsets"),
        ([("A", 2)], "register A must be at a multiple of 4, not at 2"),
    ],
)
def test_a_map_with_a_fault_is_refused(registers: list[tuple[str, int]], text: str) -> None:
    with pytest.raises(ValueError, match=f"^{text}"):
        RegisterMap(tuple(Register(name, offset, "ro", "") for name, offset in registers))


def test_fields_that_overlap_are_refused() -> None:
    fields = (Field("x", 0, 4, "rw", ""), Field("y", 3, 1, "rw", ""))
    with pytest.raises(ValueError, match=r"^field A\.y must have bits of its own below 32, not \["):
        RegisterMap((Register("A", 0, "rw", "", 0, fields),))
