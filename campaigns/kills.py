"""Kill commands on the way: `python -m campaigns.kills --kills 100 --interrupts 30 --out reports`.

A job runs in folders of its own (builds, cache, checkpoint), is killed at a random moment, and run
again. The second run must end well, with the bytes that an undisturbed run leaves, whatever the
first one left; and no process of the first may be alive two seconds after it. Every fifth kill
hits one of two processes that do the same at once in the same folders. An interrupt must also end
in exit status 130 and the line that says so.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from campaigns.freshness.stamps import write_report
from sc_hw.files import write_json

SCHEMA = "sc-hw.kills.v1"
ROOT = Path(__file__).parents[1]
MARK = "SC_HW_CAMPAIGN"  # in the environment of every process of a run
PATIENCE_S = 2.0  # after which no process of a killed run may be alive
LIMIT_S = 600.0  # for one run
LINE = "interrupted; what had been finished is kept"
_LANE = str(ROOT / "examples" / "lane.toml")
_NIR = str(ROOT / "examples" / "nir" / "digits_snn.nir")
_KERNEL = """
import numpy as np
from sc_model.native import NativeLayer
from sc_model.rules import load_rule
from sc_model.spec import NeuronSpec, PlasticLayerSpec
rule = load_rule("pair_stdp")
layer = NativeLayer(rule, rule.params_type(), PlasticLayerSpec(inputs=40, neurons=9), NeuronSpec())
spikes = np.random.default_rng(0).random((50, 40)) < 0.3
np.save("answer.npy", layer.run(spikes))
"""
_LEARNER = """
from types import SimpleNamespace
import numpy as np
from sc_model.learning import SNNGeneticEvolver
draws = np.random.default_rng(0).normal(size=(40, 50))
made = lambda: SimpleNamespace(weights=np.random.standard_normal((40, 50)))
near = lambda each: -float(((each.weights - draws) ** 2).sum())
found = SNNGeneticEvolver(made, near, seed=1).evolve(250, checkpoint="run/evolution.npz")
np.save("answer.npy", found.weights["weights"])
"""


@dataclass(frozen=True)
class Job:
    """A job of a campaign.

    Members
    -------
    command : arguments of Python.
    results : patterns of the files that an undisturbed run leaves the same every time.
    """

    command: tuple[str, ...]
    results: tuple[str, ...]


def _stage(*arguments: str) -> tuple[str, ...]:
    return ("-m", "sc_hw.cli", *arguments)


JOBS: dict[str, Job] = {
    "elaborate": Job(_stage("elaborate", _LANE), ("build/*/top.v", "build/*/manifest.json")),
    "import": Job(
        _stage("import", _NIR, "--source", "snntorch", "--reset", "subtract", "--reset-delay"),
        ("digits_snn/*.toml", "digits_snn/*.npz"),
    ),
    "prove": Job(_stage("prove", _LANE, "--no-mutants"), ("build/*/top.v",)),
    "cosim": Job(
        _stage("cosim", _LANE, "--steps", "50"), ("build/*/top.v", "build/*/sim/trajectory.npz")
    ),
    "estimate": Job(
        _stage("estimate", _LANE, "--target", "ice40-up5k", "--seeds", "1"),
        ("build/*/estimate/*/block.json",),
    ),
    "kernel": Job(("-c", _KERNEL), ("answer.npy",)),
    "learner": Job(("-c", _LEARNER), ("answer.npy",)),
}
# without `python -c`, which says nothing of an interrupt
COMMANDS = ("elaborate", "import", "prove", "cosim", "estimate")


def _start(job: Job, folder: Path, mark: str) -> subprocess.Popen[bytes]:
    """Start a job in a folder; interrupts are not ignored, as they are in a shell's background."""
    environ = {
        **os.environ,
        "PYTHONPATH": str(ROOT),
        "XDG_CACHE_HOME": str(folder / "cache"),
        "NO_COLOR": "1",
        MARK: mark,
    }
    # Output goes to a file: whoever is left behind would hold a pipe open.
    with (folder / f"{mark}.out").open("w") as out:
        return subprocess.Popen(
            [sys.executable, *job.command],
            cwd=folder,
            env=environ,
            stdout=out,
            stderr=subprocess.STDOUT,
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
        )


def _ended(process: subprocess.Popen[bytes], folder: Path, mark: str) -> tuple[int, str]:
    """Wait for the end of a process; exit status, and what it has printed."""
    code = process.wait(timeout=LIMIT_S)
    return code, (folder / f"{mark}.out").read_text(errors="replace")


def alive(mark: str) -> list[str]:
    """Command lines of the processes with a mark."""
    commands = []
    for place in Path("/proc").glob("[0-9]*"):
        try:
            if f"{MARK}={mark}".encode() in (place / "environ").read_bytes().split(b"\0"):
                commands.append((place / "cmdline").read_text().replace("\0", " ")[:200])
        except OSError:
            continue
    return commands


def _survivors(mark: str) -> list[str]:
    """What is still alive after `PATIENCE_S`."""
    end = time.monotonic() + PATIENCE_S
    while (commands := alive(mark)) and time.monotonic() < end:
        time.sleep(0.05)
    return commands


def _temporary(folder: Path) -> list[str]:
    """Hidden files under a folder, but for locks and for those of wasmtime's own cache."""
    # Wasmtime's clean-up holds its cache by a file `.cleanup.wip-PID`, which it ignores after an
    # hour: https://docs.wasmtime.dev/cli-cache.html, optimizing-compression-task-timeout.
    return [
        str(file)
        for file in folder.rglob(".*")
        if file.is_file()
        and file.name != ".lock"
        and file.relative_to(folder).parts[:2] != ("cache", "wasmtime")
    ]


