"""The tables of a recurrent network, and what they refuse."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from recurrent_networks import design, network

from sc_model.spec import ConfigError, Design, load_design, parse_design

TABLES: dict[str, Any] = {
    "design": {"name": "match", "block": "recurrent_network"},
    "recurrent": {"inputs": 4, "hidden": {"neurons": 6}, "readout": {"neurons": 2}},
}


def test_a_file_becomes_a_design_and_comes_back(tmp_path: Path) -> None:
    text = """
[design]
name = "match"
block = "recurrent_network"
[recurrent]
inputs = 4
[recurrent.hidden]
neurons = 6
rule.increment = 20
[recurrent.readout]
neurons = 2
"""
    (tmp_path / "match.toml").write_text(text, encoding="utf-8")
    made = load_design(tmp_path / "match.toml")
    assert made.synapses == (4 + 6 + 2) * 6
    assert made.recurrent is not None
    assert made.recurrent.hidden_rule.parameters["increment"] == 20
    assert Design.model_validate_json(made.model_dump_json()) == made
    assert made.portable()["recurrent"]["hidden"]["rule"]["family"] == "e_prop"
    assert "rule" not in made.model_dump()


@pytest.mark.parametrize("shift", [1, 3, 8])
def test_scores_fit_their_format_in_the_worst_run(shift: int) -> None:
    spec = network(readout_shift=shift)
    worst, y = spec.hidden.neurons * spec.readout.max_weight, 0
    for _ in range(4000):
        y = y - (y >> spec.readout_shift) + worst
    assert y <= spec.score_format.hi
    least = 0
    for _ in range(4000):
        least = least - (least >> spec.readout_shift) - worst
    assert least >= spec.score_format.lo


def test_sums_that_do_not_leak_are_refused() -> None:
    with pytest.raises(ValueError, match=r"readout_shift must be >= 1, not 0"):
        network(readout_shift=0)


@pytest.mark.parametrize(
    ("change", "text"),
    [
        ({"recurrent": 3}, "[recurrent] must be a table, not 3 (int)."),
        (
            {"recurrent": {"inputs": 4, "hidden": {"neuron": 6}}},
            "[recurrent.hidden] has no field 'neuron'; did you mean 'neurons'?",
        ),
        (
            {"recurrent": {"inputs": 4, "hidden": {"neurons": 6}}},
            "[recurrent] readout must be given",
        ),
        ({"hidden": [{}]}, 'a design has a table [hidden] only with block = "learning_network"'),
        ({"rule": {}}, "must not have a table [rule]: each layer has one."),
        (
            {"design": {"name": "match", "block": "lane"}},
            'a design has a table [recurrent] only with block = "recurrent_network", not',
        ),
    ],
)
def test_wrong_tables_are_one_line(change: dict[str, Any], text: str) -> None:
    with pytest.raises((ConfigError, TypeError), match=re.escape(text)):
        parse_design({**TABLES, **change})


@pytest.mark.parametrize(
    ("others", "text"),
    [
        ({"hidden": {"initial_recurrent": 128}}, "initial_recurrent must be <= 127, the largest"),
        ({"hidden": {"threshold": 2048}}, "threshold must be < 2^(potential_bits - 1) = 2048"),
        ({"hidden": {"name": "control"}}, "names of their own, none of them 'control'"),
        ({"readout": {"name": "hidden"}}, "names of their own, none of them 'control'"),
        ({"readout": {"neurons": 17}}, "neurons of a recurrent network must be <= 16, not 17"),
        ({"readout": {"lanes": 4}}, "has no lanes, since all classes are visited at once"),
    ],
)
def test_numbers_that_do_not_fit(others: dict[str, Any], text: str) -> None:
    with pytest.raises(ConfigError, match=re.escape(text)):
        network(**others)


def test_a_design_without_its_table() -> None:
    with pytest.raises(ConfigError, match=r"block 'recurrent_network' must have the tables \[recu"):
        Design(name="match", block="recurrent_network")
    with pytest.raises(ConfigError, match=r"must not have a table \[recurrent\]; a recurrent_netw"):
        Design(name="match", block="lane", recurrent=design().recurrent)
