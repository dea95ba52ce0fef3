"""Every block from power-on in Icarus, in each of its language modes, and in Yosys' simulator.

Icarus is Debian's package `iverilog`; no wheel brings it. Where it is missing these tests are
skipped, and the run's summary counts and names them.
"""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
from network_designs import two_clocks

from sc_hw.build.elaborate import Elaboration, make
from sc_hw.tools import run_yosys
from sc_model.spec import Design, PlasticLayerSpec

MODES = ("2001", "2005", "2005-sv", "2009", "2012")
DESIGNS = {
    "lane": Design(name="lane", block="lane"),
    "bank": Design(name="bank", block="bank", synapses=5),
    "layer": Design(
        name="layer", block="layer", layer=PlasticLayerSpec(inputs=6, neurons=4, lanes=2)
    ),
    "network": two_clocks(),
}
# outputs that a user waits for: they must be known as soon as there is power
KNOWN = re.compile(r"(\w+__ready|\w+__valid|idle|done|updated) ([01xz]+)$")
HALF_PERIODS = 400

needs_icarus = pytest.mark.skipif(
    shutil.which("iverilog") is None, reason="Icarus is missing: apt-get install iverilog"
)


@pytest.fixture(scope="module")
def made() -> dict[str, Elaboration]:
    return {name: make(design) for name, design in DESIGNS.items()}


def inputs_of(manifest: dict[str, Any]) -> dict[str, int]:
    """Widths of all inputs, those of clocks and resets among them, by name."""
    return {
        port["name"]: port["width"] for port in manifest["ports"] if port["direction"] == "input"
    }


def bench_text(manifest: dict[str, Any], reset: bool) -> str:
    """A bench that prints all outputs after each half period.

    Inputs get their first values in their declarations, so that nothing but the design itself wakes
    its blocks in the modes of SystemVerilog. Random values come from a linear congruential
    generator (Numerical Recipes, 7.1), since `$random` is not the same in every simulator. An input
    changes a quarter of a period before the edge.
    """
    domains = manifest.get("domains") or [manifest["domain"]]
    clocks = [domain["clock"] for domain in domains]
    resets = [domain["reset"] for domain in domains]
    inputs = inputs_of(manifest)
    outputs = [port["name"] for port in manifest["ports"] if port["name"] not in inputs]
    widths = {port["name"]: port["width"] for port in manifest["ports"]}
    lines = ["module tb;", "integer n;", "reg [31:0] seed = 7;"]
    for name in widths:
        kind = "reg" if name in inputs else "wire"
        value = f" = {int(reset and name in resets)}" if name in inputs else ""
        lines.append(f"{kind} [{widths[name] - 1}:0] {name}{value};")
    pins = ", ".join(f".{name}({name})" for name in widths)
    shown = " ".join(f'$display("%0d {name} %b", $time, {name});' for name in outputs)
    drawn = " ".join(
        f"seed = seed * 1664525 + 1013904223; {name} = {{seed, ~seed}} >> 30;"
        for name in inputs
        if name not in (*clocks, *resets)
    )
    toggles = " ".join(f"{clock} = !{clock};" for clock in clocks)
    released = " ".join(f"{name} = 0;" for name in resets)
    return "\n".join(
        [
            *lines,
            f"{manifest['top']} dut({pins});",
            'initial begin $dumpfile("trace.fst"); $dumpvars(0, tb);',
            f"n = 0; #5 {shown}",
            f"for (n = 1; n < {HALF_PERIODS}; n = n + 1) begin",
            f"#5 {toggles} #1 {shown} if (n > 5) begin {released} end if (!{clocks[0]}) begin",
            f"{drawn} end #4 ; end $finish; end",
            "endmodule\n",
        ]
    )


def icarus(folder: Path, elaboration: Elaboration, mode: str, *, reset: bool) -> list[str]:
    """What a bench prints in a mode of Icarus."""
    (folder / "top.v").write_text(elaboration.verilog, encoding="utf-8")
    (folder / "tb.v").write_text(bench_text(elaboration.manifest, reset), encoding="utf-8")
    for command in (
        ["iverilog", f"-g{mode}", "-o", "tb.vvp", "top.v", "tb.v"],
        ["vvp", "-n", "tb.vvp", "-fst"],
    ):
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=True)
    return [line for line in done.stdout.splitlines() if re.match(r"\d+ \w+ [01xz]+$", line)]


