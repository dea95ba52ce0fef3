"""Claims about the scanner, the sequencer, the reader and the lanes of event layers: all proved."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from event_networks import two_event_layers

from sc_hw.proof.blocks.network.parts import write_network_parts
from sc_hw.proof.blocks.network.trained_layer import PROVERS
from sc_hw.proof.blocks.parts import PARTS, claims_of_parts
from sc_hw.proof.facts import read_facts
from sc_model.spec import DenseSpec, Design, NetworkSpec


def verdicts_of(design: Design, folder: Path, part: str, fault: tuple[str, str] = ("", "")) -> Any:
    """Verdicts on the parts of a kind, or on all but the neurons; a fault reads differently."""
    write_network_parts(design, folder)
    file = folder / "proof" / PARTS
    kinds = {part} if part else set(PROVERS) - {"neurons"}
    rows = [row for row in json.loads(file.read_text())["parts"] if row["part"] in kinds]
    file.write_text(json.dumps({"parts": rows}))
    for row in rows if fault[0] else ():
        text = (folder / row["verilog"]).read_text()
        assert re.search(fault[0], text), f"no {fault[0]!r} in {row['verilog']}"
        (folder / row["verilog"]).write_text(re.sub(fault[0], fault[1], text))

    def prove(prover: Any, net: Any, row: dict[str, Any]) -> None:
        facts, claims = PROVERS[row["part"]]
        claims(prover, net, design.network, read_facts(facts, row["facts"]))

    return {claim.name: claim.verdict for claim in claims_of_parts(folder, 60.0, prove)}


def many_columns() -> Design:
    """A scanner of more columns than a solver follows all at once."""
    layer = DenseSpec(name="wide", inputs=250, neurons=2, engine="events")
    return Design(name="wide", block="network", network=NetworkSpec(layers=(layer,)))


@pytest.mark.parametrize(
    ("fault", "verdict"),
    [
        (("", ""), "proved"),
        ((r"number \+ 1'h1", "number + 2'h2"), "refuted"),
        ((r"\[8:1\] = \{ number,", "[8:1] = { ~number,"), "refuted"),
        ((r"left <= [^;]+;", "left <= left;"), "refuted"),
    ],
    ids=["as it is", "chunks are skipped", "numbers are wrong", "nothing is taken away"],
)
def test_every_column_is_followed(fault: tuple[str, str], verdict: str, tmp_path: Path) -> None:
    verdicts = verdicts_of(many_columns(), tmp_path, "scanner", fault)
    assert verdicts["layer wide, scanner: each active column once"] == verdict


def test_all_claims_about_the_parts_are_proved(tmp_path: Path) -> None:
    verdicts = verdicts_of(two_event_layers(), tmp_path, "")
    assert set(verdicts.values()) == {"proved"}
    for name in (
        "layer first, lanes: one sum",
        "layer first, scanner: the search",
        "layer second, scanner: each active column once",
        "layer second, sequencer: distance of additions",
        "layer second, reader: each partial sum once",
    ):
        assert name in verdicts
