"""Every number of a configuration has bounds, and they are those of `docs/bounds.md`."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from typing import Any

import pytest
from support import LEAKY_COUNTER, ROOT, sketch

from sc_model.layer_kinds import layer_kinds, load_kind
from sc_model.learning import OnlineO1Config
from sc_model.rules import load_rule, resolve, rule_families
from sc_model.spec import (
    ConfigError,
    ConfigTypeError,
    DenseSpec,
    Design,
    EncoderSpec,
    Frozen,
    IntFormat,
    NeuronSpec,
    PlasticLayerSpec,
    ReadoutSpec,
    RuleChoice,
    RuleParams,
    parse_design,
)
from sc_model.spec.bounds import MAX_FIELD_BITS, MAX_PARAMETER, MAX_SEED, MAX_VALUE_BITS
from sc_model.spec.host import HostSpec
from sc_model.spec.learning import (
    HiddenLayerSpec,
    LearningNetworkSpec,
    OutputLayerSpec,
    RecurrentLayerSpec,
    RecurrentNetworkSpec,
)
from sc_model.spec.network import ClockSpec, NetworkSpec

KINDS = [load_kind(name).spec for name in layer_kinds()]
RULES = {name: load_rule(name).params_type for name in rule_families()}
# by the title that docs/bounds.md has for it
MODELS: dict[str, type[Frozen]] = {
    "Design": Design,
    "PlasticLayerSpec": PlasticLayerSpec,
    "NeuronSpec": NeuronSpec,
    "NetworkSpec": NetworkSpec,
    "ClockSpec": ClockSpec,
    "EncoderSpec": EncoderSpec,
    "ReadoutSpec": ReadoutSpec,
    "HostSpec": HostSpec,
    "LearningNetworkSpec": LearningNetworkSpec,
    "HiddenLayerSpec": HiddenLayerSpec,
    "OutputLayerSpec": OutputLayerSpec,
    "RecurrentNetworkSpec": RecurrentNetworkSpec,
    "RecurrentLayerSpec": RecurrentLayerSpec,
    **{kind.__name__: kind for kind in KINDS},
    "LifSpec": type(load_kind("dense").spec.model_fields["neuron"].default),
    **RULES,
}


LAYER = {"name": "a", "inputs": 4, "neurons": 2}
# what each must be given
NEEDED: dict[str, dict[str, Any]] = {
    "Design": {"name": "a", "block": "bank"},
    "PlasticLayerSpec": {"inputs": 4, "neurons": 2},
    "NetworkSpec": {"layers": [LAYER]},
    "EncoderSpec": {"kind": "latency", "bits": 16},
    "ReadoutSpec": {"kind": "count"},
    "LearningNetworkSpec": {
        "inputs": 4,
        "hidden": [{"name": "a", "neurons": 2}],
        "output": {"neurons": 2},
    },
    "HiddenLayerSpec": {"name": "a", "neurons": 2},
    "OutputLayerSpec": {"neurons": 2},
    "RecurrentNetworkSpec": {
        "inputs": 4,
        "hidden": {"neurons": 2},
        "readout": {"neurons": 2},
    },
    "RecurrentLayerSpec": {"neurons": 2},
    **{kind.__name__: LAYER for kind in KINDS},
    "SparseSpec": {**LAYER, "synapses": 5},
    "ConvSpec": {"name": "a", "image": (1, 4, 4), "channels": 2, "kernel": (3, 3)},
}


def bounds_of(model: type[Frozen]) -> dict[str, tuple[Any, Any]]:
    """Least and greatest value of each field that is a number; None where it has no bound."""
    bounds = {}
    for name, field in model.model_fields.items():
        if field.annotation in (int, float):
            found = {
                key: getattr(item, key)
                for item in field.metadata
                for key in ("ge", "gt", "le", "lt")
                if hasattr(item, key)
            }
            bounds[name] = (found.get("ge"), found.get("le"))
    return bounds


def models(base: type[Frozen] = Frozen) -> Iterator[type[Frozen]]:
    """All configurations of the package, those of rules and kinds too."""
    for model in base.__subclasses__():
        if model.__module__.startswith("sc_model."):
            yield model
        yield from models(model)


def test_every_number_of_every_configuration_has_bounds() -> None:
    found = {model.__name__: bounds_of(model) for model in models()}
    assert {"Design", "ClockSpec", "Params", "OnlineO1Config", "HetSynSpec"} <= found.keys()
    for model, fields in found.items():
        for name, (least, most) in fields.items():
            assert None not in (least, most), f"{model}.{name} has no bound"
            assert -math.inf < least < most < math.inf


def test_the_page_of_bounds_has_every_number() -> None:
    page = (ROOT / "docs" / "bounds.md").read_text(encoding="utf-8")
    written: dict[str, dict[str, tuple[Any, Any]]] = {}
    for title, part in re.findall(r"^### `(\w+)`.*?\n(.*?)(?=^##|\Z)", page, re.M | re.S):
        rows = re.findall(r"^\| `(\w+)` \| ([^|]+) \| ([^|]+) \|", part, re.M)
        written[title] = {name: (eval(least), eval(most)) for name, least, most in rows}
    assert written == {title: bounds_of(model) for title, model in MODELS.items()}


@pytest.mark.parametrize("title", MODELS)
def test_a_number_beyond_its_bound_is_refused_by_name(title: str) -> None:
    model = MODELS[title]
    for name, (least, most) in bounds_of(model).items():
        beyond = [(least - 1, ">=", least), (most + 1, "<=", most), (10**400, "<=", most)]
        if isinstance(least, float):
            beyond = [(0.0, ">=", least), (most * 1.001, "<=", most), (math.inf, "<=", most)]
            with pytest.raises(ConfigError, match=rf"^\w+\.{name} must be a number that a float"):
                model(**{**NEEDED.get(title, {}), name: 10**400})
            with pytest.raises(ConfigError, match=rf"^\w+\.{name} must be .*nan"):
                model(**NEEDED.get(title, {}), **{name: math.nan})
        for value, sign, bound in beyond:
            with pytest.raises((ConfigError, ConfigTypeError)) as caught:
                model(**{**NEEDED.get(title, {}), name: value})
            text = str(caught.value)
            assert text.startswith(f"{model.__name__}.{name} must be {sign} {bound}, not ")
            assert len(text) < 400


@pytest.mark.parametrize(
    ("table", "text"),
    [
        ("[rule]\nlearning_shift = 1000000000", "[rule] learning_shift must be <= 63"),
        ("[rule]\nweight_bits = 20000", "[rule] weight_bits must be <= 48, not 20000."),
        ("[rule]\ntrace_decay_shift = 5000", "[rule] trace_decay_shift must be <= 63, not 5000."),
        ('[rule]\nfamily = "pair_stdp"\nheadroom_bits = 4096', "[rule] headroom_bits must be <= "),
        ('[rule]\nfamily = "triplet_stdp"\nread_shift = -1', "[rule] read_shift must be >= 0"),
    ],
)
def test_a_rule_of_a_design_is_refused_before_anything_is_computed(table: str, text: str) -> None:
    import tomllib

    tables = tomllib.loads(f'[design]\nname = "a"\nblock = "lane"\n{table}')
    with pytest.raises(ConfigError) as caught:
        resolve(parse_design(tables).rule)
    assert str(caught.value).startswith(text)


def test_the_bounds_themselves_are_allowed() -> None:
    for params in (*RULES.values(), OnlineO1Config):
        for name, ends in bounds_of(params).items():
            for value in ends:
                wide = {"trace_bits": MAX_FIELD_BITS} if "headroom" in name else {}
                if name != "trace_bits" or value > 8:  # headroom must be less than the trace
                    assert getattr(params(**{name: value, **wide}), name) == value
    assert Design(name="a", block="lane", seed=MAX_SEED).seed == MAX_SEED


# --- rules of others ------------------------------------------------------------------------------


def rule_file(tmp_path: Any, *edits: tuple[str, str]) -> str:
    text = LEAKY_COUNTER
    for old, new in edits:
        assert old in text
        text = text.replace(old, new)
    (tmp_path / "leaky.py").write_text(text, encoding="utf-8")
    return str(tmp_path / "leaky.py")


def error_of(file: str, **parameters: int) -> str:
    from sc_model.graph import trace

    with pytest.raises(ConfigError) as caught:
        trace(*resolve(RuleChoice(family=file, parameters=parameters)))
    return str(caught.value)


def test_a_rule_without_bounds_of_its_own_has_those_of_the_kit(tmp_path: Any) -> None:
    file = rule_file(tmp_path)
    more = "; a class with larger numbers gives the field a bound of its own."
    assert (
        error_of(file, leak_shift=10**9)
        == f"[rule] leak_shift must be <= {MAX_PARAMETER}, not 1000000000{more}"
    )
    assert "must be an integer from 1 to 48, not 5000; give" in error_of(file, level_bits=5000)
    resolve(RuleChoice(family=file, parameters={"leak_shift": MAX_PARAMETER}))


def test_a_rule_may_have_a_bound_of_its_own(tmp_path: Any) -> None:
    own = "leak_shift: int = Field(default=3, ge=-10**9, le=10**9)"
    file = rule_file(tmp_path, ("leak_shift: int = Field(default=3, ge=0)", own))
    resolve(RuleChoice(family=file, parameters={"leak_shift": 10**9}))
    assert error_of(file, leak_shift=10**9 + 1) == (
        "[rule] leak_shift must be <= 1000000000, not 1000000001."
    )


class Unbounded(RuleParams):
    """Parameters without any bound."""

    gain: int = 3


def test_a_negative_number_has_a_bound_too() -> None:
    assert Unbounded(gain=-MAX_PARAMETER).gain == -MAX_PARAMETER
    with pytest.raises(ConfigError, match=r"^Unbounded\.gain must be >= -65535, not -65536; a "):
        Unbounded(gain=-MAX_PARAMETER - 1)


class UnboundedLayer(DenseSpec):
    """A layer of a plug-in's kind, whose author gave no bounds."""

    places: int = 3
    gain: float = 1.0


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ({"places": 10**9}, "UnboundedLayer.places must be <= 65535, not 1000000000; a class with"),
        ({"places": 10**400}, "UnboundedLayer.places must be <= 65535, not 1000000000000000"),
        ({"gain": -1e300}, "UnboundedLayer.gain must be >= -65535, not -1e+300; a class with"),
        ({"gain": math.inf}, "UnboundedLayer.gain must be finite, not inf."),
        ({"gain": math.nan}, "UnboundedLayer.gain must be finite, not nan."),
    ],
)
def test_a_layer_kind_without_bounds_has_those_of_all(value: Any, text: str) -> None:
    assert UnboundedLayer(**LAYER, places=65_535, gain=-1e4).places == 65_535
    with pytest.raises(ConfigError) as caught:
        UnboundedLayer(**LAYER, **value)
    assert str(caught.value).startswith(text)


@pytest.mark.parametrize(
    ("formula", "text"),
    [
        (lambda ops, v: v.x << 10**12, "a rule shifts to the left by 1024 at most, not 10000"),
        (lambda ops, v: (v.x << 1000) << 1000, "a value must fit 1024 bits with its sign, and "),
        (lambda ops, v: v.x + (1 << 5000), "a value must fit 1024 bits with its sign, and this"),
        (lambda ops, v: -(v.x << 1016), "a value must fit 1024 bits with its sign, and this one"),
    ],
)
def test_no_value_on_the_way_is_wider_than_its_bound(formula: Any, text: str) -> None:
    with pytest.raises(ValueError, match=f"^{text}"):
        sketch(formula, x=IntFormat(8))
    assert sketch(lambda ops, v: v.x << 1015, x=IntFormat(8)).max_width == MAX_VALUE_BITS
