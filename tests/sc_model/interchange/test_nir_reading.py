"""What is read from a graph: shapes, linear nodes, delays, answers that must be given, and what is
refused.
"""

from __future__ import annotations

from typing import Any

import nir
import numpy as np
import pytest
from support import python

from sc_model.interchange import (
    Connection,
    FloatGraph,
    FloatPopulation,
    InterchangeError,
    Plasticity,
    Taps,
    from_network,
    from_nir,
    import_design,
    run,
    to_network,
    to_nir,
)
from sc_model.interchange.unroll import linear_node
from sc_model.network import (
    LIF,
    STDP,
    CurrentStimulus,
    HodgkinHuxleyNeuron,
    Network,
    PoissonStimulus,
    Population,
    Projection,
    Relay,
)


def lif(size: int, tau: float = 0.01, **more: Any) -> Any:
    return nir.LIF(*(np.full(size, each) for each in (tau, 1.0, 0.0, 1.0, 0.0)), **more)


def graph(
    *nodes: tuple[str, Any], edges: str, inputs: Any = (3,), outputs: Any = (2,), **more: Any
) -> Any:
    named = {
        "input": nir.Input(np.array(inputs)),
        **dict(nodes),
        "output": nir.Output(np.array(outputs)),
    }
    return nir.NIRGraph(
        named, [tuple(each.split(">")) for each in edges.split()], type_check=False, **more
    )


def plain(**more: Any) -> Any:
    return graph(
        ("w", nir.Linear(np.ones((2, 3)))), ("n", lif(2)), edges="input>w w>n n>output", **more
    )


TOLD: dict[str, Any] = {"dt_ms": 1.0, "reset": "zero", "reset_delay": False}


# linear nodes


@pytest.mark.filterwarnings("ignore:Using padding='same' with even kernel lengths:UserWarning")
@pytest.mark.parametrize("seed", range(12))
def test_convolutions_unroll_to_what_torch_computes(seed: int) -> None:
    torch = pytest.importorskip("torch")
    rng = np.random.default_rng(seed)
    groups = int(rng.choice([1, 2]))
    kernel, stride, dilation = (
        tuple(int(each) for each in rng.integers(1, 4, 2)) for _ in range(3)
    )
    padding: Any = ["same", "valid", tuple(int(each) for each in rng.integers(0, 3, 2))][seed % 3]
    stride = (1, 1) if padding == "same" else stride
    weight, bias = rng.normal(size=(4, 2, *kernel)), rng.normal(size=4)
    x = rng.normal(size=(2 * groups, 9, 8))
    node = nir.Conv2d(None, weight, stride, padding, dilation, groups, bias)
    matrix, added, shape = linear_node("c", node, x.shape)
    expected = torch.nn.functional.conv2d(
        torch.tensor(x)[None],
        torch.tensor(weight),
        torch.tensor(bias),
        stride,
        padding,
        dilation,
        groups,
    )[0].numpy()
    assert shape == expected.shape
    assert np.allclose(matrix @ x.reshape(-1) + added, expected.reshape(-1), rtol=0, atol=1e-12)
    line = nir.Conv1d(
        None,
        weight[:, :, :, 0],
        stride[0],
        padding if isinstance(padding, str) else padding[0],
        dilation[0],
        groups,
        bias,
    )
    matrix, added, shape = linear_node("c", line, (2 * groups, 9))
    expected = torch.nn.functional.conv1d(
        torch.tensor(x[None, :, :, 0]),
        torch.tensor(weight[:, :, :, 0]),
        torch.tensor(bias),
        stride[0],
        padding if isinstance(padding, str) else padding[0],
        dilation[0],
        groups,
    )[0].numpy()
    assert shape == expected.shape
    assert np.allclose(
        matrix @ x[:, :, 0].reshape(-1) + added, expected.reshape(-1), rtol=0, atol=1e-12
    )


