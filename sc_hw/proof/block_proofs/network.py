"""The proof of a network: layers part by part, crossings, and what joins them."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

from sc_hw.build.elaborate import Build
from sc_hw.progress import Progress
from sc_hw.proof.block_proofs.block_proof import BlockProof, Manifest, Task
from sc_hw.proof.blocks.network.network import network_tasks
from sc_hw.proof.blocks.network.parts import write_network_parts
from sc_hw.proof.blocks.network.trained_layer import claims_of_network
from sc_hw.proof.processes import decide
from sc_hw.proof.verdicts import Claim


class NetworkProof(BlockProof):
    """A network of trained layers; its plastic layer is proved as a design of its own."""

    name = "network"

    def emit(
        self, build: Build, *, every_size: bool, parts: Collection[str], progress: Progress
    ) -> None:
        """The parts of the layers."""
        progress("emitting the layers' parts")
        write_network_parts(build.design, build.folder)

    def tasks(self, build: Build, limit_s: float, progress: Progress) -> list[Task]:
        """The claims about the layers, and tasks for the crossings and intakes."""
        return network_tasks(build, decide, limit_s, progress)

    def claims(self, folder: Path, manifest: Manifest, limit_s: float) -> list[Claim]:
        """The claims about the layers' parts, and about the network's wiring."""
        return claims_of_network(folder, manifest, limit_s)


BLOCK_PROOF = NetworkProof
