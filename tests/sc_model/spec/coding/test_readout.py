"""Options of readouts."""

from __future__ import annotations

import pytest

from sc_model.spec import ConfigError, ReadoutSpec


def test_a_kind_that_there_is_not_is_refused() -> None:
    text = r"^ReadoutSpec\.kind must be 'count', .*, not 'cout'; did you mean 'count'\?$"
    with pytest.raises(ConfigError, match=text):
        ReadoutSpec(kind="cout")  # type: ignore[arg-type]  # on purpose
