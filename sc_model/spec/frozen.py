"""The base of every configuration: immutable, closed, strictly typed, with errors in one line."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError

from sc_model.spec.errors import explain


class Frozen(BaseModel):
    """An immutable configuration without unknown keys.

    Raises
    ------
    ConfigError
        (a ValueError) a value out of range, a missing or an unknown key.
    ConfigTypeError
        (a TypeError) a value of the wrong kind; nothing is converted silently.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    def __init__(self, /, **values: Any) -> None:
        try:
            super().__init__(**values)
        except ValidationError as error:
            raise explain(type(self), error) from None
