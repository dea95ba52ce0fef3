"""The order of a step."""

from __future__ import annotations

import nir
import numpy as np
from small_graphs import TOLD, graph, lif

from sc_model.interchange import (
    from_nir,
    run,
    to_network,
)


def test_a_loop_takes_a_step_and_its_delay_adds() -> None:
    """One spike comes in; a neuron that passes spikes on gets its own back a step and the delay
    later.
    """
    relay = nir.Threshold(np.array([0.5]))
    made = graph(
        ("n", relay),
        ("d", nir.Delay(np.array([0.002]))),
        edges="input>n n>d d>n n>output",
        inputs=(1,),
        outputs=(1,),
    )
    found = run(to_network(from_nir(made, dt_ms=1.0)), {"input": [[1], *[[0]] * 9]})["output"][:, 0]
    assert list(found) == [1, 0, 0, 1, 0, 0, 1, 0, 0, 1]


def test_the_order_of_a_step_does_not_depend_on_the_order_of_nodes() -> None:
    nodes = [(name, lif(2)) for name in "dbca"]
    edges = "input>w w>d d>b b>c c>a a>b d>a a>output"
    orders = set()
    for turn in range(4):
        made = graph(("w", nir.Linear(np.ones((2, 3)))), *nodes[turn:], *nodes[:turn], edges=edges)
        orders.add(from_nir(made, **TOLD).order)
    assert orders == {("input", "d", "b", "c", "a", "output")}
