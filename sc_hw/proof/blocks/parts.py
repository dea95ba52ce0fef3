"""A design taken apart for its proof: each part has Verilog and facts of its own.

The stage that emits the design writes the parts with `PartFiles`; the prover, in another process,
reads each one back and proves it with `claims_of_parts`. Both see only files, under `proof/` of the
build's folder.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Collection
from pathlib import Path
from typing import Any

from amaranth.lib import wiring

from sc_hw.build.emit import to_verilog
from sc_hw.files import write_json, write_text
from sc_hw.proof.facts import write_facts
from sc_hw.proof.netlist import Netlist, parse_btor, read_back
from sc_hw.proof.prover import Prover
from sc_hw.proof.reachable import Reachable
from sc_hw.proof.verdicts import Claim
from sc_model.graph.smt import Terms

PARTS = "parts.json"
# Key of the list for what joins the parts, beside `parts`; a list without it is of parts alone.
HIERARCHY = "hierarchy"


class PartFiles:
    """Writes the parts of a design under `folder`/proof, and the list of them.

    Parameters
    ----------
    folder : the build's.
    only : kinds of parts to write, all if empty.

    Members
    -------
    rows : the list, one object for each part: `part` (its kind), `verilog` (a path within
        `folder`), `top` (the module), `facts` (JSON of the part's facts).
    hierarchy : likewise `verilog`, `top` and `facts` of what joins the parts; empty without it.
    """

    def __init__(self, folder: Path, only: Collection[str] = ()) -> None:
        self.folder, self.only = folder, only
        self.rows: list[dict[str, Any]] = []
        self.hierarchy: dict[str, Any] = {}

    def module(self, part: str, verilog: str, top: str, facts: Any) -> None:
        """Add a module of Verilog that has been written already."""
        if not self.only or part in self.only:
            row = {"part": part, "verilog": verilog, "top": top, "facts": write_facts(facts)}
            self.rows.append(row)

    def standalone_verilog(
        self, part: str, component: wiring.Component, facts: Any, name: str = ""
    ) -> None:
        """Emit a component as a module of its own, `part`, into the file `name`.v, and add it."""
        if self.only and part not in self.only:
            return
        file = f"proof/{name or part}.v"
        write_text(self.folder / file, standalone_verilog(component, part))
        self.module(part, file, part, facts)

    def add_top(self, verilog: str, top: str, facts: Any) -> None:
        """Add the module of Verilog that joins the parts, unless other kinds alone are wanted."""
        if not self.only or HIERARCHY in self.only:
            self.hierarchy = {"verilog": verilog, "top": top, "facts": write_facts(facts)}

    def write(self) -> None:
        """Write the list of all parts."""
        top = {HIERARCHY: self.hierarchy} if self.hierarchy else {}
        write_json(self.folder / "proof" / PARTS, {"parts": self.rows, **top})


def standalone_verilog(component: wiring.Component, name: str) -> str:
    """Verilog of a part as module `name`, without zero-width ports.

    Verilog has no vectors of zero bits. Inside a larger design they vanish; at the top Amaranth
    declares them as ``[-1:0]``, which is a vector of two bits.
    """
    text = to_verilog(component, name, None)
    # First the declarations of such a port, then its name in the module's head, with the comma
    # behind it or, for the last port, the one in front.
    for port in set(re.findall(r"^  wire \[-1:0\] (\w+);$", text, re.M)):
        text = re.sub(rf"^  \w+ \[-1:0\] {port};\n", "", text, flags=re.M)
        text = re.sub(rf"^(module [^;]*?)(?:\b{port}, |, {port}(?=\)))", r"\1", text, flags=re.M)
    return text


def claims_of_parts(
    folder: Path, limit_s: float, prove: Callable[[Prover, Netlist, dict[str, Any]], None]
) -> list[Claim]:
    """Prove the parts that are listed in `folder`.

    Parameters
    ----------
    folder : where `PartFiles` has written.
    limit_s : seconds for one claim.
    prove : adds the claims about one part, given as its row of the list, to its prover.
    """
    claims: list[Claim] = []
    terms_in_use: list[Terms] = []  # the solver crashes where terms outlive their manager
    for number, row in enumerate(json.loads((folder / "proof" / PARTS).read_text())["parts"]):
        # Each part has terms of its own: names repeat from part to part, and a solver call need not
        # go through the terms of other parts.
        terms = Terms()
        terms_in_use.append(terms)
        prover = Prover(terms, limit_s)
        net = parse_btor(
            read_back(folder / row["verilog"], row["top"], folder / "proof", f"part_{number}"),
            terms,
        )
        prover.reachable = Reachable(net)
        prove(prover, net, row)
        claims += prover.claims
    return claims
