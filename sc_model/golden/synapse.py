"""One synapse in Python integers: the rule's own `update` runs, with nothing in between."""

from __future__ import annotations

from collections.abc import Mapping
from typing import SupportsIndex

import numpy as np

from sc_model.arithmetic.noise import SEED
from sc_model.golden.registers import Registers, WithRegisters
from sc_model.graph import INTS, trace
from sc_model.spec import IntFormat, Rule, RuleParams

Integer = SupportsIndex | np.bool_


def saturated(formats: Mapping[str, IntFormat], inputs: Mapping[str, Integer]) -> dict[str, int]:
    """Inputs of one step, each an integer saturated into its format; TypeError for no integer."""
    return {name: form.saturate(_integer(name, inputs[name])) for name, form in formats.items()}


def _integer(name: str, value: Integer) -> int:
    """The value as a Python integer: NumPy's would wrap."""
    # an element of a boolean array, the only integer type of NumPy without __index__
    if isinstance(value, np.bool_):
        return int(value)
    if not hasattr(value, "__index__"):
        raise TypeError(f"{name} must be an integer, not {value!r} ({type(value).__name__})")
    return value.__index__()


class Synapse(WithRegisters):
    """A synapse under any rule.

    Parameters
    ----------
    rule, params : learning rule and its parameters.
    initial : values of loadable fields, saturated into their formats; the others start at their
        initial values.
    fed : whether random inputs come with each step; else the synapse draws them itself.

    Members
    -------
    state : the value of each field.
    registers : run-time parameters and the source of random inputs.

    Raises
    ------
    RuleError
        the rule breaks the contract of rules.
    """

    def __init__(
        self,
        rule: Rule,
        params: RuleParams,
        initial: Mapping[str, int] | None = None,
        *,
        fed: bool = False,
    ) -> None:
        trace(rule, params)  # plain integers would not notice a branch on a value, say
        self.rule, self.params = rule, params
        self.registers = Registers(rule, params, fed)
        self._formats = rule.state_formats(params)
        self.state: dict[str, int] = {}
        self.load(initial or {})

    def load(self, values: Mapping[str, int]) -> None:
        """Write loadable fields and put all others to their initial values, also the random bits.

        Run-time parameters stay.
        """
        loadable = [field.name for field in self.rule.state if field.loadable]
        unknown = sorted(set(values) - set(loadable))
        if unknown:
            raise TypeError(
                f"loadable fields of '{self.rule.family}' are {loadable}, not {unknown}"
            )
        self.registers.lfsr = SEED
        self.state = self.rule.initial_state() | {
            name: self._formats[name].saturate(_integer(name, value))
            for name, value in values.items()
        }

    def step(self, inputs: Mapping[str, Integer]) -> dict[str, int]:
        """Advance by one step and return the new state."""
        self.state = self.rule.apply(INTS, self.state, self._complete(inputs), self.params)
        return self.state

    def _complete(self, inputs: Mapping[str, Integer]) -> dict[str, int]:
        """Inputs of one step with what the synapse's own registers give."""
        self.registers.check(inputs)
        given = saturated(self.registers.taken, inputs)
        drawn = {name: int(values[0]) for name, values in self.registers.draw(1).items()}
        return given | drawn | self.registers.settings
