"""The engine of a trained layer: which layers may have which, and where their synapses lie."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pytest

from sc_model.spec import ConfigError, DenseSpec, HetSynSpec, NetworkSpec, ReadoutSpec


@pytest.mark.parametrize("engine", ["sweep", "events"])
def test_every_synapse_has_a_word_of_its_own(engine: str) -> None:
    spec = DenseSpec.model_validate(
        {"name": "a", "inputs": 5, "neurons": 7, "lanes": 3, "engine": engine}
    )
    neuron, column = np.divmod(np.arange(35), 5)
    words = spec.word(column, neuron)
    assert len(set(zip(neuron % 3, words, strict=True))) == 35
    assert 0 <= words.min() <= words.max() < spec.depth
    assert spec.word(3, 1) == (9 if engine == "events" else 3)


def test_what_has_no_events_is_refused() -> None:
    with pytest.raises(ConfigError, match=r"HetSynSpec\.engine must be 'sweep' for a layer of"):
        HetSynSpec(name="a", inputs=2, neurons=2, engine="events")


def test_clocks_of_both_engines() -> None:
    hidden = DenseSpec(name="hidden", inputs=784, neurons=128, lanes=8)
    assert hidden.sweep_clocks == 784 * 16
    assert hidden.event_clocks() == 78 * 16 + 16
    assert hidden.model_copy(update={"max_delay": 9}).event_clocks() == 78 * 16 + 16
    assert DenseSpec(name="a", inputs=800, neurons=8, lanes=8).event_clocks() == 80 + 50
    assert hidden.event_clocks(0.0) == 128  # the neurons of the tick before
    assert DenseSpec(name="a", inputs=3, neurons=9, lanes=9).sweep_clocks == 9


@pytest.mark.parametrize(
    ("layer", "engine"),
    [
        ({"inputs": 784, "neurons": 128, "lanes": 8}, "events"),
        ({"inputs": 784, "neurons": 128, "lanes": 8, "max_delay": 2}, "events"),
        # sums of 22 ticks, but 20 synapses a neuron
        ({"inputs": 20, "neurons": 20, "max_delay": 2}, "events"),
        ({"inputs": 20, "neurons": 20, "max_delay": 20}, "sweep"),
        ({"inputs": 12, "neurons": 12, "lanes": 12}, "sweep"),
    ],
)
def test_auto_becomes_the_cheaper_engine(layer: dict[str, int], engine: str) -> None:
    spec = DenseSpec.model_validate({"name": "a", **layer, "engine": "auto"})
    assert spec.engine == engine == spec.model_dump()["engine"]
    assert spec.cheaper_engine == engine
    assert HetSynSpec(name="a", inputs=784, neurons=128, engine="auto").engine == "sweep"
    assert DenseSpec.model_validate({"name": "a", **layer}).engine == "sweep"  # as ever


def test_what_delays_need_of_the_past() -> None:
    def past(**more: Any) -> str | None:
        return DenseSpec(name="a", inputs=2, neurons=2, **more).past

    assert (past(), past(max_delay=3), past(engine="events")) == (None, "history", None)
    assert past(engine="events", max_delay=3) == "arriving"
    assert DenseSpec(name="a", inputs=2, neurons=2, max_delay=3).banks == 5


def test_a_line_says_why() -> None:
    swept = DenseSpec(name="hidden", inputs=784, neurons=128, lanes=8)
    assert swept.engine_line == (
        "layer 'hidden': engine 'sweep'; a sweep takes 12,544 clocks a tick, events 1,264 with"
        " 10% of 784 columns active; 'events' would be the better choice"
    )
    chosen = swept.model_copy(update={"engine": "events"}).engine_line
    assert chosen is not None
    assert chosen.endswith("784 columns active")
    assert HetSynSpec(name="a", inputs=2, neurons=2).engine_line is None


@pytest.mark.parametrize(
    ("fields", "text"),
    [
        (
            {"lanes": 4, "neurons_a_clock": 2},
            "DenseSpec.neurons_a_clock must be 1 with engine 'sweep', whose groups take longer than"
            " their neurons; not 2.",
        ),
        (
            {"lanes": 6, "engine": "events", "neurons_a_clock": 3},
            "DenseSpec.neurons_a_clock must be 1, 2, 4 or 8, and divide 6 lanes and 12 neurons;"
            " not 3.",
        ),
        (
            {"lanes": 3, "engine": "events", "neurons_a_clock": 2},
            "DenseSpec.neurons_a_clock must be 1, 2, 4 or 8, and divide 3 lanes and 12 neurons;"
            " not 2.",
        ),
    ],
)
def test_neurons_a_clock_fit_the_lanes(fields: dict[str, Any], text: str) -> None:
    with pytest.raises(ConfigError, match=f"^{re.escape(text)}$"):
        DenseSpec(name="a", inputs=4, neurons=12, **fields)


def test_a_neuron_a_clock_leaves_no_trace_in_a_design() -> None:
    layer = DenseSpec(name="a", inputs=4, neurons=12, lanes=4, engine="events")
    assert "neurons_a_clock" not in layer.model_dump()
    several = layer.model_copy(update={"neurons_a_clock": 4})
    assert DenseSpec.model_validate(several.model_dump()) == several
    assert (several.group_turns, several.turns, several.event_clocks(0.0)) == (1, 3, 3)


def test_a_readout_takes_one_neuron_after_the_other() -> None:
    layer = DenseSpec(name="a", inputs=4, neurons=12, lanes=4, engine="events", neurons_a_clock=2)
    text = "layer 'a' must have neurons_a_clock = 1 with a table [readout], which takes one neuron"
    with pytest.raises(ConfigError, match=f"{re.escape(text)} after the other; not 2"):
        NetworkSpec(layers=(layer,), readout=ReadoutSpec(kind="count"))
