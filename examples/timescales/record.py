"""Train the network that is shipped, and write it with test sequences: `timescales.npz` and
`timescales.toml` beside this file.

    python examples/timescales/record.py [--out FOLDER]

Two layers, the first seed and the learning rate of reports/timescales.json, tuned with weights of 8
bits and codes of 6. Half a minute. The same versions on the same machine give the same bytes.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from network import (
    TASK,
    TEST,
    TRAIN,
    TUNE,
    fit,
    integers,
    network,
    parameters,
    stream,
    tensors,
    tuned,
)
from numpy.typing import NDArray
from run import SYNAPSE, TESTED, best_rate

from sc_hw.files import replacing, write_text
from sc_model.golden.network.network import Network
from sc_model.spec import load_design
from sc_model.training import Integers

HERE = Path(__file__).parent
REPORT = HERE.parents[1] / "reports" / "timescales.json"
SEED, HIDDEN, CODE_BITS = 0, 12, 6
SEQUENCES = 100
# Ticks behind each sequence, in which traces fade: of the longest, 100 ms, a fiftieth is left
SILENCE = 400


def trained() -> list[Integers]:
    """The network in integers."""
    rate = best_rate(json.loads(REPORT.read_text(encoding="utf-8"))["settings"], HIDDEN, "synapse")
    net = network(SYNAPSE, HIDDEN, SEED)
    fit(net, rate, stream(SEED, TRAIN))
    return integers(tuned(net, CODE_BITS, rate, stream(SEED, TUNE)), CODE_BITS)


def stimulus() -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    """The first test sequences one after the other, silence behind each, (steps, inputs); and their
    classes.
    """
    x, labels = tensors(TESTED, stream(SEED, TEST))
    sequences = x[:, :SEQUENCES].numpy().astype(np.uint8).transpose(1, 0, 2)
    padded = np.pad(sequences, ((0, 0), (0, SILENCE), (0, 0)))
    return padded.reshape(-1, padded.shape[2]), labels[:SEQUENCES].numpy()


def answers(spikes: NDArray[Any]) -> NDArray[np.int64]:
    """What a network says, of its spikes in all steps (steps, classes): one answer a sequence."""
    each = spikes.reshape(-1, TASK.ticks + SILENCE, spikes.shape[1])
    return each[:, TASK.ticks - TASK.window : TASK.ticks].sum(1, dtype=np.int64).argmax(1)


def design(layers: Sequence[Integers]) -> str:
    """The design file."""
    lines = [
        (
            "# Two layers of synapses that each have a time constant of their own, trained as"
            " README.md says. `record.py` wrote this"
        ),
        "# file; weights and codes are in timescales.npz.",
        "",
        "[design]",
        'name = "timescales"',
        'block = "network"',
        "",
        "[network]",
        "tick_ms = 1.0",
    ]
    for layer in layers:
        spec = layer.spec
        lines += [
            "",
            "[[layer]]",
            f'name = "{spec.name}"',
            f"inputs = {spec.inputs}",
            f"neurons = {spec.neurons}",
        ]
        lines += [
            f"weight_bits = {spec.weight_bits}",
            f"code_bits = {spec.code_bits}",
            "",
            "[layer.neuron]",
        ]
        lines += [f"threshold = {spec.neuron.threshold}", f"leak_shift = {spec.neuron.leak_shift}"]
    return "\n".join(lines) + "\n"


def main() -> None:
    """Write both files and print what the golden network makes of them."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "--out", type=Path, default=HERE, help="folder to write to (default: beside this file)"
    )
    out: Path = parser.parse_args().out
    torch.set_num_threads(1)
    layers = trained()
    file = write_text(out / "timescales.toml", design(layers))
    spec = load_design(file).network
    if spec is None:
        raise RuntimeError(f"{file} is no network")
    x, labels = stimulus()
    net = Network(spec, parameters(layers))
    classes = answers(np.array([net.step(word) for word in x]))
    meta = {
        "task": "delayed cue and fast transients",
        "source": "examples/timescales/record.py",
        "classes": [
            "cue A, X before Y",
            "cue A, Y before X",
            "cue B, X before Y",
            "cue B, Y before X",
        ],
        "labels": labels.tolist(),
        "answers": classes.tolist(),
        "ticks": TASK.ticks,
        "silence": SILENCE,
        "window": TASK.window,
        "scale": {layer.spec.name: layer.scale for layer in layers},
        "made_with": {"torch": torch.__version__, "numpy": np.__version__},
    }
    arrays = {
        "x": x,
        **{name: array.astype(np.int16) for name, array in parameters(layers).items()},
    }
    with replacing(out / "timescales.npz") as temporary, temporary.open("wb") as stored:
        np.savez_compressed(stored, meta=np.array(json.dumps(meta, sort_keys=True)), **arrays)
    print(
        f"{(classes == labels).sum()} of {SEQUENCES} sequences right in fixed point, one after the"
        " other"
    )


if __name__ == "__main__":
    main()
