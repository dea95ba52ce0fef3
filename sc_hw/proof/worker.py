"""One proof in a process of its own: `python -m sc_hw.proof.worker BUILD_FOLDER LIMIT_S`.

pyosys and the solver can take a process down at its end, so the verdict is a printed line, not the
exit code.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

from sc_hw.proof.blocks.bank import prove_bank, prove_schedule
from sc_hw.proof.blocks.lane import prove_lane
from sc_hw.proof.blocks.network.trained_layer import claims_of_network
from sc_hw.proof.blocks.plastic.layer import prove_layer
from sc_hw.proof.netlist import parse_btor, read_back
from sc_hw.proof.prover import Prover
from sc_hw.proof.verdicts import VERDICT, Claim
from sc_model.graph.smt import Terms
from sc_model.rules import resolve_built


def main(folder: Path, limit_s: float) -> None:
    """Prove the design in `folder` (and the schedules beside it) and print the claims."""
    manifest = json.loads((folder / "manifest.json").read_text())
    if manifest["design"]["block"] == "network":
        tell(claims_of_network(folder, manifest, limit_s))
        return
    rule, params = resolve_built(manifest["rule"])
    if manifest["design"]["block"] == "layer":
        tell(prove_layer(folder, manifest, rule, params, limit_s))
        return
    claims = []
    terms = Terms()
    prover = Prover(terms, limit_s)
    net = parse_btor(
        read_back(folder / manifest["verilog"], manifest["top"], folder / "proof"), terms
    )
    prove_block = prove_lane if manifest["design"]["block"] == "lane" else prove_bank
    prove_block(prover, net, rule, params, manifest)
    claims += prover.claims
    for file in sorted((folder / "proof").glob("schedule_*.v")):
        width = int(file.stem.split("_")[1])
        terms = Terms()
        prover = Prover(terms, limit_s)
        net = parse_btor(read_back(file, "sequencer", folder / "proof", file.stem), terms)
        prove_schedule(prover, net, manifest["timing"]["span_clocks"], width)
        claims += prover.claims
    tell(claims)


def tell(claims: list[Claim]) -> None:
    """Print the claims, for whoever started this process."""
    print(VERDICT + json.dumps([claim.as_json() for claim in claims]), flush=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]), float(sys.argv[2]))
    sys.stdout.flush()
    os._exit(0)  # the libraries' own clean-up can crash after all answers are out
