"""Synthesis targets, one file each, found by looking: adding a device edits no list."""

from __future__ import annotations

import importlib
import pkgutil
from functools import cache

from sc_hw.flow.targets.target import Cells, Target
from sc_model.spec import ConfigError
from sc_model.spec.errors import did_you_mean


@cache
def _targets() -> dict[str, Target]:
    modules = [importlib.import_module(f"{__name__}.{info.name}") for info in pkgutil.iter_modules(__path__)]
    return {target.name: target for module in modules for target in getattr(module, "TARGETS", ())}


def target_names() -> tuple[str, ...]:
    """Names of all targets, sorted."""
    return tuple(sorted(_targets()))


def load_target(name: str) -> Target:
    """The target of that name; ConfigError lists the known ones."""
    known = _targets()
    if name not in known:
        hint = did_you_mean(name, known) or "."
        raise ConfigError(f"target must be one of {', '.join(sorted(known))}, not '{name}'{hint}")
    return known[name]


__all__ = ["Cells", "Target", "load_target", "target_names"]
