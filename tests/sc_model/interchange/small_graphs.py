"""Small NIR graphs for the tests of this folder."""

from __future__ import annotations

from typing import Any

import nir
import numpy as np

# What NIR does not say of the graphs below.
TOLD: dict[str, Any] = {"dt_ms": 1.0, "reset": "zero", "reset_delay": False}


def lif(size: int, tau: float = 0.01, **more: Any) -> Any:
    """A node of so many LIF neurons with threshold 1."""
    return nir.LIF(*(np.full(size, each) for each in (tau, 1.0, 0.0, 1.0, 0.0)), **more)


def graph(
    *nodes: tuple[str, Any], edges: str, inputs: Any = (3,), outputs: Any = (2,), **more: Any
) -> Any:
    """A graph of named nodes between an input and an output; edges as "input>w w>output"."""
    named = {
        "input": nir.Input(np.array(inputs)),
        **dict(nodes),
        "output": nir.Output(np.array(outputs)),
    }
    return nir.NIRGraph(
        named, [tuple(each.split(">")) for each in edges.split()], type_check=False, **more
    )


def plain(**more: Any) -> Any:
    """Three inputs, a matrix of ones, two neurons."""
    return graph(
        ("w", nir.Linear(np.ones((2, 3)))), ("n", lif(2)), edges="input>w w>n n>output", **more
    )
