"""Write the files under data/: NIR files as other packages and other versions of `nir` write them,
and what they ran to.

    python tests/sc_model/interchange/make_fixtures.py nir            once with each version of nir
    that is wanted python tests/sc_model/interchange/make_fixtures.py snntorch       with snntorch
    1.0.0, nir 1.0.8, nirtorch 2.6 python tests/sc_model/interchange/make_fixtures.py norse
    with norse 1.1.0, the same python tests/sc_model/interchange/make_fixtures.py spikingjelly
    with spikingjelly 2.0.0, the same

Each in an environment of its own with that package (nir 1.0.0 and 1.0.1 need numpy 1.26 and h5py
3.11); the tests read the files and need none of them. Beside the file of a package lies an .npz of
the same name: `x`, what went in, and `y`, the spikes that the package itself gave.
"""

from __future__ import annotations

import dataclasses
import sys
from itertools import pairwise
from pathlib import Path
from typing import Any

import nir
import numpy as np

DATA = Path(__file__).parent / "data"
STEPS = 120


def node(kind: str, **fields: Any) -> Any:
    """A node with those of the fields that this version has."""
    made = getattr(nir, kind)
    known = {each.name for each in dataclasses.fields(made)}
    return made(**{name: value for name, value in fields.items() if name in known})


def all_kinds() -> Any:
    """A graph that has most kinds of nodes, numbers drawn with a seed."""
    rng = np.random.default_rng(8)
    full = np.full
    inner = nir.NIRGraph(
        nodes={
            "input": nir.Input(input_type={"input": np.array([4])}),
            "lif": node(
                "LIF",
                tau=full(4, 0.004),
                r=full(4, 4.0),
                v_leak=np.zeros(4),
                v_threshold=full(4, 1.5),
                v_reset=np.zeros(4),
            ),
            "w_rec": nir.Linear(weight=rng.normal(0, 0.5, (4, 4))),
            "output": nir.Output(output_type={"output": np.array([4])}),
        },
        edges=[("input", "lif"), ("lif", "w_rec"), ("w_rec", "lif"), ("lif", "output")],
    )
    nodes = {
        "input": nir.Input(input_type={"input": np.array([2, 6, 6])}),
        "conv": node(
            "Conv2d",
            input_shape=(6, 6),
            weight=rng.normal(0, 1, (3, 2, 3, 3)),
            stride=(1, 1),
            padding=(1, 1),
            dilation=(1, 1),
            groups=1,
            bias=rng.normal(0, 0.1, 3),
        ),
        "pool": nir.SumPool2d(
            kernel_size=np.array([2, 2]), stride=np.array([2, 2]), padding=np.array([0, 0])
        ),
        "flatten": node(
            "Flatten", input_type={"input": np.array([3, 3, 3])}, start_dim=0, end_dim=-1
        ),
        "affine": nir.Affine(weight=rng.normal(0, 0.3, (4, 27)), bias=rng.normal(0, 0.1, 4)),
        "rnn": inner,
        "delay": nir.Delay(delay=np.array([0.0, 0.001, 0.002, 0.005])),
        "linear": nir.Linear(weight=rng.normal(0, 2, (3, 4))),
        "scale": nir.Scale(scale=np.array([0.5, 1.0, 2.0])),
        "cuba": node(
            "CubaLIF",
            tau_syn=full(3, 0.002),
            tau_mem=full(3, 0.005),
            r=full(3, 5.0),
            v_leak=np.zeros(3),
            v_threshold=full(3, 1.0),
            v_reset=np.zeros(3),
            w_in=full(3, 2.0),
        ),
        "output": nir.Output(output_type={"output": np.array([3])}),
    }
    names = list(nodes)
    edges = list(pairwise(names))
    try:
        return nir.NIRGraph(nodes=nodes, edges=edges)
    except Exception:  # old versions can't infer all of these shapes
        return nir.NIRGraph(nodes=nodes, edges=edges, type_check=False)


def write_nir() -> None:
    nir.write(DATA / f"nir_{nir.version.replace('.', '_')}.nir", all_kinds())


def raster(inputs: int, share: float) -> Any:
    return (np.random.default_rng(5).random((STEPS, inputs)) < share).astype(np.float32)


def keep(name: str, graph: Any, x: Any, y: Any) -> None:
    nir.write(DATA / f"{name}.nir", graph)
    np.savez_compressed(
        DATA / f"{name}.npz", x=x.astype(np.uint8), y=np.asarray(y).astype(np.uint8)
    )
    print(name, "spikes", int(np.sum(y)))


