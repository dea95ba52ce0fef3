"""A compiled network: the words of the golden one, layers of every kind, at the machine's speed."""

from __future__ import annotations

import ctypes
import os
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sc_model.golden.arrays import integers
from sc_model.golden.network.network import Network, readout_of
from sc_model.golden.readout import Answers, Readout, answers
from sc_model.golden.trained.layer import past_form
from sc_model.native.build import address
from sc_model.native.compiler import compiled
from sc_model.native.connections import arrays_of_synapses, c_type, rows_of_sums
from sc_model.native.plastic import NativeLayer
from sc_model.native.trained import PAD, TickCode, tick_code
from sc_model.rules import resolve_in_network
from sc_model.spec import PLASTIC, NetworkSpec

POLICIES = ("hold", "accumulate", "once")
_TEXT = """
#include <stdint.h>
#include <string.h>
#define restrict __restrict__

// Sizes first, then arrays; `_Layer` of sc_model.native.network has the same members.
struct Layer {
  int64_t inputs, neurons, columns, width, rows, interval, policy, most;
  int64_t now, lost;
  const int64_t *constants;
  void **synapse, **neuron;
  void *sums;
  int32_t *history, *pending, *values, *active;
  uint8_t *fired;
};

static void put(Layer *s, const uint8_t *word) {
  for (int64_t c = 0; c < s->inputs; c++) {
    const int32_t total = s->policy == 0 ? word[c] : s->pending[c] + word[c];
    const int32_t excess = s->policy == 2 && total > s->most ? total - (int32_t)s->most : 0;
    s->pending[c] = total - excess;
    s->lost += excess;
  }
}

static const int32_t *take(Layer *s) {
  if (s->policy == 0) return s->pending;
  for (int64_t c = 0; c < s->inputs; c++) {
    const int32_t waiting = s->pending[c];
    s->values[c] = s->policy == 1 || waiting < 1 ? waiting : 1;
    s->pending[c] = waiting - s->values[c];
  }
  return s->values;
}
"""
_RUN = """
// Steps first + 1 to first + count; y gets the last layer's word after each step, `words` the word
// of each layer after each of its ticks, `potentials` the last layer's potentials after each step.
extern "C" void run(int64_t first, int64_t count, const uint8_t *x, uint8_t *y, uint8_t **words,
                    int64_t *potentials, Layer **layers) {{
  for (int64_t t = 0; t < count; t++) {{
    const int64_t step = first + t + 1;
    const uint8_t *word = x + t * layers[0]->inputs;
    bool has_word = true;
    {layers}
    memcpy(y + t * layers[{last}]->neurons, word, (size_t)layers[{last}]->neurons);
    {potentials}
  }}
}}
"""
_POTENTIALS = """if (potentials) for (int64_t j = 0; j < layers[{n}]->neurons; j++)
      potentials[t * layers[{n}]->neurons + j] = (({type} *)layers[{n}]->neuron[{place}])[j];"""
_REPLAY = """
// Values of the columns in the last ticks of a layer, x[count][columns], the oldest first.
extern "C" void replay(int64_t layer, int64_t count, const int32_t *x, Layer **layers) {{
  for (int64_t t = 0; t < count; t++) switch (layer) {{ {cases} }}
}}
"""
_CASE = "case {n}: past_{n}(layers[{n}], x + t * layers[{n}]->columns); break; "
_LAYER = """{{ Layer *s = layers[{n}];
      if (has_word) put(s, word);
      has_word = step % s->interval == 0;
      if (has_word) tick_{n}(s, take(s));
      if (has_word && words[{n}]) memcpy(words[{n}] + t * s->neurons, s->fired, s->neurons);
      word = s->fired; }}
    """


class _Layer(ctypes.Structure):
    """`Layer` of the C text."""

    _fields_ = [
        *(
            (name, ctypes.c_int64)
            for name in (
                "inputs",
                "neurons",
                "columns",
                "width",
                "rows",
                "interval",
                "policy",
                "most",
                "now",
                "lost",
            )
        ),
        *(
            (name, ctypes.c_void_p)
            for name in (
                "constants",
                "synapse",
                "neuron",
                "sums",
                "history",
                "pending",
                "values",
                "active",
                "fired",
            )
        ),
    ]


