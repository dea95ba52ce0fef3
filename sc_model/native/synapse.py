"""A compiled synapse, which can return its state after every step.

Each step of a synapse needs the result of the one before, so nothing of it can run in parallel.
"""

from __future__ import annotations

import ctypes
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sc_model.golden.arrays import integers, saturated_array
from sc_model.golden.synapse import Integer, Synapse
from sc_model.native.build import address, traced
from sc_model.native.compiler import compiled
from sc_model.native.lowering import product_with_constant, rewritten
from sc_model.native.scalar import Constants, scalar_lines
from sc_model.spec import IntFormat, Rule, RuleParams

# The kernel; the state is in local variables, and so in registers of the processor.
_SOURCE = """#include <stdint.h>
// `inputs[t][{inputs}]`, `state[{fields}]`; the state after each step goes to
// `log[t][{fields}]`, if there is one. Constants and shifts of the rule are data.
extern "C" void steps(int64_t count, const int64_t *inputs, int64_t *state, int64_t *log,
                      const int64_t *constants) {{
  {constants}
  int64_t {first};
  for (int64_t t = 0; t < count; t++, inputs += {inputs}) {{
    {body}
    {written}
    if (log) {{ {logged} log += {fields}; }}
  }}
  {last}
}}
"""


# Steps whose inputs are prepared at a time: 256 KB for each input of the rule, which stay
# in a second-level cache until the kernel reads them.
CHUNK = 1 << 15


def _narrow(name: str, values: ArrayLike, count: int, form: IntFormat) -> NDArray[Any]:
    """Integers of shape (count,), in 64 signed bits at most.

    Arrays of other integers are saturated into the format here; narrower ones later, by chunks.
    """
    array = integers(name, values, (count,))
    if array.dtype.kind != "O" and array.dtype != np.uint64:
        return array
    return saturated_array(name, array, (count,), form, np.dtype(np.int64))


class NativeSynapse(Synapse):
    """A :class:`~sc_model.golden.Synapse` whose steps are compiled, bit for bit equal.

    Raises
    ------
    NativeError
        a value of the rule does not fit 64 bits, or there is no compiler.
    """

    def __init__(
        self,
        rule: Rule,
        params: RuleParams,
        initial: Mapping[str, int] | None = None,
        *,
        fed: bool = False,
    ) -> None:
        self._names = list(rule.state_formats(params))
        self._ports = rule.input_formats(params)
        self._values = np.zeros(len(self._names), np.int64)
        self._inputs = np.zeros((1, len(self._ports)), np.int64)
        text, constants = self.source(rule, params)
        self._run, self._constants = compiled(text).steps, constants.array()
        self._one = (
            ctypes.c_int64(1),
            address(self._inputs),
            address(self._values),
            None,
            address(self._constants),
        )
        super().__init__(rule, params, initial, fed=fed)

    @staticmethod
    def source(rule: Rule, params: RuleParams) -> tuple[str, Constants]:
        """The kernel's text, and the constants that it is called with."""
        constants = Constants()
        graph = rewritten(traced(rule, params), product_with_constant)
        fields, inputs = list(rule.state_formats(params)), list(rule.input_formats(params))
        variables = {name: f"field_{n}" for n, name in enumerate(fields)} | {
            name: f"inputs[{n}]" for n, name in enumerate(inputs)
        }
        body = scalar_lines(graph, graph.outputs.values(), variables, constants=constants)
        text = _SOURCE.format(
            constants=constants.declarations,
            inputs=len(inputs),
            fields=len(fields),
            first=", ".join(f"field_{n} = state[{n}]" for n in range(len(fields))),
            body="\n    ".join(body),
            written=" ".join(
                f"field_{n} = n{graph.outputs[name]};" for n, name in enumerate(fields)
            ),
            logged=" ".join(f"log[{n}] = field_{n};" for n in range(len(fields))),
            last=" ".join(f"state[{n}] = field_{n};" for n in range(len(fields))),
        )
        return text, constants

    @property  # in place of the attribute of the golden model: the kernel works on an array
    def state(self) -> dict[str, int]:  # type: ignore[override]
        """The value of each field; a copy."""
        return dict(zip(self._names, self._values.tolist(), strict=True))

    @state.setter
    def state(self, values: Mapping[str, int]) -> None:
        for number, name in enumerate(self._names):
            self._values[number] = values.get(name, 0)

    def step(self, inputs: Mapping[str, Integer]) -> dict[str, int]:
        """Advance by one step and return the new state."""
        values = self._complete(inputs)
        self._inputs[0] = [values[name] for name in self._ports]
        self._run(*self._one)
        return self.state

    def replay(
        self, inputs: Mapping[str, ArrayLike], *, log: bool = True
    ) -> dict[str, NDArray[np.int64]]:
        """Advance by T steps.

        Parameters
        ----------
        inputs : for each input of the rule integers of shape (T,), or a scalar; at least one has T
            values. They are saturated into the input's format.
        log : whether to return the states.

        Returns
        -------
        Each field after each step, shape (T,); nothing without `log`.

        Raises
        ------
        TypeError
            an input is missing, unknown, or holds no integers.
        ValueError
            an input has another shape.
        """
        count = self.registers.step_count(inputs, 1)
        step_inputs = {**inputs, **self.registers.settings}
        step_inputs |= self.registers.draw(count)
        arrays = {
            name: _narrow(name, step_inputs[name], count, form)
            for name, form in self._ports.items()
        }
        # one buffer for all chunks: fresh memory costs more time than the steps
        rows = np.empty((min(count, CHUNK), len(self._ports)), np.int64)
        logged: NDArray[Any] = np.empty((count if log else 0, len(self._names)), np.int64)
        for first in range(0, count, CHUNK):
            part = slice(first, min(first + CHUNK, count))
            for number, (name, form) in enumerate(self._ports.items()):
                own = rows[: part.stop - first, number]
                own[:] = arrays[name][part]
                np.clip(own, form.lo, form.hi, out=own)
            steps = ctypes.c_int64(part.stop - first)
            self._run(
                steps,
                address(rows),
                address(self._values),
                address(logged[part]) if log else None,
                address(self._constants),
            )
        return {name: logged[:, number] for number, name in enumerate(self._names)} if log else {}
