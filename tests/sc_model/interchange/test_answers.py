"""A reset and its moment for each node."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import nir
import numpy as np
import pytest

from sc_model.interchange import (
    InterchangeError,
    from_nir,
    run,
    to_layers,
    to_network,
    to_nir,
)

ONE = np.ones(1)


def three_layers() -> Any:
    """Three neurons in a row, each of which integrates what comes in."""
    nodes: dict[str, Any] = {"input": nir.Input(np.array([1]))}
    for name in ("first", "1", "readout"):
        nodes[f"w_{name}"] = nir.Linear(np.ones((1, 1)) * 0.7)
        nodes[name] = nir.IF(r=ONE * 1000, v_threshold=ONE, v_reset=ONE * 0)
    nodes["output"] = nir.Output(np.array([1]))
    names = list(nodes)
    return nir.NIRGraph(nodes, list(pairwise(names)), type_check=False)


def test_each_node_has_its_own_reset_and_moment() -> None:
    read_in = from_nir(
        three_layers(),
        dt_ms=1.0,
        reset={"*": "zero", "1": "subtract", "readout": "none"},
        reset_delay={"*": False, "1": True},
    )
    found = {
        name: (read_in.populations[name].reset, read_in.populations[name].reset_delay)
        for name in ("first", "1", "readout")
    }
    assert found == {"first": ("zero", False), "1": ("subtract", True), "readout": ("none", False)}


def test_a_readout_without_reset_by_hand() -> None:
    """0.7 in each step and a threshold of 1: without a reset it fires from the second step on."""
    told: dict[str, Any] = {"dt_ms": 1.0, "reset_delay": False}
    graph = from_nir(three_layers(), reset={"*": "zero", "first": "none"}, **told)
    spikes = run(to_network(graph), {"input": np.ones((5, 1))})
    assert spikes["first"][:, 0].tolist() == [0, 1, 1, 1, 1]
    # the next one gets them, and resets to zero: 0.7, 1.4 -> 0, ...
    assert spikes["1"][:, 0].tolist() == [0, 0, 1, 0, 1]
    assert [layer.reset for layer in to_layers(graph)] == ["none", "zero", "zero"]
    back = from_nir(to_nir(graph))
    assert back.populations["first"].reset == "none"
    # where nothing resets, no moment is asked for
    assert from_nir(three_layers(), dt_ms=1.0, reset="none").populations["1"].reset == "none"


@pytest.mark.parametrize(
    ("told", "text"),
    [
        (
            {"reset": {"first": "zero", "1": "zero"}},
            (
                "reset must be given for node 'readout', NIR has no field for it: 'zero' (to"
                " v_reset), 'subtract' (less the threshold) or 'none'."
            ),
        ),
        (
            {"reset": {"*": "zero", "w_1": "subtract"}},
            (
                "reset must be given for nodes that have a reset (IF, LIF, CubaLIF), not for"
                " 'w_1'; those that have one are first, 1, readout."
            ),
        ),
        (
            {"reset": {"*": "zero", "redout": "none"}},
            (
                "reset must be given for nodes that have a reset (IF, LIF, CubaLIF), not for"
                " 'redout'; did you mean 'readout'?"
            ),
        ),
        (
            {"reset": {"*": "zero", "1": "soft"}},
            "reset of node '1' must be 'zero', 'subtract' or 'none', not 'soft'.",
        ),
        (
            {"reset": "zero", "reset_delay": {"1": "yes"}},
            "reset_delay of node '1' must be True or False, not 'yes'.",
        ),
        (
            {"source": "spikingjelly", "reset": {"1": "subtract"}},
            "reset must be 'zero', as source 'spikingjelly' means, not 'subtract'; leave it out.",
        ),
    ],
)
def test_answers_that_are_none(told: dict[str, Any], text: str) -> None:
    with pytest.raises(InterchangeError) as caught:
        from_nir(three_layers(), **{"dt_ms": 1.0, "reset_delay": False, **told})
    assert str(caught.value) == text
