"""The files that a report reads: JSON with a schema, results of stages, arrays."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from numpy.typing import NDArray

from sc_hw.errors import ReportError
from sc_model.archives import ArchiveError, read_archive
from sc_model.files import read_text

MAX_JSON_BYTES = 256 << 20  # results of a stage; the longest hold a list of all coverage bins


def read_json(path: Path, schema: str) -> dict[str, Any] | None:
    """A JSON object with that `schema_version`, or None where there is no such file."""
    try:
        value = json.loads(read_text(path, MAX_JSON_BYTES))
    except FileNotFoundError:
        return None
    except OSError as error:
        raise ReportError(f"{path} can't be read: {error.strerror}.") from None
    except (ValueError, RecursionError) as error:  # also what JSON allows and Python does not take
        raise ReportError(
            f"{path} is not valid JSON: {error}; run the stage that wrote it again."
        ) from None
    schema_version = value.get("schema_version") if isinstance(value, dict) else None
    if schema_version != schema:
        raise ReportError(
            f"{path} must have schema_version '{schema}', not {schema_version!r}; run the stage"
            " that wrote it again."
        )
    return dict(value)


def not_run(command: str) -> dict[str, Any]:
    """What a report says of a stage that has left no file, and the command that runs it."""
    return {"status": "not run", "command": command}


def read_stage(
    folder: Path, file: str, schema: str, manifest: Mapping[str, Any], command: str
) -> dict[str, Any]:
    """The file of a stage with its status: ``not run``, ``stale``, ``passed`` or ``failed``.

    A result is stale where it was made from other Verilog than the manifest's.
    """
    value = read_json(folder / file, schema)
    if value is None:
        return not_run(command)
    stale = value.get("verilog_sha256", manifest["verilog_sha256"]) != manifest["verilog_sha256"]
    status = "stale" if stale else "passed" if value.get("passed") else "failed"
    return {"status": status, "command": command, **value}


def read_arrays(path: Path) -> dict[str, NDArray[Any]] | None:
    """Arrays of a NumPy archive by name, or None where there is no such file."""
    try:
        return read_archive(path)
    except FileNotFoundError:
        return None
    except ArchiveError as error:
        raise ReportError(f"{path} {error}") from None
