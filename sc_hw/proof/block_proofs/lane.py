"""The proof of a lane: one netlist, compared with the rule."""

from __future__ import annotations

from pathlib import Path

from sc_hw.proof.block_proofs.block_proof import Manifest, RuleBlockProof, read_netlist
from sc_hw.proof.blocks.lane import prove_lane
from sc_hw.proof.verdicts import Claim
from sc_model.rules import resolve_built


class LaneProof(RuleBlockProof):
    """A lane."""

    name = "lane"

    def claims(self, folder: Path, manifest: Manifest, limit_s: float) -> list[Claim]:
        """The claims about the lane."""
        rule, params = resolve_built(manifest["rule"])
        prover, net = read_netlist(folder, manifest["verilog"], manifest["top"], "netlist", limit_s)
        prove_lane(prover, net, rule, params, manifest)
        return prover.claims


BLOCK_PROOF = LaneProof
