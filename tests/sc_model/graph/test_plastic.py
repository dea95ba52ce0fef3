"""Rules in a layer: the parts their names play, and what keeps a rule out."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from support import RULE, Bits, made_up_rule, params_of

from sc_hw.commands.new_rule import new_rule
from sc_model.graph.plastic import LayerRule, layer_rule
from sc_model.rules import load_rule
from sc_model.spec import ConfigError, Locality, RuleInput, StateField
from sc_model.spec.errors import RuleError

PRE, POST = Locality.PRE, Locality.POST


def test_parts_of_the_shipped_rules() -> None:
    assert layer_rule(RULE, params_of({}), critic=True) == LayerRule(
        "weight",
        "pre_spike",
        "post_spike",
        ("reward",),
        (),
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
        f" 'made_up' has {names}: set critic_shift and discount_shift to 0."
    )


def test_a_rule_without_a_postsynaptic_field_has_no_place_in_a_layer() -> None:
    assert error_of(state=STATE[:2]) == (
        "it must have a field of locality post, kept once for each neuron, not none: give it a"
        " postsynaptic trace."
    )


ONE_STEP = """
VECTORS = (
    vectors_for(STATE, INPUTS)("all zero stays zero", (0, 0, 0), (0,) * len(INPUTS), (0, 0, 0)),
)
"""
REFUSED = "rule 'leaky' can't run in a layer: "
PRE_FIELD = 'StateField("pre_trace", "trace_bits", locality=Locality.PRE)'


@pytest.mark.parametrize(
    ("old", "new", "place", "text"),
    [
        (
            "state.pre_trace, inputs.pre_spike",
            "state.pre_trace, inputs.post_spike",
            PRE_FIELD,
            "its field 'pre_trace' of locality pre must depend on fields and inputs of that"
            " locality alone, not on post_spike.",
        ),
        (
            'RuleInput("pre_spike", locality=Locality.PRE)',
            'RuleInput("pre_spike")',
            "INPUTS = (",
            f"{NOT_PRE} none.",
        ),
        (
            'RuleInput("pre_spike", locality',
            'RuleInput("pre_spike", 3, locality',
            'RuleInput("pre_spike", 3',
            f"{NOT_PRE} pre_spike (unsigned 3 bits).",
        ),
        (", loadable=True", "", "STATE = (", f"{NOT_WEIGHT} none."),
        (
            '    RuleInput("post_spike"',
            '    RuleInput("decide"),\n    RuleInput("post_spike"',
            'RuleInput("decide")',
            "it must not name an input 'decide'; a layer has spikes, outcome, decide,"
            " clear_trial, clear_traces of its own.",
        ),
    ],
)
def test_a_refusal_begins_with_the_line_of_the_declaration(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, old: str, new: str, place: str, text: str
) -> None:
    monkeypatch.chdir(tmp_path)
    new_rule("leaky")
    file = tmp_path / "leaky.py"
    code, _, _ = file.read_text().partition("vector = vectors_for")
    assert old in code
    code = code.replace(old, new, 1)
    # the hand-worked steps are those of the unchanged rule; a step of zeros holds for any
    file.write_text(code + ONE_STEP)
    (line,) = (n for n, each in enumerate(code.splitlines(), 1) if place in each)
    rule = load_rule(str(file))
    with pytest.raises(RuleError) as caught:
        layer_rule(rule, rule.params_type())
    assert str(caught.value) == f"leaky.py:{line}: {REFUSED}{text}"
