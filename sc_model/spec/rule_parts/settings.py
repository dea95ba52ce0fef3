"""Run-time parameters of a rule: registers that a host writes, where others are constants.

A field of `Params` becomes one by its marker::

    rate: int = Field(default=3, ge=0, le=7, json_schema_extra=RUNTIME, description="...")

`update` reads it as any parameter, as `params.rate`. There it is a value of the algebra, as an
input is: ranges, hardware and proof hold for every setting within the field's bounds. Where the
register can hold numbers beyond the bounds, the rule saturates what it reads (`Setting.within`).
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
    name : name of the field of `Params`.
    lo, hi : least and greatest setting, integers. None where the field has no such bound; the
        contract of rule files refuses that.
    """

    name: str
    lo: int | None
    hi: int | None

    @property
    def format(self) -> IntFormat:
        """Format of the register: the narrowest one that holds every setting."""
        lo, hi = self.bounds
        if lo >= 0:
            return IntFormat(max(1, hi.bit_length()))
        return IntFormat(1 + max((~lo).bit_length(), (hi if hi >= 0 else ~hi).bit_length()), True)

    @property
    def bounds(self) -> tuple[int, int]:
        """Least and greatest setting; ConfigError where the field lacks one."""
        if self.lo is None or self.hi is None:
            raise ConfigError(f"the run-time parameter '{self.name}' must have bounds.")
        return self.lo, self.hi

    def within(self, ops: Any, value: Any) -> Any:
        """The register's value, saturated into the bounds, as the rule reads it.

        Parameters
        ----------
        ops : the operations of the rule's `update`.
        value : a value of the register's format.
        """
        lo, hi = self.bounds
        form = self.format
        return value if (form.lo, form.hi) == (lo, hi) else ops.clamp(value, lo, hi)

    def checked(self, value: Any) -> int:
        """A value for the register, as a Python integer, if it is allowed.

        Raises
        ------
        ConfigTypeError
            the value is not an integer.
        ConfigError
            the value is out of the bounds.
        """
        if not hasattr(value, "__index__") or isinstance(value, bool):
            raise ConfigTypeError(
                f"the run-time parameter '{self.name}' must be an integer, not {value!r}"
                f" ({type(value).__name__})."
            )
        lo, hi = self.bounds
        integer: int = value.__index__()
        if not lo <= integer <= hi:
            raise ConfigError(
                f"the run-time parameter '{self.name}' must be in [{lo}, {hi}], not {value!r}."
            )
        return integer


@cache
def settings_of(params_type: type[BaseModel]) -> tuple[Setting, ...]:
    """The run-time parameters of a class of parameters, in the order of their declaration."""
    return tuple(
        Setting(name, *_bounds_of(field))
        for name, field in params_type.model_fields.items()
        if isinstance(field.json_schema_extra, dict) and field.json_schema_extra.get("runtime")
    )


def _bounds_of(field: FieldInfo) -> tuple[int | None, int | None]:
    """Least and greatest integer that a field allows; None where it has no such bound."""
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
    """Values for some run-time parameters of a rule, as Python integers, if all are allowed.

    Parameters
    ----------
    settings : the run-time parameters that the rule has.
    values : new values by name.
    rule : name of the rule's family, for errors.

    Raises
    ------
    ConfigError
        the rule has no such parameter, or a value is out of its bounds.
    ConfigTypeError
        a value is not an integer.
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
    """Parameters as `update` reads them: the run-time ones are values of an algebra.

    Properties and methods of the rule's `Params` run on this object, so that what they compute from
    a run-time parameter is a value of the algebra too.
    """

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
    """The parameters as `update` reads them, with `settings` in place of the design's values."""
    return _Parameters(params, settings) if settings else params
