"""A request's limits and files."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from sc_sim.request import Request


@pytest.mark.parametrize(
    ("option", "message"),
    [
        ({"steps": 0}, "steps must be >= 1, not 0"),
        ({"seed": -1}, "seed must be >= 0, not -1"),
        ({"stall": 0.96}, "stall must be in [0, 0.95], not 0.96"),
    ],
)
def test_a_number_out_of_range(option: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        Request(Path("build"), **option)


def test_files_are_beside_the_results() -> None:
    assert Request(Path("b")).results_file == Path("b/sim/results.json")
    assert Request(Path("b"), out=Path("x/r.json")).waves_file == Path("x/waves.vcd")
