"""The fuzzers' harness tells every kind of fault from what a user may get."""

from __future__ import annotations

import os
import time

import pytest

from campaigns.fuzz.cases import MEMORY, Outcome, faults, fuzz, outcome_of, table


def _case(number: int) -> None:
    """Every way to end, by number."""
    match number:
        case 1:
            raise KeyError("must be one line")
        case 2:
            raise KeyError("two\nlines")
        case 3:
            raise ValueError("not for users")
        case 4:
            while True:
                pass
        case 5:
            time.sleep(1000)
        case 6:
            bytearray(3 * MEMORY)
        case 7:
            os._exit(7)
        case 8:
            raise KeyError


VERDICTS = {
    0: "accepted",
    1: "refused",
    3: "traceback",
    4: "hang",
    5: "hang",
    6: "memory",
    7: "died",
    8: "traceback",  # an error without a text
    9: "accepted",
}


class PlainError(Exception):
    """An error for users."""


def test_every_fault_is_found_and_the_next_case_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("campaigns.fuzz.cases.PATIENCE", 2)
    outcomes = list(fuzz(_case, (KeyError,), range(10), seconds=0.4))
    found = {outcome.number: outcome.verdict for outcome in outcomes}
    assert found.pop(2) in ("refused", "traceback")  # KeyError writes a newline as two signs
    assert found == VERDICTS
    assert [outcome.number for outcome in faults(outcomes)] == [3, 4, 5, 6, 7, 8]
    assert "exit code 7" in outcomes[7].text
    assert outcomes[3].text.endswith("ValueError: not for users")


@pytest.mark.parametrize("text", ["two\nlines", "a bell\x07", " "])
def test_an_error_of_another_form_is_a_fault(text: str) -> None:
    def case(number: int) -> None:
        raise PlainError(text)

    assert outcome_of(0, case, (PlainError,)).verdict == "traceback"
    assert outcome_of(0, lambda _: None, (PlainError,)).verdict == "accepted"


def test_the_table_has_all_kinds_and_every_fault() -> None:
    lines = table([Outcome(0, "refused", "x", 0.5), Outcome(4, "hang", "30 s of work", 30.0)])
    assert "| refused | 1 |" in lines
    assert "| traceback | 0 |" in lines
    assert "The slowest case, 4, took 30.0 s." in lines
    assert lines[-3:] == ["````text", "30 s of work", "````"]
