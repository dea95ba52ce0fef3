"""The networks that are compared, how they are trained, and how they answer: in float, and in the
integers of hardware.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator, Sequence
from functools import partial
from typing import Any, Literal

import numpy as np
import torch
from numpy.typing import NDArray
from task import CLASSES, INPUTS, Task, sequences

from sc_model.golden.network.network import Network
from sc_model.quantisation import QuantisedLayer, network_design
from sc_model.training import (
    DelayLinear,
    DenseLayer,
    DenseQuantiser,
    Lif,
    fast_sigmoid_surrogate,
    fit,
)

TASK = Task()
Kind = Literal["none", "random", "learned"]
HIDDEN, LONGEST = 24, 16
# A tenth of a hidden potential is left after a tick: it remembers nothing, so what is compared must
# come at the same time
HIDDEN_LEAK, OUTPUT_LEAK = 0.1, 0.8
LANES = (4, 3)  # of the layers in hardware
UPDATES, BATCH = 600, 64
SLOPE = 4.0  # of the surrogate gradient
TUNE_PART = 2  # fine-tuning takes this part of the updates and of the rate
TRAIN, VALIDATE, TEST, FIRST, TUNE = range(5)  # streams of random numbers of a seed


def stream(seed: int, which: int) -> np.random.Generator:
    """Random numbers for one purpose of one seed."""
    return np.random.default_rng([seed, which])


def tensors(count: int, rng: np.random.Generator) -> tuple[torch.Tensor, torch.Tensor]:
    """Sequences for torch, (ticks, count, INPUTS), and their classes."""
    x, labels = sequences(TASK, count, rng)
    return torch.tensor(x, dtype=torch.float32), torch.tensor(labels)


def network(kind: Kind, seed: int) -> torch.nn.Sequential:
    """INPUTS -> HIDDEN -> CLASSES; delays are in front of the hidden neurons: none, random and
    frozen, or random and learned.

    First weights, and random delays (whole ones, so that rounding costs them nothing), are the same
    for all kinds of a seed. Weights are scaled layer by layer until the currents of a first batch
    vary by half a threshold.
    """
    torch.manual_seed(seed)
    delays = torch.randint(0, LONGEST + 1, (HIDDEN, INPUTS)).float()
    first = DelayLinear(
        INPUTS,
        HIDDEN,
        LONGEST,
        learn_delay=kind == "learned",
        init_delay=0.0 if kind == "none" else delays,
    )
    second = torch.nn.Linear(HIDDEN, CLASSES, bias=False)
    surrogate = partial(fast_sigmoid_surrogate, slope=SLOPE)
    net = torch.nn.Sequential(
        DenseLayer(first, Lif(HIDDEN, HIDDEN_LEAK, surrogate=surrogate)),
        DenseLayer(second, Lif(CLASSES, OUTPUT_LEAK, surrogate=surrogate)),
    )
    x, _ = tensors(256, stream(seed, FIRST))
    with torch.no_grad():
        for layer in net:
            layer.synapses.weight.mul_(0.5 / layer.synapses(x).std())
            x = layer(x)
    return net


def loss(spikes: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
    """Cross-entropy of the counts of spikes (ticks, count, CLASSES)."""
    return torch.nn.functional.cross_entropy(spikes.sum(0), labels)


def train(
    net: torch.nn.Sequential,
    rate: float,
    delay_rate: float,
    seed: int,
    which: int,
    updates: int | None = None,
) -> None:
    """Adam with a cosine that ends at 0; every batch is new. `delay_rate`: learning rate of the
    delays, in ticks.
    """
    count = UPDATES if updates is None else updates
    delays = [each for name, each in net.named_parameters() if name.endswith("delay")]
    groups = [
        {
            "params": [each for name, each in net.named_parameters() if not name.endswith("delay")],
            "lr": rate,
        }
    ]
    groups += [{"params": delays, "lr": delay_rate}] if delays else []
    optimiser = torch.optim.Adam(groups)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, count)

    def batches(rng: np.random.Generator) -> Iterator[tuple[torch.Tensor, torch.Tensor]]:
        return (tensors(BATCH, rng) for _ in range(count))

    fit(
        net,
        batches,
        loss,
        optimiser,
        epochs=1,
        seed=2**16 * which + seed,
        schedule=schedule,
        progress=False,
    )


def accuracy(net: torch.nn.Sequential, x: torch.Tensor, labels: torch.Tensor) -> float:
    """Share of right answers; of neurons with as many spikes the first one answers."""
    with torch.no_grad():
        return float((net(x).sum(0).argmax(1) == labels).double().mean())


# --- in integers ----------------------------------------------------------------------------------


def rounded(net: torch.nn.Sequential) -> torch.nn.Sequential:
    """A copy with whole delays, nothing else rounded."""
    clone = copy.deepcopy(net)
    with torch.no_grad():
        clone[0].synapses.delay.copy_(clone[0].synapses.delays_int)
    return clone


def in_integers(net: torch.nn.Sequential, quantiser: DenseQuantiser) -> torch.nn.Sequential:
    """A copy that computes as its hardware will."""
    clone = copy.deepcopy(net)
    for layer in clone:
        layer.quantiser = quantiser
    return clone


def tuned(
    net: torch.nn.Sequential, quantiser: DenseQuantiser, rate: float, seed: int
) -> torch.nn.Sequential:
    """A copy, trained on with the numbers that hardware has; delays are rounded first and stay."""
    clone = in_integers(rounded(net), quantiser)
    train(clone, rate / TUNE_PART, 0.0, seed, TUNE, UPDATES // TUNE_PART)
    return clone


def integers(net: torch.nn.Sequential) -> list[QuantisedLayer]:
    """Both layers for hardware, by the quantisers they compute with; lanes as many as divide the
    neurons.
    """
    return [
        layer.integers(name, lanes=lanes)
        for layer, name, lanes in zip(net, ("hidden", "output"), LANES, strict=True)
    ]


def golden(layers: Sequence[QuantisedLayer], x: NDArray[Any]) -> NDArray[np.uint8]:
    """Spikes of the golden network for one sequence (ticks, INPUTS) from reset: (ticks,
    CLASSES).
    """
    design, parameters = network_design("delays", layers)
    if design.network is None:
        raise RuntimeError("the design is no network")
    return Network(design.network, parameters).run(x)


def fixed_point_accuracy(
    net: torch.nn.Sequential, x: torch.Tensor, labels: torch.Tensor, checked: int = 10
) -> float:
    """Share of right answers in integers; the golden network must fire the same spikes for the
    first `checked` sequences.
    """
    with torch.no_grad():
        spikes = net(x)
    layers = integers(net)
    for k in range(checked):
        if not np.array_equal(
            golden(layers, x[:, k].numpy().astype(np.uint8)), spikes[:, k].numpy()
        ):
            raise RuntimeError(
                f"the golden network fires other spikes than the layers in integers in sequence {k}"
            )
    return float((spikes.sum(0).argmax(1) == labels).double().mean())
