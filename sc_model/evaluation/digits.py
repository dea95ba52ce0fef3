"""Handwritten digits learned by trial and error: a plastic layer in closed loop with its world.

The digits are scikit-learn's (E. Alpaydin, C. Kaynak, UCI; 8 x 8 pixels of 0 to 16). A digit is
shown, one neuron answers, and right or wrong is all that the layer is told.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from sc_model.golden import PlasticLayer
from sc_model.native import NativeError, NativeLayer
from sc_model.packages import optional_import
from sc_model.rules import resolve
from sc_model.spec import ConfigError, Design

CLASSES = 10
PIXELS = 64
REWARDS = (24, 4)  # of 31, for a right choice, first and then; their negatives for a wrong one
# Of the trials are over when the second reward begins: smaller steps, so that the weights settle
SETTLING = 0.6
TEST_SAMPLES = 400
SPLIT_SEED = 0  # which samples are held out; the seed of a run does not move them


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


def thresholds(count: int) -> tuple[int, ...]:
    """So many thresholds between the darkest pixel, 0, and the lightest, 16."""
    return tuple(round(16 * (number + 1) / (count + 1)) for number in range(count))


def dataset(count: int = 2) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    """Bits of the lines, shape (samples, 128 x count), and labels: a line for each pixel above each
    threshold, the same again OFF.

    ON and OFF together are as many active lines in every sample, so that no digit is louder than
    another.
    """
    datasets = optional_import("sklearn.datasets", "examples", "the task of digits")
    digits = datasets.load_digits()
    pixels = digits.images.reshape(len(digits.images), -1)
    on = np.concatenate([pixels > limit for limit in thresholds(count)], axis=1).astype(np.uint8)
    return np.concatenate([on, 1 - on], axis=1), digits.target.astype(np.int64)


def split(samples: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Samples to learn from, and those held out."""
    order = np.random.default_rng(SPLIT_SEED).permutation(samples)
    return order[TEST_SAMPLES:], order[:TEST_SAMPLES]


class Loop:
    """A layer and its little world: digits go in, one neuron answers, and the answer is right or
    wrong.

    Parameters
    ----------
    design : block ``layer``: 128 inputs for each threshold, 10 neurons that compete, a rule with a
        reward.
    seed : of the order of the digits.
    native : whether the layer is compiled where it can be; the integers are the same.

    Raises
    ------
    ConfigError : another design.
    MissingPackageError : scikit-learn is not installed.
    """

    def __init__(self, design: Design, seed: int, *, native: bool = False) -> None:
        rule, params = resolve(design.rule)
        formats = rule.input_formats(params)
        layer, neuron = design.layer, design.neuron
        if layer is None or neuron is None or not neuron.winner_take_all:
            raise ConfigError(
                f"the task of digits needs a layer whose neurons compete (winner_take_all), not"
                f" '{design.name}'."
            )
        if layer.inputs % (2 * PIXELS) or layer.neurons != CLASSES or "reward" not in formats:
            raise ConfigError(
                f"the task of digits needs {2 * PIXELS} inputs for each threshold, {CLASSES}"
                f" neurons and a rule with a reward, not {layer.inputs} inputs, {layer.neurons}"
                f" neurons and {design.rule.family}."
            )
        self.lines, self.labels = dataset(layer.inputs // (2 * PIXELS))
        self.train, self.test = split(len(self.labels))
        self.random = np.random.default_rng(seed)
        self.left: list[int] = []  # digits of this pass that are still to come
        most = formats["reward"].hi
        self.rewards = tuple(max(1, round(most * reward / 31)) for reward in REWARDS)
        middle = (rule.state_formats(params)["weight"].hi + 1) // 2
        self.before = np.full((layer.inputs, layer.neurons), middle, np.uint32)
        self.layer: PlasticLayer
        try:
            if not native:
                raise NativeError("not asked for")
            self.layer = NativeLayer(rule, params, layer, neuron, self.before)
        except NativeError:  # no compiler, or no kernel for such a layer
            self.layer = PlasticLayer(rule, params, layer, neuron, self.before)
        self.silence = np.zeros(layer.inputs, np.uint8)

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
            size = self.rewards[trial >= SETTLING * trials]
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


def digits_accuracy(design: Design, *, trials: int, seed: int, native: bool = True) -> float:
    """Share of 400 held-out digits that a layer names correctly after so many trials.

    Arguments and errors are those of :class:`Loop`.
    """
    loop, steps = Loop(design, seed, native=native), Steps()
    loop.learn(trials, steps)
    return loop.examine(steps)
