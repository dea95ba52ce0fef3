"""Record the digits task in closed loop with the golden layer: writes `digits.npz` beside this
file.

    python examples/digits/record.py [--out FILE]

Needs scikit-learn, and about two minutes for the other seeds. The same versions give the same
bytes. README.md says what is recorded and what the figures mean.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import statistics
import sys
import zlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import sklearn
from numpy.typing import NDArray

from sc_hw.files import replacing
from sc_model.evaluation.digits import (
    CLASSES,
    REWARDS,
    TEST_SAMPLES,
    Loop,
    Steps,
    thresholds,
)
from sc_model.spec import Design, load_design

HERE = Path(__file__).parent
THRESHOLDS = thresholds(2)  # a pixel is 0 to 16
TRIALS = 3_000  # recorded, and replayed in RTL
LONGER = 12_000  # trials of a second run, of the golden model alone
BLOCK = 100  # trials a point of the learning curve
OTHER_SEEDS = tuple(range(2, 12))


def several(values: Sequence[float], seeds: Sequence[int]) -> dict[str, Any]:
    """Figures of several seeds."""
    mean, sd = round(statistics.fmean(values), 4), round(statistics.stdev(values), 4)
    return {"seeds": list(seeds), "after": list(values), "mean": mean, "sd": sd}


def run(design: Design, seed: int, trials: int) -> tuple[Steps, NDArray[Any], float]:
    """The steps of a run and of the examination after it, the weights, and the share of held-out
    digits named.
    """
    loop, steps = Loop(design, seed), Steps()
    loop.learn(trials, steps)
    after = loop.examine(steps)
    return steps, loop.layer.state["synapse"]["weight"], after


def record(design: Design, other_seeds: Sequence[int] = OTHER_SEEDS) -> dict[str, NDArray[Any]]:
    """The arrays of `digits.npz`, in the format of `sc_model.golden.recording`."""
    steps, weights, after = run(design, design.seed, TRIALS)
    longer, _, longer_after = run(design, design.seed, LONGER)
    first = Loop(design, design.seed)
    others: dict[int, dict[str, Any]] = {TRIALS: {}, LONGER: {}}
    for trials in others if other_seeds else ():
        shares = [run(design, seed, trials)[2] for seed in other_seeds]
        others[trials] = {"other_seeds": several(shares, other_seeds)}
    curve = longer.right()[:LONGER].reshape(-1, BLOCK).mean(axis=1).round(4)
    meta = {
        "task": "handwritten digits 0 to 9, learned by trial and error",
        "feedback": (
            f"right or wrong for the class chosen (a reward of +-{REWARDS[0]}, later"
            f" +-{REWARDS[1]})"
        ),
        "source": (
            "Optical Recognition of Handwritten Digits (E. Alpaydin, C. Kaynak), UCI, as shipped"
            " with scikit-learn"
        ),
        "licence": "CC BY 4.0 (UCI Machine Learning Repository, doi:10.24432/C50P49)",
        "classes": list(range(CLASSES)),
        "image": {
            "shape": [8, 8],
            "channels": [*(f"> {t}" for t in THRESHOLDS), *(f"<= {t}" for t in THRESHOLDS)],
            "signs": [1] * len(THRESHOLDS) + [-1] * len(THRESHOLDS),
            "index": "line = channel * 64 + row * 8 + column",
        },
        "seed": design.seed,
        "trials": TRIALS,
        "train_samples": len(first.train),
        "made_with": made_with(),
        "labels": steps.labels,
        "winners": steps.winners,
        "held_out": TEST_SAMPLES,
        "block": BLOCK,
        "accuracy": {
            "chance": 1 / CLASSES,
            "after": after,
            **others[TRIALS],
        },
        "longer": {
            "trials": LONGER,
            "right": curve.tolist(),
            "after": longer_after,
            **others[LONGER],
        },
        "final_weight_sha256": weight_hash(weights),
    }
    return {
        "spikes": np.array(steps.spikes, np.uint8),
        "reward": np.array(steps.reward, np.int8),
        **{name: np.array(values) for name, values in steps.flags.items()},
        "initial_weight": first.before.astype(np.uint16),
        "meta": np.array(json.dumps(meta)),
    }


def made_with() -> dict[str, str]:
    """Versions on which the bytes of the recording depend."""
    return {
        "scikit-learn": sklearn.__version__,
        "numpy": np.__version__,
        "zlib": zlib.ZLIB_RUNTIME_VERSION,
    }


def weight_hash(weights: NDArray[Any]) -> str:
    """SHA-256 of the weights as little-endian 16-bit integers, one input after another."""
    return hashlib.sha256(weights.astype("<u2").tobytes()).hexdigest()


def main() -> int:
    """Write the recording and print its figures."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "--out", type=Path, default=HERE / "digits.npz", help="file to write (default: %(default)s)"
    )
    out = parser.parse_args().out
    arrays = record(load_design(HERE / "digits.toml"))
    with replacing(out) as temporary, temporary.open("wb") as file:
        # No array is named allow_pickle.
        np.savez_compressed(file, **arrays)  # type: ignore[arg-type]
    meta = json.loads(str(arrays["meta"]))
    print(
        f"{out}: {len(arrays['spikes'])} steps, {meta['trials']} trials,"
        f" {out.stat().st_size / 1000:.1f} kB"
    )
    for name, figures in (
        (f"{meta['trials']} trials", meta["accuracy"]),
        (f"{LONGER} trials", meta["longer"]),
    ):
        others = figures["other_seeds"]
        spread = (
            f"mean {others['mean']:.3f}, sd {others['sd']:.3f}, least {min(others['after']):.3f}"
        )
        print(
            f"held-out accuracy after {name}: {figures['after']:.3f}; {len(others['seeds'])} other"
            f" seeds: {spread}"
        )
    return 0


if __name__ == "__main__":
    sys.exit(main())
