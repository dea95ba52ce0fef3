"""A unit of integer arithmetic: inputs and outputs by name, and a function of the rule algebra."""

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
    inputs, outputs : formats by name. The state is in both: the old value in, the new one out.
    state : names of the state, with their values after reset.
    function : the function (ops, values) -> outputs by name; `values` has the inputs as attributes.
    """

    name: str
    inputs: Mapping[str, IntFormat]
    outputs: Mapping[str, IntFormat]
    state: Mapping[str, int]
    function: UnitFunction

    def apply(self, ops: Ops, values: Mapping[str, Any]) -> dict[str, Any]:
        """The outputs by name for inputs by name, in the algebra `ops`."""
        return self.function(ops, SimpleNamespace(**values))
