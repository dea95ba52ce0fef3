"""Two estimates of one build on one target take turns."""

from __future__ import annotations

from pathlib import Path
from threading import Event, Thread
from types import SimpleNamespace
from typing import Any

import pytest
from filelock import FileLock

from sc_hw.price import estimate


def test_an_estimate_waits_for_another_of_the_same_target(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The other one's netlist would be read while Yosys writes it."""
    begun = Event()
    monkeypatch.setattr(estimate, "_estimate_in", lambda *_: begun.set())
    build: Any = SimpleNamespace(folder=tmp_path)
    target: Any = SimpleNamespace(name="t")
    folder = tmp_path / "estimate" / "t"
    folder.mkdir(parents=True)
    second = Thread(target=estimate.estimate_target, args=(build, target), daemon=True)
    with FileLock(folder / ".lock"):
        second.start()
        assert not begun.wait(0.2)
    second.join(60.0)
    assert begun.is_set()
