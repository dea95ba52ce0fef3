"""The tables of `docs/host.md`, made from the registers' data and from a design's system.

`python tests/docs/host_tables.py` writes them anew; `tests/sc_hw/host/test_register_map.py`
compares them.
"""

from __future__ import annotations

import re
from pathlib import Path

from sc_hw.host.register_map import register_map
from sc_hw.host.system import system_of
from sc_model.spec import load_design

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "host.md"
DESIGN = ROOT / "examples" / "verilog_testbench" / "layer.toml"
REWARD, SPIKES = 100, (0, 3, 5, 8)


def registers() -> str:
    """A row for each register."""
    rows = [f"| {r.offset:02x} | `{r.name}` | {r.access} | {r.doc} |" for r in register_map()]
    return "\n".join(["| offset | name | access | what |", "|--:|---|---|---|", *rows])


def bits_of(lo: int, bits: int) -> str:
    """Bits of a word, as the port pages write them."""
    return f"{lo + bits - 1}:{lo}" if bits > 1 else str(lo)


def fields() -> str:
    """A row for each field."""
    rows = [
        f"| `{r.name}` | `{f.name}` | {bits_of(f.lo, f.bits)} | {f.access} | {f.doc} |"
        for r in register_map(streams=True)
        for f in r.fields
    ]
    return "\n".join(
        ["| register | field | bits | access | what |", "|---|---|--:|---|---|", *rows]
    )


def example() -> str:
    """The words of a step, a packet and a window."""
    system = system_of(load_design(DESIGN).behind("wishbone"))
    step, output = system.host_block.step, system.host_block.output
    (window,) = system.host_block.windows
    place = system.host_block.block.description()["placement"]
    values = {"reward": REWARD}
    common = sum(values.get(field.name, 0) << field.offset for field in step.common)
    rows = [
        sum((n % place["rows"] == row) << n // place["rows"] for n in SPIKES) for row in range(5)
    ]
    spikes = sum(bits << step.transfer_bits * row for row, bits in enumerate(rows))
    assert step.common_words == 1
    assert step.words == 2
    where = ", ".join(f"`{f.name}` [{bits_of(f.lo, f.bits)}]" for f in step.common)
    address = {f["name"]: f for f in window.address}
    potential = sum(
        value << address[name]["offset"] for name, value in {"space": 4, "word": 2}.items()
    )
    return "\n".join(
        [
            "| access | word | what |",
            "|---|--:|---|",
            f"| write `STEP_DATA` | {common:08x} | {where} |",
            f"| write `STEP_DATA` | {spikes:08x} | rows 0 to 4, {step.transfer_bits} bits each |",
            f"| read `OUTPUT_DATA` | 00000001 | the first of {output.words} words: step 1 |",
            "| read `OUTPUT_DATA` | | a bit for each of the three neurons |",
            f"| write `WINDOW_ADDRESS` | {potential:08x} | space `neuron` (4), word 2 |",
            f"| read `WINDOW_DATA` | | its {window.data_bits} bits: the potential, and the rest |",
        ]
    )


MADE = {"registers": registers, "fields": fields, "example": example}


def page() -> str:
    """The page with its tables made anew."""

    def made(match: re.Match[str]) -> str:
        return f"{match[1]}\n{MADE[match[2]]()}\n{match[3]}"

    return re.sub(
        r"(<!-- made: (\w+) -->)\n.*?(<!-- end -->)",
        made,
        PAGE.read_text(encoding="utf-8"),
        flags=re.S,
    )


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
