"""C that adds the products of one column to the sums of its neurons, for each way to connect them.

* all neurons: a row of weights, in vectors;
* a fan-out list: weight and neuron of each entry;
* a kernel: its weights, at each place that the column's input reaches. Sums lie place by place
  there, a channel beside the other, so that the innermost loop goes over channels; `arrange` brings
  them into the order of the neurons.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from sc_model.golden.trained.layer import TrainedLayer
from sc_model.graph import Graph
from sc_model.native.scalar import Constants, scalar_lines
from sc_model.spec import ConvSpec, IntFormat, TrainedLayerSpec

ADD = """
static inline void add_{n}(Layer *s, int64_t c, int64_t v) {{
  const int64_t *constants = s->constants;
  /*constants*/
  {pointers}
  for (int64_t j = 0; j < s->width; j++) {{
    {lines}
  }}
}}
"""

_LIST = """
static inline void add_{n}(Layer *s, int64_t c, int64_t v) {{
  const int64_t *constants = s->constants;
  /*constants*/
  const int64_t *start = (int64_t *)s->synapse[{start}];
  const int32_t *target = (int32_t *)s->synapse[{target}];
  {pointers}
  for (int64_t e = start[c]; e < start[c + 1]; e++) {{
    const int64_t j = target[e];
    {lines}
  }}
}}
"""

# The numbers of `_geometry`, in its order. An input lies in a window of the pool, and that is at
# place p of the kernel for the output y with y * stride + p = window + padding.
_KERNEL = """
static inline void add_{n}(Layer *s, int64_t c, int64_t v) {{
  const int64_t *constants = s->constants;
  /*constants*/
  const int64_t *g = (int64_t *)s->synapse[{geometry}];
  const int64_t channel = c / (g[1] * g[2]), row = c / g[2] % g[1], column = c % g[2];
  const int64_t y = row / g[3], x = column / g[4];
  if (y >= g[5] || x >= g[6]) return;
  const int64_t group = channel / g[7], first = group * g[8];
  {pointers}
  for (int64_t p = 0; p < g[9]; p++) {{
    const int64_t high = y + g[13] - p;
    if (high < 0 || high % g[11] || high / g[11] >= g[15]) continue;
    for (int64_t q = 0; q < g[10]; q++) {{
      const int64_t wide = x + g[14] - q;
      if (wide < 0 || wide % g[12] || wide / g[12] >= g[16]) continue;
      const int64_t w = ((channel * g[9] + p) * g[10] + q) * g[8];
      const int64_t place = (high / g[11] * g[16] + wide / g[12]) * g[0] + first;
      for (int64_t k = 0; k < g[8]; k++) {{
        {lines}
      }}
    }}
  }}
}}

static void arrange_{n}(Layer *s) {{
  const int64_t *g = (int64_t *)s->synapse[{geometry}];
  const int64_t places = g[15] * g[16];
  const {sums} *restrict from = ({sums} *)s->sums;
  {sums} *restrict to = ({sums} *)s->sums + s->width;
  const int32_t *bias = (int32_t *)s->synapse[{bias}];
  for (int64_t o = 0; o < g[0]; o++)
    for (int64_t k = 0; k < places; k++) to[o * places + k] = from[k * g[0] + o] + bias[o];
}}
"""


def c_type(dtype: np.dtype[Any]) -> str:
    """The name of a type in C."""
    return f"{dtype.name}_t"


def further_arrays(spec: TrainedLayerSpec) -> dict[str, np.dtype[Any]]:
    """Type of each array of a layer's synapses beside those of the arithmetic, by name."""
    delay = {"delay": np.dtype(np.int64)} if spec.max_delay else {}
    connected: dict[str, dict[str, np.dtype[Any]]] = {
        "full": {},
        "sparse": {"start": np.dtype(np.int64), "target": np.dtype(np.int32)},
        "kernel": {"geometry": np.dtype(np.int64), "bias": np.dtype(np.int32)},
    }
    return delay | connected[spec.CONNECTIVITY]


def rows_of_sums(spec: TrainedLayerSpec) -> int:
    """Rows of a layer's sums: for each tick that they wait for, or by place and by neuron."""
    return 2 if spec.CONNECTIVITY == "kernel" else spec.max_delay + 1


