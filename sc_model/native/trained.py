"""A tick of a trained layer as C, made from the graphs of its kind's synapse and neuron.

A synapse without state whose product is 0 for the value 0 is computed for the columns that have a
value in this tick, and for no other (*events*). All other synapses are computed in every tick
(*sweep*). Both give the same sums, since integers may be added in any order.

Synapses stand column by column, so that the innermost loop goes over neurons: an event adds the
products of its column to all sums, in vectors. With delays an event adds to the sums of later
ticks, a ring of `max_delay` + 1 rows.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from sc_model.arithmetic import Unit
from sc_model.graph import Graph, trace_function
from sc_model.graph.interval import Interval
from sc_model.graph.nodes import Builder
from sc_model.graph.trace import Expr, TraceOps
from sc_model.layer_kinds import kind_of
from sc_model.native.compiler import NativeError
from sc_model.native.connections import ADD, adding, c_type, further_arrays
from sc_model.native.lowering import KernelBuilder
from sc_model.native.scalar import Constants, scalar_lines
from sc_model.spec import CrossingSpec, TrainedLayerSpec

PAD = 32  # sums are padded to a multiple: rows of 8-bit weights then fill whole vectors

# A tick of the past again, for its values' later effects; nothing but these is computed.
_PAST = """
static void past_{n}(Layer *s, const int32_t *x) {{
  memcpy(s->history + s->now * s->columns, x, (size_t)s->columns * sizeof *x);
  if ({kind}) {{
    for (int64_t c = 0; c < s->columns; c++) if (x[c]) add_{n}(s, c, x[c]);
    memset(({sums} *)s->sums + s->now * s->width, 0, (size_t)s->width * sizeof({sums}));
  }}
  s->now = s->now + 1 == s->rows ? 0 : s->now + 1;
}}
"""


@dataclass(frozen=True)
class TickCode:
    """C of one layer's tick, and the arrays that it works on.

    Members
    -------
    text : functions ``add_<n>`` and ``tick_<n>``.
    constants : what the text takes from the layer's array of constants.
    events : whether only columns with a value are computed.
    sums : type of a sum of products.
    synapse : type of each array of the synapses, by name: parameters, columns of tables, states.
    neuron : type of each array of the neurons, by name: parameters and states.
    synapse_states, neuron_states : names of those that change.
    """

    text: str
    constants: Constants
    events: bool
    sums: np.dtype[Any]
    synapse: dict[str, np.dtype[Any]]
    neuron: dict[str, np.dtype[Any]]
    synapse_states: tuple[str, ...]
    neuron_states: tuple[str, ...]


@dataclass
class _Text:
    """The pieces of a layer's text that depend on how its synapses are computed."""

    add: str = ""
    pieces: dict[str, str] = field(default_factory=dict)


def _graph(unit: Unit, layer: str) -> Graph:
    """The graph of a unit; NativeError where a value of it does not fit 64 bits."""
    graph = trace_function(unit.name, unit.inputs, unit.outputs, unit.apply, nodes=KernelBuilder)
    if graph.max_width > 64:
        raise NativeError(
            f"native kernels need every value to fit 64 bits; layer '{layer}' has one of"
            f" {graph.max_width}: use sc_model.golden.network.network, or narrow its formats."
        )
    return graph


def _is_zero_without_value(unit: Unit) -> bool:
    """Whether the product of a synapse is 0 where its value is, for every parameter."""
    builder = Builder()
    values = {
        name: Expr(
            builder, builder.const(0) if name == "value" else builder.var(name, Interval.of(form))
        )
        for name, form in unit.inputs.items()
    }
    ops = TraceOps(builder)
    product = ops._index(unit.apply(ops, values)["product"])
    return builder.interval(product) == Interval(0, 0)


def _integer(width: int) -> np.dtype[Any]:
    """The least signed type that holds signed numbers of so many bits."""
    return np.dtype(next(f"int{bits}" for bits in (8, 16, 32, 64) if width <= bits))


def _signed_width(form: Any) -> int:
    return int(form.width) + (not form.signed)


