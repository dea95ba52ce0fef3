"""What the silicon itself can be clocked at, and the clock that is quoted: the lower of that and
nextpnr's.

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
    """Whether the limit holds for a design of these cells."""
    return not limit.cells or any(
        any(fnmatchcase(cell["type"], pattern) for pattern in limit.cells)
        and all(_value(cell["parameters"].get(name, "0")) == wanted for name, wanted in limit.where)
        for cell in cells
    )


def device_limit(limits: Iterable[ClockLimit], netlist: Mapping[str, Any]) -> dict[str, Any]:
    """The lowest limit among what a design uses, and of which uses the vendor's figure is not
    known.

    Parameters
    ----------
    limits : of the target.
    netlist : as Yosys writes it in JSON.

    Returns a dict with `device_limit_mhz`, None where no figure is known; `device_limit`, the limit
    that binds; `limits`, all that hold for the design; and `limit_reason`, which figures are
    missing and why, or None.
    """
    cells = [cell for module in netlist["modules"].values() for cell in module["cells"].values()]
    held = [limit for limit in limits if _holds(limit, cells)]
    known = [limit for limit in held if limit.mhz is not None]
    lowest = min(known, key=lambda limit: limit.mhz or 0, default=None)
    missing = [
        f"no figure for the {limit.what}: {limit.source}" for limit in held if limit.mhz is None
    ]
    if not held:
        missing = ["no figures are recorded for this target"]
    shown = [
        {
            "what": limit.what,
            "mhz": None if limit.mhz is None else float(limit.mhz),
            "kind": limit.kind,
            "source": limit.source,
        }
        for limit in held
    ]
    return {
        "device_limit_mhz": None if lowest is None else shown[held.index(lowest)]["mhz"],
        "device_limit": None if lowest is None else shown[held.index(lowest)],
        "limit_reason": "; ".join(missing) or None,
        "limits": shown,
    }


def quote(median_mhz: float | None, reason: str | None, limit: Mapping[str, Any]) -> dict[str, Any]:
    """The clock that is quoted: the lower of nextpnr's median and the device's limit, and which of
    the two it is.

    Parameters
    ----------
    median_mhz, reason : nextpnr's figure, or why it has none.
    limit : from :func:`device_limit`.

    Returns a dict with `quoted_mhz`, None without a figure of nextpnr's (a limit alone says nothing
    about the design); `quoted_from`, `nextpnr` or what binds; and `quoted_reason`, why there is no
    figure.
    """
    mhz, binds = limit["device_limit_mhz"], limit["device_limit"]
    if median_mhz is None:
        return {"quoted_mhz": None, "quoted_from": None, "quoted_reason": reason}
    if mhz is None or median_mhz <= mhz:
        return {"quoted_mhz": median_mhz, "quoted_from": "nextpnr", "quoted_reason": None}
    return {"quoted_mhz": mhz, "quoted_from": binds["what"], "quoted_reason": None}