def results(job: Job, folder: Path) -> dict[str, str]:
    """Hashes of a run's results, by name."""
    files = sorted(file for pattern in job.results for file in folder.glob(pattern))
    return {
        str(file.relative_to(folder)): hashlib.sha256(file.read_bytes()).hexdigest()
        for file in files
    }


def undisturbed(job: Job) -> tuple[dict[str, str], float]:
    """The results of a run to its end, and its seconds."""
    with tempfile.TemporaryDirectory() as name:
        start = time.monotonic()
        process = _start(job, Path(name), "undisturbed")
        code, err = _ended(process, Path(name), "undisturbed")
        if code:
            raise RuntimeError(f"a job fails undisturbed: {err}")
        return results(job, Path(name)), time.monotonic() - start


def trial(
    job: Job, expected: Mapping[str, str], delay: float, number: int, pair: bool
) -> tuple[str, str]:
    """One run that is killed and one that is not.

    Parameters
    ----------
    job : what is run.
    expected : results of an undisturbed run.
    delay : seconds until the signal.
    number : of the signal.
    pair : whether another process does the same in the same folder meanwhile; it is not killed.

    Returns ``ok``, ``ended before`` or a fault, and what is to be said of it.
    """
    mark = os.urandom(8).hex()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        other = _start(job, folder, f"{mark}-other") if pair else None
        process = _start(job, folder, mark)
        time.sleep(delay)
        had_ended = process.poll() is not None
        process.send_signal(number)
        code, err = _ended(process, folder, mark)
        survivors = _survivors(mark)
        if other is not None:
            other_code, other_err = _ended(other, folder, f"{mark}-other")
            if other_code:
                return "the other process failed", other_err
        if survivors:
            return "a process is left", " | ".join(survivors)
        if number == signal.SIGINT and not had_ended and code != 0:
            lines = err.splitlines()
            if code != 130 or lines[-1:] != [LINE] or "Traceback" in err:
                return "no interrupt's line", f"exit {code}: {err}"
            if rest := _temporary(folder):
                return "a temporary file is left", str(rest)
        again = _start(job, folder, f"{mark}-again")
        code, err = _ended(again, folder, f"{mark}-again")
        if code:
            return "the next run fails", err
        if results(job, folder) != expected:
            return "the next run differs", str(results(job, folder))
    return "ended before" if had_ended else "ok", ""


def main() -> None:
    """Run the campaign, and write `kills.json` and `kills.md`; exit 1 where there is a fault."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=100)
    parser.add_argument("--interrupts", type=int, default=30)
    parser.add_argument("--jobs", nargs="+", choices=tuple(JOBS), default=list(JOBS))
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--out", type=Path, default=Path("reports"))
    options = parser.parse_args()
    rng = random.Random(options.seed)
    normal = {}
    for name, job in ((name, JOBS[name]) for name in options.jobs):
        normal[name] = undisturbed(job)
        print(f"... {name}: {normal[name][1]:.1f} s undisturbed", flush=True)
    counts: Counter[tuple[str, str, str]] = Counter()
    faults: list[str] = []
    plan: list[tuple[str, int, bool]] = []
    for count, number, names in (
        (options.kills, int(signal.SIGKILL), options.jobs),
        (options.interrupts, int(signal.SIGINT), [n for n in COMMANDS if n in options.jobs]),
    ):
        plan += [(names[n % len(names)], number, n % 5 == 4) for n in range(count)]
    for place, (name, number, pair) in enumerate(plan):
        expected, seconds = normal[name]
        delay = rng.uniform(0.05, seconds)
        verdict, text = trial(JOBS[name], expected, delay, number, pair)
        sort = signal.Signals(number).name + (", two at once" if pair else "")
        counts[name, sort, verdict] += 1
        if verdict not in ("ok", "ended before"):
            faults.append(f"{name}, {sort} after {delay:.2f} s: {verdict}: {text}")
            print(faults[-1], flush=True)
        if place % 10 == 9:
            print(f"... {place + 1} of {len(plan)}, {len(faults)} faults", flush=True)
    _write(options, counts, faults)
    raise SystemExit(bool(faults))


def _write(options: Any, counts: Mapping[tuple[str, str, str], int], faults: list[str]) -> None:
    command = f"python -m campaigns.kills --kills {options.kills} --interrupts {options.interrupts}"
    if options.jobs != list(JOBS):
        command += f" --jobs {' '.join(options.jobs)}"
    total = sum(counts.values())
    lines = [
        "# Kills and interrupts",
        "",
        f"Made by `{command}`: {total} runs, each ended by a signal at a random moment and run"
        f" again; {len(faults)} faults. *Ended before*: the run was over when the signal came.",
        "",
        "| job | signal | outcome | runs |",
        "|---|---|---|--:|",
        *(
            f"| {name} | {sort} | {verdict} | {n} |"
            for (name, sort, verdict), n in sorted(counts.items())
        ),
        *(line for fault in faults for line in ("", "````text", fault, "````")),
    ]
    write_report(options.out, "kills", "\n".join(lines) + "\n")
    rows = [
        {"job": name, "signal": sort, "outcome": verdict, "runs": n}
        for (name, sort, verdict), n in sorted(counts.items())
    ]
    write_json(
        options.out / "kills.json", {"schema_version": SCHEMA, "command": command, "rows": rows}
    )


if __name__ == "__main__":
    main()
