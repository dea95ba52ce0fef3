"""`sc-hw price`, `estimate`, `report`: the table, and why a figure is missing."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

import pytest
from report_files import NO_TIMING, REASON, UNKNOWN_LIMIT, metric
from support import ROOT
from typer.testing import CliRunner

from sc_hw.cli import app
from sc_hw.cli.application import main
from sc_hw.errors import ToolError
from sc_hw.fabric.targets import target_names
from sc_model.spec import ConfigError

LANE = str(ROOT / "examples" / "lane.toml")


@pytest.mark.parametrize(
    ("command", "options"),
    [
        ("estimate", ("--target", "--seeds", "--jobs", "--build", "--json")),
        ("price", ("--target", "--json")),
        ("report", ("--recording", "--build", "--json")),
    ],
)
def test_help(command: str, options: tuple[str, ...]) -> None:
    done = CliRunner().invoke(app, [command, "--help"], env={"COLUMNS": "200"})
    assert done.exit_code == 0
    assert [option for option in options if option not in done.stdout] == []


def test_a_row_for_each_target(monkeypatch: pytest.MonkeyPatch) -> None:
    chosen: list[Any] = []
    two = {"fast": {"median_mhz": 9, "min_mhz": 8, "max_mhz": 10}}
    rows = [
        metric("a"),
        metric("b", **(NO_TIMING | UNKNOWN_LIMIT | {"quoted_mhz": None, "fmax_by_clock": two})),
    ]
    rows[1]["quoted_updates_per_s"] = None
    totals = {"lut": 5280, "ff": 5280, "bram": 30, "dsp": None}
    for row in rows:
        resources = {
            name: {
                "used": row[name],
                "available": total,
                "percent": None if total is None else 100 * row[name] / total,
            }
            for name, total in totals.items()
        }
        row |= {"device": {"resources": resources, "source": "a sheet"}}
        row |= {"fits": True, "fits_reason": None, "product_notes": ["a product of 17 bits"]}

    def estimated(design: Any, targets: Any, **options: Any) -> list[dict[str, Any]]:
        chosen.append((tuple(targets), options["seeds"]))
        return rows

    monkeypatch.setattr("sc_hw.price.estimate.estimate", estimated)
    done = CliRunner().invoke(app, ["estimate", LANE, "--target", "a", "--target", "b"])
    assert done.exit_code == 0
    lines = [" ".join(line.split()) for line in done.stdout.splitlines()]
    cells = (
        "1,234/5,280 (23.4%) │ 567/5,280 (10.7%) │ 2.5/30 (8.33%) │ 0 │ 137.9 (128.4..141.3)"
        " │ 131.5 (multiplier) │ 131.5 │ 131.5"
    )
    assert f"│ a │ {cells} │" in lines
    assert "b: clock fast: 9 (8..10) MHz" in lines
    assert f"b: no Fmax: {REASON}" in lines
    assert "a: a product of 17 bits" in lines
    assert "b: fixture: no sheet" in lines
    done = CliRunner().invoke(app, ["estimate", LANE, "--json", "--seeds", "1"])
    assert json.loads(done.stdout) == rows
    assert chosen == [(("a", "b"), 5), (target_names(), 1)]


def price_row(**changes: Any) -> dict[str, Any]:
    """A price as `sc_hw.price.price` gives it."""
    part = {
        "lut": {"value": 40, "low": 36, "high": 44},
        "ff": 1737,
        "bram": 1,
        "dsp": 0,
        "spram": 0,
    }
    none = {"lut": {"value": 0, "low": 0, "high": 0}, "ff": 0, "bram": 0, "dsp": 0, "spram": 0}
    resources = {"lut": {"used": 40, "available": 80, "percent": 50.0}}
    row = {
        "title": "A device",
        "lut": part["lut"],
        "ff": {"value": 20, "low": 20, "high": 20},
        "bram": 1,
        "dsp": 0,
        "parts": {"lanes": part, "host": none},
        "device": {"resources": resources},
        "fits": True,
        "fits_reason": None,
        "model_note": None,
        "fmax_mhz": {"value": 50.0, "low": 45.0, "high": 55.0},
        "quoted_mhz": 50.0,
        "quoted_from": "nextpnr",
        "quoted_reason": None,
        "timing": {"event_clocks": 16, "step_clocks": 34},
        "step_clocks": 100.0,
        "step_clocks_reason": None,
        "step_clocks_at_most": False,
        "steps_per_s": 500_000.0,
        "updates_per_s": 50_000_000,
    }
    return {**row, **changes}


def priced(monkeypatch: pytest.MonkeyPatch, row: dict[str, Any], *options: str) -> Any:
    monkeypatch.setattr("sc_hw.price.price.price", lambda *_, **__: [row])
    return CliRunner().invoke(app, ["price", LANE, *options], env={"COLUMNS": "200"})


def test_a_price_has_its_parts_and_bars(monkeypatch: pytest.MonkeyPatch) -> None:
    done = priced(monkeypatch, price_row())
    assert done.exit_code == 0
    assert "40 (36..44)" in done.stdout
    assert re.search(r"lanes +│ 40 \(36..44\) +│ 1,737 │", done.stdout)
    assert "host" not in done.stdout  # there is none
    assert "of the device: LUT 40/80 (50%)" in done.stdout
    assert "clock: 50 (45..55) MHz expected, 50 quoted\n" in done.stdout
    rate = "50.0 million synapse updates a second, at most\n"
    assert f"a step: 100 clocks; 500,000 steps a second; {rate}" in done.stdout
    done = priced(monkeypatch, price_row(step_clocks_at_most=True))
    text = "a step: at most 100 clocks; at least 500,000 steps a second; "
    assert f"{text}{rate}" in done.stdout
    assert json.loads(priced(monkeypatch, price_row(), "--json").stdout) == [price_row()]


def test_a_price_that_does_not_fit_ends_in_1(monkeypatch: pytest.MonkeyPatch) -> None:
    reason = "does not fit: block RAM 289 of 30"
    clocks = {"step_clocks": None, "step_clocks_reason": "a sample takes its time"}
    row = price_row(fits=False, fits_reason=reason, steps_per_s=None, **clocks)
    done = priced(monkeypatch, row | {"quoted_from": "multiplier", "model_note": "other bars"})
    assert done.exit_code == 1
    assert reason in done.stdout
    assert "; multiplier limits it" in done.stdout
    text = "a step: a sample takes its time; event clocks 16; step clocks 34; 50.0 million"
    assert text in done.stdout
    assert "other bars" in done.stdout
    timing = {"sweep_clocks": 232, "readout_clocks": 18, "learn_clocks": 16}
    done = priced(monkeypatch, row | {"timing": timing})
    assert "time; sweep clocks 232; readout clocks 18; learn clocks 16; 50.0" in done.stdout


def test_a_block_without_a_model_has_no_clock_and_says_why(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    none = {"fmax_mhz": {"value": None, "low": None, "high": None}, "quoted_mhz": None}
    none |= {"quoted_reason": "the clock was not fitted", "steps_per_s": None}
    bar = {"value": 40, "low": None, "high": None}
    done = priced(monkeypatch, price_row(**none, updates_per_s=None, lut=bar))
    assert done.exit_code == 0
    assert "clock: the clock was not fitted\na step: 100 clocks\n" in done.stdout
    assert "│ all   │ 40 " in done.stdout


def commanded(
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
    command: str,
    rows: list[dict[str, Any]],
) -> Callable[..., list[Any]]:
    """A function that runs a command with targets, of which d and e fail: exit code and lines."""

    def measured(design: Any, targets: Any, **options: Any) -> list[dict[str, Any]]:
        if "d" in targets:
            options["on_failure"]("d", ToolError("yosys failed (exit 1): ERROR: No such command"))
        if "e" in targets:
            options["on_failure"]("e", ConfigError("products must be narrower."))
        return rows

    def run(*targets: str) -> list[Any]:
        words = [word for target in targets for word in ("--target", target)]
        monkeypatch.setattr("sys.argv", ["sc-hw", command, LANE, "--json", *words])
        with pytest.raises(SystemExit) as ended:
            main()
        printed = capfd.readouterr()
        assert json.loads(printed.out) == rows
        lines = [line for line in printed.err.splitlines() if not line.startswith("... ")]
        return [ended.value.code, *lines]

    monkeypatch.setattr(f"sc_hw.price.{command}.{command}", measured)
    return run


@pytest.mark.parametrize("command", ["estimate", "price"])
def test_targets_that_fail_leave_the_rows_of_the_others(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str], command: str
) -> None:
    rows = [metric("b", fits=True)]
    run = commanded(monkeypatch, capfd, command, rows)
    assert run("b", "d") == [3, "error: d: yosys failed (exit 1): ERROR: No such command"]
    assert run("b", "e") == [2, "error: e: products must be narrower."]
    assert run("b", "d", "e")[0] == 3


def test_estimate_ends_in_1_or_3_by_what_failed(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    error = "nextpnr-ice40 failed (exit 1): ERROR: no such device"
    rows: list[dict[str, Any]] = []
    run = commanded(monkeypatch, capfd, "estimate", rows)
    full = metric("a", fits=False, fits_reason="does not fit: block RAM 289 of 30")
    rows[:] = [full]
    assert run("a") == [1]
    rows[:] = [
        full,
        metric("b", fits=True),
        metric("c", fits=None, tool_failure=error, **NO_TIMING),
    ]
    assert run("a", "b", "c") == [3, f"error: c: {error}"]
