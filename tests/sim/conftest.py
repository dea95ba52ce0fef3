"""Co-simulation is never skipped: without its tools these tests fail."""

from __future__ import annotations

import pytest

from sc_hw.simulation.cosim import TOOLS_NEEDED
from sc_hw.tools import status


@pytest.fixture(scope="session", autouse=True)
def _tools() -> None:
    problems = [problem for name in TOOLS_NEEDED if (problem := status(name).problem) is not None]
    if problems:
        pytest.fail(problems[0])  # never skipped: co-simulation is what the suite is for
