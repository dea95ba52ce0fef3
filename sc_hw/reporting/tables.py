"""Tables of a report: prices, critical paths and claims as rows of text, with footnotes.

A *price* is what a design costs on a target: resources, clock rates and critical path, as
`sc_hw.reporting.content.price_content` takes them from a `metrics.json`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

from markupsafe import Markup, escape

from sc_hw.reporting.content import COSTS

DASH = "–"  # what is printed for a null
# Footnote of a figure that only newer versions of `sc-hw estimate` write.
OLD_METRICS = "estimated before the devices' own limits were recorded; run `sc-hw estimate` again"
OLD_SHARES = "estimated before the devices' totals were recorded; run `sc-hw estimate` again"
UPDATES_PER_COUNT = 1e6  # the heading of the column says 10^6 synapse updates a second
# Longest texts in characters, so that a wide array does not make a table unreadable: about three
# lines of a page for a value, five for a counterexample.
LONGEST_VALUE, LONGEST_COUNTEREXAMPLE = 240, 400


class Notes:
    """Footnotes in the order of their first use; the same text gets the same number."""

    def __init__(self) -> None:
        self.texts: list[str] = []

    def number(self, text: str) -> int:
        """Number of the footnote with that text, from 1; a new text is added."""
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
    """Text of a table's cell; a figure that was not measured is a dash with a footnote.

    Parameters
    ----------
    value : the figure, or None.
    notes : the page's footnotes.
    reason : the footnote for None; None where the tool gave no reason.
    digits : decimals; None leaves them as they are.
    scale : unit of the cell, in units of `value`.

    Returns a dict with `text`, and `note`, the footnote's number or None.
    """
    if value is None:
        return {
            "text": DASH,
            "note": notes.number(reason or "not measured; the tool gave no reason"),
        }
    return {"text": number(value / scale if scale != 1 else value, digits), "note": None}


def _limit_cell(price: Mapping[str, Any], notes: Notes) -> dict[str, Any]:
    """The device's own clock limit in MHz, and the part of the device that sets it.

    A footnote has the limit's source, and names the parts of the device whose limit is not known.
    See `sc_hw.fabric.targets.ClockLimit`.
    """
    missing = price["limit_reason"]
    if price["device_limit"] is None:
        return {"text": DASH, "what": None, "note": notes.number(missing or OLD_METRICS)}
    binds = price["device_limit"]
    text = f"Limit of the {binds['what']}, {binds['kind']}: {binds['source']}"
    return {
        "text": number(binds["mhz"], 1),
        # Only a `maximum` is guaranteed; each other kind of figure is a typical one.
        "what": binds["what"] if binds["kind"] == "maximum" else f"{binds['what']}, typical",
        "note": notes.number("; ".join((text, *([missing] if missing else ()))) + "."),
    }


def price_rows(prices: Sequence[Mapping[str, Any]], notes: Notes) -> list[dict[str, Any]]:
    """A row for each design and target: resources, clock rates in MHz, and update rate.

    `fmax` is nextpnr's median over its seeds, `limit` the device's own. `quoted` is the lower of
    the two, and `rate` the synapse updates a second at that clock, in 10^6.
    """
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
        # No clock is quoted where nextpnr gave no Fmax, or where older metrics lack the key.
        not_quoted = fmax["reason"] or OLD_METRICS
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
                "quoted": _cell(price["quoted_mhz"], notes, not_quoted, 1),
                "rate": _cell(
                    price["quoted_updates_per_s"], notes, not_quoted, 1, UPDATES_PER_COUNT
                ),
            }
        )
    return rows


def share_rows(prices: Sequence[Mapping[str, Any]], notes: Notes) -> list[dict[str, Any]]:
    """A row for each design and target: its share of the device, whether it fits, its latency."""
    rows = []
    for price in prices:
        device = price["device"]
        shares = {}
        for unit in COSTS:
            resource = None if device is None else device["resources"][unit]
            reason = OLD_SHARES if device is None else f"no total: {device['source']}"
            if resource is None or resource["available"] is None:
                shares[unit] = {"text": DASH, "note": notes.number(reason)}
                continue
            percent = "" if resource["percent"] is None else f" ({resource['percent']} %)"
            shares[unit] = {
                "text": f"{number(resource['used'])} of {number(resource['available'])}{percent}",
                "note": None,
            }
        reason = OLD_SHARES if device is None else price["fits_reason"]
        fits = {"text": number(price["fits"]), "note": reason and notes.number(reason)}
        no_clock = price["fmax"]["reason"] or "several clocks, or an older estimate"
        latency = _cell(price["latency_us"], notes, no_clock)
        rows.append({"price": price, "shares": shares, "fits": fits, "latency": latency})
        for note in price["product_notes"] or ():
            notes.number(f"{price['title']}: {note}.")
    return rows


def price_tables(prices: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """The tables of a page about prices: costs, shares of the device, critical paths; footnotes."""
    notes = Notes()
    rows, paths = price_rows(prices, notes), path_rows(prices, notes)
    shares = share_rows(prices, notes)
    return {"price_rows": rows, "share_rows": shares, "path_rows": paths, "notes": notes.texts}


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
    """Text in one line, its Markdown and HTML signs escaped, for a cell of a table."""
    text = " ".join(number(value).split())
    for sign in "\\`*_|<>[]":
        text = text.replace(
            sign, f"\\{sign}" if sign not in "<>" else {"<": "&lt;", ">": "&gt;"}[sign]
        )
    return text


def code_spans(text: str) -> Markup:
    """A text as HTML, in which what stands in backquotes is code."""
    return Markup(re.sub(r"`([^`]+)`", r"<code>\1</code>", str(escape(text))))


def code_span(value: Any) -> str:
    """Text in a Markdown code span, for a cell of a table."""
    # A backtick would end the span, and a bar the cell.
    return "`" + " ".join(str(value).split()).replace("`", "'").replace("|", "\\|") + "`"


def compact(value: Any, limit: int = LONGEST_VALUE) -> str:
    """A value in one line: its first `limit` characters, and " ..." where more were cut off."""
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
    # A signal that rule and netlist both have comes twice, as "NAME (rule)" and "NAME (netlist)".
    plain = [f"{name} {value}" for name, value in example.items() if not name.endswith(")")]
    pairs = [name.removesuffix(" (rule)") for name in example if name.endswith(" (rule)")]
    apart = [
        f"{name}: rule {example[f'{name} (rule)']}, netlist {example[f'{name} (netlist)']}"
        for name in pairs
        if example.get(f"{name} (netlist)") != example[f"{name} (rule)"]
    ]
    return compact("; ".join([", ".join(plain), *apart]), LONGEST_COUNTEREXAMPLE)
