"""From the linear nodes and delays between populations to connections.

NIR puts any web of linear nodes and delays between two populations. It is linear, so it is one map:
a sum over delays of a matrix of weights (`Taps`). The map from each population to each other one
is the sum over all paths between them.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import nir
import numpy as np

from sc_model.interchange.compact import kernel_shape
from sc_model.interchange.errors import InterchangeError
from sc_model.interchange.flat import FlatGraph
from sc_model.interchange.graph import Connection, FloatGraph, FloatPopulation, broadcast
from sc_model.interchange.precision import resolution, whole_steps
from sc_model.interchange.profile import read_plasticity
from sc_model.interchange.taps import MAX_DELAY, MAX_SYNAPSES, Taps, TooLargeError
from sc_model.interchange.traces import as_lanes
from sc_model.interchange.unroll import Shape, array, linear_node

DELAY_TOLERANCE = 1e-6  # of a step, whatever the precision: a sum of seconds is off by more
MAX_TOTAL = 2 * MAX_SYNAPSES  # of all maps that are computed

Maps = dict[str | None, Taps]
"""What a node gives or gets, by the population from which it comes; None is a constant of 1."""


def folded(
    flat: FlatGraph,
    shapes: Mapping[str, Shape],
    populations: Mapping[str, FloatPopulation],
    notes: Mapping[str, Mapping[str, Any]],
    dt_ms: float,
) -> FloatGraph:
    """The graph of populations and connections.

    Parameters
    ----------
    flat : all nodes and edges.
    shapes : of the values that each node gives.
    populations : the nodes that are populations.
    notes : metadata of this project's profile, of each node.
    dt_ms : length of a step.

    Raises InterchangeError for a loop without a state in it, a node without inputs, sizes that do
    not fit, a delay of no whole number of steps, and a plastic node that is not a Linear between
    two populations.
    """
    folding = _Folding(flat, shapes, populations, notes, dt_ms)
    plastic: list[Connection] = []
    # Linear nodes first, each behind those that lead to it: a recursion as deep as a long chain of
    # them would have no end in Python.
    for name in _needed(flat, populations):
        folding.outputs_of(name)
    for name in populations:
        for source, taps in folding.inputs_of(name).items():
            folding.sums[source, name] = taps
        for other in flat.into(name):
            if "sc_plasticity" in notes[other]:
                rule = read_plasticity(other, notes[other]["sc_plasticity"])
                outputs = folding.outputs_of(other)
                plastic += [
                    Connection(source, name, taps, rule) for source, taps in outputs.items()
                ]
    static = [
        Connection(source, target, taps)
        for (source, target), taps in folding.sums.items()
        if len(taps)
    ]
    connections = sorted(
        [*static, *plastic],
        key=lambda each: (each.target, each.source or "", each.plasticity is not None),
    )
    shaped = ((name, kernel_shape(flat, shapes, populations, name)) for name in populations)
    kernels = {(kernel[0], name): kernel[1] for name, kernel in shaped if kernel is not None}
    return FloatGraph({**populations, **folding.lanes}, tuple(connections), dt_ms, kernels)


class _Folding:
    """The maps from populations to nodes, as far as they are computed.

    Members
    -------
    lanes : populations that time constants of synapses become (`sc_model.interchange.traces`).
    sums : maps by source and target population.
    """

    def __init__(
        self,
        flat: FlatGraph,
        shapes: Mapping[str, Shape],
        populations: Mapping[str, FloatPopulation],
        notes: Mapping[str, Mapping[str, Any]],
        dt_ms: float,
    ) -> None:
        self.flat, self.shapes, self.populations = flat, shapes, populations
        self.notes, self.dt_ms = notes, dt_ms
        self.lanes: dict[str, FloatPopulation] = {}
        self.sums: dict[tuple[str | None, str], Taps] = {}
        self._outputs: dict[str, Maps] = {}
        self._total = 0  # synapses of all of these maps

    def outputs_of(self, name: str) -> Maps:
        """The maps from populations to a node's values; of the nodes before it they are known."""
        if name in self.populations:
            return {name: Taps.identity(self.populations[name].size)}
        if name not in self._outputs:
            try:
                maps = self._through(name, self.inputs_of(name))
            except TooLargeError as error:
                raise InterchangeError(
                    f"node '{name}' ({type(self.flat.nodes[name]).__name__}) and the linear nodes"
                    f" before it, as one matrix, must have {error}; put neurons between them, or"
                    " make them smaller."
                ) from None
            self._total += sum(matrix.nnz for taps in maps.values() for _, matrix in taps)
            if self._total > MAX_TOTAL:
                raise InterchangeError(
                    f"the linear nodes up to '{name}' must have at most {MAX_TOTAL:,} synapses"
                    f" together when they are folded, not {self._total:,}; make the network"
                    " smaller."
                )
            self._outputs[name] = maps
        return self._outputs[name]

    def inputs_of(self, name: str) -> Maps:
        """The maps from populations to a node's inputs: the sums over its edges.

        Plastic connections to a population are left out; they stay on their own.
        """
        total: Maps = {}
        for other in self.flat.into(name):
            if "sc_plasticity" in self.notes[other] and name in self.populations:
                continue
            for source, taps in self.outputs_of(other).items():
                total[source] = total[source] + taps if source in total else taps
        return total

    def _through(self, name: str, inputs: Maps) -> Maps:
        """A linear node or a Delay, applied to the maps to its inputs."""
        node = self.flat.nodes[name]
        if isinstance(node, nir.Delay):
            size = int(np.prod(self.shapes[name], dtype=np.int64))
            steps = _steps(name, node, size, self.dt_ms)
            return {source: taps.delayed(steps) for source, taps in inputs.items()}
        shape = next((self.shapes[each] for each in self.flat.into(name)), None)
        if shape is None:
            raise InterchangeError(
                f"node '{name}' ({type(node).__name__}) must get something from another node, not"
                " nothing."
            )
        matrix, bias, _ = linear_node(name, node, shape)
        for other in self.flat.into(name):
            size = int(np.prod(self.shapes[other], dtype=np.int64))
            if size != matrix.shape[1]:
                raise InterchangeError(
                    f"node '{name}' ({type(node).__name__}) must get {matrix.shape[1]} values, not"
                    f" {size} from node '{other}' (shape {self.shapes[other]})."
                )
        notes = self.notes[name]
        if "sc_plasticity" in notes:
            _check_plastic(name, self.flat, self.populations)
        if {"sc_delay", "sc_tau"} & set(notes):
            return as_lanes(name, node, notes, inputs, self.lanes, self.sums, self.dt_ms)
        outputs: Maps = {source: taps.then(matrix) for source, taps in inputs.items()}
        if bias is not None:
            constant = Taps.constant(bias)
            outputs[None] = outputs[None] + constant if None in outputs else constant
        return outputs


