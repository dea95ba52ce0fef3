"""Runs in Verilog beside the model, as rows of the report; a difference is counted."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from numpy.typing import NDArray

from campaigns.on_chip_learning import verilog as campaign
from sc_hw import Device
from sc_model.spec import Design

SPLIT = campaign.tasks.digits(0)


@pytest.mark.soak
def test_short_runs_in_verilog_are_those_of_the_model(tmp_path: Path) -> None:
    rows = [
        campaign.learned("digits", SPLIT, 400, tmp_path),
        campaign.drifted(SPLIT, 300, 200, tmp_path, name="digits"),
    ]
    for row, samples in zip(rows, (400, 500), strict=True):
        assert row["samples"] == samples
        assert row["other_answers"] == row["other_values_of_the_state"] == 0
        assert row["values_of_the_state"] > 9600
        assert row["clocks"] > 100 * samples
    assert rows[0]["right"] > 0.8
    assert rows[1]["task"] == "digits, rewired after 300"


def test_differences_are_counted_and_an_interrupted_run_goes_on(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """In place of the Verilog a second model, which takes smaller steps if it is to differ."""
    (tmp_path / "top.v").write_text("module top; endmodule", encoding="utf-8")
    rtl = SimpleNamespace(cycles=0, dut=SimpleNamespace(verilog=tmp_path / "top.v"))
    names: dict[Device, str] = {}
    seen: list[int] = []

    def opened(design: Design, on: str = "model", **_: object) -> Device:
        device = Device.open(design)
        device._engine.rtl = rtl
        names[device] = on
        return device

    def pieces(differs: bool, killed_at: int = -1) -> list[campaign.Piece]:
        def piece(first: int) -> campaign.Piece:
            def run(device: Device) -> NDArray[np.int64]:
                if first == killed_at:
                    raise KeyboardInterrupt
                seen.append(first)
                if not first:
                    device.load(campaign.tasks.first_weights(device.design, 1))
                shift, part = int(differs and names[device] == "rtl"), slice(first, first + 100)
                played: NDArray[np.int64] = device.run(
                    values=SPLIT.values[part], target=SPLIT.classes[part], step_shift=shift
                )
                return played

            return run

        return [piece(first) for first in (0, 100, 200)]

    monkeypatch.setattr(campaign, "Device", SimpleNamespace(open=opened))
    row = campaign.compared("digits", "digits", SPLIT, pieces(differs=True), tmp_path)
    assert row["other_values_of_the_state"] > 1000
    assert row["samples"] == 100  # it ends where they differ
    whole = campaign.compared("digits", "digits", SPLIT, pieces(differs=False), tmp_path)
    assert whole["other_values_of_the_state"] == whole["other_answers"] == 0
    assert whole["samples"] == 300
    assert whole["synapse_updates"] > 100_000
    with pytest.raises(KeyboardInterrupt):
        campaign.compared("digits", "digits", SPLIT, pieces(differs=False, killed_at=200), tmp_path)
    seen.clear()
    again = campaign.compared("digits", "digits", SPLIT, pieces(differs=False), tmp_path)
    assert seen == [200, 200]
    assert {**again, "seconds": 0} == {**whole, "seconds": 0}
