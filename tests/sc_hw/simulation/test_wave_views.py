"""Views of waves: groups by the manifest, the marker at a difference; a real run of a lane."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from sc_hw.build.elaborate import Build
from sc_hw.simulation.vcd import Signal, signals_of
from sc_hw.simulation.wave_views import difference_time, groups, show_waves, write_view

MANIFEST: dict[str, Any] = {
    "ports": [
        {"name": "clk", "direction": "input"},
        {"name": "spike", "direction": "input"},
        {"name": "weight", "direction": "output"},
    ],
    "domain": {"clock": "clk", "reset": "rst"},
    "named_signals": [{"signal": "update.change"}],
}


def waves(folder: Path) -> Path:
    """Three clocks of 10 units, with the design one level below the bench."""
    names = ["$scope module bench $end", "$var wire 1 ! clk $end", "$scope module dut $end"]
    names += ["$var wire 1 ! clk $end", "$var wire 1 a spike $end", "$var wire 4 b weight $end"]
    for lane in range(3):
        names += [f"$scope module lane_{lane} $end", "$scope module update $end"]
        names += [f"$var wire 3 c{lane} change $end", "$upscope $end", "$upscope $end"]
    names += ["$upscope $end", "$upscope $end", "$enddefinitions $end"]
    edges = [f"#{t}\n{int(t % 10 == 5)}!" for t in range(0, 30, 5)]
    file = folder / "waves.vcd"
    file.write_text("\n".join([*names, *edges]) + "\n")
    return file


def test_groups_are_ports_of_the_design_and_values_of_two_of_its_lanes(tmp_path: Path) -> None:
    found = groups(MANIFEST, signals_of(waves(tmp_path)))
    assert {name: [signal.path for signal in signals] for name, signals in found.items()} == {
        "clocks and resets": ["bench.dut.clk"],
        "inputs": ["bench.dut.spike"],
        "outputs": ["bench.dut.weight"],
        "values that the rule names": [f"bench.dut.lane_{k}.update.change" for k in (0, 1)],
    }


@pytest.mark.parametrize(
    ("first", "time"), [({"clock": 1}, 15), ({"time_ps": 7, "clock": 1}, 7), ({}, None)]
)
def test_time_of_the_first_difference(
    first: dict[str, int], time: int | None, tmp_path: Path
) -> None:
    assert difference_time(waves(tmp_path), Signal("clk", 1, "!"), first) == time
    assert difference_time(waves(tmp_path), None, {"clock": 1}) is None


def test_view_has_a_marker_at_the_difference(tmp_path: Path) -> None:
    first = {"clock": 2, "step": 4, "field": "weight", "expected": 1, "got": 5}
    path, time = write_view(waves(tmp_path), MANIFEST, first)
    text = path.read_text()
    assert (path.name, time) == ("waves.gtkw", 25)
    assert '[dumpfile] "waves.vcd"' in text
    assert "-first difference: step 4, field weight, expected 1, got 5" in text
    assert next(line for line in text.splitlines() if line[0] == "*").split()[1] == "25"
    path, time = write_view(waves(tmp_path), MANIFEST, None)
    assert time is None
    assert "difference" not in path.read_text()


def check_same(vcd: Path, fst: Path) -> None:
    """Another library reads the same signals and values from both."""
    pywellen = pytest.importorskip("pywellen")
    first, second = (
        {variable.full_name: variable for variable in pywellen.Waveform(str(file)).all_vars()}
        for file in (vcd, fst)
    )
    assert len(first) == len(second) > 50
    changing = 0
    for name in list(first)[:: max(1, len(first) // 60)]:
        ours, others = (each[name] for each in (second, first))
        assert ours.bitwidth == others.bitwidth
        values = [others.signal.value_at(time) for time in range(120)]
        assert [ours.signal.value_at(time) for time in range(120)] == values
        changing += len(set(values)) > 3
    assert changing > 5


def test_waves_of_a_lane(build_of: Callable[..., Build]) -> None:
    build = build_of("lane")
    found = show_waves(build.design, root=build.folder.parent, steps=40, fst=True)
    assert (found["passed"], found["time"]) == (True, None)
    fst = Path(found["waves"])
    assert fst.stat().st_size < fst.with_suffix(".vcd").stat().st_size / 5
    assert f'[dumpfile] "{fst.name}"' in Path(found["view"]).read_text()
    check_same(fst.with_suffix(".vcd"), fst)
    text = Path(found["view"]).read_text()
    for name in ("clk", "pre_spike", "reward[7:0]", "weight[15:0]", "update.weight_next[15:0]"):
        assert f"\nbench.dut.{name}\n" in text
