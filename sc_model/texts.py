"""Texts for a terminal: what comes from a file is escaped and cut, so that an error is one line.

A raw ESC of a design file could move the cursor or rename the window, and a newline in a name would
make two errors of one.
"""

from __future__ import annotations

import re
import sys
import warnings
from typing import Any

WARNING = "warning: "  # begins the line of a warning
# A value in an error only has to be recognised; 200 characters are two to three rows of a terminal.
MAX_VALUE = 200
# A whole error: some values and their explanation. Remedies are at the end, so the middle is cut.
MAX_LINE = 1000
_TAIL = 300
# A quoted text, or a word; those with a slash are left whole, for they may be paths to be copied.
_LONG_VALUE = re.compile(rf"'[^'/]{{{MAX_VALUE + 1},}}'|[^\s/]{{{MAX_VALUE + 1},}}")


def escaped(text: str) -> str:
    """The text with every character that is not printable written as Python writes it (``\\n``)."""
    if text.isprintable():
        return text
    return "".join(sign if sign.isprintable() else repr(sign)[1:-1] for sign in text)


def cut(text: str, limit: int = MAX_VALUE) -> str:
    """The text, or its first `limit` characters and how long it is."""
    return text if len(text) <= limit else f"{text[:limit]}... ({len(text)} characters)"


def shown(value: Any, limit: int = MAX_VALUE) -> str:
    """The `repr` of a value for an error, escaped and cut.

    A long text is cut before its `repr` is made, an integer with more digits than Python writes is
    described, and so is a value that is nested too deep.
    """
    if isinstance(value, str) and len(value) > limit:
        return f"{escaped(repr(value[:limit]))}... ({len(value)} characters)"
    try:
        text = repr(value)
    except ValueError:  # int to text has a limit of 4,300 digits
        return f"{type(value).__name__} with very many digits"
    except RecursionError:
        return f"{type(value).__name__} that is nested too deep to be shown"
    return cut(escaped(text), limit)


def one_line(text: str) -> str:
    """An error or a line of progress as it is printed: escaped, and cut.

    Values of more than 200 characters are cut; so is the middle of a line of more than 1,000.
    """
    # The middle of a very long text is dropped first, so that nothing below takes long.
    if len(text) > 8 * MAX_LINE:
        text = f"{text[: 4 * MAX_LINE]}{text[-4 * MAX_LINE :]}"
    line = _LONG_VALUE.sub(_cut_value, escaped(text.strip()))
    if len(line) > MAX_LINE:
        line = f"{line[: MAX_LINE - _TAIL]} ... {line[-_TAIL:]}"
    return line


def _cut_value(match: re.Match[str]) -> str:
    value = match[0]
    quote = "'" if value[0] == "'" == value[-1] else ""
    return f"{value[:MAX_VALUE]}{quote}... ({len(value) - 2 * len(quote)} characters)"


def warnings_in_one_line() -> None:
    """Print warnings of this process as one line each, without the place in our code.

    For commands: a warning there is for the user, who did not write the code. Amaranth's about
    components without a netlist are left out: a command that ends with an error leaves such ones.
    """
    warnings.filterwarnings("ignore", message=r".* created but never used$")

    def show(message: Warning | str, *_: object, **__: object) -> None:
        print(f"{WARNING}{one_line(str(message))}", file=sys.stderr)

    warnings.showwarning = show


class OneLineError(Exception):
    """An error whose text is one line, whatever it quotes (see `one_line`)."""

    def __str__(self) -> str:
        return one_line(super().__str__())
