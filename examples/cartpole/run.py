"""A pole that two neurons learn to balance in closed loop, on the model, on RTL or on a board.

    python examples/cartpole/run.py [--on model|rtl|sim-board|PORT] [--seeds 10 11 12 13 14]
        [--episodes 250] [--compare ON ...] [--out reports]

The layer decides (its noise explores) and learns; the host has the world, the box that the pole is
in, and the critic, which turns "it fell" into a reward for each decision. README.md says how.
Needs gymnasium.
"""

from __future__ import annotations

import argparse
import statistics
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import gymnasium
import numpy as np
from numpy.typing import NDArray
from rich.console import Console
from rich.live import Live
from rich.table import Table

from sc_hw import Device
from sc_hw.files import write_json, write_text
from sc_hw.simulation.devices.device_block import State

HERE = Path(__file__).parent
SCHEMA = "sc-hw.cartpole.v1"
# Edges of the boxes, in metres, metres a second, radians, and radians a second (Barto, Sutton and
# Anderson, "Neuronlike adaptive elements that can solve difficult learning control problems", IEEE
# Transactions on Systems, Man and Cybernetics 13, 1983).
EDGES = (
    np.array([-0.8, 0.8]),
    np.array([-0.5, 0.5]),
    np.deg2rad([-6.0, -1.0, 0.0, 1.0, 6.0]),
    np.deg2rad([-50.0, 50.0]),
)
BOXES = 162
REWARD = 64  # of the layer for 1 of the critic
LEARNING, DISCOUNT, TRACE = 0.5, 0.95, 0.8  # of the critic, as in the paper
TAU = 0.02  # seconds between two decisions in CartPole
LAST = 50  # episodes of the figure that counts
ASKED = 195.0  # their mean, of 500


def box_of(observation: NDArray[Any]) -> int:
    """Number of the box that the pole and its cart are in."""
    number = 0
    for value, edges in zip(observation, EDGES, strict=True):
        number = number * (len(edges) + 1) + int(np.digitize(value, edges))
    return number


class Critic:
    """How long the pole will stand, by box: a prediction of the reward that is still to come.

    Members
    -------
    values : prediction of each box; 0 at first, negative where the pole falls soon.
    """

    def __init__(self) -> None:
        self.values = np.zeros(BOXES)
        self._visited = np.zeros(BOXES)

    def surprise(self, box: int, after: int | None) -> float:
        """How much better it went than predicted, from a box to the next; None: the pole fell."""
        seen = -1.0 if after is None else DISCOUNT * self.values[after]
        error = float(seen - self.values[box])
        self._visited *= TRACE * DISCOUNT
        self._visited[box] = 1.0
        self.values += LEARNING * (1 - TRACE) * error * self._visited
        return error

    def forget(self) -> None:
        """Begin an episode: what was visited before has nothing to do with it."""
        self._visited[:] = 0


@dataclass(frozen=True)
class Step:
    """A step of the layer.

    Members
    -------
    box : whose line spikes; None: none does.
    reward, decide, clear_traces, clear_trial : of the layer.
    """

    box: int | None = None
    reward: int = 0
    decide: bool = False
    clear_traces: bool = False
    clear_trial: bool = False


def taken(device: Device, steps: Sequence[Step]) -> NDArray[Any]:
    """Take steps at one go; the neurons' spikes in the last of them."""
    spikes = np.zeros((len(steps), BOXES), np.uint8)
    for row, step in zip(spikes, steps, strict=True):
        row[step.box if step.box is not None else slice(0)] = 1
    names = ("reward", "decide", "clear_traces", "clear_trial")
    rest = {name: np.array([getattr(step, name) for step in steps]) for name in names}
    fired: NDArray[Any] = device.run(spikes=spikes, **rest)
    return fired[-1]


@dataclass
class Run:
    """What became of a run.

    Members
    -------
    lengths : decisions of each episode until the pole fell, at most 500.
    decisions : which neuron fired, decision by decision.
    """

    lengths: list[int] = field(default_factory=list)
    decisions: list[int] = field(default_factory=list)

    @property
    def last(self) -> float:
        """Mean length of the last episodes."""
        return statistics.fmean(self.lengths[-LAST:])


def started(device: Device, seed: int) -> None:
    """Weights in the middle, and noise of that seed."""
    device.load(1 << 15)
    state: State = device.state()
    # any number but 0; neighbouring seeds shall not begin with neighbouring noise
    state["control"]["lfsr"] = np.array((seed * 7919 + 12345) % 65_521 + 1)
    device.restore(state)


def episodes(device: Device, seed: int, count: int) -> Iterator[Run]:
    """Learn; the same object is handed on after each episode.

    A decision takes three steps, as long as its spike is on its way to the synapses: in the third
    the eligibility knows of it, and finds the reward there. Then the traces are cleared, so that a
    decision is paired with its own box alone; the eligibility of the decisions before fades. A
    board gets the last two steps together with the first of the decision that follows.
    """
    started(device, seed)
    world, critic, run = gymnasium.make("CartPole-v1"), Critic(), Run()
    for episode in range(count):
        observation, _ = world.reset(seed=seed * 100_003 + episode)
        critic.forget()
        box, length, over = box_of(observation), 0, False
        due: list[Step] = []
        while not over:
            fired = taken(device, [*due, Step(box, decide=True)])
            action = int(np.argmax(fired))
            run.decisions.append(action)
            observation, _, fell, truncated, _ = world.step(action)
            after, length, over = box_of(observation), length + 1, fell or truncated
            error = critic.surprise(box, None if fell else after)
            reward = int(np.clip(round(REWARD * error), -128, 127))
            due = [Step(), Step(reward=reward, clear_traces=not over, clear_trial=over)]
            box = after
        taken(device, due)
        run.lengths.append(length)
        yield run


