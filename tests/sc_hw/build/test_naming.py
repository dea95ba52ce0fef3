"""Names of builds: what is no design is refused by each stage, with what to do."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import sc_hw
from sc_hw.build.naming import check_design
from sc_model.spec import Design

LANE = Design(name="lane", block="lane")
STAGES: dict[str, Any] = {
    "elaborate": sc_hw.elaborate,
    "prove": sc_hw.prove,
    "check": sc_hw.check,
    "cosim": sc_hw.cosim,
    "estimate": lambda design: sc_hw.estimate(design, ["ice40-up5k"]),
}


@pytest.mark.parametrize("stage", sorted(STAGES))
@pytest.mark.parametrize("value", ["lane.toml", Path("lane.toml"), None, {"name": "x"}, 3.5])
def test_a_stage_takes_a_design(stage: str, value: Any) -> None:
    with pytest.raises(TypeError) as caught:
        STAGES[stage](value)
    text = str(caught.value)
    assert text.startswith("design must be a Design, which load_design reads from a file, not ")
    assert text.endswith(f" ({type(value).__name__}).")


def test_a_design_passes() -> None:
    check_design(LANE)


@pytest.mark.parametrize(
    ("options", "text"),
    [
        ({"limit_s": float("inf")}, "limit_s must be > 0 and finite, not inf"),
        ({"limit_s": float("nan")}, "limit_s must be > 0 and finite, not nan"),
        ({"limit_s": "60"}, "limit_s must be > 0 and finite, not '60'"),
        ({"jobs": 0}, "jobs must be an integer >= 1, not 0"),
        ({"jobs": 1.5}, "jobs must be an integer >= 1, not 1.5"),
    ],
)
def test_options_of_a_proof(options: Any, text: str, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=" must be ") as caught:
        sc_hw.prove(LANE, root=tmp_path, **options)
    assert str(caught.value) == text
    assert list(tmp_path.iterdir()) == []
