"""The table of a sweep's results: SQLite, so that a kill leaves each point whole or not there."""

from __future__ import annotations

import csv
import io
import json
import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any

from sc_hw.errors import ReportError
from sc_hw.files import write_text

_SCHEMA = """
create table if not exists point (key text primary key, outcome text not null);
create table if not exists proof (key text primary key, outcome text not null);
"""


class Table:
    """What is known of points, by their keys.

    A key holds all that an outcome depends on, so that outcomes of another sweep file, or of an
    older version, are kept beside ours and not taken for them.

    Parameters
    ----------
    file : the database; made where it is missing.

    Raises
    ------
    ReportError : the file is no database of a sweep.
    """

    def __init__(self, file: Path) -> None:
        self._connection = sqlite3.connect(file)
        try:
            self._connection.execute("pragma synchronous = full")
            self._connection.executescript(_SCHEMA)
        except sqlite3.DatabaseError as error:
            self._connection.close()
            raise ReportError(
                f"{file} is no table of a sweep ({error}); remove it, or choose another folder."
            ) from None

    def __enter__(self) -> Table:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._connection.close()

    def outcomes(self, what: str = "point") -> dict[str, Any]:
        """All outcomes by key; `what` is ``point`` or ``proof``."""
        rows = self._connection.execute(f"select key, outcome from {what}")
        return {key: json.loads(outcome) for key, outcome in rows}

    def keep(self, key: str, outcome: Any, what: str = "point") -> None:
        """Keep an outcome; it is on the disk when this returns."""
        text = json.dumps(outcome, sort_keys=True)
        with self._connection:
            self._connection.execute(f"insert or replace into {what} values (?, ?)", (key, text))

    def write_rows(self, columns: Sequence[str], rows: Iterable[Mapping[str, Any]]) -> None:
        """Replace the table `result` by rows of these columns."""
        names = ", ".join(f'"{column}"' for column in columns)
        marks = ", ".join("?" for _ in columns)
        with self._connection:
            self._connection.execute("drop table if exists result")
            self._connection.execute(f"create table result ({names})")
            self._connection.executemany(
                f"insert into result values ({marks})",
                ([row.get(column) for column in columns] for row in rows),
            )


def write_csv(file: Path, columns: Sequence[str], rows: Iterable[Mapping[str, Any]]) -> Path:
    """The rows as text, for other programs; a value that is missing is an empty cell."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows([row.get(column) for column in columns] for row in rows)
    return write_text(file, text.getvalue())