def write_snntorch() -> None:
    """Leaky and RLeaky, and Leaky and RSynaptic; reset by subtraction in the step after, which is
    snnTorch's default.
    """
    import snntorch as snn
    import torch
    from snntorch.export_nir import export_to_nir

    for name, second in (
        (
            "snntorch_rleaky",
            lambda: snn.RLeaky(
                beta=torch.full((5,), 0.8),
                threshold=torch.ones(5),
                linear_features=5,
                init_hidden=True,
            ),
        ),
        (
            "snntorch_rsynaptic",
            lambda: snn.RSynaptic(
                alpha=torch.full((5,), 0.6),
                beta=torch.full((5,), 0.8),
                threshold=torch.ones(5),
                linear_features=5,
                init_hidden=True,
            ),
        ),
    ):
        torch.manual_seed(3)
        first = snn.Leaky(
            beta=torch.full((8,), 0.9), threshold=torch.full((8,), 0.5), init_hidden=True
        )
        net = torch.nn.Sequential(torch.nn.Linear(10, 8), first, torch.nn.Linear(8, 5), second())
        net[2].weight.data *= 3
        graph = export_to_nir(net, torch.zeros(10))
        for each in (net[1], net[3]):
            each.reset_mem()
        x = raster(10, 0.4)
        with torch.no_grad():
            keep(name, graph, x, [net(torch.tensor(row)).numpy() for row in x])


def write_norse() -> None:
    """LIFBoxCell, LIFCell, IAFCell; dt = 1 ms."""
    import norse.torch as norse
    import torch

    def box(n: int) -> Any:
        full = torch.full
        return norse.LIFBoxCell(
            norse.LIFBoxParameters(
                tau_mem_inv=full((n,), 100.0),
                v_th=full((n,), 0.15),
                v_leak=full((n,), 0.0),
                v_reset=full((n,), 0.0),
            )
        )

    def cell(n: int) -> Any:
        full = torch.full
        times = {"tau_mem_inv": full((n,), 100.0), "tau_syn_inv": full((n,), 200.0)}
        return norse.LIFCell(
            norse.LIFParameters(
                **times, v_th=full((n,), 0.4), v_leak=full((n,), 0.0), v_reset=full((n,), 0.0)
            )
        )

    def count(n: int) -> Any:
        return norse.IAFCell(norse.IAFParameters(v_th=torch.full((n,), 1.0)))

    for name, neurons in (("norse_lif_box", box), ("norse_lif", cell), ("norse_iaf", count)):
        torch.manual_seed(3)
        net = norse.SequentialState(
            torch.nn.Linear(10, 8), neurons(8), torch.nn.Linear(8, 5), neurons(5)
        )
        net[2].weight.data *= 3
        graph = norse.to_nir(net, torch.zeros(10))
        x, state, found = raster(10, 0.4), None, []
        with torch.no_grad():
            for row in x:
                out, state = net(torch.tensor(row), state)
                found.append(out.to_dense().numpy())
        keep(name, graph, x, found)


def write_spikingjelly() -> None:
    """Convolution, IFNode, pooling, LIFNode, ParametricLIFNode; hard reset, dt = 0.1 ms, which is
    the export's default.
    """
    import torch
    from spikingjelly.activation_based import functional, layer, neuron
    from spikingjelly.activation_based.nir_exchange import export_to_nir

    torch.manual_seed(3)
    net = torch.nn.Sequential(
        layer.Conv2d(1, 2, 3, padding=1),
        neuron.IFNode(v_threshold=0.75),
        layer.AvgPool2d(2),
        layer.Flatten(),
        layer.Linear(8, 6),
        neuron.LIFNode(tau=2.0, v_threshold=0.25),
        layer.Linear(6, 4),
        neuron.ParametricLIFNode(init_tau=3.0, decay_input=False, v_threshold=0.5),
    )
    for index in (0, 4, 6):
        net[index].weight.data *= 3
    graph = export_to_nir(net, torch.zeros(1, 1, 4, 4))
    functional.reset_net(net)
    x = raster(16, 0.4)
    with torch.no_grad():
        keep(
            "spikingjelly",
            graph,
            x,
            [net(torch.tensor(row).reshape(1, 1, 4, 4))[0].numpy() for row in x],
        )


if __name__ == "__main__":
    DATA.mkdir(exist_ok=True)
    writers = {
        "nir": write_nir,
        "snntorch": write_snntorch,
        "norse": write_norse,
        "spikingjelly": write_spikingjelly,
    }
    writers[sys.argv[1]]()
