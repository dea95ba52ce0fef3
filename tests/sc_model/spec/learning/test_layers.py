"""What layers that learn on the chip have in common."""

from __future__ import annotations

from typing import Any

import pytest

from sc_model.spec import ConfigError, IntFormat, RuleChoice
from sc_model.spec.learning import (
    HiddenLayerSpec,
    LearningLayerSpec,
    OutputLayerSpec,
    RecurrentLayerSpec,
)


@pytest.mark.parametrize(
    ("layer", "usual"),
    [
        (HiddenLayerSpec(name="h", neurons=4), "error_triggered"),
        (OutputLayerSpec(neurons=4), "error_triggered"),
        (RecurrentLayerSpec(neurons=4), "e_prop"),
    ],
)
def test_a_rule_without_a_family_has_the_usual_one(layer: LearningLayerSpec, usual: str) -> None:
    told: dict[str, Any] = {"parameters": {"weight_bits": 4}}
    again = type(layer).model_validate({**layer.model_dump(), "rule": told})
    assert layer.rule == RuleChoice(family=usual)
    assert again.rule == RuleChoice(family=usual, **told)


@pytest.mark.parametrize("kind", [HiddenLayerSpec, RecurrentLayerSpec])
def test_a_threshold_that_no_potential_reaches(
    kind: type[HiddenLayerSpec | RecurrentLayerSpec],
) -> None:
    text = rf"^{kind.__name__}.threshold must be < 2\^\(potential_bits - 1\) = 128, or no neuron"
    with pytest.raises(ConfigError, match=text):
        kind(name="h", neurons=4, threshold=128, potential_bits=8)
    assert kind(name="h", neurons=4, threshold=127, potential_bits=8).threshold == 127


def test_first_weights_fit_the_weights() -> None:
    with pytest.raises(ConfigError, match=r"^OutputLayerSpec.initial must be <= 7, the largest"):
        OutputLayerSpec(neurons=2, weight_bits=4, initial=8)
    layer = OutputLayerSpec(neurons=2, weight_bits=4, initial=7)
    assert (layer.max_weight, layer.weight_format) == (7, IntFormat(4, signed=True))


def test_words_of_a_row() -> None:
    assert [OutputLayerSpec(neurons=n, lanes=4).groups for n in (2, 4, 5, 9)] == [1, 1, 2, 3]


def test_errors_of_the_right_class_count_more() -> None:
    # 15 and 15 << 2 with a sign
    assert OutputLayerSpec(neurons=2).error_format == IntFormat(5, signed=True)
    assert OutputLayerSpec(neurons=2, right_shift=2).error_format == IntFormat(7, signed=True)