def tick_code(
    number: int, spec: TrainedLayerSpec, crossing: CrossingSpec, tick_ms: float
) -> TickCode:
    """The code of a layer.

    Parameters
    ----------
    number : of the layer in its network, for the names of functions.
    spec, crossing, tick_ms : as of `sc_model.golden.trained.layer.TrainedLayer`.

    Raises
    ------
    NativeError
        a value of the layer does not fit 64 bits.
    """
    kind = kind_of(spec)
    synapse, neuron = kind.synapse(spec, crossing.value, tick_ms), kind.neuron(spec, crossing.value)
    synapse_graph, neuron_graph = _graph(synapse.unit, spec.name), _graph(neuron, spec.name)
    sum_width = spec.current_format(crossing.value).width
    if sum_width > 64:
        raise NativeError(
            f"native kernels need sums of 64 bits at most, layer '{spec.name}' has {sum_width}:"
            " use sc_model.golden.network.network, or narrow its weights."
        )
    sums = np.dtype(np.int32 if sum_width <= 32 else np.int64)
    events = not synapse.unit.state and _is_zero_without_value(synapse.unit)
    formats = {name: form for name, form in synapse.unit.inputs.items() if name != "value"}
    synapse_types = {name: _integer(_signed_width(form)) for name, form in formats.items()}
    neuron_types = {
        name: _integer(max(32, _signed_width(form)))
        for name, form in neuron.inputs.items()
        if name not in ("current", "fired", "cleared")
    }
    constants = Constants()
    text = (_events if events else _sweep)(
        number, spec, crossing, synapse_graph, synapse_types, sums, constants
    )
    add = text.add
    synapse_count = len(constants.values)
    tick = _tick(number, spec, neuron, neuron_graph, neuron_types, sums, constants, text)
    declared = constants.declarations
    past = _PAST.format(n=number, kind=int(events), sums=c_type(sums))
    add = add.replace("/*constants*/", declared if synapse_count else "")
    tick = tick.replace("/*constants*/", declared)
    return TickCode(
        add + tick + past,
        constants,
        events,
        sums,
        synapse_types | further_arrays(spec),
        neuron_types,
        tuple(synapse.unit.state),
        tuple(neuron.state),
    )


def _events(
    number: int,
    spec: TrainedLayerSpec,
    crossing: CrossingSpec,
    graph: Graph,
    types: dict[str, np.dtype[Any]],
    sums: np.dtype[Any],
    constants: Constants,
) -> _Text:
    """A column's products, added to all sums where its value is not 0."""
    add = adding(number, spec, crossing.value, graph, types, sums, constants)
    delayed, kernel = spec.max_delay > 0, spec.CONNECTIVITY == "kernel"
    call = f"add_{number}(s, c, {{value}});"
    pieces = {
        "start": (
            "" if delayed else f"memset(s->sums, 0, (size_t)s->width * sizeof({c_type(sums)}));"
        ),
        "inputs": (
            # columns with a value, without a branch that would be predicted wrong at each of them
            "int64_t count = 0; for (int64_t c = 0; c < s->inputs; c++) { present[c] = x[c];"
            " s->active[count] = (int32_t)c; count += x[c] != 0; }"
            " for (int64_t k = 0; k < count; k++) { const int64_t c = s->active[k];"
            f" {call.format(value='x[c]')} }}"
        ),
        "recurrent": (
            "for (int64_t k = 0, c = s->inputs; k < s->neurons; k++, c++) { present[c] ="
            f" s->fired[k]; if (s->fired[k]) {call.format(value='1')} }}"
        ),
        "bias": (
            f"{{ const int64_t c = s->columns - 1; present[c] = 1; {call.format(value='1')} }}"
        ),
        "before": f"arrange_{number}(s);" if kernel else "",
        "row": "s->width" if kernel else "s->now * s->width" if delayed else "0",
        "end": (
            "memset((void *)current, 0, (size_t)s->width * sizeof(*current));"
            " s->now = s->now + 1 == s->rows ? 0 : s->now + 1;"
            if delayed
            else ""
        ),
    }
    return _Text(add, pieces)


