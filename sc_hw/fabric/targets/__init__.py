"""Synthesis targets, one file each, found by looking: adding a device edits no list."""

from __future__ import annotations

from functools import cache

from sc_hw.fabric.targets.target import Cells, ClockLimit, Target
from sc_model.spec.catalogue import by_name, modules_of, pick


@cache
def _targets() -> dict[str, Target]:
    modules = modules_of(__name__, __path__)
    return by_name(
        "target",
        ((item.name, item, m.__name__) for m in modules for item in getattr(m, "TARGETS", ())),
    )


def target_names() -> tuple[str, ...]:
    """Names of all targets, sorted."""
    return tuple(sorted(_targets()))


def load_target(name: str) -> Target:
    """The target of that name; ConfigError lists the known ones."""
    return pick("target", name, _targets())


__all__ = ["Cells", "ClockLimit", "Target", "load_target", "target_names"]
