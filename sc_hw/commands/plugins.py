"""Plug-ins of other packages, and their state: rules, layer kinds, families, targets, and so on."""

from __future__ import annotations

from dataclasses import replace

from sc_hw.boards import board_plugins
from sc_hw.fabric.families import family_plugins
from sc_hw.fabric.targets import target_plugins
from sc_hw.host.doors import door_plugins
from sc_model.entry_points import entry_points_of, groups_beginning_with, source_of
from sc_model.graph import trace
from sc_model.layer_kinds import layer_kind_plugins
from sc_model.rules import load_rule, rule_plugins
from sc_model.spec import ConfigError
from sc_model.spec.catalogue import Plugin
from sc_model.spec.errors import did_you_mean

# The groups of entry points that plug-ins of other packages are looked for in.
GROUPS = (
    *("sc_model.rules", "sc_model.layer_kinds", "sc_hw.families", "sc_hw.targets", "sc_hw.boards"),
    "sc_hw.host.doors",
)


def plugins() -> list[Plugin]:
    """Plug-ins of other packages, and whatever is broken; what this package ships is left out.

    A rule that imports is also traced: one that breaks the contract of rules (a vector that does
    not hold, a value that can leave its field) is listed as broken. A plug-in of another package is
    an entry point, so its source names that package; a module of our own folders has its dotted
    name for a source.
    """
    rules, *others = _all()
    groups = (tuple(map(_traced, rules)), *others, _of_no_group())
    by_source: dict[tuple[str, str | None], Plugin] = {}
    for group in groups:
        for plugin in group:
            if plugin.problem is not None or not plugin.source.startswith(("sc_model.", "sc_hw.")):
                # a broken list of a package is met in each group, and named once
                by_source.setdefault((plugin.source, plugin.problem), plugin)
    return list(by_source.values())


def _all() -> tuple[tuple[Plugin, ...], ...]:
    """All plug-ins, ours too, by group as in `GROUPS`."""
    hardware = (family_plugins(), target_plugins(), board_plugins(), door_plugins())
    return (rule_plugins(), layer_kind_plugins(), *hardware)


def _of_no_group() -> tuple[Plugin, ...]:
    """Entry points in a group that nothing looks into, with a name as ours: it is misspelt."""
    misspelt = []
    for group in groups_beginning_with(("sc_hw.", "sc_model.")):
        if group in GROUPS:
            continue
        hint = did_you_mean(group, GROUPS) or "."
        for point in entry_points_of(group)[0]:
            source = source_of(point)
            problem = (
                f"plug-in {point.name} ({source}) is broken: its group must be one of"
                f" {', '.join(GROUPS)}, not '{group}'{hint}"
            )
            misspelt.append(Plugin(group, point.name, source, problem=problem))
    return tuple(misspelt)


def _traced(plugin: Plugin) -> Plugin:
    """The plug-in of a rule, with the problem that tracing the rule finds."""
    try:
        for family in plugin.provides:
            rule = load_rule(family)
            trace(rule, rule.params_type())
    except ConfigError as error:
        text = str(error).removesuffix(".")
        problem = f"plug-in {plugin.name} ({plugin.source}) is broken: {text}."
        return replace(plugin, problem=problem)
    return plugin
