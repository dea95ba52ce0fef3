"""Whether a design fits a device: what it uses of each kind of cell, of how many there are."""

from __future__ import annotations

from collections.abc import Mapping
from fnmatch import fnmatchcase
from typing import Any

from sc_hw.fabric.families import Family
from sc_hw.fabric.primitives import MultiplyAdd, PipelinedMultiplier
from sc_hw.fabric.targets import Target

# what the units are called in sentences, in the order in which they are checked
NAMES = {
    "bram": "block RAM",
    "dsp": "multipliers",
    "spram": "SPRAM",
    "lut": "LUT",
    "ff": "flip-flops",
}


def usage(
    target: Target, used: Mapping[str, float], cells: Mapping[str, int]
) -> dict[str, dict[str, float | None]]:
    """What a design uses of each unit of a device, and of how many.

    Parameters
    ----------
    target : the device.
    used : LUT, FF, BRAM and DSP of the block without its frame.
    cells : number of cells by type.

    Returns
    -------
    By unit: used, available and percent. `available` is None where the target names no part, or
    builds the unit of logic.
    """
    counts = dict(used)
    spram = sum(number for cell, number in cells.items() if fnmatchcase(cell, "SB_SPRAM*"))
    if spram or "spram" in target.capacity:
        counts["spram"] = spram
    return {
        unit: {
            "used": number,
            "available": target.capacity.get(unit),
            "percent": _percent(number, target.capacity.get(unit)),
        }
        for unit, number in counts.items()
    }


def _percent(used: float, available: float | None) -> float | None:
    """Share in percent with one decimal; None without a total, or with a total of none."""
    return round(100 * used / available, 1) if available else None


def overflow(resources: Mapping[str, Mapping[str, float | None]]) -> str | None:
    """What the device has too little of, as `does not fit: block RAM 289 of 30`; None if it fits.

    The check is necessary and not sufficient: routes, pairs of a LUT with a flip-flop and the
    frame are placed by nextpnr alone.
    """
    parts = []
    for unit, name in NAMES.items():
        row = resources.get(unit)
        if row is not None and row["available"] is not None and row["used"] is not None:
            used, available = row["used"], row["available"]
            if used > available:
                parts.append(f"{name} {used:,} of {available:,}")
    return f"does not fit: {', '.join(parts)}" if parts else None


def verdict(target: Target, excess: str | None, figures: Mapping[str, Any]) -> dict[str, Any]:
    """Whether the design fits the device, and why it is not known where it isn't.

    Parameters
    ----------
    target : the device.
    excess : from :func:`overflow`.
    figures : of place and route.

    Returns
    -------
    fits : false where there is too little of something; true where nextpnr has placed and routed
        the design; None where nothing was placed.
    fits_reason : what there is too little of, or why it is not known; None where it fits.
    """
    if excess is not None:
        return {"fits": False, "fits_reason": excess}
    if figures["placed"] is not None:
        return {"fits": True, "fits_reason": None}
    if not target.capacity:
        return {"fits": None, "fits_reason": target.capacity_source}
    return {"fits": None, "fits_reason": figures["placed_reason"]}


class ProductWatch:
    """A family that notes which products its multiplier is too narrow for.

    It takes the place of the family as platform of an elaboration; everything else is the
    family's.

    Parameters
    ----------
    family : the family.

    Members
    -------
    wide : signed bits of the factors of each such product, the wider factor first.
    """

    def __init__(self, family: Family) -> None:
        self._family = family
        self.wide: list[tuple[int, int]] = []

    def __getattr__(self, name: str) -> Any:
        return getattr(self._family, name)

    def _note(self, a: int, b: int) -> None:
        block = self._family.multiplier
        if block is not None and not _holds(block, a, b):
            self.wide.append((max(a, b), min(a, b)))

    def get_multiplier(self, multiplier: PipelinedMultiplier) -> Any:
        """The family's multiplier, and a note where a product does not fit one block."""
        self._note(multiplier.a_width, multiplier.b_width)
        return self._family.get_multiplier(multiplier)

    def get_multiply_add(self, unit: MultiplyAdd) -> Any:
        """The family's multiplier with its adder, and a note as above."""
        self._note(unit.a_width, unit.b_width)
        return self._family.get_multiply_add(unit)

    def notes(self) -> list[str]:
        """A sentence for each kind of product that one multiplier of the fabric does not hold."""
        block = self._family.multiplier
        if block is None:
            return []
        return [
            f"a product of {a} x {b} signed bits (an unsigned factor counts one bit more) does not"
            f" fit the fabric's multiplier of {block[0]} x {block[1]}: it is built of logic, or of"
            " several blocks; narrower factors save most of it"
            for a, b in sorted(set(self.wide), reverse=True)
        ]


def _holds(block: tuple[int, int], a: int, b: int) -> bool:
    """Whether a multiplier's factors hold two factors, in either order."""
    return max(a, b) <= max(block) and min(a, b) <= min(block)
