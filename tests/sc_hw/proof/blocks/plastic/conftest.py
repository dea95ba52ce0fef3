"""One fault a part in the suite; `make soak` tries the others, each some seconds of a solver."""

from __future__ import annotations

from pathlib import Path

import pytest

FAULTS = "test_a_broken_part_is_refuted"


@pytest.hookimpl(tryfirst=True)  # before pytest deselects by marks
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    files: set[Path] = set()
    for item in items:
        if item.name.startswith(FAULTS) and Path(__file__).parent in item.path.parents:
            if item.path in files:
                item.add_marker(pytest.mark.soak)
            files.add(item.path)
