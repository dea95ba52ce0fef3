"""`FloatGraph`: a network between formats, with populations and connections.

It has the contents of a NIR graph in the units of NIR (seconds, see `PARAMETERS`), and decides what
such a graph leaves open: the length of a step, the reset, shapes, and the order of a step. A step
goes through the populations in `FloatGraph.order`, with a = dt / tau and the sum I of a
population's inputs::

    li, lif           v' = v + a (v_leak - v + r I)
    i, if             v' = v + dt r I
    cubali, cubalif   s' = s + (dt / tau_syn) (w_in I - s)
                      v' = v + (dt / tau_mem) (v_leak - v + r s')
    threshold         z  = I > threshold

The output of li, i and cubali is v'. The output of lif, if and cubalif is z = v' > v_threshold,
with a reset of the potential::

    zero       v <- v_reset                        with reset_delay: v_reset in all of the next step
    subtract   v <- v - (v_threshold - v_reset)    with reset_delay: in the next step, after leak
                                                   and input
    none       v stays: the neuron fires in each step in which it is above its threshold

A population gets the outputs that populations before it in the order have in the same step. From
itself and from later ones it gets those of the step before, so a loop always takes a step. Delays
add to that.

Potentials begin at v_leak (i: 0, if: v_reset), currents at 0.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from sc_model.interchange.errors import InterchangeError
from sc_model.interchange.taps import Floats, Taps
from sc_model.spec import ConvSpec

Kind = Literal["input", "output", "threshold", "i", "if", "li", "lif", "cubali", "cubalif"]
Reset = Literal["zero", "subtract", "none"]

# Fields of a NIR node, (neurons,) each. Time constants are in s; the others have the network's
# units.
PARAMETERS: dict[str, tuple[str, ...]] = {
    "input": (),
    "output": (),
    "threshold": ("threshold",),
    "i": ("r",),
    "if": ("r", "v_threshold", "v_reset"),
    "li": ("tau", "r", "v_leak"),
    "lif": ("tau", "r", "v_leak", "v_threshold", "v_reset"),
    "cubali": ("tau_syn", "tau_mem", "r", "v_leak", "w_in"),
    "cubalif": ("tau_syn", "tau_mem", "r", "v_leak", "w_in", "v_threshold", "v_reset"),
}
RESETTING = ("if", "lif", "cubalif")
SPIKING = ("threshold", *RESETTING)
ANALOGUE = ("i", "li", "cubali")  # kinds whose output is a potential
STEP_TOLERANCE = 1e-6  # relative, by which dt may exceed a time constant that float32 rounded


@dataclass(frozen=True, eq=False)
class FloatPopulation:
    """Neurons of one kind, or an input or an output.

    Members
    -------
    name : of the node.
    kind : see the module.
    shape : of its output; flattened in C order.
    parameters : arrays (neurons,) by the names in `PARAMETERS`.
    reset : ``zero``, ``subtract`` or ``none``, see the module.
    reset_delay : whether the step after the spike does the reset.
    refractory : steps after a spike in which a neuron neither integrates nor fires.
    strict : whether a neuron fires above its threshold only, and not at it.
    """

    name: str
    kind: Kind
    shape: tuple[int, ...]
    parameters: Mapping[str, Floats] = field(default_factory=dict)
    reset: Reset = "zero"
    reset_delay: bool = False
    refractory: int = 0
    strict: bool = True

    @property
    def size(self) -> int:
        """Number of neurons."""
        return int(np.prod(self.shape, dtype=np.int64))

    @property
    def node_type(self) -> str:
        """Name of the kind as NIR spells it, such as `CubaLIF`."""
        return self.kind.upper().replace("CUBA", "Cuba")

    def __getitem__(self, name: str) -> Floats:
        return self.parameters[name]

    def kept(self, tau: str, dt_ms: float) -> Floats:
        """The share that is left after a step, 1 - dt / tau, in [0, 1], (neurons,).

        `tau` is the field with the time constant.
        """
        return np.maximum(1.0 - dt_ms / 1e3 / self[tau], 0.0)

    def gain(self, dt_ms: float) -> Floats:
        """What a unit of input adds to the potential, (neurons,).

        For `cubali` and `cubalif` it is a unit of synaptic current.
        """
        step = dt_ms / 1e3
        tau = {"li": "tau", "lif": "tau", "cubali": "tau_mem", "cubalif": "tau_mem"}.get(self.kind)
        return _unit(self["r"] * step if tau is None else self["r"] * (step / self[tau]))

    def synaptic_gain(self, dt_ms: float) -> Floats:
        """What a unit of input adds to the current of `cubali` or `cubalif`, (neurons,)."""
        return _unit(self["w_in"] * (dt_ms / 1e3 / self["tau_syn"]))


def _unit(gain: Floats) -> Floats:
    """Gains, with those within 1e-12 of 1 set to 1.

    Other packages write r = tau / dt for a gain of 1; the rounding of that quotient is removed.
    """
    return np.where(np.abs(gain - 1.0) < 1e-12, 1.0, gain)


@dataclass(frozen=True)
class Plasticity:
    """How a connection learns; its weights are the initial ones.

    Members
    -------
    family : name of the rule.
    parameters : of the rule, by name.
    """

    family: str
    parameters: Mapping[str, int | float | bool | str] = field(default_factory=dict)


@dataclass(frozen=True, eq=False)
class Connection:
    """Weights and delays from one population to another.

    Members
    -------
    source : name of a population; None: a constant of 1, which makes the connection a bias.
    target : name of a population.
    taps : weights by delay.
    plasticity : how it learns, or None.
    """

    source: str | None
    target: str
    taps: Taps
    plasticity: Plasticity | None = None


@dataclass(frozen=True, eq=False)
class FloatGraph:
    """Populations by name, connections, and the length of a step in ms; see the module.

    Members
    -------
    populations, connections, dt_ms : as above.
    kernels : sizes of the convolution that a connection may be, by source and target.

    Raises InterchangeError for a connection from or to a population that is not there, or of
    another size.
    """

    populations: Mapping[str, FloatPopulation]
    connections: tuple[Connection, ...]
    dt_ms: float
    kernels: Mapping[tuple[str, str], ConvSpec] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for each in self.connections:
            for name in (each.source, each.target):
                if name is not None and name not in self.populations:
                    raise InterchangeError(
                        f"a connection must join populations of the graph, not '{name}', which is"
                        " not there."
                    )
            sizes = (
                self.populations[each.target].size,
                1 if each.source is None else self.populations[each.source].size,
            )
            if each.taps.shape != sizes:
                raise InterchangeError(
                    f"connection '{each.source}' -> '{each.target}' must have weights of shape"
                    f" {sizes}, not {each.taps.shape}."
                )

        step = self.dt_ms / 1e3
        for one in self.populations.values():
            for name in ("tau", "tau_syn", "tau_mem"):
                short = ~(one.parameters.get(name, np.full(1, step)) >= step * (1 - STEP_TOLERANCE))
                if short.any():
                    worst = int(np.argmax(short))
                    raise InterchangeError(
                        f"node '{one.name}' ({one.kind}) must have {name} >= the step of"
                        f" {self.dt_ms:g} ms, not {one[name][worst] * 1e3:g} ms (neuron {worst}):"
                        " Euler's step would overshoot; give the dt_ms, or the source, that the"
                        " graph was made for."
                    )

    def into(self, target: str) -> tuple[Connection, ...]:
        """Connections that end in a population."""
        return tuple(each for each in self.connections if each.target == target)

    def out_of(self, source: str | None) -> tuple[Connection, ...]:
        """Connections that begin in a population."""
        return tuple(each for each in self.connections if each.source == source)

    def of_kind(self, *kinds: str) -> tuple[FloatPopulation, ...]:
        """Populations of these kinds, in the order of a step."""
        return tuple(
            self.populations[name] for name in self.order if self.populations[name].kind in kinds
        )

    @cached_property
    def order(self) -> tuple[str, ...]:
        """The order of a step, sources before targets.

        In a loop the connections that go back are those to a population through which a depth-first
        walk came; it begins at the inputs and takes neighbours by name, so the order depends on
        nothing but the graph.
        """
        after = {
            name: sorted({each.target for each in self.out_of(name)}, reverse=True)
            for name in self.populations
        }
        fed = {target for targets in after.values() for target in targets}
        inputs = sorted(
            (each.name for each in self.populations.values() if each.kind == "input"), reverse=True
        )
        order: list[str] = []
        visits: set[str] = set()
        for root in (*inputs, *sorted(set(after) - fed, reverse=True), *sorted(after)):
            walk = [] if root in visits else [(root, iter(after[root]))]
            visits.add(root)
            while walk:
                other = next((name for name in walk[-1][1] if name not in visits), None)
                if other is None:
                    order.append(walk.pop()[0])
                else:
                    visits.add(other)
                    walk.append((other, iter(after[other])))
        return tuple(reversed(order))

    @cached_property
    def place(self) -> dict[str, int]:
        """Position of each population in the order."""
        return {name: number for number, name in enumerate(self.order)}

    def goes_back(self, each: Connection) -> bool:
        """Whether a connection gives what its source gave in the step before."""
        return each.source is not None and self.place[each.source] >= self.place[each.target]


def broadcast(value: Any, size: int) -> NDArray[np.float64]:
    """A parameter, scalar or one for each neuron, as (neurons,) of its own."""
    array = np.asarray(value, np.float64).reshape(-1)
    return np.full(size, array[0]) if array.size == 1 else array.copy()
