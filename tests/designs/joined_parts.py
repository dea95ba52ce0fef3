"""What tests of mutants in a network's own Verilog share."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path

from sc_hw.build.elaborate import Build
from sc_hw.proof.blocks.parts import HIERARCHY, PARTS
from sc_hw.proof.mutants.mutant import Mutant


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
