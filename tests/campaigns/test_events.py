"""The campaign that compares the engines: its networks, its counts, a run, and its page."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from campaigns.events import (
    ENGINES,
    OUTPUTS,
    native_row,
    output_rows,
    outputs_page,
    page,
    random_network,
    random_output,
    random_rows,
    synapse_events,
    with_engine,
)
from sc_model.spec import DenseSpec, NetworkSpec
from sc_sim.benches.network.expected import expected
from sc_sim.benches.network.stimulus import parameters


def test_random_networks_have_either_engine_and_some_have_slices() -> None:
    delays, recurrent, intervals = set(), set(), set()
    for seed in range(20):
        spec = random_network(np.random.default_rng(seed))
        delays |= {layer.max_delay for layer in spec.layers}
        for engine in ENGINES:
            assert {layer.engine for layer in with_engine(spec, engine).layers} == {engine}
        wide = random_network(np.random.default_rng(seed), wide=True)
        assert wide.slices() > 16
        assert wide.slices(1) in (4, 5, 6)
        recurrent |= {tuple(layer.recurrent for layer in wide.layers)}
        intervals |= {(wide.crossing(1).in_turn, wide.layers[1].policy)}
    assert {0, 1, 15} <= delays
    assert len(recurrent) == 4
    assert len(intervals) == 6


def test_events_are_columns_that_are_not_0_times_neurons() -> None:
    layer = DenseSpec(name="a", inputs=4, neurons=3, bias=True, recurrent=True)
    spec, rng = NetworkSpec(layers=(layer,)), np.random.default_rng(1)
    x = np.array([[1, 0, 0, 1], [0, 0, 0, 0], [1, 1, 1, 1]], np.uint8)
    golden = expected(spec, parameters(spec, rng, x), x)
    own = int(golden.words["a"][:-1].sum())  # the spikes of a tick are columns of the next one
    assert synapse_events(spec, x, golden) == (2 + 0 + 4 + 3 + own) * 3


def test_both_engines_play_a_network_with_slices(tmp_path: Path) -> None:
    drawn = random_network(np.random.default_rng((5, 3)), wide=True)
    assert any(layer.recurrent for layer in drawn.layers)
    assert not all(drawn.crossing(index).in_turn for index in range(2))
    rows = random_rows(1, 60, 5, tmp_path, first=3)
    assert [row["engine"] for row in rows] == list(ENGINES)
    assert [row["differences"] for row in rows] == [0, 0]
    assert rows[0]["words"] == rows[1]["words"] > 0
    shares = {"active_inputs_a_step": 1.0, "hidden_spikes_a_step": 2.0, "adding": 0.9212}
    totals = {"networks": 1, "synapse_events": 7, "words": 120, "differences": 0}
    parts = {"large": [{**rows[1], **shares}], "native": [], "networks": rows, "outputs": []}
    text = page({"command": "c", "totals": totals, **parts})
    assert "120 words, **0 differences**" in text
    assert "add in 92.1% of the clocks" in text
    assert text.count("| events |") == 2


def test_last_layers_of_every_kind_give_slices() -> None:
    found = set()
    for seed in range(20):
        for kind in OUTPUTS:
            spec = random_output(np.random.default_rng(seed), kind)
            assert spec.o_slices() >= 17
            found.add((kind, spec.readout is None))
            found.add((kind, spec.layers[-1].neurons_a_clock))
    assert {(kind, answers) for kind in OUTPUTS for answers in (False, True)} <= found
    for kind in ("events", "recurrent"):
        assert {(kind, together) for together in (1, 2, 4, 8)} <= found


@pytest.mark.soak
def test_outputs_in_slices_are_played(tmp_path: Path) -> None:
    rows = output_rows(1, 40, 3, tmp_path)
    assert [row["last"] for row in rows] == list(OUTPUTS)
    assert [row["differences"] for row in rows] == [0] * len(OUTPUTS)
    assert all(row["spikes"] and row["words"] in (20, 40) for row in rows)
    text = "\n".join(outputs_page(rows))
    assert f"**0 differences** in {sum(row['words'] for row in rows):,} words" in text
    assert text.count("\n| ") == 1 + len(OUTPUTS)


def test_the_compiled_model_ends_in_the_golden_state() -> None:
    sizes = {"inputs": 9, "neurons": 5, "max_delay": 3, "recurrent": True}
    layer = DenseSpec.model_validate({"name": "a", "engine": "events", **sizes})
    row = native_row(NetworkSpec(layers=(layer,)), 40, 3)
    assert (row["differences"], row["words"], row["max_delay"]) == (0, 40, [3])
    assert row["synapse_events"] > 40
