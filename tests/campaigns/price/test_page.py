"""The page of the price model's errors."""

from __future__ import annotations

from typing import Any

from campaigns.price.page import markdown


def figures(designs: int, timed: int | None = None) -> dict[str, Any]:
    """Errors of some designs, of which so many have a clock."""
    found = {"designs": designs, "median_percent": 2.5, "p90_percent": 8.0, "exact": designs}
    none = {"designs": 0, "median_percent": None, "p90_percent": None, "exact": 0}
    clock = {**found, "designs": timed} if timed else none
    return {
        "designs": designs,
        **dict.fromkeys(("lut", "ff", "bram", "dsp"), found),
        "fmax_mhz": clock,
    }


def test_a_row_a_group_and_what_was_not_measured() -> None:
    values = {
        "command": "python -m campaigns.price",
        "held_out": figures(60, 59),
        "held_out_later": figures(20, 20),
        "held_out_by_target": {"a": figures(30, 30)},
        "held_out_by_block": {"bank": figures(15, 15), "recurrent_network": figures(4)},
        "held_out_learning": {"a": figures(4)},
        "fitted_to": figures(120, 120),
        "fitted_to_learning": figures(5),
        "learning_drawn": 32,
        "least": "Three are the least.",
        "changed_since": [3, 4],
        "failed": [{"number": 180, "target": "a", "failed": "too long"}],
    }
    page = markdown(values)
    row = "2.5 % | 8.0 % | 2.5 % | {0} of {0} | {0} of {0} | {0} of {0} |"
    assert f"| all but networks that learn | 60 | {row.format(60)} 2.5 % | 8.0 % | 59 |" in page
    assert f"| recurrent_network | 4 | {row.format(4)} - | - | 0 |" in page
    assert "| both that learn, a | 4 |" in page
    assert "Of at least 2 designs today's generator makes other Verilog" in page
    assert "Three are the least." in page
    assert "Not measured: 1 designs.\n* 180 on a: too long\n" in page
    values["fitted_to_learning"] = figures(0)
    assert "Networks that learn were drawn later" not in markdown(values)
