"""`sc-hw bench` as a function: errors in one line, the result in a file."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from sc_hw.commands.benchmark import benchmark
from sc_hw.tools import ToolError
from sc_model.learning import adaptation
from sc_model.native import NativeError
from sc_model.spec import ConfigError


def test_a_name_that_is_not_known() -> None:
    with pytest.raises(ConfigError, match=r"^a benchmark is adaptation, not 'speed'\.$"):
        benchmark("speed")


@pytest.mark.parametrize(
    ("raised", "kind", "text"),
    [
        (ValueError("steps must be >= 1, not 0"), ConfigError, "bench adaptation: steps must be"),
        (NativeError("no C++ compiler"), ToolError, "no C++ compiler"),
    ],
)
def test_errors_end_in_one_line(
    raised: Exception, kind: type[Exception], text: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(**options: Any) -> None:
        raise raised

    monkeypatch.setattr(adaptation, "adaptation_benchmark", fail)
    with pytest.raises(kind, match=f"^{text.replace('+', '[+]')}"):
        benchmark("adaptation")


def test_the_result_is_also_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[dict[str, Any]] = []

    def result(**options: Any) -> dict[str, Any]:
        calls.append(options)
        return {"cases": []}

    monkeypatch.setattr(adaptation, "adaptation_benchmark", result)
    file = tmp_path / "folder" / "bench.json"
    assert benchmark("adaptation", steps=5, reward=2, seed=3, out=file) == {"cases": []}
    assert json.loads(file.read_text()) == {"cases": []}
    assert calls == [{"steps": 5, "reward": 2, "seed": 3}]
