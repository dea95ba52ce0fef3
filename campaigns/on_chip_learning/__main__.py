"""`python -m campaigns.on_chip_learning --mnist FILE --fashion FOLDER --out reports` writes
on_chip_learning.json and on_chip_learning.md.

`--mnist` is a file of images (idx or .npz), of which each fifth tests once; `--fashion` the folder
of the four idx files of Fashion-MNIST. The digits are those of scikit-learn.
"""

from __future__ import annotations

import argparse
import json
import platform
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from campaigns.freshness.stamps import write_report
from campaigns.on_chip_learning.page import page
from campaigns.on_chip_learning.rows import (
    CHOSEN,
    digit_rows,
    drift_rows,
    fashion_rows,
    mnist_rows,
    pytorch_rows,
    speed,
)
from campaigns.on_chip_learning.trials import (
    TRIAL_PARTS,
    bandit_rows,
    bandit_rtl,
    pole_rows,
    pole_rtl_rows,
)
from campaigns.on_chip_learning.verilog import SHOWN, rtl_row
from sc_hw.files import write_json
from sc_model.images import load_images

SCHEMA = "sc-hw.on-chip-learning.v1"
RTL = tuple(f"rtl_{kind}" for kind in SHOWN)
PARTS = ("digits", "mnist", "fashion", "drift", "pytorch", *RTL, *TRIAL_PARTS, "speed")


def main() -> None:
    """Run the campaign, or parts of it, and write both files; other parts stay as they were."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--mnist", type=Path, required=True, help="images: an idx file, or .npz")
    parser.add_argument("--fashion", type=Path, required=True, help="folder of the four idx files")
    parser.add_argument("--build", type=Path, default=Path("build"))
    parser.add_argument("--out", type=Path, default=Path("reports"))
    parser.add_argument("--part", choices=PARTS, action="append", help="one of the parts; else all")
    options = parser.parse_args()
    images = load_images(options.mnist)
    makers: dict[str, Callable[[], Any]] = {
        "digits": lambda: list(digit_rows()),
        "mnist": lambda: list(mnist_rows(images)),
        "fashion": lambda: list(fashion_rows(options.fashion)),
        "drift": lambda: list(drift_rows(images)),
        "pytorch": lambda: list(pytorch_rows(options.build)),
        **{
            f"rtl_{kind}": partial(rtl_row, kind, images, options.fashion, options.build)
            for kind in SHOWN
        },
        "bandit": lambda: list(bandit_rows()),
        "pole": lambda: list(pole_rows()),
        "rtl_bandit": lambda: [bandit_rtl()],
        "rtl_pole": lambda: list(pole_rtl_rows()),
        "speed": lambda: speed(images),
    }
    file = options.out / "on_chip_learning.json"
    report: dict[str, Any] = dict.fromkeys(PARTS)
    frame = {
        "schema": SCHEMA,
        "command": f"python -m campaigns.on_chip_learning --mnist {options.mnist.name} --fashion"
        f" {options.fashion.name}",
        "machine": platform.processor() or platform.machine(),
        "chosen": CHOSEN,
    }
    for part in options.part or PARTS:
        rows = makers[part]()
        if options.part and file.exists():  # as it is now: another run may have written its parts
            report |= json.loads(file.read_text(encoding="utf-8"))
        report |= {**frame, part: rows}
        write_json(file, report)
    write_report(options.out, "on_chip_learning", page(report))


if __name__ == "__main__":
    main()
