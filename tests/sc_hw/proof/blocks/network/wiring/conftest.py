"""One small network for all tests of wiring."""

from __future__ import annotations

from pathlib import Path

import pytest
from network_faults import two_layers, write_network


@pytest.fixture(scope="session")
def network(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("two_layers")
    write_network(two_layers(), folder)
    return folder
