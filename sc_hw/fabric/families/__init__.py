"""FPGA families, one file each, found in this folder or among entry points ``sc_hw.families``.

A family is a delay model, the way products are made, and the fabric's own primitives. It is also
the Amaranth platform that components of this package are elaborated with: it may offer
`get_block_ram` and `get_multiplier` (see `sc_hw.fabric.primitives`).
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from types import ModuleType

from sc_hw.fabric.families.family import Family
from sc_model.spec.catalogue import Catalogue, Plugin, listed


def _families_in(module: ModuleType) -> Iterator[tuple[str, Family]]:
    """The families that a module lists in `FAMILIES`, by name."""
    for item in listed(module, "FAMILIES", Family):
        yield item.name, item


@cache
def _families() -> Catalogue[Family]:
    return Catalogue(
        "family", "sc_hw.families", __path__, _families_in, wanted="FAMILIES", package=__name__
    )


def family_names() -> tuple[str, ...]:
    """Names of all families, sorted."""
    return _families().names()


def load_family(name: str, subject: str = "[design] fabric") -> Family:
    """The family of that name; ConfigError lists the known ones, or says why it is broken.

    The error begins with `subject`, which is what named the family.
    """
    return _families().pick(name, subject)


def family_module(name: str) -> str:
    """Name of the module that defines a family; errors are those of :func:`load_family`."""
    load_family(name)
    return _families().modules[name]


def family_plugins() -> tuple[Plugin, ...]:
    """Every module that was searched for families, the broken ones too."""
    return tuple(_families().plugins)


__all__ = ["Family", "family_module", "family_names", "family_plugins", "load_family"]
