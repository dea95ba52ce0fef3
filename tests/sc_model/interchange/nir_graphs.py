"""Random graphs for the tests, and what it means that two are the same."""

from __future__ import annotations

from typing import Any

import numpy as np
from hypothesis import strategies as st

from sc_model.interchange import Connection, FloatGraph, FloatPopulation, Plasticity, Taps
from sc_model.interchange.graph import PARAMETERS, RESETTING

DT_MS = 0.5
KINDS = ("threshold", "i", "if", "li", "lif", "cubali", "cubalif")


def parameters(kind: str, size: int, rng: np.random.Generator) -> dict[str, Any]:
    """Numbers of the right size for a kind: time constants of 1 to 40 steps, thresholds above
    resets.
    """
    step = DT_MS / 1e3
    values: dict[str, Any] = {}
    for name in PARAMETERS[kind]:
        if name.startswith("tau"):
            values[name] = step * rng.uniform(1, 40, size)
        elif name == "r":
            values[name] = rng.uniform(0.5, 8, size) / (step if kind in ("i", "if") else 1)
        elif name in ("threshold", "v_threshold"):
            values[name] = rng.uniform(0.5, 2, size)
        else:
            values[name] = rng.uniform(-0.4, 0.4, size)
    if "w_in" in values:
        values["w_in"] = rng.uniform(0.5, 8, size)
    return values


@st.composite
def graphs(draw: Any, compact: bool = False) -> FloatGraph:
    """Any graph: inputs, outputs, all kinds, loops, delays, biases, rules."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    names: list[str] = []
    populations: dict[str, FloatPopulation] = {}

    def add(name: str, kind: Any, size: int) -> None:
        names.append(name)
        resetting = kind in RESETTING
        reset = draw(st.sampled_from(("zero", "subtract"))) if resetting else "zero"
        delay = resetting and draw(st.booleans())
        strict = kind not in ("threshold", *RESETTING) or draw(st.booleans())
        refractory = 2 if compact and resetting and not delay and draw(st.booleans()) else 0
        populations[name] = FloatPopulation(
            name, kind, (size,), parameters(kind, size, rng), reset, delay, refractory, strict
        )

    for number in range(draw(st.integers(1, 2))):
        add(f"in{number}", "input", draw(st.integers(1, 4)))
    for number in range(draw(st.integers(1, 4))):
        add(
            f"{draw(st.sampled_from('abz'))}{number}",
            draw(st.sampled_from(KINDS)),
            draw(st.integers(1, 4)),
        )
    for number in range(draw(st.integers(1, 2))):
        add(f"out{number}", "output", draw(st.integers(1, 4)))
    connections = []
    for target in names:
        kind = populations[target].kind
        if kind == "input":
            continue
        for source in names:
            if populations[source].kind == "output" or draw(st.integers(0, 2)) == 0:
                continue
            shape = (populations[target].size, populations[source].size)
            if shape[0] == shape[1] and draw(st.booleans()):
                connections.append(Connection(source, target, Taps.identity(shape[0])))
                continue
            rule = (
                Plasticity("pair_stdp", {"shift": 4, "gain": 0.5})
                if kind != "output" and draw(st.integers(0, 4)) == 0
                else None
            )
            delays = (
                [0]
                if rule
                else draw(
                    st.lists(st.integers(0, 5), min_size=1, max_size=2 - compact, unique=True)
                )
            )
            taps = Taps(shape, {delay: rng.integers(-8, 9, shape) / 4 for delay in delays})
            if len(taps):
                connections.append(Connection(source, target, taps, rule))
        if kind != "output" and draw(st.booleans()):
            delay = draw(st.sampled_from((0, 0, 3)))
            connections.append(
                Connection(
                    None,
                    target,
                    Taps(
                        (populations[target].size, 1),
                        {delay: rng.integers(1, 5, (populations[target].size, 1)) / 8},
                    ),
                )
            )
    return FloatGraph(populations, tuple(connections), DT_MS)


def difference(one: FloatGraph, other: FloatGraph, tolerance: float = 0.0) -> str | None:
    """The first thing in which two graphs differ, or None."""
    if one.dt_ms != other.dt_ms:
        return f"dt_ms {one.dt_ms} {other.dt_ms}"
    if set(one.populations) != set(other.populations):
        return f"populations {sorted(one.populations)} {sorted(other.populations)}"
    for name, each in one.populations.items():
        twin = other.populations[name]
        for field in ("kind", "shape", "reset", "reset_delay", "refractory", "strict"):
            if getattr(each, field) != getattr(twin, field):
                return f"{name}.{field} {getattr(each, field)} {getattr(twin, field)}"
        for field in PARAMETERS[each.kind]:
            if not np.allclose(each[field], twin[field], rtol=tolerance, atol=0):
                return f"{name}.{field} {each[field]} {twin[field]}"
    if one.order != other.order:
        return f"order {one.order} {other.order}"

    def key(each: Connection) -> tuple[str, str, bool]:
        return (each.source or "", each.target, each.plasticity is not None)

    mine, theirs = ({key(each): each for each in graph.connections} for graph in (one, other))
    if set(mine) != set(theirs):
        return f"connections {sorted(set(mine) ^ set(theirs))}"
    for where, each in mine.items():
        twin = theirs[where]
        if each.plasticity != twin.plasticity:
            return f"{where} {each.plasticity} {twin.plasticity}"
        if each.taps.delays != twin.taps.delays:
            return f"{where} delays {each.taps.delays} {twin.taps.delays}"
        for delay, matrix in each.taps:
            if not np.allclose(
                matrix.toarray(), twin.taps.at(delay).toarray(), rtol=tolerance, atol=0
            ):
                return f"{where} weights"
    return None
