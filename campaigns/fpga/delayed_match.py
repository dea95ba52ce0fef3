"""A recurrent layer that learns a delayed match with e-prop, in models, in Verilog, on FPGAs.

`python -m campaigns.fpga.delayed_match` writes reports/delayed_match.json and delayed_match.md.

Task and network are those of `examples/delayed_match`. Five seeds draw first weights and samples;
settings were chosen on others. Beside the network in integers stand the readout alone, with the
same steps and with smaller ones, and the network in floating point. One run is repeated in the
compiled Verilog: all answers, sums, weights and eligibilities are compared.
"""

from __future__ import annotations

import argparse
import importlib
import json
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np

from campaigns.freshness.stamps import write_report
from sc_hw import Device
from sc_hw.bitstream.build import build_board
from sc_hw.boards import load_board
from sc_hw.files import write_json
from sc_hw.price.estimate import estimate
from sc_model.spec import Design, load_design

EXAMPLE = Path(__file__).resolve().parents[2] / "examples" / "delayed_match"
SCHEMA = "sc-hw.delayed-match.v1"
SEEDS = (1, 2, 3, 4, 5)
CHOSEN_ON = (101, 120)  # the seeds that settings were chosen on, from and to
SAMPLES = {"fixed": 3000, "jittered": 12_000, "delays": 4000}
TWIN = ("fixed",)  # tasks that are also learned in floating point
NAMES = {
    "fixed": "15 steps, 32 neurons",
    "jittered": "10 to 20 steps, 64 neurons",
    "delays": "10 to 20 steps, 16 neurons with delays of their own",
}
SMALLER = 4  # how much smaller the readout's steps are in the second control, as a power of two
TARGETS = (("ice40-up5k", 4), ("ecp5-25f-6", 8))  # with lanes
BOARD = ("colorlight-i5", 8, 20)  # with lanes, and samples that it learns in simulation
RTL = {"rtl": "fixed", "rtl_delays": "delays"}  # parts that run a task in Verilog
PARTS = (*SAMPLES, *RTL, "hardware", "board")


def script(name: str) -> ModuleType:
    """A script of the example."""
    sys.path.insert(0, str(EXAMPLE))
    try:
        return importlib.import_module(name)
    finally:
        sys.path.remove(str(EXAMPLE))


task, twins = script("delayed_match_task"), script("delayed_match_twin")


def design_of(kind: str, lanes: int | None = None) -> Design:
    """The design of a task; with other lanes."""
    name = "delayed_match" if kind == "fixed" else f"delayed_match_{kind}"
    design = load_design(EXAMPLE / f"{name}.toml")
    if lanes is None or design.recurrent is None:
        return design
    hidden = design.recurrent.hidden.model_copy(update={"lanes": lanes})
    network = design.recurrent.model_copy(update={"hidden": hidden})
    return design.model_copy(update={"recurrent": network, "name": f"{design.name}_{lanes}"})


def without_delays(design: Design) -> Design:
    """The same network, whose spikes come back in the next step."""
    if design.recurrent is None:
        raise ValueError(f"{design.name} has no recurrent network")
    hidden = design.recurrent.hidden.model_copy(update={"max_delay": 1})
    network = design.recurrent.model_copy(update={"hidden": hidden})
    return design.model_copy(update={"recurrent": network})


def data_of(kind: str, seed: int) -> Any:
    """Samples to learn from, and others to test with."""
    delays = task.FIXED if kind == "fixed" else task.JITTERED
    return task.data(seed, SAMPLES[kind], delays)


