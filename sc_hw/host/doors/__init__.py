"""Doors, one file each, found by looking: what an outside bus or line makes of the registers.

A file of this folder that defines `DOOR`, a subclass of `sc_hw.host.doors.door.Door`, is a door; so
is a module that an installed package names under the entry point `sc_hw.host.doors`.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from types import ModuleType

from sc_hw.host.doors.door import Door
from sc_model.spec.catalogue import Catalogue, Plugin
from sc_model.spec.errors import ConfigError


def _doors_of(module: ModuleType) -> Iterable[tuple[str, type[Door]]]:
    """The door that a module defines, if it does."""
    door = getattr(module, "DOOR", None)
    if door is None:
        return ()
    if not (isinstance(door, type) and issubclass(door, Door)):
        raise ConfigError(f"{module.__name__}.DOOR must be a subclass of Door, not {door!r}")
    return ((door.name, door),)


@cache
def doors() -> Catalogue[type[Door]]:
    """All doors by name."""
    return Catalogue("Host.door", __name__, __path__, _doors_of, wanted="DOOR")


def load_door(name: str) -> type[Door]:
    """The door of that name; ConfigError lists the known ones."""
    return doors().pick(name)


def door_plugins() -> tuple[Plugin, ...]:
    """Every file of doors and every entry point, also the broken ones."""
    return tuple(doors().plugins)


__all__ = ["Door", "door_plugins", "doors", "load_door"]
