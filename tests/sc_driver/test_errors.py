"""Errors of a link: one family, which a program may catch at once."""

from __future__ import annotations

import inspect

from sc_driver import errors
from sc_driver.errors import BusError, LinkError


def test_all_are_link_errors() -> None:
    kinds = [kind for _, kind in inspect.getmembers(errors, inspect.isclass)]
    assert len(kinds) > 8
    assert all(issubclass(kind, LinkError) for kind in kinds)
    assert BusError(5).address == 5
    assert issubclass(LinkError, RuntimeError)
