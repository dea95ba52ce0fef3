"""How a stage says what is being waited for."""

from __future__ import annotations

from collections.abc import Callable

# A stage calls it with one line of text whenever something else is being waited for.
Progress = Callable[[str], None]


def silent(_: str) -> None:
    """Print nothing: the default of a stage that is called as a function."""
