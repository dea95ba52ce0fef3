"""Tables of a report: figures as text, footnotes, rows of prices and critical paths."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from sc_hw.reporting.content import COSTS

DASH = "–"  # what is printed for a null
OLD_METRICS = "estimated before the devices' own limits were recorded; run `sc-hw estimate` again"


class Notes:
    """Footnotes in the order of their first use; the same text gets the same number."""

    def __init__(self) -> None:
        self.texts: list[str] = []

    def number(self, text: str) -> int:
        """Number of the footnote, from 1."""
        if text not in self.texts:
            self.texts.append(text)
        return self.texts.index(text) + 1


def number(value: Any, digits: int | None = None) -> str:
    """A figure as text: thousands separated, `digits` decimals, an en dash for None.

    `digits` None leaves the decimals as they are.
    """
    if value is None:
        return DASH
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, (int, float)):
        return f"{value:,}" if digits is None else f"{value:,.{digits}f}"
    return str(value)


def _cell(
    value: Any, notes: Notes, reason: str | None, digits: int | None = None, scale: float = 1
) -> dict[str, Any]:
    """Text of a table's cell; a figure that was not measured is a dash with a footnote."""
    if value is None:
        return {
            "text": DASH,
            "note": notes.number(reason or "not measured; the tool gave no reason"),
        }
    return {"text": number(value / scale if scale != 1 else value, digits), "note": None}


def _limit_cell(price: Mapping[str, Any], notes: Notes) -> dict[str, Any]:
    """The device's own clock limit and what sets it.

    A footnote has the source, and names the parts of the device without a figure.
    """
    missing = price["limit_reason"]
    if price["device_limit"] is None:
        return {"text": DASH, "what": None, "note": notes.number(missing or OLD_METRICS)}
    binds = price["device_limit"]
    text = f"Limit of the {binds['what']}, {binds['kind']}: {binds['source']}"
    return {
        "text": number(binds["mhz"], 1),
        "what": binds["what"] if binds["kind"] == "maximum" else f"{binds['what']}, typical",
        "note": notes.number("; ".join((text, *([missing] if missing else ()))) + "."),
    }


def price_rows(prices: Sequence[Mapping[str, Any]], notes: Notes) -> list[dict[str, Any]]:
    """A row for each design and target: resources, Fmax over seeds, device limit, update rate."""
    rows = []
    for price in prices:
        fmax = price["fmax"]
        spread = _cell(fmax["median_mhz"], notes, fmax["reason"], 1)
        if spread["note"] is None:
            runs = len(fmax.get("by_seed_mhz") or ())
            spread["range"] = f"{number(fmax['min_mhz'], 1)} to {number(fmax['max_mhz'], 1)}"
            spread["runs"] = f"{runs} seed{'' if runs == 1 else 's'}"
        wrapped = None
        if price["wrapper"]:
            wrapped = notes.number(
                "Placed in a frame of shift registers, so that every path runs from clock to clock;"
                " the frame's own LUT and FF are not counted (each metrics.json has them)."
            )
        rows.append(
            {
                "title": price["title"],
                "target": price["target"],
                "design": price["design"],
                "block": price["block"],
                "synapses": number(price["synapses"]),
                "note": wrapped,
                "units": price["units"],
                **{key: _cell(price[key], notes, None) for key in COSTS},
                "fmax": spread,
                "limit": _limit_cell(price, notes),
                "quoted": _cell(price["quoted_mhz"], notes, fmax["reason"] or OLD_METRICS, 1),
                "rate": _cell(
                    price["quoted_updates_per_s"], notes, fmax["reason"] or OLD_METRICS, 1, 1e6
                ),
            }
        )
    return rows


def price_tables(prices: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Both tables of a page about prices, and the footnotes that they share."""
    notes = Notes()
    rows, paths = price_rows(prices, notes), path_rows(prices, notes)
    return {"price_rows": rows, "path_rows": paths, "notes": notes.texts}


def path_rows(prices: Sequence[Mapping[str, Any]], notes: Notes) -> list[dict[str, Any]]:
    """A row for each design and target: the critical path of the median seed, in ns."""
    rows = []
    for price in prices:
        path = price["critical_path"]
        if path is None:
            reason = (
                price["fmax"]["reason"]
                or price["placed_reason"]
                or "the tool's report names no path from clock to clock"
            )
            rows.append({"price": price, "path": None, "note": notes.number(reason)})
        else:
            delays = {key: number(path[f"{key}_ns"], 2) for key in ("delay", "logic", "routing")}
            rows.append({"price": price, "path": {**path, **delays}, "note": None})
    return rows


def markdown(value: Any) -> str:
    """Text without any Markdown syntax, for a cell of a table."""
    text = " ".join(number(value).split())
    for sign in "\\`*_|<>[]":
        text = text.replace(
            sign, f"\\{sign}" if sign not in "<>" else {"<": "&lt;", ">": "&gt;"}[sign]
        )
    return text


def code_span(value: Any) -> str:
    """Text in a Markdown code span, for a cell of a table."""
    return "`" + " ".join(str(value).split()).replace("`", "'").replace("|", "\\|") + "`"


def compact(value: Any, limit: int = 240) -> str:
    """A value in one line of at most `limit` characters."""
    text = value if isinstance(value, str) else json.dumps(value, separators=(", ", ": "))
    return text if len(text) <= limit else text[:limit] + " ..."


def grouped(claims: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Claims for a table: claims of one kind about many members become one row.

    Their names are "GROUP, MEMBER: WHAT", like "schedule, 7-bit addresses: order". A claim with a
    counterexample keeps a row of its own.
    """
    rows: dict[tuple[str, str, str], dict[str, Any]] = {}
    for claim in claims:
        group, comma, rest = str(claim["name"]).partition(", ")
        member, colon, what = rest.partition(": ")
        if not (comma and colon) or "counterexample" in claim:
            rows[str(claim["name"]), "", ""] = dict(claim)
            continue
        row = rows.setdefault((group, what, str(claim["verdict"])), {"members": [], "seconds": 0.0})
        row["members"].append(member)
        row |= {
            "name": f"{group}: {what}",
            "statement": claim["statement"],
            "verdict": claim["verdict"],
        }
        row["seconds"] += claim["seconds"]
    for row in rows.values():
        if len(row.get("members", ())) > 1:
            row["statement"] = (
                f"{row['statement']} ({len(row['members'])} claims: {row['members'][0]} to"
                f" {row['members'][-1]})"
            )
    return list(rows.values())


def counterexample_text(example: Mapping[str, Any]) -> str:
    """A counterexample in one line: state, inputs, and values in which rule and netlist differ."""
    plain = [f"{name} {value}" for name, value in example.items() if not name.endswith(")")]
    pairs = [name.removesuffix(" (rule)") for name in example if name.endswith(" (rule)")]
    apart = [
        f"{name}: rule {example[f'{name} (rule)']}, netlist {example[f'{name} (netlist)']}"
        for name in pairs
        if example.get(f"{name} (netlist)") != example[f"{name} (rule)"]
    ]
    return compact("; ".join([", ".join(plain), *apart]), 400)
