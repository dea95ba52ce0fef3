"""Trained in PyTorch, put on the chip; then the sensor changes, and the chip learns on.

python examples/on_chip/from_pytorch.py
python examples/on_chip/from_pytorch.py --change dead --samples 2000
python examples/on_chip/from_pytorch.py --data mnist10k.npz --samples 1000
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import torch
from tasks import CHANGES, Recovery, Split, checked, digits, fold_of, right

from sc_hw import Device
from sc_hw.scripts import MOST_SEED, ScriptParser, errors_in_one_line, whole
from sc_model.images import load_images
from sc_model.spec import Design, load_design
from sc_model.training import LearningNetworkModule

HERE = Path(__file__).resolve().parent
MOST_SAMPLES = 10_000_000  # some hours
BATCH, RATE = 64, 1.0  # samples of a step of Adam, and its rate in units of integer weights


@dataclass(frozen=True)
class Outcome:
    """Shares of right answers on the test, all of the last device.

    Members
    -------
    trained : in PyTorch.
    before : on the chip, with the sensor as it was.
    changed : behind the change of the sensor.
    after : when the chip has learned on.
    other_answers, other_values : of two devices, what differs: answers, and the state at the end.
    """

    trained: float
    before: float
    changed: float
    after: float
    other_answers: int
    other_values: int


def trained(design: Design, split: Split, epochs: int, seed: int) -> LearningNetworkModule:
    """The network of a design, trained by gradients."""
    checked(split, design)
    module = LearningNetworkModule(design.learning, seed=seed)
    optimiser = torch.optim.Adam(module.parameters(), lr=RATE)
    rng = np.random.default_rng(seed)
    for _ in range(epochs):
        order = rng.permutation(len(split.values))
        for places in np.array_split(order, max(1, len(order) // BATCH)):
            scores = module(torch.as_tensor(split.values[places]))
            loss = module.loss(scores, torch.as_tensor(split.classes[places]))
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
    return module


def in_the_field(
    module: LearningNetworkModule,
    devices: list[Device],
    split: Split,
    change: str,
    samples: int,
    seed: int,
) -> Outcome:
    """The same run on one device after the other.

    Parameters
    ----------
    module : the trained network.
    devices : its design on model, RTL or a board.
    split : the samples; those to learn from are shown again behind the change.
    change : of the sensor, a name of `CHANGES`.
    samples : how many the chip learns from behind the change.
    seed : of the change and of the order.
    """
    with torch.no_grad():
        scores = module(torch.as_tensor(split.test_values)).numpy()
    shares = [float((scores.argmax(1) == split.test_classes).mean())]
    answers, states = [], []
    for device in devices:
        rng = np.random.default_rng(seed)
        new = CHANGES[change](rng, split.values.shape[1])
        places = rng.integers(0, len(split.values), samples)
        device.load(module.weights())
        before = right(device, split.test_values, split.test_classes)
        at_change = right(device, new(split.test_values), split.test_classes)
        answers.append(Recovery(device).learn(new(split.values[places]), split.classes[places]))
        after = right(device, new(split.test_values), split.test_classes)
        states.append(device.state())
    shares += [before, at_change, after]
    pairs = [(f, space, name) for f in states[1:] for space in f for name in f[space]]
    return Outcome(
        *shares,
        other_answers=sum(int((each != answers[0]).sum()) for each in answers[1:]),
        other_values=sum(int((f[s][n] != states[0][s][n]).sum()) for f, s, n in pairs),
    )


def main() -> None:
    """Train, deploy, change the sensor, learn on; print what is right after each."""
    parser = ScriptParser(description=__doc__.splitlines()[0])
    parser.add_argument("--change", choices=sorted(CHANGES), default="rewired")
    parser.add_argument("--data", type=Path, help="images of 28 x 28 pixels; else digits of 8 x 8")
    parser.add_argument(
        "--epochs", type=whole(0, 10_000), default=20, help="of the training in PyTorch"
    )
    parser.add_argument(
        "--samples", type=whole(0, MOST_SAMPLES), default=8000, help="that the chip learns from"
    )
    parser.add_argument("--seed", type=whole(0, MOST_SEED), default=0)
    options = parser.parse_args()
    with errors_in_one_line():
        split = (
            digits(options.seed) if options.data is None else fold_of(load_images(options.data), 4)
        )
        design = load_design(HERE / f"{'digits' if options.data is None else 'mnist'}.toml")
        torch.set_num_threads(1)
        module = trained(design, split, options.epochs, options.seed)
        with Device.open(design) as model, Device.open(design, "rtl") as rtl:
            outcome = in_the_field(
                module, [model, rtl], split, options.change, options.samples, options.seed
            )
    for name, share in list(asdict(outcome).items())[:4]:
        print(f"{name:8} {100 * share:6.2f} % right")
    print(
        f"RTL and model: {outcome.other_answers} other answers in {options.samples:,} samples,"
        f" {outcome.other_values} other values of the state"
    )


if __name__ == "__main__":
    main()
