"""The cost model of the engines, and the engine of a layer that leaves it open."""

from __future__ import annotations

import pytest

from sc_model.spec import DenseSpec, HetSynSpec
from sc_model.spec.engine_cost import cheaper_engine, engine_line, event_clocks, sweep_clocks


def test_clocks_of_both_engines() -> None:
    hidden = DenseSpec(name="hidden", inputs=784, neurons=128, lanes=8)
    assert sweep_clocks(hidden) == 784 * 16
    assert event_clocks(hidden) == 78 * 16 + 49
    assert event_clocks(hidden, 0.0) == 128  # the neurons of the tick before
    assert sweep_clocks(DenseSpec(name="a", inputs=3, neurons=9, lanes=9)) == 9


@pytest.mark.parametrize(
    ("layer", "engine"),
    [
        ({"inputs": 784, "neurons": 128, "lanes": 8}, "events"),
        ({"inputs": 784, "neurons": 128, "lanes": 8, "max_delay": 2}, "sweep"),
        ({"inputs": 12, "neurons": 12, "lanes": 12}, "sweep"),
    ],
)
def test_auto_becomes_the_cheaper_engine(layer: dict[str, int], engine: str) -> None:
    spec = DenseSpec.model_validate({"name": "a", **layer, "engine": "auto"})
    assert spec.engine == engine == spec.model_dump()["engine"]
    assert cheaper_engine(spec) == engine
    assert HetSynSpec(name="a", inputs=784, neurons=128, engine="auto").engine == "sweep"
    assert DenseSpec.model_validate({"name": "a", **layer}).engine == "sweep"  # as ever


def test_a_line_says_why() -> None:
    swept = DenseSpec(name="hidden", inputs=784, neurons=128, lanes=8)
    assert engine_line(swept) == (
        "layer 'hidden': engine 'sweep'; a sweep takes 12,544 clocks a tick, events 1,297 with"
        " 10% of 784 columns active; 'events' would be the better choice"
    )
    chosen = engine_line(swept.model_copy(update={"engine": "events"}))
    assert chosen is not None
    assert chosen.endswith("784 columns active")
    assert engine_line(HetSynSpec(name="a", inputs=2, neurons=2)) is None
