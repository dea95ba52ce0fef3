"""Interfaces of the blocks over a verilated design: a block is one file here, found by its name.

A file `<block>.py` has

* `EVENTS`: outputs beside the streams that carry words. A valid bit's name maps to the ports that
  have a meaning while it is high.
* `golden_interface`: the class that gives the design the interface of its golden model, or None
  for a block whose driver is made in another way.
"""

from __future__ import annotations

import pkgutil
from collections.abc import Mapping
from importlib import import_module
from types import ModuleType

from sc_sim.design import BuildFolderError


def block_names() -> list[str]:
    """Blocks that can be run as a library."""
    return sorted(module.name for module in pkgutil.iter_modules(__path__))


def block_module(block: str) -> ModuleType:
    """The module of a block; BuildFolderError where there is none."""
    names = block_names()
    if block not in names:
        raise BuildFolderError(
            f"no library for block '{block}': there are those of {', '.join(names)}."
        )
    return import_module(f"{__name__}.{block}")


def events_of(block: str) -> Mapping[str, tuple[str, ...]]:
    """Events of a block: the valid bit, and the ports of the payload."""
    events: Mapping[str, tuple[str, ...]] = block_module(block).EVENTS
    return events
