"""Clock limits of the silicon, and the clock that is quoted: the lower of limit and Fmax.

nextpnr checks paths between registers. It does not know how fast clock tree, block RAM and
multiplier may be clocked: that is in the vendor's data sheet, and here in the targets.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from fnmatch import fnmatchcase
from typing import Any

from sc_hw.fabric.targets import ClockLimit


def _value(parameter: Any) -> int | None:
    """A parameter as Yosys writes it, binary digits in a string; None for text."""
    digits = str(parameter)
    return int(digits, 2) if digits and set(digits) <= {"0", "1"} else None


def _holds(limit: ClockLimit, cells: Iterable[Mapping[str, Any]]) -> bool:
    """Whether a limit applies to a design of these cells; one without cell types always does."""
    # Yosys leaves out a parameter that a cell does not have: it counts as 0.
    return not limit.cells or any(
        any(fnmatchcase(cell["type"], pattern) for pattern in limit.cells)
        and all(_value(cell["parameters"].get(name, "0")) == value for name, value in limit.where)
        for cell in cells
    )


def device_limit(limits: Iterable[ClockLimit], netlist: Mapping[str, Any]) -> dict[str, Any]:
    """The lowest clock limit among the parts of the device that a design uses.

    Parameters
    ----------
    limits : of the target.
    netlist : as Yosys writes it in JSON.

    Returns
    -------
    device_limit_mhz : float, MHz; None where no figure is known.
    device_limit : dict, the limit that binds: what, mhz, kind, source; None where none is known.
    limits : list of dicts, all limits that apply to the design.
    limit_reason : text, which figures are missing and why; None where none is.
    """
    cells = [cell for module in netlist["modules"].values() for cell in module["cells"].values()]
    applicable = [limit for limit in limits if _holds(limit, cells)]
    with_figure = [limit for limit in applicable if limit.mhz is not None]
    lowest = min(with_figure, key=lambda limit: limit.mhz or 0, default=None)
    missing = [
        f"no figure for the {limit.what}: {limit.source}"
        for limit in applicable
        if limit.mhz is None
    ]
    if not applicable:
        missing = ["no figures are recorded for this target"]
    rows = [
        {
            "what": limit.what,
            "mhz": None if limit.mhz is None else float(limit.mhz),
            "kind": limit.kind,
            "source": limit.source,
        }
        for limit in applicable
    ]
    return {
        "device_limit_mhz": None if lowest is None else rows[applicable.index(lowest)]["mhz"],
        "device_limit": None if lowest is None else rows[applicable.index(lowest)],
        "limit_reason": "; ".join(missing) or None,
        "limits": rows,
    }


def quote(median_mhz: float | None, reason: str | None, limit: Mapping[str, Any]) -> dict[str, Any]:
    """The clock that is quoted: the lower of nextpnr's median and the device's limit.

    Parameters
    ----------
    median_mhz : MHz, nextpnr's Fmax, or None.
    reason : why nextpnr has no figure, or None.
    limit : from :func:`device_limit`.

    Returns
    -------
    quoted_mhz : MHz; None without a figure of nextpnr's, for a limit alone says nothing about the
        design.
    quoted_from : ``nextpnr``, or the part of the device whose limit is lower.
    quoted_reason : why there is no figure, or None.
    """
    mhz, binds = limit["device_limit_mhz"], limit["device_limit"]
    if median_mhz is None:
        return {"quoted_mhz": None, "quoted_from": None, "quoted_reason": reason}
    if mhz is None or median_mhz <= mhz:
        return {"quoted_mhz": median_mhz, "quoted_from": "nextpnr", "quoted_reason": None}
    return {"quoted_mhz": mhz, "quoted_from": binds["what"], "quoted_reason": None}
