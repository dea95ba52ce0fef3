"""The proof of one design, in a process of its own.

`python -m sc_hw.proof.worker BUILD_FOLDER LIMIT_S` prints the claims (see `sc_hw.proof.processes`).
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Any

from sc_hw.proof.block_proofs import proof_of
from sc_hw.proof.identity import EMITTED, identity_claim, system_claim
from sc_hw.proof.netlist import MissingSignalError
from sc_hw.proof.power_on import read_power_on
from sc_hw.proof.verdicts import REFUTED, VERDICT, Claim
from sc_hw.tools import ToolError


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
        return proof_of(manifest["design"]["block"]).claims(folder, manifest, limit_s)
    except MissingSignalError as error:
        # Not a fault of the proof: Yosys drops what nothing reads, and what the claims are about
        # must be read.
        statement = "the Verilog has every register, memory and wire that the claims are about"
        return [Claim("signals", statement, REFUTED, 0.0, {"missing": str(error)})]


def _claims_of_rule(folder: Path, manifest: dict[str, Any], limit_s: float) -> list[Claim]:
    """The claims about the rule alone: which synapses may be skipped.

    A mutant, whose folder has not what was emitted, has no fault in the rule's text.
    """
    if not (folder / "proof" / EMITTED).exists():
        return []
    return proof_of(manifest["design"]["block"]).rule_claims(manifest, limit_s)


def main(folder: Path, limit_s: float) -> None:
    """Prove the design in `folder` and print its claims."""
    claims = [claim.as_json() for claim in claims_of(folder, limit_s)]
    print(VERDICT + json.dumps(claims), flush=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]), float(sys.argv[2]))
    sys.stdout.flush()
    os._exit(0)  # the libraries' own clean-up can crash after all answers are out
