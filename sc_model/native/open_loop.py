"""Compiled synapses of a layer in open loop: the spikes of inputs and of neurons are both given.

In a recording, with a teacher or in a benchmark, the spikes of the neurons do not depend on the
synapses. So many steps of a few synapses can be computed before the next synapses are loaded: a
*tile* of synapses stays in the registers of the processor for several steps. A value that is the
same for all synapses of a row (an input) or of a column (a neuron) is computed once for it. The
kernel is made from the rule's graph; no rule has code of its own here.
"""

from __future__ import annotations

import ctypes
import os
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sc_model.golden.arrays import integers, saturated_array
from sc_model.graph import Graph
from sc_model.graph.plastic import LayerRule, layer_rule
from sc_model.native.build import address, narrowest_fit, pointers, runtime, traced
from sc_model.native.compiler import compiled
from sc_model.native.lowering import Loop, lowered
from sc_model.native.scalar import Constants, scalar_lines
from sc_model.native.vectors import VectorCode
from sc_model.spec import Rule, RuleParams

# A row in memory has a multiple of this many columns, so that it is whole vectors on every machine:
# the widest vector here has 64 bytes (AVX-512), the narrowest element 2.
PAD = 32
# Steps for which a tile of synapses stays in registers: its loads and stores are shared by so many
# steps that they cost next to nothing.
BLOCK = 64
# Bytes of the values of rows and columns that are computed at a time, at most: they stay in a
# second-level cache of 1 to 2 MB until the synapses have used them.
CHUNK_BYTES = 1 << 20

# The kernel: `tile` computes some synapses, and `synapses` goes through all of them in tiles. `E`
# is an element, `V` a vector of `LANES` of them; `all` fills a vector with one element (vector.h).
_FRAME = """
static const int64_t ROWS = {rows}, COLUMNS = {columns}, STEPS = {steps};

// `count` steps of K vectors of synapses, which stay in registers: side by side in one row, or
// (ACROSS) one vector in each of K rows.
template <int K, bool ACROSS> static inline __attribute__((always_inline)) void tile(
    int64_t count, int64_t width, const E *row, int64_t row_stride, const E *column,
    int64_t column_stride, const E *step, E *const *at, const Constants &of) {{
  const int64_t apart = ACROSS ? width : LANES, next = ACROSS ? K * width : width;
  {declarations}
  for (int k = 0; k < K; k++) {{ {loads} }}
  for (int k = 0; k < K; k++)
    for (int f = 0; f < {fields}; f++) __builtin_prefetch(at[f] + next + k * apart, 1);
  for (int64_t t = 0; t < count; t++) {{
    {outer_values}
#pragma GCC unroll 8
    for (int k = 0; k < K; k++) {{
      {row_values}
      {column_values}
      {body}
      {results}
    }}
    row += ROWS * row_stride, column += COLUMNS * column_stride, step += STEPS;
  }}
  for (int k = 0; k < K; k++) {{ {stores} }}
}}

// `count` steps of rows `first` to `last` of `width` columns; `row`, `column` and `step` are the
// values of rows, columns and steps, from the first of these steps on.
extern "C" void synapses(int64_t count, int64_t first, int64_t last, int64_t width, const E *row,
                         int64_t row_stride, const E *column, int64_t column_stride,
                         const E *step, E *const *fields, const int64_t *constants) {{
  const Constants of = constants_of(constants);
  const int64_t block = {block}, wide = UNROLL * LANES;
  for (int64_t t = 0; t < count; t += block) {{
    const int64_t now = count - t < block ? count - t : block;
    const E *r = row + t * ROWS * row_stride, *c = column + t * COLUMNS * column_stride;
    const E *s = step + t * STEPS;
    auto over = [&](auto over_tile, int64_t i, int64_t j) {{
      E *at[{fields}];
      for (int f = 0; f < {fields}; f++) at[f] = fields[f] + i * width + j;
      over_tile(now, width, r + i, row_stride, c + j, column_stride, s, at, of);
    }};
    if (count == 1) {{  // no synapse is used twice: go through memory in its order
      for (int64_t i = first; i < last; i++) {{
        int64_t j = 0;
        for (; j + wide <= width; j += wide) over(tile<UNROLL, false>, i, j);
        for (; j < width; j += LANES) over(tile<1, false>, i, j);
      }}
      continue;
    }}
    int64_t j = 0;
    for (; j + wide <= width; j += wide)
      for (int64_t i = first; i < last; i++) over(tile<UNROLL, false>, i, j);
    for (; j < width; j += LANES) {{
      int64_t i = first;
      for (; i + UNROLL <= last; i += UNROLL) over(tile<UNROLL, true>, i, j);
      for (; i < last; i++) over(tile<1, false>, i, j);
    }}
  }}
}}
"""

