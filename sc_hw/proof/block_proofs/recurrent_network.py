"""The proof of a recurrent network, part by part, and of what joins the parts."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

from sc_hw.build.elaborate import Build
from sc_hw.progress import Progress
from sc_hw.proof.block_proofs.block_proof import BlockProof, Manifest
from sc_hw.proof.blocks.recurrent.claims import prove_frozen, prove_recurrent_network
from sc_hw.proof.blocks.recurrent.parts import write_recurrent_parts
from sc_hw.proof.verdicts import Claim


class RecurrentNetworkProof(BlockProof):
    """A recurrent network that learns."""

    name = "recurrent_network"

    def emit(
        self, build: Build, *, every_size: bool, parts: Collection[str], progress: Progress
    ) -> None:
        """The network's parts."""
        progress("emitting the parts")
        write_recurrent_parts(build.design, build.folder)

    def claims(self, folder: Path, manifest: Manifest, limit_s: float) -> list[Claim]:
        """The claims about the parts, and about the network's wiring."""
        return prove_recurrent_network(folder, manifest, limit_s)

    def rule_claims(self, manifest: Manifest, limit_s: float) -> list[Claim]:
        """The claims about the rules of the layers."""
        return prove_frozen(manifest, limit_s)


BLOCK_PROOF = RecurrentNetworkProof
