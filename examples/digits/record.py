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
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import sklearn
from numpy.typing import NDArray
from sklearn.datasets import load_digits

from sc_hw.files import replacing
from sc_model.golden import PlasticLayer
from sc_model.rules import resolve
from sc_model.spec import ConfigError, Design, load_design

HERE = Path(__file__).parent
CLASSES = 10
THRESHOLDS = (5, 11)  # a pixel is 0 to 16
REWARDS = (24, 4)  # for a right choice, first and then; their negatives for a wrong one
# Of the trials are over when the second reward begins: smaller steps, so that the weights settle
SETTLING = 0.6
TRIALS = 3_000  # recorded, and replayed in RTL
LONGER = 12_000  # trials of a second run, of the golden model alone
BLOCK = 100  # trials a point of the learning curve
TEST_SAMPLES = 400
SPLIT_SEED = 0  # which samples are held out; the seed of a run does not move them
OTHER_SEEDS = tuple(range(2, 12))


@dataclass
class Steps:
    """What the layer sees, step by step, and what it decides."""

    spikes: list[NDArray[np.uint8]] = field(default_factory=list)
    reward: list[int] = field(default_factory=list)
    flags: dict[str, list[bool]] = field(
        default_factory=lambda: {"outcome": [], "decide": [], "clear_trial": []}
    )
    labels: list[int] = field(default_factory=list)
    winners: list[int] = field(default_factory=list)

    def right(self) -> NDArray[np.bool_]:
        """Of each decision, whether it was right."""
        return np.equal(self.winners, self.labels)


def dataset() -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    """Bits of the lines, shape (samples, 256), and labels: a line for each pixel above each
    threshold, the same again OFF.

    ON and OFF together are 128 active lines in every sample, so that no digit is louder than
    another.
    """
    digits = load_digits()
    pixels = digits.images.reshape(len(digits.images), -1)
    on = np.concatenate([pixels > threshold for threshold in THRESHOLDS], axis=1).astype(np.uint8)
    return np.concatenate([on, 1 - on], axis=1), digits.target.astype(np.int64)


def split() -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Samples to learn from, and those held out."""
    order = np.random.default_rng(SPLIT_SEED).permutation(len(load_digits().target))
    return order[TEST_SAMPLES:], order[:TEST_SAMPLES]


class Loop:
    """A layer and its little world: digits go in, one neuron answers, and the answer is right or
    wrong.
    """

    def __init__(self, design: Design, seed: int) -> None:
        if design.layer is None or design.neuron is None:
            raise ConfigError("record.py needs a design with block 'layer'.")
        rule, params = resolve(design.rule)
        self.lines, self.labels = dataset()
        self.train, self.test = split()
        self.random = np.random.default_rng(seed)
        self.left: list[int] = []  # digits of this pass that are still to come
        middle = (rule.state_formats(params)["weight"].hi + 1) // 2
        self.before = np.full((design.layer.inputs, design.layer.neurons), middle, np.uint16)
        self.layer = PlasticLayer(rule, params, design.layer, design.neuron, self.before)
        self.silence = np.zeros(design.layer.inputs, np.uint8)

    def step(
        self, steps: Steps, spikes: NDArray[np.uint8], reward: int = 0, **flags: bool
    ) -> NDArray[np.bool_]:
        """One step of the layer, noted down."""
        steps.spikes.append(spikes)
        steps.reward.append(reward)
        for name, values in steps.flags.items():
            values.append(flags.get(name, False))
        return self.layer.step(spikes, {"reward": reward}, **flags)

    def decide(self, steps: Steps, sample: int, **flags: bool) -> bool:
        """Show a digit and ask for a decision; whether it is right is all that anybody is told."""
        fired = self.step(steps, self.lines[sample], decide=True, **flags)
        steps.labels.append(int(self.labels[sample]))
        steps.winners.append(int(np.argmax(fired)))
        return steps.winners[-1] == steps.labels[-1]

    def learn(self, trials: int, steps: Steps) -> None:
        """Trials of three steps.

        A digit and a decision; a silent step, while the winner's spike is on its way to the
        synapses; and a step in which it arrives, makes the lines that were active eligible (their
        traces remember), and finds the reward there. Then the trial is cleared.
        """
        for trial in range(trials):
            size = REWARDS[trial >= SETTLING * trials]
            if not self.left:
                self.left = self.random.permutation(self.train).tolist()
            right = self.decide(steps, self.left.pop())
            self.step(steps, self.silence)
            self.step(steps, self.silence, size if right else -size, outcome=True, clear_trial=True)

    def examine(self, steps: Steps) -> float:
        """Share of the held-out digits that are named correctly, one step each. Without a reward
        nothing is learned.
        """
        for sample in self.test:
            self.decide(steps, int(sample), clear_trial=True)
        return float(steps.right()[-len(self.test) :].mean())


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
        "train_samples": len(split()[0]),
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
        "initial_weight": Loop(design, design.seed).before,
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
