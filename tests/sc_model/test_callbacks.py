"""Callbacks: rows on disk when they are logged, columns that come late, event files read back,
packages that are missing.
"""

from __future__ import annotations

import csv
import os
import re
import signal
import subprocess
import sys
import warnings
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from support import ROOT

from sc_model.learning import (
    CSVCallback,
    MissingPackageError,
    TensorBoardCallback,
    TrainingCallback,
    WandBCallback,
)
from sc_model.learning.callbacks import TrainingCallback as Base


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


# --- CSV ------------------------------------------------------------------------------------------


def test_a_row_is_in_the_file_when_it_is_logged(tmp_path: Path) -> None:
    file = tmp_path / "runs" / "log.csv"
    with CSVCallback(file) as log:
        for step in range(5):
            log.log({"loss": 1 / (step + 1), "spikes": np.int64(step)}, step)
            assert len(rows(file)) == step + 1  # read while it is open
    assert [float(row["loss"]) for row in rows(file)] == [1 / (k + 1) for k in range(5)]
    assert rows(file)[3]["spikes"] == "3"


KILLED = """
import os, signal, sys
from sc_model.learning import CSVCallback
log = CSVCallback(sys.argv[1])
for step in range(1000):
    log.log({"loss": step / 7, **({"late": step} if step > 20 else {})}, step)
    print(step, flush=True)
    if step == 50:
        os.kill(os.getpid(), signal.SIGKILL)
"""


def test_a_killed_run_keeps_its_rows_and_goes_on(tmp_path: Path) -> None:
    file = tmp_path / "log.csv"
    done = subprocess.run(
        [sys.executable, "-c", KILLED, str(file)],
        capture_output=True,
        text=True,
        check=False,
        cwd=ROOT,
        env={"PYTHONPATH": str(ROOT)},
    )
    assert done.returncode == -signal.SIGKILL, done.stderr
    assert len(done.stdout.split()) == 51  # what the run knows it has logged
    assert [int(row["step"]) for row in rows(file)] == list(range(51))
    assert [float(row["loss"]) for row in rows(file)] == [k / 7 for k in range(51)]
    assert [row["late"] for row in rows(file)] == [""] * 21 + [str(k) for k in range(21, 51)]
    with CSVCallback(file) as log:
        log.rewind(40)  # its checkpoint was made there
        log.log({"loss": 0.5}, 40)
    assert [int(row["step"]) for row in rows(file)] == list(range(41))
    assert rows(file)[-1] == {"step": "40", "loss": "0.5", "late": ""}


