"""A NIR graph without graphs in it, and the shape of the values that each of its nodes gives."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import nir
import numpy as np

from sc_model.interchange.errors import InterchangeError
from sc_model.interchange.graph import PARAMETERS, Kind
from sc_model.interchange.hdf5 import shortened
from sc_model.interchange.nodes import (
    MAX_EDGES,
    MAX_NESTING,
    MAX_NODES,
    MAX_VALUES,
    bare,
    check_name,
    common_shape,
    unknown_type,
)
from sc_model.interchange.unroll import Shape, integers, linear_shape
from sc_model.spec.errors import did_you_mean

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

    @cached_property
    def _sources(self) -> dict[str, list[str]]:
        """For each node those from which an edge leads to it, in the order of the edges."""
        sources: dict[str, list[str]] = {name: [] for name in self.nodes}
        for source, target in self.edges:
            sources[target].append(source)
        return sources

    @cached_property
    def _targets(self) -> dict[str, list[str]]:
        """For each node those to which an edge leads from it, in the order of the edges."""
        targets: dict[str, list[str]] = {name: [] for name in self.nodes}
        for source, target in self.edges:
            targets[source].append(target)
        return targets

    def into(self, name: str) -> list[str]:
        """Names of the nodes from which an edge leads to the node."""
        return self._sources[name]

    def out_of(self, name: str) -> list[str]:
        """Names of the nodes to which an edge leads from the node."""
        return self._targets[name]

    @cached_property
    def linear_order(self) -> tuple[str, ...]:
        """The nodes without a state, each behind those that lead to it.

        Raises InterchangeError for a loop of such nodes alone.
        """
        stateless = [name for name, node in self.nodes.items() if type(node) not in POPULATIONS]
        waits = {
            name: sum(type(self.nodes[each]) not in POPULATIONS for each in self.into(name))
            for name in stateless
        }
        ready = deque(name for name in stateless if not waits[name])
        order: list[str] = []
        while ready:
            name = ready.popleft()
            order.append(name)
            for each in self.out_of(name):
                if each in waits:
                    waits[each] -= 1
                    if not waits[each]:
                        ready.append(each)
        if len(order) < len(stateless):
            rest = set(stateless) - set(order)
            # each of the rest waits for another one of it: to go back long enough ends in the loop
            name = next(each for each in stateless if each in rest)
            path: set[str] = set()
            while name not in path:
                path.add(name)
                name = next(each for each in self.into(name) if each in rest)
            raise InterchangeError(
                f"the loop through node '{name}' must pass a node with a state, such as LIF; it has"
                " none."
            )
        return tuple(order)

    def loops(self, name: str) -> bool:
        """Whether a path of linear nodes and delays alone leads from the node back to itself."""
        ahead, visited = [*self.out_of(name)], set[str]()
        while ahead:
            each = ahead.pop()
            if each == name:
                return True
            if each not in visited and isinstance(self.nodes[each], (*LINEAR, nir.Delay)):
                visited.add(each)
                ahead += self.out_of(each)
        return False


def flatten(graph: Any, prefix: str = "", depth: int = 0) -> FlatGraph:
    """The graph with the nodes of the graphs within it in their place.

    Parameters
    ----------
    graph : a `nir.NIRGraph`.
    prefix : of the names in errors: where the graph itself lies.
    depth : number of graphs that it lies in.

    Raises InterchangeError for a node of another type than those of `POPULATIONS` and `LINEAR`, for
    an edge to a node that is missing or an edge given twice, for two nodes of one name, for a
    graph within that has not exactly one Input and one Output, and for a graph that is too large.
    """
    if depth > MAX_NESTING:
        raise InterchangeError(
            f"node '{shortened(prefix[:-1])}' (NIRGraph) must lie in at most {MAX_NESTING} graphs"
            " in each other; write the graph flat."
        )
    nodes: dict[str, Any] = {}
    edges = _edges(prefix, graph)
    inner: dict[str, FlatGraph] = {}
    ports: dict[str, tuple[str, str]] = {}  # name of a graph within: its Input and its Output
    for name, node in graph.nodes.items():
        check_name(name, prefix)
        if isinstance(node, nir.NIRGraph):
            inner[name] = flatten(node, f"{prefix}{name}.", depth + 1)
            ports[name] = _ports(f"{prefix}{name}", node)
        else:
            _check_type(f"{prefix}{name}", node)
            nodes[str(name)] = node
    joints = []
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
        joints += [(f"{name}.{a}", f"{name}.{b}") for a, b in flat.edges]
    for a, b in edges:
        source = f"{a}.{ports[a][1]}" if a in ports else a
        target = f"{b}.{ports[b][0]}" if b in ports else b
        joints.append((source, target))
    if len(nodes) > MAX_NODES or len(joints) > MAX_EDGES:
        raise InterchangeError(
            f"the graph must have at most {MAX_NODES:,} nodes and {MAX_EDGES:,} edges, not"
            f" {len(nodes):,} and {len(joints):,}."
        )
    return FlatGraph(nodes, tuple(joints))


def _edges(prefix: str, graph: Any) -> list[tuple[str, str]]:
    """The edges of a graph; InterchangeError for one that leads nowhere or is there twice."""
    where = f"graph '{prefix[:-1]}'" if prefix else "the graph"
    edges: list[tuple[str, str]] = []
    for each in graph.edges:
        if not isinstance(each, tuple | list) or len(each) != 2:
            raise InterchangeError(
                f"an edge of {where} must be a pair of node names, not {shortened(str(each))}."
            )
        edges.append((str(each[0]), str(each[1])))
    names = {str(name) for name in graph.nodes}
    for edge in edges:
        for name in edge:
            if name not in names:
                hint = did_you_mean(name, names) or (
                    f"; its nodes are {shortened(', '.join(sorted(names))) or 'none'}."
                )
                raise InterchangeError(
                    f"edge {_pair(edge)} of {where} must join nodes of it, not"
                    f" '{shortened(name)}', which is not there{hint}"
                )
    for edge, count in Counter(edges).items():
        if count > 1:
            raise InterchangeError(
                f"edge {_pair(edge)} of {where} must be there once, not {count} times; to add a"
                " value twice, put a Scale by 2 there."
            )
    return edges


def _pair(edge: tuple[str, str]) -> str:
    return f"('{shortened(edge[0])}', '{shortened(edge[1])}')"


def _check_type(name: str, node: Any) -> None:
    """InterchangeError for a node of a type that can't be read."""
    if type(node) not in POPULATIONS and not isinstance(node, (*LINEAR, nir.Delay)):
        raise InterchangeError(unknown_type(name, type(node).__name__))


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
    shape = common_shape(
        f"node '{name}' ({type(node).__name__})", {each: getattr(node, each) for each in fields}
    )
    return shape if int(np.prod(shape, dtype=np.int64)) != 1 else None


