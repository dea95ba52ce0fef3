"""Verilog whose modules have a prefix, so that several systems can be in one design."""

from __future__ import annotations

import re

from sc_model.spec import ConfigError

# `module NAME (` and `  NAME  instance (`; an escaped name ends with a space
_NAME = r"(?P<name>\\\S+|\w+)"
_MODULE = re.compile(rf"^module {_NAME}(?= ?\()", re.M)
_INSTANCE = re.compile(rf"^  {_NAME}(?=  ?(?:\\\S+ |\w+) \($)", re.M)
_IDENTIFIER = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


def check_prefix(prefix: str) -> None:
    """ConfigError for a text that is no identifier of Verilog."""
    if not _IDENTIFIER.fullmatch(prefix):
        raise ConfigError(
            f"a prefix must be letters, digits and underscores, not beginning with a digit, not"
            f" '{prefix}'."
        )


def with_prefix(text: str, prefix: str) -> str:
    """The text with all its modules renamed to `<prefix>_<name>`; nothing else is changed.

    Parameters
    ----------
    text : Verilog as `sc_hw.build` writes it, whose modules are all in it.
    prefix : an identifier of Verilog; ConfigError for another text.
    """
    check_prefix(prefix)
    modules = {match["name"] for match in _MODULE.finditer(text)}

    def renamed(match: re.Match[str]) -> str:
        name = match["name"]
        if name not in modules:
            return match[0]
        new = f"\\{prefix}_{name[1:]}" if name.startswith("\\") else f"{prefix}_{name}"
        return match[0].removesuffix(name) + new  # both patterns end with the name

    return _INSTANCE.sub(renamed, _MODULE.sub(renamed, text))
