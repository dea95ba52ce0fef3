"""What tests of the proofs of networks that learn share: written parts, and faults in them."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from sc_hw.build.elaborate import Build
from sc_hw.proof.blocks.parts import HIERARCHY, PARTS
from sc_hw.proof.mutants.mutant import Mutant
from sc_hw.proof.verdicts import Claim
from sc_model.spec import Design


def changed_by(mutants: Iterable[Mutant], build: Build, folder: Path) -> int:
    """How many mutants apply; each must change what joins the parts, and no part by itself."""
    made = 0
    for mutant in mutants:
        if mutant.applies(build.design) is not None:
            continue
        place = folder / f"{build.design.name}_{made}"
        mutant.make(build, place)
        listed = json.loads((place / "proof" / PARTS).read_text())
        assert not listed["parts"]
        text = (place / listed[HIERARCHY]["verilog"]).read_text()
        assert text != (build.folder / "top.v").read_text()
        made += 1
    return made


class ProofParts:
    """The parts of a design, as the proof reads them, in a folder.

    Members
    -------
    folder, manifest, design : what a prover or a mutant asks of a build.
    """

    def __init__(
        self,
        folder: Path,
        design: Design,
        write: Callable[[Design, Path], None],
        prove: Callable[[Path, dict[str, Any], float], list[Claim]],
        mutants: Iterable[Mutant],
    ) -> None:
        """`write`, `prove`, `mutants` : of the design's block."""
        self.folder, self.design, self._prove = folder, design, prove
        self._mutants = {mutant.name.split(": ", 1)[1]: mutant for mutant in mutants}
        write(design, folder)
        self.manifest: dict[str, Any] = {"design": design.model_dump(mode="json")}

    def verdicts(self, kinds: set[str]) -> dict[str, str]:
        """Verdicts on the parts of some kinds, by the claim's name."""
        file = self.folder / "proof" / PARTS
        text = file.read_text()
        rows = [row for row in json.loads(text)["parts"] if row["part"] in kinds]
        file.write_text(json.dumps({"parts": rows}))
        try:
            claims = self._prove(self.folder, self.manifest, 60.0)
        finally:
            file.write_text(text)
        return {claim.name: claim.verdict for claim in claims}

    def with_fault(self, name: str, folder: Path) -> dict[str, str]:
        """Verdicts on the part that a mutant changes, by the claim's name."""
        build: Any = self
        self._mutants[name].make(build, folder)
        claims = self._prove(folder, self.manifest, 60.0)
        return {claim.name: claim.verdict for claim in claims}
