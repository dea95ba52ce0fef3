"""The proof of one design, in a process of its own.

`python -m sc_hw.proof.worker BUILD_FOLDER LIMIT_S` prints the claims (see `sc_hw.proof.processes`).
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Any

from sc_hw.proof.blocks.bank import prove_bank
from sc_hw.proof.blocks.lane import prove_lane
from sc_hw.proof.blocks.learning.claims import prove_learning_network, prove_rules
from sc_hw.proof.blocks.network.trained_layer import claims_of_network
from sc_hw.proof.blocks.plastic.layer import prove_layer
from sc_hw.proof.blocks.recurrent.claims import prove_frozen, prove_recurrent_network
from sc_hw.proof.blocks.schedule import prove_schedule
from sc_hw.proof.identity import EMITTED, identity_claim, system_claim
from sc_hw.proof.netlist import MissingSignalError, Netlist, parse_btor, read_back
from sc_hw.proof.power_on import read_power_on
from sc_hw.proof.prover import Prover
from sc_hw.proof.quiet.claims import quiet_claims
from sc_hw.proof.reachable import Reachable
from sc_hw.proof.verdicts import REFUTED, VERDICT, Claim
from sc_hw.tools import ToolError
from sc_model.graph.quiet import kept_fields
from sc_model.graph.smt import Terms
from sc_model.rules import resolve_built

# The solver crashes where terms outlive the manager that made them, and the interpreter frees
# objects in no certain order at its end.
_TERMS_IN_USE: list[Terms] = []


def claims_of(folder: Path, limit_s: float) -> list[Claim]:
    """The claims about the design whose manifest lies in `folder`, decided."""
    manifest = json.loads((folder / "manifest.json").read_text())
    # The folder of a mutated part has no `top.v`.
    whole = (folder / manifest["verilog"]).exists()
    claims = [identity_claim(folder, manifest, limit_s)] if whole else []
    # a mutant's folder has no system: its faults are in the block
    if "host" in manifest and (folder / manifest["host"]["verilog"]).exists():
        claims.append(system_claim(folder, manifest))
    try:
        claims += read_power_on(folder, manifest).claims() if whole else []
        claims += _block_claims(folder, manifest, limit_s)
        return [*claims, *_claims_of_rule(folder, manifest, limit_s)]
    except ToolError as error:
        # What Yosys refuses is a fault of the Verilog, for example a loop of gates; that Yosys is
        # missing is not.
        if "ERROR:" not in str(error):
            raise
        statement = "Yosys reads the Verilog and finds no loop, no second driver, no missing one"
        return [*claims, Claim("sound Verilog", statement, REFUTED, 0.0, {"yosys": str(error)})]


def _block_claims(folder: Path, manifest: dict[str, Any], limit_s: float) -> list[Claim]:
    """The claims about what the design computes, or that it lacks a signal which they are about."""
    try:
        return _claims_of_block(folder, manifest, limit_s)
    except MissingSignalError as error:
        # Not a fault of the proof: Yosys drops what nothing reads, and what the claims are about
        # must be read.
        statement = "the Verilog has every register, memory and wire that the claims are about"
        return [Claim("signals", statement, REFUTED, 0.0, {"missing": str(error)})]


def _claims_of_block(folder: Path, manifest: dict[str, Any], limit_s: float) -> list[Claim]:
    """The claims about what the design computes."""
    block = manifest["design"]["block"]
    if block == "network":
        return claims_of_network(folder, manifest, limit_s)
    if block == "learning_network":
        return prove_learning_network(folder, manifest, limit_s)
    if block == "recurrent_network":
        return prove_recurrent_network(folder, manifest, limit_s)
    rule, params = resolve_built(manifest["rule"])
    if block == "layer":
        return prove_layer(folder, manifest, rule, params, limit_s)
    prover, net = _read(folder, manifest["verilog"], manifest["top"], "netlist", limit_s)
    prove_block = prove_lane if block == "lane" else prove_bank
    prove_block(prover, net, rule, params, manifest)
    return [*prover.claims, *_schedule_claims(folder, manifest, limit_s)]


def _claims_of_rule(folder: Path, manifest: dict[str, Any], limit_s: float) -> list[Claim]:
    """The claims about the rule alone: which synapses may be skipped.

    A mutant, whose folder has not what was emitted, has no fault in the rule's text.
    """
    if not (folder / "proof" / EMITTED).exists():
        return []
    if manifest["design"]["block"] == "learning_network":
        return prove_rules(manifest, limit_s)
    if manifest["design"]["block"] == "recurrent_network":
        return prove_frozen(manifest, limit_s)
    listed = manifest.get("rule", {}).get("quiet")
    if listed is None:
        return []
    rule, params = resolve_built(manifest["rule"])
    terms = Terms()
    _TERMS_IN_USE.append(terms)
    fields = kept_fields(rule, manifest["design"]["block"])
    return quiet_claims(terms, rule, params, fields, tuple(map(tuple, listed)), limit_s)


def _schedule_claims(folder: Path, manifest: dict[str, Any], limit_s: float) -> list[Claim]:
    """The claims about the sequencers of other depths, if the folder has any."""
    claims = []
    # Sorted, so that a certificate lists the claims in the same order each time.
    for file in sorted((folder / "proof").glob("schedule_*.v")):
        prover, net = _read(folder, f"proof/{file.name}", "sequencer", file.stem, limit_s)
        address_bits = int(file.stem.split("_")[1])
        prove_schedule(prover, net, manifest["timing"]["span_clocks"], address_bits)
        claims += prover.claims
    return claims


def _read(
    folder: Path, verilog: str, top: str, name: str, limit_s: float
) -> tuple[Prover, Netlist]:
    """A prover, and a netlist that is read back into its terms."""
    terms = Terms()
    _TERMS_IN_USE.append(terms)
    text = read_back(folder / verilog, top, folder / "proof", name)
    net = parse_btor(text, terms)
    return Prover(terms, limit_s, Reachable(net)), net


def main(folder: Path, limit_s: float) -> None:
    """Prove the design in `folder` and print its claims."""
    claims = [claim.as_json() for claim in claims_of(folder, limit_s)]
    print(VERDICT + json.dumps(claims), flush=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]), float(sys.argv[2]))
    sys.stdout.flush()
    os._exit(0)  # the libraries' own clean-up can crash after all answers are out