@pytest.mark.parametrize(
    ("kernel", "stride", "padding"), [((2, 2), (2, 2), (0, 0)), ((3, 2), (1, 2), (1, 1)), (2, 3, 1)]
)
def test_pools_unroll_to_what_torch_computes(kernel: Any, stride: Any, padding: Any) -> None:
    torch = pytest.importorskip("torch")
    x = np.random.default_rng(0).normal(size=(3, 7, 6))
    expected = torch.nn.functional.avg_pool2d(torch.tensor(x)[None], kernel, stride, padding)[
        0
    ].numpy()
    fields = {
        "kernel_size": np.array(kernel),
        "stride": np.array(stride),
        "padding": np.array(padding),
    }
    for made, factor in ((nir.AvgPool2d, 1), (nir.SumPool2d, np.prod(np.broadcast_to(kernel, 2)))):
        matrix, bias, shape = linear_node("p", made(**fields), x.shape)
        assert bias is None
        assert shape == expected.shape
        assert np.allclose(
            matrix @ x.reshape(-1), expected.reshape(-1) * factor, rtol=0, atol=1e-12
        )


def test_the_other_linear_nodes_by_hand() -> None:
    matrix, bias, shape = linear_node(
        "n", nir.Affine(np.array([[1.0, 2.0], [0.0, 3.0]]), np.array([0.5, -1.0])), (2,)
    )
    assert np.array_equal(matrix.toarray(), [[1, 2], [0, 3]])
    assert np.array_equal(bias, [0.5, -1.0])
    assert shape == (2,)
    stacked = np.arange(12.0).reshape(2, 2, 3)
    matrix, bias, shape = linear_node("n", nir.Linear(stacked), (2, 3))
    assert bias is None
    assert shape == (2, 2)
    x = np.arange(6.0)
    assert np.array_equal(matrix @ x, np.concatenate([stacked[0] @ x[:3], stacked[1] @ x[3:]]))
    matrix, _, shape = linear_node("n", nir.Scale(np.array([2.0, 0.5])), (2,))
    assert np.array_equal(matrix.toarray(), [[2, 0], [0, 0.5]])
    for start, end, expected in (
        (0, -1, (24,)),
        (1, -1, (2, 12)),
        (0, 1, (6, 4)),
        (-2, -1, (2, 12)),
    ):
        assert linear_node("n", nir.Flatten(None, start, end), (2, 3, 4))[2] == expected


# shapes and values


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


# sources


def test_snntorch_betas_come_back_as_they_were() -> None:
    """float32(1e-4) / (1 - beta) in float32, as snnTorch writes it."""
    for beta in (0.0, 0.1, 0.25, 0.5, 0.8, 0.9, 0.95, 0.99, 0.123456789, 0.999):
        single = np.float32(beta)
        tau = np.float32(1e-4) / (np.float32(1) - single)
        node = nir.LIF(
            *(np.full(2, each, np.float32) for each in (tau, tau / np.float32(1e-4), 0.0, 1.0, 0.0))
        )
        made = graph(("w", nir.Linear(np.ones((2, 3)))), ("n", node), edges="input>w w>n n>output")
        each = from_nir(made, source="snntorch", reset="zero", reset_delay=False).populations["n"]
        assert abs(each.kept("tau", 0.1)[0] - float(single)) < (
            1e-15 if beta >= 0.5 or round(beta, 2) == beta else 6e-8
        ), beta
        assert each.gain(0.1)[0] == 1.0


