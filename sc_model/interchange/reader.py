"""From NIR to a `FloatGraph`.

Graphs within the graph are laid flat (`flat`), nodes with a state become populations, and linear
nodes and delays between these are folded into connections (`folding`).
"""

from __future__ import annotations

from collections.abc import Mapping
from numbers import Real
from pathlib import Path
from typing import Any

import nir
import numpy as np

from sc_model.files import PathLike
from sc_model.interchange.answers import Answers, NodeAnswer
from sc_model.interchange.errors import InterchangeError
from sc_model.interchange.flat import POPULATIONS, flatten, shapes_of
from sc_model.interchange.folding import folded
from sc_model.interchange.graph import (
    PARAMETERS,
    RESETTING,
    SPIKING,
    FloatGraph,
    FloatPopulation,
    Kind,
    Reset,
)
from sc_model.interchange.hdf5 import read_tree
from sc_model.interchange.nodes import check_values, common_shape, fitted, graph_of
from sc_model.interchange.precision import DOUBLE, SINGLE, near, resolution, snapped
from sc_model.interchange.profile import (
    Source,
    find_source,
    graph_profile,
    node_profile,
)
from sc_model.interchange.sources import INFINITE, Values, adjusted, check_norse
from sc_model.interchange.unroll import Shape, array
from sc_model.texts import shown


def read(
    path: PathLike,
    *,
    source: str | None = None,
    dt_ms: float | None = None,
    reset: NodeAnswer[Reset] = None,
    reset_delay: NodeAnswer[bool] = None,
) -> FloatGraph:
    """The network of a NIR file: HDF5, of any 1.x version of the package nir.

    The file is read in a process of its own, with limits (see `sc_model.interchange.hdf5`), so
    that a file from a stranger can neither hang this process nor fill its memory, and is never a
    way to other files. Parameters and errors are those of `from_nir`.
    """
    file = Path(path)
    tree = read_tree(file)
    try:
        graph = graph_of(tree)
        return from_nir(graph, source=source, dt_ms=dt_ms, reset=reset, reset_delay=reset_delay)
    except InterchangeError as error:
        raise InterchangeError(f"NIR file {file}: {error}") from None


def from_nir(
    graph: Any,
    *,
    source: str | None = None,
    dt_ms: float | None = None,
    reset: NodeAnswer[Reset] = None,
    reset_delay: NodeAnswer[bool] = None,
) -> FloatGraph:
    """The network that a `nir.NIRGraph` describes.

    Parameters
    ----------
    graph : a `nir.NIRGraph`.
    source : name of the package that wrote the graph (see `profile.SOURCES`); it decides what that
        package leaves out, and which units it writes. None (default): the graph is as NIR defines.
    dt_ms : length of a step, ms, > 0.
    reset : what a spike does to the potential: ``zero`` (to v_reset), ``subtract`` (less the
        threshold) or ``none``. One answer for all nodes, or a mapping from names of nodes, where
        the name ``*`` stands for all others.
    reset_delay : whether the reset is done in the step after the spike, and not in its step; for
        all nodes or by name, alike.

    The last three must be given unless the graph's metadata or the source decides them: NIR has no
    field for them.

    Raises InterchangeError, with the name of the node, for an answer that is missing, one that
    contradicts the graph, and a node that can't be expressed.
    """
    if not isinstance(graph, nir.NIRGraph):
        raise InterchangeError(f"a NIR graph must be a nir.NIRGraph, not {type(graph).__name__}.")
    package = find_source(source)
    profile = graph_profile(graph.metadata)
    if source == "sc" and profile is None:
        raise InterchangeError(
            "a graph from source 'sc' must have metadata sc_profile; leave source out and give"
            " dt_ms."
        )
    dt = _step(package, profile, dt_ms)
    flat = flatten(graph)
    for name, node in flat.nodes.items():
        check_values(
            f"node '{name}' ({type(node).__name__})", node, INFINITE if source == "snntorch" else ()
        )
    if source == "norse":
        check_norse(flat.nodes, dt)
    shapes = shapes_of(flat)
    resetting = [
        name for name, node in flat.nodes.items() if POPULATIONS.get(type(node)) in RESETTING
    ]
    answers = Answers(package, reset, reset_delay, dt, resetting)
    notes = {
        name: node_profile(name, node.metadata, profile is not None)
        for name, node in flat.nodes.items()
    }
    populations = {
        name: _population(name, node, shapes[name], answers, notes[name], flat.loops(name))
        for name, node in flat.nodes.items()
        if type(node) in POPULATIONS
    }
    return folded(flat, shapes, populations, notes, dt)


