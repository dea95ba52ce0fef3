"""Learning rules, one file each; no list names them.

A rule is a file of this folder that defines `FAMILY`, a module that an installed package names
under the entry-point group ``sc_model.rules``, or a file that a design names by its path.
`docs/writing_a_rule.md` shows how to write one.
"""

from __future__ import annotations

import hashlib
import inspect
import sys
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

from sc_model.endless import EndlessLoop, limited
from sc_model.files import read_text
from sc_model.spec.catalogue import Catalogue, Plugin
from sc_model.spec.choice import RuleChoice, is_rule_file
from sc_model.spec.errors import ConfigError, ConfigTypeError, RuleError, in_tables
from sc_model.spec.rule import Rule, RuleParams
from sc_model.spec.rule_contract import check_formats, read_rule
from sc_model.spec.rule_parts.errors import rule_error
from sc_model.spec.rule_parts.source import RuleSource


def rule_from_module(module: ModuleType) -> Rule:
    """The :class:`Rule` that a module defines; RuleError says where it breaks the contract."""
    file = getattr(module, "__file__", None)
    text = inspect.getsource(module) if file else ""  # a module in a zip file has a source too
    return read_rule(module, RuleSource(file or "", text))


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


def load_rule(family: str) -> Rule:
    """The rule of that family, or in the file of that path.

    A rule file is a Python program: loading the rule runs it.

    Raises
    ------
    ConfigError
        there is no such family or file, or the file is no rule.
    """
    if is_rule_file(family):
        return _rule_from_text(family, _text_of(family))
    return _installed_rule(family)


@cache
def _installed_rule(family: str) -> Rule:
    return rule_from_module(_families().pick(family))


def _text_of(file: str) -> str:
    """The text of a rule file; ConfigError where it can't be read."""
    try:
        return read_text(Path(file))
    except FileNotFoundError:
        raise ConfigError(
            f"rule file {file} does not exist; `sc-hw new --rule NAME` writes one."
        ) from None
    except (OSError, UnicodeDecodeError) as error:
        cause = error.strerror if isinstance(error, OSError) else "it is not text in UTF-8"
        raise ConfigError(f"rule file {file} can't be read: {cause}.") from None


@cache  # by the text too: a file that was edited is read again
def _rule_from_text(file: str, text: str) -> Rule:
    """The rule in a file; the file's module has a name that no other module has."""
    digest = hashlib.sha256(f"{file}\n{text}".encode()).hexdigest()
    module = ModuleType(f"sc_rule_file_{digest[:16]}")
    module.__file__ = file
    origin = RuleSource(file, text)
    sys.modules[module.__name__] = module  # pydantic looks up annotations there
    try:
        with limited():
            exec(compile(text, file, "exec"), module.__dict__)
            return read_rule(module, origin)
    except (Exception, SystemExit, EndlessLoop) as error:  # whatever the file raises
        del sys.modules[module.__name__]
        if isinstance(error, RuleError):
            raise
        what = " ".join(str(error.msg if isinstance(error, SyntaxError) else error).split())
        if not isinstance(error, ConfigError | ConfigTypeError):
            what = f"the rule file raised {type(error).__name__}: {what}"
        place = origin.place(origin.line_of_error(error))
        raise RuleError(f"{place}: {what.removesuffix('.')}.") from error


def _parameters(params_type: type[RuleParams], choice: RuleChoice) -> RuleParams:
    """The parameters that a design gives, checked; errors name them as the design does."""
    try:
        return params_type(**choice.parameters)
    except (ConfigError, ConfigTypeError) as error:
        raise in_tables(error, {params_type.__name__: "[rule]"}) from None


def resolve(choice: RuleChoice) -> tuple[Rule, RuleParams]:
    """The rule a design chooses, with its parameters checked by the family's own `Params`."""
    rule = load_rule(choice.family)
    try:
        with limited():
            params = _parameters(rule.params_type, choice)
            check_formats(rule, params)
    except EndlessLoop as error:
        raise rule_error(
            rule.origin, f"Params: {error}.", rule.origin.line_of_error(error)
        ) from None
    return rule, params


def resolve_in_network(choice: RuleChoice) -> tuple[Rule, RuleParams]:
    """:func:`resolve` for the plastic layer of a network, where run-time parameters have no place.

    Raises
    ------
    ConfigError
        the rule has run-time parameters: a network's host has no registers for them.
    """
    rule, params = resolve(choice)
    if rule.settings:
        raise ConfigError(
            f"rule '{rule.family}' has run-time parameters"
            f" ({', '.join(setting.name for setting in rule.settings)}), which the plastic layer of"
            " a network does not have yet; use block lane, bank or layer."
        )
    return rule, params


def resolve_built(entry: Mapping[str, Any]) -> tuple[Rule, RuleParams]:
    """The rule that a manifest's table ``rule`` names, with its parameters.

    Raises
    ------
    ConfigError
        the rule can't be found, or its file has changed since the manifest was written.
    """
    file = entry.get("file")
    # compared before it is loaded: a file that has changed must not run in the old one's name
    if file is not None and sha256(_text_of(file)) != entry["source_sha256"]:
        raise ConfigError(
            f"rule file {file} has changed since the design was elaborated; elaborate it again."
        )
    choice = RuleChoice(family=file or entry["family"], parameters=entry["parameters"])
    return resolve(choice)


def sha256(text: str) -> str:
    """Hex digest of a text, as manifests hold it."""
    return hashlib.sha256(text.encode()).hexdigest()