# The part of a step that is the same for a row or a column; made once for each of the two.
_SIDE = """
// Steps of the rows or columns alone, from `spikes[t][n]` and `shared[t][{shared}]`; the values
// that the synapses need go to `out[t][{count}][stride]`.
extern "C" void {name}(int64_t count, int64_t n, int64_t stride, const uint8_t *spikes,
                       const int64_t *shared, int64_t *const *fields, E *out,
                       const int64_t *constants) {{
  {constants}
  {pointers}
  for (int64_t t = 0; t < count; t++, spikes += n, shared += {shared}, out += {count} * stride) {{
    {shared_values}
    for (int64_t i = 0; i < n; i++) {{
      {body}
    }}
  }}
}}
"""

# The part of a step that is the same for all synapses.
_STEP = """
extern "C" void steps(int64_t count, const int64_t *shared, E *out, const int64_t *constants) {{
  {constants}
  for (int64_t t = 0; t < count; t++, shared += {shared}, out += {count}) {{
    {shared_values}
    {body}
  }}
}}
"""


class LayerKernel:
    """The C++ kernel of a layer's synapses under a rule.

    Parameters
    ----------
    rule, params : learning rule and its parameters.
    bits : width of an element, 16, 32 or 64.

    Members
    -------
    bits : the same.
    names : names of the rule's fields and inputs, by what they belong to.
    source : the C++.
    constants : the rule's constants and shifts, an argument of every function of the kernel.
    biases : for each field of a synapse the number that its values in memory are less by, so that
        they fit a signed element (see `sc_model.native.vectors`).
    counts : for each loop (row, column, step) the number of values that synapses need from it.

    Raises
    ------
    TooNarrow
        a value of the rule does not fit an element.
    """

    def __init__(self, rule: Rule, params: RuleParams, bits: int) -> None:
        self.names = names = layer_rule(rule, params)
        self.bits, self.constants = bits, Constants()
        variables = {
            **dict.fromkeys(names.synapse, Loop.SYNAPSE),
            **dict.fromkeys((*names.pre, names.pre_spike), Loop.ROW),
            **dict.fromkeys((*names.post, names.post_spike), Loop.COLUMN),
            **dict.fromkeys(names.modulators, Loop.STEP),
        }
        self.source = self._source(lowered(traced(rule, params), variables), variables)

    def _source(self, graph: Graph, variables: Mapping[str, Loop]) -> str:
        """The kernel's text; sets `biases` and `counts`."""
        names = self.names
        fields = list(names.synapse)
        old_names = {name: f"old_{name}" for name in fields}
        code = VectorCode(graph, variables, self.bits, old_names, self.constants)
        self.biases = {name: code.bias(graph.variables[name]) for name in fields}
        results = []
        for number, name in enumerate(fields):
            value = code.number(graph.outputs[name])
            # the new value has the bias of its own range, the field that of its format
            adjustment = code.bias(graph.outputs[name]) - self.biases[name]
            results.append(f"field_{number}[k] = {value}{code.plus(adjustment)};")
        self.counts = {loop: len(values) for loop, values in code.outer.items()}
        rows, columns, steps = (
            range(self.counts[loop]) for loop in (Loop.ROW, Loop.COLUMN, Loop.STEP)
        )
        outer = [f"const V shared_row_{n} = all(row[{n} * row_stride]);" for n in rows]
        outer += [f"const V step_{n} = all(step[{n}]);" for n in steps]
        count = range(len(fields))
        of_rows = [
            f"const V row_{n} = ACROSS ? all(row[{n} * row_stride + k]) : shared_row_{n};"
            for n in rows
        ]
        of_columns = [
            f"const V column_{n} = load(column + {n} * column_stride + (ACROSS ? 0 : k * LANES));"
            for n in columns
        ]
        old = [f"const V {old_names[name]} = field_{n}[k];" for n, name in enumerate(fields)]
        frame = _FRAME.format(
            rows=len(rows),
            columns=len(columns),
            steps=len(steps),
            block=BLOCK,
            fields=len(fields),
            declarations=f"V {', '.join(f'field_{n}[K]' for n in count)};",
            loads=" ".join(f"field_{n}[k] = load(at[{n}] + k * apart);" for n in count),
            stores=" ".join(f"store(at[{n}] + k * apart, field_{n}[k]);" for n in count),
            outer_values="\n    ".join(outer),
            row_values="\n      ".join(of_rows),
            column_values="\n      ".join(of_columns),
            body="\n      ".join([*old, *code.lines]),
            results="\n      ".join(results),
        )
        sides = self._sides(graph, code)
        return "".join((runtime(self.bits), self.constants.vectors, frame, *sides))

    def _sides(self, graph: Graph, code: VectorCode) -> list[str]:
        """The texts of the functions `rows`, `columns` and `steps`.

        The first two update the fields that a row or a column has, and all three compute the values
        that the synapses need from them.
        """
        names = self.names
        shared = {name: f"shared_{number}" for number, name in enumerate(names.modulators)}
        shared_values = " ".join(
            f"const int64_t shared_{number} = shared[{number}];" for number in range(len(shared))
        )
        texts = []
        for loop, own, spike in (
            (Loop.ROW, names.pre, names.pre_spike),
            (Loop.COLUMN, names.post, names.post_spike),
        ):
            variables = {
                **shared,
                **{name: f"field_{n}[i]" for n, name in enumerate(own)},
                spike: "(int64_t)(spikes[i] != 0)",
            }
            needed = code.outer[loop]
            nodes = [value.index for value in needed] + [graph.outputs[name] for name in own]
            body = scalar_lines(graph, nodes, variables, constants=self.constants)
            body += [
                f"out[{number} * stride + i] = {value.element(self.constants)};"
                for value, number in needed.items()
            ]
            body += [f"field_{n}[i] = n{graph.outputs[name]};" for n, name in enumerate(own)]
            texts.append(
                _SIDE.format(
                    name=f"{loop.value}s",
                    shared=len(shared),
                    count=len(needed),
                    shared_values=shared_values,
                    constants=self.constants.declarations,
                    pointers=" ".join(
                        f"int64_t *__restrict field_{n} = fields[{n}];" for n in range(len(own))
                    ),
                    body="\n      ".join(body),
                )
            )
        needed = code.outer[Loop.STEP]
        nodes = [value.index for value in needed]
        body = scalar_lines(graph, nodes, shared, constants=self.constants)
        body += [
            f"out[{number}] = {value.element(self.constants)};" for value, number in needed.items()
        ]
        texts.append(
            _STEP.format(
                shared=len(shared),
                count=len(needed),
                shared_values=shared_values,
                constants=self.constants.declarations,
                body="\n    ".join(body),
            )
        )
        return texts