def _step(package: Source | None, profile: Mapping[str, Any] | None, dt_ms: float | None) -> float:
    """The step in ms: the argument, or that of the metadata or the source, which must agree."""
    if dt_ms is not None and (isinstance(dt_ms, bool) or not isinstance(dt_ms, Real)):
        raise InterchangeError(f"dt_ms must be a number of ms, not {shown(dt_ms)}.")
    recorded = {
        "its metadata sc_dt_ms": (profile or {}).get("sc_dt_ms"),
        "its source": package.dt_ms if package else None,
    }
    for where, value in recorded.items():
        if value is not None and dt_ms is not None and not near(value, dt_ms, SINGLE):
            raise InterchangeError(
                f"dt_ms must be {value}, as {where} says, not {dt_ms}; leave it out."
            )
    step = next((value for value in (dt_ms, *recorded.values()) if value is not None), None)
    if step is None:
        hint = (
            f"; {package.hint}"
            if package
            else "; NIR has no step: it is that of the simulation which the network was made for"
        )
        raise InterchangeError(f"dt_ms must be given for this graph{hint}.")
    if not step > 0 or not np.isfinite(step):
        raise InterchangeError(f"dt_ms must be > 0, not {step}.")
    return float(step)


def _population(
    name: str, node: Any, shape: Shape, answers: Answers, metadata: Mapping[str, Any], loops: bool
) -> FloatPopulation:
    """The population that a node becomes.

    Parameters
    ----------
    name, node, shape : of a node of a type in `POPULATIONS`.
    answers : arguments of `from_nir`.
    noted : metadata of this project's profile.
    loops : whether linear nodes lead back to it; some packages write these nodes in another way.
    """
    kind = POPULATIONS[type(node)]
    package = answers.source
    fields = {each: getattr(node, each) for each in PARAMETERS[kind]}
    values = _spread(f"node '{name}' ({type(node).__name__})", fields, shape)
    # of a tau of snnTorch `adjusted` finds the beta that it was made from, which is exact
    is_exact = package is not None and package.name == "snntorch"
    shares = {
        each: DOUBLE if is_exact and each.startswith("tau") else resolution(value)
        for each, value in fields.items()
    }
    reset: Reset = "zero"
    delay = False
    if kind in RESETTING:
        reset = answers.reset_of(name, metadata)
        delay = answers.delay_of(name, metadata, reset)
    kind, values, delay = adjusted(
        package.name if package else None,
        name,
        node,
        kind,
        values,
        answers.dt_ms,
        reset,
        delay,
        loops,
    )
    values = _settled(kind, values, shares, answers.dt_ms / 1e3)
    strict = bool(metadata.get("sc_strict", True if package is None else package.strict))
    if "sc_strict" in metadata and not strict:
        # undo what the writer does so that v > v_threshold in NIR decides as v >= threshold here
        field = "threshold" if kind == "threshold" else "v_threshold"
        values[field] = np.nextafter(values[field], np.inf)
    refractory = int(metadata.get("sc_refractory", 0))
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


def _spread(where: str, fields: Mapping[str, Any], shape: Shape) -> Values:
    """Parameters, scalar or of several neurons each, as (neurons,) of their own in float64.

    Parameters
    ----------
    where : the node, as errors name it.
    fields : its parameters by name.
    shape : of the node's values, which the parameters broadcast to.
    """
    own = common_shape(where, fields)
    size = int(np.prod(shape, dtype=np.int64))
    parameters = {}
    for field, value in fields.items():
        each = array(fitted(value, own))
        each = each.reshape(-1) if each.size in (1, size) else np.broadcast_to(each, shape)
        parameters[field] = np.broadcast_to(each.reshape(-1), (size,)).copy()
    return parameters


def _settled(kind: Kind, values: Values, shares: Mapping[str, float], dt: float) -> Values:
    """Parameters with what only the precision of the file keeps apart set equal.

    A time constant that is a whole number of steps in the file's precision is that number; a gain
    that is 1 is 1; a leak or a threshold that is v_reset is v_reset.

    Parameters
    ----------
    kind : of the population.
    values : parameters, (neurons,) each.
    shares : resolution of each as it was stored, see `precision.resolution`.
    dt : length of a step, s.
    """
    parameters = dict(values)

    def share(*names: str) -> float:
        return max(shares.get(name, DOUBLE) for name in names)

    for tau in ("tau", "tau_mem", "tau_syn"):
        if tau in parameters and share(tau) > DOUBLE:
            # at least one step: what is near less is an error, with its own number in it
            whole = np.maximum(np.rint(parameters[tau] / dt), 1.0) * dt
            parameters[tau] = snapped(parameters[tau], whole, share(tau))
        elif tau in parameters:
            parameters[tau] = snapped(parameters[tau], dt, DOUBLE)
    for name in ("v_leak", "v_threshold"):
        if name in parameters and "v_reset" in parameters:
            parameters[name] = snapped(
                parameters[name], parameters["v_reset"], share(name, "v_reset")
            )
    gains = {"r": "tau_mem" if kind in ("cubali", "cubalif") else "tau", "w_in": "tau_syn"}
    for gain, tau in gains.items():
        if gain not in parameters or share(gain, tau) <= DOUBLE:
            continue  # `FloatPopulation.gain` removes the rounding of float64
        one = parameters[tau] / dt if tau in parameters else 1.0 / dt
        # a quotient of two numbers that were each rounded
        parameters[gain] = snapped(parameters[gain], one, 2 * share(gain, tau))
    return parameters
