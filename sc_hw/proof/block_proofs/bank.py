# amaranth: UnusedElaboratable=no
"""The proof of a bank: its netlist, and its sequencer for every depth that a bank can have."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

from sc_hw.build.elaborate import Build
from sc_hw.build.emit import to_verilog
from sc_hw.files import write_text
from sc_hw.progress import Progress
from sc_hw.proof.block_proofs.block_proof import Manifest, RuleBlockProof, read_netlist
from sc_hw.proof.blocks.bank import prove_bank
from sc_hw.proof.blocks.schedule import prove_schedule
from sc_hw.proof.verdicts import Claim
from sc_hw.synapse.sequencer import Sequencer
from sc_model.rules import resolve_built
from sc_model.spec import MAX_SYNAPSES


class BankProof(RuleBlockProof):
    """A bank."""

    name = "bank"

    def emit(
        self, build: Build, *, every_size: bool, parts: Collection[str], progress: Progress
    ) -> None:
        """A sequencer for each address width that a bank can have, for claims about all depths."""
        if not every_size:
            return
        progress("emitting the sequencer for every address width")
        span = build.manifest["timing"]["span_clocks"]
        # The depth is a port of the sequencer, so that one for each width stands for all depths.
        for width in range(1, (MAX_SYNAPSES - 1).bit_length() + 1):
            text = to_verilog(Sequencer(width, span), "sequencer", None)
            write_text(build.folder / "proof" / f"schedule_{width:02}.v", text)

    def claims(self, folder: Path, manifest: Manifest, limit_s: float) -> list[Claim]:
        """The claims about the bank, and about the sequencers that the folder has."""
        rule, params = resolve_built(manifest["rule"])
        prover, net = read_netlist(folder, manifest["verilog"], manifest["top"], "netlist", limit_s)
        prove_bank(prover, net, rule, params, manifest)
        claims = [*prover.claims]
        # Sorted, so that a certificate lists the claims in the same order each time.
        for file in sorted((folder / "proof").glob("schedule_*.v")):
            of_depth, sequencer = read_netlist(
                folder, f"proof/{file.name}", "sequencer", file.stem, limit_s
            )
            address_bits = int(file.stem.split("_")[1])
            prove_schedule(of_depth, sequencer, manifest["timing"]["span_clocks"], address_bits)
            claims += of_depth.claims
        return claims


BLOCK_PROOF = BankProof
