"""What proofs of several blocks share."""

from __future__ import annotations

import pytest
from learning_hardware import WrittenParts
from recurrent_networks import WrittenParts as RecurrentParts


@pytest.fixture(scope="session")
def learning_parts(tmp_path_factory: pytest.TempPathFactory) -> WrittenParts:
    """The parts of a small network that learns."""
    return WrittenParts(tmp_path_factory.mktemp("learning_parts"))


@pytest.fixture(scope="session")
def recurrent_parts(tmp_path_factory: pytest.TempPathFactory) -> RecurrentParts:
    """The parts of a small recurrent network."""
    return RecurrentParts(tmp_path_factory.mktemp("recurrent_parts"))
