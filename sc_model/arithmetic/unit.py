"""The shape of a unit: named integer inputs and outputs, and the text between them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

from sc_model.spec import IntFormat, Ops

UnitFunction = Callable[[Ops, Any], dict[str, Any]]


@dataclass(frozen=True)
class Unit:
    """A piece of integer arithmetic.

    Members
    -------
    name : used in errors.
    inputs, outputs : formats by name; what stays from step to step is in both.
    state : names that stay from step to step, with their values after reset.
    function : the function over the algebra, from values by name to outputs by name.
    """

    name: str
    inputs: Mapping[str, IntFormat]
    outputs: Mapping[str, IntFormat]
    state: Mapping[str, int]
    function: UnitFunction

    def apply(self, ops: Ops, values: Mapping[str, Any]) -> dict[str, Any]:
        """The outputs for these inputs, in the algebra `ops`."""
        return self.function(ops, SimpleNamespace(**values))
