"""Claims about slices and the order of columns behind convolutions: proved, refuted for faults."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from event_networks import convolutions, in_slices, verdicts_of_parts

from sc_hw.proof.blocks.network.parts import ORDER, SLICES
from sc_hw.proof.prove import prove
from sc_hw.proof.verdicts import PROVED, REFUTED


@pytest.mark.filterwarnings("ignore::amaranth.hdl.UnusedElaboratable")
@pytest.mark.parametrize("part", [SLICES, ORDER])
def test_all_claims_are_proved(part: str, tmp_path: Path) -> None:
    found: dict[str, Any] = verdicts_of_parts(convolutions(), tmp_path, part)
    assert set(found.values()) == {"proved"}
    layers = {"slices": ("first", "second"), "order": ("second", "last")}[part]
    names = {"slices": "each spike in its place", "order": "the number of a column"}
    assert {f"layer {layer}, {part}: {names[part]}" for layer in layers} <= set(found)


@pytest.mark.filterwarnings("ignore::amaranth.hdl.UnusedElaboratable")
@pytest.mark.parametrize(
    ("part", "fault", "claim"),
    [
        (SLICES, (r"w_addr \+ 1'h1", "w_addr + 2'h2"), "each slice once"),
        (SLICES, (r"place \+ 1'h1", "place + 2'h3"), "each spike in its place"),
        (SLICES, (r"assign over = moves &", "assign over = o__valid &"), "each slice once"),
        (ORDER, (r"assign i_event__ready = [^;]+;", "assign i_event__ready = 1'h1;"), "event once"),
        (ORDER, (r"channel \* ", "channel + "), "the number of a column"),
    ],
)
def test_a_fault_refutes_its_claim(
    part: str, fault: tuple[str, str], claim: str, tmp_path: Path
) -> None:
    found = verdicts_of_parts(convolutions(), tmp_path, part, fault)
    assert {found[name] for name in found if name.endswith(claim)} == {"refuted"}


@pytest.mark.soak
def test_slices_between_two_clocks_with_all_mutants(tmp_path: Path) -> None:
    certificate = prove(in_slices(clock="out"), root=tmp_path)
    assert certificate["passed"], [
        row["name"]
        for row in (*certificate["claims"], *certificate["mutants"])
        if row["verdict"] not in (PROVED, row.get("expected"))
    ]
    refuted = {row["name"] for row in certificate["mutants"] if row["verdict"] == REFUTED}
    assert {"slice over a slice", "a slice of a tick", "raw 8-bit crossing"} <= refuted
    assert len(refuted) >= 30
