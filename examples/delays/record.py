"""Train the network that is shipped, and write it with test sequences: `delays.toml` and
`delays.npz` beside this file.

    python examples/delays/record.py [--out FOLDER]

The first seed and the learning rates of reports/delays.json, fine-tuned in integers. Half a minute.
The same versions on the same machine give the same bytes.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

import numpy as np
import torch
from network import TASK, TEST, TRAIN, integers, network, stream, tensors, train, tuned
from numpy.typing import NDArray
from run import QUANTISER, TESTED, best_rates
from task import CLASSES, LAGS

from sc_model.golden.network.network import Network
from sc_model.quantisation import QuantisedLayer, network_design, save_design

HERE = Path(__file__).parent
REPORT = HERE.parents[1] / "reports" / "delays.json"
SEED = 0
SILENCE = 24  # ticks behind each sequence: delays run out, and potentials leak away
COMMENT = """Synapses with learned delays in front of 24 hidden neurons, trained as README.md \
says. `record.py` wrote this
file; weights, delays, thresholds and leaks are in delays.npz."""


def trained() -> list[QuantisedLayer]:
    """The network in integers."""
    rate, delay_rate = best_rates(
        json.loads(REPORT.read_text(encoding="utf-8"))["settings"], "learned"
    )
    net = network("learned", SEED)
    train(net, rate, delay_rate, SEED, TRAIN)
    return integers(tuned(net, QUANTISER, rate, SEED))


def stimulus() -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    """The test sequences one after the other, silence behind each, (steps, inputs); and their
    classes.
    """
    x, labels = tensors(TESTED, stream(SEED, TEST))
    sequences = x.numpy().astype(np.uint8).transpose(1, 0, 2)
    padded = np.pad(sequences, ((0, 0), (0, SILENCE), (0, 0)))
    return padded.reshape(-1, padded.shape[2]), labels.numpy()


def answers(spikes: NDArray[Any]) -> NDArray[np.int64]:
    """What a network says, of its spikes in all steps (steps, classes): one answer a sequence."""
    each = spikes.reshape(-1, TASK.ticks + SILENCE, CLASSES)
    return each[:, : TASK.ticks].sum(1, dtype=np.int64).argmax(1)


def main() -> None:
    """Write both files and print what the golden network makes of them."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "--out", type=Path, default=HERE, help="folder to write to (default: beside this file)"
    )
    out: Path = parser.parse_args().out
    torch.set_num_threads(1)
    layers = trained()
    design, parameters = network_design("delays", layers)
    if design.network is None:
        raise RuntimeError("the design is no network")
    x, labels = stimulus()
    classes = answers(Network(design.network, parameters).run(x))
    meta = {
        "task": "lag between two ears",
        "source": "examples/delays/record.py",
        "classes": [f"{lag:+d} ticks" for lag in LAGS],
        "labels": labels.tolist(),
        "answers": classes.tolist(),
        "ticks": TASK.ticks,
        "silence": SILENCE,
        "scale": {layer.spec.name: layer.scale.tolist() for layer in layers},
        "errors": {
            layer.spec.name: {what: vars(error) for what, error in layer.errors.items()}
            for layer in layers
        },
        "made_with": {"torch": torch.__version__, "numpy": np.__version__},
    }
    save_design(
        out,
        design,
        parameters,
        comment=COMMENT,
        extra={"x": x, "meta": np.array(json.dumps(meta, sort_keys=True))},
    )
    print(
        f"{(classes == labels).sum()} of {TESTED} sequences right in integers, one after the other"
    )


if __name__ == "__main__":
    main()
