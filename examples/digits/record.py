"""Record the digits task in closed loop with the golden bank: writes `digits.npz` beside this file.

    python examples/digits/record.py [--out FILE]

Needs scikit-learn. The same versions give the same bytes. README.md says what is recorded and what the figures mean.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import math
import statistics
import sys
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import sklearn
from numpy.typing import NDArray
from sklearn.datasets import load_digits

from sc_hw.flow.files import replacing
from sc_model.golden import Bank
from sc_model.learning.readout import accuracy, linear_readout
from sc_model.rules import resolve
from sc_model.spec import Design, load_design

HERE = Path(__file__).parent
CLASSES = 8  # digits 0 to 7: eight neurons of 128 lines fill 1,024 synapses
PIXELS = 64
LINES = 2 * PIXELS
SWEEPS = 700  # the RTL replays all of them, 1,024 clocks each
THRESHOLD = 7  # a pixel is 0 to 16
TEST_SAMPLES = 400
SPLIT_SEED = 0  # which samples are held out; the seed of a run does not move them
INITIAL_SPREAD = 8  # initial weights are the middle of the range, give or take this
SHARPNESS = (1.0, 3.0)  # of the choice, first and last sweep; in standard deviations of the scores
PENALTY = 0.5  # of a wrong choice, relative to the policy gradient's
OTHER_SEEDS = tuple(range(2, 12))


@dataclass(frozen=True)
class Run:
    """One recorded run: arrays of shape (sweeps, neurons, lines) and weights of shape (neurons, lines)."""

    inputs: dict[str, NDArray[Any]]
    before: NDArray[np.int64]
    after: NDArray[np.int64]
    digits_shown: int


def dataset() -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    """Bits of the lines, shape (samples, 128), and labels of all digits 0 to 7: 64 pixels ON, then the same 64 OFF.

    ON and OFF together are 64 active lines in every sample, so that no digit is louder than another.
    """
    digits = load_digits()
    chosen = digits.target < CLASSES
    on = (digits.images[chosen].reshape(-1, PIXELS) > THRESHOLD).astype(np.uint8)
    return np.concatenate([on, 1 - on], axis=1), digits.target[chosen].astype(np.int64)


def softmax(scores: NDArray[np.int64], sharpness: float) -> list[float]:
    """Probability of each choice; scores are centred and scaled by their standard deviation first."""
    values = [int(score) for score in scores]
    centre, spread = statistics.fmean(values), max(statistics.pstdev(values), 1.0)
    powers = [math.exp(sharpness * (value - centre) / spread) for value in values]
    return [power / sum(powers) for power in powers]


def choose(weights: list[float], draw: float) -> int:
    """Index drawn in proportion to `weights` by `draw`, uniform in [0, 1)."""
    level = draw * sum(weights)
    for index, weight in enumerate(weights):
        level -= weight
        if weight > 0 and level < 0:
            return index
    return max(range(len(weights)), key=lambda index: weights[index])  # rounding left nothing below


def learn(design: Design, lines: NDArray[np.uint8], labels: NDArray[np.int64], seed: int) -> Run:
    """Show digits until SWEEPS sweeps have passed; each digit until the choice is right, one choice a sweep.

    A sweep: the digit's lines fire to all neurons, a neuron is drawn by the softmax of the integer weights among those
    not yet tried on this digit, that neuron fires, and one reward goes to every synapse:
    R * (1 - p) if the choice is right, -PENALTY * R * p if not, with R the largest reward and p the probability of
    the choice. Whether it is right is all that is told; the rule alone changes the weights.
    """
    rule, params = resolve(design.rule)
    weight, largest = rule.state_formats(params)["weight"], rule.input_formats(params)["reward"].hi
    random = np.random.default_rng(seed)
    middle = (weight.hi + 1) // 2
    before = middle + random.integers(-INITIAL_SPREAD, INITIAL_SPREAD + 1, size=(CLASSES, LINES))
    bank = Bank(rule, params, CLASSES * LINES, {"weight": before.ravel()})
    pre = np.zeros((SWEEPS, CLASSES, LINES), bool)
    post = np.zeros_like(pre)
    reward = np.zeros((SWEEPS, CLASSES, LINES), np.int8)
    sweep = shown = 0
    for sample in random.permutation(len(lines)):
        table = bank.state["weight"].reshape(CLASSES, LINES).astype(np.int64)
        scores = (LINES * table - table.sum(axis=1, keepdims=True)) @ lines[sample].astype(np.int64)
        odds = softmax(scores, SHARPNESS[0] + (SHARPNESS[1] - SHARPNESS[0]) * sweep / SWEEPS)
        left, right = list(odds), False
        while not right and sweep < SWEEPS:
            choice = choose(left, float(random.random()))
            right = choice == labels[sample]
            left[choice] = 0.0
            pre[sweep] = lines[sample]
            post[sweep, choice] = True
            reward[sweep] = round(largest * (1 - odds[choice])) if right else -round(PENALTY * largest * odds[choice])
            bank.step({"pre_spike": pre[sweep].ravel(), "post_spike": post[sweep].ravel(), "reward": reward[sweep].ravel()})
            sweep += 1
        shown += 1
        if sweep == SWEEPS:
            break
    after = bank.state["weight"].reshape(CLASSES, LINES).astype(np.int64)
    return Run({"pre_spike": pre, "post_spike": post, "reward": reward}, before, after, shown)


def record(design: Design) -> dict[str, NDArray[Any]]:
    """The arrays of `digits.npz`, in the format of `sc_model.golden.recording`."""
    lines, labels = dataset()
    order = np.random.default_rng(SPLIT_SEED).permutation(len(labels))
    test, train = order[:TEST_SAMPLES], order[TEST_SAMPLES:]

    def score(weights: NDArray[np.int64]) -> float:
        return accuracy(linear_readout(weights, lines[test]), labels[test])

    run = learn(design, lines[train], labels[train], design.seed)
    others = [score(learn(design, lines[train], labels[train], seed).after) for seed in OTHER_SEEDS]
    meta = {
        "task": "handwritten digits 0 to 7, learned by trial and error",
        "classes": list(range(CLASSES)),
        "lines": LINES,
        "neurons": CLASSES,
        "index": "synapse = neuron * lines + line",
        "image": {
            "shape": [8, 8],
            "channels": ["on", "off"],
            "index": "line = channel * 64 + row * 8 + column",
            "threshold": f"on where the pixel (0 to 16) exceeds {THRESHOLD}, off elsewhere",
        },
        "source": "Optical Recognition of Handwritten Digits (E. Alpaydin, C. Kaynak), UCI, as shipped with scikit-learn",
        "licence": "CC BY 4.0 (UCI Machine Learning Repository, doi:10.24432/C50P49)",
        "feedback": "right or wrong for the class chosen, each digit shown until the choice is right",
        "seed": design.seed,
        "sweeps": SWEEPS,
        "digits_shown": run.digits_shown,
        "train_samples": len(train),
        "made_with": made_with(),
        "accuracy": {
            "readout": "sc_model.learning.readout.linear_readout",
            "chance": 1 / CLASSES,
            "before": score(run.before),
            "after": score(run.after),
            "other_seeds": {
                "seeds": list(OTHER_SEEDS),
                "after": others,
                "mean": round(statistics.fmean(others), 4),
                "sd": round(statistics.stdev(others), 4),
            },
        },
        "final_weight_sha256": weight_hash(run.after),
        "test": {
            "samples": TEST_SAMPLES,
            "bits": np.packbits(lines[test], axis=1).tobytes().hex(),
            "format": "hex of numpy.packbits(lines, axis=1): 16 bytes a sample, first line in the highest bit",
            "labels": labels[test].tolist(),
        },
    }
    arrays: dict[str, NDArray[Any]] = {name: array.reshape(SWEEPS, -1) for name, array in run.inputs.items()}
    arrays["initial_weight"] = run.before.ravel().astype(np.uint16)
    arrays["meta"] = np.array(json.dumps(meta))
    return arrays


def made_with() -> dict[str, str]:
    """Versions on which the bytes of the recording depend."""
    return {"scikit-learn": sklearn.__version__, "numpy": np.__version__, "zlib": zlib.ZLIB_RUNTIME_VERSION}


def weight_hash(weights: NDArray[Any]) -> str:
    """SHA-256 of the weights as little-endian 16-bit integers in order of address."""
    return hashlib.sha256(weights.astype("<u2").tobytes()).hexdigest()


def main() -> int:
    """Write the recording and print its figures."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, default=HERE / "digits.npz", help="file to write (default: %(default)s)")
    out = parser.parse_args().out
    arrays = record(load_design(HERE / "digits.toml"))
    with replacing(out) as temporary, temporary.open("wb") as file:
        np.savez_compressed(file, **arrays)  # type: ignore[arg-type] # no array is named allow_pickle
    meta = json.loads(str(arrays["meta"]))
    scores = meta["accuracy"]
    print(f"{out}: {meta['sweeps']} sweeps, {meta['digits_shown']} digits shown, {out.stat().st_size / 1000:.1f} kB")
    print(f"test accuracy before {scores['before']:.3f}, after {scores['after']:.3f} (chance {scores['chance']:.3f})")
    others = scores["other_seeds"]
    print(f"ten other seeds: mean {others['mean']:.3f}, sd {others['sd']:.3f}, least {min(others['after']):.3f}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