def shares(kind: str, *, hidden: bool = True, smaller: int = 0, delays: bool = True) -> list[float]:
    """Right answers on other samples after learning in integers, for each seed."""
    design, results = design_of(kind), []
    with Device.open(design if delays else without_delays(design)) as device:
        for seed in SEEDS:
            training, test = data_of(kind, seed)
            device.load(task.first_weights(device.design, seed))
            for part, (own, readout) in task.phases(device.design.recurrent, len(training.classes)):
                device.set(hidden_shift=own, readout_shift=readout + smaller)
                spikes, targets = training.spikes[part], training.targets[part]
                device.run(spikes=spikes, targets=targets, learn={"hidden": hidden})
            results.append(task.right(device, test))
    return results


def twin_shares(kind: str) -> list[float]:
    """The same in floating point."""
    design, results = design_of(kind), []
    for seed in SEEDS:
        training, test = data_of(kind, seed)
        twin = twins.FloatTwin(design.recurrent, task.first_weights(design, seed))
        count = len(training.classes)
        for part, shifts in task.phases(design.recurrent, count):
            twin.hidden_shift, twin.readout_shift = shifts
            for spikes, targets in zip(training.spikes[part], training.targets[part], strict=True):
                twin.sample(spikes, targets)
        answers = [twin.sample(spikes) for spikes in test.spikes]
        results.append(float((np.array(answers) == test.classes).mean()))
    return results


def summary(values: list[float]) -> dict[str, Any]:
    """Mean, spread and worst of some runs."""
    return {
        "shares": [round(share, 4) for share in values],
        "mean": round(float(np.mean(values)), 4),
        "deviation": round(float(np.std(values, ddof=1)), 4),
        "worst": round(min(values), 4),
    }


def task_row(kind: str) -> dict[str, Any]:
    """A task in integers, with its controls."""
    return {
        "samples": SAMPLES[kind],
        "learned": summary(shares(kind)),
        "without_delays": summary(shares(kind, delays=False)) if kind == "delays" else None,
        "readout_alone": summary(shares(kind, hidden=False)),
        "readout_alone_smaller": summary(shares(kind, hidden=False, smaller=SMALLER)),
        "float": summary(twin_shares(kind)) if kind in TWIN else None,
        "float_reason": None if kind in TWIN else "not run: some ten minutes",
    }


def rtl_row(kind: str, build: Path) -> dict[str, Any]:
    """A whole run of a task in the compiled Verilog and in the model."""
    design, seed = design_of(kind), SEEDS[0]
    training, test = data_of(kind, seed)
    weights = task.first_weights(design, seed)
    answers, states, engines, seconds = [], [], [], []
    for on in ("model", "rtl"):
        with Device.open(design, on, root=build) as device:
            device.load(weights)
            start = time.process_time()
            answers.append(task.learn(device, training))
            seconds.append(time.process_time() - start)
            states.append(device.state())
            engines.append(device._engine)
            if on == "rtl":
                clocks = float(engines[1].clocks.mean())
            answers[-1] = np.concatenate([answers[-1].ravel(), engines[-1].scores.ravel()[-2:]])
            right = task.right(device, test)
    differ = int(np.count_nonzero(answers[0] != answers[1])) + sum(
        int(np.count_nonzero(values != states[1][space][name]))
        for space, fields in states[0].items()
        for name, values in fields.items()
    )
    network = design.recurrent
    if network is None:
        raise ValueError(f"{design.name} has no recurrent network")
    steps = len(training.classes) * training.spikes.shape[1]
    return {
        "samples": len(training.classes),
        "steps": steps,
        "synapse_updates": steps * network.rows * network.hidden.neurons,
        "compared": sum(int(np.size(v)) for fields in states[0].values() for v in fields.values()),
        "differences": differ,
        "right": round(right, 4),
        "clocks_per_step": round(clocks, 1),
        "model_seconds": round(seconds[0], 1),
        "rtl_seconds": round(seconds[1], 1),
    }


