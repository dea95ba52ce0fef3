"""Independent clocks of a run: periods, phases, jitter and drift, declared or drawn at random.

All in whole picoseconds. A period differs from clock to clock by up to +-jitter and wanders slowly
by up to +-drift.
"""

from __future__ import annotations

import math
import random
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

PS_PER_US = 1_000_000
BASE_PS = 10_000  # the shortest period that is drawn
MAX_RATIO = 20
MAX_JITTER, MAX_DRIFT = 0.1, 0.2  # shares of a period
WINDOWS = (0.05, 0.5, 0.95)  # shares of the shorter of two periods
KINDS = ("any", "extreme", "near", "rational")


@dataclass(frozen=True)
class Clock:
    """A domain's clock, in ps.

    Members
    -------
    period : mean length of a clock.
    phase : time of the first rising edge.
    jitter : greatest deviation of a single period.
    drift : greatest slow deviation.
    """

    period: int
    phase: int = 0
    jitter: int = 0
    drift: int = 0

    def __post_init__(self) -> None:
        if (
            self.period - self.jitter - self.drift < 2
            or min(self.phase, self.jitter, self.drift) < 0
        ):
            raise ValueError(
                "Clock must have a period of >= 2 ps after jitter and drift, and none below 0, not"
                f" {self}."
            )


@dataclass(frozen=True)
class Clocking:
    """The clocks of a run.

    Members
    -------
    clocks : by role.
    window : share of the shorter of two periods, in [0, 1). A bit that changes within that time
        before an edge of the other clock may be missed by it. 0 is no metastability.
    kind : how the periods were drawn.
    """

    clocks: Mapping[str, Clock]
    window: float = 0.0
    kind: str = "given"

    def __post_init__(self) -> None:
        if not 0 <= self.window < 1:
            raise ValueError(
                f"Clocking.window must be in [0, 1), not {self.window}; a longer one breaks the"
                " constraints of a crossing."
            )

    def as_json(self) -> dict[str, Any]:
        """For the results."""
        return {
            "kind": self.kind,
            "window": self.window,
            "clocks_ps": {role: asdict(clock) for role, clock in self.clocks.items()},
        }


def nominal(megahertz: Mapping[str, float]) -> Clocking:
    """The clocks of a design at their declared frequencies: steady, in phase, no metastability."""
    return Clocking(
        {role: Clock(round(PS_PER_US / mhz)) for role, mhz in megahertz.items()}, kind="nominal"
    )


def _periods(kind: str, count: int, rng: random.Random) -> list[int]:
    if kind == "near":  # within 2 %: the phases drift through every relation
        return [round(BASE_PS * rng.uniform(1, 1.02)) for _ in range(count)]
    if kind == "rational":  # ratios of small integers: edges fall together again and again
        return [BASE_PS * rng.choice((1, 1, 2, 3, 4, 5, 20)) for _ in range(count)]
    ratios = [MAX_RATIO ** rng.random() for _ in range(count)]
    if kind == "extreme" and count > 1:
        ratios[:2] = [1, MAX_RATIO]
        rng.shuffle(ratios)
    return [round(BASE_PS * ratio) for ratio in ratios]


def draw(roles: Sequence[str], rng: random.Random, kind: str | None = None) -> Clocking:
    """Random clocks: ratios 1:20 to 20:1, and a window of metastability of up to 0.95 periods.

    Parameters
    ----------
    roles : the domains.
    rng : source of all randomness.
    kind : one of `KINDS`, or None for any. Clocks in rational ratios are steady.
    """
    chosen = kind if kind is not None else rng.choice(KINDS)
    clocks = {}
    steady = chosen == "rational"
    for role, period in zip(roles, _periods(chosen, len(roles), rng), strict=True):
        jitter, drift = (
            (0, 0)
            if steady
            else (round(period * rng.uniform(0, most)) for most in (MAX_JITTER, MAX_DRIFT))
        )
        phase = rng.choice((0, 0, 0, BASE_PS // 2)) if steady else rng.randrange(period)
        clocks[role] = Clock(period, phase, jitter, drift)
    return Clocking(clocks, rng.choice(WINDOWS), chosen)


def drawn(roles: Sequence[str], seed: int, count: int) -> list[Clocking]:
    """Many random clockings, each kind in turn."""
    rng = random.Random(seed)
    return [draw(roles, rng, KINDS[number % len(KINDS)]) for number in range(count)]


def extremes(clockings: Iterable[Clocking]) -> tuple[float, float]:
    """Least and greatest ratio of a later role's period to an earlier's, over some clockings."""
    ratios = [
        later.period / earlier.period
        for clocking in clockings
        for number, earlier in enumerate(clocking.clocks.values())
        for later in list(clocking.clocks.values())[number + 1 :]
    ]
    return (min(ratios), max(ratios)) if ratios else (math.nan, math.nan)
