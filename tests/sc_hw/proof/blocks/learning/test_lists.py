"""Claims about the lists of inputs hold, and lists that lose an input are refuted."""

from __future__ import annotations

from pathlib import Path

from learning_hardware import WrittenParts, spec_of

from sc_hw.proof.verdicts import PROVED, REFUTED

NAMES = (
    *("inputs in order", "what is in front", "the step", "one more"),
    *("an input stays in its list", "two buffers", "looked up", "gone along"),
)


def test_each_input_is_in_its_list(learning_parts: WrittenParts, tmp_path: Path) -> None:
    expected = {f"lists: {name}": PROVED for name in NAMES}
    assert learning_parts.verdicts({"lists"}) == expected
    without_bias = WrittenParts(tmp_path, spec_of(bias=False))
    assert without_bias.verdicts({"lists"}) == expected


def test_an_input_that_is_lost(learning_parts: WrittenParts, tmp_path: Path) -> None:
    found = learning_parts.with_fault("links lost", tmp_path)
    assert found["lists: one more"] == REFUTED
    assert found["lists: an input stays in its list"] == REFUTED
