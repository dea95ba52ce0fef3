"""Whole boards in simulation: `python -m campaigns.simulated_boards.tops --out reports` writes
board_tops.json and board_tops.md.

Of each board its own top module runs in Verilator behind a pseudo-terminal: pins, PLL (a model that
passes the clock and locks), reset, LEDs, UART, link, registers, layer. The driver opens the port as
that of a board. `bandit` learns there in closed loop: 16 situations, of which each has one lever
that pays. Every choice and the whole state at the end must be those of the model.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path
from typing import Any

import numpy as np

from campaigns.freshness.stamps import write_report
from sc_hw.boards import board_file, board_names, load_board
from sc_hw.files import write_json
from sc_hw.progress import Progress, silent
from sc_hw.simulation.board.pseudo_terminal import PseudoTerminal
from sc_hw.simulation.board.top import simulated_board
from sc_hw.simulation.device import Device
from sc_model.spec import Design, HostSpec, load_design

SCHEMA = "sc-hw.board-tops.v1"
BAUD = 3_000_000
SITUATIONS, LEVERS = 16, 4
PAYS, COSTS = 24, -8  # reward of the lever that pays, and of the others
TRIALS = 600
SEED = 5


def choices(device: Device, trials: int) -> list[tuple[int, int]]:
    """Situation and chosen lever, trial by trial.

    A trial takes three steps: the situation with `decide`, and two silent ones, of which the second
    has the reward and ends the trial. They are sent together with the next situation.
    """
    rng = np.random.default_rng(SEED)
    paying = rng.integers(0, LEVERS, SITUATIONS)
    device.load(1 << 9)  # the middle of 10 bits
    history: list[tuple[int, int]] = []
    for situation in rng.integers(0, SITUATIONS, trials).tolist():
        before = 2 * bool(history)
        spikes = np.zeros((before + 1, SITUATIONS), np.uint8)
        spikes[-1, situation] = 1
        reward = np.zeros(before + 1, np.int64)
        if history:
            last, lever = history[-1]
            reward[1] = PAYS if paying[last] == lever else COSTS
        steps = np.arange(before + 1)
        ends = (steps == 1) & (before > 0)
        fired = device.run(spikes=spikes, reward=reward, decide=steps == before, clear_trial=ends)
        history.append((situation, int(np.argmax(fired[-1]))))
    return history


def right_at_the_end(history: list[tuple[int, int]]) -> int:
    """Of the last 50 choices those of the lever that pays."""
    paying = np.random.default_rng(SEED).integers(0, LEVERS, SITUATIONS)
    return sum(int(paying[situation] == lever) for situation, lever in history[-50:])


def row_of(design: Design, name: str, trials: int, root: Path) -> dict[str, Any]:
    """What one board did."""
    start = time.monotonic()
    build, top = simulated_board(design, load_board(name), root)
    model = Device.open(design)
    model_choices = choices(model, trials)
    with (
        PseudoTerminal.of_build(build.folder, board=top) as port,
        Device.open(build.folder, port.name, root=root, baud=port.baud) as device,
    ):
        board_choices, state = choices(device, trials), device.state()
        statistics = None if device.board is None else device.board.link.statistics
    differences = sum(
        int((np.asarray(values) != np.asarray(state[space][field])).sum())
        for space, fields in model.state().items()
        for field, values in fields.items()
    )
    return {
        "board": name,
        "build": build.id,
        "clock_mhz": build.manifest["host"]["clock_mhz"],
        "trials": trials,
        "same_choices": board_choices == model_choices,
        "differences_at_the_end": differences,
        "right_of_the_last_50": right_at_the_end(board_choices),
        "frames_sent_again": 0 if statistics is None else statistics.sent_again,
        "seconds": round(time.monotonic() - start, 1),
    }


def run(names: list[str], trials: int, root: Path, progress: Progress = silent) -> dict[str, Any]:
    """The report."""
    file = board_file(load_board("icebreaker"))
    if file is None:
        raise FileNotFoundError("the default design of the board icebreaker is missing")
    design = load_design(file)
    host = HostSpec.model_validate({"door": "uart", "baud": BAUD})
    design = design.model_copy(update={"host": host})
    rows = []
    for name in names:
        rows.append(row_of(design, name, trials, root))
        progress(f"{name}: {rows[-1]}")
    return {
        "schema_version": SCHEMA,
        "passed": all(row["same_choices"] and not row["differences_at_the_end"] for row in rows),
        "hardware_measurement_claimed": False,
        "baud": BAUD,
        "rows": rows,
    }


def _markdown(report: dict[str, Any]) -> str:
    head = (
        "| board | MHz | trials | choices as in the model | differences in the state | right of the"
        " last 50 |\n|---|--:|--:|---|--:|--:|\n"
    )
    lines = "\n".join(
        f"| {row['board']} | {row['clock_mhz']:g} | {row['trials']} |"
        f" {'all' if row['same_choices'] else 'not all'} | {row['differences_at_the_end']} |"
        f" {row['right_of_the_last_50']} |"
        for row in report["rows"]
    )
    names = [row["board"] for row in report["rows"]]
    boards = "" if tuple(names) == tuple(board_names()) else f" --boards {' '.join(names)}"
    seconds = sum(row["seconds"] for row in report["rows"])
    return f"""# Whole boards in simulation

Made by `python -m campaigns.simulated_boards.tops{boards}`
({seconds:.0f} s on a machine with other work): each board's own top (pins, PLL, reset, LEDs, UART,
link, registers, layer) in Verilator behind a pseudo-terminal, and `bandit` learning there in closed
loop. The PLL is a model that passes the clock and locks; memories and multipliers are behavioural.
No board was measured (`hardware_measurement_claimed` is false).

{head}{lines}
"""


def main() -> None:
    """Run the campaign; exit 1 where a board is not the model."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--boards", nargs="+", default=board_names())
    parser.add_argument("--trials", type=int, default=TRIALS)
    parser.add_argument("--build", type=Path, default=Path("build"))
    parser.add_argument("--out", type=Path, default=Path("reports"))
    options = parser.parse_args()
    report = run(options.boards, options.trials, options.build, print)
    write_json(options.out / "board_tops.json", report)
    write_report(options.out, "board_tops", _markdown(report))
    raise SystemExit(not report["passed"])


if __name__ == "__main__":
    main()