def shapes_of(flat: FlatGraph) -> dict[str, Shape]:
    """The shape of the values that each node gives, without the dimension of time.

    It follows from the node's parameters, or from the shape of its inputs.

    Raises InterchangeError where it follows from neither, where it is empty or too large, and where
    a node gets another number of values than it has.
    """
    own: dict[str, Shape] = {}
    for name, node in flat.nodes.items():
        shape = None if isinstance(node, LINEAR) else _own_shape(name, node)
        if shape is not None:
            own[name] = _bounded(name, node, shape)
    shapes: dict[str, Shape] = {}
    # A node's shape may follow from that of a node before it, so a new shape is handed to those
    # behind it. First come the inputs, then what parameters say where nothing comes in, and last a
    # parameter of one number, which says how many neurons there are only where nothing else does.
    for stage in range(3):
        waiting = deque(name for name in flat.nodes if name not in shapes)
        while waiting:
            name = waiting.popleft()
            if name in shapes:
                continue
            node, into = flat.nodes[name], flat.into(name)
            inputs = next((shapes[each] for each in into if each in shapes), None)
            if name not in own:
                shape = _inferred(name, node, inputs, stage == 2)
            elif inputs is not None:
                shape = _merged(node, own[name], inputs) or own[name]
            else:
                shape = own[name] if stage or not into else None
            if shape is not None:
                shapes[name] = _bounded(name, node, shape)
                waiting.extend(each for each in flat.out_of(name) if each not in shapes)
    for name, node in flat.nodes.items():
        if name not in shapes:
            raise InterchangeError(
                f"the shape of node '{name}' ({type(node).__name__}) must follow from its"
                " parameters or from what comes into it, and does not; give an Input its shape,"
                " and neurons their parameters one for each."
            )
    for name, node in flat.nodes.items():
        for other in () if isinstance(node, LINEAR) else flat.into(name):
            if _merged(node, shapes[name], shapes[other]) is None:
                own_size, size = (
                    int(np.prod(shapes[each], dtype=np.int64)) for each in (name, other)
                )
                raise InterchangeError(
                    f"node '{name}' ({type(node).__name__}) must get {own_size} values, not {size}"
                    f" from node '{other}' (shape {shapes[other]})."
                )
    return shapes


