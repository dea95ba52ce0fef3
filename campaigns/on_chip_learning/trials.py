"""Learning by trial and error: rows of the report on a bandit and on a pole.

Actor and critic are on the chip: neurons that decide, and one that predicts. Designs and loops are
those of `examples/on_chip/bandit.py` and `examples/cartpole`. Beside them are policies that count
(Thompson sampling, UCB1, epsilon-greedy) and an actor and critic in floating point.
"""

from __future__ import annotations

import importlib.util
import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sc_hw.simulation.device import Device
from sc_model.rules import resolve
from sc_model.spec import load_design

EXAMPLES = Path(__file__).parents[2] / "examples"
TRIAL_PARTS = ("bandit", "pole", "rtl_bandit", "rtl_pole")
CHOSEN = {
    "bandit": "seeds from 10,000 on; the report has those of 0 to 99",
    "pole": "a pole of the same equations with starts of its own; the report has the starts of"
    " gymnasium for the seeds 30 to 49 (with rewards of 8 bits one of the seeds 10 to 29 ended at"
    " 353; they have 12 bits since then); that outcomes are told no more behind ten episodes in"
    " which the pole stood was tried with gymnasium's seeds 10 to 21",
}
BANDITS = range(100)  # seeds
# Probability of a reward for the paying action and for the others: the task, and one that is harder
PAYS = ((0.9, 0.1), (0.7, 0.3))
COUNTING = {
    "Thompson sampling": "thompson",
    "UCB1": "ucb1",
    "epsilon-greedy, 0.1": "epsilon_greedy",
}
POLES = range(30, 50)
FLOATS = 5  # the first seeds of them, in floating point
EPISODES = 400
RTL_BANDITS = range(45)  # 10.8 million synapse updates
FLOOR = {"median": 475.0, "worst": 400.0}  # mean of the last 50 episodes
BOARD_EPISODES = 8


def script(folder: str, name: str) -> ModuleType:
    """A file of the examples, as a module."""
    file = EXAMPLES / folder / f"{name}.py"
    spec = importlib.util.spec_from_file_location(f"{folder}_{name}", file)
    if spec is None or spec.loader is None:
        raise ImportError(f"{file} can't be loaded")
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


bandit, cartpole = script("on_chip", "bandit"), script("cartpole", "run")
rivals = script("learners", "reward_bandit").rivals


def print_row(row: dict[str, Any]) -> dict[str, Any]:
    """A row, which is printed too."""
    print(json.dumps(row), flush=True)
    return row


# --- bandit ---------------------------------------------------------------------------------------


def bandit_row(kind: str, rewards: NDArray[Any], **more: Any) -> dict[str, Any]:
    """Mean rewards of some runs, over the whole horizon and over its last trials."""
    whole, last = rewards.mean(1), rewards[:, -bandit.LAST :].mean(1)
    return print_row(
        {
            "kind": kind,
            "seeds": len(rewards),
            "trials": rewards.shape[1],
            "whole": float(whole.mean()),
            "whole_deviation": float(whole.std(ddof=1)),
            "whole_worst": float(whole.min()),
            "last": float(last.mean()),
            "last_deviation": float(last.std(ddof=1)),
            "last_worst": float(last.min()),
            **more,
        }
    )


def bandit_rows(
    seeds: Sequence[int] = BANDITS, trials: int = bandit.TRIALS
) -> Iterator[dict[str, Any]]:
    """The layer and the policies that count, with the same bandits of each kind."""
    for pays in PAYS:
        with Device.open(bandit.DESIGN) as device:
            runs = [bandit.learned(device, seed, trials, pays)[:, 1] for seed in seeds]
        yield bandit_row("integers, all on the chip", np.array(runs), pays=pays)
        for name, policy in COUNTING.items():
            rewards = np.array([rivals(seed, policy, trials, pays) for seed in seeds])
            yield bandit_row(name, rewards, pays=pays)


# --- pole -----------------------------------------------------------------------------------------


