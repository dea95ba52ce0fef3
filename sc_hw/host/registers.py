"""Registers as data: what decoder, manifest, drivers and documentation are made from."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

WORD_BITS = 32
WORD_BYTES = 4

# ro: read only. rw: read and write. wo: write only, reads 0. w1c: a 1 that is written clears the
# bit. w1: a 1 that is written has an effect and is not kept; reads 0.
Access = Literal["ro", "rw", "wo", "w1c", "w1"]


@dataclass(frozen=True)
class Field:
    """Some bits of a register.

    Members
    -------
    name : lower-case identifier.
    lo : lowest bit.
    bits : number of bits.
    access : see `Access`.
    doc : what it means, in a sentence.
    """

    name: str
    lo: int
    bits: int
    access: Access
    doc: str

    def as_json(self) -> dict[str, Any]:
        """The field as JSON values."""
        return {
            "name": self.name,
            "lo": self.lo,
            "bits": self.bits,
            "access": self.access,
            "doc": self.doc,
        }


@dataclass(frozen=True)
class Register:
    """A word of the map.

    Members
    -------
    name : upper-case identifier.
    offset : in bytes, a multiple of 4.
    access : see `Access`; that of most of its fields.
    doc : what it is, in a sentence.
    reset : value after a reset; constants have it always. None: it has no fixed value.
    fields : its named bits; empty where the whole word is one number.
    read_effect : a read changes something, so that a debugger must not make one unasked.
    """

    name: str
    offset: int
    access: Access
    doc: str
    reset: int | None = 0
    fields: tuple[Field, ...] = ()
    read_effect: bool = False

    @property
    def word(self) -> int:
        """Address of the register in words, as Wishbone counts."""
        return self.offset // WORD_BYTES

    def field(self, name: str) -> Field:
        """The field of that name; KeyError without one."""
        for field in self.fields:
            if field.name == name:
                return field
        raise KeyError(name)

    def as_json(self) -> dict[str, Any]:
        """The register as JSON values."""
        return {
            "name": self.name,
            "offset": self.offset,
            "access": self.access,
            "reset": self.reset,
            "doc": self.doc,
            "fields": [field.as_json() for field in self.fields],
            "read_effect": self.read_effect,
        }


@dataclass(frozen=True)
class RegisterMap:
    """All registers of a design, in order of their offsets.

    Raises
    ------
    ValueError
        Two registers have one name or one offset, an offset is no multiple of 4, or fields of a
        register overlap or leave the word.
    """

    registers: tuple[Register, ...]

    def __post_init__(self) -> None:
        names = [register.name for register in self.registers]
        offsets = [register.offset for register in self.registers]
        if len(set(names)) != len(names) or sorted(set(offsets)) != offsets:
            raise ValueError(
                f"registers must have names of their own and rising offsets, not {names} at"
                f" {offsets}"
            )
        for register in self.registers:
            if register.offset % WORD_BYTES:
                raise ValueError(
                    f"register {register.name} must be at a multiple of {WORD_BYTES}, not at"
                    f" {register.offset}"
                )
            used = 0
            for field in register.fields:
                mask = ((1 << field.bits) - 1) << field.lo
                if used & mask or mask >> WORD_BITS:
                    raise ValueError(
                        f"field {register.name}.{field.name} must have bits of its own below"
                        f" {WORD_BITS}, not [{field.lo + field.bits - 1}:{field.lo}]"
                    )
                used |= mask

    def __iter__(self) -> Iterator[Register]:
        return iter(self.registers)

    def __getitem__(self, name: str) -> Register:
        """The register of that name; KeyError without one."""
        for register in self.registers:
            if register.name == name:
                return register
        raise KeyError(name)

    def __contains__(self, name: object) -> bool:
        return any(register.name == name for register in self.registers)

    @property
    def address_bits(self) -> int:
        """Bits of a word address that reach all registers."""
        return max(1, self.registers[-1].word.bit_length())

    def as_json(self) -> list[dict[str, Any]]:
        """The registers as JSON values, as the manifest has them."""
        return [register.as_json() for register in self.registers]
