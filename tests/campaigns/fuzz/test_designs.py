"""Mutants of design files: each is read, or refused in one line."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from campaigns.fuzz.cases import faults, outcome_of
from campaigns.fuzz.designs import ERRORS, bases, mutant, toml
from sc_hw.build.blocks import block_of
from sc_hw.fabric.families import load_family
from sc_model.spec import load_design

MUTANTS = 400


def test_examples_survive_being_written() -> None:
    for tables in bases():
        assert tomllib.loads(toml(tables)) == tables


def test_a_mutant_is_the_same_every_time_and_unlike_the_others() -> None:
    assert mutant(5) == mutant(5)
    assert len({mutant(number) for number in range(50)}) == 50


def test_no_mutant_ends_in_a_traceback(tmp_path: Path) -> None:
    """As far as the components of the design; `python -m campaigns.fuzz.designs` elaborates."""
    file = tmp_path / "mutant.toml"

    def case(number: int) -> None:
        file.write_text(mutant(number), encoding="utf-8", errors="surrogateescape")
        design = load_design(file)
        block_of(design, load_family(design.fabric))

    outcomes = [outcome_of(number, case, ERRORS) for number in range(MUTANTS)]
    assert faults(outcomes) == []
    verdicts = [outcome.verdict for outcome in outcomes]
    assert verdicts.count("accepted") > MUTANTS / 8  # or the mutants would show nothing
    assert verdicts.count("refused") > MUTANTS / 4


@pytest.mark.soak
def test_no_mutant_ends_in_a_traceback_when_elaborated() -> None:
    from campaigns.fuzz.cases import fuzz
    from campaigns.fuzz.designs import elaborate_mutant

    assert faults(list(fuzz(elaborate_mutant, ERRORS, range(20_000, 20_300)))) == []
