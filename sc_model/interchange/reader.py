"""From NIR to a `FloatGraph`: nested graphs are laid flat, linear nodes and delays folded into
connections.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import h5py
import nir
import numpy as np

from sc_model.interchange.errors import InterchangeError
from sc_model.interchange.graph import (
    PARAMETERS,
    RESETTING,
    SPIKING,
    Connection,
    FloatGraph,
    FloatPopulation,
    Kind,
    Plasticity,
    Reset,
    broadcast,
)
from sc_model.interchange.profile import (
    Source,
    find_source,
    graph_profile,
    node_profile,
    read_plasticity,
)
from sc_model.interchange.sources import adjusted
from sc_model.interchange.taps import Taps
from sc_model.interchange.traces import as_lanes
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
DELAY_TOLERANCE = 1e-6  # of a step


@dataclass(frozen=True)
class _Flat:
    """A graph without graphs in it."""

    nodes: Mapping[str, Any]
    edges: tuple[tuple[str, str], ...]

    def into(self, name: str) -> list[str]:
        return [source for source, target in self.edges if target == name]

    def out_of(self, name: str) -> list[str]:
        return [target for source, target in self.edges if source == name]


def read(
    path: Path | str,
    *,
    source: str | None = None,
    dt_ms: float | None = None,
    reset: Reset | None = None,
    reset_delay: bool | None = None,
) -> FloatGraph:
    """Read a NIR file (HDF5, of any 1.x version of the package). Parameters and errors:
    `from_nir`.
    """
    file = Path(path)
    if not file.is_file():
        raise InterchangeError(f"NIR file {file} must be a file; there is none.")
    try:
        graph = nir.read(file, type_check=False)
    except (OSError, KeyError, ValueError, TypeError, AssertionError, AttributeError) as error:
        raise InterchangeError(
            f"NIR file {file} must be one that nir {nir.version} reads: {_why(error, file)}"
        ) from error
    return from_nir(graph, source=source, dt_ms=dt_ms, reset=reset, reset_delay=reset_delay)


def _why(error: Exception, file: Path) -> str:
    """What is wrong with a file, in a few words."""
    if not h5py.is_hdf5(file):
        return "it is no HDF5 file."
    return f"{type(error).__name__}: {' '.join(str(error).split())[:200]}."


def from_nir(
    graph: Any,
    *,
    source: str | None = None,
    dt_ms: float | None = None,
    reset: Reset | None = None,
    reset_delay: bool | None = None,
) -> FloatGraph:
    """The network that a `nir.NIRGraph` describes.

    Parameters
    ----------
    source : the package that wrote the graph, for what it leaves out or writes in units of its own
        (see `profile.SOURCES`); None (default) to take the graph as NIR defines it.
    dt_ms : length of a step in ms.
    reset : what a spike does to the potential, ``zero`` (to v_reset) or ``subtract``.
    reset_delay : False: at the spike, True: in the step after. Each must be given unless the
        graph's metadata or the source say it; NIR has no field for them.

    Raises InterchangeError for what is missing, contradicts the graph, or can't be expressed, with
    the name of the node.
    """
    if not isinstance(graph, nir.NIRGraph):
        raise InterchangeError(f"a NIR graph must be a nir.NIRGraph, not {type(graph).__name__}.")
    told = find_source(source)
    profile = graph_profile(graph.metadata)
    if source == "sc" and profile is None:
        raise InterchangeError(
            "a graph from source 'sc' must have metadata sc_profile; leave source out and give"
            " dt_ms."
        )
    dt = _step(told, profile, dt_ms)
    flat = _flatten(graph)
    shapes = _shapes(flat)
    answers = _Answers(told, reset, reset_delay, dt)
    notes = {
        name: node_profile(name, node.metadata, profile is not None)
        for name, node in flat.nodes.items()
    }
    populations = {
        name: _population(name, node, shapes[name], answers, notes[name], _loops(flat, name))
        for name, node in flat.nodes.items()
        if type(node) in POPULATIONS
    }
    return _folded(flat, shapes, populations, notes, dt)


def _step(told: Source | None, profile: Mapping[str, Any] | None, dt_ms: float | None) -> float:
    """The step in ms."""
    found = {
        "its metadata sc_dt_ms": (profile or {}).get("sc_dt_ms"),
        "its source": told.dt_ms if told else None,
    }
    for where, value in found.items():
        if value is not None and dt_ms is not None and not np.isclose(value, dt_ms, rtol=1e-9):
            raise InterchangeError(
                f"dt_ms must be {value}, as {where} says, not {dt_ms}; leave it out."
            )
    known = next((value for value in (dt_ms, *found.values()) if value is not None), None)
    if known is None:
        hint = (
            f"; {told.hint}"
            if told
            else "; NIR has no step: it is that of the simulation which the network was made for"
        )
        raise InterchangeError(f"dt_ms must be given for this graph{hint}.")
    if not known > 0 or not np.isfinite(known):
        raise InterchangeError(f"dt_ms must be > 0, not {known}.")
    return float(known)


def _flatten(graph: Any, prefix: str = "") -> _Flat:
    """All nodes of a graph, those of graphs within as `outer.inner`; their Inputs and Outputs are
    gone.
    """
    nodes: dict[str, Any] = {}
    edges = [(str(a), str(b)) for a, b in graph.edges]
    for edge in edges:
        for name in edge:
            if name not in graph.nodes:
                raise InterchangeError(
                    f"edge {edge} of the graph must join nodes of it, not '{name}', which is not"
                    " there."
                )
        if edges.count(edge) > 1:
            raise InterchangeError(
                f"edge {edge} of the graph must be there once, not {edges.count(edge)} times."
            )
    inner: dict[str, _Flat] = {}
    ports: dict[str, tuple[str, str]] = {}
    for name, node in graph.nodes.items():
        if not isinstance(node, nir.NIRGraph):
            if type(node) not in POPULATIONS and not isinstance(node, (*LINEAR, nir.Delay)):
                known = sorted(
                    each.__name__ for each in (*POPULATIONS, *LINEAR, nir.Delay, nir.NIRGraph)
                )
                raise InterchangeError(
                    f"node '{prefix}{name}' must be one of {', '.join(known)}, not"
                    f" {type(node).__name__}."
                )
            nodes[str(name)] = node
            continue
        inner[name] = _flatten(node, f"{prefix}{name}.")
        found = []
        for kind in (nir.Input, nir.Output):
            names = [each for each, part in node.nodes.items() if isinstance(part, kind)]
            if len(names) != 1:
                raise InterchangeError(
                    f"node '{prefix}{name}' (NIRGraph) must have one {kind.__name__}, not"
                    f" {len(names)}: edges to it have no names."
                )
            found.append(str(names[0]))
        ports[name] = (found[0], found[1])
    joined = []
    for name, flat in inner.items():
        for each, node in flat.nodes.items():
            full = f"{name}.{each}"
            if full in graph.nodes:
                raise InterchangeError(
                    f"node '{prefix}{full}' must have a name of its own; the graph '{name}' holds"
                    " one too."
                )
            # what came in and went out of a graph within is a wire now
            nodes[full] = nir.Scale(np.ones(1)) if each in ports[name] else node
        joined += [(f"{name}.{a}", f"{name}.{b}") for a, b in flat.edges]
    for a, b in edges:
        joined.append(
            (f"{a}.{ports[a][1]}" if a in ports else a, f"{b}.{ports[b][0]}" if b in ports else b)
        )
    return _Flat(nodes, tuple(joined))


def _own_shape(name: str, node: Any) -> Shape | None:
    """The shape of what a population gives, where its parameters tell; None where they are scalar
    or it has none.
    """
    if isinstance(node, nir.Input | nir.Output):
        types = node.input_type if isinstance(node, nir.Input) else node.output_type
        given = next(iter(types.values()), None) if types else None
        return None if given is None else tuple(int(each) for each in np.asarray(given).reshape(-1))
    fields = ("delay",) if isinstance(node, nir.Delay) else PARAMETERS[POPULATIONS[type(node)]]
    found = {array(getattr(node, each)).shape for each in fields}
    found = {each for each in found if np.prod(each, dtype=np.int64) != 1}
    if len(found) > 1:
        raise InterchangeError(
            f"node '{name}' ({type(node).__name__}) must have parameters of one shape, not"
            f" {sorted(found)}."
        )
    return next(iter(found), None)


def _shapes(flat: _Flat) -> dict[str, Shape]:
    """The shape of what each node gives, from the parameters of nodes and what comes into them."""
    known: dict[str, Shape] = {}
    for name, node in flat.nodes.items():
        if not isinstance(node, LINEAR):
            shape = _own_shape(name, node)
            if shape is not None:
                known[name] = shape
    moved = True
    while moved:
        moved = False
        for name, node in flat.nodes.items():
            if name in known:
                continue
            given = next((known[each] for each in flat.into(name) if each in known), None)
            shape = _inferred(name, node, given)
            if shape is not None:
                known[name], moved = shape, True
    for name, node in flat.nodes.items():
        if name not in known:
            raise InterchangeError(
                f"the shape of node '{name}' ({type(node).__name__}) must follow from its"
                " parameters or from what comes into it, and does not; give an Input its shape,"
                " and neurons their parameters one for each."
            )
        size = np.prod(known[name], dtype=np.int64)
        if size < 1:
            raise InterchangeError(
                f"node '{name}' ({type(node).__name__}) must have one value or more, not shape"
                f" {known[name]}."
            )
        if isinstance(node, LINEAR):
            continue
        for other in flat.into(name):
            if other in known and np.prod(known[other], dtype=np.int64) != size:
                raise InterchangeError(
                    f"node '{name}' ({type(node).__name__}) must get {size} values, not"
                    f" {np.prod(known[other], dtype=np.int64)} from node '{other}' (shape"
                    f" {known[other]})."
                )
    return known


def _inferred(name: str, node: Any, given: Shape | None) -> Shape | None:
    """The shape of what a node gives, for what comes in; None where it can't be told yet."""
    if not isinstance(node, LINEAR):
        fields = PARAMETERS.get(POPULATIONS.get(type(node), "input"), ())
        alone = given is None and any(array(getattr(node, each)).shape == (1,) for each in fields)
        return (1,) if alone else given
    if given is None and isinstance(node, nir.Linear | nir.Affine):
        return (*np.shape(node.weight)[:-2], np.shape(node.weight)[-2])
    if given is None and isinstance(node, nir.Conv1d | nir.Conv2d) and node.input_shape is not None:
        spatial = integers(node.input_shape, 1 if isinstance(node, nir.Conv1d) else 2)
        given = (np.shape(node.weight)[1] * int(node.groups), *spatial)
    return None if given is None else linear_node(name, node, given)[2]


