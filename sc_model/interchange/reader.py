"""From NIR to a `FloatGraph`.

Graphs within the graph are laid flat (`flat`), nodes with a state become populations, and linear
nodes and delays between these are folded into connections (`folding`).
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
from sc_model.interchange.flat import POPULATIONS, flatten, shapes_of
from sc_model.interchange.folding import folded
from sc_model.interchange.graph import (
    PARAMETERS,
    RESETTING,
    SPIKING,
    FloatGraph,
    FloatPopulation,
    Reset,
    broadcast,
)
from sc_model.interchange.profile import (
    Source,
    find_source,
    graph_profile,
    node_profile,
)
from sc_model.interchange.sources import adjusted
from sc_model.interchange.unroll import Shape, array


def read(
    path: Path | str,
    *,
    source: str | None = None,
    dt_ms: float | None = None,
    reset: Reset | None = None,
    reset_delay: bool | None = None,
) -> FloatGraph:
    """The network of a NIR file: HDF5, of any 1.x version of the package nir.

    Parameters and errors are those of `from_nir`.
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
    """Why a file can't be read, for the end of an error text."""
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
    graph : a `nir.NIRGraph`.
    source : name of the package that wrote the graph (see `profile.SOURCES`); it decides what that
        package leaves out, and which units it writes. None (default): the graph is as NIR defines.
    dt_ms : length of a step, ms, > 0.
    reset : what a spike does to the potential: ``zero`` (to v_reset) or ``subtract``.
    reset_delay : whether the reset is done in the step after the spike, and not in its step.

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
    shapes = shapes_of(flat)
    answers = _Answers(package, reset, reset_delay, dt)
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
    recorded = {
        "its metadata sc_dt_ms": (profile or {}).get("sc_dt_ms"),
        "its source": package.dt_ms if package else None,
    }
    for where, value in recorded.items():
        if value is not None and dt_ms is not None and not np.isclose(value, dt_ms, rtol=1e-9):
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


@dataclass(frozen=True)
class _Answers:
    """The arguments of `from_nir`, which decide what the graph leaves open."""

    source: Source | None
    reset: Reset | None
    reset_delay: bool | None
    dt_ms: float

    def choose(self, name: str, what: str, argument: Any, noted: Any, allowed: str) -> Any:
        """The `reset` or `reset_delay` of a node, by argument, metadata or source.

        Parameters
        ----------
        name : of the node.
        what : "reset" or "reset_delay".
        argument : of `from_nir`, or None.
        noted : value in the node's metadata, or None.
        allowed : the values, for the error.

        Raises InterchangeError where there is none, or where the argument contradicts another.
        """
        source = getattr(self.source, what, None)
        for where, value in (
            (f"metadata of node '{name}' says", noted),
            (f"source '{getattr(self.source, 'name', '')}' means", source),
        ):
            if value is not None and argument is not None and value != argument:
                raise InterchangeError(
                    f"{what} must be {value!r}, as {where}, not {argument!r}; leave it out."
                )
        chosen = next((value for value in (argument, noted, source) if value is not None), None)
        if chosen is None:
            raise InterchangeError(
                f"{what} must be given for node '{name}', NIR has no field for it: {allowed}."
            )
        return chosen


def _population(
    name: str, node: Any, shape: Shape, answers: _Answers, noted: Mapping[str, Any], loops: bool
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
    size = int(np.prod(shape, dtype=np.int64))
    package = answers.source
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
        noted_delay = noted.get("sc_reset_delay")
        delay = answers.choose(
            name,
            "reset_delay",
            answers.reset_delay,
            None if noted_delay is None else bool(noted_delay),
            "False (at the spike) or True (in the step after, as snnTorch does by default)",
        )
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
    strict = bool(noted.get("sc_strict", True if package is None else package.strict))
    if "sc_strict" in noted and not strict:
        # undo what the writer does so that v > v_threshold in NIR decides as v >= threshold here
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