class FloatPole:
    """The same actor and critic in floating point: nothing is rounded, and nothing saturates.

    A weight of 1 is half of the range of the integers' weights.

    Parameters
    ----------
    seed : of the noise.
    """

    def __init__(self, seed: int) -> None:
        layer = load_design(cartpole.HERE / "cartpole.toml")
        if layer.layer is None or layer.neuron is None:
            raise ValueError(f"{layer.name} is no layer")
        _, params = resolve(layer.rule)
        rule = params.model_dump()
        fades = 1 - 2.0 ** -rule["trace_decay_shift"]
        top = 1 << (rule["weight_bits"] - 1)
        self.fade = fades**cartpole.STEPS
        # the eligibility of a decision is whole, and two steps old where its outcome comes
        most = (1 << (rule["trace_bits"] - 1)) - 1
        self.gain = fades**2 * most / 2 ** (rule["learning_shift"] + layer.layer.surprise_shift)
        self.discount = 1 - 2.0**-layer.layer.discount_shift
        self.fall = cartpole.FALL * 2.0**layer.layer.reward_shift / top
        self.noise = 2.0 ** (layer.neuron.noise_bits - 1) / top
        self.rng = np.random.default_rng(seed)
        self.weights = np.zeros((cartpole.BOXES, 3))
        self.eligible = np.zeros((cartpole.BOXES, 3))
        self.before = 0.0

    def learn(self, box: int | None) -> None:
        """Compare the prediction for a box, or a fall, with the one before."""
        value = 0.0 if box is None else float(self.weights[box, 2])
        reward = self.fall if box is None else 0.0
        surprise = reward + self.discount * value - self.before
        self.weights += self.gain * surprise * self.eligible
        self.before = value

    def decide(self, box: int, *, learns: bool = True) -> int:
        """The better action, with noise; it is eligible from now on."""
        scores = self.weights[box, :2] + self.rng.uniform(-self.noise, self.noise, 2)
        action = int(np.argmax(scores))
        if learns:
            self.learn(box)
        self.eligible *= self.fade
        self.eligible[box, [action, 2]] = 1.0
        return action

    def episode(self, world: Any, seed: int, *, learns: bool = True) -> int:
        """Decisions until the pole has fallen, or time is up; it learns where outcomes are told."""
        observation, _ = world.reset(seed=seed)
        self.eligible[:] = 0
        length, fell, over = 0, False, False
        while not over:
            action = self.decide(cartpole.box_of(observation), learns=learns)
            observation, _, fell, truncated, _ = world.step(action)
            length, over = length + 1, fell or truncated
        if learns:
            self.learn(None if fell else cartpole.box_of(observation))
        return length


def pole_row(kind: str, seeds: Sequence[int], runs: Sequence[Sequence[int]]) -> dict[str, Any]:
    """Lengths of the episodes of some runs."""
    lengths = np.array(runs)
    last = lengths[:, -cartpole.LAST :].mean(1)
    return print_row(
        {
            "kind": kind,
            "seeds": list(seeds),
            "episodes": lengths.shape[1],
            "last": [round(float(mean), 1) for mean in last],
            "median": float(np.median(last)),
            "worst": float(last.min()),
            "solved": int((last >= cartpole.ASKED).sum()),
            "in_the_course": [
                round(float(np.median(part.mean(1))), 1)
                for part in np.split(lengths, range(50, lengths.shape[1], 50), axis=1)
            ],
        }
    )


def pole_rows(
    seeds: Sequence[int] = POLES, episodes: int = EPISODES, floats: int = FLOATS
) -> Iterator[dict[str, Any]]:
    """The layer, the same in floating point, and decisions by a coin."""
    runs = []
    with Device.open(cartpole.HERE / "cartpole.toml") as device:
        for seed in seeds:
            runs.append(
                cartpole.learned(device, seed, episodes, cartpole.Console(quiet=True)).lengths
            )
    yield pole_row("integers, all on the chip", seeds, runs)
    world, first_seeds = cartpole.gymnasium.make("CartPole-v1"), seeds[:floats]
    twins = []
    for seed in first_seeds:
        twin = FloatPole(seed)
        run = cartpole.Run()
        for number in range(episodes):
            length = twin.episode(world, seed * 100_003 + number, learns=not run.steady)
            run.lengths.append(length)
        twins.append(run.lengths)
    yield pole_row("floating point", first_seeds, twins)


# --- Verilog --------------------------------------------------------------------------------------


def bandit_rtl(seeds: Sequence[int] = RTL_BANDITS, trials: int = bandit.TRIALS) -> dict[str, Any]:
    """Whole runs in the compiled Verilog beside the model: choices, rewards and state."""
    others = states = 0
    with Device.open(bandit.DESIGN, "rtl") as verilog, Device.open(bandit.DESIGN) as model:
        for seed in seeds:
            played, expected = (bandit.learned(d, seed, trials) for d in (verilog, model))
            others += int((played != expected).any(1).sum())
            here, there = verilog.state(), model.state()
            states += sum(
                int((np.asarray(here[space][field]) != values).sum())
                for space, fields in there.items()
                for field, values in fields.items()
            )
        synapses = model.design.synapses
    return print_row(
        {
            "task": "bandit",
            "on": "rtl",
            "runs": len(seeds),
            "decisions": trials * len(seeds),
            "synapse_updates": bandit.STEPS * trials * len(seeds) * synapses,
            "other_decisions": others,
            "other_values_of_the_state": states,
            "ms_a_decision": None,
        }
    )


