"""The base of every configuration: immutable, closed, strictly typed, with errors in one line."""

from __future__ import annotations

import math
from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError, ValidationInfo, field_validator

from sc_model.spec.bounds import MAX_PARAMETER
from sc_model.spec.errors import ConfigError, explain
from sc_model.texts import shown


class Frozen(BaseModel):
    """An immutable configuration without unknown keys.

    Every number has bounds. A field that gives none of its own (`ge`, `gt`, `le`, `lt`), as it may
    be in a plug-in, is held to 65,535 in size; a number that is not finite is refused by all.

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

    @field_validator("*", mode="after")
    @classmethod
    def _bounded(cls, value: Any, info: ValidationInfo) -> Any:
        """Refuse a number that an author did not think of: a shift by 10^9 takes a gigabyte.

        The field's own bounds, which have been checked before, may lie higher.
        """
        if not isinstance(value, int | float) or isinstance(value, bool):
            return value
        name = str(info.field_name)
        metadata = cls.model_fields[name].metadata
        if isinstance(value, float) and not math.isfinite(value):
            raise ConfigError(f"{cls.__name__}.{name} must be finite, not {shown(value)}.")
        for sign, bound, own, beyond in (
            ("<=", MAX_PARAMETER, ("le", "lt"), value > MAX_PARAMETER),
            (">=", -MAX_PARAMETER, ("ge", "gt"), value < -MAX_PARAMETER),
        ):
            if beyond and not any(hasattr(item, key) for item in metadata for key in own):
                raise ConfigError(
                    f"{cls.__name__}.{name} must be {sign} {bound}, not {shown(value)}; a class"
                    " with larger numbers gives the field a bound of its own."
                )
        return value