def hardware_rows(build: Path) -> list[dict[str, Any]]:
    """What it takes on two devices, one place and route each."""
    rows = []
    for target, lanes in TARGETS:
        design = design_of("fixed", lanes)
        (metrics,) = estimate(design, [target], root=build, seeds=1, jobs=1)
        clocks = mean_clocks(design, build)
        mhz = metrics["fmax"]["median_mhz"]
        rows.append(
            {
                "target": target,
                "lanes": lanes,
                **{unit: metrics[unit] for unit in ("lut", "ff", "bram", "dsp")},
                "mhz": mhz,
                "clocks_per_step": clocks,
                "steps_per_s": None if mhz is None else round(mhz * 1e6 / clocks),
            }
        )
    return rows


def mean_clocks(design: Design, build: Path) -> float:
    """Clocks of a step while it learns, counted in the compiled Verilog."""
    training, _ = task.data(SEEDS[0], 40, task.FIXED)
    with Device.open(design, "rtl", root=build) as device:
        device.load(task.first_weights(design, SEEDS[0]))
        task.learn(device, training)
        return round(float(device._engine.clocks.mean()), 1)


def board_row(build: Path) -> dict[str, Any]:
    """A board with the network behind its UART: its bitstream, and what it learns in simulation."""
    name, lanes, count = BOARD
    design = design_of("fixed", lanes)
    board = build_board(design, load_board(name), seeds=1, root=build, progress=print)
    training, test = task.data(SEEDS[0], count, task.FIXED)
    weights, runs = task.first_weights(design, SEEDS[0]), []
    for on in ("model", "sim-board"):
        with Device.open(design, on, root=build) as device:
            device.load(weights)
            training_answers = task.learn(device, training)
            test_answers = device.run(spikes=test.spikes[:count], learn=False)
            runs.append((np.concatenate([training_answers, test_answers]), device.state()))
    (model_answers, state), (answers, other) = runs
    differ = int(np.count_nonzero(answers != model_answers)) + sum(
        int(np.count_nonzero(values != other[space][field]))
        for space, fields in state.items()
        for field, values in fields.items()
    )
    keys = ("lut", "ff", "bram", "dsp", "fmax_mhz", "bitstream_bytes")
    return {
        "board": board["title"],
        "lanes": lanes,
        **{key: board[key] for key in keys},
        "clock_mhz": board["clock"]["mhz"],
        "samples": 2 * count,
        "steps": int(answers.size),
        "differences": differ,
    }


# --- page -----------------------------------------------------------------------------------------


def percent(row: dict[str, Any] | None) -> str:
    """A mean with its spread and the worst run."""
    if row is None:
        return "-"
    return (
        f"{100 * row['mean']:.1f} +- {100 * row['deviation']:.1f} (worst {100 * row['worst']:.1f})"
    )


def rtl_lines(report: dict[str, Any]) -> list[str]:
    """The whole runs in Verilog."""
    lines: list[str] = []
    for part, kind in RTL.items():
        rtl = report[part]
        if rtl is None:
            continue
        lines += [] if lines else ["", "## The whole run in Verilog"]
        lines += [
            "",
            f"Seed {SEEDS[0]}, {NAMES[kind]}: {rtl['samples']:,} samples, {rtl['steps']:,}"
            f" steps, {rtl['synapse_updates']:,} updates of synapses. All answers, the last sums,"
            f" and {rtl['compared']:,} numbers of the state at the end (every weight and"
            f" eligibility, the random register, the settings) are compared with the model's:"
            f" **{rtl['differences']} differ**. {rtl['clocks_per_step']} clocks a step;"
            f" {rtl['rtl_seconds']} s in the compiled Verilog, {rtl['model_seconds']} s in the"
            " compiled model.",
        ]
    return lines


