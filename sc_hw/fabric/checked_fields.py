"""Types of what plug-in files declare: a wrong one is said at once, by the name of its field."""

from __future__ import annotations

import types
import typing
from collections.abc import Mapping
from dataclasses import fields
from functools import cache
from typing import Any

from sc_model.spec.errors import ConfigError
from sc_model.texts import shown


class CheckedFields:
    """A base of dataclasses whose fields must have the types that they are declared with.

    Raises
    ------
    ConfigError : one has not; the text names class, field and type.
    """

    def __post_init__(self) -> None:
        hints = _hints(type(self))  # type: ignore[arg-type] # a class has a hash
        for field in fields(self):  # type: ignore[arg-type] # a base of dataclasses is none itself
            value = getattr(self, field.name)
            if not has_type(value, hints[field.name]):
                raise ConfigError(
                    f"{type(self).__name__}.{field.name} must be {in_words(hints[field.name])},"
                    f" not {shown(value)} ({type(value).__name__})."
                )


@cache
def _hints(owner: type) -> dict[str, Any]:
    return typing.get_type_hints(owner)


def has_type(value: Any, hint: Any) -> bool:
    """Whether a value has a declared type, with what is in it; a whole number is a float, too."""
    origin, inner = typing.get_origin(hint), typing.get_args(hint)
    if origin in (typing.Union, types.UnionType):
        return any(has_type(value, one) for one in inner)
    if origin is typing.Literal:
        return value in inner
    if origin is tuple:
        if not isinstance(value, tuple):
            return False
        kinds = (inner[0],) * len(value) if inner[1:] == (...,) else inner
        return len(value) == len(kinds) and all(map(has_type, value, kinds))
    if origin is Mapping:
        return isinstance(value, Mapping) and all(
            has_type(key, inner[0]) and has_type(one, inner[1]) for key, one in value.items()
        )
    if hint in (int, float):
        return isinstance(value, (int, hint)) and not isinstance(value, bool)
    return isinstance(value, hint)


def in_words(hint: Any) -> str:
    """A declared type as a reader of a plug-in file knows it."""
    if isinstance(hint, type) and typing.get_origin(hint) is None:
        return "None" if hint is types.NoneType else hint.__name__
    text = str(hint).replace("typing.", "").replace("collections.abc.", "")
    return " or ".join(part.strip().split(".")[-1] for part in text.split("|"))
