"""How long a host, a step or a board waits at the host port, at most: ranks of its states.

Names of states and signals are those of `sc_hw.plastic.host.HostPort`. The rank of a state is a
bound on the clocks until the good thing happens (see `sc_hw.proof.liveness`): an access is taken, a
step may begin, or the port is idle. A state that lasts one clock has the rank of its successor and
1 more. A state that waits for a counter has the rank of its successor, 1 more, and the clocks that
the counter has left; its predecessors have the longest such wait in their ranks.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from sc_hw.proof.liveness import Rank
from sc_hw.proof.prover import Prover
from sc_model.graph.smt import K

_ADDRESSED = 8  # clocks from `busy` to the use of a word: `_READ` of `HostPort`
_COUNTED = 16  # the counter of these clocks, which holds 0 to 8, has 4 bits and wraps


class Waits:
    """Ranks of a host port.

    Parameters
    ----------
    prover : makes the terms.
    at, bit : value of a signal in a clock; whether a signal of one bit is high in it.
    drain, settle : the port's parameters, in clocks.

    Members
    -------
    access_within : most clocks until a request is taken that is held without another one.
    open_within : most clocks until a step may begin, while the host asks for nothing.
    idle_within : most clocks until `idle`, while the host asks for nothing and no step begins.
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
        # The longest waits of `_until_settled`, `_until_complete` and `_until_may`.
        self.settled_wait, self.complete_wait, self.may_wait = settle + 1, settle + 2, drain + 1
        # A request is taken in the clock after `decide`.
        self._access, top = self._ranks(decide=1)
        # Without a request `decide` leads to the fetch of the lanes' values and `run`; `open` is a
        # register, and rises a clock after `run`.
        self._fetch, restart = self._fetch_ranks(run=1)
        self._opening, open_top = self._ranks(decide=restart + 1)
        # In `run` up to `drain` + 1 clocks pass until the port is idle (see `until_idle`); the
        # other 1 is slack.
        self._rest, restart = self._fetch_ranks(run=drain + 2)
        self._resting, idle_top = self._ranks(decide=restart + 1)
        # The port's registers show a request, or that there is none, a clock late: 1 clock. A rank
        # is less than the bound: 1 more.
        self.access_within, self.open_within = top + 2, open_top + 2
        self.idle_within = idle_top + 2
        # Twice the largest ranks: sums of a rank and a wait stay below.
        self.rank = Rank(prover, 2 * (self.access_within + self.idle_within))

    # --- the machine's paths, from the end to the beginning ---------------------------------------

    def _fetch_ranks(self, run: int) -> tuple[dict[str, int], int]:
        """Ranks of the states from `restart` to `run`, without their own waits.

        Parameters
        ----------
        run : rank of `run`.

        Returns
        -------
        The ranks by state, and the highest of them, that of `restart`.
        """
        ranks = {"second_group": run + 1}
        ranks["taken"] = ranks["second_group"] + self.settled_wait + 1
        ranks["take_group"] = ranks["taken"] + 1
        ranks["first_group"] = ranks["take_group"] + 1
        ranks["restarted"] = ranks["first_group"] + self.settled_wait + 1
        ranks["restart"] = ranks["restarted"] + 1
        return ranks, ranks["restart"]

    def _ranks(self, decide: int) -> tuple[dict[str, int], int]:
        """Ranks of the states on the way to `decide`, without their own waits.

        `sample1` is the state `sample` before the first of a lane's two sums, and so on.

        Parameters
        ----------
        decide : rank of `decide`.

        Returns
        -------
        The ranks by state, and a number above all of them.
        """
        ranks = {"decide": decide, "wait": decide + 1}
        before_wait = ranks["wait"] + self.may_wait + 1
        ranks |= dict.fromkeys(("closed", "stored", "responded_too"), before_wait)
        ranks |= dict.fromkeys(("closing", "store", "responded"), before_wait + 1)
        ranks |= dict.fromkeys(("run", "respond", "take_load"), before_wait + 2)
        ranks["answer"] = before_wait + 3
        top = before_wait + 4
        # Backwards from the answer: the second of a lane's two sums, then the first.
        for suffix in ("2", "1"):
            ranks[f"sample{suffix}"] = top
            top += self.complete_wait + 1
            for name in ("settling", "settle", "hand_over", "slot"):
                ranks[f"{name}{suffix}"] = top
                top += 1
        ranks["address"] = top
        ranks["take_read"] = top + _COUNTED + 2  # the longest wait of `address`, 1, and 1 of slack
        return ranks, ranks["take_read"] + 1

    # --- clocks that a counter has left -----------------------------------------------------------

    def _until_settled(self, clock: int) -> Any:
        """Clocks until `settled` is high; at most `settled_wait`."""
        rank = self.rank
        rest = rank.minus(self.settle + 1, rank.wide(self.at(clock, "still")))
        return rank.choose((self.bit(clock, "settled"), 0), otherwise=rest)

    def _until_complete(self, clock: int) -> Any:
        """Clocks until `complete` is high, once the value is there; at most `complete_wait`."""
        rest = self.rank.plus(self._until_settled(clock), 1)
        return self.rank.choose((self.bit(clock, "complete"), 0), otherwise=rest)

    def _until_may(self, clock: int) -> Any:
        """Clocks until `may` is high; at most `may_wait`."""
        rank = self.rank
        rest = rank.minus(self.drain + 1, rank.wide(self.at(clock, "still")))
        drained = (self.bit(clock, "drained"), 1)
        return rank.choose((self.bit(clock, "may"), 0), drained, otherwise=rest)

    def _until_addressed(self, clock: int) -> Any:
        """Clocks until the word has been addressed for `_ADDRESSED` clocks; at most `_COUNTED`.

        The counter may begin above `_ADDRESSED`, as after a reset in mid-access, and then wraps.
        """
        rank, clocks = self.rank, self.rank.wide(self.at(clock, "clocks"))
        addressed = self.prover.either(self.bit(clock, "in_lane"), self.bit(clock, "beside"))
        past = self.prover.terms(K.BV_UGE, clocks, rank.const(_ADDRESSED))
        return rank.choose(
            (addressed, 0),
            (past, rank.minus(_ADDRESSED + _COUNTED, clocks)),
            otherwise=rank.minus(_ADDRESSED, clocks),
        )

    def _ranked(self, clock: int, ranks: Mapping[str, int], *, run: Any) -> Any:
        """The rank of the port's state in a clock, with its wait.

        Parameters
        ----------
        ranks : ranks of the states without their waits; a state that is not among them has rank 0.
        run : rank of the state `run`, which is not that of `ranks`.
        """
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
        """Rank of an access: clocks until a request that is held, without another, is taken.

        Parameters
        ----------
        clock : 0 or 1.
        stream : ``load`` or ``read``.
        """
        rank, of_run = self.rank, self._access["run"]
        # After the fetch the port is in `run`, where `asked` shows the request a clock late.
        fetch, _ = self._fetch_ranks(of_run + 1)
        asked = self.bit(clock, "asked")
        run = rank.choose((asked, of_run), otherwise=of_run + 1)
        ranks = {**self._access, **fetch, f"take_{stream}": 0}
        value = self._ranked(clock, ranks, run=run)
        # The registers show a request a clock late; a load goes before a read.
        requested = self.bit(clock, f"{stream}s")
        if stream == "read":
            requested = self.prover.both(requested, self.prover.no(self.bit(clock, "loads")))
        return rank.choose((requested, value), otherwise=self.access_within - 1)

    def until_open(self, clock: int) -> Any:
        """Rank of an opening: clocks until a step may begin, where the host asks for nothing."""
        rank = self.rank
        run = rank.choose(
            (self.bit(clock, "open"), 0),
            (self.bit(clock, "asked"), self._opening["run"]),
            # In the clock after a reset; `asked` shows it a clock later.
            (self.bit(clock, "stale"), self._opening["run"] + 1),
            otherwise=1,
        )
        value = self._ranked(clock, {**self._opening, **self._fetch}, run=run)
        return rank.choose((self._has_request(clock), self.open_within - 1), otherwise=value)

    def until_idle(self, clock: int) -> Any:
        """Rank of rest: clocks until `idle`, while the host asks for nothing and no step begins."""
        rank, still = self.rank, self.rank.wide(self.at(clock, "still"))
        run = rank.choose(
            (self.bit(clock, "idle"), 0),
            (self.bit(clock, "asked"), self._resting["run"]),
            (self.bit(clock, "stale"), self._resting["run"] + 1),
            (self.bit(clock, "drained"), 1),
            otherwise=rank.minus(self.drain + 1, still),
        )
        value = self._ranked(clock, {**self._resting, **self._rest}, run=run)
        return rank.choose((self._has_request(clock), self.idle_within - 1), otherwise=value)

    def _has_request(self, clock: int) -> Any:
        """Whether the port's registers, which are a clock late, still show a request."""
        return self.prover.either(self.bit(clock, "loads"), self.bit(clock, "reads"))
