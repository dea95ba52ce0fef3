"""What helps the claims about the window: with it they are inductive, and not without it."""

from __future__ import annotations

from pathlib import Path

import pytest

from sc_hw.proof.blocks.host.subjects import SUBJECTS
from sc_hw.proof.blocks.host.window import Told
from sc_hw.proof.induction import is_inductive

(SHORT,) = (subject for subject in SUBJECTS if subject.name == "words of 1 bit")


@pytest.mark.parametrize("helped", [True, False])
def test_the_claim_is_inductive_with_the_invariant(helped: bool, tmp_path: Path) -> None:
    harness = Told(SHORT)
    harness.helped = helped
    assert is_inductive(harness.model(), tmp_path, "told") is helped
