"""A network under test: its specification beside what the manifest says of every design."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from sc_model.spec import NetworkSpec
from sc_sim.design import BuildFolderError, Dut, read_manifest

BLOCK = "network"


@dataclass(frozen=True)
class NetworkDut(Dut):
    """A network under test, read from its build folder."""

    @cached_property
    def spec(self) -> NetworkSpec:
        """The network."""
        network = self.manifest["design"][BLOCK]
        return NetworkSpec.model_validate({**network, "layers": tuple(network["layers"])})


def read_network(folder: Path) -> NetworkDut:
    """Read a network's build folder; BuildFolderError says what it lacks."""
    manifest = read_manifest(folder)
    if manifest["design"]["block"] != BLOCK:
        raise BuildFolderError(
            f"build folder {folder} must hold a network, not a {manifest['design']['block']}."
        )
    return NetworkDut(folder, manifest)
