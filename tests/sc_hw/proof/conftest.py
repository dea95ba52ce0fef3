"""What proofs of several blocks share."""

from __future__ import annotations

import pytest
from learning_hardware import WrittenParts


@pytest.fixture(scope="session")
def learning_parts(tmp_path_factory: pytest.TempPathFactory) -> WrittenParts:
    """The parts of a small network that learns."""
    return WrittenParts(tmp_path_factory.mktemp("learning_parts"))
