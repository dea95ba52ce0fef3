"""A compiled bank: many synapses, each with inputs of its own, in vectors."""

from __future__ import annotations

import ctypes
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sc_model.golden.bank import Bank
from sc_model.graph import Graph, Interval
from sc_model.native.build import address, narrowest_fit, packed, pointers, runtime, traced
from sc_model.native.compiler import compiled
from sc_model.native.lowering import Loop, lowered
from sc_model.native.scalar import Constants
from sc_model.native.vectors import VectorCode, bias_of
from sc_model.spec import IntFormat, Rule, RuleParams

_SOURCE = """
// Inputs end with the last synapse: of a vector that is cut short, a copy with zeros behind it.
template <typename T> static inline const T *whole(const T *from, int64_t left, T *room) {{
  if (left >= LANES) return from;
  memset(room, 0, LANES * sizeof(T));
  memcpy(room, from, left * sizeof(T));
  return room;
}}

// A vector of synapses at `at`, `left` of them; inputs are `[t][n]`.
template <int K> static inline __attribute__((always_inline)) void over(
    int64_t count, int64_t n, int64_t left, const void *const *inputs, E *const *at, int64_t j,
    const Constants &of) {{
  {declared}
  for (int k = 0; k < K; k++) {{ {loaded} }}
  for (int64_t t = 0; t < count; t++) {{
#pragma GCC unroll 8
    for (int k = 0; k < K; k++) {{
      const int64_t here = t * n + j + k * LANES;
      E room[LANES]; uint8_t bits[LANES];
      {taken}
      {body}
      {written}
    }}
  }}
  for (int k = 0; k < K; k++) {{ {stored} }}
}}

extern "C" void steps(int64_t count, int64_t n, const void *const *inputs, E *const *fields,
                      const int64_t *constants) {{
  const Constants of = constants_of(constants);
  for (int64_t j = 0; j < n;) {{
    E *at[{fields}];
    for (int f = 0; f < {fields}; f++) at[f] = fields[f] + j;
    if (j + UNROLL * LANES <= n) {{
      over<UNROLL>(count, n, LANES, inputs, at, j, of);
      j += UNROLL * LANES;
    }} else {{
      over<1>(count, n, n - j, inputs, at, j, of);
      j += LANES;
    }}
  }}
}}
"""
PAD = 64  # synapses are stored in multiples of this: a whole number of vectors on every machine
BIT = IntFormat(1)


class BankKernel:
    """The C++ kernel of a rule's bank.

    Members
    -------
    bits : width of an element.
    source : the C++.
    constants : what it is called with: the rule's constants and shifts.
    biases : for each field and each input wider than a bit, what is subtracted from its values in
        memory (see `sc_model.native.vectors`).
    """

    def __init__(self, rule: Rule, params: RuleParams, bits: int) -> None:
        graph, self.bits = traced(rule, params), bits
        variables = dict.fromkeys(graph.variables, Loop.SYNAPSE)
        graph = lowered(graph, variables)
        fields, inputs = list(rule.state_formats(params)), rule.input_formats(params)
        expressions = {name: f"old_{name}" for name in fields}
        expressions |= {
            name: f"{'mask' if form == BIT else 'input'}_{name}" for name, form in inputs.items()
        }
        self.constants = Constants()
        code = VectorCode(graph, variables, bits, expressions, self.constants)
        forms = rule.state_formats(params) | {
            name: form for name, form in inputs.items() if form != BIT
        }
        self.biases = {name: bias_of(Interval.of(form), bits) for name, form in forms.items()}
        text = self._source(graph, code, fields, inputs, expressions)
        self.source = runtime(bits) + self.constants.vectors + text

    def _source(
        self,
        graph: Graph,
        code: VectorCode,
        fields: list[str],
        inputs: Mapping[str, IntFormat],
        expressions: Mapping[str, str],
    ) -> str:
        """The kernel's text."""
        stores = []
        for n, name in enumerate(fields):
            index = graph.outputs[name]
            # the new value has the bias of its own range, the field in memory that of its format
            adjustment = code.plus(code.bias(index) - self.biases[name])
            stores.append(f"field_{n}[k] = {code.number(index)}{adjustment};")
        loads = [f"const V {expressions[name]} = field_{n}[k];" for n, name in enumerate(fields)]
        for n, (name, form) in enumerate(inputs.items()):
            if form == BIT:
                loads.append(
                    f"const V {expressions[name]} ="
                    f" load_mask(whole((const uint8_t *)inputs[{n}] + here, left, bits));"
                )
            else:
                loads.append(
                    f"const V {expressions[name]} = load(whole((const E *)inputs[{n}] + here, left,"
                    " room));"
                )
        count = range(len(fields))
        return _SOURCE.format(
            fields=len(fields),
            declared=f"V {', '.join(f'field_{n}[K]' for n in count)};",
            loaded=" ".join(f"field_{n}[k] = load(at[{n}] + k * LANES);" for n in count),
            stored=" ".join(f"store(at[{n}] + k * LANES, field_{n}[k]);" for n in count),
            taken="\n      ".join(loads),
            body="\n      ".join(code.lines),
            written="\n      ".join(stores),
        )


