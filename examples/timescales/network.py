"""The networks that are compared, how they are trained, and how they answer: in float, and in the
integers of hardware.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from task import CLASSES, INPUTS, Task, sequences

from sc_model.golden.network.network import Network
from sc_model.spec import HetSynSpec
from sc_model.spec.network import NetworkSpec
from sc_model.training import HetSyn, Integers, Quantiser, leak_tau, to_integers

TASK = Task()
# Half of a membrane's potential is gone after a tick. It remembers nothing; what a network
# remembers is in its synapses.
LEAK_SHIFT = 1
UPDATES, BATCH = 400, 64
SLOPE = 1.0  # of the surrogate gradient
TAU_STEPS = 1.5  # learning rate of log(tau) over that of the weights
TRAIN, VALIDATE, TEST, FIRST, TUNE = range(5)  # streams of random numbers of a seed


@dataclass(frozen=True)
class Contender:
    """What has a time constant of its own (see `HetSyn`), and what each layer's begin with, in
    ms.
    """

    tau: Any
    tau_ms: tuple[float, ...]

    @property
    def name(self) -> str:
        """As in the report."""
        return f"{self.tau} {'/'.join(f'{tau:g}' for tau in self.tau_ms)}"


def stream(seed: int, which: int) -> np.random.Generator:
    """Random numbers for one purpose of one seed."""
    return np.random.default_rng([seed, which])


def tensors(count: int, rng: np.random.Generator) -> tuple[torch.Tensor, torch.Tensor]:
    """Sequences for torch, (ticks, count, INPUTS), and their classes."""
    x, labels = sequences(TASK, count, rng)
    return torch.tensor(x, dtype=torch.float32), torch.tensor(labels)


def network(contender: Contender, hidden: int, seed: int) -> torch.nn.Sequential:
    """Layers INPUTS -> hidden -> CLASSES, or INPUTS -> CLASSES where `hidden` is 0.

    Weights are scaled layer by layer until the currents of a first batch vary by half a threshold.
    """
    sizes = [INPUTS, hidden, CLASSES] if hidden else [INPUTS, CLASSES]
    taus = contender.tau_ms if len(contender.tau_ms) > 1 else contender.tau_ms * 2
    x, _ = tensors(256, stream(seed, FIRST))
    layers = []
    for place, (n_inputs, n_neurons) in enumerate(pairwise(sizes)):
        layer = HetSyn(
            n_inputs,
            n_neurons,
            contender.tau,
            tau_mean=taus[place],
            seed=2 * seed + place,
            leak_tau=leak_tau(LEAK_SHIFT),
            slope=SLOPE,
        )
        with torch.no_grad():
            layer.weight.mul_(
                0.5 / layer.currents(x)[20:].std()
            )  # the first ticks have short traces
            x = layer(x)
        layers.append(layer)
    return torch.nn.Sequential(*layers)


def counts(net: torch.nn.Sequential, x: torch.Tensor) -> torch.Tensor:
    """Spikes of each output neuron in the window, (count, CLASSES)."""
    summed: torch.Tensor = net(x)[-TASK.window :].sum(0)
    return summed


def fit(
    net: torch.nn.Sequential, rate: float, rng: np.random.Generator, updates: int = UPDATES
) -> None:
    """Adam with a cosine that ends at 0, on the cross-entropy of the counts; every batch is new."""
    taus = [layer.log_tau for layer in net if layer.log_tau.requires_grad]
    groups = [{"params": [layer.weight for layer in net], "lr": rate}]
    groups += [{"params": taus, "lr": rate * TAU_STEPS}] if taus else []
    optimiser = torch.optim.Adam(groups)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, updates)
    for _ in range(updates):
        x, labels = tensors(BATCH, rng)
        loss = torch.nn.functional.cross_entropy(counts(net, x), labels)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        schedule.step()
        for layer in net:
            layer.project()


def accuracy(net: torch.nn.Sequential, x: torch.Tensor, labels: torch.Tensor) -> float:
    """Share of right answers; of neurons with as many spikes the first one answers."""
    with torch.no_grad():
        return float((counts(net, x).argmax(1) == labels).double().mean())


# --- in integers ----------------------------------------------------------------------------------


def template(code_bits: int, name: str = "output") -> HetSynSpec:
    """Formats of a layer: weights of 8 bits, the default ones for the rest."""
    return HetSynSpec(name=name, inputs=1, neurons=1, weight_bits=8, code_bits=code_bits)


def integers(net: torch.nn.Sequential, code_bits: int) -> list[Integers]:
    """The trained layers in fixed point."""
    names = ("hidden", "output")[-len(net) :]
    return [
        to_integers(layer, template(code_bits, name))
        for layer, name in zip(net, names, strict=True)
    ]


def tuned(
    net: torch.nn.Sequential, code_bits: int, rate: float, rng: np.random.Generator
) -> torch.nn.Sequential:
    """A copy, trained on for a quarter of the updates and of the rate with the numbers that
    hardware has.
    """
    copies = []
    for layer in net:
        copy = HetSyn(layer.n_inputs, layer.n_neurons, leak_tau=layer.leak_tau, slope=layer.slope)
        copy.load_state_dict(layer.state_dict())
        copy.quantiser = Quantiser(8, template(code_bits).codes(1.0))
        copies.append(copy)
    result = torch.nn.Sequential(*copies)
    fit(result, rate / 4, rng, UPDATES // 4)
    return result


def parameters(layers: Sequence[Integers]) -> dict[str, NDArray[np.int64]]:
    """Weights and codes by the names that a golden network gives them."""
    return {
        f"{layer.spec.name}.{what}": getattr(layer, what)
        for layer in layers
        for what in ("weight", "code")
    }


def golden(layers: Sequence[Integers], x: NDArray[Any]) -> NDArray[np.uint8]:
    """Spikes of the golden network for one sequence (ticks, INPUTS) from reset: (ticks,
    CLASSES).
    """
    net = Network(NetworkSpec(layers=tuple(layer.spec for layer in layers)), parameters(layers))
    return np.array([net.step(word) for word in x])


def fixed_point(layers: Sequence[Integers], x: NDArray[Any]) -> NDArray[np.int64]:
    """The same for many sequences at once, (ticks, count, INPUTS) to (ticks, count, CLASSES)."""
    for layer in layers:
        spec = layer.spec
        factor = np.array(spec.codes(1.0).factors)[layer.code]
        trace = np.zeros((x.shape[1], spec.neurons, spec.inputs), dtype=np.int64)
        potential = np.zeros((x.shape[1], spec.neurons), dtype=np.int64)
        fired = []
        for word in x.astype(np.int64):
            total = (trace * factor >> spec.factor_shift) + (
                word[:, None, :] << spec.trace_fraction
            )
            trace = np.minimum(total, spec.trace_format.hi)
            current = np.einsum("ji,bji->bj", layer.weight, trace)
            potential = potential - (potential >> LEAK_SHIFT) + current
            fired.append(potential >= spec.neuron.threshold)
            potential = potential - spec.neuron.threshold * fired[-1]
        x = np.array(fired, dtype=np.int64)
    return x


def fixed_point_accuracy(
    layers: Sequence[Integers], x: NDArray[Any], labels: NDArray[np.int64], checked: int = 3
) -> float:
    """Share of right answers; the golden layers must fire the same spikes for the first `checked`
    sequences.
    """
    spikes = fixed_point(layers, x)
    for k in range(checked):
        if not np.array_equal(golden(layers, x[:, k]), spikes[:, k]):
            raise RuntimeError(
                f"the golden layers fire other spikes than the batch in sequence {k}"
            )
    return float((spikes[-TASK.window :].sum(0).argmax(1) == labels).mean())
