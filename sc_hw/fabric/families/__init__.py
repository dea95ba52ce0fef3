"""FPGA families, one file each, found by looking: a delay model, how products are made, and the
fabric's own primitives.

A family is also the Amaranth platform that components of this package are elaborated with: it may
offer `get_block_ram` and `get_multiplier` (see `sc_hw.fabric.primitives`).
"""

from __future__ import annotations

from functools import cache

from sc_hw.fabric.families.family import Family
from sc_model.spec.catalogue import by_name, modules_of, pick


@cache
def _families() -> dict[str, Family]:
    modules = modules_of(__name__, __path__)
    return by_name(
        "family",
        ((item.name, item, m.__name__) for m in modules for item in getattr(m, "FAMILIES", ())),
    )


def family_names() -> tuple[str, ...]:
    """Names of all families, sorted."""
    return tuple(sorted(_families()))


def load_family(name: str) -> Family:
    """The family of that name; ConfigError lists the known ones."""
    return pick("Design.fabric", name, _families())


__all__ = ["Family", "family_names", "load_family"]
