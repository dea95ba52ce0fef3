"""Shapes that follow from parameters and from inputs."""

from __future__ import annotations

import nir
import numpy as np
from small_graphs import TOLD, graph, lif

from sc_model.interchange import (
    from_nir,
    to_nir,
)


def test_scalar_parameters_take_the_size_of_what_comes_in() -> None:
    node = nir.LIF(*(np.array(each) for each in (0.01, 1.0, 0.0, 1.0, 0.0)))
    read_in = from_nir(
        graph(("w", nir.Linear(np.ones((2, 3)))), ("n", node), edges="input>w w>n n>output"), **TOLD
    )
    assert read_in.populations["n"].shape == (2,)
    assert np.array_equal(read_in.populations["n"]["tau"], [0.01, 0.01])


def test_shapes_go_through_convolutions_without_an_input_shape() -> None:
    conv = nir.Conv2d(None, np.ones((2, 1, 3, 3)), 1, 1, 1, 1, np.zeros(2))
    pool = nir.SumPool2d(np.array([2, 2]), np.array([2, 2]), np.array([0, 0]))
    scalar = nir.IF(*(np.array(each) for each in (1000.0, 1.0, 0.0)))
    made = graph(
        ("c", conv),
        ("n", scalar),
        ("p", pool),
        ("f", nir.Flatten(None, 0, -1)),
        ("w", nir.Linear(np.ones((2, 8)))),
        ("m", lif(2)),
        edges="input>c c>n n>p p>f f>w w>m m>output",
        inputs=(1, 4, 4),
    )
    read_in = from_nir(made, **TOLD)
    assert read_in.populations["n"].shape == (2, 4, 4)
    (bias,) = (
        each
        for each in to_nir(read_in).nodes.values()
        if isinstance(each, nir.Linear) and each.weight.shape == (2, 32)
    )
    assert bias.weight.sum() == 64
