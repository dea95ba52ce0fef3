"""The page of a bundle: what is in it, its ports, and how it is put to work."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sc_hw.export.fusesoc import core_name, short_name

_PAGE = """\
# {name}: a {block} of sc-hw behind {door}

Build {id}, clock {mhz:g} MHz. The registers BUILD_ID and DESIGN_HASH hold this build's numbers, so
that a driver knows what it speaks to.

| file | what it is |
|---|---|
| `rtl/{top}.v` | the system, module `{top}`: plain Verilog-2005, nothing else is needed |
| `registers/` | the register map: SystemRDL, IP-XACT (`.xml`), CMSIS-SVD, `registers_html/` |
| `c/` | a driver in C99 (`sc_host.h`), and the headers of the registers and of this design |
| `constraints/` | the clock for Vivado (XDC), SDC tools, nextpnr (PCF, LPF) |
| `lint/verilator.vlt` | what Verilator's linter says of the Verilog and why that is harmless |
| `{short}.core` | FuseSoC: `{core}` |
| `manifest.json` | all of this for programs: ports, packets, memories, timing, hashes |

The proofs of sc-hw are about the module `{inner}`, which stands in `{top}.v` byte for byte as it
was proved{prefix}.

## Ports

| port | direction | bits |
|---|---|--:|
{ports}

`rst` is synchronous and active high. All ports belong to `clk`{asynchronous}.

## A step

{step}

The page "Put it into your SoC" of sc-hw's documentation shows reset, load, step and read with their
timing.
"""

# what a transfer is of, by block; a lane has one
_TRANSFERS = {
    "bank": ", one for each synapse",
    "layer": ", one for each row of inputs",
    "network": ", one for each slice of inputs",
}


def readme(manifest: Mapping[str, Any]) -> str:
    """The page's text.

    Parameters
    ----------
    manifest : of a build with a host.
    """
    host, design = manifest["host"], manifest["design"]
    ports = [
        f"| `{port['name']}` | {port['direction']} | {port['width']} |" for port in host["ports"]
    ]
    serial = any(port["name"] in ("rx", "sclk") for port in host["ports"])
    return _PAGE.format(
        name=design["name"],
        block=design["block"],
        door=host["door"],
        short=short_name(manifest),
        prefix=", but for the prefix of the modules' names" if manifest.get("prefix") else "",
        id=manifest["id"],
        mhz=host["clock_mhz"],
        top=host["top"],
        inner=manifest["top"],
        core=core_name(manifest),
        ports="\n".join(ports),
        asynchronous=", but for the serial inputs, which are synchronised inside" if serial else "",
        step=_step(design["block"], host["step"], host["output"]),
    )


def _step(block: str, step: Mapping[str, Any], output: Mapping[str, Any]) -> str:
    """What goes in and out, in words."""
    lines = [f"A step is {_with_noun(step['words'], 'word')} of STEP_DATA:", ""]
    for field in step["common"]:
        sign = ", signed" if field["signed"] else ""
        lines.append(
            f"* word {field['word']}, {_bits(field['lo'], field['bits'])}: `{field['name']}`{sign};"
        )
    names = ", ".join(
        f"`{field['name']}` {_bits(field['offset'], field['width'])}"
        f"{', signed' if field['signed'] else ''}"
        for field in step["fields"]
    )
    first, count, bits = step["common_words"], step["transfers"], step["transfer_bits"]
    if count == 1:
        lines.append(f"* from bit 0 of word {first} on: {names}.")
    else:
        place = (
            f"{_with_noun(step['transfers_per_word'], 'transfer')} in a word, from its bit 0 on"
            if "transfers_per_word" in step
            else f"{_with_noun(step['words_per_transfer'], 'word')} for each"
        )
        each = _TRANSFERS.get(block, "")
        if any(field["name"] == "values" for field in step["fields"]):  # for an encoder
            each = ", one for each value"
        lines.append(
            f"* from word {first} on: {count} transfers of {_with_noun(bits, 'bit')}{each},"
            f" {place}. In a transfer: {names}."
        )
    return "\n".join([*lines, "", _output(output)])


def _output(output: Mapping[str, Any]) -> str:
    """What comes out, in words."""
    interval = output["step_interval"]
    when = "each step" if interval == 1 else f"every {interval} steps"
    size = _with_noun(output["words"], "word")
    if not output["fields"]:
        return (
            f"After {when} OUTPUT_DATA gives {size}, the number of the step, and no results: the"
            " state is read through the window (WINDOW_DATA)."
        )
    own = ", ".join(
        f"`{field['name']}` ({_with_noun(field['width'], 'bit')}"
        f"{', signed' if field['signed'] else ''})"
        for field in output["fields"]
    )
    order = ""
    if "order" in output:
        places, channels = (output["order"][name] for name in ("places", "channels"))
        order = (
            f" Spikes come place by place: that of place p and channel c, neuron c x {places} + p,"
            f" is bit p x {channels} + c of them."
        )
    return (
        f"After {when} OUTPUT_DATA gives a packet of {size}: first the number of the step, then,"
        f" packed from bit 0 of the second word on, {own}.{order}"
    )


def _with_noun(number: int, noun: str) -> str:
    """A number with its noun."""
    return f"{number} {noun}{'s' if number != 1 else ''}"


def _bits(low: int, width: int) -> str:
    """Where a field lies."""
    return f"bit {low}" if width == 1 else f"bits {low + width - 1} to {low}"
