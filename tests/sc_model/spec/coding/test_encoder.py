"""Options of encoders."""

from __future__ import annotations

import pytest

from sc_model.spec import ConfigError, EncoderSpec


def test_channels() -> None:
    assert EncoderSpec(kind="latency").channels(5) == 5
    assert EncoderSpec(kind="delta").channels(5) == 10


def test_what_is_refused() -> None:
    with pytest.raises(ConfigError, match=r"^EncoderSpec\.level must be < 2\^bits = 8, not 8\.$"):
        EncoderSpec(kind="threshold", bits=3, level=8)
    with pytest.raises(ConfigError, match=r"^EncoderSpec\.kind must be 'threshold', 'latency', "):
        EncoderSpec(kind="rate")  # type: ignore[arg-type]  # on purpose