class OpenLoopLayer:
    """All synapses between some inputs and some neurons, under a rule that can run in a layer.

    The state is bit for bit that of `inputs` x `neurons` :class:`~sc_model.golden.Synapse`.

    Parameters
    ----------
    rule, params : learning rule and its parameters.
    inputs, neurons : numbers of rows and columns, >= 1.
    initial : weights, a scalar or shape (inputs, neurons), saturated into their format.
    threads : threads that share the rows, >= 0; 0 for as many as the machine has processors.
    flags : options of the compiler beside those of every kernel.
    narrowest : narrowest element that is tried, in bits: 16, 32 or 64.

    Members
    -------
    rule, params, inputs, neurons, threads : as given.
    kernel : the kernel, of the narrowest element that holds every value.
    names : names of the rule's fields and inputs, by what they belong to.
    width : columns of a row in memory, a multiple of `PAD`.
    state : an array for each field as in `sc_model.golden.PlasticLayer`: shape (inputs, neurons)
        for a synapse field, (inputs,) for a ``pre`` field, (neurons,) for a ``post`` field.

    Raises
    ------
    ConfigError
        the rule can't run in a layer.
    NativeError
        there is no kernel for the rule, or no compiler.
    ValueError
        a number is below its least.
    """

    def __init__(
        self,
        rule: Rule,
        params: RuleParams,
        inputs: int,
        neurons: int,
        initial: ArrayLike = 0,
        *,
        threads: int = 1,
        flags: tuple[str, ...] = ("-march=native",),
        narrowest: int = 16,
    ) -> None:
        for name, value, least in (
            ("inputs", inputs, 1),
            ("neurons", neurons, 1),
            ("threads", threads, 0),
        ):
            if value < least:
                raise ValueError(f"{name} must be >= {least}, not {value}")
        self.rule, self.params, self.inputs, self.neurons = rule, params, inputs, neurons
        self.kernel = narrowest_fit(rule, narrowest, lambda bits: LayerKernel(rule, params, bits))
        self.names: LayerRule = self.kernel.names
        self.threads = threads or os.cpu_count() or 1
        self._library = compiled(self.kernel.source, flags=flags)
        self._constants = self.kernel.constants.array()
        self._formats, self._inputs = rule.state_formats(params), rule.input_formats(params)
        self.width = -(-neurons // PAD) * PAD
        # A cache line more than the row: with a stride of a power of two the values of a row in all
        # steps would fall into one set of the cache, and evict each other.
        self._row_stride = -(-inputs // PAD) * PAD + PAD
        self._element = np.dtype(f"int{self.kernel.bits}")
        self.load(initial)

    # --- state ------------------------------------------------------------------------------------

    def load(self, weights: ArrayLike) -> None:
        """Write the weights, and restart all other fields at their initial values.

        `weights`: a scalar or shape (inputs, neurons), saturated into their format.
        """
        first = {**self.rule.initial_state(), self.names.weight: weights}
        shapes = self._shapes
        self.state = {
            name: saturated_array(name, first[name], shapes[name], form, np.dtype(np.int64))
            for name, form in self._formats.items()
        }

    @cached_property
    def _shapes(self) -> dict[str, tuple[int, ...]]:
        """Shape of each field."""
        return {
            **dict.fromkeys(self.names.synapse, (self.inputs, self.neurons)),
            **dict.fromkeys(self.names.pre, (self.inputs,)),
            **dict.fromkeys(self.names.post, (self.neurons,)),
        }

    @property
    def state(self) -> dict[str, NDArray[np.int64]]:
        """Every field, a copy as int64; a value outside a field's format can't be assigned."""
        result = {}
        for name, array in self._packed.items():
            if name in self.kernel.biases:
                array = array[:, : self.neurons].astype(np.int64) + self.kernel.biases[name]
            result[name] = array.copy()
        return {name: result[name] for name in self._formats}

    @state.setter
    def state(self, values: Mapping[str, ArrayLike]) -> None:
        if sorted(values) != sorted(self._formats):
            raise TypeError(
                f"the state of '{self.rule.family}' is {sorted(self._formats)}, not"
                f" {sorted(values)}"
            )
        packed: dict[str, NDArray[Any]] = {}
        for name, form in self._formats.items():
            array = integers(name, values[name], self._shapes[name])
            wrong = array[(array < form.lo) | (array > form.hi)]
            if wrong.size:
                raise ValueError(
                    f"{name} must be in [{form.lo}, {form.hi}], not {int(wrong.flat[0])}"
                )
            if name in self.kernel.biases:
                row = np.zeros((self.inputs, self.width), self._element)
                row[:, : self.neurons] = array.astype(np.int64) - self.kernel.biases[name]
                packed[name] = row
            else:
                packed[name] = array.astype(np.int64)
        self._packed = packed

    # --- steps ------------------------------------------------------------------------------------

    def replay(
        self,
        pre_spikes: ArrayLike,
        post_spikes: ArrayLike,
        modulators: Mapping[str, ArrayLike] | None = None,
    ) -> None:
        """Advance all synapses by T steps.

        Parameters
        ----------
        pre_spikes : spikes of the inputs, 0 or 1, shape (T, inputs).
        post_spikes : spikes of the neurons, 0 or 1, shape (T, neurons).
        modulators : the rule's other inputs, each a scalar or shape (T,), saturated into its
            format.

        Raises
        ------
        TypeError
            a value is no integer, or a modulator is missing or unknown.
        ValueError
            an array has another shape.
        """
        pre = self._spikes(self.names.pre_spike, pre_spikes, self.inputs)
        post = self._spikes(self.names.post_spike, post_spikes, self.neurons)
        if len(pre) != len(post):
            raise ValueError(
                f"spikes of both sides must be of equally many steps, not {len(pre)} and"
                f" {len(post)}"
            )
        shared = self.modulator_array(modulators, len(pre))
        per_step = self._element.itemsize * (
            self.kernel.counts[Loop.ROW] * self.inputs
            + self.kernel.counts[Loop.COLUMN] * self.width
        )
        chunk = max(BLOCK, min(len(pre), CHUNK_BYTES // max(1, per_step)) // BLOCK * BLOCK)
        room = self._room(min(chunk, len(pre)))
        with ThreadPoolExecutor(self.threads) as pool:
            for first in range(0, len(pre), chunk):
                part = slice(first, first + chunk)
                self._chunk(pre[part], post[part], shared[part], room, pool.map)

    def _spikes(self, name: str, values: ArrayLike, width: int) -> NDArray[np.uint8]:
        """Spikes as bytes of 0 and 1, shape (T, width), contiguous as the kernel reads them."""
        array = np.asarray(values)
        if array.dtype.kind not in "biu":
            raise TypeError(f"{name} must be integers, not {array.dtype}")
        if array.ndim != 2 or array.shape[1] != width:
            raise ValueError(f"{name} must have shape (steps, {width}), not {array.shape}")
        if array.dtype not in (np.bool_, np.uint8):
            array = array > 0  # saturates into a bit, as every model does
        return np.ascontiguousarray(array).view(np.uint8)

    def modulator_array(
        self, modulators: Mapping[str, ArrayLike] | None, steps: int
    ) -> NDArray[np.int64]:
        """The modulators of some steps as one array of shape (steps, modulators).

        Raises TypeError where one is missing or unknown.
        """
        values = {} if modulators is None else modulators
        if sorted(values) != sorted(self.names.modulators):
            raise TypeError(
                f"a step of this layer takes the modulators {sorted(self.names.modulators)}, not"
                f" {sorted(values)}"
            )
        rows = np.empty((steps, len(values)), np.int64)
        for number, name in enumerate(self.names.modulators):
            rows[:, number] = saturated_array(
                name, values[name], (steps,), self._inputs[name], np.dtype(np.int64)
            )
        return rows

    def _room(self, count: int) -> tuple[NDArray[Any], NDArray[Any], NDArray[Any]]:
        """Arrays for the values of rows, columns and steps in `count` steps.

        Columns beyond the last neuron stay 0, so that the synapses that pad a row are defined.
        """
        counts = self.kernel.counts
        return (
            np.empty((count, max(1, counts[Loop.ROW]), self._row_stride), self._element),
            np.zeros((count, max(1, counts[Loop.COLUMN]), self.width), self._element),
            np.empty((count, max(1, counts[Loop.STEP])), self._element),
        )

    def _chunk(
        self,
        pre: NDArray[Any],
        post: NDArray[Any],
        shared: NDArray[np.int64],
        room: tuple[NDArray[Any], NDArray[Any], NDArray[Any]],
        run: Callable[..., Any],
    ) -> None:
        """Advance all synapses by the steps of a chunk.

        Parameters
        ----------
        pre, post : spikes of the chunk.
        shared : its modulators.
        room : arrays of `_room`, of at least as many steps.
        run : `map` of a pool of threads.
        """
        (row, column, step), count, row_stride = room, len(pre), self._row_stride
        c, library, constants = ctypes.c_int64, self._library, address(self._constants)
        for name, width, stride, spikes, fields, out in (
            ("rows", self.inputs, row_stride, pre, self.names.pre, row),
            ("columns", self.neurons, self.width, post, self.names.post, column),
        ):
            own = pointers([self._packed[field] for field in fields])
            library[name](
                *(c(count), c(width), c(stride)),
                *(address(spikes), address(shared), own, address(out), constants),
            )
        library.steps(c(count), address(shared), address(step), constants)
        fields = pointers([self._packed[name] for name in self.names.synapse])
        share = -(-self.inputs // self.threads)

        def rows(first: int) -> None:
            last = min(first + share, self.inputs)
            library.synapses(
                c(count), c(first), c(last), c(self.width),
                address(row), c(row_stride), address(column), c(self.width), address(step), fields,
                constants,
            )  # fmt: skip

        list(run(rows, range(0, self.inputs, share)))
