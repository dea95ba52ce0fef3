"""Plug-ins: rules, layer kinds, families and targets that other packages bring, and their state."""

from __future__ import annotations

from sc_hw.fabric.families import family_plugins
from sc_hw.fabric.targets import target_plugins
from sc_model.layer_kinds import layer_kind_plugins
from sc_model.rules import rule_plugins
from sc_model.spec.catalogue import Plugin


def plugins() -> list[Plugin]:
    """Plug-ins of other packages, and whatever is broken; what this package ships is left out.

    A plug-in of another package is an entry point, so its source names that package; a module of
    our own folders has its dotted name for a source.
    """
    groups = (rule_plugins(), layer_kind_plugins(), family_plugins(), target_plugins())
    return [
        plugin
        for group in groups
        for plugin in group
        if plugin.problem is not None or not plugin.source.startswith(("sc_model.", "sc_hw."))
    ]
