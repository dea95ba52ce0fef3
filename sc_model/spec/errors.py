"""Errors for bad input, each one line: the subject, what is allowed, the value, what to do."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Mapping
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from sc_model.texts import OneLineError, shown


class ConfigError(OneLineError, ValueError):
    """A configuration holds a value that is not allowed."""


class ConfigTypeError(OneLineError, TypeError):
    """A configuration holds a value of the wrong kind."""


AnyError = TypeVar("AnyError", bound=ConfigError | ConfigTypeError)


class RuleError(ConfigError):
    """A rule file breaks the contract of rules; the text begins with its file and line."""


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """`; did you mean 'x'?` for the known name closest to `name`, or nothing when none is close."""
    close = difflib.get_close_matches(name, sorted(known), n=1)
    return f"; did you mean '{close[0]}'?" if close else ""


def in_tables(error: AnyError, tables: Mapping[str, str]) -> AnyError:
    """The error in the words of a design file, whose author knows tables and no Python classes.

    Parameters
    ----------
    error : of a configuration; it names a key as ``<class>.<key>``.
    tables : the table that stands for each class, as ``[layer]``, by the name of the class.

    Returns
    -------
    The same kind of error, which names the key as ``[layer] <key>``.
    """
    names = "|".join(map(re.escape, tables))
    text = re.sub(
        rf"\b({names})(\.(?=[a-z])|(?= has no field))",
        lambda name: f"{tables[name[1]]}{' ' if name[2] else ''}",
        str(error),
    )
    return type(error)(text)


_KINDS = {
    "int_type": "an integer",
    "int_from_float": "an integer",
    "string_type": "a string",
    "bool_type": "true or false",
    "float_type": "a number",
    "tuple_type": "a list",
    "list_type": "a list",
    "dict_type": "a table",
    "model_type": "a table",
    "model_attributes_type": "a table",
}

_BOUNDS = {
    "greater_than_equal": (">=", "ge"),
    "greater_than": (">", "gt"),
    "less_than_equal": ("<=", "le"),
    "less_than": ("<", "lt"),
}


def explain(model: type[BaseModel], error: ValidationError) -> ConfigError | ConfigTypeError:
    """The first of pydantic's findings as an error of one line.

    An unknown key comes before a missing one: it may be the same key, misspelt.
    """
    findings = error.errors()
    finding = next((each for each in findings if each["type"] == "extra_forbidden"), findings[0])
    kind, place, value = finding["type"], finding["loc"], finding["input"]
    context: dict[str, Any] = finding.get("ctx", {})
    subject = ".".join([model.__name__, *map(str, place)])
    if kind == "extra_forbidden":
        known = sorted(name for name in model.model_fields)
        owner = ".".join([model.__name__, *map(str, place[:-1])])
        hint = did_you_mean(str(place[-1]), known) or "."
        return ConfigError(
            f"{owner} has no field {shown(str(place[-1]))}{hint} Its fields are:"
            f" {', '.join(known)}."
        )
    if kind == "missing":
        return ConfigError(f"{subject} must be given; it has no default.")
    if kind == "too_short":
        return ConfigError(
            f"{subject} must have {context['min_length']} or more entries, not"
            f" {context['actual_length']}."
        )
    if kind in _BOUNDS:
        sign, key = _BOUNDS[kind]
        return ConfigError(f"{subject} must be {sign} {context[key]}, not {shown(value)}.")
    if kind == "literal_error":
        hint = did_you_mean(
            value if isinstance(value, str) else "", re.findall(r"'([^']*)'", context["expected"])
        )
        return ConfigError(
            f"{subject} must be {context['expected']}, not {shown(value)}{hint or '.'}"
        )
    if kind == "string_pattern_mismatch":
        allowed = (
            model.model_fields[str(place[0])].description
            or f"text of the form {context['pattern']}"
        )
        return ConfigError(f"{subject} must be {allowed}, not {shown(value)}.")
    if kind == "value_error":
        cause = context["error"]
        if isinstance(cause, ConfigError):  # of a table within: it names its own subject
            return cause
        return ConfigError(str(cause) if not place else f"{subject}: {cause}")
    if kind == "float_type" and isinstance(value, int) and not isinstance(value, bool):
        return ConfigError(f"{subject} must be a number that a float holds, not {shown(value)}.")
    if kind in _KINDS:
        return ConfigTypeError(
            f"{subject} must be {_KINDS[kind]}, not {shown(value)} ({type(value).__name__})."
        )
    return ConfigError(f"{subject}: {finding['msg']}, not {shown(value)}.")
