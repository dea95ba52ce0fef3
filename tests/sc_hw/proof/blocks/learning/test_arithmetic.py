"""Claims about the arithmetic of a network that learns hold, and a fault is refuted.

Those of lanes, sizes, neurons and classes take the solver the longest: they are in the soak, with
the whole proof.
"""

from __future__ import annotations

from pathlib import Path

from learning_hardware import WrittenParts

from sc_hw.proof.verdicts import PROVED, REFUTED


def test_noise_and_feedback(learning_parts: WrittenParts) -> None:
    found = learning_parts.verdicts({"noise", "feedback"})
    assert found == dict.fromkeys(
        ("noise: the register", "feedback: a row's sum", "feedback: a row's signal"), PROVED
    )


def test_products_of_clocks_without_a_slot(learning_parts: WrittenParts, tmp_path: Path) -> None:
    found = learning_parts.with_fault("between the slots", tmp_path)
    assert found["feedback: a row's sum"] == REFUTED


def test_a_register_that_only_shifts(learning_parts: WrittenParts, tmp_path: Path) -> None:
    assert learning_parts.with_fault("stuck taps", tmp_path) == {"noise: the register": REFUTED}
