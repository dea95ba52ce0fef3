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
        step=_step(host["step"], host["output"]),
    )


def _step(step: Mapping[str, Any], output: Mapping[str, Any]) -> str:
    """What goes in and out, in words."""
    lines = [f"A step is {step['words']} words of STEP_DATA:", ""]
    for field in step["common"]:
        bits = f"[{field['lo'] + field['bits'] - 1}:{field['lo']}]"
        sign = ", signed" if field["signed"] else ""
        lines.append(f"* word {field['word']}, bits {bits}: `{field['name']}`{sign};")
    names = ", ".join(
        f"`{field['name']}` [{field['offset'] + field['width'] - 1}:{field['offset']}]"
        for field in step["fields"]
    )
    place = (
        f"{step['transfers_per_word']} in a word from its low end"
        if "transfers_per_word" in step
        else f"{step['words_per_transfer']} words each"
    )
    lines.append(
        f"* from word {step['common_words']} on: {step['transfers']} transfers of"
        f" {step['transfer_bits']} bits, {place}: {names}."
    )
    own = ", ".join(f"`{field['name']}` ({field['width']} bits)" for field in output["fields"])
    lines += [
        "",
        f"An output packet is {output['words']} words of OUTPUT_DATA: the number of its step, then"
        f" {own or 'nothing'}.",
    ]
    return "\n".join(lines)