def test_sources_put_right_what_they_are_known_for() -> None:
    def one(node: Any, **told: Any) -> FloatPopulation:
        made = graph(("w", nir.Linear(np.ones((2, 3)))), ("n", node), edges="input>w w>n n>output")
        return from_nir(made, **told).populations["n"]

    counts = nir.IF(np.ones(2), np.ones(2), np.zeros(2))
    for source, told in (("norse", {"dt_ms": 2.0}), ("snntorch", {"reset_delay": False})):
        assert np.allclose(
            one(counts, source=source, reset="zero", **told).gain(told.get("dt_ms", 0.1)),
            1.0,
            rtol=1e-15,
        )
    assert np.allclose(one(counts, **TOLD).gain(1.0), 1e-3)
    norse = one(lif(2, tau=2e-5), source="norse", dt_ms=1.0, reset="zero")
    assert np.allclose(norse["tau"], 0.02, rtol=1e-15)
    assert not norse.reset_delay
    jelly = one(lif(2, tau=2e-4), source="spikingjelly", dt_ms=0.1)
    assert (jelly.reset, jelly.reset_delay, jelly.strict) == ("zero", False, False)
    gain_one = nir.LIF(*(np.full(2, each) for each in (1e-3, 10.0, 0.0, 1.0, 0.0)))
    assert one(gain_one, source="snntorch", reset="zero", reset_delay=True).reset_delay is False
    assert one(gain_one, source="snntorch", reset="subtract", reset_delay=True).reset_delay is True


# what must be told, and what is refused


def li(size: int) -> Any:
    return nir.LI(*(np.full(size, each) for each in (0.01, 1.0, 0.0)))


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
            "source must be one of norse, sc, snntorch, spikingjelly or left out, not 'snntorhc';"
            " did you mean 'snntorch'?"
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
            "reset must be given for node 'n', NIR has no field for it: 'zero' (to v_reset) or"
            " 'subtract' (less the threshold)."
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
    "bad reset": (plain(), {"reset": "soft"}, "reset must be 'zero' or 'subtract', not 'soft'."),
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
        "edge ('input', 'w') of the graph must be there once, not 2 times.",
    ),
    "nowhere": (
        graph(W, N, edges="input>w w>n n>out"),
        {},
        "edge ('n', 'out') of the graph must join nodes of it, not 'out', which is not there.",
    ),
    "size": (
        graph(W, ("n", lif(4)), edges=EDGES),
        {},
        "node 'n' (LIF) must get 4 values, not 2 from node 'w' (shape (2,)).",
    ),
    "size of a linear node": (
        graph(W, N, edges=EDGES, inputs=(5,)),
        {},
        "node 'w' must get 3 values, not 5 (shape (5,)).",
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
        "metadata sc_delay of node 'w' must be whole steps >= 0, not 1.5.",
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
        " not Adaptive."
    )


# networks of ours


def learning() -> Network:
    source, target = (
        Population(Relay(), 3, "x"),
        Population(LIF(tau_ms=20.0, resistance=40.0), 2, "y"),
    )
    rule = STDP(tau_plus_ms=12.0, a_plus=0.05)
    parts = [
        source,
        target,
        Projection(source, target, 0.6, topology="all_to_all", delay=2, plasticity=rule),
    ]
    return Network(1.0, [*parts, CurrentStimulus(target, 0.01)])


def test_a_network_that_learns_comes_back_with_its_rule_and_goes_on_learning() -> None:
    written = to_nir(from_network(learning(), outputs=["y"]), "compact")
    again = from_nir(written)
    (rule,) = (each.plasticity for each in again.connections if each.plasticity is not None)
    assert rule == Plasticity(
        "sc_model.network.STDP",
        {
            "tau_plus_ms": 12.0,
            "tau_minus_ms": 20.0,
            "a_plus": 0.05,
            "a_minus": 0.012,
            "w_min": 0.0,
            "w_max": 1.0,
        },
    )
    x = np.random.default_rng(0).integers(0, 2, (200, 3))
    mine, theirs = learning(), to_network(again)
    one, other = run(mine, {"x": x}), run(theirs, {"x": x})
    assert np.array_equal(one["y"], other["y"])
    assert np.array_equal(other["y"], other["y_output"])
    assert np.allclose(
        mine.projections["x->y"].weights, theirs.projections["x->y"].weights, rtol=1e-12
    )
    assert not np.allclose(theirs.projections["x->y"].weights, 0.6)


