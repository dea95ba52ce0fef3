"""The table of outcomes."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from sc_hw.errors import ReportError
from sc_hw.sweep.table import Table, write_csv


def test_outcomes_are_there_when_the_table_is_opened_again(tmp_path: Path) -> None:
    with Table(tmp_path / "t.sqlite") as table:
        table.keep("a", {"failed": "x"})
        table.keep("a", {"prices": {}})
        table.keep("b", True, "proof")
    with Table(tmp_path / "t.sqlite") as table:
        assert table.outcomes() == {"a": {"prices": {}}}
        assert table.outcomes("proof") == {"b": True}


def test_the_result_is_a_table_that_sql_reads(tmp_path: Path) -> None:
    rows = [{"point": 0, "layer.lanes": 2, "lut": 10}, {"point": 1, "layer.lanes": 4}]
    for _ in range(2):  # it replaces the one before
        with Table(tmp_path / "t.sqlite") as table:
            table.write_rows(["point", "layer.lanes", "lut"], rows)
    with sqlite3.connect(tmp_path / "t.sqlite") as connection:
        found = connection.execute('select "layer.lanes", lut from result order by point')
        assert found.fetchall() == [(2, 10), (4, None)]


def test_csv_leaves_missing_values_empty(tmp_path: Path) -> None:
    file = write_csv(tmp_path / "t.csv", ["a", "b"], [{"a": 1}, {"b": "x, y"}])
    assert file.read_text() == 'a,b\n1,\n,"x, y"\n'


def test_another_file_in_its_place_is_said(tmp_path: Path) -> None:
    (tmp_path / "t.sqlite").write_text(
        "no database, and longer than a header of SQLite has to be" * 9
    )
    with pytest.raises(
        ReportError, match=r"t.sqlite is no table of a sweep \(file is not a database"
    ):
        Table(tmp_path / "t.sqlite")
