"""Run-time parameters of a rule: registers of the host's in place of constants of the netlist.

A field of `Params` becomes one by its marker::

    rate: int = Field(default=3, ge=0, le=7, json_schema_extra=RUNTIME, description="...")

`update` reads it as any parameter, `params.rate`. It is a value of the algebra there, as an input
is, so that ranges, hardware and proof hold for every setting within the field's bounds; a register
that holds more than these is saturated into them by the rule itself.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from types import FunctionType, MethodType
from typing import Any

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from sc_model.spec.errors import ConfigError, ConfigTypeError, did_you_mean
from sc_model.spec.formats import IntFormat

RUNTIME: dict[str, Any] = {"runtime": True}
"""Marks a field of `Params`: `Field(..., json_schema_extra=RUNTIME)`."""


@dataclass(frozen=True)
class Setting:
    """A run-time parameter.

    Members
    -------
    name : of the field of `Params`.
    lo, hi : the field's bounds; None where it has none, which the contract refuses.
    """

    name: str
    lo: int | None
    hi: int | None

    @property
    def format(self) -> IntFormat:
        """Least format that holds every setting: that of the register."""
        lo, hi = self.bounds
        if lo >= 0:
            return IntFormat(max(1, hi.bit_length()))
        return IntFormat(1 + max((~lo).bit_length(), (hi if hi >= 0 else ~hi).bit_length()), True)

    @property
    def bounds(self) -> tuple[int, int]:
        """Least and greatest setting."""
        if self.lo is None or self.hi is None:
            raise ConfigError(f"the run-time parameter '{self.name}' must have bounds.")
        return self.lo, self.hi

    def within(self, ops: Any, value: Any) -> Any:
        """What the rule reads of a register: its value, saturated into the bounds."""
        lo, hi = self.bounds
        form = self.format
        return value if (form.lo, form.hi) == (lo, hi) else ops.clamp(value, lo, hi)

    def checked(self, value: Any) -> int:
        """A value for the register, as a Python integer.

        Raises
        ------
        ConfigTypeError
            it is no integer.
        ConfigError
            it is out of the bounds.
        """
        if not hasattr(value, "__index__") or isinstance(value, bool):
            raise ConfigTypeError(
                f"the run-time parameter '{self.name}' must be an integer, not {value!r}"
                f" ({type(value).__name__})."
            )
        lo, hi = self.bounds
        if not lo <= value.__index__() <= hi:
            raise ConfigError(
                f"the run-time parameter '{self.name}' must be in [{lo}, {hi}], not {value!r}."
            )
        return int(value.__index__())


@cache
def settings_of(params_type: type[BaseModel]) -> tuple[Setting, ...]:
    """The run-time parameters of a class of parameters, in the order of their declaration."""
    return tuple(
        Setting(name, *_bounds_of(field))
        for name, field in params_type.model_fields.items()
        if isinstance(field.json_schema_extra, dict) and field.json_schema_extra.get("runtime")
    )


def _bounds_of(field: FieldInfo) -> tuple[int | None, int | None]:
    """Least and greatest integer that a field allows."""
    lows, highs = [], []
    for item in field.metadata:
        lows += [item.ge] if hasattr(item, "ge") else []
        lows += [item.gt + 1] if hasattr(item, "gt") else []
        highs += [item.le] if hasattr(item, "le") else []
        highs += [item.lt - 1] if hasattr(item, "lt") else []
    return max(lows, default=None), min(highs, default=None)


def checked_settings(
    settings: tuple[Setting, ...], values: Mapping[str, Any], rule: str
) -> dict[str, int]:
    """Values for some run-time parameters of a rule, checked.

    Raises
    ------
    ConfigError, ConfigTypeError
        there is no such parameter, or a value is none of its own.
    """
    known = {setting.name: setting for setting in settings}
    for name in values:
        if name not in known:
            if not known:
                raise ConfigError(
                    f"the rule '{rule}' has no run-time parameters, and so not '{name}'; its"
                    " parameters stand in the design, in the table [rule]."
                )
            hint = did_you_mean(name, known) or "."
            raise ConfigError(
                f"the rule '{rule}' has no run-time parameter '{name}'{hint} It has:"
                f" {', '.join(sorted(known))}."
            )
    return {name: known[name].checked(value) for name, value in values.items()}


class _Parameters:
    """Parameters of which some are values of an algebra; properties are computed from those."""

    def __init__(self, params: BaseModel, settings: Mapping[str, Any]) -> None:
        self.__dict__.update(settings)
        self._params = params

    def __getattr__(self, name: str) -> Any:
        params = self.__dict__["_params"]
        own = getattr(type(params), name, None)
        if isinstance(own, property) and own.fget is not None:
            return own.fget(self)
        if isinstance(own, FunctionType):
            return MethodType(own, self)
        return getattr(params, name)


def with_settings(params: Any, settings: Mapping[str, Any]) -> Any:
    """The parameters as `update` reads them: `settings` in place of the values after a reset."""
    return _Parameters(params, settings) if settings else params
