"""Claims about the scanner, the sequencer, the reader and the lanes of event layers: all proved."""

from __future__ import annotations

from pathlib import Path

import pytest
from event_networks import other_intervals, two_event_layers, verdicts_of_parts

from sc_model.spec import DenseSpec, Design, NetworkSpec


def many_columns() -> Design:
    """A scanner of more columns than a solver follows all at once."""
    layer = DenseSpec(name="wide", inputs=250, neurons=2, engine="events")
    return Design(name="wide", block="network", network=NetworkSpec(layers=(layer,)))


@pytest.mark.parametrize(
    ("fault", "verdict"),
    [
        (("", ""), "proved"),
        ((r"number \+ 1'h1", "number + 2'h2"), "refuted"),
        ((r"\[8:1\] = \{ number,", "[8:1] = { ~number,"), "refuted"),
        ((r"left <= [^;]+;", "left <= left;"), "refuted"),
    ],
    ids=["as it is", "chunks are skipped", "numbers are wrong", "nothing is taken away"],
)
def test_every_column_is_followed(fault: tuple[str, str], verdict: str, tmp_path: Path) -> None:
    verdicts = verdicts_of_parts(many_columns(), tmp_path, "scanner", fault)
    assert verdicts["layer wide, scanner: each active column once"] == verdict


def test_counts_in_slices_are_searched_with_a_bias_behind_them(tmp_path: Path) -> None:
    """What a slice has at the bias's place does not matter, in no bit of a count."""
    verdicts = verdicts_of_parts(other_intervals(), tmp_path, "scanner")
    assert set(verdicts.values()) == {"proved"}
    assert "layer first, scanner: the search" in verdicts


def test_all_claims_about_the_parts_are_proved(tmp_path: Path) -> None:
    verdicts = verdicts_of_parts(two_event_layers(), tmp_path, "")
    assert set(verdicts.values()) == {"proved"}
    for name in (
        "layer first, lanes: one sum",
        "layer first, scanner: the search",
        "layer second, scanner: each active column once",
        "layer second, sequencer: distance of additions",
        "layer second, reader: each partial sum once",
    ):
        assert name in verdicts


def test_fetches_that_go_on_are_refuted(tmp_path: Path) -> None:
    fault = (r"\bfetch <= (?!1'h0)[^;]+;", "fetch <= sweeping;")
    verdicts = verdicts_of_parts(many_columns(), tmp_path, "reader", fault)
    assert verdicts["layer wide, reader: each partial sum once"] == "refuted"
