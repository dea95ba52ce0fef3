"""What proofs of several blocks share."""

from __future__ import annotations

from pathlib import Path

import pytest
from learning_hardware import WrittenParts
from recurrent_networks import WrittenParts as RecurrentParts
from recurrent_networks import design, network

from sc_hw.build.elaborate import Build, elaborate
from sc_hw.proof.blocks.recurrent.parts import write_recurrent_parts


@pytest.fixture(scope="session")
def learning_parts(tmp_path_factory: pytest.TempPathFactory) -> WrittenParts:
    """The parts of a small network that learns."""
    return WrittenParts(tmp_path_factory.mktemp("learning_parts"))


@pytest.fixture(scope="session")
def recurrent_parts(tmp_path_factory: pytest.TempPathFactory) -> RecurrentParts:
    """The parts of a small recurrent network."""
    return RecurrentParts(tmp_path_factory.mktemp("recurrent_parts"))


@pytest.fixture(scope="session")
def recurrent_build(builds: Path) -> Build:
    """A build of the smallest recurrent network, with its parts."""
    spec = network(inputs=2, hidden={"neurons": 2, "lanes": 2}, readout={"neurons": 2})
    build = elaborate(design(spec), builds)
    write_recurrent_parts(build.design, build.folder)
    return build
