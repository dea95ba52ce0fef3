"""Errors of a rule's `update` as one line that begins with the rule's file and line."""

from __future__ import annotations

import traceback
from collections.abc import Iterable, Mapping
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from pydantic import BaseModel

from sc_model.spec.errors import RuleError, did_you_mean
from sc_model.spec.rule_parts.source import RuleSource

_PACKAGE = str(Path(__file__).parents[2])
_OPERATIONS = ("clamp", "let", "mux")


def rule_error(origin: RuleSource, message: str, line: int | None = None) -> RuleError:
    """An error about a rule, with its place in front where there is a file."""
    place = origin.place(line)
    return RuleError(f"{place}: {message}" if place else message)


def update_error(
    origin: RuleSource,
    error: BaseException,
    function: str,
    state: SimpleNamespace,
    inputs: SimpleNamespace,
    params: Any,
) -> RuleError:
    """What to tell a rule's author about an exception out of `update` or `float_update`."""
    line = origin.line_of_error(error) or origin.line_of(function)
    return rule_error(origin, _message(origin, error, function, state, inputs, params), line)


def _message(
    origin: RuleSource,
    error: BaseException,
    function: str,
    state: SimpleNamespace,
    inputs: SimpleNamespace,
    params: Any,
) -> str:
    """The error without its place."""
    if isinstance(error, AttributeError) and error.name is not None:
        owner = error.obj
        params_type: type[BaseModel] = type(params)
        if owner is state:
            return _no_such("state", error.name, vars(state))
        if owner is inputs:
            return _no_such("inputs", error.name, vars(inputs))
        if owner is params:
            return _no_such("Params", error.name, names_of_params(params_type))
        if all(hasattr(owner, each) for each in _OPERATIONS):
            return (
                f"ops has no operation '{error.name}'; its operations are {', '.join(_OPERATIONS)}."
            )
    text = " ".join(str(error).split()).removesuffix(".")
    # an error raised by our own algebra says what a rule must not do: it needs no type in front
    frames = traceback.extract_tb(error.__traceback__)
    raised_in = frames[-1].filename if frames else ""
    if raised_in != origin.file and raised_in.startswith(_PACKAGE) and raised_in != _THIS_CALLER:
        return f"{text}."
    detail = f": {text}" if text else ""
    return f"{function} raised {type(error).__name__}{detail}."


# `Rule.run` calls the rule's function; an error raised there is a wrong number of parameters
_THIS_CALLER = str(Path(__file__).parents[1] / "rule.py")


def _no_such(owner: str, name: str, known: Iterable[str]) -> str:
    """An unknown attribute, with what there is."""
    names = sorted(known)
    hint = did_you_mean(name, names) or "."
    return f"{owner} has no field '{name}'{hint} Its fields are: {', '.join(names) or 'none'}."


def names_of_params(params_type: type[BaseModel]) -> tuple[str, ...]:
    """Fields and properties of a class of parameters, sorted; not those of pydantic itself."""
    properties = {
        name
        for kind in params_type.__mro__
        if kind not in BaseModel.__mro__
        for name, value in vars(kind).items()
        if isinstance(value, property)
    }
    return tuple(sorted(properties | set(params_type.model_fields)))


def check_fields(
    origin: RuleSource, family: str, function: str, result: Any, names: list[str]
) -> None:
    """Check that a rule's function returned a dictionary of exactly its state fields.

    Raises
    ------
    RuleError
        it is no dictionary, or a field is missing or unknown.
    """
    if not isinstance(result, Mapping):
        kind = "None" if result is None else f"{type(result).__name__}"
        message = f"{function} must return a dict of the fields {names}, not {kind}."
        raise rule_error(origin, message, origin.line_of_return(function))
    if result.keys() == set(names):
        return
    message = f"rule '{family}' must return the fields {names}, not {sorted(map(str, result))}"
    if origin.file:
        missing = [name for name in names if name not in result]
        unknown = sorted(str(name) for name in result if name not in names)
        message += "".join(
            [f"; it lacks {', '.join(missing)}"] * bool(missing)
            + [f"; {', '.join(unknown)} is no state field"] * (len(unknown) == 1)
            + [f"; {', '.join(unknown)} are no state fields"] * (len(unknown) > 1)
        )
        message += "."
    raise rule_error(origin, message, origin.line_of_return(function))
