"""A NIR graph without graphs in it, and the shape of the values that each of its nodes gives."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import nir
import numpy as np

from sc_model.interchange.errors import InterchangeError
from sc_model.interchange.graph import PARAMETERS, Kind
from sc_model.interchange.unroll import Shape, array, integers, linear_node

POPULATIONS: dict[type[Any], Kind] = {
    nir.Input: "input",
    nir.Output: "output",
    nir.Threshold: "threshold",
    nir.I: "i",
    nir.IF: "if",
    nir.LI: "li",
    nir.LIF: "lif",
    nir.CubaLI: "cubali",
    nir.CubaLIF: "cubalif",
}
LINEAR = (
    nir.Linear,
    nir.Affine,
    nir.Scale,
    nir.Flatten,
    nir.Conv1d,
    nir.Conv2d,
    nir.SumPool2d,
    nir.AvgPool2d,
)


@dataclass(frozen=True)
class FlatGraph:
    """A graph without graphs in it.

    Members
    -------
    nodes : by name; a node of a graph within has the name `outer.inner`.
    edges : pairs of names, (source, target).
    """

    nodes: Mapping[str, Any]
    edges: tuple[tuple[str, str], ...]

    def into(self, name: str) -> list[str]:
        """Names of the nodes from which an edge leads to the node."""
        return [source for source, target in self.edges if target == name]

    def out_of(self, name: str) -> list[str]:
        """Names of the nodes to which an edge leads from the node."""
        return [target for source, target in self.edges if source == name]

    def loops(self, name: str) -> bool:
        """Whether a path of linear nodes and delays alone leads from the node back to itself."""
        ahead, visited = self.out_of(name), set[str]()
        while ahead:
            each = ahead.pop()
            if each == name:
                return True
            if each not in visited and isinstance(self.nodes[each], (*LINEAR, nir.Delay)):
                visited.add(each)
                ahead += self.out_of(each)
        return False


def flatten(graph: Any, prefix: str = "") -> FlatGraph:
    """The graph with the nodes of the graphs within it in their place.

    Parameters
    ----------
    graph : a `nir.NIRGraph`.
    prefix : of the names in errors: where the graph itself lies.

    Raises InterchangeError for a node of another type than those of `POPULATIONS` and `LINEAR`, for
    an edge to a node that is missing or an edge given twice, for two nodes of one name, and for a
    graph within that has not exactly one Input and one Output.
    """
    nodes: dict[str, Any] = {}
    edges = [(str(a), str(b)) for a, b in graph.edges]
    _check_edges(edges, graph.nodes)
    inner: dict[str, FlatGraph] = {}
    ports: dict[str, tuple[str, str]] = {}  # name of a graph within: its Input and its Output
    for name, node in graph.nodes.items():
        if isinstance(node, nir.NIRGraph):
            inner[name] = flatten(node, f"{prefix}{name}.")
            ports[name] = _ports(f"{prefix}{name}", node)
        else:
            _check_type(f"{prefix}{name}", node)
            nodes[str(name)] = node
    joined = []
    for name, flat in inner.items():
        for each, node in flat.nodes.items():
            full = f"{name}.{each}"
            if full in graph.nodes:
                raise InterchangeError(
                    f"node '{prefix}{full}' must have a name of its own; the graph '{name}' holds"
                    " one too."
                )
            # the Input and the Output of a graph within pass their values on, as a Scale by 1 does
            nodes[full] = nir.Scale(np.ones(1)) if each in ports[name] else node
        joined += [(f"{name}.{a}", f"{name}.{b}") for a, b in flat.edges]
    for a, b in edges:
        source = f"{a}.{ports[a][1]}" if a in ports else a
        target = f"{b}.{ports[b][0]}" if b in ports else b
        joined.append((source, target))
    return FlatGraph(nodes, tuple(joined))


def _check_edges(edges: list[tuple[str, str]], nodes: Mapping[str, Any]) -> None:
    """InterchangeError for an edge that leads to no node, or that is given twice."""
    for edge in edges:
        for name in edge:
            if name not in nodes:
                raise InterchangeError(
                    f"edge {edge} of the graph must join nodes of it, not '{name}', which is not"
                    " there."
                )
        if edges.count(edge) > 1:
            raise InterchangeError(
                f"edge {edge} of the graph must be there once, not {edges.count(edge)} times."
            )


def _check_type(name: str, node: Any) -> None:
    """InterchangeError for a node of a type that can't be read."""
    if type(node) not in POPULATIONS and not isinstance(node, (*LINEAR, nir.Delay)):
        readable = (*POPULATIONS, *LINEAR, nir.Delay, nir.NIRGraph)
        raise InterchangeError(
            f"node '{name}' must be one of {', '.join(sorted(each.__name__ for each in readable))},"
            f" not {type(node).__name__}."
        )


