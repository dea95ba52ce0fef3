"""Co-simulation of a build by `python -m sc_sim` in its own process, and Verilator's linter."""

from __future__ import annotations

import json
import os
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from sc_hw.build.elaborate import Build, elaborate
from sc_hw.build.naming import check_design
from sc_hw.files import DEFAULT_ROOT, PathLike, raise_if_disk_is_full, write_text
from sc_hw.progress import Progress, silent
from sc_hw.simulation.vcd import make_names_plain
from sc_hw.tools import ToolError, find
from sc_model.cache import SharedFolderWarning
from sc_model.forks import run_module
from sc_model.processes import run_program
from sc_model.spec import ConfigError, Design
from sc_model.texts import WARNING

TOOLS_NEEDED = ("g++", "make", "perl", "cocotb", "verilator")
# what is imported once for all co-simulations, and for the libraries of Verilog
SIMULATORS = ("sc_sim.__main__", "sc_sim.library")
WAIVERS = Path(__file__).with_name("waivers.vlt")

# exit statuses of `python -m sc_sim`; whatever else it is, a tool failed
_AGREE, _DIFFER, _BAD_INPUT = 0, 1, 2


def environment() -> dict[str, str]:
    """Environment of `python -m sc_sim`: that of every child, with Verilator's own variables."""
    return find("verilator").environ()


def cosim(
    build: Build | Design,
    *,
    steps: int | None = None,
    seed: int | None = None,
    events: PathLike | None = None,
    waves: bool = False,
    stall: float = 0.3,
    root: PathLike = DEFAULT_ROOT,
    out: PathLike | None = None,
    progress: Progress = silent,
) -> dict[str, Any]:
    """Run the emitted Verilog against the golden model and return the results.

    They are also in `build/<id>/sim/results.json`. A network is run several times, each time under
    other clocks; two of the runs have resets.

    Parameters
    ----------
    build : an elaborated design, or a design to elaborate under `root`.
    steps : steps (of a network: in each of its runs), sweeps of a bank; at most those of a
        recording; None for a default, or all of a recording.
    seed : seed of all random stimulus, None for the design's own.
    events : recording to replay (`sc_model.golden.recording`, for a network `.network_recording`);
        None for random stimulus with host traffic and resets.
    waves : keep all signals in `waves.vcd` beside the results.
    stall : share of idle clocks, 0 to 0.95.
    out : results file in place of the one in the build folder.

    Raises
    ------
    ConfigError
        The recording does not fit, or steps, seed or stall are out of range.
    ToolError
        A tool is missing or fails. A design that differs from the golden model raises nothing:
        `passed` is false and `first_difference` names step, synapse, field, expected and got.
    """
    for name in TOOLS_NEEDED:
        find(name)
    if not isinstance(build, Build):
        check_design(build)
        build = elaborate(build, root)
    elif not build.verilog.is_file():
        build = elaborate(build.design, build.folder.parent)
    results = Path(out) if out is not None else build.folder / "sim" / "results.json"
    # in one word with its option, for a path may begin with a dash
    options = [f"--stall={stall}", f"--out={results}"]
    options += [f"--seed={build.design.seed if seed is None else seed}"]
    options += [f"--steps={steps}"] if steps is not None else []
    options += [f"--events={os.fspath(events)}"] if events is not None else []
    options += ["--waves"] if waves else []
    progress(f"{build.design.name}: co-simulation")
    answer = _run([*options, "--", str(build.folder)], results)
    if waves and answer.get("waves"):
        make_names_plain(Path(answer["waves"]))
    progress(
        f"{build.design.name}: {answer['synapse_steps']} synapse steps, {answer['differences']}"
        " differences"
    )
    return answer


def _run(arguments: Sequence[str], results: Path) -> dict[str, Any]:
    """Run `python -m sc_sim` with these arguments, and read the results that it has written.

    A difference between Verilog and model is a result like any other; ConfigError and ToolError
    carry the last line that the process has printed.
    """
    process = run_module("sc_sim.__main__", arguments, SIMULATORS, environment())
    hand_on_warnings(process.stderr)
    lines = process.stderr.strip().splitlines()
    message = lines[-1] if lines else f"no message, exit status {process.returncode}"
    if process.returncode == _BAD_INPUT:
        raise ConfigError(message)
    if process.returncode not in (_AGREE, _DIFFER):
        raise_if_disk_is_full(results.parent, process.stderr)
    if (
        process.returncode not in (_AGREE, _DIFFER)
        or not results.is_file()
        or "Traceback" in process.stderr
    ):
        raise ToolError(f"co-simulation failed (exit {process.returncode}): {message}")
    answer: dict[str, Any] = json.loads(results.read_text(encoding="utf-8"))
    return answer


def hand_on_warnings(printed: str) -> None:
    """Warn of what a process of ours has warned of on its standard error."""
    for line in printed.splitlines():
        if line.startswith(WARNING):
            warnings.warn(line.removeprefix(WARNING), SharedFolderWarning, stacklevel=3)


def lint(build: Build) -> str:
    """Lint the emitted Verilog with all of Verilator's warnings.

    Those in `waivers.vlt`, each with its reason, are left out. Returns what Verilator printed.

    Raises
    ------
    ToolError
        There are findings; the text quotes the first ones.
    """
    verilator = find("verilator")
    find("perl")
    top = str(build.manifest["top"])
    command = [
        *verilator.command,
        "--lint-only",
        "-Wall",
        "--top-module",
        top,
        str(WAIVERS),
        str(build.verilog),
    ]
    process = run_program(command, env=verilator.environ())
    text = process.stdout + process.stderr
    log = write_text(build.folder / "lint.log", text)
    findings = [
        line
        for line in text.splitlines()
        if line.startswith(("%Warning", "%Error")) and "Exiting due to" not in line
    ]
    if findings or process.returncode != 0:
        excerpt = " | ".join((findings or text.splitlines()[-3:])[:3])
        raise ToolError(
            f"lint of {build.verilog} found {len(findings)} problems: {excerpt}; all of it: {log}"
        )
    return text