@dataclass(frozen=True)
class _Answers:
    """What was told about a graph beside what is in it."""

    source: Source | None
    reset: Reset | None
    reset_delay: bool | None
    dt_ms: float

    def choose(self, name: str, what: str, given: Any, noted: Any, allowed: str) -> Any:
        """A reset mode: from the argument, the node's metadata, or the source, which must not
        contradict each other.
        """
        source = getattr(self.source, what, None)
        for where, value in (
            (f"metadata of node '{name}' says", noted),
            (f"source '{getattr(self.source, 'name', '')}' means", source),
        ):
            if value is not None and given is not None and value != given:
                raise InterchangeError(
                    f"{what} must be {value!r}, as {where}, not {given!r}; leave it out."
                )
        known = next((value for value in (given, noted, source) if value is not None), None)
        if known is None:
            raise InterchangeError(
                f"{what} must be given for node '{name}', NIR has no field for it: {allowed}."
            )
        return known


def _loops(flat: _Flat, name: str) -> bool:
    """Whether a node gets what it gave, by linear nodes alone."""
    todo, seen = flat.out_of(name), set()
    while todo:
        each = todo.pop()
        if each == name:
            return True
        if each not in seen and isinstance(flat.nodes[each], (*LINEAR, nir.Delay)):
            seen.add(each)
            todo += flat.out_of(each)
    return False


