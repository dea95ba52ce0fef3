"""A contextual bandit: find the action that pays, from the reward of the chosen action alone."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sc_model.learning import RewardModulatedLearner
from sc_model.network import LIF, Network, Population, Projection, Relay

NAME = "RewardModulatedLearner"
TASK = (
    "Eight contexts, four actions; in each context one action pays with 0.9, the others with 0.1. A"
    " context is a line that spikes at every step; four LIF neurons with noise of their own race,"
    " and the first spike is the action. The learner gets reward minus a running mean of the"
    " context's rewards; 2,000 trials. Kept beside: Thompson sampling, UCB1, and an epsilon-greedy"
    " with 0.1, which count."
)
BASELINE = "The same network with a reward of 1 whatever came: STDP without modulation."
SCORE = "Mean reward of the last 500 trials; the best policy gets 0.9, chance 0.3."
SOLVED = 0.85

CONTEXTS, ACTIONS, TRIALS, LAST = 8, 4, 2000, 500
GOOD, BAD, NOISE, RATE = 0.9, 0.1, 0.6, 0.05


class Bandit:
    """The bandit: the paying action of each context, and the rewards.

    Parameters
    ----------
    seed : of the paying actions, contexts and rewards.
    pays : probability of a reward for the paying action, and for the others.
    """

    def __init__(self, seed: int, pays: tuple[float, float] = (GOOD, BAD)) -> None:
        self.pays = pays
        self.draws = np.random.default_rng([seed, 0])
        self.best = self.draws.integers(ACTIONS, size=CONTEXTS)

    def context(self) -> int:
        """Return the context of the next trial."""
        return int(self.draws.integers(CONTEXTS))

    def reward(self, context: int, action: int) -> float:
        """Return the reward of an action, 1 or 0."""
        good, bad = self.pays
        return float(self.draws.random() < (good if action == self.best[context] else bad))


def spiking(seed: int, modulated: bool) -> float:
    """Return the mean reward of the network over the last trials."""
    bandit, draws = Bandit(seed), np.random.default_rng([seed, 1])
    lines, race = (
        Population(Relay, CONTEXTS, "lines"),
        Population(LIF(tau_ms=10.0), ACTIONS, "race"),
    )
    net = Network(1.0, [lines, race])
    net.add(
        Projection(
            lines, race, lambda rng, n: rng.uniform(0.45, 0.55, n), topology="all_to_all", seed=seed
        )
    )
    learner = RewardModulatedLearner(net, 0.0, learning_rate=RATE, a_minus=0.0)
    expected, won = np.full(CONTEXTS, 0.5), 0.0
    for trial in range(TRIALS):
        context = bandit.context()
        net.reset()
        learner.reset()
        line, signal = np.eye(CONTEXTS)[context], 0.0
        # as strong a mean drive for all; a step's noise is drawn anew, so that the race is open
        while not race.spikes.any():
            net.step({"lines": line, "race": 1.0 + NOISE * draws.normal(size=ACTIONS)})
            if race.spikes.any():
                action = int(draws.choice(np.flatnonzero(race.spikes)))
                reward = bandit.reward(context, action)
                signal = reward - expected[context]
                expected[context] += 0.1 * signal
                won += reward * (trial >= TRIALS - LAST)
            learner.step(signal if modulated else float(race.spikes.any()))
    return won / LAST


def rivals(
    seed: int, policy: str, trials: int = TRIALS, pays: tuple[float, float] = (GOOD, BAD)
) -> NDArray[np.float64]:
    """Return the rewards of a counting policy in all trials."""
    bandit, draws = Bandit(seed, pays), np.random.default_rng([seed, 2])
    tries, wins = np.zeros((CONTEXTS, ACTIONS)), np.zeros((CONTEXTS, ACTIONS))
    won = np.zeros(trials)
    for trial in range(trials):
        context = bandit.context()
        n, hits = tries[context], wins[context]
        if policy == "thompson":
            values = draws.beta(1 + hits, 1 + n - hits)
        elif policy == "ucb1":
            values = np.where(
                n > 0,
                hits / np.maximum(n, 1) + np.sqrt(2 * np.log(max(n.sum(), 1)) / np.maximum(n, 1)),
                np.inf,
            )
        else:
            values = (
                draws.random(ACTIONS)
                if draws.random() < 0.1
                else hits / np.maximum(n, 1) + 1e-9 * draws.random(ACTIONS)
            )
        action = int(np.argmax(values))
        reward = bandit.reward(context, action)
        tries[context, action] += 1
        wins[context, action] += reward
        won[trial] = reward
    return won


def run(seed: int) -> dict[str, float]:
    """Learn with modulation, without it, and with three counting policies."""
    others = {
        name: float(rivals(seed, name)[-LAST:].mean())
        for name in ("thompson", "ucb1", "epsilon_greedy")
    }
    return {"learner": spiking(seed, True), "baseline": spiking(seed, False), **others}
