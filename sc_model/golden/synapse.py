"""The golden model of one synapse: it runs the rule's own `update` on Python integers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import SupportsIndex

import numpy as np

from sc_model.arithmetic.noise import SEED
from sc_model.golden.registers import Registers, WithRegisters
from sc_model.graph import INTS, trace
from sc_model.spec import IntFormat, Rule, RuleParams

# Python's integers and booleans, and NumPy's; of NumPy's, booleans alone have no `__index__`.
Integer = SupportsIndex | np.bool_


def saturate_inputs(
    formats: Mapping[str, IntFormat], inputs: Mapping[str, Integer]
) -> dict[str, int]:
    """The inputs of one step, each saturated into its format.

    Raises
    ------
    TypeError
        an input is not an integer.
    """
    return {name: form.saturate(_integer(name, inputs[name])) for name, form in formats.items()}


def _integer(name: str, value: Integer) -> int:
    """The value as a Python integer, which can't overflow as NumPy's integers do."""
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
    initial : values of loadable fields, saturated into their formats; all other fields start at
        the initial values that the rule declares.
    fed : True: the caller gives the rule's random inputs with each step. False: the synapse draws
        them from a shift register of its own, as the hardware does.

    Members
    -------
    state : the value of each field of the rule's state, a Python integer.
    registers : run-time parameters, and the shift register that random inputs come from.

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
        # Refuses what hardware can't do, as an `if` on a value, which runs on plain integers.
        trace(rule, params)
        self.rule, self.params = rule, params
        self.registers = Registers(rule, params, fed)
        self._formats = rule.state_formats(params)
        self.state: dict[str, int] = {}
        self.load(initial or {})

    def load(self, values: Mapping[str, int]) -> None:
        """Write loadable fields, and restart all others and the shift register as after a reset.

        Run-time parameters keep their values.

        Parameters
        ----------
        values : loadable fields by name, saturated into their formats; one that is left out gets
            its initial value.

        Raises
        ------
        TypeError
            the rule has no such loadable field, or a value is not an integer.
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
        """Advance by one step and return the new state.

        Parameters
        ----------
        inputs : the rule's inputs by name, saturated into their formats.
        """
        self.state = self.rule.apply(INTS, self.state, self._complete(inputs), self.params)
        return self.state

    def _complete(self, inputs: Mapping[str, Integer]) -> dict[str, int]:
        """All that `update` reads: the step's inputs, random numbers and run-time parameters."""
        self.registers.check(inputs)
        step_inputs = saturate_inputs(self.registers.step_formats, inputs)
        random_inputs = {name: int(values[0]) for name, values in self.registers.draw(1).items()}
        return step_inputs | random_inputs | self.registers.settings
