"""Callbacks of a training run: metrics go to a CSV file, TensorBoard or Weights & Biases.

`log(metrics, step)` takes a mapping from names to numbers, `close()` ends the log; every callback
is also a context manager. A package that is not installed is an error when the callback is made,
not after an hour of training. Training loops and learners both use this module.
"""

from __future__ import annotations

import csv
import io
import os
import time
from collections.abc import Mapping
from numbers import Real
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from sc_model.checks import integer
from sc_model.files import replace_bytes, sync_folder
from sc_model.packages import optional_import

STEP = "step"


class TrainingCallback:
    """Base of all callbacks: it checks the metrics, and by itself keeps nothing.

    A callback of your own overrides `write`, and `finish` if there is something to close.

    Members
    -------
    closed : whether `close` was called.
    """

    closed = False

    def log(self, metrics: Mapping[str, float], step: int) -> None:
        """Log the metrics of one step.

        Parameters
        ----------
        metrics : numbers by name. They may be infinite or NaN: a log is where one wants to see it.
        step : number of the step, >= 0.

        Raises
        ------
        TypeError : a name is no string, or a value no number.
        ValueError : a name is empty, not printable or 'step'; or the callback is closed.
        """
        if self.closed:
            raise ValueError(
                f"{type(self).__name__} must be open to log, not closed; make a new one"
            )
        numbers: dict[str, float | int] = {}
        for name, value in metrics.items():
            if not isinstance(name, str):
                raise TypeError(
                    f"metric name must be a string, not {name!r} ({type(name).__name__})"
                )
            if not name or name == STEP or not name.isprintable():
                raise ValueError(
                    f"metric name must be printable text other than '{STEP}', not {name!r}"
                )
            if isinstance(value, bool) or not isinstance(value, Real):
                raise TypeError(
                    f"metric '{name}' must be a number, not {value!r} ({type(value).__name__}); use"
                    " float(...)"
                )
            numbers[name] = value.__index__() if hasattr(value, "__index__") else float(value)
        self.write(numbers, integer("step", step, 0))

    def write(self, metrics: Mapping[str, float | int], step: int) -> None:
        """Write checked metrics; a subclass overrides this."""

    def finish(self) -> None:
        """Release resources; `close` calls it once."""

    def close(self) -> None:
        """End the log; a second call does nothing."""
        if not self.closed:
            self.closed = True
            self.finish()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


class CSVCallback(TrainingCallback):
    """One row a step, written and synchronised when `log` returns: a killed run loses no row.

    The columns are `step` and the metrics in the order of their first appearance. A metric that
    appears later gets a column of its own: the file is written again beside the old one and
    replaces it in one move. An existing log is continued; half a row at its end, left by a kill
    while writing, is dropped.

    Parameters
    ----------
    path : the file; its folder is made.

    Members
    -------
    columns : names of the columns.

    Raises
    ------
    ValueError : the file exists and is no such log.
    """

    def __init__(self, path: str | os.PathLike[str] = "metrics.csv") -> None:
        self.path = Path(path)
        self._columns = [STEP]
        content = self.path.read_bytes() if self.path.exists() else b""
        # Complete rows end with a newline; what follows the last one is a row that a kill cut off.
        whole = content[: content.rfind(b"\n") + 1]
        if whole:
            self._columns = next(csv.reader(io.StringIO(whole.decode("utf-8"))))
            if self._columns[0] != STEP:
                raise ValueError(
                    f"{self.path} must begin with a column '{STEP}', not '{self._columns[0]}';"
                    " choose another file"
                )
        if whole != content or not whole:
            replace_bytes(self.path, whole or _text([self._columns]))
        self._file = self._open_file()

    @property
    def columns(self) -> tuple[str, ...]:
        """Names of the columns."""
        return tuple(self._columns)

    def write(self, metrics: Mapping[str, float | int], step: int) -> None:
        """Append a row, and columns for metrics that are new."""
        new = [name for name in metrics if name not in self._columns]
        if new:
            _, *rows = self._rows()
            self._replace([self._columns + new, *(row + [""] * len(new) for row in rows)])
        row = [
            str(step),
            *(repr(metrics[name]) if name in metrics else "" for name in self._columns[1:]),
        ]
        text = _text([row])
        # One call of the system writes the row, so that a kill leaves all of it or nothing.
        if os.write(self._file, text) != len(text):
            raise OSError(f"{self.path}: a row was written in part; is the disk full?")
        os.fsync(self._file)

    def rewind(self, step: int) -> None:
        """Drop the rows from `step` on.

        A run that continues from a checkpoint older than its log calls this first.
        """
        header, *rows = self._rows()
        self._replace([header, *(row for row in rows if int(row[0]) < integer("step", step, 0))])

    def finish(self) -> None:
        """Close the file."""
        os.close(self._file)

    def _rows(self) -> list[list[str]]:
        return list(csv.reader(io.StringIO(self.path.read_text(encoding="utf-8"))))

    def _open_file(self) -> int:
        file = os.open(self.path, os.O_WRONLY | os.O_APPEND)
        sync_folder(self.path.parent)
        return file

    def _replace(self, rows: list[list[str]]) -> None:
        replace_bytes(self.path, _text(rows))
        os.close(self._file)
        self._columns, self._file = rows[0], self._open_file()


class TensorBoardCallback(TrainingCallback):
    """Scalars in an event file of TensorBoard, flushed at every step; needs no torch.

    Parameters
    ----------
    log_dir : folder of the event file. A continued run adds a file of its own; TensorBoard shows
        both as one.

    Raises
    ------
    MissingPackageError : `tensorboard` is not installed.
    """

    def __init__(self, log_dir: str | os.PathLike[str] = "runs") -> None:
        subject = type(self).__name__
        writer = optional_import(
            "tensorboard.summary.writer.event_file_writer", "tensorboard", subject
        )
        self._event = optional_import(
            "tensorboard.compat.proto.event_pb2", "tensorboard", subject
        ).Event
        self._summary = optional_import(
            "tensorboard.compat.proto.summary_pb2", "tensorboard", subject
        ).Summary

        self.log_dir = Path(log_dir)
        self._writer: Any = writer.EventFileWriter(str(self.log_dir))

    def write(self, metrics: Mapping[str, float | int], step: int) -> None:
        """Append one event with all metrics of the step."""
        values = [
            self._summary.Value(tag=name, simple_value=float(value))
            for name, value in metrics.items()
        ]
        self._writer.add_event(
            self._event(wall_time=time.time(), step=step, summary=self._summary(value=values))
        )
        self._writer.flush()

    def finish(self) -> None:
        """Close the event file."""
        self._writer.close()


class WandBCallback(TrainingCallback):
    """Scalars in a run of Weights & Biases.

    Parameters
    ----------
    project : name of the project.
    settings : further arguments of `wandb.init`, such as `name`, `mode` or `config`.

    Raises
    ------
    MissingPackageError : `wandb` is not installed.
    """

    def __init__(self, project: str = "sc-hw", **settings: Any) -> None:
        self._run: Any = optional_import("wandb", "wandb", type(self).__name__).init(
            project=project, **settings
        )

    def write(self, metrics: Mapping[str, float | int], step: int) -> None:
        """Log the metrics of the step."""
        self._run.log(dict(metrics), step=step)

    def finish(self) -> None:
        """End the run."""
        self._run.finish()


def _text(rows: list[list[str]]) -> bytes:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(rows)
    return text.getvalue().encode("utf-8")
