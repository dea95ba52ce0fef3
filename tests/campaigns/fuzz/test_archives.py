"""Mutants of recordings and checkpoints: each is read, or refused in one line by its own error."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

from campaigns.fuzz.archives import ERRORS, KINDS, mutant, read_mutant, reader
from campaigns.fuzz.cases import faults, outcome_of

MUTANTS = 200
# torch takes a second to import; `python -m campaigns.fuzz.archives` has it
QUICK = tuple(kind for kind in KINDS if kind != "torch")


def test_a_good_file_of_every_kind_is_read(tmp_path: Path) -> None:
    for kind in QUICK:
        file = tmp_path / "good.npz"
        file.write_bytes(reader(kind).good)
        reader(kind).read(file)


def test_a_mutant_is_the_same_every_time_and_unlike_the_others() -> None:
    assert mutant(5, QUICK) == mutant(5, QUICK)
    assert len({mutant(number, QUICK) for number in range(50)}) >= 45


def test_no_mutant_ends_in_a_traceback() -> None:
    outcomes = [
        outcome_of(number, lambda n: read_mutant(n, QUICK), ERRORS) for number in range(MUTANTS)
    ]
    assert faults(outcomes) == []
    verdicts = Counter(outcome.verdict for outcome in outcomes)
    assert verdicts["accepted"] > MUTANTS / 20  # or the mutants would show nothing
    assert verdicts["refused"] > MUTANTS / 2
    assert max(len(outcome.text) for outcome in outcomes) < 1200
