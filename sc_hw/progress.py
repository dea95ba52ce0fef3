"""How a stage says what is being waited for."""

from __future__ import annotations

import sys
from collections.abc import Callable

from sc_model.texts import one_line

# A stage calls it with one line of text whenever something else is being waited for.
Progress = Callable[[str], None]


def interactive(text: str) -> None:
    """Print a line on standard error if a person sees it: the default of what takes a minute."""
    if sys.stderr is not None and sys.stderr.isatty():
        print(f"... {one_line(text)}", file=sys.stderr, flush=True)


def silent(_: str) -> None:
    """Print nothing: the default of a stage that is called as a function."""
