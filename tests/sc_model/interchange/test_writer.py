"""What the forms of a written graph can not express."""

from __future__ import annotations

from typing import Any

import pytest

from sc_model.interchange import (
    Connection,
    FloatGraph,
    FloatPopulation,
    InterchangeError,
    Plasticity,
    Taps,
    to_nir,
)


def test_what_a_form_can_not_say_is_refused_by_name() -> None:
    populations = {
        name: FloatPopulation(name, "input" if name == "x" else "output", (1,)) for name in "xy"
    }

    def refused(connections: tuple[Connection, ...], form: Any, message: str) -> None:
        with pytest.raises(InterchangeError) as caught:
            to_nir(FloatGraph(populations, connections, 1.0), form)
        assert str(caught.value) == message

    late = Taps((1, 1), {2: [[1.0]]})
    refused((), "lane", "form must be 'lanes' or 'compact', not 'lane'.")
    refused(
        (Connection("x", "y", late, Plasticity("pair_stdp")),),
        "lanes",
        "connection 'x' -> 'y' must have no delays in form 'lanes', for it learns; form='compact'"
        " keeps them.",
    )
    refused(
        (Connection("x", "y", Taps((1, 1), {1: [[1.0]], 2: [[1.0]]}), Plasticity("pair_stdp")),),
        "compact",
        "the synapse from neuron 0 of 'x' to neuron 0 of 'y' must have one delay in form 'compact',"
        " not several; form='lanes' can say that.",
    )
    with pytest.raises(InterchangeError) as caught:
        FloatGraph(populations, (Connection("x", "z", late),), 1.0)
    assert (
        str(caught.value)
        == "a connection must join populations of the graph, not 'z', which is not there."
    )
    with pytest.raises(InterchangeError) as caught:
        FloatGraph(populations, (Connection("x", "y", Taps((2, 1), {})),), 1.0)
    assert (
        str(caught.value) == "connection 'x' -> 'y' must have weights of shape (1, 1), not (2, 1)."
    )
