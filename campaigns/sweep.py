"""A sweep of 200 designs of the digits task, one of its workers killed on the way, and by Dask.

`python -m campaigns.sweep --out reports` runs the same sweep twice: on two processes of this
machine, one of which is killed when half of the points are done, and undisturbed on a Dask
scheduler with two worker processes. Both tables must be the same bytes, with every design once.
"""

from __future__ import annotations

import argparse
import csv
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from campaigns.freshness.stamps import write_report
from sc_hw.files import write_json, write_text
from sc_hw.sweep.sweep import sweep
from sc_model.environment import python_command

SCHEMA = "sc-hw.sweep-report.v1"
WORKERS = 2
PATIENCE_S = 60.0  # for a scheduler and its workers to begin
DESIGN = """\
[design]
name = "digits"
block = "layer"

[layer]
inputs = 128 # one threshold a pixel, ON and OFF
neurons = 10
lanes = 1
critic_shift = 4

[neuron]
threshold = 131072
winner_take_all = true
noise_bits = 6

[rule]
family = "reward_modulated_stdp"
weight_bits = 10
trace_bits = 4
reward_bits = 6
learning_shift = 6
trace_decay_shift = 2
"""
SWEEP = """\
[sweep]
name = "digits"
design = "digits.toml"
targets = ["ecp5-25f-6"]
objectives = ["accuracy", "lut"]

[grid]
"rule.weight_bits" = {weights}
"rule.trace_bits" = [3, 4, 5, 6]
"rule.learning_shift" = [4, 5, 6, 7, 8]
"layer.lanes" = [1, 2]

[[task]]
kind = "digits"
trials = 400
"""
WEIGHTS = (6, 8, 9, 10, 12)  # with the others 200 designs


def write_sweep(folder: Path, weights: Sequence[int]) -> Path:
    """The sweep file, with its design beside it."""
    write_text(folder / "digits.toml", DESIGN)
    return write_text(folder / "sweep.toml", SWEEP.format(weights=list(weights)))


def workers_of(process: int) -> list[int]:
    """Processes of a pool: children of a process that run its work, not those that track it."""
    workers = []
    for folder in Path("/proc").iterdir():
        if not folder.name.isdigit():
            continue
        try:
            parent = int((folder / "stat").read_text().rpartition(")")[2].split()[1])
            command = (folder / "cmdline").read_bytes()
        except OSError:  # it has ended
            continue
        if parent == process and b"spawn_main" in command:
            workers.append(int(folder.name))
    return sorted(workers)


def killed_on_the_way(file: Path, out: Path, half: int) -> tuple[dict[str, Any], list[int]]:
    """Run the sweep on processes, and kill one of them when `half` points are done."""
    killed: list[int] = []

    def progress(line: str) -> None:
        print(line, flush=True)
        count = line.split(": ")[1].split()[0]
        if count == str(half) and not killed:
            victim = workers_of(os.getpid())[0]
            os.kill(victim, signal.SIGKILL)
            killed.append(victim)

    return sweep(file, out=out, jobs=WORKERS, progress=progress), killed


@contextmanager
def cluster(folder: Path) -> Iterator[str]:
    """A Dask scheduler with workers on this machine; its address."""
    name = folder / "scheduler.json"
    name.unlink(missing_ok=True)
    log = (folder / "dask.log").open("w")
    quiet = ("--no-dashboard", "--no-show", "--scheduler-file", str(name))
    scheduler = subprocess.Popen(
        python_command("dask", "scheduler", "--host", "127.0.0.1", "--port", "0", *quiet),
        stdout=log,
        stderr=subprocess.STDOUT,
    )
    processes = [scheduler]
    try:
        start = time.monotonic()
        while not name.is_file() or not name.stat().st_size:
            if time.monotonic() - start > PATIENCE_S or scheduler.poll() is not None:
                raise RuntimeError(f"no Dask scheduler within {PATIENCE_S:g} s; see {log.name}")
            time.sleep(0.2)
        address = str(json.loads(name.read_text(encoding="utf-8"))["address"])
        one = ("--nthreads", "1", "--no-nanny", "--no-dashboard", "--death-timeout", "30")
        worker = python_command("dask", "worker", address, *one)
        for _ in range(WORKERS):
            processes.append(subprocess.Popen(worker, stdout=log, stderr=subprocess.STDOUT))
        yield address
    finally:
        for process in reversed(processes):
            process.kill()
            process.wait()
        log.close()