def pole_rtl(on: str, episodes: int) -> dict[str, Any]:
    """A whole run there beside the model: every decision, and the whole state at the end."""
    run = cartpole.compared(on, POLES[0], episodes, cartpole.Console(quiet=True))
    return print_row(
        {
            "task": "pole",
            "on": on,
            "runs": 1,
            "decisions": run["decisions"],
            "synapse_updates": run["synapse_steps"],
            "other_decisions": 0 if run["same_decisions"] else None,
            "other_values_of_the_state": run["differences_at_the_end"],
            "ms_a_decision": run["ms_a_decision"],
        }
    )


def pole_rtl_rows() -> Iterator[dict[str, Any]]:
    """A whole run in Verilog, and one through a board's line for a while."""
    yield pole_rtl("rtl", EPISODES)
    yield pole_rtl("sim-board", BOARD_EPISODES)


# --- page -----------------------------------------------------------------------------------------


def trial_lines(report: Mapping[str, Any]) -> list[str]:
    """The report's section."""
    lines = ["## By trial and error: actor and critic on the chip", ""]
    missing = [part for part in TRIAL_PARTS if report[part] is None]
    if missing:
        return [*lines, f"Not run: {', '.join(f'`--part {part}`' for part in missing)}.", ""]
    lines += [
        "Decisions, noise, predictions and weights are the layer's, in integers; a neuron predicts,"
        " and the surprise teaches all (temporal differences).",
        "",
        "Eight contexts, four actions, of which one pays with the first probability and the others"
        " with the second: the best policy gets the first. The same bandits for all; settings were"
        " chosen for 0.9 and 0.1 alone.",
        "",
        "| pays | policy | seeds | trials | mean reward | deviation | worst |"
        f" last {bandit.LAST} | deviation | worst |",
        "|---|---|--:|--:|--:|--:|--:|--:|--:|--:|",
    ]
    for each in report["bandit"]:
        numbers = [
            f"{each[f'{part}{suffix}']:.3f}"
            for part in ("whole", "last")
            for suffix in ("", "_deviation", "_worst")
        ]
        lines.append(
            f"| {each['pays'][0]}, {each['pays'][1]} | {each['kind']} | {each['seeds']} |"
            f" {each['trials']:,} | {' | '.join(numbers)} |"
        )
    lines += [
        "",
        "CartPole-v1, an episode at most 500 decisions long; means of the last 50 episodes. Floor:"
        f" a median of {FLOOR['median']:.0f}, the worst {FLOOR['worst']:.0f}; goal: all"
        f" {cartpole.ASKED:.0f}. Outcomes are told, so that the layer learns, until the pole has"
        f" stood for {cartpole.STEADY} episodes in a row, and again from the next fall on.",
        "",
        "| | seeds | episodes | median | worst | 475 or more | all |",
        "|---|--:|--:|--:|--:|--:|---|",
    ]
    for each in report["pole"]:
        everything = ", ".join(f"{mean:.1f}".removesuffix(".0") for mean in each["last"])
        lines.append(
            f"| {each['kind']} | {len(each['seeds'])} | {each['episodes']:,} |"
            f" {each['median']:.1f} | {each['worst']:.1f} | {each['solved']} of"
            f" {len(each['seeds'])} | {everything} |"
        )
    lines += ["", "Median over the seeds, 50 episodes at a time:", ""]
    for each in report["pole"]:
        course = ", ".join(f"{mean:.0f}" for mean in each["in_the_course"])
        lines.append(f"* {each['kind']}: {course}.")
    lines += [
        "",
        "Beside the model, every decision and at the end every weight, trace and register:",
        "",
        "| task | on | runs | decisions | synapses updated | other decisions |"
        " other values of the state | ms a decision |",
        "|---|---|--:|--:|--:|--:|--:|--:|",
    ]
    for each in (*report["rtl_bandit"], *report["rtl_pole"]):
        time = "-" if each["ms_a_decision"] is None else f"{each['ms_a_decision']:.3f}"
        lines.append(
            f"| {each['task']} | {each['on']} | {each['runs']} | {each['decisions']:,} |"
            f" {each['synapse_updates']:,} | {each['other_decisions']} |"
            f" {each['other_values_of_the_state']} | {time} |"
        )
    lines += [
        "",
        "ms a decision: of a board's own time with its serial line, the first load of all weights"
        " included; the pole moves on every 20 ms.",
        "",
        "Settings were chosen on: "
        + "; ".join(f"{task}: {text}" for task, text in CHOSEN.items())
        + ".",
        "",
    ]
    return lines
