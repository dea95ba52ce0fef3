"""Learn a task on the chip, and see how right the answers become.

python examples/on_chip/run.py digits
python examples/on_chip/run.py digits_reward --samples 3000
python examples/on_chip/run.py mnist --data mnist10k.npz
python examples/on_chip/run.py fashion --data train-images-idx3-ubyte.gz --test t10k-images-...
"""

from __future__ import annotations

import argparse
from pathlib import Path

from tasks import (
    Split,
    checked,
    digits,
    first_weights,
    fold_of,
    learn,
    moved,
    phases,
    right,
    split_of,
)

from sc_hw import Device
from sc_hw.scripts import MOST_SEED, ScriptParser, errors_in_one_line, whole
from sc_model.images import load_images
from sc_model.spec import ConfigError

HERE = Path(__file__).resolve().parent
SHOWN = {"digits": 12_000, "digits_reward": 12_000, "mnist": 120_000, "fashion": 180_000}
MOST_SAMPLES = 10_000_000  # some hours


def split_for(options: argparse.Namespace) -> Split:
    """The samples of a task."""
    if options.task.startswith("digits"):
        if options.data is not None or options.test is not None:
            raise ConfigError(f"task {options.task} has images of its own; leave --data out.")
        return digits(options.seed)
    if options.data is None:
        raise ConfigError(f"task {options.task} needs --data, a file of images with their classes.")
    images = load_images(options.data)
    if options.test is None:
        return fold_of(images, options.fold)
    return split_of(images, load_images(options.test))


def main() -> None:
    """Learn, and print the share of right answers on the test before and after."""
    parser = ScriptParser(description=__doc__.splitlines()[0])
    parser.add_argument("task", choices=sorted(SHOWN))
    parser.add_argument("--data", type=Path, help="images: an idx file, or .npz")
    parser.add_argument("--test", type=Path, help="images to test with; else a fifth of --data")
    parser.add_argument("--fold", type=int, default=4, choices=range(5), help="which fifth")
    parser.add_argument("--samples", type=whole(1, MOST_SAMPLES), help="samples that are shown")
    parser.add_argument(
        "--seed", type=whole(0, MOST_SEED), default=0, help="of first weights, order and split"
    )
    parser.add_argument("--moved", action="store_true", help="move each image by a pixel at most")
    parser.add_argument("--on", default="model", help="model, rtl, sim-board or a port")
    options = parser.parse_args()
    samples = options.samples or SHOWN[options.task]
    with errors_in_one_line():
        split = split_for(options)
        with Device.open(HERE / f"{options.task}.toml", options.on) as device:
            checked(split, device.design)
            device.load(first_weights(device.design, options.seed))
            before = right(device, split.test_values, split.test_classes)
            print(f"before: {100 * before:.2f} % of {len(split.test_classes):,} right")
            played = learn(
                device,
                split,
                samples,
                options.seed,
                schedule=phases(device.design),
                distort=moved if options.moved else None,
            )
            after = right(device, split.test_values, split.test_classes)
            print(f"after {len(played):,} samples: {100 * after:.2f} % right")


if __name__ == "__main__":
    main()