def page(report: dict[str, Any]) -> str:
    """The report as Markdown."""
    lines = [
        "# Delayed match with a recurrent layer that learns on the chip",
        "",
        "Right answers in % on 500 samples that were not learned from, means over"
        f" {len(SEEDS)} seeds; settings were chosen on the seeds {CHOSEN_ON[0]} to {CHOSEN_ON[1]}."
        " Chance is 50. *Readout alone*: the recurrent layer stays as it was drawn; *smaller*: and"
        f" the readout's steps are 2^-{SMALLER} of the others. The task and its network are in"
        " [examples/delayed_match](../examples/delayed_match/README.md); `python -m"
        " campaigns.fpga.delayed_match` makes this page.",
        "",
        "| delays | samples | learned, integers | floating point | readout alone | smaller steps |",
        "|---|--:|---|---|---|---|",
    ]
    for kind, name in NAMES.items():
        row = report[kind]
        if row is None:
            continue
        columns = (row["learned"], row["float"], row["readout_alone"], row["readout_alone_smaller"])
        cells = " | ".join(map(percent, columns))
        lines.append(f"| {name} | {row['samples']:,} | {cells} |")
    own = report["delays"]
    if own is not None:
        lines += [
            "",
            "*With delays of their own*: a spike of neuron j comes back into the layer"
            " 1 + (j mod 8) steps later. Without them the same 16 neurons reach"
            f" {percent(own['without_delays'])}.",
        ]
    lines += rtl_lines(report)
    if report["hardware"]:
        lines += [
            "",
            "## On two devices",
            "",
            "The block alone, one place and route each; clocks a step from its Verilog while it"
            " learns.",
            "",
            "| device | lanes | LUT | FF | block RAM | multipliers | MHz | clocks a step |"
            " steps/s |",
            "|---|--:|--:|--:|--:|--:|--:|--:|--:|",
        ]
        lines += [
            f"| {row['target']} | {row['lanes']} | {row['lut']:,} | {row['ff']:,} | {row['bram']} |"
            f" {row['dsp']} | {row['mhz']} | {row['clocks_per_step']} | {row['steps_per_s']:,} |"
            for row in report["hardware"]
        ]
    if report["board"]:
        lines += board_lines(report["board"])
    return "\n".join(lines) + "\n"


def board_lines(row: dict[str, Any]) -> list[str]:
    """What the page says of the board."""
    return [
        "",
        "## On a board's bitstream",
        "",
        f"{row['board']}, {row['lanes']} lanes, behind a UART: {row['lut']:,} LUT, {row['ff']:,}"
        f" flip-flops, {row['bram']} block RAMs, {row['dsp']} multipliers; nextpnr reaches"
        f" {row['fmax_mhz']} MHz where {row['clock_mhz']:g} are asked for (seed 1). The bitstream"
        f" of {row['bitstream_bytes']:,} bytes was unpacked again and compared; no board was at"
        f" hand. In simulation, from its UART on, the system learns and answers {row['samples']}"
        f" samples, {row['steps']:,} steps: of answers and of the state at the end"
        f" **{row['differences']} differ** from the model's.",
    ]


def main() -> None:
    """Run the campaign, or parts of it, and write both files; other parts stay as they were."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--build", type=Path, default=Path("build"))
    parser.add_argument("--out", type=Path, default=Path("reports"))
    parser.add_argument("--part", choices=PARTS, action="append", help="one of the parts; else all")
    options = parser.parse_args()
    makers: dict[str, Callable[[], Any]] = {
        **{kind: partial(task_row, kind) for kind in SAMPLES},
        **{part: partial(rtl_row, kind, options.build) for part, kind in RTL.items()},
        "hardware": lambda: hardware_rows(options.build),
        "board": lambda: board_row(options.build),
    }
    file = options.out / "delayed_match.json"
    report: dict[str, Any] = dict.fromkeys(PARTS)
    if options.part and file.exists():
        report |= json.loads(file.read_text(encoding="utf-8"))
    report |= {"schema": SCHEMA, "seeds": list(SEEDS), "settings_chosen_on": list(CHOSEN_ON)}
    for part in options.part or PARTS:
        report[part] = makers[part]()
        write_json(file, report)
    write_report(options.out, "delayed_match", page(report))


if __name__ == "__main__":
    main()