def compared(first: Path, second: Path) -> dict[str, Any]:
    """Whether two tables are the same, and how often each design is in the first."""
    texts = [path.read_text(encoding="utf-8") for path in (first, second)]
    rows = list(csv.DictReader(texts[0].splitlines()))
    points = [row["point"] for row in rows]
    return {
        "same_table": texts[0] == texts[1],
        "rows": len(rows),
        "points": len(set(points)),
        "each_once": len(points) == len(set(points)),
        "failed": sum(bool(row["failed"]) for row in rows),
    }


def run(folder: Path, weights: Sequence[int]) -> dict[str, Any]:
    """Both sweeps, and their comparison."""
    folder.mkdir(parents=True, exist_ok=True)
    file = write_sweep(folder, weights)
    points = len(weights) * 40
    start = time.monotonic()
    killed_run, killed = killed_on_the_way(file, folder / "processes", points // 2)
    seconds = {"processes": round(time.monotonic() - start, 1)}
    start = time.monotonic()
    with cluster(folder) as address:
        dask_run = sweep(file, out=folder / "dask", scheduler=address, progress=print)
    seconds["dask"] = round(time.monotonic() - start, 1)
    again = sweep(file, out=folder / "processes", jobs=WORKERS)
    tables = [folder / name / "table.csv" for name in ("processes", "dask")]
    return {
        "schema_version": SCHEMA,
        "command": command(weights),
        "hardware_measurement_claimed": False,
        **compared(*tables),
        "workers": WORKERS,
        "workers_killed": len(killed),
        "worked_on": {
            "processes": killed_run["worked_on"],
            "dask": dask_run["worked_on"],
            "processes_again": again["worked_on"],
        },
        "seconds": seconds,
        "front": killed_run["fronts"][0]["points"],
    }


def command(weights: Sequence[int]) -> str:
    """The command that makes the report; with an option where it is not the whole sweep."""
    text = "python -m campaigns.sweep --out reports"
    if tuple(weights) != WEIGHTS:
        text += f" --weights {' '.join(map(str, weights))}"
    return text


def markdown(values: Mapping[str, Any]) -> str:
    """The verdict, and the front."""
    outcomes = values["worked_on"]
    lines = [
        "# A sweep with a worker killed, and the same by Dask",
        "",
        f"Made by `{values['command']}`. Prices are predicted, no board was measured.",
        "",
        f"* {values['points']} designs of the digits task (128 inputs, 10 neurons, ECP5-25F);"
        f" {values['failed']} failed.",
        f"* On {values['workers']} processes, {values['workers_killed']} of them killed when half"
        f" were done: {outcomes['processes']} outcomes, each design"
        f" {'once' if values['each_once'] else 'NOT ONCE'}.",
        f"* On a Dask scheduler with {values['workers']} workers, undisturbed: {outcomes['dask']}"
        f" outcomes; the table is {'the same' if values['same_table'] else 'ANOTHER'}, byte for"
        " byte.",
        f"* Run once more on what is there: {outcomes['processes_again']} worked on.",
        "",
        "| point | weight bits | trace bits | learning shift | lanes | accuracy | LUT |",
        "|--:|--:|--:|--:|--:|--:|--:|",
    ]
    keys = ("rule.weight_bits", "rule.trace_bits", "rule.learning_shift", "layer.lanes")
    for row in values["front"]:
        cells = [row["point"], *(row["values"][key] for key in keys)]
        cells += [f"{row['objectives']['accuracy']:.3f}", f"{row['objectives']['lut']:,.0f}"]
        lines.append("| " + " | ".join(map(str, cells)) + " |")
    return "\n".join([*lines, ""])


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the campaign; 1 where the tables differ or a design is not there once."""
    parser = argparse.ArgumentParser(prog="campaigns.sweep", description=__doc__)
    parser.add_argument("--out", type=Path, default=Path("reports"))
    parser.add_argument("--build", type=Path, default=Path("build") / "sweep")
    parser.add_argument("--weights", type=int, nargs="+", default=WEIGHTS, help="40 designs each")
    options = parser.parse_args(arguments)
    values = run(options.build, options.weights)
    write_json(options.out / "sweep.json", values)
    write_report(options.out, "sweep", markdown(values))
    return 0 if values["same_table"] and values["each_once"] and values["workers_killed"] else 1


if __name__ == "__main__":
    sys.exit(main())
