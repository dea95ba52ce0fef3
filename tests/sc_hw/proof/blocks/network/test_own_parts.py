"""Claims about own spikes in slices: proved, and refuted for faults."""

from __future__ import annotations

from pathlib import Path

import pytest
from event_networks import many_own_spikes, recurrent_in_slices, verdicts_of_parts

from sc_hw.proof.blocks.network.parts import FEED, OWN


@pytest.mark.filterwarnings("ignore::amaranth.hdl.UnusedElaboratable")
@pytest.mark.parametrize("part", [OWN, FEED])
def test_all_claims_are_proved(part: str, tmp_path: Path) -> None:
    for design in (recurrent_in_slices(), many_own_spikes()):
        folder = tmp_path / design.name
        found = verdicts_of_parts(design, folder, part)
        assert found
        assert set(found.values()) == {"proved"}


@pytest.mark.filterwarnings("ignore::amaranth.hdl.UnusedElaboratable")
@pytest.mark.parametrize(
    ("part", "fault", "claim"),
    [
        (OWN, (r"turn \+ 1'h1", "turn + 2'h3"), "each spike in its place"),
        (OWN, (r"= number \+ \d'h\d;", "= number + 1'h1;"), "what the host loads"),
        (OWN, (r"\bbehind <= ", "behind <= valid ? 0 : "), "each spike in its place"),
        (OWN, (r"\(load\) begin", "(1'h1) begin"), "kept"),
        (OWN, (r"\.read__addr\(slice\)", ".read__addr(slice + 1'h1)"), "what is read"),
        (FEED, (r"assign ready = [^;]+;", "assign ready = wants;"), "chunks in turn"),
        (FEED, (r"assign whole = [^;]+;", "assign whole = takes;"), "the columns of a chunk"),
    ],
)
def test_a_fault_refutes_its_claim(
    part: str, fault: tuple[str, str], claim: str, tmp_path: Path
) -> None:
    found = verdicts_of_parts(recurrent_in_slices(), tmp_path, part, fault)
    verdicts = {found[name] for name in found if name.startswith("layer first")}
    refuted = {name for name in found if found[name] == "refuted"}
    assert verdicts == {"proved", "refuted"}
    assert any(name.endswith(claim) for name in refuted), refuted


@pytest.mark.filterwarnings("ignore::amaranth.hdl.UnusedElaboratable")
def test_a_first_slice_with_neurons_says_that_it_was_written(tmp_path: Path) -> None:
    fault = (r"\brecent <= [^;]+;", "recent <= complete;")
    found = verdicts_of_parts(many_own_spikes(), tmp_path, OWN, fault)
    assert found["layer only, own spikes: what is read"] == "refuted"