def _check_plastic(name: str, flat: FlatGraph, populations: Mapping[str, FloatPopulation]) -> None:
    """InterchangeError for a plastic node that is not a Linear between two populations.

    Only then is each of its weights one synapse.
    """
    neighbours = [*flat.into(name), *flat.out_of(name)]
    joins_two = len(flat.into(name)) == 1 and len(flat.out_of(name)) == 1
    if (
        not isinstance(flat.nodes[name], nir.Linear)
        or not joins_two
        or any(each not in populations for each in neighbours)
    ):
        raise InterchangeError(
            f"node '{name}' has metadata sc_plasticity, so it must be a Linear from one node with"
            f" neurons to another, not a {type(flat.nodes[name]).__name__} between"
            f" {flat.into(name)} and {flat.out_of(name)}."
        )


def _needed(flat: FlatGraph, populations: Mapping[str, FloatPopulation]) -> list[str]:
    """The nodes without a state from which a path leads to a population, sources first."""
    needed: set[str] = set()
    for name in reversed(flat.linear_order):
        if any(each in needed or each in populations for each in flat.out_of(name)):
            needed.add(name)
    return [name for name in flat.linear_order if name in needed]


def _steps(name: str, node: Any, size: int, dt_ms: float) -> Any:
    """Delays of a Delay node in steps, int64 (size,). InterchangeError unless they are whole."""
    seconds = broadcast(array(node.delay), size)
    steps = seconds / (dt_ms / 1e3)
    whole, off = whole_steps(steps, resolution(node.delay), DELAY_TOLERANCE)
    wrong = off | (whole < 0) | ~np.isfinite(steps)
    if wrong.any():
        worst = int(np.argmax(wrong))
        raise InterchangeError(
            f"node '{name}' (Delay) must delay by whole steps of dt_ms = {dt_ms:g} ms, >= 0, not by"
            f" {seconds[worst] * 1e3:.9g} ms (value {worst}); take another dt_ms, or round the"
            " delays before the export."
        )
    if (whole > MAX_DELAY).any():
        worst = int(np.argmax(whole))
        raise InterchangeError(
            f"node '{name}' (Delay) must delay by at most {MAX_DELAY:,} steps of dt_ms = {dt_ms:g}"
            f" ms, not by {whole[worst]:,.0f} (value {worst}); take a longer dt_ms."
        )
    return whole.astype(np.int64)