def _ports(name: str, graph: Any) -> tuple[str, str]:
    """The names of the one Input and the one Output of a graph within."""
    ports = []
    for kind in (nir.Input, nir.Output):
        names = [each for each, part in graph.nodes.items() if isinstance(part, kind)]
        if len(names) != 1:
            raise InterchangeError(
                f"node '{name}' (NIRGraph) must have one {kind.__name__}, not {len(names)}: edges"
                " to it have no names."
            )
        ports.append(str(names[0]))
    return ports[0], ports[1]


def _own_shape(name: str, node: Any) -> Shape | None:
    """The shape of a population's values by its own parameters; None where these are scalars."""
    if isinstance(node, nir.Input | nir.Output):
        types = node.input_type if isinstance(node, nir.Input) else node.output_type
        sizes = next(iter(types.values()), None) if types else None
        return None if sizes is None else tuple(int(each) for each in np.asarray(sizes).reshape(-1))
    fields = ("delay",) if isinstance(node, nir.Delay) else PARAMETERS[POPULATIONS[type(node)]]
    shapes = {array(getattr(node, each)).shape for each in fields}
    shapes = {each for each in shapes if np.prod(each, dtype=np.int64) != 1}
    if len(shapes) > 1:
        raise InterchangeError(
            f"node '{name}' ({type(node).__name__}) must have parameters of one shape, not"
            f" {sorted(shapes)}."
        )
    return next(iter(shapes), None)


def shapes_of(flat: FlatGraph) -> dict[str, Shape]:
    """The shape of the values that each node gives, without the dimension of time.

    It follows from the node's parameters, or from the shape of its inputs.

    Raises InterchangeError where it follows from neither, where it is empty, and where a node gets
    another number of values than it has.
    """
    shapes: dict[str, Shape] = {}
    for name, node in flat.nodes.items():
        if not isinstance(node, LINEAR):
            shape = _own_shape(name, node)
            if shape is not None:
                shapes[name] = shape
    # a node's shape may follow from that of a node before it: repeat until no shape is new
    progress = True
    while progress:
        progress = False
        for name, node in flat.nodes.items():
            if name in shapes:
                continue
            inputs = next((shapes[each] for each in flat.into(name) if each in shapes), None)
            shape = _inferred(name, node, inputs)
            if shape is not None:
                shapes[name], progress = shape, True
    for name, node in flat.nodes.items():
        if name not in shapes:
            raise InterchangeError(
                f"the shape of node '{name}' ({type(node).__name__}) must follow from its"
                " parameters or from what comes into it, and does not; give an Input its shape,"
                " and neurons their parameters one for each."
            )
        size = np.prod(shapes[name], dtype=np.int64)
        if size < 1:
            raise InterchangeError(
                f"node '{name}' ({type(node).__name__}) must have one value or more, not shape"
                f" {shapes[name]}."
            )
        if isinstance(node, LINEAR):
            continue
        for other in flat.into(name):
            if other in shapes and np.prod(shapes[other], dtype=np.int64) != size:
                raise InterchangeError(
                    f"node '{name}' ({type(node).__name__}) must get {size} values, not"
                    f" {np.prod(shapes[other], dtype=np.int64)} from node '{other}' (shape"
                    f" {shapes[other]})."
                )
    return shapes


def _inferred(name: str, node: Any, inputs: Shape | None) -> Shape | None:
    """The shape of a node's values for inputs of a shape; None where it is not known yet.

    `inputs` is None where the shape of the inputs is not known yet.
    """
    if not isinstance(node, LINEAR):
        fields = PARAMETERS.get(POPULATIONS.get(type(node), "input"), ())
        single = inputs is None and any(array(getattr(node, each)).shape == (1,) for each in fields)
        return (1,) if single else inputs
    if inputs is None and isinstance(node, nir.Linear | nir.Affine):
        return (*np.shape(node.weight)[:-2], np.shape(node.weight)[-2])
    convolution = isinstance(node, nir.Conv1d | nir.Conv2d)
    if inputs is None and convolution and node.input_shape is not None:
        # the field has the spatial sizes alone; the weight is (out, in / groups, *kernel)
        spatial = integers(node.input_shape, 1 if isinstance(node, nir.Conv1d) else 2)
        inputs = (np.shape(node.weight)[1] * int(node.groups), *spatial)
    return None if inputs is None else linear_node(name, node, inputs)[2]
