"""Claims about a design that was taken apart: each part is read back and proved for itself."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from sc_hw.proof.blocks.plastic.parts import PARTS
from sc_hw.proof.netlist import Netlist, parse_btor, read_back
from sc_hw.proof.prover import Prover
from sc_hw.proof.verdicts import Claim
from sc_model.graph.smt import Terms


def claims_of_parts(
    folder: Path, limit_s: float, prove: Callable[[Prover, Netlist, dict[str, Any]], None]
) -> list[Claim]:
    """Claims about the parts listed in `folder`; `prove` adds those of one part (a row of
    `parts.json`) to its prover.
    """
    claims: list[Claim] = []
    kept: list[Terms] = []  # a solver's terms must outlive what is made of them
    for number, row in enumerate(json.loads((folder / "proof" / PARTS).read_text())["parts"]):
        terms = Terms()
        kept.append(terms)
        prover = Prover(terms, limit_s)
        net = parse_btor(
            read_back(folder / row["verilog"], row["top"], folder / "proof", f"part_{number}"),
            terms,
        )
        prove(prover, net, row)
        claims += prover.claims
    return claims
