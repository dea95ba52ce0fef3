"""Rules in a layer: the parts their names play, and what keeps a rule out."""

from __future__ import annotations

from typing import Any

import pytest
from support import RULE, Bits, made_up_rule, params_of

from sc_model.graph.plastic import LayerRule, layer_rule
from sc_model.rules import load_rule
from sc_model.spec import ConfigError, Locality, RuleInput, StateField

PRE, POST = Locality.PRE, Locality.POST


def test_parts_of_the_shipped_rules() -> None:
    assert layer_rule(RULE, params_of({}), critic=True) == LayerRule(
        "weight",
        "pre_spike",
        "post_spike",
        ("reward",),
        ("weight", "eligibility"),
        ("pre_trace",),
        ("post_trace",),
    )
    triplet = load_rule("triplet_stdp")
    assert layer_rule(triplet, triplet.params_type()) == LayerRule(
        "weight",
        "pre_spike",
        "post_spike",
        (),
        ("weight",),
        ("pre_trace",),
        ("post_trace", "post_slow_trace"),
    )


STATE = (
    StateField("w", "n", loadable=True),
    StateField("a", "n", locality=PRE),
    StateField("b", "n", locality=POST),
)
INPUTS = (RuleInput("x", locality=PRE), RuleInput("y", locality=POST), RuleInput("u", "k"))
NOT_PRE = "it must have exactly one input of locality pre, a spike (unsigned 1 bits), not"
NOT_POST = NOT_PRE.replace("pre", "post")
NOT_WEIGHT = "it must have exactly one loadable field, unsigned and of locality synapse, not"


def error_of(
    update: Any = None, state: Any = STATE, inputs: Any = INPUTS, critic: bool = False
) -> str:
    def kept(ops: Any, state: Any, inputs: Any, params: Any) -> dict[str, Any]:
        return {name: getattr(state, name) for name in vars(state)}

    with pytest.raises(ConfigError) as caught:
        layer_rule(made_up_rule(update or kept, state, inputs), Bits(), critic)
    return str(caught.value).removeprefix("rule 'made_up' can't run in a layer: ")


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        ({"inputs": INPUTS[1:]}, f"{NOT_PRE} none."),
        ({"inputs": INPUTS[::2]}, f"{NOT_POST} none."),
        (
            {"inputs": (*INPUTS, RuleInput("z", "k", locality=PRE))},
            f"{NOT_PRE} x (unsigned 1 bits), z (unsigned 3 bits).",
        ),
        (
            {"inputs": (RuleInput("x", "k", locality=PRE), *INPUTS[1:])},
            f"{NOT_PRE} x (unsigned 3 bits).",
        ),
        ({"inputs": (INPUTS[0], RuleInput("y", 1, True, POST))}, f"{NOT_POST} y (signed 1 bits)."),
        ({"state": STATE[1:]}, f"{NOT_WEIGHT} none."),
        (
            {"state": (*STATE, StateField("v", "k", loadable=True))},
            (
                f"{NOT_WEIGHT} w (unsigned 8 bits, locality synapse), v (unsigned 3 bits, locality"
                " synapse)."
            ),
        ),
        (
            {"state": (StateField("w", "n", True, loadable=True), *STATE[1:])},
            f"{NOT_WEIGHT} w (signed 8 bits, locality synapse).",
        ),
        (
            {"state": (StateField("w", "n", loadable=True, locality=PRE), *STATE[1:])},
            f"{NOT_WEIGHT} w (unsigned 8 bits, locality pre).",
        ),
        (
            {"inputs": (*INPUTS, RuleInput("decide"))},
            (
                "it must not name an input 'decide'; a layer has spikes, outcome, decide,"
                " clear_trial, clear_traces of its own."
            ),
        ),
    ],
)
def test_a_rule_without_the_parts_of_a_layer(changes: dict[str, Any], text: str) -> None:
    assert error_of(**changes) == text


@pytest.mark.parametrize(
    ("field", "source", "fits"),
    [
        *[("a", source, source == "x") for source in "xybwu"],
        *[("b", source, source == "y") for source in "xyawu"],
    ],
)
def test_what_a_field_kept_once_a_neuron_may_depend_on(field: str, source: str, fits: bool) -> None:
    def update(ops: Any, state: Any, inputs: Any, params: Any) -> dict[str, Any]:
        values = vars(state) | {}
        return values | {field: ops.mux((vars(state) | vars(inputs))[source] > 0, 1, values[field])}

    if fits:
        assert layer_rule(made_up_rule(update, STATE, INPUTS), Bits()).pre == ("a",)
        return
    place = "pre" if field == "a" else "post"
    assert (
        error_of(update)
        == f"its field '{field}' of locality {place} must depend on fields and inputs of that"
        f" locality alone, not on {source}."
    )


def test_all_that_a_field_wrongly_depends_on_is_named() -> None:
    def update(ops: Any, state: Any, inputs: Any, params: Any) -> dict[str, Any]:
        return {
            "w": state.w,
            "a": ops.clamp(state.a + ops.mux(inputs.y, state.w, inputs.u), 0, 255),
            "b": state.b,
        }

    assert error_of(update).endswith("alone, not on u, w, y.")


def test_what_cancels_out_is_no_dependence() -> None:
    def update(ops: Any, state: Any, inputs: Any, params: Any) -> dict[str, Any]:
        return {"w": state.w, "a": ops.mux(inputs.y, state.a, state.a), "b": state.b}

    assert layer_rule(made_up_rule(update, STATE, INPUTS), Bits()).modulators == ("u",)


@pytest.mark.parametrize(
    ("inputs", "names"), [(INPUTS[:2], "none"), ((*INPUTS, RuleInput("v")), "u, v")]
)
def test_a_critic_judges_one_modulator(inputs: Any, names: str) -> None:
    assert (
        error_of(inputs=inputs, critic=True)
        == "a critic needs a rule with exactly one input of locality synapse, the reward;"
        f" 'made_up' has {names}: set critic_shift = 0."
    )


def test_a_rule_without_a_postsynaptic_field_has_no_place_in_a_layer() -> None:
    assert error_of(state=STATE[:2]) == (
        "it must have a field of locality post, kept once for each neuron, not none: give it a"
        " postsynaptic trace."
    )
