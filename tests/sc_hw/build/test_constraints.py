"""Constraints name every crossing once, with limits that follow from the clocks; nextpnr takes what
is meant for it.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from sc_hw.build.constraints import Clock, constraint_files, limit_ns, pair_limits_ns
from sc_hw.build.emit import to_verilog
from sc_hw.files import write_text
from sc_hw.network.cdc import WordCrossing
from sc_hw.tools import find, run, run_yosys

CLOCKS = (Clock("o_clk", "o", 80e6), Clock("i_clk", "i", 25e6))
CROSSING = WordCrossing(4, 4)
RECORDS = tuple(record.under("link") for record in CROSSING.crossings)


def test_limits_are_periods() -> None:
    limits = {record.name: limit_ns(record, CLOCKS) for record in RECORDS}
    assert limits["link.write pointer"] == limits["link.o answer"] == 12.5
    assert limits["link.words"] == 12.5
    slow_reader = (Clock("o_clk", "o", 10e6), Clock("i_clk", "i", 25e6))
    assert limit_ns(RECORDS[-1], slow_reader) == 100
    assert pair_limits_ns(RECORDS, slow_reader) == {("i", "o"): 40, ("o", "i"): 40}


def test_files_word_for_word() -> None:
    files = constraint_files(CLOCKS, RECORDS[:1] + RECORDS[-1:])
    create = (
        "create_clock -name i -period 40.000 [get_ports {i_clk}]\ncreate_clock -name o -period"
        " 12.500 [get_ports {o_clk}]\n"
    )
    assert files["clocks.sdc"] == create
    assert files["clocks.lpf"] == 'FREQUENCY PORT "i_clk" 25 MHZ;\nFREQUENCY PORT "o_clk" 80 MHZ;\n'
    assert files["clocks.pcf"] == "set_frequency i_clk 25\nset_frequency o_clk 80\n"
    pointer = "# link.write pointer: gray pointer, 3 bits, link.i_gray to link.o_sync_pointer.first"
    words = "# link.words: storage, 4 bits, link.storage to link.capture.q"
    pair = "-from [get_clocks {i}] -to [get_clocks {o}]"
    assert (
        files["crossings.sdc"]
        == f"{create}\n{pointer}\n{words}\nset_max_delay 12.500 {pair}\nset_false_path -hold"
        f" {pair}\n"
    )
    first = "-from [get_clocks {i}] -to [get_cells {link/o_sync_pointer/first_reg*}]"
    capture = "-from [get_clocks {i}] -to [get_cells {link/capture/q_reg*}]"
    assert (
        files["crossings.xdc"]
        == f"{create}\n{pointer}\nset_max_delay -datapath_only {first} 12.500\nset_bus_skew {first}"
        f" 12.500\n\n{words}\nset_max_delay -datapath_only {capture} 12.500\n"
    )


def test_every_crossing_is_named_and_order_does_not_matter() -> None:
    files = constraint_files(CLOCKS, RECORDS)
    for record in RECORDS:
        for name in ("crossings.sdc", "crossings.xdc"):
            assert files[name].count(f"# {record.name}: ") == 1
    assert files["crossings.xdc"].count("set_max_delay") == len(RECORDS)
    assert files == constraint_files(CLOCKS[::-1], RECORDS)


def test_periods_are_never_rounded_up() -> None:
    assert "-period 33.333 " in constraint_files([Clock("clk", "sync", 30e6)], ())["clocks.sdc"]
    assert "-period 16.666 " in constraint_files([Clock("clk", "sync", 60e6)], ())["clocks.sdc"]


def test_lists_that_can_not_be_are_refused() -> None:
    with pytest.raises(
        ValueError, match=r"^Clock frequency of 'clk' must be above 0 Hz, not 0; give it in hertz$"
    ):
        Clock("clk", "sync", 0)
    missing = (
        r"^Crossing 'link\.write pointer' needs a clock for domain 'o', but there are only i; give"
        r" that domain a frequency$"
    )
    with pytest.raises(ValueError, match=missing):
        constraint_files(CLOCKS[1:], RECORDS)
    with pytest.raises(
        ValueError, match=r"^Clock domain must be named once, not 'i' 2 times; drop one of them$"
    ):
        constraint_files((Clock("a", "i", 1e6), Clock("b", "i", 1e6)), ())


@pytest.mark.parametrize(
    ("program", "arguments", "option", "file"),
    [
        (
            "nextpnr-ice40",
            ("--hx8k", "--package", "ct256", "--pcf-allow-unconstrained"),
            "--pcf",
            "clocks.pcf",
        ),
        (
            "nextpnr-ice40",
            ("--hx8k", "--package", "ct256", "--pcf-allow-unconstrained"),
            "--sdc",
            "clocks.sdc",
        ),
        (
            "nextpnr-ecp5",
            ("--25k", "--package", "CABGA381", "--lpf-allow-unconstrained"),
            "--lpf",
            "clocks.lpf",
        ),
        (
            "nextpnr-ecp5",
            ("--25k", "--package", "CABGA381", "--lpf-allow-unconstrained"),
            "--sdc",
            "clocks.sdc",
        ),
    ],
)
def test_nextpnr_takes_its_clocks(
    tmp_path: Path, program: str, arguments: tuple[str, ...], option: str, file: str
) -> None:
    for name, text in constraint_files(CLOCKS, CROSSING.crossings).items():
        write_text(tmp_path / name, text)
    write_text(tmp_path / "top.v", to_verilog(CROSSING, "top", None))
    family = program.removeprefix("nextpnr-")
    run_yosys(
        f"read_verilog top.v\nsynth_{family} -top top -json top.json\n",
        folder=tmp_path,
        name="synth",
    )
    tool = find(program)
    command = (*tool.command, *arguments, option, file, "--json", "top.json", "--timing-allow-fail")
    log = run(command, log=tmp_path / "pnr.log", cwd=tmp_path, env=tool.environ(), what=program)
    assert "i_clk" in log
    assert any("i_clk" in line and "at 25.00 MHz" in line for line in log.splitlines())
    assert any("o_clk" in line and "at 80.00 MHz" in line for line in log.splitlines())
