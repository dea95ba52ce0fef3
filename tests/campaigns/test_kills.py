"""The campaign of kills finds what it looks for; here with jobs that take no time."""

from __future__ import annotations

import signal
import subprocess
import time
from pathlib import Path

import pytest

from campaigns import kills
from campaigns.kills import Job, trial, undisturbed

WRITES = "open('answer', 'w').write('42')"
SLEEPS = "open('ready', 'w').close(); import time; time.sleep(30)"
SPAWNS = "os.spawnlp(os.P_NOWAIT, 'sleep', 'sleep', '3')"


def once(first: str, then: str = WRITES) -> Job:
    """A job that does one thing at its first run and another one later."""
    code = (
        "import os\nfirst = not os.path.exists('begun')\nopen('begun', 'w').close()\n"
        f"if first:\n    {first}\n{then}\n"
    )
    return Job(("-c", code), ("answer",))


@pytest.mark.parametrize(
    ("job", "number", "verdict"),
    [
        (once(SLEEPS), signal.SIGKILL, "ok"),
        (once(f"{SPAWNS}; {SLEEPS}"), signal.SIGKILL, "a process is left"),
        (once(SLEEPS), signal.SIGINT, "no interrupt's line"),
        (once(SLEEPS, "raise SystemExit(3)"), signal.SIGKILL, "the next run fails"),
        (once(SLEEPS, "open('answer', 'w').write('43')"), signal.SIGKILL, "the next run differs"),
    ],
    ids=["ok", "left", "interrupt", "fails", "differs"],
)
def test_verdicts(job: Job, number: int, verdict: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kills, "PATIENCE_S", 0.3)
    expected, _ = undisturbed(Job(("-c", WRITES), ("answer",)))
    start = kills._start

    def started(job: Job, folder: Path, mark: str) -> subprocess.Popen[bytes]:
        """A first run is killed once it sleeps, however long it takes to get there."""
        process = start(job, folder, mark)
        while not mark.endswith("again") and not (folder / "ready").exists():
            time.sleep(0.02)
        return process

    monkeypatch.setattr(kills, "_start", started)
    found, _ = trial(job, expected, 0.0, number, pair=False)
    assert found == verdict
