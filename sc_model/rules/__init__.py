"""Learning rules, one file each, found by looking: adding a rule edits no list.

A file of this folder that defines `FAMILY` is a rule; so is every module that an installed package
names under the entry-point group ``sc_model.rules``.
"""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from functools import cache
from types import ModuleType

from sc_model.spec.catalogue import Catalogue, Plugin
from sc_model.spec.choice import RuleChoice
from sc_model.spec.errors import ConfigError
from sc_model.spec.rule import Rule, RuleParams

_REQUIRED = ("FAMILY", "Params", "STATE", "INPUTS", "VECTORS", "update", "float_update")
_PORTS = ("clk", "rst", "step", "load", "done")


def rule_from_module(module: ModuleType) -> Rule:
    """Read a :class:`Rule` off a module; ValueError names what the module lacks."""
    missing = [name for name in _REQUIRED if not hasattr(module, name)]
    if missing:
        raise ConfigError(
            f"rule file {module.__name__} must define {', '.join(_REQUIRED)}; it lacks"
            f" {', '.join(missing)}."
        )
    taken = sorted(
        item.name
        for item in (*module.STATE, *module.INPUTS)
        if item.name in _PORTS or item.name.startswith("load_")
    )
    if taken:
        raise ConfigError(
            f"rule file {module.__name__} must not name a field or input '{taken[0]}': blocks have"
            f" ports {', '.join(_PORTS)} and load_<field> of their own."
        )
    return Rule(
        family=module.FAMILY,
        params_type=module.Params,
        state=tuple(module.STATE),
        inputs=tuple(module.INPUTS),
        update=module.update,
        float_update=module.float_update,
        vectors=tuple(module.VECTORS),
        doc=module.__doc__ or "",
        source=inspect.getsource(module),
    )


def _families_in(module: ModuleType) -> Iterator[tuple[str, ModuleType]]:
    """The one family that a module defines, or none."""
    if hasattr(module, "FAMILY"):
        yield module.FAMILY, module


@cache
def _families() -> Catalogue[ModuleType]:
    return Catalogue("rule family", __name__, __path__, _families_in, wanted="FAMILY")


def rule_families() -> tuple[str, ...]:
    """Names of all rule families that are installed, sorted."""
    return _families().names()


def rule_plugins() -> tuple[Plugin, ...]:
    """Every module that was searched for rules, the broken ones too."""
    return tuple(_families().plugins)


@cache
def load_rule(family: str) -> Rule:
    """The rule of that family; ConfigError lists the known ones."""
    return rule_from_module(_families().pick(family))


def resolve(choice: RuleChoice) -> tuple[Rule, RuleParams]:
    """The rule a design chooses, with its parameters checked by the family's own `Params`."""
    rule = load_rule(choice.family)
    return rule, rule.params_type(**choice.parameters)
