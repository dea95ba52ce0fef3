"""A compiled network that learns: the samples of the golden one, bit for bit, many a second.

The way of a sample through the layers is C++ in `learning_network.h`; what neurons, errors and
rules compute is made from their texts.
"""

from __future__ import annotations

import ctypes
from collections.abc import Mapping
from importlib.resources import files
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sc_model.arithmetic import Unit
from sc_model.arithmetic.learning import (
    GALOIS_TAPS,
    class_error,
    gated_signal,
    hidden_neuron,
    learning_signal,
    next_age,
    spike_time,
    step_size,
)
from sc_model.golden.arrays import checked
from sc_model.golden.learning_network import Answer, Counts, Integers, LearningNetwork
from sc_model.graph import Graph, NumpyOps, trace, trace_function
from sc_model.native.build import address, pointers
from sc_model.native.compiler import NativeError, compiled
from sc_model.native.scalar import scalar_lines
from sc_model.rules import resolve
from sc_model.spec.learning import LearningNetworkSpec
from sc_model.spec.learning.learning_network import REGISTER_BITS

PAD = 32  # weights of a row are padded to a multiple: a row of 8 bits then fills whole vectors
COUNTED = 3  # counts in front of those of the layers
UNKNOWN = -1  # the target of a sample that nothing is learned from


def function_text(name: str, graph: Graph, outputs: Mapping[str, str] | str) -> str:
    """C++ of a graph.

    Parameters
    ----------
    name : of the function; its parameters are the graph's variables in their order.
    graph : the graph.
    outputs : name of the output that is returned; or, by output, those of references that get it.
    """
    if graph.max_width > 64:
        raise NativeError(
            f"native kernels need every value to fit 64 bits; '{name}' has one of"
            f" {graph.max_width}: use sc_model.golden.learning_network, or narrow its formats."
        )
    arguments = [f"int32_t {variable}" for variable in graph.variables]
    names = (outputs,) if isinstance(outputs, str) else tuple(outputs)
    lines = scalar_lines(
        graph, [graph.outputs[each] for each in names], {name: name for name in graph.variables}
    )
    if isinstance(outputs, str):
        kind, end = "int32_t", [f"return (int32_t)n{graph.outputs[outputs]};"]
    else:
        kind = "void"
        arguments += [f"int32_t &{target}" for target in outputs.values()]
        end = [f"{target} = (int32_t)n{graph.outputs[each]};" for each, target in outputs.items()]
    body = "\n    ".join([*lines, *end])
    return f"  static inline {kind} {name}({', '.join(arguments)}) {{\n    {body}\n  }}\n"


def unit_text(name: str, unit: Unit, order: tuple[str, ...], outputs: dict[str, str] | str) -> str:
    """C++ of a unit, whose parameters come in an order."""
    inputs = {each: unit.inputs[each] for each in order}
    return function_text(name, trace_function(unit.name, inputs, unit.outputs, unit.apply), outputs)