def adding(
    number: int,
    spec: TrainedLayerSpec,
    value: IntFormat,
    graph: Graph,
    types: dict[str, np.dtype[Any]],
    sums: np.dtype[Any],
    constants: Constants,
) -> str:
    """C of a function ``add_<number>`` (layer, column, value).

    Parameters
    ----------
    number : of the layer.
    value : format of the columns' values.
    graph : the arithmetic of a synapse.
    types : of its arrays, in the order in which they stand in `synapse` of the structure in C.
    sums : type of a sum.
    constants : takes what the text has as data.
    """
    index, offset = {
        "full": ("j", "c * s->width"),
        "sparse": ("e", "0"),
        "kernel": ("k", "0"),
    }[spec.CONNECTIVITY]
    variables = {"value": "1" if value.width == 1 else "v"}
    pointers = []
    for place, (name, dtype) in enumerate(types.items()):
        pointers.append(
            f"const {c_type(dtype)} *restrict a{place} ="
            f" ({c_type(dtype)} *)s->synapse[{place}] + {offset};"
        )
        kernel = spec.CONNECTIVITY == "kernel"
        variables[name] = f"a{place}[w + k]" if kernel else f"a{place}[{index}]"
    product_node = graph.outputs["product"]
    lines = scalar_lines(graph, (product_node,), variables, "p", constants)
    places = {name: place for place, name in enumerate([*types, *further_arrays(spec)])}
    product = f"({c_type(sums)})p{product_node};"
    if spec.max_delay:
        # the row of the tick in which the synapse takes the value in
        pointers.append(
            f"const int64_t *restrict delay = (int64_t *)s->synapse[{places['delay']}] + {offset};"
            f" {c_type(sums)} *sums = ({c_type(sums)} *)s->sums;"
        )
        total = (
            f"int64_t row = s->now + delay[{index}]; row -= row >= s->rows ? s->rows : 0;"
            f" sums[row * s->width + j] += {product}"
        )
    else:
        pointers.append(f"{c_type(sums)} *restrict sums = ({c_type(sums)} *)s->sums;")
        total = f"sums[{'place + k' if index == 'k' else 'j'}] += {product}"
    text = {"full": ADD, "sparse": _LIST, "kernel": _KERNEL}[spec.CONNECTIVITY]
    return text.format(
        n=number,
        pointers="\n  ".join(pointers),
        lines="\n    ".join([*lines, total]),
        sums=c_type(sums),
        **{
            name: places[name] for name in ("start", "target", "geometry", "bias") if name in places
        },
    )


def arrays_of_synapses(
    layer: TrainedLayer, types: dict[str, np.dtype[Any]], width: int
) -> dict[str, NDArray[Any]]:
    """The arrays of a layer's synapses that no step changes, in the order that C wants.

    Parameters
    ----------
    layer : the golden layer.
    types : of the arrays, by name.
    width : of a row of sums.
    """
    spec = layer.spec
    values = {**layer.parameters, **layer.synapse_constants}
    if spec.CONNECTIVITY == "sparse":
        values["start"] = np.concatenate([[0], np.cumsum(values["count"])])
    elif isinstance(spec, ConvSpec):
        groups, (_, inputs, *kernel) = spec.channel_groups, spec.kernel_shape
        weight = values["weight"].reshape(groups, -1, inputs, *kernel)
        # input channel by input channel, the group's output channels innermost
        values["weight"] = np.moveaxis(weight, 1, -1).reshape(-1)
        values["geometry"] = _geometry(spec)
        values.setdefault("bias", np.zeros(spec.channels, np.int64))
    flat = spec.CONNECTIVITY != "full"
    return {
        name: (
            np.ascontiguousarray(values[name], dtype)
            if flat
            else by_column(values[name], width, dtype)
        )
        for name, dtype in types.items()
    }


def _geometry(spec: ConvSpec) -> NDArray[np.int64]:
    """What `_KERNEL` calls g."""
    _, height, width = spec.pooled
    inputs = spec.kernel_shape[1]
    own = (spec.channels, *spec.image[1:], *spec.pool, height, width, inputs)
    of_group = (spec.channels // spec.channel_groups,)
    shape = (*spec.kernel, *spec.stride, *spec.padding, *spec.output[1:])
    return np.array([*own, *of_group, *shape], np.int64)


def by_column(array: NDArray[Any], width: int, dtype: np.dtype[Any]) -> NDArray[Any]:
    """(neurons, columns) as (columns, width), padded with zeros."""
    neurons, columns = array.shape
    result = np.zeros((columns, width), dtype)
    result[:, :neurons] = array.T
    return result