def test_every_row_is_synchronised(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    synced: list[bytes] = []
    file = tmp_path / "log.csv"
    log = CSVCallback(file)
    monkeypatch.setattr(os, "fsync", lambda _: synced.append(file.read_bytes()))
    log.log({"loss": 1.0}, 0)
    log.log({"loss": 2.0}, 1)
    assert synced[-2:] == [b"step,loss\n0,1.0\n", b"step,loss\n0,1.0\n1,2.0\n"]
    log.close()


def test_late_metrics_get_a_column(tmp_path: Path) -> None:
    file = tmp_path / "log.csv"
    with CSVCallback(file) as log:
        log.log({"loss": 1.0}, 0)
        log.log({"accuracy": 0.5, "loss": 0.9, "a,b": float("nan")}, 1)
        log.log({"accuracy": 0.75}, 2)
        assert log.columns == ("step", "loss", "accuracy", "a,b")
    assert rows(file) == [
        {"step": "0", "loss": "1.0", "accuracy": "", "a,b": ""},
        {"step": "1", "loss": "0.9", "accuracy": "0.5", "a,b": "nan"},
        {"step": "2", "loss": "", "accuracy": "0.75", "a,b": ""},
    ]


def test_a_kill_while_the_header_is_written_again_leaves_the_old_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "log.csv"
    log = CSVCallback(file)
    log.log({"loss": 1.0}, 0)

    def killed(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(Path, "replace", killed)
    with pytest.raises(KeyboardInterrupt):
        log.log({"accuracy": 1.0}, 1)
    assert file.read_text(encoding="utf-8") == "step,loss\n0,1.0\n"
    assert list(tmp_path.iterdir()) == [file]


def test_half_a_row_is_dropped(tmp_path: Path) -> None:
    file = tmp_path / "log.csv"
    file.write_text("step,loss\n0,1.0\n1,0.", encoding="utf-8")
    with CSVCallback(file) as log:
        log.log({"loss": 0.5}, 1)
    assert file.read_text(encoding="utf-8") == "step,loss\n0,1.0\n1,0.5\n"


def test_another_file_is_not_overwritten(tmp_path: Path) -> None:
    file = tmp_path / "log.csv"
    file.write_text("name,age\nx,1\n", encoding="utf-8")
    with pytest.raises(
        ValueError, match=r"must begin with a column 'step', not 'name'; choose another file$"
    ):
        CSVCallback(file)
    assert file.read_text(encoding="utf-8") == "name,age\nx,1\n"


# --- what all check -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("metrics", "step", "error", "message"),
    [
        (
            {"loss": "low"},
            0,
            TypeError,
            "metric 'loss' must be a number, not 'low' (str); use float(...)",
        ),
        (
            {"step": 1.0},
            0,
            ValueError,
            "metric name must be printable text other than 'step', not 'step'",
        ),
        (
            {"a\nb": 1.0},
            0,
            ValueError,
            "metric name must be printable text other than 'step', not 'a\\nb'",
        ),
        ({3: 1.0}, 0, TypeError, "metric name must be a string, not 3 (int)"),
        ({"loss": 1.0}, -1, ValueError, "step must be >= 0, not -1"),
    ],
)
def test_what_is_refused(metrics: Any, step: int, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=f"^{re.escape(message)}$"):
        TrainingCallback().log(metrics, step)


def test_a_closed_callback_takes_nothing(tmp_path: Path) -> None:
    log = CSVCallback(tmp_path / "log.csv")
    log.close()
    log.close()
    with pytest.raises(
        ValueError, match=r"^CSVCallback must be open to log, not closed; make a new one$"
    ):
        log.log({"loss": 1.0}, 0)


def test_one_of_your_own() -> None:
    class Kept(Base):
        def __init__(self) -> None:
            self.seen: list[Any] = []

        def write(self, metrics: Any, step: int) -> None:
            self.seen.append((dict(metrics), step))

    log = Kept()
    log.log({"loss": np.float32(0.5)}, np.int64(3))
    assert log.seen == [({"loss": 0.5}, 3)]


# --- TensorBoard and Weights & Biases -------------------------------------------------------------


def test_an_event_file_is_read_back(tmp_path: Path) -> None:
    """While it is still open: what a killed run leaves."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of tensorboard's own imports
        from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

        with TensorBoardCallback(tmp_path) as log:
            for step in range(10):
                log.log({"loss": 1 / (step + 1), **({"rate": step} if step > 4 else {})}, 10 * step)
            held = EventAccumulator(str(tmp_path))
            held.Reload()
    assert set(held.Tags()["scalars"]) == {"loss", "rate"}
    assert [(e.step, e.value) for e in held.Scalars("loss")] == [
        (10 * k, np.float32(1 / (k + 1))) for k in range(10)
    ]
    assert [(e.step, e.value) for e in held.Scalars("rate")] == [(10 * k, k) for k in range(5, 10)]


def test_tensorboard_needs_no_torch(tmp_path: Path) -> None:
    code = (
        "import sys, warnings; warnings.simplefilter('ignore')\n"
        "from sc_model.learning import TensorBoardCallback\n"
        "log = TensorBoardCallback(sys.argv[1]); log.log({'a': 1.0}, 0); log.close()\n"
        "assert 'torch' not in sys.modules"
    )
    subprocess.run(
        [sys.executable, "-c", code, str(tmp_path)],
        check=True,
        cwd=ROOT,
        env={"PYTHONPATH": str(ROOT)},
    )


def test_calls_to_wandb(monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[Any] = []
    run = SimpleNamespace(
        log=lambda metrics, step: calls.append(("log", metrics, step)),
        finish=lambda: calls.append("finish"),
    )
    fake = SimpleNamespace(init=lambda **given: calls.append(("init", given)) or run)
    monkeypatch.setitem(sys.modules, "wandb", fake)
    with WandBCallback("digits", mode="offline") as log:
        log.log({"loss": 1.0}, 4)
    assert calls == [
        ("init", {"project": "digits", "mode": "offline"}),
        ("log", {"loss": 1.0}, 4),
        "finish",
    ]


@pytest.mark.parametrize(
    ("make", "package"),
    [(lambda: WandBCallback("p"), "wandb"), (lambda: TensorBoardCallback("d"), "tensorboard")],
)
def test_a_missing_package_is_one_clear_error(
    make: Any, package: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in list(sys.modules):
        if name.split(".")[0] == package:
            monkeypatch.delitem(sys.modules, name)
    monkeypatch.setattr(sys, "meta_path", [Blocker(package), *sys.meta_path])
    message = (
        f"{type_of(package)} needs {package}, which is not installed; pip install sc-hw[{package}]"
    )
    with pytest.raises(MissingPackageError, match=f"^{re.escape(message)}$"):
        make()


def type_of(package: str) -> str:
    return {"wandb": "WandBCallback", "tensorboard": "TensorBoardCallback"}[package]


class Blocker:
    """A finder that makes a package look as if it were not installed."""

    def __init__(self, package: str) -> None:
        self.package = package

    def find_spec(self, name: str, path: object = None, target: object = None) -> None:
        if name.split(".")[0] == self.package:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)
