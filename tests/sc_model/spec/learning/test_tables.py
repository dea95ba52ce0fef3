"""The tables of a learning network in a design file."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

from sc_model.spec import ConfigError, ConfigTypeError, Design, load_design, parse_design

TEXT = """
[design]
name = "learner"
block = "learning_network"

[learning]
inputs = 64
steps = 8

[[hidden]]
name = "first"
neurons = 20

[[hidden]]
name = "second"
neurons = 12
weight_bits = 10

[hidden.rule]
noise_bits = 13

[output]
neurons = 10
"""


def test_the_tables_make_a_network() -> None:
    design = parse_design(tomllib.loads(TEXT))
    assert design.learning is not None
    assert design.learning.sizes == (65, 20, 12, 10)
    assert design.synapses == 65 * 20 + 20 * 12 + 12 * 10
    assert (design.learns, design.has_rule, design.network) == (None, False, None)
    assert design.learning.hidden[1].rule.parameters == {"noise_bits": 13}
    values = design.model_dump(mode="json")
    assert "rule" not in values
    del values["synapses"]
    assert Design.model_validate(values) == design


@pytest.mark.parametrize(
    ("old", "new", "text"),
    [
        ("steps = 8", "step = 8", "[learning] has no field 'step'; did you mean 'steps'?"),
        (
            "neurons = 12",
            "neuron = 12",
            "hidden layer 2: [[hidden]] has no field 'neuron'; did you mean 'neurons'?",
        ),
        ("neurons = 12", "neurons = 0", "hidden layer 2: [[hidden]] neurons must be >= 1"),
        ("neurons = 10", "neurons = 1", "the readout: [output] neurons must be >= 2, not 1"),
        ("[[hidden]]", "[[hiden]]", "a design file has no table [hiden]; did you mean 'hidden'?"),
        (
            '"second"',
            '"first"',
            "a learning network must have layers with names of their own, none of them 'control',"
            " not 'first'.",
        ),
        ('"first"', '"control"', "a learning network must have layers with names of their own"),
        ("steps = 8", "exploration = 8", "[learning] exploration must be 0 with feedback"),
        ("weight_bits = 10", "initial = 128", "hidden layer 2: [[hidden]] initial must be <="),
        ("weight_bits = 10", "potential_bits = 10", "hidden layer 2: [[hidden]] threshold mu"),
        (
            "[output]\nneurons = 10",
            "",
            "a learning network must have a table [output], its readout.",
        ),
        ("[learning]", "[rule]\nfamily = 'pair_stdp'\n[learning]", "a design with block"),
        ("[output]", "[layer]\ninputs = 2\nneurons = 2\n[output]", "a design with block"),
        ("learning_network", "bank", "a design has a table [learning] only with bl"),
    ],
)
def test_a_wrong_table_is_refused_in_one_line(old: str, new: str, text: str) -> None:
    assert old in TEXT
    with pytest.raises(ConfigError, match=f"^{re.escape(text)}"):
        parse_design(tomllib.loads(TEXT.replace(old, new)))


def test_tables_of_another_form_are_refused() -> None:
    values = tomllib.loads(TEXT)
    with pytest.raises(ConfigTypeError, match=r"^\[output\] must be a table, not 3 \(int\)\.$"):
        parse_design({**values, "output": 3})
    with pytest.raises(
        ConfigError, match=r"^hidden layers stand in tables \[\[hidden\]\], one eac"
    ):
        parse_design({**values, "hidden": {"name": "first"}})
    with pytest.raises(
        ConfigError, match=r"^\[learning\] has no field 'output'; it stands in a ta"
    ):
        parse_design({**values, "learning": {"inputs": 3, "output": {}}})
    without = {name: table for name, table in values.items() if name == "design"}
    with pytest.raises(ConfigError, match=r"^a learning network must have a table \[output\]"):
        parse_design(without)


def test_a_rule_file_counts_from_the_folder_of_the_design(tmp_path: Path) -> None:
    file = tmp_path / "learner.toml"
    file.write_text(TEXT.replace("noise_bits = 13", 'family = "my_rule.py"'))
    design = load_design(file)
    assert design.learning is not None
    assert design.learning.hidden[1].rule.family == str(tmp_path / "my_rule.py")
    assert design.portable()["learning"]["hidden"][1]["rule"]["family"] == "my_rule.py"
