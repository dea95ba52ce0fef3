"""Claims about order hold, and a fault in the course of a step is refuted."""

from __future__ import annotations

from pathlib import Path

from recurrent_networks import WrittenParts

from sc_hw.proof.verdicts import PROVED, REFUTED


def test_each_word_is_visited_once(recurrent_parts: WrittenParts) -> None:
    found = recurrent_parts.verdicts({"control", "spikes"})
    assert set(found.values()) == {PROVED}
    assert {"control: each word once", "spikes: once around, rows"} <= found.keys()


def test_a_fault_is_refuted(recurrent_parts: WrittenParts, tmp_path: Path) -> None:
    assert REFUTED in recurrent_parts.with_fault("does not wait", tmp_path).values()
