"""Build the LiteX SoC, simulate its Verilog, let the block learn, and compare with the model.

python examples/litex/run.py
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import runpy
import shutil
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import sc_hw
from sc_hw.tools import find

HERE = Path(__file__).parent
DESIGN = HERE.parent / "lane.toml"
WEIGHT = 40_000
# a spike before, one after, and a reward: the weight changes in the third step
STEPS = (
    {"pre_spike": 1, "post_spike": 0, "reward": 0},
    {"pre_spike": 0, "post_spike": 1, "reward": 0},
    {"pre_spike": 0, "post_spike": 0, "reward": 100},
)
WORD_BITS = 32


def packed(fields: list[dict[str, Any]], values: Mapping[str, int]) -> int:
    """Fields of a word, as the manifest says."""
    word = 0
    for field in fields:
        mask = (1 << field["width"]) - 1
        word |= (values.get(field["name"], 0) & mask) << field["offset"]
    return word


def unpacked(fields: list[dict[str, Any]], word: int) -> dict[str, int]:
    """The fields of a word, with their signs."""
    values = {}
    for field in fields:
        value = word >> field["offset"] & (1 << field["width"]) - 1
        sign = field["signed"] and value >> field["width"] - 1
        values[field["name"]] = value - (1 << field["width"]) if sign else value
    return values


def expected() -> list[dict[str, int]]:
    """The lane's state after each step, by the golden model."""
    states = []
    with sc_hw.Device.open(DESIGN, on="model") as device:
        device.load(WEIGHT)
        for step in STEPS:
            device.step(**step)
            (state,) = device.state().values()
            states.append({name: int(value) for name, value in state.items()})
    return states


def simulate(soc: Path, system: Path, job: dict[str, Any], folder: Path) -> dict[str, Any]:
    """What the bench finds, in Verilator: Icarus never settles on LiteX's non-blocking assignments
    in `always @(*)`.
    """
    from cocotb_tools.runner import get_runner

    os.environ.update(find("verilator").environ())
    (folder / "job.json").write_text(json.dumps(job), encoding="utf-8")
    # the SoC reads the contents of its memories from where the simulator runs
    for file in soc.parent.glob("*.init"):
        shutil.copy(file, folder)
    runner = get_runner("verilator")
    runner.build(
        sources=[soc, system],
        hdl_toplevel=soc.stem,
        build_dir=folder / "simulator",
        # one C++ file: for several the wheel's makefile misuses precompiled headers
        build_args=["-Wno-fatal", "--output-split", "0", "-CFLAGS", "-O0"],
        timescale=("1ns", "1ps"),
        log_file=folder / "build.log",
    )
    sys.path.append(str(HERE))  # the simulator's Python gets this one's path
    runner.test(
        test_module="litex_bench",
        hdl_toplevel=soc.stem,
        hdl_toplevel_lang="verilog",
        build_dir=folder / "simulator",
        test_dir=folder,
        results_xml=str(folder / "results.xml"),
        extra_env={
            "SC_LITEX_JOB": str(folder / "job.json"),
            "COCOTB_REWRITE_ASSERTION_FILES": "",
        },
        log_file=folder / "run.log",
    )
    answer: dict[str, Any] = json.loads(Path(job["answer"]).read_text(encoding="utf-8"))
    return answer


def run(root: Path) -> tuple[dict[str, Any], dict[str, Any]]:
    """Build, simulate; what was found, and what must be."""
    build = sc_hw.elaborate(sc_hw.load_design(DESIGN).behind("wishbone"), root)
    host = build.manifest["host"]
    system = (build.folder / host["verilog"]).resolve()
    folder = (build.folder / "litex").resolve()
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    soc = runpy.run_path(str(HERE / "soc.py"))
    log = folder / "litex.log"
    with log.open("w", encoding="utf-8") as stream, contextlib.redirect_stdout(stream):
        verilog = soc["build"](system, folder)
        maps = json.loads((folder / "csr.json").read_text(encoding="utf-8"))
        window = host["windows"][0]
        word = packed(window["spaces"][0]["fields"], {"weight": WEIGHT})
        job = {
            "base": maps["memories"]["sc"]["base"],
            "registers": {each["name"]: each["offset"] for each in host["registers"]},
            "clock_ns": round(1e9 / soc["CLOCK_HZ"]),
            "baud": soc["BAUD"],
            "window": [word >> WORD_BITS * k & 0xFFFFFFFF for k in range(window["accesses"])],
            "steps": [packed(host["step"]["fields"], step) for step in STEPS],
            "output_words": host["output"]["words"],
            "answer": str(folder / "answer.json"),
        }
        results = simulate(verilog, system, job, folder)
    resets = {each["name"]: each["reset"] for each in host["registers"]}
    states = [
        unpacked(host["output"]["fields"], packet[1] | packet[2] << WORD_BITS)
        for packet in results["packets"]
    ]
    results |= {"numbers": [packet[0] for packet in results.pop("packets")], "states": states}
    expectations = {
        "identity": [resets[name] for name in ("MAGIC", "PROTOCOL", "BUILD_ID_LOW")],
        "interrupts": [1] * len(STEPS),
        "numbers": list(range(1, len(STEPS) + 1)),
        "states": expected(),
    }
    return results, expectations


def main() -> None:
    """Build, simulate and compare; exit 1 where something differs."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--build", type=Path, default=Path("build"))
    options = parser.parse_args()
    results, expectations = run(options.build)
    if results != expectations:
        raise SystemExit(f"the SoC gave {results}, the golden model {expectations}")
    weights = [state["weight"] for state in results["states"]]
    print(f"the SoC's block learned as the golden model: weight {WEIGHT}, then {weights}")


if __name__ == "__main__":
    main()
