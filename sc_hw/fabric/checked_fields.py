"""What plug-in files declare: a wrong type or value is said at once, by the name of its field."""

from __future__ import annotations

import math
import re
import types
import typing
from collections.abc import Collection, Mapping
from dataclasses import MISSING, fields
from functools import cache
from typing import Any, Self

from sc_model.spec.errors import ConfigError, did_you_mean
from sc_model.texts import shown

# Names of targets and boards become names of folders.
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,63}")


class CheckedFields:
    """A base of dataclasses whose fields must have the types that they are declared with.

    Raises
    ------
    ConfigError : one has not, is missing, or is none of the class; the text names class and field.
    """

    def __new__(cls, *args: Any, **values: Any) -> Self:
        owner = next(each for each in cls.__mro__ if "__init__" in vars(each))
        # a class with an `__init__` of its own has arguments of its own; a copy is made without any
        if "__dataclass_params__" in vars(owner) and (args or values):
            _check_names(owner, len(args), values)
        return super().__new__(cls)

    def __post_init__(self) -> None:
        hints = _hints(type(self))  # type: ignore[arg-type] # a class has a hash
        for field in fields(self):  # type: ignore[arg-type] # a base of dataclasses is none itself
            value = getattr(self, field.name)
            hint = hints[field.name]
            if has_type(value, hint):
                continue
            choices = _choices(hint)
            if isinstance(value, str) and choices:
                check_choice(f"{type(self).__name__}.{field.name}", value, choices)
            raise ConfigError(
                f"{type(self).__name__}.{field.name} must be {in_words(hint)},"
                f" not {shown(value)} ({type(value).__name__})."
            )


def _check_names(owner: type[Any], positional: int, values: Collection[str]) -> None:
    """ConfigError for a name that is no field of a dataclass, and for a field without a value."""
    init_fields = [field for field in fields(owner) if field.init]
    names = [field.name for field in init_fields]
    for name in values:
        if name not in names:
            hint = did_you_mean(name, names) or "."
            raise ConfigError(
                f"{owner.__name__} has no field '{name}'{hint} Its fields are: {', '.join(names)}."
            )
    for field in init_fields[positional:]:
        default = field.default is not MISSING or field.default_factory is not MISSING
        if not default and field.name not in values:
            raise ConfigError(f"{owner.__name__}.{field.name} must be given; it has no default.")


@cache
def _hints(owner: type) -> dict[str, Any]:
    return typing.get_type_hints(owner)


def has_type(value: Any, hint: Any) -> bool:
    """Whether a value has a declared type, with what is in it; a whole number is a float, too."""
    origin, inner = typing.get_origin(hint), typing.get_args(hint)
    if origin in (typing.Union, types.UnionType):
        return any(has_type(value, one) for one in inner)
    if origin is typing.Literal:
        return isinstance(value, str) and value in inner
    if origin is tuple:
        if not isinstance(value, tuple):
            return False
        kinds = (inner[0],) * len(value) if inner[1:] == (...,) else inner
        return len(value) == len(kinds) and all(map(has_type, value, kinds))
    if origin is Mapping:
        return isinstance(value, Mapping) and all(
            has_type(key, inner[0]) and has_type(one, inner[1]) for key, one in value.items()
        )
    if hint is float:
        number = isinstance(value, (int, float)) and not isinstance(value, bool)
        return number and math.isfinite(value)
    if hint is int:
        return isinstance(value, int) and not isinstance(value, bool)
    return isinstance(value, hint)


def in_words(hint: Any) -> str:
    """A declared type as a reader of a plug-in file knows it."""
    origin, inner = typing.get_origin(hint), typing.get_args(hint)
    if origin in (typing.Union, types.UnionType):
        return " or ".join(map(in_words, inner))
    if origin is typing.Literal:
        return f"one of {', '.join(map(str, inner))}"
    if isinstance(hint, type) and origin is None:
        return "None" if hint is types.NoneType else hint.__name__
    if origin in (tuple, Mapping):
        names = ("..." if each is ... else in_words(each) for each in inner)
        return f"{origin.__name__}[{', '.join(names)}]"
    return str(hint)


def _choices(hint: Any) -> tuple[str, ...]:
    """The texts that a field of a few may be, or that are one of its types; else none."""
    if typing.get_origin(hint) is typing.Literal:
        return typing.get_args(hint)
    return tuple(each for inner in typing.get_args(hint) for each in _choices(inner))


def check_choice(subject: str, value: str, choices: Collection[str]) -> None:
    """ConfigError with the nearest of the choices where a text is none of them."""
    if value not in choices:
        hint = did_you_mean(value, choices) or "."
        raise ConfigError(
            f"{subject} must be one of {', '.join(choices)}, not {shown(value)}{hint}"
        )


def check_name(subject: str, value: str) -> None:
    """ConfigError where a name can't be that of a folder, or be typed as an option."""
    if not _NAME.fullmatch(value):
        raise ConfigError(
            f"{subject} must be of letters, digits, '-', '_' and '.', begin with a letter or digit"
            f" and have at most 64, not {shown(value)}."
        )


def check_range(subject: str, value: float, least: float, most: float, unit: str = "") -> None:
    """ConfigError where a number is outside its range, both ends of which it may be."""
    if not least <= value <= most:
        raise ConfigError(f"{subject} must be {least:g} to {most:g}{unit}, not {value:g}.")
