"""Round trips with the packages themselves, where they are installed.

They run in float32 (snnTorch's spikes always are, whatever the type of its layers), ours in
float64, so equality is that of spikes on these inputs; `closest` says how near a potential came to
its threshold there, which float32 decides as long as it's far above 1e-6.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from sc_model.interchange import FloatGraph, from_layers, from_nir, run, to_network, to_nir
from sc_model.quantisation import FloatLayer

torch = pytest.importorskip("torch")
pytestmark = pytest.mark.filterwarnings("ignore")
STEPS, INPUTS, HIDDEN, OUTPUTS = 200, 12, 16, 8


def raster(seed: int = 0) -> Any:
    return (np.random.default_rng(seed).random((STEPS, INPUTS)) < 0.4).astype(np.float32)


def closest(graph: FloatGraph, x: Any) -> float:
    """The least distance of a potential from its threshold."""
    network, least = to_network(graph), np.inf
    for row in x:
        network.step({"input": row})
        for name, each in graph.populations.items():
            state = network.populations[name].state
            if "v" in state and each.kind in ("if", "lif", "cubalif") and each.reset_delay:
                least = min(least, float(np.abs(state["v"] - each["v_threshold"]).min()))
    return least


def snntorch_net(kind: str, reset: str, reset_delay: bool, first: str | None = None) -> Any:
    """Two layers; `first` is the reset of the first one, if it is another."""
    snn = pytest.importorskip("snntorch")
    torch.manual_seed(1)

    def neurons(made: Any, n: int, beta: float, **others: Any) -> Any:
        full = torch.full
        return made(
            beta=full((n,), beta),
            threshold=full((n,), 1.0),
            reset_mechanism=others.pop("how", reset),
            reset_delay=reset_delay,
            init_hidden=True,
            **others,
        )

    alpha = torch.full((OUTPUTS,), 0.5)
    second = {
        "leaky": lambda: neurons(snn.Leaky, OUTPUTS, 0.8),
        "rleaky": lambda: neurons(snn.RLeaky, OUTPUTS, 0.8, linear_features=OUTPUTS),
        "one_to_one": lambda: neurons(
            snn.RLeaky, OUTPUTS, 0.8, all_to_all=False, V=torch.linspace(-0.5, 0.5, OUTPUTS)
        ),
        "synaptic": lambda: neurons(snn.Synaptic, OUTPUTS, 0.7, alpha=alpha),
        "rsynaptic": lambda: neurons(
            snn.RSynaptic, OUTPUTS, 0.7, alpha=alpha, linear_features=OUTPUTS
        ),
        "no_leak": lambda: neurons(snn.Leaky, OUTPUTS, 1.0),
    }[kind]()
    net = torch.nn.Sequential(
        torch.nn.Linear(INPUTS, HIDDEN),
        neurons(snn.Leaky, HIDDEN, 0.9, how=first or reset),
        torch.nn.Linear(HIDDEN, OUTPUTS),
        second,
    )
    net[0].weight.data *= 2
    net[2].weight.data *= 2
    return net


def played(net: Any, x: Any) -> Any:
    for each in net:
        if hasattr(each, "reset_mem"):
            each.reset_mem()
    with torch.no_grad():
        return np.array([net(torch.tensor(row)).numpy() for row in x])


@pytest.mark.parametrize("reset", ["subtract", "zero"])
@pytest.mark.parametrize("reset_delay", [True, False])
@pytest.mark.parametrize(
    "kind", ["leaky", "rleaky", "one_to_one", "synaptic", "rsynaptic", "no_leak"]
)
def test_snntorch_in_spike_for_spike(kind: str, reset: Any, reset_delay: bool) -> None:
    if kind == "rsynaptic" and not reset_delay:
        pytest.skip("snnTorch's RSynaptic itself fails with reset_delay=False")
    net = snntorch_net(kind, reset, reset_delay)
    from snntorch.export_nir import export_to_nir

    graph = from_nir(
        export_to_nir(net, torch.zeros(INPUTS)),
        source="snntorch",
        reset=reset,
        reset_delay=reset_delay,
    )
    assert graph.dt_ms == 0.1
    x = raster()
    theirs, ours = played(net, x), run(to_network(graph), {"input": x})["output"]
    assert theirs.sum() > 20
    if reset == "subtract" and not reset_delay:
        # above twice the threshold it takes a second one off in the next step, before it looks for
        # a spike
        first = next((step for step in range(STEPS) if twice(graph, x[: step + 1])), STEPS)
        assert first > 0
        assert np.array_equal(theirs[:first], ours[:first])
        return
    assert np.array_equal(theirs, ours)
    assert closest(graph, x) > (1e-6 if reset_delay and reset == "subtract" else 0)


@pytest.mark.parametrize(
    ("first", "second"),
    [("zero", "subtract"), ("subtract", "zero"), ("zero", "none"), ("subtract", "none")],
)
def test_snntorch_with_a_reset_for_each_layer(first: Any, second: Any) -> None:
    net = snntorch_net("leaky", second, True, first)
    from snntorch.export_nir import export_to_nir

    made = export_to_nir(net, torch.zeros(INPUTS))
    x = raster()
    theirs = played(net, x)
    assert theirs.sum() > 20
    answers: tuple[Any, ...] = ({"1": first, "3": second}, {"*": first, "3": second})
    for reset in answers:
        graph = from_nir(made, source="snntorch", reset=reset, reset_delay={"*": True})
        assert np.array_equal(theirs, run(to_network(graph), {"input": x})["output"])
    alike = from_nir(made, source="snntorch", reset=first, reset_delay=True)
    assert not np.array_equal(theirs, run(to_network(alike), {"input": x})["output"])


def twice(graph: FloatGraph, x: Any) -> bool:
    """Whether a potential is above its threshold still, after the reset."""
    network = to_network(graph)
    for row in x:
        network.step({"input": row})
    return any(
        (network.populations[each.name].state["v"] > each["v_threshold"]).any()
        for each in graph.of_kind("lif", "cubalif", "if")
    )


def layers(**more: Any) -> list[FloatLayer]:
    rng = np.random.default_rng(2)
    first = FloatLayer(
        "a",
        rng.normal(0, 0.5, (HIDDEN, INPUTS)),
        bias=rng.normal(0, 0.05, HIDDEN),
        leak=0.9,
        reset="zero",
        **more,
    )
    return [
        first,
        FloatLayer("b", rng.normal(0, 0.7, (OUTPUTS, HIDDEN)), leak=0.8, reset="zero", **more),
    ]


def stateful(net: Any, x: Any, batch: bool = False) -> Any:
    state, found = None, []
    with torch.no_grad():
        for row in x:
            out, state = net(torch.tensor(row)[None] if batch else torch.tensor(row), state)
            found.append(out.numpy()[0] if batch else out.numpy())
    return np.array(found)


@pytest.mark.parametrize("synaptic_leak", [None, 0.7])
def test_snntorch_runs_what_we_write(
    synaptic_leak: float | None, capsys: pytest.CaptureFixture[str]
) -> None:
    """Its importer has reset to zero at the spike, and 0.1 ms."""
    pytest.importorskip("snntorch")
    from snntorch.import_nir import import_from_nir

    graph = from_layers(layers(synaptic_leak=synaptic_leak), dt_ms=0.1)
    x = raster(1)
    ours = run(to_network(graph), {"input": x})["output"]
    assert ours.sum() > 20
    assert np.array_equal(stateful(import_from_nir(to_nir(graph)), x), ours)
    capsys.readouterr()


@pytest.mark.parametrize("kind", ["box", "subtract", "cell", "count"])
def test_norse_in_spike_for_spike(kind: str) -> None:
    norse = pytest.importorskip("norse.torch")
    from norse.torch.functional.reset import reset_subtract, reset_value

    def full(n: int, value: float) -> Any:
        return torch.full((n,), value, dtype=torch.float64)

    def neurons(n: int) -> Any:
        common = {"tau_mem_inv": full(n, 100.0), "v_leak": full(n, 0.0), "v_reset": full(n, 0.0)}
        if kind == "count":
            return norse.IAFCell(norse.IAFParameters(v_th=full(n, 2.0)))
        if kind == "cell":
            return norse.LIFCell(
                norse.LIFParameters(tau_syn_inv=full(n, 200.0), v_th=full(n, 0.3), **common)
            )
        how = reset_subtract if kind == "subtract" else reset_value
        return norse.LIFBoxCell(
            norse.LIFBoxParameters(v_th=full(n, 0.2), reset_method=how, **common)
        )

    torch.manual_seed(1)
    net = norse.SequentialState(
        torch.nn.Linear(INPUTS, HIDDEN),
        neurons(HIDDEN),
        torch.nn.Linear(HIDDEN, OUTPUTS),
        neurons(OUTPUTS),
    )
    net = net.double()
    graph = from_nir(
        norse.to_nir(net, torch.zeros(INPUTS, dtype=torch.float64)),
        source="norse",
        dt_ms=1.0,
        reset="subtract" if kind == "subtract" else "zero",
    )
    x, state, theirs = raster(), None, []
    with torch.no_grad():
        for row in x:
            out, state = net(torch.tensor(row, dtype=torch.float64), state)
            theirs.append((out.to_dense() if out.is_sparse else out).numpy())
    ours = run(to_network(graph), {"input": x})["output"]
    assert np.sum(theirs) > 10
    assert np.array_equal(np.array(theirs), ours)


@pytest.mark.parametrize("recurrent", [False, True])
@pytest.mark.parametrize("synaptic_leak", [None, 0.7])
def test_norse_runs_what_we_write(synaptic_leak: float | None, recurrent: bool) -> None:
    """Its importer takes r of LIF for 1, so that is asked for; recurrence too."""
    norse = pytest.importorskip("norse.torch")
    made = layers(synaptic_leak=synaptic_leak)
    if recurrent:
        import dataclasses

        made[1] = dataclasses.replace(
            made[1], recurrent=np.random.default_rng(3).normal(0, 0.3, (OUTPUTS, OUTPUTS))
        )
    graph = from_layers(made, dt_ms=1.0)
    x = raster(1)
    ours = run(to_network(graph), {"input": x})["output"]
    assert ours.sum() > 20
    written = to_nir(graph, resistance="one" if synaptic_leak is None else "kept")
    assert np.array_equal(stateful(norse.from_nir(written, dt=1e-3), x, batch=True), ours)
