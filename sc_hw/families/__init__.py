"""FPGA families, one file each, found by looking: a delay model, how products are made, and the fabric's own primitives.

A family is also the Amaranth platform that components of this package are elaborated with: it may offer
`get_block_ram` and `get_multiplier` (see `sc_hw.primitives`).
"""

from __future__ import annotations

import importlib
import pkgutil
from functools import cache

from sc_hw.families.family import Family
from sc_model.spec import ConfigError
from sc_model.spec.errors import did_you_mean


@cache
def _families() -> dict[str, Family]:
    modules = [importlib.import_module(f"{__name__}.{info.name}") for info in pkgutil.iter_modules(__path__)]
    return {family.name: family for module in modules for family in getattr(module, "FAMILIES", ())}


def family_names() -> tuple[str, ...]:
    """Names of all families, sorted."""
    return tuple(sorted(_families()))


def load_family(name: str) -> Family:
    """The family of that name; ConfigError lists the known ones."""
    known = _families()
    if name not in known:
        hint = did_you_mean(name, known) or "."
        raise ConfigError(f"Design.fabric must be one of {', '.join(sorted(known))}, not '{name}'{hint}")
    return known[name]


__all__ = ["Family", "family_names", "load_family"]
