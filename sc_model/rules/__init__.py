"""Learning rules, one file each, found by looking: adding a rule edits no list.

A file of this folder that defines `FAMILY` is a rule; so is every module that an installed package names under the
entry-point group ``sc_model.rules``.
"""

from __future__ import annotations

import importlib
import pkgutil
from functools import cache
from importlib.metadata import entry_points
from pathlib import Path
from types import ModuleType

from sc_model.spec.design import RuleChoice
from sc_model.spec.errors import ConfigError, did_you_mean
from sc_model.spec.rule import Rule, RuleParams

_REQUIRED = ("FAMILY", "Params", "STATE", "INPUTS", "VECTORS", "update", "float_update")


def rule_from_module(module: ModuleType) -> Rule:
    """Read a :class:`Rule` off a module; ValueError names what the module lacks."""
    missing = [name for name in _REQUIRED if not hasattr(module, name)]
    if missing:
        raise ConfigError(f"rule file {module.__name__} must define {', '.join(_REQUIRED)}; it lacks {', '.join(missing)}.")
    return Rule(
        family=module.FAMILY,
        params_type=module.Params,
        state=tuple(module.STATE),
        inputs=tuple(module.INPUTS),
        update=module.update,
        float_update=module.float_update,
        vectors=tuple(module.VECTORS),
        doc=module.__doc__ or "",
        source=Path(module.__file__).read_text(encoding="utf-8") if module.__file__ else "",
    )


@cache
def _families() -> dict[str, ModuleType]:
    modules = [importlib.import_module(f"{__name__}.{info.name}") for info in pkgutil.iter_modules(__path__)]
    modules += [point.load() for point in entry_points(group="sc_model.rules")]
    return {module.FAMILY: module for module in modules if hasattr(module, "FAMILY")}


def rule_families() -> tuple[str, ...]:
    """Names of all rule families that are installed, sorted."""
    return tuple(sorted(_families()))


@cache
def load_rule(family: str) -> Rule:
    """The rule of that family; ConfigError lists the known ones."""
    known = _families()
    if family not in known:
        hint = did_you_mean(family, known)
        raise ConfigError(f"rule family must be one of {', '.join(sorted(known))}, not '{family}'{hint or '.'}")
    return rule_from_module(known[family])


def resolve(choice: RuleChoice) -> tuple[Rule, RuleParams]:
    """The rule a design chooses, with its parameters checked by the family's own `Params`."""
    rule = load_rule(choice.family)
    return rule, rule.params_type(**choice.parameters)
