"""The proof of a plastic layer, part by part, and of what joins the parts."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

from sc_hw.build.blocks import block_of
from sc_hw.build.elaborate import Build
from sc_hw.fabric.families import load_family
from sc_hw.plastic import PlasticLayer
from sc_hw.progress import Progress
from sc_hw.proof.block_proofs.block_proof import Manifest, RuleBlockProof
from sc_hw.proof.blocks.plastic.layer import prove_layer
from sc_hw.proof.blocks.plastic.parts import write_parts
from sc_hw.proof.verdicts import Claim
from sc_model.rules import resolve_built


class LayerProof(RuleBlockProof):
    """A plastic layer."""

    name = "layer"

    def emit(
        self, build: Build, *, every_size: bool, parts: Collection[str], progress: Progress
    ) -> None:
        """The layer's parts, and the sequencer for every size that a layer can have."""
        progress("emitting the layer's parts")
        layer = block_of(build.design, load_family(build.design.fabric)).component
        if not isinstance(layer, PlasticLayer):
            raise TypeError("a design with block 'layer' must make a PlasticLayer")
        write_parts(layer, build.folder, every_size=every_size, only=parts)

    def claims(self, folder: Path, manifest: Manifest, limit_s: float) -> list[Claim]:
        """The claims about the parts that the folder lists, and about the layer's wiring."""
        rule, params = resolve_built(manifest["rule"])
        return prove_layer(folder, manifest, rule, params, limit_s)


BLOCK_PROOF = LayerProof
