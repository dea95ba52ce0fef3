"""Reading of NIR graphs: answers that must be given, and what is refused."""

from __future__ import annotations

from typing import Any

import nir
import numpy as np
import pytest
from small_graphs import TOLD, graph, lif, plain
from support import python

from sc_model.interchange import (
    InterchangeError,
    from_nir,
)


@pytest.mark.parametrize(
    ("seconds", "steps"), [(0.004, 4), (0.0039999999, 4), (4.0000009e-3, 4), (0.0, 0)]
)
def test_delays_are_rounded_only_by_what_floats_are_off(seconds: float, steps: int) -> None:
    made = graph(
        ("d", nir.Delay(np.full(3, seconds))),
        ("w", nir.Linear(np.ones((2, 3)))),
        ("n", lif(2)),
        edges="input>d d>w w>n n>output",
    )
    (connection,) = (each for each in from_nir(made, **TOLD).connections if each.target == "n")
    assert connection.taps.delays == (steps,)


W, N = ("w", nir.Linear(np.ones((2, 3)))), ("n", lif(2))

EDGES = "input>w w>n n>output"

PROFILE: dict[str, Any] = {"sc_profile": 1, "sc_dt_ms": 1.0}

ZERO: dict[str, Any] = {"sc_reset": "zero", "sc_reset_delay": 0}


def deep(*, inputs: int = 1) -> Any:
    inner = {f"i{number}": nir.Input(np.array([2])) for number in range(inputs)} | {
        "n": lif(2),
        "o": nir.Output(np.array([2])),
    }
    edges = [*((f"i{number}", "n") for number in range(inputs)), ("n", "o")]
    return nir.NIRGraph(inner, edges, type_check=False)


