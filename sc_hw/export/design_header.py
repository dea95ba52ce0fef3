"""`design.h`: the words of a step, an output and the memories of one design, for C."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

WORD_BITS = 32
_HASH_REGISTERS = ("DESIGN_HASH_HIGH", "DESIGN_HASH_LOW")


def design_header(manifest: Mapping[str, Any]) -> str:
    """The header's text.

    Parameters
    ----------
    manifest : of a build with a host.
    """
    host = manifest["host"]
    parts = (
        _identity(manifest),
        _step(host["step"]),
        _output(host["output"]),
        *(_window(number, window) for number, window in enumerate(host["windows"])),
        _placement(manifest.get("placement", {})),
    )
    lines = [
        f"/* Design {manifest['design']['name']}, build {manifest['id']}; made by sc-hw.",
        " *",
        " * Bits of steps and outputs count from bit 0 of their first word, those of a memory's",
        " * word from its own bit 0. _SIGNED: two's complement. */",
        "#ifndef SC_DESIGN_H",
        "#define SC_DESIGN_H",
    ]
    for part in parts:
        lines += ["", *part]
    return "\n".join([*lines, "", "#endif", ""])


def _identity(manifest: Mapping[str, Any]) -> Iterator[str]:
    registers = {register["name"]: register for register in manifest["host"]["registers"]}
    high, low = (registers[name]["reset"] for name in _HASH_REGISTERS)
    kinds = {field["name"]: field["lo"] for field in registers["PROTOCOL"]["fields"]}
    yield f'#define SC_DESIGN "{manifest["design"]["name"]}"'
    yield f"#define SC_BUILD_ID 0x{manifest['id']}ull"
    yield f"#define SC_DESIGN_HASH 0x{high << WORD_BITS | low:016x}ull"
    yield f"#define SC_KIND {registers['PROTOCOL']['reset'] >> kinds['kind']}"


def _step(step: Mapping[str, Any]) -> Iterator[str]:
    if step["common"]:
        yield "/* A step: fields of the whole of it, then its transfers. */"
    else:
        yield "/* A step: its transfers; this block has no fields of the whole of it. */"
    yield f"#define SC_STEP_WORDS {step['words']}"
    for field in step["common"]:
        yield from _field(
            f"SC_STEP_{_macro(field['name'])}",
            field["word"] * WORD_BITS + field["lo"],
            field["bits"],
            field["signed"],
        )
    yield f"#define SC_STEP_TRANSFERS {step['transfers']}"
    yield f"#define SC_STEP_TRANSFER_BITS {step['transfer_bits']}"
    begin = step["common_words"] * WORD_BITS
    if "transfers_per_word" in step:
        count, bits = step["transfers_per_word"], step["transfer_bits"]
        place = f"{begin} + (index) / {count} * {WORD_BITS} + (index) % {count} * {bits}"
    else:
        place = f"{begin} + (index) * {step['words_per_transfer'] * WORD_BITS}"
    if step["transfers"] == 1:
        yield "/* There is one transfer: the index is 0. */"
    yield f"#define SC_STEP_TRANSFER_LO(index) ({place})"
    yield from _fields("SC_TRANSFER", step["fields"])


def _output(output: Mapping[str, Any]) -> Iterator[str]:
    if output["fields"]:
        yield "/* An output packet: the number of its step, then these bits. */"
    else:
        yield "/* An output packet: the number of its step alone; the window has the state. */"
    yield f"#define SC_OUTPUT_WORDS {output['words']}"
    yield f"#define SC_OUTPUT_STEP_INTERVAL {output['step_interval']}"
    for field in output["fields"]:
        name = f"SC_OUTPUT_{_macro(field['name'])}"
        yield from _field(name, WORD_BITS + field["offset"], field["width"], field["signed"])
    if "order" in output:
        places, channels = (output["order"][name] for name in ("places", "channels"))
        yield "/* A neuron's spike: they stand place by place, channels of a place side by side. */"
        place = f"{WORD_BITS} + (neuron) % {places} * {channels} + (neuron) / {places}"
        yield f"#define SC_OUTPUT_SPIKE_LO(neuron) ({place})"


def _window(number: int, window: Mapping[str, Any]) -> Iterator[str]:
    name = f"SC_WINDOW_{_macro(window['name'])}"
    yield f"/* The memories of {window['name']}: WINDOW_PORT, fields of WINDOW_ADDRESS, spaces. */"
    if not window["address"]:
        yield "/* One word has no address: WINDOW_ADDRESS stays 0. */"
    yield f"#define {name}_PORT {number}"
    yield f"#define {name}_ACCESSES {window['accesses']}"
    yield from _fields(f"{name}_ADDRESS", window["address"])
    for space in window["spaces"]:
        inside = f"{name}_{_macro(space['name'])}"
        if "code" in space:
            yield f"#define {inside} {space['code']}"
        yield f"#define {inside}_WORDS {space['words']}"
        yield from _fields(inside, space["fields"])


def _placement(placement: Mapping[str, Any]) -> Iterator[str]:
    numbers = {name: value for name, value in placement.items() if isinstance(value, int)}
    if numbers:
        yield "/* Where things are: see `placement` in the manifest. */"
    else:
        yield "/* SC_PLACE_: this block has none. */"
    for name, value in numbers.items():
        yield f"#define SC_PLACE_{_macro(name)} {value}"
    for layer in placement.get("layers", ()):
        for name, value in layer.items():
            if isinstance(value, int):
                yield f"#define SC_PLACE_{_macro(layer['name'])}_{_macro(name)} {value}"


def _fields(prefix: str, fields: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    for field in fields:
        name = f"{prefix}_{_macro(field['name'])}"
        yield from _field(name, field["offset"], field["width"], field["signed"])


def _field(name: str, lo: int, bits: int, signed: bool) -> Iterator[str]:
    yield f"#define {name}_LO {lo}"
    yield f"#define {name}_BITS {bits}"
    yield f"#define {name}_SIGNED {int(signed)}"


def _macro(name: str) -> str:
    """A name as a part of a macro's."""
    return re.sub(r"\W", "_", name).upper()