def view(run: Run, seed: int, on: str) -> Table:
    """The lengths of the last episodes as bars."""
    table = Table(title=f"seed {seed} on {on}: episode {len(run.lengths)}", min_width=70)
    table.add_column("decisions", justify="right")
    table.add_column("until the pole fell")
    for length in run.lengths[-12:]:
        table.add_row(str(length), "█" * (length // 10))
    table.add_row(f"{run.last:.0f}", f"mean of the last {min(LAST, len(run.lengths))}")
    return table


def learned(device: Device, seed: int, count: int, console: Console) -> Run:
    """A whole run, shown while it goes on: live in a terminal, else a line now and then."""
    run = Run()
    if console.is_terminal:
        with Live(console=console, refresh_per_second=8) as live:
            for run in episodes(device, seed, count):
                live.update(view(run, seed, device.on))
        return run
    for run in episodes(device, seed, count):
        if len(run.lengths) % LAST == 0:
            console.print(
                f"seed {seed} on {device.on}: episode {len(run.lengths)}, mean of the last {LAST}:"
                f" {run.last:.0f}"
            )
    return run


def compared(on: str, seed: int, count: int, console: Console) -> dict[str, Any]:
    """The same run on the model and elsewhere: every decision, and the whole state at the end."""
    with Device.open(HERE / "cartpole.toml", on=on) as other:  # type: ignore[arg-type]
        begin = other.board.link.transport.time() if other.board is not None else 0.0
        theirs, last = learned(other, seed, count, console), other.state()
        seconds = other.board.link.transport.time() - begin if other.board is not None else None
    with Device.open(HERE / "cartpole.toml") as model:
        ours, own = learned(model, seed, count, console), model.state()
    differences = sum(
        int(np.count_nonzero(np.asarray(values) != np.asarray(last[space][name])))
        for space, fields in own.items()
        for name, values in fields.items()
    )
    return {
        "on": on,
        "seed": seed,
        "decisions": len(ours.decisions),
        "synapse_steps": 3 * 2 * BOXES * len(ours.decisions),
        "same_decisions": ours.decisions == theirs.decisions,
        "differences_at_the_end": differences,
        "ms_a_decision": None if seconds is None else round(1e3 * seconds / len(ours.decisions), 3),
        "ms_reason": "no board" if seconds is None else "time of the board and its line",
    }


def report(result: dict[str, Any], out: Path) -> None:
    """Write `cartpole.json` and `cartpole.md`."""
    lines = [
        "# A pole balanced by a layer that learns",
        "",
        f"Made by `{result['command']}`, on `{result['on']}`. {LAST} last of"
        f" {result['episodes']} episodes; an episode is 500 decisions long at most. The critic is"
        " on the host, in floating point; decisions, noise and weights are the layer's.",
        "",
        "| seed | mean of the last 50 |",
        "|--:|--:|",
        *(f"| {row['seed']} | {row['last']:.1f} |" for row in result["rows"]),
        "",
    ]
    for row in result["compared"]:
        same = "all the same" if row["same_decisions"] else "not the same"
        lines.append(
            f"On `{row['on']}`, seed {row['seed']}: {row['decisions']:,} decisions"
            f" ({row['synapse_steps']:,} synapse steps), {same} as on the model;"
            f" {row['differences_at_the_end']} differences in the state at the end."
        )
        if row["ms_a_decision"] is not None:
            lines.append(
                f"A decision takes {row['ms_a_decision']} ms of the board's time, its serial line"
                f" included; the pole moves on every {1e3 * TAU:.0f} ms."
            )
        lines.append("")
    write_text(out / "cartpole.md", "\n".join(lines).rstrip() + "\n")
    write_json(out / "cartpole.json", {"schema_version": SCHEMA, **result})


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the seeds; exit 1 where a comparison finds a difference."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--on", default="model", help="model, rtl, sim-board or a port")
    parser.add_argument("--seeds", type=int, nargs="+", default=[10, 11, 12, 13, 14])
    parser.add_argument("--episodes", type=int, default=250)
    parser.add_argument(
        "--compare",
        metavar="ON",
        nargs="+",
        default=[],
        help="run the first seed there and on the model, and compare",
    )
    parser.add_argument("--out", type=Path, help="folder of the report")
    options = parser.parse_args(arguments)
    console = Console()
    rows = []
    for seed in options.seeds:
        with Device.open(HERE / "cartpole.toml", on=options.on) as device:
            run = learned(device, seed, options.episodes, console)
        rows.append({"seed": seed, "last": run.last, "lengths": run.lengths})
    found = [compared(on, options.seeds[0], options.episodes, console) for on in options.compare]
    seeds = " ".join(map(str, options.seeds))
    result = {
        "command": f"python examples/cartpole/run.py --on {options.on} --seeds {seeds}"
        f" --episodes {options.episodes}"
        + (f" --compare {' '.join(options.compare)}" if options.compare else "")
        + " --out reports",
        "on": options.on,
        "episodes": options.episodes,
        "asked": ASKED,
        "rows": rows,
        "compared": found,
    }
    enough = sum(row["last"] >= ASKED for row in rows)
    console.print(f"{enough} of {len(rows)} seeds reach a mean of {ASKED:.0f} in the last {LAST}")
    if options.out is not None:
        report(result, options.out)
    if any(row["differences_at_the_end"] or not row["same_decisions"] for row in found):
        sys.exit(1)


if __name__ == "__main__":
    main()
