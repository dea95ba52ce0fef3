"""Train a network on digits in snnTorch, export it by snnTorch's own exporter, and write the test
set as spikes for hardware.

    python examples/nir/record.py [--out FOLDER]

Writes `digits_snn.nir`, and `digits_snn_test.npz` for `sc-hw cosim NETWORK.toml --events`: the
spikes of all test digits one after the other, the integers of the network, and what they are. Half
a minute on one core. The same versions on the same machine give the same spikes and integers.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

import nir
import numpy as np
import snntorch as snn
import torch
from numpy.typing import NDArray
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from snntorch import surrogate, utils
from snntorch.export_nir import export_to_nir

from sc_hw.files import replacing
from sc_model.golden.network.network import Network
from sc_model.interchange import import_design, read, run, to_network

HERE = Path(__file__).parent
SEED, HIDDEN, CLASSES = 0, 32, 10
STEPS = 10  # in which a digit is shown
# Behind each, in which potentials fade: 0.8^10 = 0.11 is left of the hidden ones, 0.7^10 = 0.03 of
# the others
SILENCE = 10
BETAS = (0.8, 0.7)
EPOCHS, BATCH, RATE = 20, 64, 4e-3
# what `sc-hw import` is told, too
TOLD: dict[str, Any] = {"source": "snntorch", "reset": "subtract", "reset_delay": True}
# and its widths: eight bits lose no digit, though spikes differ
WIDTHS: dict[str, Any] = {"weight_bits": 8, "scale": "tensor"}


def spikes(pixels: NDArray[Any]) -> NDArray[np.uint8]:
    """Digits (n, 64) of 0 to 16 as spikes (n, STEPS, 64): a pixel fires where it is above that
    step's threshold.

    The thresholds are even; strong and weak ones take turns, so that spikes of a pixel are spread
    over the time.
    """
    thresholds = 16 * (np.arange(STEPS) + 0.5) / STEPS
    turns = np.argsort(np.arange(STEPS) * 3 % STEPS, kind="stable")
    return (pixels[:, None, :] > thresholds[turns][:, None]).astype(np.uint8)


def data() -> tuple[NDArray[np.uint8], NDArray[np.uint8], NDArray[np.int64], NDArray[np.int64]]:
    """Spikes for training and test, and their labels."""
    pixels, labels = load_digits(return_X_y=True)
    train, test, train_labels, test_labels = train_test_split(
        pixels, labels, test_size=360, random_state=SEED, stratify=labels
    )
    return spikes(train), spikes(test), train_labels, test_labels


def network() -> torch.nn.Sequential:
    """Linear, Leaky, Linear, Leaky. snnTorch exports a Leaky with parameters of each neuron
    only.
    """

    def leaky(size: int, beta: float) -> snn.Leaky:
        grad = surrogate.fast_sigmoid(slope=10)
        return snn.Leaky(
            torch.full((size,), beta), threshold=torch.ones(size), spike_grad=grad, init_hidden=True
        )

    return torch.nn.Sequential(
        torch.nn.Linear(64, HIDDEN, bias=False),
        leaky(HIDDEN, BETAS[0]),
        torch.nn.Linear(HIDDEN, CLASSES, bias=False),
        leaky(CLASSES, BETAS[1]),
    )


def counts(net: torch.nn.Module, x: torch.Tensor) -> torch.Tensor:
    """Spikes of each class, (n, CLASSES), for spikes (n, steps, 64); the network begins afresh."""
    utils.reset(net)
    return torch.stack([net(x[:, step]) for step in range(x.shape[1])]).sum(0)


def trained(x: NDArray[np.uint8], labels: NDArray[np.int64]) -> torch.nn.Sequential:
    """The network after training; the right class is to spike most."""
    torch.manual_seed(SEED)
    net = network()
    inputs, targets = torch.tensor(x, dtype=torch.float32), torch.tensor(labels)
    optimiser = torch.optim.Adam(net.parameters(), lr=RATE)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, EPOCHS)
    for epoch in range(EPOCHS):
        total = 0.0
        for batch in torch.randperm(len(inputs)).split(BATCH):
            loss = torch.nn.functional.cross_entropy(counts(net, inputs[batch]), targets[batch])
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
            total += loss.item() * len(batch)
        schedule.step()
        print(f"epoch {epoch + 1} of {EPOCHS}: loss {total / len(inputs):.3f}")
    return net


def stream(x: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Digits one after the other with silence behind each, (steps, 64)."""
    return np.pad(x, ((0, 0), (0, SILENCE), (0, 0))).reshape(-1, x.shape[2])


def answers(outputs: NDArray[Any]) -> NDArray[np.int64]:
    """The class with the most spikes in the steps of each digit and the silence behind it, the
    first of equals.
    """
    return outputs.reshape(-1, STEPS + SILENCE, CLASSES).sum(1).argmax(1)


def main() -> None:
    """Train, export, import, and say how often each network is right."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "--out", type=Path, default=HERE, help="folder to write to (default: beside this file)"
    )
    out: Path = parser.parse_args().out
    torch.set_num_threads(1)
    x, test, labels, test_labels = data()
    net = trained(x, labels)
    with torch.no_grad():
        alone = (
            counts(
                net, torch.tensor(np.pad(test, ((0, 0), (0, SILENCE), (0, 0))), dtype=torch.float32)
            )
            .argmax(1)
            .numpy()
        )
        utils.reset(net)
        graph = export_to_nir(net, torch.zeros(64))
        utils.reset(net)
        events = stream(test)
        theirs = np.array([net(torch.tensor(word, dtype=torch.float32)).numpy() for word in events])
    file = out / "digits_snn.nir"
    nir.write(file, graph)

    ours = run(to_network(read(file, **TOLD)), {"input": events})["output"]
    design, parameters, report = import_design(file, **TOLD, **WIDTHS)
    integer = Network(design.network, parameters).run(events)
    right = {
        "snnTorch, each digit by itself": alone == test_labels,
        "snnTorch, one after the other": answers(theirs) == test_labels,
        "imported, float64": answers(ours) == test_labels,
        "imported, integers": answers(integer) == test_labels,
    }
    print(report)
    print(
        "spikes that differ between snnTorch and the float64 network:"
        f" {int((theirs != ours).sum())} of {int(theirs.sum())}"
    )
    print(
        f"spikes that differ between float64 and integers: {int((ours != integer).sum())} of"
        f" {int(ours.sum())}"
    )
    for name, each in right.items():
        print(f"{name}: {each.sum()} of {len(each)} right ({each.mean():.3f})")
    meta = {
        "task": "scikit-learn's digits as spikes",
        "source": "examples/nir/record.py",
        "labels": test_labels.tolist(),
        "answers": answers(integer).tolist(),
        "steps": STEPS,
        "silence": SILENCE,
        "accuracy": {name: float(each.mean()) for name, each in right.items()},
        "made_with": {
            "torch": torch.__version__,
            "snntorch": snn.__version__,
            "nir": nir.version,
            "numpy": np.__version__,
        },
    }
    integers = {name: array.astype(np.int32) for name, array in parameters.items()}
    with replacing(out / "digits_snn_test.npz") as temporary, temporary.open("wb") as stored:
        np.savez_compressed(
            stored, x=events, meta=np.array(json.dumps(meta, sort_keys=True)), **integers
        )


if __name__ == "__main__":
    main()
