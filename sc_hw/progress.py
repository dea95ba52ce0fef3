"""How a stage says what is being waited for."""

from __future__ import annotations

from collections.abc import Callable

Progress = Callable[[str], None]


def silent(_: str) -> None:
    """Say nothing: the stages as plain functions."""
