"""A PLL's settings, chosen by search over its dividers, and the clock that they give."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from sc_model.spec.errors import ConfigError


@dataclass(frozen=True)
class Pll:
    """How the system's clock is made from the oscillator's.

    Members
    -------
    primitive : the PLL's name in the device; empty where the oscillator's clock is used as it is.
    reference_mhz : of the oscillator.
    asked_mhz : what was asked for.
    mhz : what the settings give.
    vco_mhz : of the PLL's own oscillator; 0 without a PLL.
    parameters : the primitive's parameters that set the frequency.
    """

    primitive: str
    reference_mhz: float
    asked_mhz: float
    mhz: float
    vco_mhz: float = 0.0
    parameters: Mapping[str, int] | None = None


@dataclass(frozen=True)
class Range:
    """From and to, in MHz, both included."""

    low: float
    high: float

    def __contains__(self, mhz: object) -> bool:
        return isinstance(mhz, float | int) and self.low <= mhz <= self.high

    def __str__(self) -> str:
        return f"{self.low:g} to {self.high:g} MHz"


@dataclass(frozen=True)
class Setting:
    """One setting of the dividers.

    Members
    -------
    parameters : by name.
    phase_mhz : frequency at which the PLL compares.
    vco_mhz : of its oscillator.
    mhz : of its output.
    """

    parameters: Mapping[str, int]
    phase_mhz: float
    vco_mhz: float
    mhz: float


def nearest(
    settings: Iterable[Setting],
    asked_mhz: float,
    *,
    phase: Range,
    vco: Range,
    output: Range,
    vco_aim: float | None = None,
) -> Setting | None:
    """The allowed setting whose output is nearest; of equals the first, or that nearest `vco_aim`.

    Parameters
    ----------
    settings : all of them, in the order in which the vendor's or the open tool tries them.
    asked_mhz : the wanted output.
    phase, vco, output : what the data sheet allows.
    vco_aim : which frequency of the oscillator is preferred among equals; None: the first found.
    """
    best: Setting | None = None
    best_rank = (float("inf"), float("inf"))
    for setting in settings:
        if setting.phase_mhz not in phase or setting.vco_mhz not in vco:
            continue
        if setting.mhz not in output:
            continue
        away = 0.0 if vco_aim is None else abs(setting.vco_mhz - vco_aim)
        rank = (round(abs(setting.mhz - asked_mhz), 9), away)
        if rank < best_rank:
            best, best_rank = setting, rank
    return best


def unreachable(asked_mhz: float, reference_mhz: float, output: Range) -> ConfigError:
    """The error for a clock that the PLL can't make."""
    return ConfigError(
        f"--mhz must be {output} on this board (its PLL), or {reference_mhz:g} (its oscillator),"
        f" not {asked_mhz:g}."
    )
