"""From a `FloatGraph` to NIR, in one of two forms.

`lanes` expresses everything by standard nodes, but for the length of a step, the kind of reset and
learning, which go into metadata. A connection with delays becomes one Delay and one Linear for each
delay that occurs, side by side; a time constant of a synapse becomes an LI. `compact` puts delays,
time constants and refractory periods into metadata of this project's profile, so that a layer stays
one Linear; other packages would ignore them.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any, Literal

import nir
import numpy as np

from sc_model.files import PathLike, replacing
from sc_model.interchange.errors import InterchangeError
from sc_model.interchange.graph import (
    PARAMETERS,
    RESETTING,
    Connection,
    FloatGraph,
    FloatPopulation,
)
from sc_model.interchange.profile import VERSION, written_plasticity
from sc_model.interchange.taps import Floats, Taps
from sc_model.interchange.traces import Traces, traces_into

Form = Literal["lanes", "compact"]
# The class of NIR's nodes for each kind of population; inputs and outputs have fields of their own.
NODES: dict[str, type[Any]] = {
    "threshold": nir.Threshold,
    "i": nir.I,
    "if": nir.IF,
    "li": nir.LI,
    "lif": nir.LIF,
    "cubali": nir.CubaLI,
    "cubalif": nir.CubaLIF,
}


def to_nir(
    graph: FloatGraph, form: Form = "lanes", *, resistance: Literal["kept", "one"] = "kept"
) -> Any:
    """The `nir.NIRGraph` of a network.

    Reading it gives the same network again, but for the names of lanes in form `compact`.

    Parameters
    ----------
    graph : the network.
    form : ``lanes`` or ``compact``, see the module.
    resistance : ``kept``; or ``one``, which multiplies the weights in front of LIF neurons by r and
        sets r to 1, the only value that Norse's importer reads.

    Raises InterchangeError, with the name, for what the form can't express.
    """
    if form not in ("lanes", "compact"):
        raise InterchangeError(f"form must be 'lanes' or 'compact', not {form!r}.")
    if resistance not in ("kept", "one"):
        raise InterchangeError(f"resistance must be 'kept' or 'one', not {resistance!r}.")
    return _Writer(graph if resistance == "kept" else _in_weights(graph), form).nir_graph()


def _in_weights(graph: FloatGraph) -> FloatGraph:
    """The same network with the resistance r of LIF neurons multiplied into their weights."""
    factor = {each.name: each["r"] for each in graph.of_kind("lif")}
    populations = {
        name: (
            replace(each, parameters={**each.parameters, "r": np.ones(each.size)})
            if name in factor
            else each
        )
        for name, each in graph.populations.items()
    }
    connections = (
        replace(each, taps=each.taps.scaled(factor[each.target])) if each.target in factor else each
        for each in graph.connections
    )
    return replace(graph, populations=populations, connections=tuple(connections))


def write(path: PathLike, graph: FloatGraph, form: Form = "lanes") -> Path:
    """Write a network to a NIR file (HDF5); returns its path.

    Raises what `to_nir` raises, and OSError if writing fails.
    """
    content, file = to_nir(graph, form), Path(path)
    with replacing(file) as temporary:
        nir.write(temporary, content)
    return file


class _Writer:
    """Collects the nodes and edges of a graph.

    Parameters
    ----------
    graph : the network.
    form : see the module.

    Members
    -------
    nodes : the NIR nodes, by name.
    edges : names of the source and the target of each edge.
    """

    def __init__(self, graph: FloatGraph, form: Form) -> None:
        self.graph, self.form = graph, form
        self.nodes: dict[str, Any] = {}
        self.edges: list[tuple[str, str]] = []

    def nir_graph(self) -> Any:
        """The `nir.NIRGraph`."""
        graph = self.graph
        # In form `compact` lanes become metadata of the connection, and are no nodes: `hidden`.
        folded = {
            name: traces_into(graph, name) if self.form == "compact" else () for name in graph.order
        }
        hidden = {lane for traces in folded.values() for each in traces for lane in each.lanes}
        for name in graph.order:
            if name not in hidden:
                self.nodes[name] = self._node(graph.populations[name])
        for name in graph.order:
            if name in hidden:
                continue
            for traces in folded[name]:
                self._traces(name, traces)
            into = [each for each in graph.into(name) if each.source not in hidden]
            bias = next((each for each in into if each.source is None), None)
            self._bias(
                name, bias, [self._connection(each) for each in into if each.source is not None]
            )
        # NIR's type check fails for a loop without an input, which is a network here.
        metadata = {"sc_profile": VERSION, "sc_dt_ms": float(graph.dt_ms)}
        return nir.NIRGraph(self.nodes, self.edges, metadata=metadata, type_check=False)

    def _node(self, each: FloatPopulation) -> Any:
        """The NIR node of a population."""
        shape = np.array(each.shape)
        if each.kind == "input":
            return nir.Input(input_type={"input": shape})
        if each.kind == "output":
            return nir.Output(output_type={"output": shape})
        values = {name: each[name].reshape(each.shape).copy() for name in PARAMETERS[each.kind]}
        metadata: dict[str, Any] = {}
        if not each.strict:
            # NIR's neurons fire above their threshold only. This one fires at it too, which is the
            # same as above the next smaller number; `sc_strict` lets a reader undo that.
            field = "threshold" if each.kind == "threshold" else "v_threshold"
            values[field] = np.nextafter(values[field], -np.inf)
            metadata["sc_strict"] = 0
        if each.kind in RESETTING:
            metadata |= {"sc_reset": each.reset, "sc_reset_delay": int(each.reset_delay)}
        if each.refractory:
            if self.form == "lanes":
                raise InterchangeError(
                    f"population '{each.name}' must have no refractory period in form 'lanes', not"
                    f" {each.refractory} steps: NIR has none; form='compact' keeps it for this"
                    " project alone."
                )
            metadata["sc_refractory"] = each.refractory
        return NODES[each.kind](**values, metadata=metadata)

    def _add(self, name: str, node: Any) -> str:
        """Add a node under that name, or under one like it that is free; returns the name."""
        base = "".join(letter if letter.isalnum() or letter in "_." else "_" for letter in name)
        free, number = base, 2
        while free in self.nodes or free in self.graph.populations:
            free, number = f"{base}_{number}", number + 1
        self.nodes[free] = node
        return free

    def _traces(self, target: str, traces: Traces) -> None:
        """Add synapses with time constants as one Linear."""
        metadata: dict[str, Any] = {"sc_tau": traces.tau_ms}
        self._compact(traces.source, target, traces.taps, metadata)

    def _compact(self, source: str, target: str, taps: Taps, metadata: dict[str, Any]) -> None:
        """Add a connection as one Linear, with the delays of its synapses in the metadata."""
        repeated = taps.twofold()
        if repeated is not None:
            raise InterchangeError(
                f"the synapse from neuron {repeated[1]} of '{source}' to neuron {repeated[0]} of"
                f" '{target}' must have one delay in form 'compact', not several; form='lanes' can"
                " say that."
            )
        if taps.delays not in ((), (0,)):  # neither without synapses nor without delays
            metadata = {**metadata, "sc_delay": taps.steps()}
        name = self._add(f"{source}_to_{target}", nir.Linear(taps.weights(), metadata=metadata))
        self.edges += [(source, name), (name, target)]

    def _connection(self, each: Connection) -> str | None:
        """Add the nodes of a connection.

        Returns the name of its Linear without delay, which may take a bias (see `_bias`); None
        where there is no such node.
        """
        source, target, taps = str(each.source), each.target, each.taps
        if each.plasticity is not None:
            if taps.delays not in ((), (0,)) and self.form == "lanes":
                raise InterchangeError(
                    f"connection '{source}' -> '{target}' must have no delays in form 'lanes', for"
                    " it learns; form='compact' keeps them."
                )
            self._compact(
                source, target, taps, {"sc_plasticity": written_plasticity(each.plasticity)}
            )
            return None
        if taps.is_identity:
            self.edges.append((source, target))
            return None
        # A synapse with several delays does not fit into metadata: it is written as in `lanes`.
        if self.form == "compact" and taps.delays != (0,) and taps.twofold() is None:
            self._compact(source, target, taps, {})
            return None
        undelayed = None
        for delay, matrix in taps:
            start = source
            if delay:
                seconds = np.full(
                    self.graph.populations[source].size, delay * self.graph.dt_ms / 1e3
                )
                start = self._add(
                    f"{source}_to_{target}_delay{delay}",
                    nir.Delay(seconds.reshape(self.graph.populations[source].shape)),
                )
                self.edges.append((source, start))
            name = self._add(
                f"{source}_to_{target}" + (f"_after{delay}" if delay else ""),
                nir.Linear(matrix.toarray()),
            )
            self.edges += [(start, name), (name, target)]
            undelayed = undelayed or (None if delay else name)
        return undelayed

    def _bias(self, target: str, bias: Connection | None, linear: list[str | None]) -> None:
        """Add the bias of a population.

        NIR has a bias in an Affine only. So an undelayed one turns one of the population's Linear
        nodes into an Affine, where there is one. Any other bias becomes an Affine of its own, whose
        weights are 0. It needs an input nevertheless, which has no effect: a source of the
        population, or else an input of the network.

        Parameters
        ----------
        target : name of the population.
        bias : its bias, or None.
        linear : what `_connection` returned for each connection to it.
        """
        for delay, column in bias.taps if bias is not None else ():
            values: Floats = column.toarray()[:, 0]
            host = next((name for name in linear if name is not None), None)
            if not delay and host is not None:
                self.nodes[host] = nir.Affine(self.nodes[host].weight, values)
                continue
            source = next(
                (each.source for each in self.graph.into(target) if each.source is not None), None
            )
            source = source or next((each.name for each in self.graph.of_kind("input")), None)
            if source is None:
                raise InterchangeError(
                    f"the bias of '{target}' must stand in an Affine node behind another, and there"
                    " is no input."
                )
            name = self._add(
                f"{target}_bias",
                nir.Affine(np.zeros((len(values), self.graph.populations[source].size)), values),
            )
            self.edges.append((source, name))
            if delay:
                late = self._add(
                    f"{target}_bias_delay{delay}",
                    nir.Delay(np.full(len(values), delay * self.graph.dt_ms / 1e3)),
                )
                self.edges.append((name, late))
                name = late
            self.edges.append((name, target))
