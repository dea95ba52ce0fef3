"""Waves as FST: another reader finds in them what it finds in the VCD."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from sc_hw.errors import OutputError
from sc_hw.simulation.fst import write_fst

pytest.importorskip("pylibfst")
pywellen = pytest.importorskip("pywellen")

WAVES = """$timescale 1ps $end
 $scope module TOP $end
  $var wire 1 " clk $end
  $scope module part $end
   $var wire 1 " clk $end
   $var reg 8 $ sum [7:0] $end
   $var wire 70 % wide [69:0] $end
   $var wire 2 & unknown [1:0] $end
  $upscope $end
 $upscope $end
$enddefinitions $end
#0
$dumpvars
0"
b1 $
b0 %
bx &
$end
#5
1"
b10000001 $
#10
0"
b1111111111111111111111111111111111111111111111111111111111111111111111 %
b0z &
#15
1"
"""


def values(file: Path, times: range) -> dict[str, tuple[int, list[Any]]]:
    """Width of every signal, and its values at some times, as the library wellen reads them."""
    waves = pywellen.Waveform(str(file))
    assert str(waves.timescale) == "1ps"
    return {
        variable.full_name: (variable.bitwidth, [variable.signal.value_at(t) for t in times])
        for variable in waves.all_vars()
    }


def test_another_library_reads_the_same_from_both(tmp_path: Path) -> None:
    vcd = tmp_path / "waves.vcd"
    vcd.write_text(WAVES)
    fst = write_fst(vcd, tmp_path / "waves.fst")
    expected = values(vcd, range(0, 20, 5))
    assert expected["TOP.part.sum"] == (8, [1, 129, 129, 129])
    assert expected["TOP.part.wide"] == (70, [0, 0, (1 << 70) - 1, (1 << 70) - 1])
    assert expected["TOP.part.unknown"] == (2, ["xx", "xx", "0z", "0z"])
    assert values(fst, range(0, 20, 5)) == expected


def test_a_file_that_cannot_be_written_is_one_line(tmp_path: Path) -> None:
    vcd = tmp_path / "waves.vcd"
    vcd.write_text(WAVES)
    with pytest.raises(OutputError, match=r"can't be written"):
        write_fst(vcd, vcd / "waves.fst")  # a file is no folder


def test_the_same_waves_are_the_same_bytes(tmp_path: Path) -> None:
    vcd = tmp_path / "waves.vcd"
    vcd.write_text(WAVES)
    first, second = (write_fst(vcd, tmp_path / name).read_bytes() for name in ("a.fst", "b.fst"))
    assert first == second
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.fst", "b.fst", "waves.vcd"]
