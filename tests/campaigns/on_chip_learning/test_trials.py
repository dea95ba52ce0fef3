"""Short runs of the bandit and of the pole, as rows of the report."""

from __future__ import annotations

from campaigns.on_chip_learning import trials as campaign

NO_ROWS: dict[str, list[dict[str, object]]] = {part: [] for part in campaign.TRIAL_PARTS}


def test_rows_of_bandits() -> None:
    rows = {(row["kind"], *row["pays"]): row for row in campaign.bandit_rows((3, 4), 600)}
    assert len(rows) == 8
    assert rows["integers, all on the chip", 0.9, 0.1]["last"] > 0.8
    assert rows["integers, all on the chip", 0.7, 0.3]["last"] > 0.55
    assert all(0.3 < row["whole_worst"] <= row["whole"] < 0.95 for row in rows.values())
    text = campaign.trial_lines({**NO_ROWS, "bandit": list(rows.values())})
    assert sum("| 0.7, 0.3 |" in line for line in text) == 4


def test_rows_of_poles() -> None:
    rows = {row["kind"]: row for row in campaign.pole_rows((3,), 60, 1)}
    assert {row["episodes"] for row in rows.values()} == {60}
    assert all(row["last"][0] > 30 for row in rows.values())
    assert len(rows["floating point"]["in_the_course"]) == 2
    text = campaign.trial_lines({**NO_ROWS, "pole": list(rows.values())})
    assert sum(line.startswith("| ") and "| 60 |" in line for line in text) == 2


def test_parts_that_were_not_run_are_named() -> None:
    lines = campaign.trial_lines({**NO_ROWS, "pole": None, "rtl_pole": None})
    assert "Not run: `--part pole`, `--part rtl_pole`." in lines
