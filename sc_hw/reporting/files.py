"""The files that a report reads: JSON with a schema, results of stages, arrays."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sc_hw.errors import ReportError


def read_json(path: Path, schema: str) -> dict[str, Any] | None:
    """A JSON object with that `schema_version`, or None where there is no such file."""
    try:
        value = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    except OSError as error:
        raise ReportError(f"{path} can't be read: {error.strerror}.") from None
    except (json.JSONDecodeError, UnicodeDecodeError) as error:
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
        # NumPy leaves a file of its own open where the archive is broken, but not one of ours.
        with path.open("rb") as file, np.load(file, allow_pickle=False) as archive:
            return {name: archive[name] for name in archive.files}
    except FileNotFoundError:
        return None
    except (OSError, ValueError, EOFError, zipfile.BadZipFile) as error:
        raise ReportError(f"{path} is no NumPy archive (.npz): {error}.") from None
