"""Independent clocks of a run: periods, phases, jitter and drift, declared or drawn at random.

All times are whole picoseconds. Each single period of a clock differs from the mean by up to
+-jitter, drawn anew every time, and by up to +-drift, which wanders slowly.
"""

from __future__ import annotations

import math
import random
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

PS_PER_US = 1_000_000  # a clock of 1 MHz has a period of 1 us
# The shortest period that is drawn. Only ratios matter, as gates have no delay in the simulation;
# 10 ns leaves enough picoseconds for small ratios, jitter and drift.
BASE_PS = 10_000
# Greatest ratio of two drawn periods. It is far above the two or three clocks that a synchroniser
# takes, so that the faster side has long been idle when the slower one's answer comes.
MAX_RATIO = 20
# Greatest drawn jitter and drift, as shares of a period. An oscillator has far less; with so much a
# short run meets many relations of the phases. At least 0.7 of a period remains.
MAX_JITTER, MAX_DRIFT = 0.1, 0.2
# Drawn windows of metastability, as shares of the shorter of two periods: a short one, as a fast
# path leaves it, a half, and nearly the whole period that the constraints allow for a crossing.
WINDOWS = (0.05, 0.5, 0.95)
# How periods are drawn. `any`: ratios at random; `extreme`: also one pair of clocks at `MAX_RATIO`;
# `near`: almost equal periods; `rational`: ratios of small integers.
KINDS = ("any", "extreme", "near", "rational")


@dataclass(frozen=True)
class Clock:
    """The clock of a domain; all members are times in ps.

    Members
    -------
    period : mean period.
    phase : time of the first rising edge.
    jitter : greatest deviation of a single period from the slowly wandering one.
    drift : greatest deviation of the slowly wandering period from the mean.

    Raises
    ------
    ValueError
        a time is negative, or a period could be shorter than 2 ps.
    """

    period: int
    phase: int = 0
    jitter: int = 0
    drift: int = 0

    def __post_init__(self) -> None:
        # The driver halves each period, and each half takes at least 1 ps.
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
    clocks : the clock of each domain, by the domain's role.
    window : window of metastability as a share of the shorter of two clocks' periods, in [0, 1). A
        bit of one domain that changes within that time before an edge of the other domain's clock
        is taken old or new by that edge, at random. 0 is no metastability.
    kind : how the periods were drawn, one of `KINDS`; otherwise ``nominal`` or ``given``.

    Raises
    ------
    ValueError
        the window is out of range.
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
        """The clocks as a co-simulation's results hold them."""
        return {
            "kind": self.kind,
            "window": self.window,
            "clocks_ps": {role: asdict(clock) for role, clock in self.clocks.items()},
        }


def nominal(megahertz: Mapping[str, float]) -> Clocking:
    """The clocks of a design at their declared frequencies: steady, in phase, no metastability.

    Parameters
    ----------
    megahertz : frequency of each domain's clock in MHz, by role.
    """
    return Clocking(
        {role: Clock(round(PS_PER_US / mhz)) for role, mhz in megahertz.items()}, kind="nominal"
    )


def _periods(kind: str, count: int, rng: random.Random) -> list[int]:
    """Periods in ps of `count` clocks of a kind."""
    # Within 2 % the phase between two clocks moves by little each time: it takes on every value.
    if kind == "near":
        return [round(BASE_PS * rng.uniform(1, 1.02)) for _ in range(count)]
    # With ratios of small integers edges fall together again and again. A factor of 1 comes twice,
    # so that equal clocks, whose edges always do so, are common.
    if kind == "rational":
        return [BASE_PS * rng.choice((1, 1, 2, 3, 4, 5, MAX_RATIO)) for _ in range(count)]
    # The exponent is uniform, so that a ratio from 1 to 2 is as likely as one from 10 to 20.
    ratios = [MAX_RATIO ** rng.random() for _ in range(count)]
    if kind == "extreme" and count > 1:
        ratios[:2] = [1, MAX_RATIO]
        rng.shuffle(ratios)
    return [round(BASE_PS * ratio) for ratio in ratios]


def draw(roles: Sequence[str], rng: random.Random, kind: str | None = None) -> Clocking:
    """Random clocks, with ratios up to `MAX_RATIO` and one of the `WINDOWS` of metastability.

    Parameters
    ----------
    roles : roles of the domains, each of which gets a clock.
    rng : source of all randomness.
    kind : one of `KINDS`; None draws one of them. Clocks in rational ratios have neither jitter nor
        drift, or their edges would not stay together.
    """
    clock_kind = kind if kind is not None else rng.choice(KINDS)
    clocks = {}
    steady = clock_kind == "rational"
    for role, period in zip(roles, _periods(clock_kind, len(roles), rng), strict=True):
        jitter, drift = (
            (0, 0)
            if steady
            else (round(period * rng.uniform(0, most)) for most in (MAX_JITTER, MAX_DRIFT))
        )
        # Most steady clocks start together, so that their rising edges coincide. One in four starts
        # `BASE_PS` / 2 later, so that its edges meet the falling ones of a clock of that period.
        phase = rng.choice((0, 0, 0, BASE_PS // 2)) if steady else rng.randrange(period)
        clocks[role] = Clock(period, phase, jitter, drift)
    return Clocking(clocks, rng.choice(WINDOWS), clock_kind)


def drawn(roles: Sequence[str], seed: int, count: int) -> list[Clocking]:
    """`count` random clockings from a seed, each of the `KINDS` in turn; roles as for `draw`."""
    rng = random.Random(seed)
    return [draw(roles, rng, KINDS[number % len(KINDS)]) for number in range(count)]


def extremes(clockings: Iterable[Clocking]) -> tuple[float, float]:
    """Least and greatest ratio of a later role's mean period to an earlier role's.

    They are taken over all pairs of clocks in all clockings; NaN where there is no pair.
    """
    ratios = [
        later.period / earlier.period
        for clocking in clockings
        for number, earlier in enumerate(clocking.clocks.values())
        for later in list(clocking.clocks.values())[number + 1 :]
    ]
    return (min(ratios), max(ratios)) if ratios else (math.nan, math.nan)
