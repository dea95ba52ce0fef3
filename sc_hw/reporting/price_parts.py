"""Tables of a report: the price before synthesis by part, beside what synthesis measured."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sc_hw.reporting.content import COSTS
from sc_hw.reporting.tables import DASH, number

PRICE_SCHEMA = "sc-hw.price.v1"


def bar_text(bar: Mapping[str, float | None]) -> str:
    """`935 to 962`; empty where a figure has no bar, or one of no width."""
    low, high = bar["low"], bar["high"]
    return "" if low is None or low == high else f"{number(low)} to {number(high)}"


def part_tables(
    predicted: Sequence[Mapping[str, Any]], measured: Sequence[Mapping[str, Any]]
) -> list[dict[str, Any]]:
    """A table for each target: a row for each part that has cells, and one for all of them.

    Parameters
    ----------
    predicted : rows of `sc-hw price`.
    measured : prices of the report, whose figures stand below those of the same target.
    """
    by_target = {price["target"]: price for price in measured}
    return [_table(row, by_target.get(row["target"])) for row in predicted]


def _table(row: Mapping[str, Any], measured: Mapping[str, Any] | None) -> dict[str, Any]:
    parts = [
        {"name": name, "lut": _cell(part["lut"]), **{unit: _cell(part[unit]) for unit in COSTS[1:]}}
        for name, part in row["parts"].items()
        if part["lut"]["value"] or any(part[unit] for unit in COSTS[1:])
    ]
    whole = {"name": "all, predicted", **{unit: _cell(row[unit]) for unit in COSTS}}
    rows = [*parts, whole]
    if measured is not None:
        rows.append({"name": "all, measured", **{unit: _cell(measured[unit]) for unit in COSTS}})
    return {
        "title": row["title"],
        "target": row["target"],
        "rows": rows,
        "clock": _clock(row, measured),
        "note": row["model_note"],
    }


def _cell(value: Any) -> dict[str, str]:
    """Text and bar of a figure, which may be a number alone."""
    if isinstance(value, Mapping):
        return {"text": number(value["value"]), "bar": bar_text(value)}
    return {"text": number(value), "bar": ""}


def _clock(row: Mapping[str, Any], measured: Mapping[str, Any] | None) -> str:
    """The clock that was predicted and the one that was measured, as a sentence."""
    if row["fmax_mhz"]["value"] is None:
        text = f"Clock: {DASH}, {row['fmax_reason']}"
    else:
        text = f"Clock: {number(row['fmax_mhz']['value'])} MHz ({bar_text(row['fmax_mhz'])})"
    median = None if measured is None else measured["fmax"]["median_mhz"]
    return f"{text}; nextpnr: {number(median)} MHz" if median is not None else text
