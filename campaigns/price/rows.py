"""Rows of the price model's data: a design, what the tools measured, kept one in a line.

Each design is synthesised, placed and routed with one seed in a process of its own, which is ended
after a time limit: the row then has the areas alone, or nothing, with the reason.
"""

from __future__ import annotations

import json
import multiprocessing
import os
import random
import signal
import time
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from campaigns.price.designs import FIRST_LEARNING, SEED, learning_designs, price_designs
from sc_hw.build.elaborate import elaborate
from sc_hw.errors import ToolError
from sc_hw.fabric.targets import load_target
from sc_hw.files import write_text
from sc_hw.price.estimate import estimate_target
from sc_model.spec import ConfigError, Design

UNITS = ("lut", "ff", "bram", "dsp")
HELD_OUT = (0, 4, 8)  # of nine designs in a row these are never fitted to: one of each target


def is_held_out(number: int) -> bool:
    """Whether the model is never fitted to the design of a number.

    Of networks that learn that is one of two in succession of a block and target, drawn at random.
    """
    if number < FIRST_LEARNING:
        return number % 9 in HELD_OUT
    pair, place = divmod(number - FIRST_LEARNING, 8)
    draw = random.Random(f"held out {SEED} {pair} {place % 4}").randrange(2)
    return place // 4 == draw


def measured(design: Design, target: str, root: Path) -> dict[str, Any]:
    """What Yosys and nextpnr say of a design."""
    start = time.monotonic()
    build = elaborate(design, root)
    metrics = estimate_target(build, load_target(target), seeds=1, jobs=1)
    return {
        **{unit: metrics[unit] for unit in UNITS},
        "fmax_mhz": metrics["fmax"]["median_mhz"],
        "fmax_reason": metrics["fmax"]["reason"],
        "critical_path": metrics["critical_path"],
        "timing": metrics["timing"],
        "verilog_sha256": metrics["verilog_sha256"],
        "tools": metrics["tools"],
        "seconds": round(time.monotonic() - start, 1),
    }


def _in_a_child(design: Design, target: str, root: Path, file: Path) -> None:
    """Measure in this process, the leader of its own group, and write what was found."""
    os.setsid()
    try:
        values = measured(design, target, root)
    except (ConfigError, ToolError) as error:
        # without the log's place, which is one of this machine
        values = {"failed": str(error).split("; all of it:")[0]}
    file.write_text(json.dumps(values), encoding="utf-8")


def row_of(number: int, design: Design, target: str, root: Path, limit_s: float) -> dict[str, Any]:
    """A row: number, design, target, and what was measured, or why nothing was."""
    file = root / f"row_{number}.json"
    file.unlink(missing_ok=True)
    child = multiprocessing.get_context("fork").Process(
        target=_in_a_child, args=(design, target, root, file)
    )
    child.start()
    child.join(limit_s)
    if child.is_alive() and child.pid is not None:
        with suppress(ProcessLookupError):
            os.killpg(child.pid, signal.SIGKILL)
        child.join()
    if file.exists():
        values = json.loads(file.read_text(encoding="utf-8"))
    else:
        values = {"failed": f"nothing was measured in {limit_s:g} s"}
    return {
        "number": number,
        "held_out": is_held_out(number),
        "target": target,
        "design": design.model_dump(mode="json"),
        **values,
    }


def kept(file: Path) -> list[dict[str, Any]]:
    """The rows of a file; none where there is no file. A line that was not finished is left out."""
    if not file.is_file():
        return []
    rows = []
    for line in file.read_text(encoding="utf-8").splitlines():
        with suppress(ValueError):
            rows.append(json.loads(line))
    return rows


def designs_of(count: int, fit: int, learning: int) -> Iterator[tuple[int, Design, str]]:
    """Number, design and target of all that are measured; see `measure`."""
    for number, (design, target) in enumerate(price_designs(count)):
        if number < fit or is_held_out(number):
            yield number, design, target
    yield from learning_designs(learning)


def measure(
    count: int,
    fit: int,
    learning: int,
    file: Path,
    root: Path,
    limit_s: float,
    until_s: float,
) -> None:
    """Measure the designs that the file has no row of, and append a row for each.

    Parameters
    ----------
    count : designs in all, but for networks that learn.
    fit : of the designs from this number on only those are measured that are held out.
    learning : networks that learn.
    file : rows, one in a line.
    root : folder of builds.
    limit_s : seconds for one design.
    until_s : seconds after which no design is begun.
    """
    start = time.monotonic()
    root.mkdir(parents=True, exist_ok=True)
    numbers = {row["number"] for row in kept(file)}
    for number, design, target in designs_of(count, fit, learning):
        if number in numbers:
            continue
        if time.monotonic() - start > until_s:
            return
        row = row_of(number, design, target, root, limit_s)
        with file.open("a", encoding="utf-8") as out:
            out.write(json.dumps(row) + "\n")
        print(_line(row), flush=True)


def _line(row: dict[str, Any]) -> str:
    """A row for a person."""
    figures: Sequence[Any] = [row.get(key) for key in (*UNITS, "fmax_mhz", "seconds", "failed")]
    return f"{row['number']:4} {row['target']:11} {row['design']['block']:17} {figures}"


def rewrite(file: Path, rows: Sequence[dict[str, Any]]) -> None:
    """Replace the rows of a file, as with what was found out about them since."""
    write_text(file, "".join(json.dumps(row) + "\n" for row in rows))
