"""The state of all plug-ins, for `sc-hw doctor`."""

from __future__ import annotations

from dataclasses import replace

from sc_hw.fabric.families import family_plugins
from sc_hw.fabric.targets import target_plugins
from sc_model.rules import load_rule, rule_plugins
from sc_model.spec import ConfigError
from sc_model.spec.catalogue import Plugin


def plugin_report() -> tuple[Plugin, ...]:
    """Every rule, family and target that was found, the broken ones with their problem.

    A rule that imports is also read as a rule: one whose file breaks the contract (a vector that
    does not hold, say) is reported as broken too.
    """
    return (*map(_checked, rule_plugins()), *family_plugins(), *target_plugins())


def _checked(plugin: Plugin) -> Plugin:
    """The plug-in of a rule, with the problem that reading the rule finds."""
    try:
        for family in plugin.provides:
            load_rule(family)
    except ConfigError as error:
        text = str(error).removesuffix(".")
        problem = f"plug-in {plugin.name} ({plugin.source}) is broken: {text}."
        return replace(plugin, problem=problem)
    return plugin
