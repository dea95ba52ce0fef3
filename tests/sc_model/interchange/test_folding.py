"""Webs of linear nodes against what they compute."""

from __future__ import annotations

import nir
import numpy as np
from nir_graphs import DT_MS
from nir_interpreter import interpret

from sc_model.interchange import (
    from_nir,
    run,
    to_network,
)


def test_a_web_of_linear_nodes_folds_to_what_it_computes() -> None:
    """Fan-out, fan-in, delays in series and side by side, a bias behind a delay, a nested graph, a
    loop through it.
    """
    rng = np.random.default_rng(1)

    def number(*shape: int) -> np.ndarray:
        return rng.integers(-8, 9, shape) / 8

    inner = nir.NIRGraph(
        {
            "input": nir.Input(np.array([3])),
            "lif": nir.LIF(
                np.full(3, 0.002),
                np.full(3, 4.0),
                np.full(3, 0.125),
                np.full(3, 1.0),
                np.full(3, -0.5),
            ),
            "w_rec": nir.Affine(number(3, 3), number(3)),
            "output": nir.Output(np.array([3])),
        },
        [("input", "lif"), ("lif", "w_rec"), ("w_rec", "lif"), ("lif", "output")],
    )
    nodes = {
        "input": nir.Input(np.array([4])),
        "a": nir.Affine(number(3, 4), number(3)),
        "b": nir.Affine(number(3, 4), number(3)),
        "c": nir.Affine(number(3, 3), number(3)),
        "late": nir.Delay(np.array([0.0, 0.0005, 0.0015])),
        "later": nir.Delay(np.array([0.001, 0.0, 0.0005])),
        "twice": nir.Scale(np.array([2.0, 1.0, -0.5])),
        "rnn": inner,
        "back": nir.Linear(number(3, 3)),
        "readout": nir.Linear(number(2, 3)),
        "output": nir.Output(np.array([2])),
    }
    edges = [
        ("input", "a"),
        ("input", "b"),
        ("a", "late"),
        ("late", "later"),
        ("b", "c"),
        ("c", "later"),
        ("c", "twice"),
        ("later", "rnn"),
    ]
    edges += [
        ("twice", "rnn"),
        ("rnn", "back"),
        ("back", "later"),
        ("rnn", "readout"),
        ("input", "output_only"),
        ("output_only", "output"),
    ]
    nodes["output_only"] = nir.Linear(number(2, 4))
    edges.append(("readout", "output"))
    graph = nir.NIRGraph(nodes, edges, type_check=False)
    read_in = from_nir(graph, dt_ms=DT_MS, reset="zero", reset_delay=False)
    assert read_in.order == ("input", "rnn.lif", "output")
    flat = nir.NIRGraph(
        {
            **{name: node for name, node in nodes.items() if name != "rnn"},
            "rnn.lif": inner.nodes["lif"],
            "rnn.w": inner.nodes["w_rec"],
        },
        [
            *((a.replace("rnn", "rnn.lif"), b.replace("rnn", "rnn.lif")) for a, b in edges),
            ("rnn.lif", "rnn.w"),
            ("rnn.w", "rnn.lif"),
        ],
        type_check=False,
    )
    x = rng.integers(0, 2, (60, 4)).astype(float)
    places = {"input": 0, "rnn.lif": 1, "output": 2}
    expected = interpret(flat, places, DT_MS / 1e3, {}, {"input": x})
    found = run(to_network(read_in), {"input": x})
    assert 0 < expected["rnn.lif"].mean() < 1
    assert np.array_equal(found["rnn.lif"], expected["rnn.lif"])
    assert np.allclose(found["output"], expected["output"], rtol=0, atol=1e-12)
