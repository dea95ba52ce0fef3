"""Digits on the simulated board: `python -m campaigns.simulated_boards.digits --out reports` writes
board_digits.json and board_digits.md.

The whole system of `examples/digits`, with registers, link and UART, runs in Verilator behind a
pseudo-terminal. The driver, as on a board, opens that port, loads the layer, sends each step of the
recording, and reads spikes and state. The layer learns on the board; spikes and the complete state
must be the golden model's, bit for bit. In the middle the cable flips bits for a while.
"""

from __future__ import annotations

import argparse
import json
import time
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from campaigns.freshness.stamps import write_report
from sc_driver.board import Board
from sc_hw.build.elaborate import elaborate
from sc_hw.commands.demo import example_folder
from sc_hw.files import write_json
from sc_hw.progress import Progress, silent
from sc_hw.simulation.board.pseudo_terminal import PseudoTerminal
from sc_hw.simulation.device import Device
from sc_hw.simulation.devices.device_block import State, rows
from sc_model.spec import HostSpec, load_design

SCHEMA = "sc-hw.board-digits.v1"
BAUD = 3_000_000  # a byte takes 40 clocks of 12 MHz
NOISE = 1e-4  # share of bytes with a flipped bit, both ways, while the cable is bad
PORTION = 500  # steps a call


def run(
    root: Path, steps: int | None = None, noisy: int = 0, progress: Progress = silent
) -> dict[str, Any]:
    """Replay the recording on the simulated board and in the model.

    Parameters
    ----------
    root : folder of builds.
    steps : None for all.
    noisy : of the steps, in the middle, with a cable that flips bits.
    progress : gets a line for each portion.

    Returns the report.
    """
    folder = example_folder()
    design = load_design(folder / "digits.toml")
    design = design.model_copy(
        update={"host": HostSpec.model_validate({"door": "uart", "baud": BAUD})}
    )
    build = elaborate(design, root)
    host = json.loads((build.folder / "manifest.json").read_text(encoding="utf-8"))["host"]
    model = Device.open(design)
    stimulus = model.recording(folder / "digits.npz")
    count = min(steps or 1 << 62, model.block.steps(stimulus))
    start_time, wrong_spikes, fired = time.monotonic(), 0, []
    with PseudoTerminal.of_build(build.folder) as port:
        board = Board.open(port.name, build.folder / "manifest.json", baud=port.baud)
        board.restore(model.state())
        from_step = (count - noisy) // 2
        for start in range(0, count, PORTION):
            stop = min(count, start + PORTION)
            port.disturb(NOISE if from_step <= start < from_step + noisy else 0.0, seed=start)
            part = rows(stimulus, start, stop)
            fired.append(board.run(**part))
            wrong_spikes += int((fired[-1] != model.run(**part)).sum())
            progress(f"step {stop} of {count}: {wrong_spikes} spikes differ")
        port.disturb(0.0)
        differing = _differences(board.state(), model.state())
        steps_taken, steps_done = board.registers.read("STEPS_TAKEN", "STEPS_DONE")
        low, high = board.registers.read("CLOCKS_LOW", "CLOCKS_HIGH")
        statistics = board.link.statistics
        board.close()
    passed = (
        wrong_spikes == 0 and not any(differing.values()) and steps_taken == steps_done == count
    )
    return {
        "schema_version": SCHEMA,
        "passed": passed,
        "hardware_measurement_claimed": False,
        "build": build.id,
        "clock_mhz": host["clock_mhz"],
        "baud": BAUD,
        "steps": count,
        "noisy": noisy,
        "noise": NOISE if noisy else 0.0,
        "steps_done": steps_done,
        "wrong_spikes": wrong_spikes,
        "wrong_values": differing,
        "clocks": low | high << 32,
        "link": None if statistics is None else asdict(statistics),
        "seconds": round(time.monotonic() - start_time, 1),
        **_right(folder / "digits.npz", np.concatenate(fired), stimulus),
    }


def _differences(first: State, second: State) -> dict[str, int]:
    """Values of each field that differ."""
    return {
        f"{space}.{name}": int((np.asarray(values) != np.asarray(second[space][name])).sum())
        for space, fields in first.items()
        for name, values in fields.items()
    }


def _right(recording: Path, fired: Any, stimulus: dict[str, Any]) -> dict[str, Any]:
    """Decisions that name the right digit, of those at the end with learning off."""
    with np.load(recording) as archive:
        meta = json.loads(str(archive["meta"]))
    decided = np.flatnonzero(np.asarray(stimulus["decide"])[: len(fired)])
    labels = np.asarray(meta["labels"])[: len(decided)]
    if len(decided) < len(meta["labels"]):
        return {"held_out": 0, "held_out_right": None}
    count = meta["held_out"]
    right = fired[decided].argmax(axis=1)[-count:] == labels[-count:]
    return {"held_out": count, "held_out_right": int(right.sum())}


def _markdown(report: dict[str, Any]) -> str:
    link, wrong = report["link"], sum(report["wrong_values"].values())
    table = {
        "steps, learning included": f"{report['steps']:,}",
        f"of these with a bit flipped in {report['noise']:g} of the bytes": f"{report['noisy']:,}",
        "spikes that are not the golden model's": f"{report['wrong_spikes']:,}",
        "values of the final state that are not the golden model's": f"{wrong:,}",
        "held-out digits named correctly": f"{report['held_out_right']} of {report['held_out']}",
        "clocks of the board, loading and reading included": f"{report['clocks']:,}",
        "frames answered": f"{link['frames']:,}",
        "frames sent again": f"{link['sent_again']:,}",
        "bytes sent, read": f"{link['bytes_sent']:,}, {link['bytes_read']:,}",
    }
    lines = "\n".join(f"| {name} | {value} |" for name, value in table.items())
    return f"""# Digits on the simulated board

Made by `python -m campaigns.simulated_boards.digits`
({report["seconds"]:.0f} s on a machine with other work):
the system of `examples/digits` (layer of 2,560 synapses, registers, link, UART) in Verilator at the
end of a pseudo-terminal, at {report["clock_mhz"]:g} MHz and {report["baud"] / 1e6:g} Mbaud in its
own time. The driver is the one for boards, and opens the port by its name. No board was measured
(`hardware_measurement_claimed` is false).

| | |
|---|--:|
{lines}

Frames are sent again where noise has broken them, and where the simulation is slower than the
driver expects: a second of the board takes many seconds here.
"""


def main() -> None:
    """Run the campaign; exit 1 where the board is not the model."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--steps", type=int, help="all by default")
    parser.add_argument("--noisy", type=int, default=1_000, help="steps with a bad cable")
    parser.add_argument("--build", type=Path, default=Path("build"))
    parser.add_argument("--out", type=Path, default=Path("reports"))
    options = parser.parse_args()
    report = run(options.build, options.steps, options.noisy, print)
    write_json(options.out / "board_digits.json", report)
    write_report(options.out, "board_digits", _markdown(report))
    raise SystemExit(not report["passed"])


if __name__ == "__main__":
    main()
