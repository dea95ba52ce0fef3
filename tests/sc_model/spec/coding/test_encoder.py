"""Options of encoders."""

from __future__ import annotations

from typing import Any

import pytest

from sc_model.spec import ConfigError, DenseSpec, EncoderSpec, NetworkSpec


def test_channels() -> None:
    assert EncoderSpec(kind="latency").channels(5) == 5
    assert EncoderSpec(kind="delta").channels(5) == 10


def test_what_is_refused() -> None:
    with pytest.raises(ConfigError, match=r"^EncoderSpec\.level must be < 2\^bits = 8, not 8\.$"):
        EncoderSpec(kind="threshold", bits=3, level=8)
    with pytest.raises(ConfigError, match=r"^EncoderSpec\.kind must be 'threshold', 'latency', "):
        EncoderSpec(kind="rate")  # type: ignore[arg-type]  # on purpose


@pytest.mark.parametrize(
    ("encoder", "layer", "text"),
    [
        (
            {"kind": "delta"},
            {"inputs": 5},
            r"layer 'a' must have an even number of inputs behind an encoder of kind 'delta'",
        ),
        (
            {"kind": "latency", "steps": 3},
            {"inputs": 4, "tick_interval": 2},
            r"EncoderSpec\.steps must be a multiple of each layer's tick_interval \(up to 2\), .*3",
        ),
    ],
)
def test_encoders_that_do_not_fit_their_network(
    encoder: dict[str, Any], layer: dict[str, Any], text: str
) -> None:
    with pytest.raises(ConfigError, match=text):
        NetworkSpec(
            layers=(DenseSpec(name="a", neurons=2, **layer),), encoder=EncoderSpec(**encoder)
        )


def test_a_network_without_an_encoder_has_no_word_of_it_in_its_text() -> None:
    spec = NetworkSpec(layers=(DenseSpec(name="a", inputs=2, neurons=2),))
    assert not {"encoder", "readout"} & set(spec.model_dump())
    with_one = NetworkSpec(layers=spec.layers, encoder=EncoderSpec(kind="latency", steps=4))
    assert (with_one.values, with_one.shown_steps) == (2, 4)
    assert NetworkSpec.model_validate(with_one.model_dump()) == with_one
