"""The campaign on a noisy line, short; reports/link.md has 10^5 frames."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from serial_boards import port_of, uart_board
from support import ROOT

from campaigns import link_noise


@pytest.mark.parametrize(
    ("rate", "seed"), [pytest.param(0.0, 3, marks=pytest.mark.soak), (1e-3, 3)]
)
def test_noise_neither_loses_nor_repeats_a_request(builds: Path, rate: float, seed: int) -> None:
    line = uart_board(builds, seed, waits=6)
    row = link_noise.run_on(line, port_of(line), 60, rate, seed, faults=0.03)
    assert row.frames >= 60
    assert row.mismatches == 0
    assert (row.events > 0) == (rate > 0)
    assert row.resets + row.pulls > 0


@pytest.mark.soak
@pytest.mark.parametrize("name", link_noise.MUTANTS)
def test_a_fault_of_the_gateware_is_found(tmp_path: Path, name: str) -> None:
    assert link_noise.verdict(link_noise.build(tmp_path, link_noise.MUTANTS[name]))


def test_faults_apply_to_the_verilog() -> None:
    verilog = link_noise.emitted()
    for pattern, _ in link_noise.MUTANTS.values():
        assert len(re.findall(pattern, verilog)) == 1, pattern


def test_the_channel_does_all_kinds_of_damage() -> None:
    channel = link_noise.Channel(0.05, seed=3)
    sent = bytes(range(256)) * 40
    got = channel(sent)
    assert got != sent
    assert min(channel.events.values()) > 0
    quiet: Callable[[bytes], bytes] = link_noise.Channel(0.0, seed=3)
    assert quiet(sent) == sent


def test_the_report_is_of_these_faults() -> None:
    report = json.loads((ROOT / "reports" / "link.json").read_text(encoding="utf-8"))
    assert sum(row["frames"] for row in report["rows"]) >= 100_000
    assert [row["mismatches"] for row in report["rows"]] == [0] * len(link_noise.RATES)
    assert set(report["mutants"]) == set(link_noise.MUTANTS)
    assert all(report["mutants"].values())
    assert min(report["throughput"].values()) >= 0.8
