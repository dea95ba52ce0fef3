"""Files of the stages: the schema, a status, arrays, and errors that name the file."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from sc_hw.errors import ReportError
from sc_hw.reporting.files import not_run, read_arrays, read_json, read_stage

MANIFEST = {"verilog_sha256": "a" * 64}


def test_json_with_its_schema(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    assert read_json(path, "s.v1") is None
    path.write_text('{"schema_version": "s.v1", "x": 1}')
    assert read_json(path, "s.v1") == {"schema_version": "s.v1", "x": 1}
    again = "; run the stage that wrote it again."
    for text, schema in (('{"schema_version": "s.v0"}', "'s.v0'"), ("[1]", "None"), ("{}", "None")):
        path.write_text(text)
        with pytest.raises(ReportError) as error:
            read_json(path, "s.v1")
        assert str(error.value) == f"{path} must have schema_version 's.v1', not {schema}{again}"
    path.write_bytes(b"\xff")
    with pytest.raises(ReportError, match=r"a\.json is not valid JSON: .*; run the stage that"):
        read_json(path, "s.v1")
    with pytest.raises(ReportError, match=r" can't be read: Is a directory\.$"):
        read_json(tmp_path, "s.v1")


@pytest.mark.parametrize(
    ("values", "status"),
    [
        ({"passed": True}, "passed"),
        ({"passed": False}, "failed"),
        ({}, "failed"),
        ({"passed": True, "verilog_sha256": "a" * 64}, "passed"),
        ({"passed": True, "verilog_sha256": "b" * 64}, "stale"),
        ({"passed": False, "verilog_sha256": "b" * 64}, "stale"),
    ],
)
def test_status_of_a_stage(values: dict[str, Any], status: str, tmp_path: Path) -> None:
    (tmp_path / "r.json").write_text(json.dumps({"schema_version": "s", **values}))
    stage = read_stage(tmp_path, "r.json", "s", MANIFEST, "sc-hw x")
    assert stage == {"status": status, "command": "sc-hw x", "schema_version": "s", **values}


def test_a_stage_without_a_file_was_not_run(tmp_path: Path) -> None:
    stage = read_stage(tmp_path, "r.json", "s", MANIFEST, "sc-hw x")
    assert stage == not_run("sc-hw x") == {"status": "not run", "command": "sc-hw x"}


def test_arrays(tmp_path: Path) -> None:
    path = tmp_path / "a.npz"
    assert read_arrays(path) is None
    np.savez(path, x=np.arange(3))
    arrays = read_arrays(path)
    assert arrays is not None
    assert {name: values.tolist() for name, values in arrays.items()} == {"x": [0, 1, 2]}
    for content in (b"", b"no archive", path.read_bytes()[:100]):
        path.write_bytes(content)
        with pytest.raises(ReportError, match=r"a\.npz is no NumPy archive \(\.npz\): "):
            read_arrays(path)
