"""The register map as SystemRDL 2.0 (Accellera), from which PeakRDL makes the other formats."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

WORD_BITS = 32
# One name for all designs: a driver in C is compiled with the header of any of them.
MAP_NAME = "sc_host"
WHOLE_FIELD = "value"  # the field of a register that has none: the whole word is one number

# What the accesses of sc_hw.host.registers are in SystemRDL. `w1`: a 1 that is written has an
# effect and is not kept.
ACCESS = {
    "ro": "sw=r; hw=w;",
    "rw": "sw=rw; hw=r;",
    "wo": "sw=w; hw=r;",
    "w1c": "sw=rw; hw=w; onwrite=woclr;",
    "w1": "sw=w; hw=rw; onwrite=woset;",
}

Registers = Sequence[Mapping[str, Any]]  # RegisterMap.as_json()


def fields_of(register: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The fields of a register; one of the whole word where it has none."""
    if register["fields"]:
        return [dict(field) for field in register["fields"]]
    whole = {"name": WHOLE_FIELD, "lo": 0, "bits": WORD_BITS, "access": register["access"]}
    return [{**whole, "doc": register["doc"]}]


def reset_of(register: Mapping[str, Any], field: Mapping[str, Any]) -> int | None:
    """Value of a field after a reset; None where it has no fixed one."""
    if register["reset"] is None:
        return None
    value: int = register["reset"] >> field["lo"] & (1 << field["bits"]) - 1
    return value


def systemrdl(registers: Registers, title: str) -> str:
    """The map in SystemRDL.

    Parameters
    ----------
    registers : of a manifest, `host.registers`.
    title : a line for people.
    """
    lines = [
        f"addrmap {MAP_NAME} {{",
        f"  name = {_quoted(title)};",
        "  littleendian;",
        f"  default regwidth = {WORD_BITS};",
        f"  default accesswidth = {WORD_BITS};",
    ]
    for register in registers:
        # external: what is behind the bus is there already, and a read may do something in it
        lines += ["", "  external reg {", f"    desc = {_quoted(register['doc'])};"]
        for field in fields_of(register):
            reset = reset_of(register, field)
            high = field["lo"] + field["bits"] - 1
            properties = [
                f"desc = {_quoted(field['doc'])};",
                ACCESS[field["access"]],
                *(["onread=ruser;"] if register["read_effect"] else []),
                *([f"reset = {field['bits']}'h{reset:x};"] if reset is not None else []),
            ]
            lines.append(
                f"    field {{ {' '.join(properties)} }} {field['name']}[{high}:{field['lo']}];"
            )
        lines.append(f"  }} {register['name']} @ 0x{register['offset']:x};")
    return "\n".join([*lines, "};", ""])


def _quoted(text: str) -> str:
    """A string of SystemRDL."""
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
