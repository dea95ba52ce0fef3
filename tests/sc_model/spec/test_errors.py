"""Errors of configurations, word for word; and the integer formats."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError
from support import NAMES, RULE

from sc_hw.fabric.families import family_names, load_family
from sc_hw.fabric.targets import load_target, target_names
from sc_model.learning import OnlineO1Config
from sc_model.rules import resolve, rule_families
from sc_model.spec import (
    ConfigError,
    ConfigTypeError,
    Design,
    IntFormat,
    NeuronSpec,
    PlasticLayerSpec,
    RuleChoice,
    load_design,
    parse_design,
)

LEAST = dict(zip(NAMES, (1, 2, 1, 0, 0), strict=True))
FIELDS = "learning_shift, reward_bits, trace_bits, trace_decay_shift, weight_bits"
O1_FIELDS = "learning_shift, reward_bits, rule_family, trace_bits, trace_decay_shift, weight_bits"
DESIGN_FIELDS = "block, fabric, name, random, seed, synapses"
TABLES = (
    "[design], [rule], [layer], [neuron], [network], [clock], [readout], [encoder], [plastic],"
    " [learning], [hidden], [output], [recurrent], [host]"
)
LAYER_FIELDS = (
    "chains, cluster, counters, critic_shift, discount_shift, inputs, lanes, memory, multipliers,"
    " neurons, reward_shift, signed_weights, surprise_shift"
)
BLOCKS = "'lane', 'bank', 'layer', 'network', 'learning_network' or 'recurrent_network'"
NAME_RULE = "1 to 63 lower-case letters, digits and underscores, a letter first"
BASE = {"name": "a", "block": "bank"}

TypeOf = type[ConfigError] | type[ConfigTypeError]


def text_of(kind: type[Exception], call: Any, *args: Any, **named: Any) -> str:
    """Text of the error that a call must raise, of exactly that kind."""
    with pytest.raises(kind) as caught:
        call(*args, **named)
    assert type(caught.value) is kind
    return str(caught.value)


# --- parameters -----------------------------------------------------------------------------------


@pytest.mark.parametrize("model", [OnlineO1Config, RULE.params_type])
@pytest.mark.parametrize("name", NAMES)
def test_parameter_below_its_bound(model: type[OnlineO1Config], name: str) -> None:
    least = LEAST[name]
    assert getattr(model(**{name: least}), name) == least
    for value in (least - 1, -7):
        assert (
            text_of(ConfigError, model, **{name: value})
            == f"{model.__name__}.{name} must be >= {least}, not {value}."
        )


@pytest.mark.parametrize("model", [OnlineO1Config, RULE.params_type])
@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize(
    ("value", "kind"),
    [
        ("8", "str"),
        (8.0, "float"),
        (8.5, "float"),
        (True, "bool"),
        (None, "NoneType"),
        ([8], "list"),
    ],
)
def test_parameter_of_the_wrong_kind(
    model: type[OnlineO1Config], name: str, value: Any, kind: str
) -> None:
    expected = f"{model.__name__}.{name} must be an integer, not {value!r} ({kind})."
    assert text_of(ConfigTypeError, model, **{name: value}) == expected


def test_unknown_parameter() -> None:
    assert (
        text_of(ConfigError, OnlineO1Config, weight_bit=3)
        == "OnlineO1Config has no field 'weight_bit'; did you mean 'weight_bits'? Its fields are:"
        f" {O1_FIELDS}."
    )
    assert (
        text_of(ConfigError, OnlineO1Config, zzz=3)
        == f"OnlineO1Config has no field 'zzz'. Its fields are: {O1_FIELDS}."
    )


def test_rule_family_of_the_contract() -> None:
    subject = "OnlineO1Config.rule_family must be 'reward_modulated_stdp'"
    assert text_of(ConfigError, OnlineO1Config, rule_family="x") == f"{subject}, not 'x'."
    assert (
        text_of(ConfigError, OnlineO1Config, rule_family="reward_modulated_stpd")
        == f"{subject}, not 'reward_modulated_stpd'; did you mean 'reward_modulated_stdp'?"
    )


def test_the_two_kinds_are_value_and_type_errors() -> None:
    assert issubclass(ConfigError, ValueError)
    assert issubclass(ConfigTypeError, TypeError)


@pytest.mark.parametrize("name", [*NAMES, "rule_family", "another"])
def test_configurations_are_frozen(name: str) -> None:
    config = OnlineO1Config()
    with pytest.raises(ValidationError, match="Instance is frozen"):
        setattr(config, name, 5)
    assert config == OnlineO1Config()
    with pytest.raises(ValidationError, match="Instance is frozen"):
        Design(name="a", block="lane").name = "b"  # type: ignore[misc]


@pytest.mark.parametrize(
    ("family", "name"),
    [
        ("pair_stdp", "headroom_bits"),
        ("triplet_stdp", "fast_headroom_bits"),
        ("triplet_stdp", "slow_headroom_bits"),
    ],
)
def test_headroom_as_wide_as_the_trace(family: str, name: str) -> None:
    for bits in (7, 8):
        choice = RuleChoice(family=family, parameters={"trace_bits": 7, name: bits})
        assert (
            text_of(ConfigError, resolve, choice)
            == f"[rule] {name} ({bits}) must be less than trace_bits (7): a spike would add nothing"
            " to its trace; widen the traces."
        )
    resolve(RuleChoice(family=family, parameters={"trace_bits": 7, name: 6}))


# --- designs --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("change", "kind", "expected"),
    [
        ({"synapses": 0}, ConfigError, "[design] synapses must be >= 1, not 0."),
        ({"synapses": 65_537}, ConfigError, "[design] synapses must be <= 65536, not 65537."),
        (
            {"synapses": 2.0},
            ConfigTypeError,
            "[design] synapses must be an integer, not 2.0 (float).",
        ),
        (
            {"synapses": True},
            ConfigTypeError,
            "[design] synapses must be an integer, not True (bool).",
        ),
        (
            {"block": "lane", "synapses": 2},
            ConfigError,
            (
                "[design] synapses must be 1 for block 'lane', not 2; for many synapses use block ="
                ' "bank".'
            ),
        ),
        (
            {"block": "bnak"},
            ConfigError,
            f"[design] block must be {BLOCKS}, not 'bnak'; did you mean 'bank'?",
        ),
        ({"block": "zzz"}, ConfigError, f"[design] block must be {BLOCKS}, not 'zzz'."),
        ({"block": 3}, ConfigError, f"[design] block must be {BLOCKS}, not 3."),
        ({"name": "Lane"}, ConfigError, f"[design] name must be {NAME_RULE}, not 'Lane'."),
        ({"name": ""}, ConfigError, f"[design] name must be {NAME_RULE}, not ''."),
        ({"name": "a/b"}, ConfigError, f"[design] name must be {NAME_RULE}, not 'a/b'."),
        ({"name": "a\n"}, ConfigError, f"[design] name must be {NAME_RULE}, not 'a\\n'."),
        ({"name": "a" * 64}, ConfigError, f"[design] name must be {NAME_RULE}, not '{'a' * 64}'."),
        ({"name": 3}, ConfigTypeError, "[design] name must be a string, not 3 (int)."),
        ({"fabric": 3}, ConfigTypeError, "[design] fabric must be a string, not 3 (int)."),
        ({"seed": -1}, ConfigError, "[design] seed must be >= 0, not -1."),
        (
            {"synapse": 3},
            ConfigError,
            (
                "[design] has no field 'synapse'; did you mean 'synapses'? Its fields are:"
                f" {DESIGN_FIELDS}."
            ),
        ),
        ({"zzz": 3}, ConfigError, f"[design] has no field 'zzz'. Its fields are: {DESIGN_FIELDS}."),
        (
            {"rule": {"weight_bits": 3}},
            ConfigError,
            (
                "[design] has no table 'rule'; the rule and its parameters stand in a table [rule]"
                " of their own."
            ),
        ),
    ],
)
def test_wrong_key_of_a_design(change: dict[str, Any], kind: TypeOf, expected: str) -> None:
    assert text_of(kind, parse_design, {"design": {**BASE, **change}}) == expected


@pytest.mark.parametrize(
    ("tables", "kind", "expected"),
    [
        (
            {"desing": {}},
            ConfigError,
            (
                "a design file has no table [desing]; did you mean 'design'? Its tables are:"
                f" {TABLES}."
            ),
        ),
        (
            {"design": BASE, "zzz": {}},
            ConfigError,
            f"a design file has no table [zzz]. Its tables are: {TABLES}.",
        ),
        (
            {"design": BASE, "layers": {}},
            ConfigError,
            f"a design file has no table [layers]; did you mean 'layer'? Its tables are: {TABLES}.",
        ),
        (
            {"design": BASE, "neurons": {}},
            ConfigError,
            (
                "a design file has no table [neurons]; did you mean 'neuron'? Its tables are:"
                f" {TABLES}."
            ),
        ),
        (
            {},
            ConfigError,
            (
                "a design file must have a table [design] with name and block; `sc-hw new NAME`"
                " writes one."
            ),
        ),
        (
            {"design": {"block": "lane"}},
            ConfigError,
            "[design] name must be given; it has no default.",
        ),
        (
            {"design": {"name": "a"}},
            ConfigError,
            "[design] block must be given; it has no default.",
        ),
        ({"design": 3}, ConfigTypeError, "[design] must be a table, not 3 (int)."),
        ({"design": []}, ConfigTypeError, "[design] must be a table, not [] (list)."),
        (
            {"design": BASE, "rule": 3},
            ConfigTypeError,
            "[rule] must be a table, not 3 (int).",
        ),
        (
            {"design": BASE, "rule": {"family": 3}},
            ConfigTypeError,
            "[rule] family must be a string, not 3 (int).",
        ),
        (
            {"design": BASE, "rule": {"weight_bits": "3"}},
            ConfigTypeError,
            "[rule] weight_bits must be an integer, not '3' (str).",
        ),
        (
            {"design": BASE, "rule": {"weight_bits": True}},
            ConfigTypeError,
            "[rule] weight_bits must be an integer, not True (bool).",
        ),
        (
            {"design": BASE, "rule": {"weight_bits": 1.5}},
            ConfigTypeError,
            "[rule] weight_bits must be an integer, not 1.5 (float).",
        ),
    ],
)
def test_wrong_tables(tables: dict[str, Any], kind: TypeOf, expected: str) -> None:
    assert text_of(kind, parse_design, tables) == expected


SIZE = {"inputs": 12, "neurons": 5}


@pytest.mark.parametrize(
    ("tables", "kind", "expected"),
    [
        (
            {},
            ConfigError,
            "a design with block 'layer' must have a table [layer] with inputs and neurons.",
        ),
        (
            {"neuron": {}},
            ConfigError,
            "a design with block 'layer' must have a table [layer] with inputs and neurons.",
        ),
        (
            {"design": {"synapses": 61}, "layer": SIZE},
            ConfigError,
            "[design] synapses must be left out for block 'layer': it is inputs x neurons.",
        ),
        (
            {"design": {"block": "bank"}, "layer": SIZE},
            ConfigError,
            "a design with block 'bank' must not have a table [layer]; a layer has one.",
        ),
        (
            {"design": {"block": "lane"}, "neuron": {}},
            ConfigError,
            "a design with block 'lane' must not have a table [neuron]; a layer has one.",
        ),
        (
            {"design": {"layer": SIZE}},
            ConfigError,
            "[design] has no table 'layer'; it stands in a table [layer] of its own.",
        ),
        (
            {"design": {"neuron": {}}},
            ConfigError,
            "[design] has no table 'neuron'; it stands in a table [neuron] of its own.",
        ),
        ({"layer": 3}, ConfigTypeError, "[layer] must be a table, not 3 (int)."),
        (
            {"layer": SIZE, "neuron": []},
            ConfigTypeError,
            "[neuron] must be a table, not [] (list).",
        ),
        ({"layer": {}}, ConfigError, "[layer] inputs must be given; it has no default."),
        (
            {"layer": {"inputs": 12}},
            ConfigError,
            "[layer] neurons must be given; it has no default.",
        ),
        (
            {"layer": SIZE | {"inputs": 1}},
            ConfigError,
            "[layer] inputs must be >= 2, not 1.",
        ),
        (
            {"layer": SIZE | {"inputs": 12.0}},
            ConfigTypeError,
            "[layer] inputs must be an integer, not 12.0 (float).",
        ),
        (
            {"layer": SIZE | {"lanes": 513}},
            ConfigError,
            "[layer] lanes must be <= 512, not 513.",
        ),
        (
            {"layer": SIZE | {"counters": 1}},
            ConfigTypeError,
            "[layer] counters must be true or false, not 1 (int).",
        ),
        (
            {"layer": {"input": 12, "neurons": 5}},
            ConfigError,
            (
                "[layer] has no field 'input'; did you mean 'inputs'? Its fields are:"
                f" {LAYER_FIELDS}."
            ),
        ),
        (
            {"layer": SIZE | {"memory": "joint"}},
            ConfigError,
            (
                "[layer] memory must be 'auto', 'joined', 'split' or 'single_port', not"
                " 'joint'; did you mean 'joined'?"
            ),
        ),
        (
            {"layer": {"inputs": 1025, "neurons": 1024}},
            ConfigError,
            (
                "[layer] inputs x neurons must be <= 1048576, not 1025 x 1024 = 1049600;"
                " split the layer."
            ),
        ),
        (
            {"layer": SIZE | {"lanes": 3, "chains": 2}},
            ConfigError,
            "[layer] lanes must be a multiple of chains, not 3 lanes for 2 chains.",
        ),
        (
            {"layer": SIZE, "neuron": {"threshold": 0}},
            ConfigError,
            "[neuron] threshold must be >= 1, not 0.",
        ),
        (
            {"layer": SIZE, "neuron": {"reset": "substract"}},
            ConfigError,
            (
                "[neuron] reset must be 'zero' or 'subtract', not 'substract'; did you mean"
                " 'subtract'?"
            ),
        ),
    ],
)
def test_wrong_tables_of_a_layer(tables: dict[str, Any], kind: TypeOf, expected: str) -> None:
    design = {"name": "a", "block": "layer"} | tables.get("design", {})
    assert text_of(kind, parse_design, tables | {"design": design}) == expected


def test_a_layer_by_its_tables() -> None:
    design = parse_design(
        {"design": {"name": "a", "block": "layer"}, "layer": SIZE, "neuron": {"threshold": 9}}
    )
    assert (design.synapses, design.layer, design.neuron) == (
        60,
        PlasticLayerSpec(**SIZE),
        NeuronSpec(threshold=9),
    )
    assert design.model_dump(mode="json")["layer"] == design.layer.model_dump(mode="json")
    assert design == Design(
        name="a", block="layer", layer=PlasticLayerSpec(**SIZE), neuron=NeuronSpec(threshold=9)
    )
    for without in ({}, {"neuron": None}):
        assert (
            Design(name="a", block="layer", layer=PlasticLayerSpec(**SIZE), **without).neuron
            == NeuronSpec()
        )
    largest = PlasticLayerSpec(inputs=1024, neurons=1024)
    assert (
        Design(name="a", block="layer", layer=largest).synapses == 1 << 20
    )  # more than a bank may have


def test_other_blocks_say_nothing_of_layers() -> None:
    """What a manifest says of a bank, and so its id, is as it was."""
    dumped = parse_design({"design": BASE}).model_dump(mode="json")
    assert sorted(dumped) == ["block", "fabric", "name", "rule", "seed", "synapses"]


def test_longest_name_and_parameters_beside_the_family() -> None:
    design = parse_design({"design": {**BASE, "name": "a" * 63}, "rule": {"weight_bits": 3}})
    assert (len(design.name), design.rule.family, design.rule.parameters) == (
        63,
        "reward_modulated_stdp",
        {"weight_bits": 3},
    )


def test_design_file_that_can_not_be_read(tmp_path: Path) -> None:
    missing = tmp_path / "no.toml"
    assert (
        text_of(ConfigError, load_design, missing)
        == f"design file {missing} does not exist; `sc-hw new NAME` writes one."
    )
    assert (
        text_of(ConfigError, load_design, tmp_path)
        == f"design file {tmp_path} can't be read: Is a directory."
    )


@pytest.mark.parametrize(
    ("content", "cause"),
    [
        (b"[design\n", "Expected ']' at the end of a table declaration (at line 1, column 8)"),
        (b"\xff\xfe", "'utf-8' codec can't decode byte 0xff in position 0: invalid start byte"),
    ],
)
def test_design_file_that_is_no_toml(content: bytes, cause: str, tmp_path: Path) -> None:
    file = tmp_path / "bad.toml"
    file.write_bytes(content)
    assert (
        text_of(ConfigError, load_design, file) == f"design file {file} is not valid TOML: {cause}."
    )


def test_design_file_equals_its_tables(tmp_path: Path) -> None:
    file = tmp_path / "good.toml"
    file.write_text('[design]\nname = "a"\nblock = "bank"\nsynapses = 7\n[rule]\ntrace_bits = 9\n')
    assert load_design(file) == parse_design(
        {"design": {**BASE, "synapses": 7}, "rule": {"trace_bits": 9}}
    )


# --- names that are looked up ---------------------------------------------------------------------


def test_rule_that_is_not_there() -> None:
    known = f"rule family must be one of {', '.join(rule_families())}"
    assert (
        text_of(ConfigError, resolve, RuleChoice(family="reward_modulated_stpd"))
        == f"{known}, not 'reward_modulated_stpd'; did you mean 'reward_modulated_stdp'?"
    )
    assert text_of(ConfigError, resolve, RuleChoice(family="zzz")) == f"{known}, not 'zzz'."


def test_rule_parameter_that_is_not_there_or_out_of_range() -> None:
    assert (
        text_of(ConfigError, resolve, RuleChoice(parameters={"weight_bit": 3}))
        == "[rule] has no field 'weight_bit'; did you mean 'weight_bits'? Its fields are:"
        f" {FIELDS}."
    )
    assert (
        text_of(ConfigError, resolve, RuleChoice(parameters={"zzz": 3}))
        == f"[rule] has no field 'zzz'. Its fields are: {FIELDS}."
    )
    assert (
        text_of(ConfigError, resolve, RuleChoice(parameters={"trace_bits": 1}))
        == "[rule] trace_bits must be >= 2, not 1."
    )


def test_fabric_that_is_not_there() -> None:
    known = f"[design] fabric must be one of {', '.join(family_names())}"
    assert text_of(ConfigError, load_family, "ecp6") == f"{known}, not 'ecp6'; did you mean 'ecp5'?"
    assert text_of(ConfigError, load_family, "zzz") == f"{known}, not 'zzz'."


def test_target_that_is_not_there() -> None:
    known = f"target must be one of {', '.join(target_names())}"
    assert (
        text_of(ConfigError, load_target, "ice40-up5")
        == f"{known}, not 'ice40-up5'; did you mean 'ice40-up5k'?"
    )
    assert text_of(ConfigError, load_target, "zzz") == f"{known}, not 'zzz'."


# --- formats --------------------------------------------------------------------------------------

formats = st.builds(IntFormat, st.integers(1, 100), st.booleans())


@given(formats, st.data())
def test_encoding_goes_there_and_back(form: IntFormat, data: st.DataObject) -> None:
    value = data.draw(st.integers(form.lo, form.hi))
    bits = form.encode(value)
    assert 0 <= bits < 1 << form.width
    assert form.decode(bits) == value
    assert form.saturate(value) == value
    assert form.hi - form.lo + 1 == 1 << form.width


@given(formats, st.integers(0, 1 << 100))
def test_decoding_looks_at_its_own_bits_alone(form: IntFormat, bits: int) -> None:
    assert form.encode(form.decode(bits)) == bits % (1 << form.width)


@given(formats, st.integers(1, 1 << 110))
def test_values_beyond_a_format(form: IntFormat, distance: int) -> None:
    for value, nearest in ((form.lo - distance, form.lo), (form.hi + distance, form.hi)):
        assert form.saturate(value) == nearest
        assert (
            text_of(ValueError, form.encode, value)
            == f"value must be in [{form.lo}, {form.hi}] to fit {form}, not {value}"
        )


def test_formats_read_well() -> None:
    assert (str(IntFormat(1)), str(IntFormat(12, signed=True))) == (
        "unsigned 1 bits",
        "signed 12 bits",
    )
    assert (IntFormat(1, signed=True).lo, IntFormat(1, signed=True).hi) == (-1, 0)
