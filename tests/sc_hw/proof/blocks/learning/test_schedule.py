"""Claims about order in a network that learns hold, and a fault in a part is refuted."""

from __future__ import annotations

from pathlib import Path

import pytest
from learning_hardware import WrittenParts, mixed_spec_of, spec_of

from sc_hw.proof.verdicts import PROVED, REFUTED

PARTS = {"weights", "backward", "update", "forward", "readout", "rows", "control"}


def test_nothing_is_skipped_or_read_too_early(learning_parts: WrittenParts) -> None:
    found = learning_parts.verdicts(PARTS)
    assert len(found) >= 25
    assert set(found.values()) == {PROVED}
    assert {name.split(":")[0] for name in found} == PARTS


@pytest.mark.parametrize("name", ["last group lost", "landed too early"])
def test_a_fault_is_refuted(learning_parts: WrittenParts, name: str, tmp_path: Path) -> None:
    assert REFUTED in learning_parts.with_fault(name, tmp_path).values()


def test_what_lies_between_two_hidden_layers(tmp_path: Path) -> None:
    deep = WrittenParts(tmp_path, mixed_spec_of())
    found = deep.verdicts({"queue", "control", "rows"})
    assert set(found.values()) == {PROVED}
    for name in ("queue: words in turn", "control: layers in turn", "rows: in order, hidden_1"):
        assert name in found
    assert REFUTED in deep.with_fault("word too early", tmp_path / "fault").values()


def test_a_readout_of_one_word_behind_layers_of_several(tmp_path: Path) -> None:
    """Its number of the word has bits that it does not need, and stays 0."""
    found = WrittenParts(tmp_path, spec_of(classes=4)).verdicts({"readout"})
    assert found["readout: partial sums in turn"] == PROVED
    assert set(found.values()) == {PROVED}
