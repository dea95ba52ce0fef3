"""The self-test of a board: its link, memories, steps, counters and clock, as a report."""

from __future__ import annotations

import json
import platform
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

import sc_model
from sc_driver.blocks.board_block import Memory
from sc_driver.board import Board, build_on
from sc_driver.transports import adapter_of
from sc_hw.files import DEFAULT_ROOT, PathLike, write_text
from sc_hw.progress import Progress, silent
from sc_hw.simulation.device import SIMULATED_BOARD, Device
from sc_hw.simulation.stimulus import random_stimulus
from sc_model.spec import ConfigError

SCHEMA = "sc-hw.selftest.v1"
LINK_WORDS = 2000
STEPS = 10_000
COMPARISONS = 10  # of the complete state
# A crystal is off by 0.01 %; the clock of another board by much more.
CLOCK_TOLERANCE = 0.02
CLOCK_SECONDS = 0.2  # over which the clock is measured

Result = dict[str, Any]


def selftest(
    on: str,
    design: PathLike | None = None,
    *,
    steps: int = STEPS,
    seed: int = 1,
    root: PathLike = DEFAULT_ROOT,
    baud: int | None = None,
    progress: Progress = silent,
) -> Result:
    """Test a board, and write `selftest.json` into the folder of its build.

    What the board holds is lost.

    Parameters
    ----------
    on : a port, or ``sim-board``.
    design : what is on the board: a design file, or its build folder. None: the build in `root`
        whose id the board has.
    steps : random steps against the model.
    seed : of the steps and of what is written into memories.
    root : folder of builds.
    baud : of the port; None: that of the design.
    progress : gets a line for each test.

    Returns
    -------
    The report, with `passed`, the `tests` by name, and the `file` that it is in. A test that could
    not be judged has None and a `reason`.

    Raises
    ------
    ConfigError
        `on` is no board, or the design is not valid.
    LinkError
        The board can't be opened, or is another's.
    """
    if on in ("model", "rtl"):
        raise ConfigError(f"selftest must have a port or sim-board, not {on}.")
    if design is None:
        design = _build_folder(on, Path(root), baud)
    rng = np.random.default_rng(seed)
    adapter = adapter_of(on)
    with Device.open(design, on, root=root, baud=baud, progress=progress) as device:
        board, folder = device.board, device.folder
        if board is None or folder is None:
            raise ConfigError(f"selftest must have a port or sim-board, not {on}.")
        board.reset()
        stages: Mapping[str, Callable[[], Result]] = {
            "link": lambda: _link(board, rng),
            "memories": lambda: memories(board, rng),
            "steps": lambda: _steps(device, steps, rng),
            "counters": lambda: _counters(board, steps),
            "clock": lambda: _clock(board, judged=on == SIMULATED_BOARD or adapter is not None),
        }
        tests = {}
        for name, run in stages.items():
            progress(f"{device.design.name}: {name}")
            tests[name] = run()
        report: Result = {
            "schema_version": SCHEMA,
            "passed": all(test["passed"] is not False for test in tests.values()),
            "design": device.design.name,
            "build": board.manifest["id"],
            "on": on,
            "adapter": adapter,
            # a port without an adapter is a pseudo-terminal or another machine's
            "hardware_measurement_claimed": adapter is not None,
            "seed": seed,
            "sc_hw": sc_model.__version__,
            "machine": platform.platform(),
            "tests": tests,
        }
    file = folder / "selftest.json"
    write_text(file, json.dumps(report, indent=1) + "\n")
    return report | {"file": str(file)}


def _build_folder(on: str, root: Path, baud: int | None) -> Path:
    """The folder of the build that is on a board."""
    if on == SIMULATED_BOARD:
        raise ConfigError(
            "selftest of sim-board must have a design, a design file or build folder."
        )
    folder = root / build_on(on, baud=baud)
    if not (folder / "manifest.json").is_file():
        raise ConfigError(
            f"the board on {on} runs build {folder.name}, which is not in {root}; give the design"
            " that it was built from, or the folder of builds (--build)."
        )
    return folder


def _link(board: Board, rng: np.random.Generator) -> Result:
    """Words through the window's address register, and constants again and again."""
    registers = board.registers
    bits = sum(part["width"] for part in board.manifest["host"]["windows"][0]["address"])
    before = board.link.transport.time()
    magic = board.link.read(registers.address("MAGIC"), LINK_WORDS)
    seconds = board.link.transport.time() - before
    wrong = int((magic != registers.reset("MAGIC")).sum())
    address = registers.address("WINDOW_ADDRESS")
    for word in rng.integers(0, 1 << bits, 20):
        board.link.write(address, [int(word)])
        wrong += int(board.link.read(address)[0] != word)
    statistics = board.link.statistics
    return {
        "passed": wrong == 0,
        "wrong_words": wrong,
        "words": LINK_WORDS,
        "words_per_second": round(LINK_WORDS / seconds) if seconds else None,
        "frames_sent_again": None if statistics is None else statistics.sent_again,
        "broken_frames": None if statistics is None else statistics.broken,
    }


