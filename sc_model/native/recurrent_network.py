"""A compiled recurrent network: the samples of the golden one, bit for bit, many a second.

The way of a step through the network is C++ in `recurrent_network.h`; what rules, neurons and
readout compute is made from their texts.
"""

from __future__ import annotations

import ctypes
from collections.abc import Mapping
from importlib.resources import files
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from sc_model.arithmetic.learning import GALOIS_TAPS, class_error
from sc_model.arithmetic.recurrent import (
    feedback_signal,
    recurrent_neuron,
    score_leak,
)
from sc_model.golden.recurrent_network import Counts, Integers, RecurrentNetwork
from sc_model.graph import Graph, restrict, trace
from sc_model.native.build import address, pointers
from sc_model.native.compiler import compiled
from sc_model.native.learning_network import function_text, unit_text
from sc_model.rules import resolve
from sc_model.spec import Locality, Rule
from sc_model.spec.learning import RecurrentNetworkSpec
from sc_model.spec.learning.recurrent_network import NOISE_BITS, SETTING


def _ordered(graph: Graph, order: tuple[str, ...]) -> Graph:
    """The graph with its variables in an order."""
    return Graph(
        graph.nodes, {name: graph.variables[name] for name in order}, graph.outputs, graph.lets
    )


def _fields(rule: Rule, locality: Locality) -> list[str]:
    """Names of the rule's fields of a locality; the weight is the first of a synapse's."""
    names = [field.name for field in rule.state if field.locality is locality]
    return sorted(names, key=lambda name: name != "weight")


def _rule_texts(spec: RecurrentNetworkSpec) -> tuple[str, str]:
    """C++ of the recurrent layer's rule: functions of `Of`, and the two that call them."""
    rule, params = resolve(spec.hidden_rule)
    graph = trace(rule, params)
    cells, pres = _fields(rule, Locality.SYNAPSE), _fields(rule, Locality.PRE)
    synapse = restrict(graph, tuple(cells))
    arguments = tuple(synapse.variables)
    text = function_text("synapse", synapse, {name: f"new_{name}" for name in cells})
    values = {
        **{name: f"n->cell[{number}][q]" for number, name in enumerate(cells)},
        **{name: f"s.row[{number}][i]" for number, name in enumerate(pres)},
        "pre_spike": "pre",
        "slope": "slope",
        "signal": "signal",
        "noise": "noise",
        SETTING: "shift",
    }
    calls = [
        "static inline void synapse(const Network *n, const Sample &s, int64_t q, int i,"
        " int32_t pre, int32_t slope, int32_t signal, int32_t shift, int32_t noise) {",
        f"  int32_t {', '.join(f'new_{name}' for name in cells)};",
        f"  Of::synapse({', '.join(values[name] for name in arguments)},"
        f" {', '.join(f'new_{name}' for name in cells)});",
        *(f"  n->cell[{number}][q] = new_{name};" for number, name in enumerate(cells)),
        "}",
        "static inline void traces(Sample &s, int i, int32_t pre) {",
    ]
    if pres:
        row = restrict(graph, tuple(pres))
        text += function_text("row", row, {name: f"new_{name}" for name in pres})
        calls += [
            f"  int32_t {', '.join(f'new_{name}' for name in pres)};",
            f"  Of::row({', '.join(values[name] for name in row.variables)},"
            f" {', '.join(f'new_{name}' for name in pres)});",
            *(f"  s.row[{number}][i] = new_{name};" for number, name in enumerate(pres)),
        ]
    return text, "\n".join([*calls, "}", ""])


