"""Nobody waits for ever at the host port: a rank for each state of its machine.

The rank of a state is the number of clocks, at most, until the good thing happens. Along each path
of the machine the ranks go down, by one a clock; a state that waits for a counter adds the clocks
that it still has to count.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from sc_hw.proof.liveness import Rank
from sc_hw.proof.prover import Prover
from sc_model.graph.smt import K

_ADDRESSED = 8  # clocks that a word beside the lanes is addressed, in `HostPort`
_COUNTED = 16  # the counter of these clocks wraps


class Waits:
    """Ranks of a host port.

    Parameters
    ----------
    prover : makes the terms.
    at, bit : value of a signal in a clock; whether it is high.
    drain, settle : of the port.

    Members
    -------
    access_within : clocks until a request is taken.
    open_within : clocks until a step may begin.
    idle_within : clocks until `idle`.
    """

    def __init__(
        self,
        prover: Prover,
        at: Callable[[int, str], Any],
        bit: Callable[[int, str], Any],
        drain: int,
        settle: int,
    ) -> None:
        self.prover, self.at, self.bit = prover, at, bit
        self.drain, self.settle = drain, settle
        # A request is taken in the clock behind `decide`.
        self._access, top = self._ranks(1)
        # Without one a step may begin two clocks behind the fetch of the lanes' values.
        self._fetch, first = self._fetch_ranks(1)
        self._opening, open_top = self._ranks(first + 1)
        # In `run` the port is idle when `drain` clocks have passed.
        self._rest, first = self._fetch_ranks(drain + 2)
        self._resting, idle_top = self._ranks(first + 1)
        self.access_within, self.open_within = top + 2, open_top + 2
        self.idle_within = idle_top + 2
        self.rank = Rank(prover, 2 * (self.access_within + self.idle_within))

    # --- the machine's paths, from the end to the beginning ---------------------------------------

    def _fetch_ranks(self, run: int) -> tuple[dict[str, int], int]:
        """Ranks of the states from `restart` to `run`, without their waits; and the highest."""
        second = run + 1
        first = second + self.settle + 4
        ranks = {
            "second_group": second,
            "taken": second + self.settle + 2,
            "take_group": second + self.settle + 3,
            "first_group": first,
            "restarted": first + self.settle + 2,
            "restart": first + self.settle + 3,
        }
        return ranks, ranks["restart"]

    def _ranks(self, decide: int) -> tuple[dict[str, int], int]:
        """Ranks of the states on the way to `decide`, without their waits; and the highest."""
        entry = decide + self.drain + 3  # of a state from which `wait` is entered
        ranks = {"decide": decide, "wait": decide + 1}
        ranks |= dict.fromkeys(("closed", "stored", "responded_too"), entry)
        ranks |= dict.fromkeys(("closing", "store", "responded"), entry + 1)
        ranks |= dict.fromkeys(("run", "respond", "take_load"), entry + 2)
        ranks["answer"] = entry + 3
        top = entry + 4
        # The second of a lane's two sums, then the first.
        for suffix in ("2", "1"):
            ranks[f"sample{suffix}"] = top
            top += self.settle + 3
            for name in ("settling", "settle", "hand_over", "slot"):
                ranks[f"{name}{suffix}"] = top
                top += 1
        ranks["address"] = top
        ranks["take_read"] = top + _COUNTED + 2
        return ranks, ranks["take_read"] + 1

    # --- clocks that a counter has left -----------------------------------------------------------

    def _until_settled(self, clock: int) -> Any:
        """At most `settle` + 1; 0 where `settled` is high."""
        rank = self.rank
        left = rank.minus(self.settle + 1, rank.wide(self.at(clock, "still")))
        return rank.choose((self.bit(clock, "settled"), 0), otherwise=left)

    def _until_complete(self, clock: int) -> Any:
        """At most `settle` + 2; 0 where `complete` is high."""
        left = self.rank.plus(self._until_settled(clock), 1)
        return self.rank.choose((self.bit(clock, "complete"), 0), otherwise=left)

    def _until_may(self, clock: int) -> Any:
        """At most `drain` + 1; 0 where `may` is high."""
        rank = self.rank
        left = rank.minus(self.drain + 1, rank.wide(self.at(clock, "still")))
        drained = (self.bit(clock, "drained"), 1)
        return rank.choose((self.bit(clock, "may"), 0), drained, otherwise=left)

    def _until_addressed(self, clock: int) -> Any:
        """At most `_COUNTED`; 0 where the word has been addressed for long enough."""
        rank, clocks = self.rank, self.rank.wide(self.at(clock, "clocks"))
        addressed = self.prover.either(self.bit(clock, "in_lane"), self.bit(clock, "beside"))
        past = self.prover.terms(K.BV_UGE, clocks, rank.const(_ADDRESSED))
        return rank.choose(
            (addressed, 0),
            (past, rank.minus(_ADDRESSED + _COUNTED, clocks)),
            otherwise=rank.minus(_ADDRESSED, clocks),
        )

    def _ranked(self, clock: int, ranks: Mapping[str, int], *, run: Any) -> Any:
        """The rank of the state in a clock, with its wait; `run` is that of the state `run`."""
        rank, prover = self.rank, self.prover
        waits = {
            "wait": self._until_may(clock),
            "first_group": self._until_settled(clock),
            "second_group": self._until_settled(clock),
            "sample1": self._until_complete(clock),
            "sample2": self._until_complete(clock),
            "address": self._until_addressed(clock),
        }
        second = self.bit(clock, "second")
        cases = []
        for name, base in ranks.items():
            state = self.bit(clock, f"is_{name.rstrip('12')}")
            if name[-1] in "12":
                state = prover.both(state, second if name[-1] == "2" else prover.no(second))
            value = run if name == "run" else rank.plus(base, waits.get(name, 0))
            cases.append((state, value))
        return rank.choose(*cases, otherwise=0)

    # --- the two ranks ----------------------------------------------------------------------------

    def until_access(self, clock: int, stream: str) -> Any:
        """Clocks until a request of `load` or `read` that is held, without the other, is taken."""
        rank, entry = self.rank, self._access["run"]
        # The fetch leads to `run`, where the request is found again.
        fetch, _ = self._fetch_ranks(entry + 1)
        asked = self.bit(clock, "asked")
        run = rank.choose((asked, entry), otherwise=entry + 1)
        ranks = {**self._access, **fetch, f"take_{stream}": 0}
        value = self._ranked(clock, ranks, run=run)
        # The registers show a request a clock late; a load goes before a read.
        requested = self.bit(clock, f"{stream}s")
        if stream == "read":
            requested = self.prover.both(requested, self.prover.no(self.bit(clock, "loads")))
        return rank.choose((requested, value), otherwise=self.access_within - 1)

    def until_open(self, clock: int) -> Any:
        """Clocks until a step may begin, where the host asks for nothing."""
        rank = self.rank
        run = rank.choose(
            (self.bit(clock, "open"), 0),
            (self.bit(clock, "asked"), self._opening["run"]),
            # a clock after a reset
            (self.bit(clock, "stale"), self._opening["run"] + 1),
            otherwise=1,
        )
        value = self._ranked(clock, {**self._opening, **self._fetch}, run=run)
        return rank.choose((self._asked_for(clock), self.open_within - 1), otherwise=value)

    def until_idle(self, clock: int) -> Any:
        """Clocks until `idle`, where the host asks for nothing and no step begins."""
        rank, still = self.rank, self.rank.wide(self.at(clock, "still"))
        run = rank.choose(
            (self.bit(clock, "idle"), 0),
            (self.bit(clock, "asked"), self._resting["run"]),
            (self.bit(clock, "stale"), self._resting["run"] + 1),
            (self.bit(clock, "drained"), 1),
            otherwise=rank.minus(self.drain + 1, still),
        )
        value = self._ranked(clock, {**self._resting, **self._rest}, run=run)
        return rank.choose((self._asked_for(clock), self.idle_within - 1), otherwise=value)

    def _asked_for(self, clock: int) -> Any:
        """Whether the port's registers still show a request."""
        return self.prover.either(self.bit(clock, "loads"), self.bit(clock, "reads"))