def memories(board: Board, rng: np.random.Generator) -> Result:
    """A march, and each word's number in itself.

    The march is C- (van de Goor, 1993): up write; up read and write; down read and write; read. Its
    background is random, its complement the other value, so that stuck bits, wrong addresses, and
    words or bits that change others are found.
    """
    spaces: Result = {}
    for memory in board.block.memories():
        word = {f["name"]: _random(rng, memory.count, f) for f in memory.fields}
        other = {name: ~values for name, values in word.items()}
        numbers = {f["name"]: np.arange(memory.count) for f in memory.fields}
        memory.load(word)
        wrong = [
            _differences(memory, expected, memory.exchange(pattern, descending=down))
            for expected, pattern, down in (
                (word, other, False),
                (other, word, False),
                (word, other, True),
                (other, word, True),
            )
        ]
        wrong.append(_differences(memory, word, memory.read()))
        memory.load(numbers)
        wrong.append(_differences(memory, numbers, memory.read()))
        spaces[f"{memory.window.name}.{memory.space}"] = {
            "words": memory.count,
            "wrong": sum(count for count, _ in wrong),
            "first": next((text for _, text in wrong if text), None),
        }
    return {"passed": all(one["wrong"] == 0 for one in spaces.values()), "spaces": spaces}


def _random(rng: np.random.Generator, count: int, field: Mapping[str, Any]) -> Any:
    return rng.integers(0, 1 << min(62, field["width"]), count)


def _differences(
    memory: Memory, values: Mapping[str, Any], readings: Mapping[str, Any]
) -> tuple[int, str | None]:
    """How many words are not as they were written, and the first of them."""
    wrong, first = np.zeros(memory.count, bool), None
    for field in memory.fields:
        name, mask = field["name"], (1 << min(62, field["width"])) - 1
        expected, actual = values[name] & mask, readings[name].astype(np.int64) & mask
        here = np.flatnonzero(expected != actual)
        if len(here) and first is None:
            n = int(here[0])
            first = f"word {n}, {name}: {int(actual[n])}, written was {int(expected[n])}"
        wrong[here] = True
    return int(wrong.sum()), first


def _steps(device: Device, steps: int, rng: np.random.Generator) -> Result:
    """Random steps on the board and in its model."""
    with Device.open(device.design) as model:
        model.load(model.block.initial_weights(rng))
        stimulus = random_stimulus(device.design, steps, rng)
        every = max(1, steps // COMPARISONS)
        difference = Device.compare(model, device, every=every, **stimulus)
    return {
        "passed": difference is None,
        "steps": steps,
        "difference": None if difference is None else str(difference),
    }


def _counters(board: Board, steps: int) -> Result:
    """All steps are counted, and none is under way."""
    steps_taken, steps_done, errors = board.registers.read("STEPS_TAKEN", "STEPS_DONE", "ERRORS")
    return {
        "passed": steps_taken == steps_done >= steps and errors == 0,
        "steps_taken": steps_taken,
        "steps_done": steps_done,
        "errors": board.registers.set_fields("ERRORS", errors),
    }


def _clock(board: Board, judged: bool) -> Result:
    """The clock against the time of this machine; of a simulated board against its own time.

    `judged`: whether another clock is a fault. Behind a port without an adapter there may be a
    simulation, whose seconds are longer or shorter than this machine's.
    """
    time = board.link.transport.time
    readings = []
    for _ in range(2):
        before = time()
        low, high = board.registers.read("CLOCKS_LOW", "CLOCKS_HIGH")
        readings.append(((before + time()) / 2, low | high << 32))
        end = time() + CLOCK_SECONDS
        while not readings[1:] and time() < end:
            board.registers.read("MAGIC")
    (t0, first), (t1, last) = readings
    mhz, expected = (last - first) / (t1 - t0) / 1e6, board.manifest["host"]["clock_mhz"]
    right = abs(mhz / expected - 1) < CLOCK_TOLERANCE
    figures = {"mhz": round(mhz, 4), "expected_mhz": expected}
    if right or judged:
        return {"passed": right, **figures}
    return {"passed": None, "reason": "no adapter is known at this port", **figures}
