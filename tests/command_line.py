"""The command `sc-hw` in a process of its own, and its one-line errors."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path


def sc_hw(folder: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    command = (sys.executable, "-m", "sc_hw.cli", *arguments)
    env = {**os.environ, "NO_COLOR": "1", "TERM": "dumb", **environment}
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False, env=env)


def error_of(done: subprocess.CompletedProcess[str]) -> str:
    """The one line of an error; a traceback or a second line fails here."""
    assert done.returncode in (1, 2, 3), done
    lines = [line for line in done.stderr.splitlines() if not line.startswith("... ")]
    assert len(lines) == 1, done.stderr
    return lines[0]
