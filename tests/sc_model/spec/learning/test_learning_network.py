"""Sizes, formats and rules that follow from the configuration of a learning network."""

from __future__ import annotations

import pytest

from sc_model.rules import resolve
from sc_model.spec import ConfigError, IntFormat, RuleChoice
from sc_model.spec.learning import HiddenLayerSpec, LearningNetworkSpec, OutputLayerSpec

SPEC = LearningNetworkSpec(
    inputs=784,
    hidden=(
        HiddenLayerSpec(name="first", neurons=128),
        HiddenLayerSpec(name="second", neurons=60, lanes=16, weight_bits=10, signal_bits=7),
    ),
    output=OutputLayerSpec(neurons=10, most_error=15, right_shift=2),
)


def test_sizes() -> None:
    assert SPEC.sizes == (785, 128, 60, 10)
    assert [SPEC.rows(index) for index in range(3)] == [785, 128, 60]
    assert SPEC.synapses == 785 * 128 + 128 * 60 + 60 * 10
    assert [layer.groups for layer in SPEC.layers] == [16, 4, 2]
    assert [layer.max_weight for layer in SPEC.layers] == [127, 511, 127]


def test_a_sum_of_extremes_fits_its_format_and_one_bit_less_does_not_hold_it() -> None:
    most = {
        SPEC.current_format(0): 785 * 127,
        SPEC.current_format(1): 128 * 511,
        SPEC.score_format: 16 * 60 * 127,
        SPEC.signal_format(2): 15 << 2,
        SPEC.trace_format: 16,
        SPEC.count_format: 785,
        SPEC.shift_format: 13,
    }
    for form, value in most.items():
        assert form.hi // 2 < value <= form.hi
    # 10 products of a weight of 127 and an error of 60; 60 of 511 and 63
    assert SPEC.feedback_format(1).hi >= 10 * 127 * 60
    assert SPEC.feedback_format(0).hi >= 60 * 511 * 63


def test_the_widths_of_a_rule_are_those_of_its_layer() -> None:
    for index, (weight, signal) in enumerate(((8, 8), (10, 7), (8, 7))):
        rule, params = resolve(SPEC.rule(index))
        assert rule.state_formats(params) == {"weight": IntFormat(weight, signed=True)}
        forms = rule.input_formats(params)
        assert forms["signal"] == IntFormat(signal, signed=True)
        assert (forms["trace"], forms["noise"]) == (SPEC.trace_format, IntFormat(13))
    own = HiddenLayerSpec(name="own", neurons=4, rule=RuleChoice(family="other"))
    other = LearningNetworkSpec(inputs=4, hidden=(own,), output=OutputLayerSpec(neurons=2))
    assert (other.rule(0).family, other.rule(1).family) == ("other", "error_triggered")


def test_a_network_that_is_too_large_is_refused() -> None:
    hidden = [HiddenLayerSpec(name=f"h{n}", neurons=1024) for n in range(4)]
    with pytest.raises(
        ConfigError, match=r"^a learning network must have <= 4194304 synapses, not"
    ):
        LearningNetworkSpec(inputs=4096, hidden=hidden, output=OutputLayerSpec(neurons=2))
    with pytest.raises(
        ConfigError, match=r"^a learning network must have 1 to 4 tables \[\[hidden"
    ):
        LearningNetworkSpec(inputs=4, hidden=[], output=OutputLayerSpec(neurons=2))


def test_a_rule_can_t_have_a_width_of_its_own() -> None:
    layer = HiddenLayerSpec(
        name="first",
        neurons=8,
        rule=RuleChoice(family="error_triggered", parameters={"weight_bits": 4}),
    )
    spec = SPEC.model_copy(update={"hidden": (layer,)})
    with pytest.raises(
        ConfigError, match=r"^the rule of layer 'first' must have no weight_bits, for it follows"
    ):
        spec.rule(0)