def _population(
    name: str, node: Any, shape: Shape, answers: _Answers, noted: Mapping[str, Any], loops: bool
) -> FloatPopulation:
    """A node with state, or with a threshold; an Input, an Output."""
    kind = POPULATIONS[type(node)]
    size = int(np.prod(shape, dtype=np.int64))
    told = answers.source
    values = {each: broadcast(array(getattr(node, each)), size) for each in PARAMETERS[kind]}
    reset: Reset = "zero"
    delay = False
    if kind in RESETTING:
        reset = answers.choose(
            name,
            "reset",
            answers.reset,
            noted.get("sc_reset"),
            "'zero' (to v_reset) or 'subtract' (less the threshold)",
        )
        if reset not in ("zero", "subtract"):
            raise InterchangeError(f"reset must be 'zero' or 'subtract', not {reset!r}.")
        found = noted.get("sc_reset_delay")
        delay = answers.choose(
            name,
            "reset_delay",
            answers.reset_delay,
            None if found is None else bool(found),
            "False (at the spike) or True (in the step after, as snnTorch does by default)",
        )
    kind, values, delay = adjusted(
        told.name if told else None, name, node, kind, values, answers.dt_ms, reset, delay, loops
    )
    strict = bool(noted.get("sc_strict", True if told is None else told.strict))
    if "sc_strict" in noted and not strict:
        field = "threshold" if kind == "threshold" else "v_threshold"
        values[field] = np.nextafter(values[field], np.inf)
    refractory = int(noted.get("sc_refractory", 0))
    return FloatPopulation(
        name,
        kind,
        shape,
        values,
        reset,
        bool(delay),
        refractory,
        strict if kind in SPIKING else True,
    )


