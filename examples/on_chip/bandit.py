"""A contextual bandit whose choices, predictions and learning are all the layer's, in integers.

    python examples/on_chip/bandit.py [--seed 0] [--trials 2000] [--on model|rtl|sim-board|PORT]

Eight contexts, four actions; in each context one action pays with probability 0.9, the others with
0.1 (`examples/learners/reward_bandit.py` has the bandit, and the policies that count). The host
says whether the choice has paid: +64 or -64. A neuron's noise is what chooses at random, and what
is learned soon exceeds it.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sc_hw import Device
from sc_hw.scripts import MOST_SEED, ScriptParser, errors_in_one_line, whole

HERE = Path(__file__).resolve().parent
sys.path.append(str(HERE.parent / "learners"))

from reward_bandit import (  # noqa: E402
    ACTIONS,
    BAD,
    CONTEXTS,
    GOOD,
    LAST,
    TRIALS,
    Bandit,
)

DESIGN = HERE / "bandit.toml"
PAID = 64  # the reward of a choice that pays; that of one that does not is its negative
MIDDLE = 1 << 15  # a weight of 0
STEPS = 3  # of the layer for a trial
MOST_TRIALS = 10_000_000  # some hours


def started(device: Device, seed: int) -> None:
    """Weights in the middle, and noise of that seed."""
    device.load(MIDDLE)
    state: Any = device.state()
    # any number but 0; neighbouring seeds shall not begin with neighbouring noise
    state["control"]["lfsr"] = np.array((seed * 7919 + 12345) % 65_521 + 1)
    device.restore(state)


def chosen(device: Device, context: int, reward: int) -> int:
    """End the trial before with its reward, and choose in a context.

    Three steps: the reward, when the last choice's spike has come back to the synapses and nothing
    more is to come; the context; and an outcome without effect, for the eligibility is still 0,
    that makes the context's prediction the one that the next reward is compared with.
    """
    spikes = np.zeros((STEPS, CONTEXTS), np.uint8)
    spikes[1, context] = 1
    fired = device.run(
        spikes=spikes,
        reward=np.array([reward, 0, 0]),
        outcome=np.array([True, False, True]),
        decide=np.array([False, True, False]),
        clear_trial=np.array([True, False, False]),
    )
    return int(np.argmax(fired[1]))


def learned(
    device: Device, seed: int, trials: int = TRIALS, pays: tuple[float, float] = (GOOD, BAD)
) -> NDArray[np.int64]:
    """Choices and rewards of all trials from the beginning on, (trials, 2); a reward is 1 or 0."""
    started(device, seed)
    bandit, reward, history = Bandit(seed, pays), 0, np.zeros((trials, 2), np.int64)
    for trial in range(trials):
        context = bandit.context()
        action = chosen(device, context, reward)
        paid = bandit.reward(context, action)
        reward = PAID if paid else -PAID
        history[trial] = action, paid
    return history


def main() -> None:
    """Learn, and print the mean reward."""
    parser = ScriptParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "--seed", type=whole(0, MOST_SEED), default=0, help="of the bandit and of the noise"
    )
    parser.add_argument("--trials", type=whole(1, MOST_TRIALS), default=TRIALS)
    parser.add_argument("--on", default="model", help="model, rtl, sim-board or a port")
    options = parser.parse_args()
    with errors_in_one_line(), Device.open(DESIGN, options.on) as device:
        paid = learned(device, options.seed, options.trials)[:, 1]
    last = min(LAST, options.trials)
    print(
        f"{options.trials:,} trials, {ACTIONS} actions: a mean reward of {paid.mean():.3f},"
        f" {paid[-last:].mean():.3f} in the last {last}"
    )


if __name__ == "__main__":
    main()
