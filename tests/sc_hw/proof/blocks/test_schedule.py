"""A sequencer's claims hold for every depth, and are refuted where it does not wait long enough."""

from __future__ import annotations

from pathlib import Path

import pytest

from sc_hw.build.emit import to_verilog
from sc_hw.files import write_text
from sc_hw.proof.blocks.schedule import prove_schedule
from sc_hw.proof.netlist import parse_btor, read_back
from sc_hw.proof.prover import Prover
from sc_hw.proof.verdicts import PROVED, REFUTED
from sc_hw.synapse.sequencer import Sequencer
from sc_model.graph.smt import Terms

# The solver crashes where terms outlive the manager that made them.
_TERMS_IN_USE: list[Terms] = []
CLAIMS = ("invariant after reset", "invariant kept", "no early read", "order")


def decided(text: str, folder: Path, *, span: int, address_width: int) -> dict[str, str]:
    """The verdicts on a sequencer's Verilog, by claim."""
    terms = Terms()
    _TERMS_IN_USE.append(terms)
    netlist = parse_btor(
        read_back(write_text(folder / "sequencer.v", text), "sequencer", folder), terms
    )
    prover = Prover(terms)
    prove_schedule(prover, netlist, span, address_width)
    label = f"schedule, {address_width}-bit addresses: "
    return {claim.name.removeprefix(label): claim.verdict for claim in prover.claims}


@pytest.mark.parametrize(("address_width", "span"), [(1, 4), (2, 9), (5, 13)])
def test_every_depth_is_proved(tmp_path: Path, address_width: int, span: int) -> None:
    """With 1 and 2 address bits every bank is shorter than its pipeline and has to wait."""
    text = to_verilog(Sequencer(address_width, span), "sequencer", None)
    verdicts = decided(text, tmp_path, span=span, address_width=address_width)
    assert verdicts == dict.fromkeys(CLAIMS, PROVED)


def test_sequencer_that_waits_a_clock_too_few_is_refuted(tmp_path: Path) -> None:
    text = to_verilog(Sequencer(3, 8), "sequencer", None)
    verdicts = decided(text, tmp_path, span=9, address_width=3)
    assert verdicts["no early read"] == REFUTED
    assert verdicts["order"] == PROVED


def test_sequencer_that_leaves_out_a_synapse_is_refuted(tmp_path: Path) -> None:
    text = to_verilog(Sequencer(3, 8), "sequencer", None)
    assert text.count("position + 1'h1") == 1
    mutant = text.replace("position + 1'h1", "position + 2'h2")
    assert decided(mutant, tmp_path, span=8, address_width=3)["order"] == REFUTED
