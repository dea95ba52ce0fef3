"""Finding things by looking into a folder: one file each, no list to edit."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterable, Mapping
from types import ModuleType
from typing import TypeVar

from sc_model.spec.errors import ConfigError, did_you_mean

T = TypeVar("T")


def modules_of(package: str, path: Iterable[str]) -> list[ModuleType]:
    """All modules of a package, imported."""
    return [
        importlib.import_module(f"{package}.{info.name}") for info in pkgutil.iter_modules(path)
    ]


def by_name(what: str, named: Iterable[tuple[str, T, str]]) -> dict[str, T]:
    """A catalogue of (name, thing, where it was found); ConfigError where two have the same
    name.
    """
    found: dict[str, T] = {}
    places: dict[str, str] = {}
    for name, thing, place in named:
        if name in found:
            raise ConfigError(
                f"{what} '{name}' is defined twice, in {places[name]} and in {place}: rename one."
            )
        found[name], places[name] = thing, place
    return found


def pick(subject: str, name: str, known: Mapping[str, T]) -> T:
    """The thing of that name; ConfigError lists the known ones."""
    if name not in known:
        hint = did_you_mean(name, known) or "."
        raise ConfigError(
            f"{subject} must be one of {', '.join(sorted(known))}, not '{name}'{hint}"
        )
    return known[name]
