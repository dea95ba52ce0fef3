"""Synthesis targets, one file each, in this folder or among entry points ``sc_hw.targets``."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from types import ModuleType

from sc_hw.fabric.families import load_family
from sc_hw.fabric.targets.target import Cells, ClockLimit, Target
from sc_model.spec.catalogue import Catalogue, Plugin, listed


def _targets_in(module: ModuleType) -> Iterator[tuple[str, Target]]:
    """The targets that a module lists in `TARGETS`, by name."""
    for item in listed(module, "TARGETS", Target):
        load_family(item.family, f"Target.family of '{item.name}'")
        yield item.name, item


@cache
def _targets() -> Catalogue[Target]:
    return Catalogue(
        "target", "sc_hw.targets", __path__, _targets_in, wanted="TARGETS", package=__name__
    )


def target_names() -> tuple[str, ...]:
    """Names of all targets, sorted."""
    return _targets().names()


def all_targets() -> tuple[Target, ...]:
    """All targets, by name."""
    return tuple(_targets().things[name] for name in target_names())


def load_target(name: str, subject: str | None = None) -> Target:
    """The target of that name; ConfigError lists the known ones, or says why it is broken.

    The error begins with `subject`, which is what named the target; by default it is ``target``.
    """
    return _targets().pick(name, subject)


def target_plugins() -> tuple[Plugin, ...]:
    """Every module that was searched for targets, the broken ones too."""
    return tuple(_targets().plugins)


__all__ = [
    "Cells",
    "ClockLimit",
    "Target",
    "all_targets",
    "load_target",
    "target_names",
    "target_plugins",
]