@dataclass
class _Run:
    """Everything that changes in a run: one for each run that goes on at the same time.

    Members
    -------
    layers : the structures that C works on.
    arrays : the arrays behind their addresses, by layer and name.
    pointers : their addresses as C takes them, which have to be kept.
    steps : steps since the reset.
    last_word : last word of the last trained layer, where samples end; None before the first step.
    """

    layers: list[_Layer]
    arrays: list[dict[str, NDArray[Any]]]
    pointers: list[Any]
    steps: int = 0
    last_word: NDArray[np.uint8] | None = None


def _for_each(work: Callable[[int], None], count: int, threads: int | None) -> None:
    """Do a piece of work for the numbers below `count`, so many at a time."""
    with ThreadPoolExecutor(threads or os.cpu_count() or 1) as pool:
        for _ in pool.map(work, range(count)):
            pass


class NativeNetwork:
    """A :class:`~sc_model.golden.network.network.Network` whose steps are compiled.

    Words, states and lost spikes are those of the golden network, bit for bit. A layer of synapses
    without state costs time in proportion to the spikes that it takes in (see
    `sc_model.native.trained`).

    Parameters
    ----------
    spec, parameters : as of the golden network.
    flags : options of the compiler beside those of every kernel.

    Members
    -------
    codes : the C of each layer, in order.
    plastic : the compiled plastic layer behind the last trained one, or None.
    steps : steps since the last reset.
    readout : the scores of the last layer's neurons since the last reset; None without a readout.

    Raises
    ------
    TypeError, ValueError
        a parameter of unknown name, or of wrong kind, shape or range.
    NativeError
        a value does not fit 64 bits, or there is no compiler.
    """

    def __init__(
        self,
        spec: NetworkSpec,
        parameters: Mapping[str, ArrayLike] | None = None,
        *,
        flags: tuple[str, ...] = ("-march=native",),
    ) -> None:
        self.spec = spec
        golden = Network(spec, parameters)  # checks the parameters, and expands their tables
        self.codes: list[TickCode] = [
            tick_code(index, layer, spec.crossing(index), spec.tick_ms)
            for index, layer in enumerate(spec.layers)
        ]
        text = _TEXT + "".join(code.text for code in self.codes)
        steps = "".join(_LAYER.format(n=number) for number in range(len(self.codes)))
        last, neuron = len(self.codes) - 1, self.codes[-1].neuron
        # what a plug-in's neuron without a potential integrates has no name, so it has no readout
        self._has_potential = "potential" in self.codes[-1].neuron_states
        text += _RUN.format(
            layers=steps,
            last=last,
            potentials=_POTENTIALS.format(
                n=last, type=c_type(neuron["potential"]), place=list(neuron).index("potential")
            )
            if self._has_potential
            else "",
        )
        cases = "".join(_CASE.format(n=number) for number in range(len(self.codes)))
        library = compiled(text + _REPLAY.format(cases=cases), flags=flags)
        self._run, self._replay = library.run, library.replay
        self._fixed = [self._parameters(index, golden) for index in range(len(self.codes))]
        self.plastic: NativeLayer | None = None
        self.readout: Readout | None = None
        if spec.readout is not None:
            self.readout = Readout(spec.readout, spec.layers[-1].neurons)
        if spec.plastic is not None:
            rule, params = resolve_in_network(spec.plastic.rule)
            weight = (parameters or {}).get(f"{PLASTIC}.weight")
            plastic = spec.plastic
            self.plastic = NativeLayer(
                rule, params, plastic.layer, plastic.neuron, weight, flags=flags
            )
            self._initial = self.plastic.checkpoint()
        self.reset()

    @property
    def n_inputs(self) -> int:
        """Channels of the network's input."""
        return self.spec.layers[0].inputs

    @property
    def n_outputs(self) -> int:
        """Neurons of the last layer."""
        if self.spec.plastic is not None:
            return self.spec.plastic.layer.neurons
        return self.spec.layers[-1].neurons

    @property
    def steps(self) -> int:
        """Steps since the last reset."""
        return self._own.steps

    # --- arrays -----------------------------------------------------------------------------------

    def _width(self, index: int) -> int:
        return -(-self.spec.layers[index].neurons // PAD) * PAD

    def _parameters(self, index: int, golden: Network) -> dict[str, NDArray[Any]]:
        """The arrays of a layer that no step changes, as C wants them."""
        spec, code = self.spec.layers[index], self.codes[index]
        layer, width = golden.layers[spec.name], self._width(index)
        fixed = {
            name: dtype for name, dtype in code.synapse.items() if name not in code.synapse_states
        }
        synapse = arrays_of_synapses(layer, fixed, width)
        neuron = {
            name: np.ascontiguousarray(layer.neuron_constants[name], dtype)
            for name, dtype in code.neuron.items()
            if name not in code.neuron_states
        }
        return {**synapse, **neuron, "constants": code.constants.array()}

    def _started(self) -> _Run:
        """Working memory in the state after a reset."""
        layers, arrays, pointers = [], [], []
        for index, (spec, code) in enumerate(zip(self.spec.layers, self.codes, strict=True)):
            width, rows = self._width(index), spec.max_delay + 1
            own: dict[str, NDArray[Any]] = {
                name: np.zeros((spec.columns, width), code.synapse[name])
                for name in code.synapse_states
            }
            own |= {name: np.zeros(spec.neurons, code.neuron[name]) for name in code.neuron_states}
            own |= {
                "sums": np.zeros((rows_of_sums(spec) if code.events else 1, width), code.sums),
                "history": np.zeros((rows, spec.columns), np.int32),
                "pending": np.zeros(spec.inputs, np.int32),
                "values": np.zeros(spec.inputs, np.int32),
                "active": np.zeros(spec.inputs + 1, np.int32),
                "fired": np.zeros(spec.neurons, np.uint8),
            }
            layer, addresses = self._structure(index, own)
            layers.append(layer)
            arrays.append(own)
            pointers.append(addresses)
        return _Run(layers, arrays, pointers)

    def _structure(self, index: int, own: dict[str, NDArray[Any]]) -> tuple[_Layer, Any]:
        """A layer's structure for C, and what must live as long as it."""
        spec, code, fixed = self.spec.layers[index], self.codes[index], self._fixed[index]
        everything = {**fixed, **own}
        synapse = (ctypes.c_void_p * len(code.synapse))(
            *(everything[name].ctypes.data for name in code.synapse)
        )
        neuron = (ctypes.c_void_p * max(1, len(code.neuron)))(
            *(everything[name].ctypes.data for name in code.neuron)
        )
        layer = _Layer(
            inputs=spec.inputs,
            neurons=spec.neurons,
            columns=spec.columns,
            width=self._width(index),
            rows=spec.max_delay + 1,
            interval=spec.tick_interval,
            policy=POLICIES.index(spec.policy),
            most=(1 << spec.pending_bits) - 1,
            synapse=ctypes.cast(synapse, ctypes.c_void_p),
            neuron=ctypes.cast(neuron, ctypes.c_void_p),
            **{
                name: everything[name].ctypes.data
                for name in (
                    "constants",
                    "sums",
                    "history",
                    "pending",
                    "values",
                    "active",
                    "fired",
                )
            },
        )
        return layer, (synapse, neuron)

    def _call(
        self,
        run: _Run,
        x: NDArray[np.uint8],
        words: Sequence[NDArray[np.uint8]] = (),
        potentials: NDArray[np.int64] | None = None,
    ) -> NDArray[np.uint8]:
        """Advance a run by the steps of x, (T, inputs); the last trained layer's words.

        `words`, (T, neurons) for each layer, get each layer's word in the steps in which it ticks;
        `potentials`, (T, neurons), the last layer's potentials after each step.
        """
        period = self.spec.sample_steps
        if not period:
            return self._advance(run, x, words, potentials)
        y = np.empty((len(x), self.spec.layers[-1].neurons), np.uint8)
        begin = 0
        while begin < len(x):
            position = run.steps % period
            some = slice(begin, min(len(x), begin + period - position))
            traced = None if potentials is None else potentials[some]
            y[some] = self._advance(run, x[some], [each[some] for each in words], traced)
            # up to the first tick of a sample the word of the one before stays
            silent = max(0, self.spec.layers[-1].tick_interval - 1 - position)
            y[begin : min(begin + silent, some.stop)] = (
                0 if run.last_word is None else run.last_word
            )
            run.last_word = y[some.stop - 1].copy()
            if run.steps % period == 0:
                anew = self._started()
                run.layers, run.arrays, run.pointers = anew.layers, anew.arrays, anew.pointers
            begin = some.stop
        return y

    def _advance(
        self,
        run: _Run,
        x: NDArray[np.uint8],
        words: Sequence[NDArray[np.uint8]],
        potentials: NDArray[np.int64] | None,
    ) -> NDArray[np.uint8]:
        """Advance a run within a sample; see `_call`."""
        y = np.empty((len(x), self.spec.layers[-1].neurons), np.uint8)
        size = len(run.layers)
        table = (ctypes.c_void_p * size)(*map(ctypes.addressof, run.layers))
        each = (ctypes.c_void_p * size)(*(array.ctypes.data for array in words))
        first, count = ctypes.c_int64(run.steps), ctypes.c_int64(len(x))
        traced = None if potentials is None else address(potentials)
        self._run(first, count, address(x), address(y), each, traced, table)
        run.steps += len(x)
        return y

    # --- steps ------------------------------------------------------------------------------------

    def reset(self) -> None:
        """Reset all state, and the plastic layer's weights to the initial ones; parameters stay."""
        self._own = self._started()
        self._last = np.zeros(self.n_outputs, np.uint8)
        if self.readout is not None:
            self.readout.reset()
        if self.plastic is not None:
            self.plastic.restore(self._initial)

    def step(self, x: ArrayLike, teach: Mapping[str, int] | None = None) -> NDArray[np.uint8]:
        """Compute one step; see :meth:`sc_model.golden.network.network.Network.step`."""
        (word,) = self.run(np.asarray(x)[None], dict(teach or {}))
        return np.asarray(word, np.uint8)

    def run(
        self, inputs: ArrayLike, teach: Mapping[str, ArrayLike] | None = None
    ) -> NDArray[np.uint8]:
        """Compute T steps, and return the last word of the output after each, (T, neurons).

        Parameters
        ----------
        inputs : (T, inputs), 0s and 1s.
        teach : as for `step`, scalars or (T,) by name.
        """
        x = self._spikes(inputs, 2)
        first = self.steps
        words = self._read_out(x) if self.readout is not None else self._call(self._own, x)
        if self.plastic is not None:
            words = self._plastic_words(words, first, teach)
        if len(words):
            self._last = words[-1].copy()
        return words

    def _read_out(self, x: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """Advance by the steps of x, and the readout by the ticks of the last layer in them."""
        interval, first = self.spec.layers[-1].tick_interval, self.steps
        potentials = np.zeros((len(x), self.spec.layers[-1].neurons), np.int64)
        words = self._call(self._own, x, potentials=potentials if self._has_potential else None)
        for place in range((-first - 1) % interval, len(x), interval):
            if self.readout is not None:
                if self.spec.in_sample(first + place + 1 - interval) == 0:
                    self.readout.reset()
                self.readout.step(words[place], potentials[place])
        return words

    def run_batch(self, inputs: ArrayLike, threads: int | None = None) -> NDArray[np.uint8]:
        """Run samples, each from a reset, and return their words, (B, T, neurons).

        The network's own state is left as it is.

        Parameters
        ----------
        inputs : (B, T, inputs), 0s and 1s.
        threads : samples at a time; by default one for each processor.

        Raises
        ------
        ValueError
            the network has a plastic layer, whose samples depend on those before them.
        """
        if self.plastic is not None:
            raise ValueError(
                "run_batch needs a network without a plastic layer, whose samples depend on those"
                " before them; use run."
            )
        x = self._spikes(inputs, 3)
        outputs = np.empty((*x.shape[:2], self.n_outputs), np.uint8)

        def sample(number: int) -> None:
            outputs[number] = self._call(self._started(), x[number])

        _for_each(sample, len(x), threads)
        return outputs

    def run_layers(self, inputs: ArrayLike, threads: int | None = None) -> list[NDArray[np.uint8]]:
        """Run samples, each from a reset; the words of all trained layers, (B, T, neurons) each.

        A layer's word is 0 in steps in which it does not tick. The network's own state is left as
        it is; a plastic layer does not run. Parameters are those of `run_batch`.
        """
        x = self._spikes(inputs, 3)
        words = [np.zeros((*x.shape[:2], layer.neurons), np.uint8) for layer in self.spec.layers]

        def sample(number: int) -> None:
            self._call(self._started(), x[number], [each[number] for each in words])

        _for_each(sample, len(x), threads)
        return words

    def answers(self, samples: ArrayLike, threads: int | None = None) -> Answers:
        """Run samples, each from a reset, and answer them as the network's readout says.

        The network's own state is left as it is. Parameters are those of `run_batch`; answers and
        errors those of :meth:`sc_model.golden.network.network.Network.answers`.
        """
        readout = readout_of(self.spec)
        words, potentials = self.run_last(samples, threads)
        interval = self.spec.layers[-1].tick_interval
        # where a sample is longer than the network's own, what has been seen of its last part
        period = self.spec.sample_steps or max(1, words.shape[1])
        begin = max(0, words.shape[1] - 1) // period * period
        ticks = slice(begin + interval - 1, None, interval)
        return answers(readout, words[:, ticks], potentials[:, ticks])

    def run_last(
        self, samples: ArrayLike, threads: int | None = None
    ) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
        """Run samples, each from a reset; words and potentials of the last trained layer.

        Both are (B, T, neurons), those after each step; potentials are 0 for neurons of a kind
        that has none. Parameters are those of `run_batch`.
        """
        x = self._spikes(samples, 3)
        words = np.zeros((*x.shape[:2], self.spec.layers[-1].neurons), np.uint8)
        potentials = np.zeros(words.shape, np.int64)

        def sample(number: int) -> None:
            traced = potentials[number] if self._has_potential else None
            words[number] = self._call(self._started(), x[number], potentials=traced)

        _for_each(sample, len(x), threads)
        return words, potentials

    def _spikes(self, inputs: ArrayLike, dimensions: int) -> NDArray[np.uint8]:
        """The stimulus as bytes; TypeError or ValueError for one of another kind or shape."""
        array = np.asarray(inputs)
        axes = ("T, ", "B, T, ")[dimensions - 2]
        if array.ndim != dimensions or array.shape[-1] != self.n_inputs:
            raise ValueError(f"inputs must have shape ({axes}{self.n_inputs}), not {array.shape}.")
        if array.dtype == np.bool_:
            array = array.view(np.uint8)
        elif array.dtype != np.uint8:
            array = integers("inputs", array, array.shape)
        if array.size and (array.min() < 0 or array.max() > 1):
            wrong = array[(array != 0) & (array != 1)].flat[0]
            raise ValueError(f"inputs must hold spikes, 0 or 1, not {wrong}.")
        return np.ascontiguousarray(array, np.uint8)

    def _plastic_words(
        self, words: NDArray[np.uint8], first: int, teach: Mapping[str, ArrayLike] | None
    ) -> NDArray[np.uint8]:
        """The plastic layer's words: a step for each tick of the last trained layer."""
        plastic = self.plastic
        if plastic is None:
            return words
        rows = {
            name: integers(name, values, (len(words),)) for name, values in (teach or {}).items()
        }
        interval = self.spec.layers[-1].tick_interval
        ticks = np.flatnonzero((first + 1 + np.arange(len(words))) % interval == 0)
        modulators = {name: rows.pop(name)[ticks] for name in plastic.names.taken if name in rows}
        flags = {name: row[ticks] != 0 for name, row in rows.items()}
        outputs = np.empty((len(words), self.n_outputs), np.uint8)
        if len(ticks):
            words_out = plastic.run(words[ticks], modulators, **flags).view(np.uint8)
        outputs[: ticks[0] if len(ticks) else len(words)] = self._last
        for place, tick in enumerate(ticks):
            end = ticks[place + 1] if place + 1 < len(ticks) else len(words)
            outputs[tick:end] = words_out[place]
        return outputs

    # --- state ------------------------------------------------------------------------------------

    def state(self) -> dict[str, dict[str, NDArray[Any]]]:
        """A copy of each trained layer's state, as `TrainedLayer.state`, with its crossing's.

        ``pending`` are the crossing's waiting spikes, ``lost`` those that were lost.
        """
        result = {}
        for index, spec in enumerate(self.spec.layers):
            own, layer, code = self._own.arrays[index], self._own.layers[index], self.codes[index]
            state: dict[str, NDArray[Any]] = {
                name: own[name][:, : spec.neurons].T.astype(np.int64)
                for name in code.synapse_states
            }
            # row `now` is that of the next tick; the one before it is the latest
            ages, rows = np.arange(spec.max_delay), spec.max_delay + 1
            if spec.past == "history":
                past = own["history"][(layer.now - 1 - ages) % rows]
                state["history"] = past.T.astype(np.int64)
            elif spec.past == "arriving":
                sums = own["sums"][(layer.now + ages) % rows, : spec.neurons]
                state["arriving"] = sums.T.astype(np.int64)
            state["fired"] = own["fired"].astype(np.int64)
            state |= {name: own[name].astype(np.int64) for name in code.neuron_states}
            state["pending"] = own["pending"].astype(np.int64)
            state["lost"] = np.array(layer.lost, np.int64)
            result[spec.name] = state
        return result

    def restore(self, state: Mapping[str, Mapping[str, ArrayLike]], steps: int) -> None:
        """Go on from a state of this network or of an equal one, `steps` steps after its reset.

        Parameters
        ----------
        state : as :meth:`state` returns it, of the trained layers; the plastic layer is restored by
            itself.
        steps : number of steps since the reset, >= 0; it decides which layers tick next.

        Raises
        ------
        ValueError
            the past of a layer with delays is in a form that its engine can't go on from; see
            :func:`sc_model.golden.trained.layer.past_form`.
        """
        run = self._started()
        run.steps = steps
        table = (ctypes.c_void_p * len(run.layers))(*map(ctypes.addressof, run.layers))
        for index, spec in enumerate(self.spec.layers):
            own, code, values = run.arrays[index], self.codes[index], state[spec.name]
            for name in code.synapse_states:
                own[name][:, : spec.neurons] = np.asarray(values[name]).T
            for name in ("fired", "pending", *code.neuron_states):
                own[name][:] = np.asarray(values[name])
            run.layers[index].lost = int(np.asarray(values["lost"]))
            form = past_form(spec, values)
            if form == "arriving":
                own["sums"][: spec.max_delay, : spec.neurons] = np.asarray(values["arriving"]).T
            elif form == "history":
                past = np.asarray(values["history"], np.int32).T[::-1]  # the oldest first
                rows = np.ascontiguousarray(past)
                count = ctypes.c_int64(len(rows))
                self._replay(ctypes.c_int64(index), count, address(rows), table)
        run.last_word = run.arrays[-1]["fired"].copy()
        self._own = run
        self._last = run.arrays[-1]["fired"].copy()
        if self.plastic is not None:
            self._last = np.asarray(self.plastic.state["neuron"]["fired"], np.uint8)