def _sweep(
    number: int,
    spec: TrainedLayerSpec,
    crossing: CrossingSpec,
    graph: Graph,
    types: dict[str, np.dtype[Any]],
    sums: np.dtype[Any],
    constants: Constants,
) -> _Text:
    """All synapses of a column: the next state and the product of each."""
    variables = {"value": "v"}
    pointers = []
    states = [name for name in graph.outputs if name != "product"]
    for place, (name, dtype) in enumerate(types.items()):
        pointers.append(
            f"{'' if name in states else 'const '}{c_type(dtype)} *restrict a{place} ="
            f" ({c_type(dtype)} *)s->synapse[{place}] + c * s->width;"
        )
        variables[name] = f"a{place}[j]"
    head = [f"{c_type(sums)} *restrict sums = ({c_type(sums)} *)s->sums;"]
    before: list[str] = []
    if spec.max_delay:
        head.append(
            f"const int64_t *restrict delay = (int64_t *)s->synapse[{len(types)}] + c * s->width;"
        )
        before.append(
            "int64_t row = s->now - delay[j]; row += row < 0 ? s->rows : 0;"
            " const int32_t v = s->history[row * s->columns + c];"
        )
    lines = scalar_lines(graph, graph.outputs.values(), variables, "p", constants)
    places = {name: place for place, name in enumerate(types)}
    after = [
        f"a{places[name]}[j] = ({c_type(types[name])})p{graph.outputs[name]};" for name in states
    ]
    after.append(f"sums[j] += ({c_type(sums)})p{graph.outputs['product']};")
    add = ADD.format(
        n=number,
        pointers="\n  ".join([*pointers, *head]),
        lines="\n    ".join([*before, *lines, *after]),
    ).replace("int64_t v)", "int64_t given)" if spec.max_delay else "int64_t v)")
    pieces = {
        "start": f"memset(s->sums, 0, (size_t)s->width * sizeof({c_type(sums)}));",
        "inputs": "for (int64_t c = 0; c < s->inputs; c++) present[c] = x[c];",
        "recurrent": (
            "for (int64_t k = 0; k < s->neurons; k++) present[s->inputs + k] = s->fired[k];"
        ),
        "bias": "present[s->columns - 1] = 1;",
        "all": f"for (int64_t c = 0; c < s->columns; c++) add_{number}(s, c, present[c]);",
        "row": "0",
        "end": ("s->now = s->now + 1 == s->rows ? 0 : s->now + 1;" if spec.max_delay else ""),
    }
    return _Text(add, pieces)


def _tick(
    number: int,
    spec: TrainedLayerSpec,
    unit: Unit,
    graph: Graph,
    types: dict[str, np.dtype[Any]],
    sums: np.dtype[Any],
    constants: Constants,
    text: _Text,
) -> str:
    """Columns, sums, and the neurons' next states."""
    variables = {"current": "current[j]", "fired": "fired[j]", "cleared": "0"}
    pointers = []
    for place, (name, dtype) in enumerate(types.items()):
        pointers.append(
            f"{c_type(dtype)} *restrict b{place} = ({c_type(dtype)} *)s->neuron[{place}];"
        )
        variables[name] = f"b{place}[j]"
    outputs = {name: graph.outputs[name] for name in (*unit.state, "ready")}
    lines = scalar_lines(graph, outputs.values(), variables, "n", constants)
    places = {name: place for place, name in enumerate(types)}
    stores = [
        f"b{places[name]}[j] = ({c_type(types[name])})n{index};"
        for name, index in outputs.items()
        if name != "ready"
    ]
    pieces = text.pieces
    return (
        "\n  ".join(
            [
                f"static void tick_{number}(Layer *s, const int32_t *x) {{",
                "const int64_t *constants = s->constants;",
                "/*constants*/",
                pieces["start"],
                "int32_t *present = s->history + s->now * s->columns;",
                pieces["inputs"],
                pieces["recurrent"] if spec.recurrent else "",
                pieces["bias"] if spec.bias_column else "",
                pieces.get("all", ""),
                pieces.get("before", ""),
                f"{c_type(sums)} *restrict current = ({c_type(sums)} *)s->sums + {pieces['row']};",
                *pointers,
                "uint8_t *restrict fired = s->fired;",
                "for (int64_t j = 0; j < s->neurons; j++) {",
                *(f"  {line}" for line in lines),
                *(f"  {line}" for line in stores),
                f"  fired[j] = (uint8_t)n{outputs['ready']};",
                "}",
                pieces["end"],
            ]
        )
        + "\n}\n"
    )