def _merged(node: Any, shape: Shape, inputs: Shape) -> Shape | None:
    """The shape of a node from that of its parameters and that of its inputs; None: they differ.

    Of (n,) and (channels, height, width) it is the one with more dimensions, which a convolution
    behind it needs. Parameters that broadcast to the inputs, as (channels, 1, 1), have their shape.
    """
    if int(np.prod(inputs, dtype=np.int64)) == int(np.prod(shape, dtype=np.int64)):
        flat = bare(inputs) == bare(shape) or len(bare(inputs)) > len(bare(shape))
        return inputs if flat else shape
    broadcasts = (
        len(inputs) == len(shape) > 1
        and not isinstance(node, nir.Input | nir.Output)
        and all(one in (1, each) for one, each in zip(shape, inputs, strict=True))
    )
    return inputs if broadcasts else None


def _bounded(name: str, node: Any, shape: Shape) -> Shape:
    """The shape itself. InterchangeError unless it has 1 to `MAX_VALUES` values."""
    size = 1
    for each in shape:  # Python's integers do not overflow
        size *= int(each)
    if not 1 <= size <= MAX_VALUES:
        raise InterchangeError(
            f"node '{name}' ({type(node).__name__}) must have 1 to {MAX_VALUES:,} values, not shape"
            f" {shape}."
        )
    return shape


def _inferred(name: str, node: Any, inputs: Shape | None, alone: bool) -> Shape | None:
    """The shape of a node's values for inputs of a shape; None where it is not known yet.

    Parameters
    ----------
    name, node : the node.
    inputs : shape of its inputs, or None where it is not known yet.
    alone : whether the node's own fields may decide where the shape of its inputs is not known.
    """
    if not isinstance(node, LINEAR):
        fields = PARAMETERS.get(POPULATIONS.get(type(node), "input"), ())
        single = alone and any(np.shape(getattr(node, each)) != () for each in fields)
        return (1,) if inputs is None and single else inputs
    if inputs is None and isinstance(node, nir.Linear | nir.Affine):
        return (*np.shape(node.weight)[:-2], np.shape(node.weight)[-2])
    convolution = isinstance(node, nir.Conv1d | nir.Conv2d)
    if inputs is None and alone and convolution and node.input_shape is not None:
        # the field has the spatial sizes alone; the weight is (out, in / groups, *kernel)
        spatial = integers(node.input_shape, 1 if isinstance(node, nir.Conv1d) else 2)
        inputs = (np.shape(node.weight)[1] * int(np.ravel(node.groups)[0]), *spatial)
    return None if inputs is None else linear_shape(name, node, inputs)
