"""Claims about arithmetic hold, and a fault in a pipeline is refuted."""

from __future__ import annotations

from pathlib import Path

from recurrent_networks import WrittenParts

from sc_hw.proof.verdicts import PROVED, REFUTED

PARTS = {"lane", "row", "neuron", "error", "feedback", "readout_synapse"}


def test_pipelines_are_the_texts(recurrent_parts: WrittenParts) -> None:
    found = recurrent_parts.verdicts(PARTS)
    assert set(found.values()) == {PROVED}
    ends = {"the rule", "the unit"}
    assert sum(name.split(": ")[-1] in ends for name in found) == len(PARTS)
    assert "lane: signal signal_product" in found


def test_a_fault_is_refuted(recurrent_parts: WrittenParts, tmp_path: Path) -> None:
    assert REFUTED in recurrent_parts.with_fault("fires above the threshold", tmp_path).values()
