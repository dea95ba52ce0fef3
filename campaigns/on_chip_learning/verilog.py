"""Whole runs of the tasks in the compiled Verilog beside the model, each a row of the report.

Every answer is compared, and at the end every weight, age and register. A run is as long as that of
its task, with the settings that the host makes in its course.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from campaigns.on_chip_learning.rows import (
    AFTER,
    BEFORE,
    design_of,
    fashion_split,
    settled,
    tasks,
)
from sc_hw.build.elaborate import sha256
from sc_hw.files import write_json
from sc_hw.simulation.device import Device
from sc_model.golden.learning_network import Counts
from sc_model.images import Images

SEED = 0
CHANGE = "rewired"  # of the sensor, in the run that has one
SHOWN = {
    "digits": 12_000,
    "digits_reward": 12_000,
    "mnist": 120_000,
    "fashion_10_bits": 180_000,  # a quarter of an hour of a core
    "drift": BEFORE + AFTER,
}
Piece = Callable[[Device], NDArray[np.int64]]  # learns, and returns the classes that were played
SUMS = ("samples", "synapse_updates", "clocks", "seconds", "other_answers")


def compared(
    name: str, task: str, split: Any, pieces: Sequence[Piece], root: Path
) -> dict[str, Any]:
    """A run in Verilog and in the model.

    Behind each piece the state of both is compared and kept in `root`: an interrupted run goes on
    behind its last piece.

    Parameters
    ----------
    name : of the design.
    task : of the row.
    split : whose test samples say how right the answers are at the end.
    pieces : the run, in parts; the first one loads the device.
    root : folder of builds.
    """
    design = design_of(name)
    sums, count, differ = dict.fromkeys(SUMS, 0), 0, 0
    with Device.open(design, "rtl", root=root) as verilog, Device.open(design) as model:
        text = verilog._engine.rtl.dut.verilog.read_text(encoding="utf-8")
        file = root / f"{name}-{len(pieces)}-{sha256(text)[:12]}.json"
        if file.exists():
            entry = json.loads(file.read_text(encoding="utf-8"))
            sums, count = entry["sums"], entry["done"]
            for device in (verilog, model):
                device.restore(file.with_suffix(f".{count}.npz"))
        for piece in pieces[count:]:
            counts = part(verilog, model, piece)
            sums, count = {key: sums[key] + counts[key] for key in SUMS}, count + 1
            here, there = verilog.state(), model.state()
            fields = [(space, field) for space, entry in there.items() for field in entry]
            differ = sum(int((here[sp][field] != there[sp][field]).sum()) for sp, field in fields)
            print(json.dumps({"task": task, "part": count, **sums, "states": differ}), flush=True)
            if differ or sums["other_answers"]:
                break
            verilog.checkpoint(file.with_suffix(f".{count}.npz"))
            write_json(file, {"sums": sums, "done": count})
        row = {
            "task": task,
            "design": name,
            **sums,
            "seconds": round(sums["seconds"]),
            "other_values_of_the_state": differ,
            "values_of_the_state": sum(there[space][field].size for space, field in fields),
            "right": tasks.right(model, split.test_values, split.test_classes),
        }
    file.unlink(missing_ok=True)
    print(json.dumps(row), flush=True)
    return row


def part(verilog: Device, model: Device, piece: Piece) -> dict[str, Any]:
    """A piece of a run on both; what was done, and which answers are not the same."""
    spec = model.design.learning
    if spec is None:
        raise ValueError(f"{model.design.name} is no learning network")
    first, start = verilog._engine.rtl.cycles, time.process_time()
    played = piece(verilog)
    seconds = time.process_time() - start
    clocks = verilog._engine.rtl.cycles - first
    model._engine.counts = Counts(words=dict.fromkeys((each.name for each in spec.layers), 0))
    expected = piece(model)
    words = model._engine.counts.words
    return {
        "samples": len(played),
        "synapse_updates": sum(layer.lanes * words[layer.name] for layer in spec.layers),
        "clocks": clocks,
        "seconds": seconds,
        "other_answers": int((played != expected).sum()),
    }


def learned(name: str, split: Any, samples: int, root: Path) -> dict[str, Any]:
    """A run of a task, from first weights on: the samples and settings of `tasks.learn`."""
    schedule = tasks.phases(design_of(name))
    order = tasks.order_of(len(split.values), samples, np.random.default_rng(SEED + 1000))
    ends = [*(int(share * samples) for share, _ in schedule[1:]), samples]

    def piece(first: int, end: int, settings: dict[str, Any]) -> Piece:
        def run(device: Device) -> NDArray[np.int64]:
            if not first:
                device.load(tasks.first_weights(device.design, SEED))
            places = order[first:end]
            played: NDArray[np.int64] = device.run(
                values=split.values[places], target=split.classes[places], **settings
            )
            return played

        return run

    pieces = [
        piece(first, min(first + tasks.PORTION, end), settings)
        for start, end, (_, settings) in zip([0, *ends], ends, schedule, strict=False)
        for first in range(start, end, tasks.PORTION)
    ]
    return compared(name, name, split, pieces, root)


def drifted(split: Any, before: int, after: int, root: Path, name: str = "mnist") -> dict[str, Any]:
    """A run in whose course the sensor changes; the test is that of the changed one."""
    rng = np.random.default_rng(SEED + 1000)
    order = tasks.order_of(len(split.values), before + after, rng)
    new = tasks.CHANGES[CHANGE](rng, split.values.shape[1])
    last = order[before:]

    def begins(device: Device) -> NDArray[np.int64]:
        device.load(tasks.first_weights(device.design, SEED))
        return settled(device, split, order[:before])

    def recovers(device: Device) -> NDArray[np.int64]:
        played: NDArray[np.int64] = tasks.Recovery(device).learn(
            new(split.values[last]), split.classes[last]
        )
        return played

    new_split = tasks.Split(split.values, split.classes, new(split.test_values), split.test_classes)
    return compared(name, f"{name}, {CHANGE} after {before:,}", new_split, [begins, recovers], root)


def rtl_row(kind: str, images: Images, fashion: Path, root: Path) -> dict[str, Any]:
    """The run of a task, a name of `SHOWN`."""
    if kind == "drift":
        return drifted(tasks.fold_of(images, tasks.FOLDS - 1), BEFORE, AFTER, root)
    if kind.startswith("digits"):
        split = tasks.digits(SEED)
    elif kind.startswith("fashion"):
        split = fashion_split(fashion)
    else:
        split = tasks.fold_of(images, tasks.FOLDS - 1)
    return learned(kind, split, SHOWN[kind], root)