REFUSED: dict[str, tuple[Any, dict[str, Any], str]] = {
    "no graph": (lif(2), {}, "a NIR graph must be a nir.NIRGraph, not LIF."),
    "no step": (
        plain(),
        {"dt_ms": None},
        (
            "dt_ms must be given for this graph; NIR has no step: it is that of the simulation"
            " which the network was made for."
        ),
    ),
    "no step of norse": (
        plain(),
        {"dt_ms": None, "source": "norse"},
        (
            "dt_ms must be given for this graph; its to_nir() takes the argument dt, 0.001 s (1.0"
            " ms) unless another was given."
        ),
    ),
    "another step": (
        plain(),
        {"dt_ms": 1.0, "source": "snntorch"},
        "dt_ms must be 0.1, as its source says, not 1.0; leave it out.",
    ),
    "another step than noted": (
        plain(metadata=PROFILE),
        {"dt_ms": 2.0},
        "dt_ms must be 1.0, as its metadata sc_dt_ms says, not 2.0; leave it out.",
    ),
    "no time": (plain(), {"dt_ms": 0.0}, "dt_ms must be > 0, not 0.0."),
    "source": (
        plain(),
        {"source": "snntorhc"},
        (
            "source must be one of norse, norse-1.1, norse-seconds, sc, snntorch, spikingjelly or"
            " left out, not 'snntorhc'; did you mean 'snntorch'?"
        ),
    ),
    "source sc": (
        plain(),
        {"source": "sc"},
        "a graph from source 'sc' must have metadata sc_profile; leave source out and give dt_ms.",
    ),
    "no reset": (
        plain(),
        {"reset": None},
        (
            "reset must be given for node 'n', NIR has no field for it: 'zero' (to v_reset),"
            " 'subtract' (less the threshold) or 'none'."
        ),
    ),
    "no reset_delay": (
        plain(),
        {"reset_delay": None},
        (
            "reset_delay must be given for node 'n', NIR has no field for it: False (at the spike)"
            " or True (in the step after, as snnTorch does by default)."
        ),
    ),
    "bad reset": (
        plain(),
        {"reset": "soft"},
        "reset must be 'zero', 'subtract' or 'none', not 'soft'.",
    ),
    "another reset than noted": (
        graph(W, ("n", lif(2, metadata=ZERO)), edges=EDGES, metadata=PROFILE),
        {"reset": "subtract"},
        "reset must be 'zero', as metadata of node 'n' says, not 'subtract'; leave it out.",
    ),
    "another reset than the source's": (
        plain(),
        {"source": "spikingjelly", "reset": "subtract"},
        "reset must be 'zero', as source 'spikingjelly' means, not 'subtract'; leave it out.",
    ),
    "overshoot": (
        plain(),
        {"dt_ms": 20.0},
        (
            "node 'n' (lif) must have tau >= the step of 20 ms, not 10 ms (neuron 0): Euler's step"
            " would overshoot; give the dt_ms, or the source, that the graph was made for."
        ),
    ),
    "gain": (
        plain(),
        {"source": "snntorch", "dt_ms": None},
        (
            "node 'n' must have r = tau / dt from source 'snntorch', not r = 1 with tau = 0.01 s"
            " (neuron 0); leave source out and give dt_ms."
        ),
    ),
    "fraction of a step": (
        graph(
            ("d", nir.Delay(np.array([0.0, 0.003999, 0.0]))), W, N, edges="input>d d>w w>n n>output"
        ),
        {},
        (
            "node 'd' (Delay) must delay by whole steps of dt_ms = 1 ms, >= 0, not by 3.999 ms"
            " (value 1); take another dt_ms, or round the delays before the export."
        ),
    ),
    "before its time": (
        graph(
            ("d", nir.Delay(np.array([0.0, -0.001, 0.0]))), W, N, edges="input>d d>w w>n n>output"
        ),
        {},
        (
            "node 'd' (Delay) must delay by whole steps of dt_ms = 1 ms, >= 0, not by -1 ms (value"
            " 1); take another dt_ms, or round the delays before the export."
        ),
    ),
    "loop without state": (
        graph(
            W, N, ("v", nir.Linear(np.ones((3, 3)))), edges="input>w input>v v>v v>w w>n n>output"
        ),
        {},
        "the loop through node 'v' must pass a node with a state, such as LIF; it has none.",
    ),
    "twice": (
        graph(W, N, edges="input>w input>w w>n n>output"),
        {},
        (
            "edge ('input', 'w') of the graph must be there once, not 2 times; to add a value"
            " twice, put a Scale by 2 there."
        ),
    ),
    "nowhere": (
        graph(W, N, edges="input>w w>n n>out"),
        {},
        "edge ('n', 'out') of the graph must join nodes of it, not 'out', which is not there; did"
        " you mean 'output'?",
    ),
    "size": (
        graph(W, ("n", lif(4)), edges=EDGES),
        {},
        "node 'n' (LIF) must get 4 values, not 2 from node 'w' (shape (2,)).",
    ),
    "size of a linear node": (
        graph(W, N, edges=EDGES, inputs=(5,)),
        {},
        "node 'w' (Linear) must get 3 values, not 5 (shape (5,)).",
    ),
    "no shape": (
        nir.NIRGraph(
            {
                "input": nir.Input({"input": None}),
                "n": nir.Flatten(None),
                "output": nir.Output({"output": None}),
            },
            [("input", "n"), ("n", "output")],
            type_check=False,
        ),
        {},
        (
            "the shape of node 'input' (Input) must follow from its parameters or from what comes"
            " into it, and does not; give an Input its shape, and neurons their parameters one for"
            " each."
        ),
    ),
    "ports": (
        graph(W, ("sub", deep(inputs=2)), edges="input>w w>sub sub>output"),
        {},
        "node 'sub' (NIRGraph) must have one Input, not 2: edges to it have no names.",
    ),
    "name": (
        graph(W, ("sub", deep()), ("sub.n", lif(2)), edges="input>w w>sub sub>sub.n sub.n>output"),
        {},
        "node 'sub.n' must have a name of its own; the graph 'sub' holds one too.",
    ),
    "newer profile": (
        plain(metadata={"sc_profile": 2, "sc_dt_ms": 1.0}),
        {},
        "metadata sc_profile of the graph must be 1, not 2; a newer sc-hw wrote it: install that.",
    ),
    "no profile": (
        plain(metadata={"sc_dt_ms": 1.0}),
        {},
        "metadata sc_profile of the graph must be 1, not None; sc_* goes with it.",
    ),
    "unknown note of the graph": (
        plain(metadata={**PROFILE, "sc_resett": 1}),
        {},
        "metadata of the graph must be among sc_profile, sc_dt_ms in profile 1, not 'sc_resett'.",
    ),
    "unknown note": (
        graph(W, ("n", lif(2, metadata={"sc_resett": "zero"})), edges=EDGES, metadata=PROFILE),
        {},
        (
            "metadata of node 'n' must be among sc_reset, sc_reset_delay, sc_strict, sc_refractory,"
            " sc_delay, sc_tau, sc_plasticity in profile 1, not 'sc_resett'; did you mean"
            " 'sc_reset'?"
        ),
    ),
    "note without a profile": (
        graph(W, ("n", lif(2, metadata=ZERO)), edges=EDGES),
        {},
        (
            "node 'n' has metadata sc_reset, but the graph has no sc_profile that would say what it"
            " means; write the graph again, or take it out."
        ),
    ),
    "shape of a note": (
        graph(
            ("w", nir.Linear(np.ones((2, 3)), metadata={"sc_delay": np.zeros((3, 2))})),
            N,
            edges=EDGES,
            metadata=PROFILE,
        ),
        {"dt_ms": None},
        "metadata sc_delay of node 'w' must have the shape of the weight, (2, 3), not (3, 2).",
    ),
    "half a step": (
        graph(
            ("w", nir.Linear(np.ones((2, 3)), metadata={"sc_delay": np.full((2, 3), 1.5)})),
            N,
            edges=EDGES,
            metadata=PROFILE,
        ),
        {"dt_ms": None},
        "metadata sc_delay of node 'w' must be whole steps from 0 to 65,536, not 1.5.",
    ),
    "no time constant": (
        graph(
            ("w", nir.Linear(np.ones((2, 3)), metadata={"sc_tau": np.zeros((2, 3))})),
            N,
            edges=EDGES,
            metadata=PROFILE,
        ),
        {"dt_ms": None},
        "metadata sc_tau of node 'w' must be times in ms > 0, not 0.",
    ),
    "half a rule": (
        graph(
            ("w", nir.Linear(np.ones((2, 3)), metadata={"sc_plasticity": {"parameters": {}}})),
            N,
            edges=EDGES,
            metadata=PROFILE,
        ),
        {},
        (
            "metadata sc_plasticity of node 'w' must hold family and parameters, not {'parameters':"
            " {}}."
        ),
    ),
    "a rule in a web": (
        graph(
            ("w", nir.Linear(np.ones((2, 3)), metadata={"sc_plasticity": {"family": "stdp"}})),
            ("s", nir.Scale(np.ones(2))),
            N,
            edges="input>w w>s s>n n>output",
            metadata=PROFILE,
        ),
        {},
        (
            "node 'w' has metadata sc_plasticity, so it must be a Linear from one node with neurons"
            " to another, not a Linear between ['input'] and ['s']."
        ),
    ),
    "channels": (
        graph(
            ("c", nir.Conv2d(None, np.ones((2, 3, 3, 3)), 1, 1, 1, 1, np.zeros(2))),
            N,
            edges="input>c c>n n>output",
            inputs=(1, 4, 4),
        ),
        {},
        "node 'c' (Conv2d) must get 3 channels of 2 dimensions, not shape (1, 4, 4).",
    ),
    "kernel": (
        graph(
            ("c", nir.Conv2d(None, np.ones((2, 1, 5, 5)), 1, 0, 1, 1, np.zeros(2))),
            N,
            edges="input>c c>n n>output",
            inputs=(1, 4, 4),
        ),
        {},
        "node 'c' (Conv2d) must fit into its input, not be larger than shape (1, 4, 4).",
    ),
    "pool": (
        graph(
            ("p", nir.AvgPool2d(np.array(2), np.array(2), np.array(0))),
            N,
            edges="input>p p>n n>output",
        ),
        {},
        "node 'p' (AvgPool2d) must get (channels, height, width), not shape (3,).",
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_is_missing_or_wrong_is_refused_by_name(case: str) -> None:
    made, more, message = REFUSED[case]
    with pytest.raises(InterchangeError) as caught:
        from_nir(made, **{**TOLD, **more})
    assert str(caught.value) == message


def test_another_kind_of_node_is_refused() -> None:
    class Adaptive(nir.LIF):
        pass

    node = Adaptive(*(np.full(2, each) for each in (0.01, 1.0, 0.0, 1.0, 0.0)))
    with pytest.raises(InterchangeError) as caught:
        from_nir(graph(W, ("n", node), edges=EDGES), **TOLD)
    assert (
        str(caught.value)
        == "node 'n' must be one of Affine, AvgPool2d, Conv1d, Conv2d, CubaLI, CubaLIF, Delay,"
        " Flatten, I, IF, Input, LI, LIF, Linear, NIRGraph, Output, Scale, SumPool2d, Threshold,"
        " not Adaptive; replace it by nodes of these types before the export."
    )


def test_without_the_package_one_clear_error() -> None:
    without = "import sys; sys.modules['nir'] = None"
    text = (
        f"{without}\ntry:\n    import sc_model.interchange\nexcept ImportError as error:\n   "
        " print(error)"
    )
    assert (
        python(text).strip()
        == "sc_model.interchange must have the package nir; install it with: pip install"
        " 'sc-hw[nir]'"
    )


def test_torch_is_not_needed() -> None:
    assert "torch" not in python("import sys, sc_model.interchange; print(*sys.modules)").split()