def kernel_text(spec: RecurrentNetworkSpec) -> str:
    """The whole kernel of a network."""
    rule, _ = resolve(spec.hidden_rule)
    readout, params = resolve(spec.readout_rule)
    classes = range(spec.readout.neurons)
    numbers = {
        "INPUTS": spec.inputs,
        "NEURONS": spec.hidden.neurons,
        "LANES": spec.hidden.lanes,
        "CLASSES": spec.readout.neurons,
        "NOISE_BITS": NOISE_BITS,
        "TAPS": GALOIS_TAPS,
        "CELLS": len(_fields(rule, Locality.SYNAPSE)),
        "PRES": len(_fields(rule, Locality.PRE)),
        "MOST_DELAY": spec.hidden.max_delay,
    }
    text, calls = _rule_texts(spec)
    out = _ordered(trace(readout, params), ("weight", "trace", "signal", "shift", "noise"))
    weights = tuple(f"weight_{number}" for number in classes)
    errors = tuple(f"error_{number}" for number in classes)
    units = [
        text,
        function_text("readout", out, "weight"),
        unit_text(
            "neuron",
            recurrent_neuron(spec),
            ("potential", "spike", "trace", "current"),
            {"potential": "v", "spike": "fires", "trace": "left", "slope": "bend"},
        ),
        unit_text("leak", score_leak(spec), ("score",), "score"),
        unit_text(
            "error",
            class_error(spec.readout, spec.score_format),
            ("score", "target", "known"),
            "error",
        ),
        unit_text("signal", feedback_signal(spec), (*weights, *errors), "signal"),
    ]
    arguments = [*(f"w[{number}]" for number in classes), *(f"e[{number}]" for number in classes)]
    shared = files("sc_model.native").joinpath("recurrent_network.h").read_text(encoding="utf-8")
    # what the rule's calls read is declared in front of them
    declared, rest = shared.split("static inline int32_t next", 1)
    return "".join(
        [
            "#include <stdint.h>\n#include <string.h>\n",
            *(f"constexpr int {name} = {value};\n" for name, value in numbers.items()),
            f"struct Of {{\n{''.join(units)}}};\n",
            declared,
            calls,
            "static inline int32_t feedback(const int32_t *w, const int32_t *e) {\n"
            f"  return Of::signal({', '.join(arguments)});\n}}\n",
            f"static inline int32_t next{rest}",
        ]
    )


class NativeRecurrentNetwork(RecurrentNetwork):
    """A :class:`~sc_model.golden.recurrent_network.RecurrentNetwork` whose samples are compiled.

    Answers, state and counts are those of the golden network, bit for bit.

    Parameters
    ----------
    spec, weights : as of the golden network.
    flags : options of the compiler beside those of every kernel.

    Raises
    ------
    TypeError, ValueError
        as of the golden network.
    NativeError
        a value does not fit 64 bits, or there is no compiler.
    """

    def __init__(
        self,
        spec: RecurrentNetworkSpec,
        weights: Mapping[str, ArrayLike] | None = None,
        *,
        flags: tuple[str, ...] = ("-march=native",),
    ) -> None:
        super().__init__(spec, weights)
        self._run = compiled(kernel_text(spec), flags=flags).run
        self._cells = _fields(self._rule, Locality.SYNAPSE)

    def run(self, spikes: ArrayLike, targets: ArrayLike | None = None) -> Integers:
        """The answers of S samples; see that of the golden network."""
        spike_array, target_array = self._samples(spikes, targets)
        hidden, out = (self.state[name] for name in (self.spec.hidden.name, self.spec.readout.name))
        control = self.state["control"]
        cells = [np.ascontiguousarray(hidden[name], np.int32) for name in self._cells]
        weights = np.ascontiguousarray(out["weight"], np.int32)
        lfsr = np.array(int(control["lfsr"]), np.int64)
        counts = np.zeros(4, np.int64)
        scores = np.zeros(self.spec.readout.neurons, np.int32)
        arrays: list[Any] = [
            *cells,
            weights,
            *(np.asarray(fields["learn"], np.int64) for fields in (hidden, out)),
            lfsr,
            *(np.asarray(control[name], np.int64) for name in ("hidden_shift", "readout_shift")),
            counts,
            scores,
        ]
        lines = np.ascontiguousarray(spike_array, np.uint8)
        classes = np.ascontiguousarray(target_array, np.int32)
        answers = np.zeros(classes.shape, np.int32)
        samples, steps = classes.shape
        self._run(
            pointers(arrays),
            ctypes.c_int64(samples),
            ctypes.c_int64(steps),
            *(address(array) for array in (lines, classes, answers)),
        )
        for name, array in zip(self._cells, cells, strict=True):
            hidden[name] = array.astype(np.int64)
        out["weight"] = weights.astype(np.int64)
        control["lfsr"] = lfsr
        self.scores = scores.astype(np.int64)
        steps_done, errors, synapses, fired = counts.tolist()
        before = self.counts
        self.counts = Counts(
            before.steps + steps_done,
            before.errors + errors,
            before.synapses + synapses,
            before.spikes + fired,
        )
        return answers.astype(np.int64)
