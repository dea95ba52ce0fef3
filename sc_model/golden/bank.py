"""Many synapses at once in NumPy, bit for bit equal to single ones.

The state is that of as many :class:`~sc_model.golden.synapse.Synapse`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sc_model.arithmetic.noise import SEED
from sc_model.golden.arrays import saturated_array
from sc_model.golden.registers import Registers, WithRegisters
from sc_model.graph import NumpyOps, trace
from sc_model.graph.algebra import array_dtype
from sc_model.spec import IntFormat, Rule, RuleParams


def loaded(rule: Rule, values: Mapping[str, ArrayLike]) -> dict[str, ArrayLike]:
    """The complete state after some fields are loaded; TypeError for one that isn't loadable."""
    loadable = [field.name for field in rule.state if field.loadable]
    unknown = sorted(set(values) - set(loadable))
    if unknown:
        raise TypeError(f"loadable fields of '{rule.family}' are {loadable}, not {unknown}")
    return {**rule.initial_state(), **values}


class Bank(WithRegisters):
    """N synapses under one rule.

    Arithmetic is in 64-bit integers where the traced graph proves that every intermediate fits, and
    in Python integers (exact, slow) where it does not.

    Parameters
    ----------
    rule, params : learning rule and its parameters.
    synapses : N >= 1.
    initial : values of loadable fields, scalars or shape (N,), saturated into their formats.
    fed : whether random inputs come with each step; else the bank draws them itself, for its
        synapses in order.

    Members
    -------
    state : an array of shape (N,) for each field.
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
        synapses: int,
        initial: Mapping[str, ArrayLike] | None = None,
        *,
        fed: bool = False,
    ) -> None:
        if synapses < 1:
            raise ValueError(f"synapses must be >= 1, not {synapses}")
        self.rule, self.params, self.synapses = rule, params, synapses
        self.registers = Registers(rule, params, fed)
        self._dtype = array_dtype(trace(rule, params))
        self._ops = NumpyOps(self._dtype)
        self._state_formats = rule.state_formats(params)
        self._input_formats = rule.input_formats(params)
        self.state: dict[str, NDArray[Any]] = {}
        self.load(initial or {})

    def _array(self, name: str, values: ArrayLike, form: IntFormat) -> NDArray[Any]:
        return saturated_array(name, values, (self.synapses,), form, self._dtype)

    def load(self, values: Mapping[str, ArrayLike]) -> None:
        """Write loadable fields of all synapses and put all others to their initial values.

        The random bits begin anew; run-time parameters stay.
        """
        self.registers.lfsr = SEED
        self.restore(loaded(self.rule, values))

    def restore(self, state: Mapping[str, ArrayLike]) -> None:
        """Set the complete state: every field, scalar or shape (N,)."""
        if sorted(state) != sorted(self._state_formats):
            raise TypeError(
                f"the state of '{self.rule.family}' is {sorted(self._state_formats)}, not"
                f" {sorted(state)}"
            )
        self.state = {
            name: self._array(name, state[name], form) for name, form in self._state_formats.items()
        }

    def step(self, inputs: Mapping[str, ArrayLike]) -> dict[str, NDArray[Any]]:
        """Advance all synapses by one step and return the new state.

        Each input is a scalar or has shape (N,); numbers beyond the input's format are saturated
        into it.
        """
        self.registers.check(inputs)
        arrays: dict[str, Any] = {
            name: self._array(name, inputs[name], form)
            for name, form in self.registers.step_formats.items()
        }
        arrays |= self.registers.settings
        for name, values in self.registers.draw(self.synapses).items():
            arrays[name] = values.astype(self._dtype)
        new = self.rule.apply(self._ops, self.state, arrays, self.params)
        self.state = {
            name: np.broadcast_to(np.asarray(value, self._dtype), (self.synapses,))
            for name, value in new.items()
        }
        return self.state