def test_what_a_network_has_and_nir_has_not_is_refused_by_name() -> None:
    def refused(message: str, network: Network, **more: Any) -> None:
        with pytest.raises(InterchangeError) as caught:
            from_network(network, **more)
        assert str(caught.value) == message

    cell = Population(HodgkinHuxleyNeuron(), 1, "cell")
    refused(
        "population 'cell' must be of a model that NIR has (LIF, IF, LI, Integrator, CubaLIF,"
        " CubaLI, Relay), not HodgkinHuxleyNeuron.",
        Network(0.01, [cell]),
    )
    neuron = Population("LIF", 1, "neuron")
    refused(
        "the PoissonStimulus of population 'neuron' must be a CurrentStimulus that stays the same"
        " to be a bias; drive a Relay population in place of it, which becomes an Input.",
        Network(1.0, [neuron, PoissonStimulus(neuron, 10.0)]),
    )
    a, b, c = (Population(Relay(), 1, name) for name in "abc")
    refused(
        "population 'b' (Relay) must be an input, with nothing leading to it, or an output, leading"
        " nowhere; it is neither.",
        Network(
            1.0,
            [
                a,
                b,
                c,
                Projection(a, b, 1.0, topology="one_to_one"),
                Projection(b, c, 1.0, topology="one_to_one"),
            ],
        ),
    )
    x, first, second = (
        Population(Relay(), 1, "x"),
        Population("LIF", 1, "first"),
        Population("LIF", 1, "second"),
    )
    refused(
        "the projection 'second' -> 'first' must take effect in the same step, as it follows from"
        " the graph's loops; add the populations in the order x, second, first.",
        Network(
            1.0,
            [
                x,
                first,
                second,
                Projection(x, second, 1.0, topology="one_to_one"),
                Projection(second, first, 1.0, topology="one_to_one"),
            ],
        ),
    )
    refused(
        "outputs must be among neuron, not 'nobody'.", Network(1.0, [neuron]), outputs=["nobody"]
    )
    held = Population(LIF(refractory_ms=np.array([0.0, 2.0])), 2, "held")
    refused(
        "population 'held' must have one refractory period for all neurons, not one each.",
        Network(1.0, [held]),
    )


def test_a_network_does_not_run_the_rules_of_hardware() -> None:
    populations = {
        name: FloatPopulation(name, "input" if name == "x" else "output", (1,)) for name in "xy"
    }
    rule = Plasticity("reward_modulated_stdp", {"trace_shift": 4})
    made = FloatGraph(populations, (Connection("x", "y", Taps((1, 1), {0: [[1.0]]}), rule),), 1.0)
    with pytest.raises(InterchangeError) as caught:
        to_network(made)
    assert (
        str(caught.value)
        == "connection 'x' -> 'y' must learn by 'sc_model.network.STDP' in a Network, not by"
        " 'reward_modulated_stdp'; plasticity='freeze' keeps its weights as they are."
    )
    assert list(to_network(made, plasticity="freeze").projections) == ["x->y"]


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


# designs


def test_a_design_is_made_of_a_file_and_its_report_is_a_table(tmp_path: Any) -> None:
    file = tmp_path / "My net-2.nir"
    nir.write(file, plain())
    design, parameters, report = import_design(
        file, weight_bits=4, scale="row", fraction=6, lanes=2, **TOLD
    )
    assert design.name == "my_net_2"
    assert design.network.tick_ms == 1.0
    assert design.network.layers[0].lanes == 2
    assert parameters["n.weight"].tolist() == [[7, 7, 7], [7, 7, 7]]
    lines = str(report).splitlines()
    assert lines[0].split()[:6] == ["layer", "array", "numbers", "clipped", "largest", "error"]
    assert lines[1].split()[:4] == ["n", "weight", "6", "0"]
    assert {line.split()[1] for line in lines[1:]} == {"weight", "threshold", "leak"}


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
