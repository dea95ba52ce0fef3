"""The long co-simulations: their sizes, and what is written about them."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pytest

from campaigns import soak


def test_runs_are_as_long_as_the_page_says() -> None:
    design, steps = soak.SOAKS["lane"]
    assert (design.block, steps) == ("lane", 1_000_000)
    updates = 0
    for design, steps in soak.SOAKS.values():
        if design.layer is not None:
            assert design.layer.lanes == 16
            updates += design.layer.inputs * design.layer.neurons * steps
    assert updates > 10**7


@pytest.mark.parametrize("passed", [True, False])
def test_results_are_written_and_a_difference_is_an_exit_code(
    passed: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def simulated(design: Any, *, steps: int, **options: Any) -> dict[str, Any]:
        results: dict[str, Any] = dict.fromkeys(soak._RESULT_KEYS, 0)
        counts = {"steps": steps, "synapse_steps": 12345, "cycles": 67890}
        # of a layer with every option, one bit may differ
        wrong = not passed and design.name == "layer_options"
        return results | counts | {"differences": int(wrong), "passed": not wrong, "extra": 1}

    monkeypatch.setattr(soak, "cosim", simulated)
    monkeypatch.setattr(sys, "argv", ["soak", "--out", str(tmp_path)])
    with pytest.raises(SystemExit) as end:
        soak.main()
    assert end.value.code == (not passed)
    content = json.loads((tmp_path / "soak.json").read_text())
    assert (content["schema_version"], content["command"]) == (
        soak.SCHEMA,
        "python -m campaigns.soak",
    )
    assert [row["run"] for row in content["rows"]] == list(soak.SOAKS)
    assert all(set(row) == {"run", "design_file", *soak._RESULT_KEYS} for row in content["rows"])
    page = (tmp_path / "soak.md").read_text()
    assert "| lane | 1,000,000 | 12,345 | 67,890 | 0 | 0 |" in page
    assert f"| layer, every option | 500 | 12,345 | 67,890 | {int(not passed)} | 0 |" in page