def _padded(spec: LearningNetworkSpec, index: int) -> int:
    """Weights of a row in memory."""
    layer = spec.layers[index]
    return -(-layer.groups * layer.lanes // PAD) * PAD


def _weight(spec: LearningNetworkSpec, index: int) -> np.dtype[Any]:
    """Type of a layer's weights in memory."""
    return np.dtype(np.int8 if spec.layers[index].weight_bits <= 8 else np.int16)


def _layer(spec: LearningNetworkSpec, index: int) -> str:
    """C++ of a layer's sizes and arithmetic."""
    layer = spec.layers[index]
    rule, params = resolve(spec.rule(index))
    size = step_size(spec, index)
    # without a count the shift does not depend on the rows: the parameter is there all the same
    shift = unit_text("size", size, tuple(size.inputs), "shift")
    call = "size(step_shift, count)" if index == 0 else "size(step_shift)"
    order = ("weight", "trace", "signal", "shift", "noise")
    graph = trace(rule, params)
    ordered = Graph(
        graph.nodes, {each: graph.variables[each] for each in order}, graph.outputs, graph.lets
    )
    text = (
        f"template <> struct Of<{index}> {{\n"
        f"  static constexpr int rows = {spec.rows(index)}, neurons = {layer.neurons},"
        f" width = {_padded(spec, index)}, lanes = {layer.lanes}, groups = {layer.groups};\n"
        f"  typedef {_weight(spec, index).name}_t Weight;\n"
        f"{function_text('rule', ordered, 'weight')}{shift}"
        "  static inline int32_t shift(int32_t step_shift, int32_t count) {"
        f" return {call}; }}\n"
    )
    if index == len(spec.hidden):
        error = class_error(spec.output, spec.score_format)
        return text + unit_text("error", error, ("score", "target", "known"), "error") + "};\n"
    hidden, form = spec.hidden[index], spec.trace_format
    units = (
        unit_text(
            "neuron",
            hidden_neuron(hidden, spec.current_format(index)),
            ("potential", "current"),
            {"potential": "v", "spike": "fires", "near": "close"},
        ),
        unit_text(
            "signal",
            learning_signal(hidden, spec.feedback_format(index)),
            ("feedback",),
            "signal",
        ),
        unit_text("age", next_age(hidden, form), ("trace", "age"), "age"),
        unit_text(
            "gated",
            gated_signal(hidden, form, spec.steps),
            ("trace", "near", "age", "signal"),
            "gated",
        ),
    )
    return text + "".join(units) + "};\n"


def kernel_text(spec: LearningNetworkSpec) -> str:
    """The whole kernel of a network."""
    widths = [_padded(spec, index) for index in range(len(spec.layers))]
    numbers = {
        "INPUTS": spec.inputs,
        "BIAS": int(spec.bias),
        "STEPS": spec.steps,
        "HIDDEN": len(spec.hidden),
        "CLASSES": spec.output.neurons,
        "NOISE_BITS": spec.noise_bits,
        "REWARD": int(spec.feedback == "reward"),
        "EXPLORATION": spec.exploration,
        "TAPS": GALOIS_TAPS,
        "REGISTER_BITS": REGISTER_BITS,
    }
    return "".join(
        [
            "#include <stdint.h>\n",
            *(f"constexpr int {name} = {value};\n" for name, value in numbers.items()),
            f"constexpr int most_rows() {{ return {max(*spec.sizes, *widths)}; }}\n",
            f"constexpr int most_width() {{ return {max(widths)}; }}\n",
            "template <int L> struct Of;\n",
            *(_layer(spec, index) for index in range(len(spec.layers))),
            files("sc_model.native").joinpath("learning_network.h").read_text(encoding="utf-8"),
        ]
    )


class NativeLearningNetwork(LearningNetwork):
    """A :class:`~sc_model.golden.learning_network.LearningNetwork` whose samples are compiled.

    Classes, state and counts are those of the golden network, bit for bit. Weights lie in the
    state as narrow integers, which samples change in place: take a :meth:`checkpoint` to keep them.

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
        spec: LearningNetworkSpec,
        weights: Mapping[str, ArrayLike] | None = None,
        *,
        flags: tuple[str, ...] = ("-march=native",),
    ) -> None:
        super().__init__(spec, weights)
        library = compiled(kernel_text(spec), flags=flags)
        self._run, self._answer_one, self._learn_one = (
            library.run,
            library.answer_one,
            library.learn_one,
        )
        library.scratch_size.restype = ctypes.c_int64
        self._scratch = _aligned(library.scratch_size())
        self._scores = np.zeros(_padded(spec, len(spec.hidden)), np.int32)
        values = np.arange(1 << spec.value_bits)
        times = spike_time(spec).apply(NumpyOps(), {"value": values})["time"]
        self._time_of_value = np.ascontiguousarray(times, np.int32)

    # --- state ------------------------------------------------------------------------------------

    def load(self, weights: Mapping[str, ArrayLike]) -> None:
        """Write the weights, by layer, and put all else to its state after a reset."""
        super().load(weights)
        self._pack()

    def restore(self, state: Mapping[str, Mapping[str, ArrayLike]]) -> None:
        """Set the state to that of a checkpoint; raises what that of the golden network does."""
        super().restore(state)
        self._pack()

    def _pack(self) -> None:
        """Put the state into arrays that the kernel works on."""
        for index, layer in enumerate(self.spec.layers):
            fields = self.state[layer.name]
            shape = (self.spec.rows(index), _padded(self.spec, index))
            rows = np.zeros(shape, _weight(self.spec, index))
            rows[:, : layer.neurons] = fields["weight"]
            fields["weight"] = rows[:, : layer.neurons]
            if "age" in fields:
                fields["age"] = np.ascontiguousarray(fields["age"], np.int32)

    @property
    def counts(self) -> Counts:
        """What was done since the last load."""
        names = [layer.name for layer in self.spec.layers]
        samples, errors, rescued, *rest = self._counts.tolist()
        words, events = rest[: len(names)], rest[len(names) :]
        return Counts(
            samples,
            errors,
            dict(zip(names, words, strict=True)),
            dict(zip(names, events, strict=True)),
            rescued,
        )

    @counts.setter
    def counts(self, _: Counts) -> None:
        """Begin to count anew."""
        self._counts = np.zeros(COUNTED + 2 * len(self.spec.layers), np.int64)

    def _network(self) -> Any:
        """The addresses of state and scratch, as C takes them."""
        layers, hidden = self.spec.layers, self.spec.hidden
        control = self.state["control"]
        places = [self.state[layer.name]["weight"] for layer in layers]
        places += [self.state[layer.name]["learn"] for layer in layers]
        places += [self.state[layer.name]["age"] for layer in hidden]
        places += [control["lfsr"], control["step_shift"]]
        self._others_wrong = np.array(int(self.others_wrong))
        places += [self._others_wrong, self._time_of_value, self._counts]
        return pointers([*places, self._scores, self._scratch])

    # --- samples ----------------------------------------------------------------------------------

    def _values(self, values: ArrayLike, samples: tuple[int, ...]) -> NDArray[np.uint16]:
        """Values as C takes them, checked."""
        low, high = self.spec.value_format.lo, self.spec.value_format.hi
        shape = (*samples, self.spec.inputs)
        return np.ascontiguousarray(checked("values", values, shape, low, high), np.uint16)

    def answer(self, values: ArrayLike, *, explore: bool = False) -> Answer:
        """The answer to a sample; see that of the golden network."""
        array, winner = self._values(values, ()), ctypes.c_int()
        played = self._answer_one(
            self._network(), address(array), int(explore), ctypes.byref(winner)
        )
        scores = self._scores[: self.spec.output.neurons].astype(np.int64)
        return Answer(winner.value, int(played), scores)

    def learn(self, label: int, *, right: bool = True, single: bool = False) -> None:
        """Learn from the last answer; see that of the golden network."""
        self._check_label(label)
        self._learn_one(self._network(), int(label), int(right), int(single))

    def run(self, values: ArrayLike, targets: ArrayLike | None = None) -> Integers:
        """The played classes of S samples; see that of the golden network."""
        samples = len(np.asarray(values))
        array = self._values(values, (samples,))
        classes = self.spec.output.neurons
        right = (
            np.full(samples, UNKNOWN, np.int32)
            if targets is None
            else checked("targets", targets, (samples,), 0, classes - 1).astype(np.int32)
        )
        played = np.zeros(samples, np.int32)
        addresses = [address(each) for each in (array, right, played)]
        self._run(self._network(), ctypes.c_int64(samples), *addresses)
        return played.astype(np.int64)


def _aligned(size: int) -> NDArray[np.uint8]:
    """So many bytes, which begin where a vector may begin."""
    spare = np.zeros(size + 64, np.uint8)
    first = -spare.ctypes.data % 64
    return spare[first : first + size]