@needs_icarus
@pytest.mark.parametrize("reset", [True, False], ids=["reset from time 0", "no reset"])
@pytest.mark.parametrize("block", DESIGNS)
def test_icarus_is_the_same_in_each_mode(
    made: dict[str, Elaboration], tmp_path: Path, block: str, reset: bool
) -> None:
    runs = {mode: icarus(tmp_path, made[block], mode, reset=reset) for mode in MODES}
    assert len(runs["2001"]) > HALF_PERIODS
    known = [match for line in runs["2001"] if (match := KNOWN.search(line))]
    assert known
    assert not [match[0] for match in known if set(match[2]) & set("xz")]
    assert all(lines == runs["2001"] for lines in runs.values())


def values_before(text: str, moments: list[tuple[int, str]]) -> list[str]:
    """Values of named signals of a VCD file just before some moments, in the order of time."""
    names = {
        name: key for key, name in re.findall(r"^\$var \S+ \d+ (\S+) (\S+).*\$end$", text, re.M)
    }
    changes = re.findall(r"^#(\d+)$|^b([01xz]+) (\S+)$|^([01xz])(\S+)$", text, re.M)
    values: dict[str, str] = {}
    found, now, waiting = [], 0, list(moments)
    for time, bits, key, bit, short in changes:
        now = int(time) if time else now
        while waiting and waiting[0][0] <= now:
            found.append(values[names[waiting.pop(0)[1]]])
        if not time:
            values[key or short] = bits or bit
    return [*found, *(values[names[name]] for _, name in waiting)]


@needs_icarus
@pytest.mark.parametrize("block", DESIGNS)
def test_yosys_simulates_what_icarus_does(
    made: dict[str, Elaboration], tmp_path: Path, block: str
) -> None:
    """Yosys replays the inputs of Icarus' trace; all outputs are compared. Unknown bits, which come
    from memories that were never written, spread in different ways, so only known ones must agree.
    """
    rows = [line.split() for line in icarus(tmp_path, made[block], "2012", reset=True)]
    script = (
        f"read_verilog top.v\nhierarchy -check -top {made[block].manifest['top']}\nproc\nflatten\n"
        "memory_collect\nmemory_nordff\nopt_clean\n"
        "sim -r trace.fst -scope tb.dut -undriven-warn -q -vcd yosys.vcd\n"
    )
    run_yosys(script, folder=tmp_path, name="replay")
    text = (tmp_path / "yosys.vcd").read_text(encoding="utf-8")
    answers = values_before(text, [(int(time), name) for time, name, _ in rows])
    known = 0
    for (time, name, bits), answer in zip(rows, answers, strict=True):
        pairs = [p for p in zip(bits, answer, strict=True) if set(p) <= set("01")]
        assert all(left == right for left, right in pairs), (time, name, bits, answer)
        assert not KNOWN.search(f"{name} {bits}") or len(pairs) == len(bits), (time, name, answer)
        known += len(pairs)
    assert known > HALF_PERIODS


@pytest.mark.parametrize("block", DESIGNS)
def test_each_block_has_a_wake_up(made: dict[str, Elaboration], block: str) -> None:
    """Without Icarus: no `always @*` whose first statement does not read the wake register, and no
    register of that kind with a value in its declaration.
    """
    modules = made[block].verilog.split("endmodule\n")
    for text in modules:
        blocks = re.findall(r"always @\*.*\n(.*)\n", text)
        assert set(blocks) <= {"    if (\\$wake ) begin end"}
        assert text.count("  reg \\$wake ;\n") == bool(blocks)
        assert text.count("  initial \\$wake  <= 1'h0;") == bool(blocks)
    assert "always @*" in made[block].verilog
    assert "dump_module" not in made[block].verilog
