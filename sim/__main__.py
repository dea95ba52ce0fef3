"""`python -m sc_sim BUILD_FOLDER`: co-simulate a build.

Exit status 0 when design and golden model agree, 1 when they differ, 2 for wrong input, 3 when a
tool fails; in the last two cases the last line on standard error says what is wrong.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any

from sc_model.golden import RecordingError
from sc_model.spec import ConfigError, ConfigTypeError
from sc_model.texts import one_line, warnings_in_one_line
from sc_sim.benches import bench_module
from sc_sim.design import BuildFolderError, read_manifest
from sc_sim.files import unwritable
from sc_sim.request import Request
from sc_sim.toolchain import SimulationError

AGREE, DIFFER, BAD_INPUT, TOOL_FAILED = 0, 1, 2, 3


def simulate(request: Request) -> dict[str, Any]:
    """Run a request on the bench of the design's block; the results."""
    block = str(read_manifest(request.folder)["design"]["block"])
    results: dict[str, Any] = bench_module(block).simulate(request)
    return results


def main(arguments: list[str] | None = None) -> int:
    """Parse, run, print one line; the exit status."""
    parser = argparse.ArgumentParser(
        prog="python -m sc_sim", description="Co-simulate a build folder against the golden model."
    )
    parser.add_argument("folder", type=Path, metavar="BUILD_FOLDER")
    parser.add_argument(
        "--steps", type=int, help="steps, or sweeps of a bank; at most those of a recording"
    )
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument(
        "--events",
        type=Path,
        metavar="FILE.npz",
        help="replay a recording instead of random stimulus",
    )
    parser.add_argument(
        "--stall",
        type=float,
        default=0.3,
        help="share of idle clocks on every stream (default 0.3)",
    )
    parser.add_argument(
        "--waves", action="store_true", help="keep all signals in waves.vcd beside the results"
    )
    parser.add_argument("--out", type=Path, metavar="RESULTS.json")
    options = parser.parse_args(arguments)
    warnings_in_one_line()
    try:
        results = simulate(Request(**vars(options)))
    except (BuildFolderError, RecordingError, ConfigError, ConfigTypeError, ValueError) as error:
        print(one_line(str(error)), file=sys.stderr)
        return BAD_INPUT
    except OSError as error:  # of a file that is written: a program that is missing is none
        print(one_line(unwritable(error)), file=sys.stderr)
        return BAD_INPUT
    except SimulationError as error:
        print(one_line(str(error)), file=sys.stderr)
        return TOOL_FAILED
    print(
        f"{results['block']} {results['build_id']}: {results['synapse_steps']} synapse steps,"
        f" {results['cycles']} cycles, {results['differences']} differences,"
        f" {results['cycles_per_s']} cycles/s"
    )
    if results["first_difference"] is not None:
        print(f"first difference: {results['first_difference']}")
    return AGREE if results["passed"] else DIFFER


if __name__ == "__main__":
    sys.exit(main())
