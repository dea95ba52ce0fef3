"""Run-time parameters: their contract, and what `update` reads of them."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import Field
from support import VECTORS

from sc_model.graph import INTS, trace
from sc_model.rules import load_rule, resolve_in_network
from sc_model.spec import ConfigError, RuleChoice, RuleParams
from sc_model.spec.errors import RuleError
from sc_model.spec.rule import RUNTIME
from sc_model.spec.rule_parts.settings import settings_of, with_settings

TEXT = (VECTORS / "tunable_rule.py").read_text(encoding="utf-8")
RATE = "rate: int = Field(default=2, ge=0, le=5, json_schema_extra=RUNTIME)"
RULE = load_rule(str(VECTORS / "tunable_rule.py"))


class Signed(RuleParams):
    """Bounds of either sign."""

    gain: int = Field(default=1, gt=-4, lt=3, json_schema_extra=RUNTIME)
    plain: int = Field(default=7, ge=0)

    @property
    def doubled(self) -> int:
        """A property that reads it."""
        return 2 * self.gain

    def tripled(self) -> int:
        """A method that reads it."""
        return 3 * self.gain


def test_bounds_make_the_register() -> None:
    (gain,) = settings_of(Signed)
    assert (gain.bounds, gain.format.width, gain.format.signed) == ((-3, 2), 3, True)
    (rate,) = RULE.settings
    assert (rate.bounds, rate.format.width, rate.format.signed) == ((0, 5), 3, False)


def test_what_the_parameters_compute_follows_the_setting() -> None:
    params = with_settings(Signed(), {"gain": 5})
    assert (params.gain, params.doubled, params.tripled(), params.plain) == (5, 10, 15, 7)
    assert with_settings(Signed(), {}).doubled == 2


def test_a_register_beyond_the_bounds_counts_as_the_nearest_bound() -> None:
    state = {"weight": 100, "pre_trace": 63, "post_trace": 0}
    inputs, params = {"pre_spike": 0, "post_spike": 1}, RULE.params_type()
    weights = [
        RULE.apply(INTS, state, {**inputs, "rate": rate}, params)["weight"] for rate in range(8)
    ]
    assert weights == [163, 131, 115, 107, 103, 101, 101, 101]


def test_the_graph_holds_for_every_setting() -> None:
    graph = trace(RULE, RULE.params_type())
    assert str(graph.nodes[graph.variables["rate"]].interval) == "[0, 7]"
    # and not only for the default: the range of a step is that of rate 0
    fixed = RULE.apply(
        INTS,
        {"weight": 0, "pre_trace": 63, "post_trace": 0},
        {"pre_spike": 0, "post_spike": 1},
        RULE.params_type(rate=0),
    )
    assert fixed["weight"] == 63


MISTAKES = {
    "no upper bound": (
        RATE,
        RATE.replace(" le=5,", ""),
        "Params.rate is a run-time parameter and must have the bounds ge= and le=: the proof covers"
        " every setting.",
    ),
    "too wide": (
        RATE,
        RATE.replace("le=5", f"le={1 << 60}"),
        f"Params.rate is a run-time parameter and must have bounds within 48 bits, not [0,"
        f" {1 << 60}].",
    ),
    "a width": (
        '"weight_bits", loadable=True',
        '"rate", loadable=True',
        "the width of 'weight' must not be the run-time parameter 'rate': registers and ports do"
        " not change their widths.",
    ),
    "the name of an input": (
        'RuleInput("pre_spike"',
        'RuleInput("rate"',
        "Params.rate is a run-time parameter: no field or input may have its name, for both are"
        " ports.",
    ),
    "a branch": (
        "    top = params.max_trace\n    up = ops",
        "    top = params.max_trace if params.rate else 0\n    up = ops",
        "a rule can't branch on a value: use ops.mux(condition, if_true, if_false).",
    ),
    "a shift": (
        "shifted_right(ops, state.pre_trace, params.rate, 3)",
        "state.pre_trace >> params.rate",
        "a rule shifts by a constant integer >= 0, not by a value in [0, 5]: use mux to choose"
        " between shifts.",
    ),
    "a random input of a neuron": (
        'RuleInput("post_spike", locality=Locality.POST)',
        'RuleInput("post_spike", locality=Locality.POST, random=True)',
        "the random input 'post_spike' must have the locality synapse, not post: every synapse has"
        " bits of its own.",
    ),
    "too many random bits": (
        'RuleInput("post_spike", locality=Locality.POST)',
        'RuleInput("post_spike", 33, random=True)',
        "the random inputs must have 32 bits together at most, not 33.",
    ),
    "a name of the random port": (
        'RuleInput("post_spike"',
        'RuleInput("random__seed"',
        "a rule must not name a field or input 'random__seed': a block with random inputs has ports"
        " random__<name> of its own.",
    ),
}


def traced(file: Path) -> None:
    rule = load_rule(str(file))
    trace(rule, rule.params_type())


@pytest.mark.parametrize("mistake", list(MISTAKES))
def test_a_mistake_is_one_line_with_file_and_line(mistake: str, tmp_path: Path) -> None:
    old, new, expected = MISTAKES[mistake]
    assert TEXT.count(old) >= 1
    file = tmp_path / "rule.py"
    file.write_text(TEXT.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(RuleError) as error:
        traced(file)
    place, _, message = str(error.value).partition(": ")
    assert message == expected
    assert place.rpartition(":")[0].endswith("rule.py")


def test_the_plastic_layer_of_a_network_refuses_them() -> None:
    with pytest.raises(ConfigError) as error:
        resolve_in_network(RuleChoice(family=RULE.file))
    assert str(error.value) == (
        "rule 'tunable' has run-time parameters (rate), which the plastic layer of a network does"
        " not have yet; use block lane, bank or layer."
    )


def test_random_is_a_bool() -> None:
    from sc_model.spec import RuleInput
    from sc_model.spec.errors import ConfigTypeError

    one: int = 1
    with pytest.raises(ConfigTypeError) as error:
        RuleInput("noise", random=one)  # type: ignore[arg-type]
    assert str(error.value) == "RuleInput 'noise': random must be True or False, not 1."