def _folded(
    flat: _Flat,
    shapes: Mapping[str, Shape],
    populations: Mapping[str, FloatPopulation],
    notes: Mapping[str, Mapping[str, Any]],
    dt_ms: float,
) -> FloatGraph:
    """Connections: everything between two populations as one map, but for what learns."""
    sums: dict[tuple[str | None, str], Taps] = {}
    plastic: list[Connection] = []
    found: dict[str, dict[str | None, Taps]] = {}
    lanes: dict[str, FloatPopulation] = {}

    def given(name: str, on_the_way: tuple[str, ...]) -> dict[str | None, Taps]:
        """What a node gives, as maps from populations."""
        if name in populations:
            return {name: Taps.identity(populations[name].size)}
        if name in on_the_way:
            raise InterchangeError(
                f"the loop through node '{name}' must pass a node with a state, such as LIF; it has"
                " none."
            )
        if name not in found:
            found[name] = through(name, taken(name, (*on_the_way, name)))
        return found[name]

    def taken(name: str, on_the_way: tuple[str, ...]) -> dict[str | None, Taps]:
        """What comes into a node: the sum over its edges."""
        total: dict[str | None, Taps] = {}
        for other in flat.into(name):
            if "sc_plasticity" in notes[other] and name in populations:
                continue
            for source, taps in given(other, on_the_way).items():
                total[source] = total[source] + taps if source in total else taps
        return total

    def through(name: str, inputs: dict[str | None, Taps]) -> dict[str | None, Taps]:
        """A linear node or a delay on what comes in."""
        node = flat.nodes[name]
        if isinstance(node, nir.Delay):
            size = int(np.prod(shapes[name], dtype=np.int64))
            return {
                source: taps.delayed(_steps(name, node, size, dt_ms))
                for source, taps in inputs.items()
            }
        shape = next((shapes[each] for each in flat.into(name)), None)
        if shape is None:
            raise InterchangeError(
                f"node '{name}' ({type(node).__name__}) must get something from another node, not"
                " nothing."
            )
        matrix, bias, _ = linear_node(name, node, shape)
        for other in flat.into(name):
            if np.prod(shapes[other], dtype=np.int64) != matrix.shape[1]:
                raise InterchangeError(
                    f"node '{name}' ({type(node).__name__}) must get {matrix.shape[1]} values, not"
                    f" {np.prod(shapes[other], dtype=np.int64)} from node '{other}' (shape"
                    f" {shapes[other]})."
                )
        if "sc_plasticity" in notes[name]:
            _alone(name, flat, populations)
        if {"sc_delay", "sc_tau"} & set(notes[name]):
            return as_lanes(name, node, notes[name], inputs, lanes, sums, dt_ms)
        outputs = {source: taps.then(matrix) for source, taps in inputs.items()}
        if bias is not None:
            constant = Taps.constant(bias)
            outputs[None] = outputs[None] + constant if None in outputs else constant
        return outputs

    for name in populations:
        for source, taps in taken(name, ()).items():
            sums[source, name] = taps
        for other in flat.into(name):
            if "sc_plasticity" in notes[other]:
                rule: Plasticity = read_plasticity(other, notes[other]["sc_plasticity"])
                plastic += [
                    Connection(source, name, taps, rule)
                    for source, taps in given(other, ()).items()
                ]
    joined = [
        Connection(source, target, taps) for (source, target), taps in sums.items() if len(taps)
    ]
    connections = sorted(
        [*joined, *plastic],
        key=lambda each: (each.target, each.source or "", each.plasticity is not None),
    )
    return FloatGraph({**populations, **lanes}, tuple(connections), dt_ms)


def _alone(name: str, flat: _Flat, populations: Mapping[str, FloatPopulation]) -> None:
    """A connection that learns must join two populations by itself: its weights are then
    synapses.
    """
    around = [*flat.into(name), *flat.out_of(name)]
    ends = len(flat.into(name)) == 1 and len(flat.out_of(name)) == 1
    if (
        not isinstance(flat.nodes[name], nir.Linear)
        or not ends
        or any(each not in populations for each in around)
    ):
        raise InterchangeError(
            f"node '{name}' has metadata sc_plasticity, so it must be a Linear from one node with"
            f" neurons to another, not a {type(flat.nodes[name]).__name__} between"
            f" {flat.into(name)} and {flat.out_of(name)}."
        )


def _steps(name: str, node: Any, size: int, dt_ms: float) -> Any:
    """A Delay in steps; it must be a whole number of them."""
    seconds = broadcast(array(node.delay), size)
    steps = seconds / (dt_ms / 1e3)
    whole = np.rint(steps)
    off = np.abs(steps - whole) > DELAY_TOLERANCE
    if off.any() or (whole < 0).any() or not np.isfinite(steps).all():
        worst = int(np.argmax(off | (whole < 0) | ~np.isfinite(steps)))
        raise InterchangeError(
            f"node '{name}' (Delay) must delay by whole steps of dt_ms = {dt_ms:g} ms, >= 0, not by"
            f" {seconds[worst] * 1e3:.9g} ms (value {worst}); take another dt_ms, or round the"
            " delays before the export."
        )
    return whole.astype(np.int64)