class NativeBank(Bank):
    """A :class:`~sc_model.golden.Bank` whose steps are compiled, bit for bit equal.

    Parameters
    ----------
    rule, params, synapses, initial : as in `Bank`.
    flags : options of the compiler beside those of every kernel.
    narrowest : least bits of an element: 16, 32 or 64.
    fed : as in `Bank`.

    Raises
    ------
    NativeError
        there is no kernel for the rule, or no compiler.
    """

    def __init__(
        self,
        rule: Rule,
        params: RuleParams,
        synapses: int,
        initial: Mapping[str, ArrayLike] | None = None,
        *,
        flags: tuple[str, ...] = ("-march=native",),
        narrowest: int = 16,
        fed: bool = False,
    ) -> None:
        self.kernel = narrowest_fit(rule, narrowest, lambda bits: BankKernel(rule, params, bits))
        self._run = compiled(self.kernel.source, flags=flags).steps
        self._constants = self.kernel.constants.array()
        self._element = np.dtype(f"int{self.kernel.bits}")
        self._packed: dict[str, NDArray[Any]] = {}
        super().__init__(rule, params, synapses, initial, fed=fed)

    @property
    # Held as the kernel wants it.
    def state(self) -> dict[str, NDArray[Any]]:  # type: ignore[override]
        """Every field, shape (N,), int64; a copy."""
        return {
            name: array[: self.synapses].astype(np.int64) + self.kernel.biases[name]
            for name, array in self._packed.items()
        }

    @state.setter
    def state(self, values: Mapping[str, NDArray[Any]]) -> None:
        for name, array in values.items():
            self._packed[name] = np.zeros(-(-self.synapses // PAD) * PAD, self._element)
            self._packed[name][: self.synapses] = array - self.kernel.biases[name]

    def step(self, inputs: Mapping[str, ArrayLike]) -> dict[str, NDArray[Any]]:
        """Advance all synapses by one step; see :meth:`sc_model.golden.Bank.step`."""
        self.registers.check(inputs)
        arrays = {
            name: self._array(name, inputs[name], form)[None]
            for name, form in self.registers.step_formats.items()
        }
        self._advance(1, arrays)
        return self.state

    def replay(self, inputs: Mapping[str, ArrayLike]) -> None:
        """Advance all synapses by T steps.

        Parameters
        ----------
        inputs : for each input of the rule integers of shape (T, N) or (T, 1), or a scalar; at
            least one has T rows. They are saturated into the input's format.

        Raises
        ------
        TypeError
            an input is missing, unknown, or holds no integers.
        ValueError
            an input has another shape.
        """
        arrays = self.registers.sequences(inputs, self.synapses)
        self._advance(len(next(iter(arrays.values()))), arrays)

    def _advance(self, count: int, inputs: Mapping[str, ArrayLike]) -> None:
        """Run the kernel for some steps on inputs of shape (count, synapses)."""
        ready, shape = [], (count, self.synapses)
        step_inputs = {**inputs, **self.registers.settings}
        for name, values in self.registers.draw(count * self.synapses).items():
            step_inputs[name] = values.reshape(shape)
        for name, form in self._input_formats.items():
            array = np.asarray(step_inputs[name])
            if form != BIT:
                array = packed(name, array, shape, form, self._element, self.kernel.biases[name])
            elif array.dtype == np.bool_:
                array = np.ascontiguousarray(array).view(np.uint8)
            else:
                array = packed(name, array, shape, form, np.dtype(np.uint8), 0)
            ready.append(array)
        fields = pointers([self._packed[name] for name in self._state_formats])
        sizes = ctypes.c_int64(count), ctypes.c_int64(self.synapses)
        self._run(*sizes, pointers(ready), fields, address(self._constants))
