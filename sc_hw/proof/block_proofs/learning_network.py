"""The proof of a learning network, part by part, and of what joins the parts."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

from sc_hw.build.elaborate import Build
from sc_hw.progress import Progress
from sc_hw.proof.block_proofs.block_proof import BlockProof, Manifest
from sc_hw.proof.blocks.learning.claims import prove_learning_network, prove_rules
from sc_hw.proof.blocks.learning.parts import write_learning_parts
from sc_hw.proof.verdicts import Claim


class LearningNetworkProof(BlockProof):
    """A network whose hidden layers learn."""

    name = "learning_network"

    def emit(
        self, build: Build, *, every_size: bool, parts: Collection[str], progress: Progress
    ) -> None:
        """The network's parts."""
        progress("emitting the parts")
        write_learning_parts(build.design, build.folder)

    def claims(self, folder: Path, manifest: Manifest, limit_s: float) -> list[Claim]:
        """The claims about the parts, and about the network's wiring."""
        return prove_learning_network(folder, manifest, limit_s)

    def rule_claims(self, manifest: Manifest, limit_s: float) -> list[Claim]:
        """The claims about the rules of the layers."""
        return prove_rules(manifest, limit_s)


BLOCK_PROOF = LearningNetworkProof
