"""Choose lanes and memories so that a design fits a board and keeps up with a rate.

Each candidate is synthesised and packed by nextpnr, which takes seconds and gives the exact number
of cells; the one that is chosen is placed, routed and packed, and steps back where that fails.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from itertools import pairwise
from typing import Any

from filelock import FileLock

from sc_hw.bitstream.bitstream import BoardFiles
from sc_hw.bitstream.build import board_variant, build_board, system_on_board
from sc_hw.bitstream.lanes import lane_counts, network_lanes
from sc_hw.boards import Board, load_board
from sc_hw.build.blocks import block_of
from sc_hw.build.elaborate import elaborate
from sc_hw.errors import BoardError
from sc_hw.fabric.families import load_family
from sc_hw.fabric.targets import load_target
from sc_hw.files import DEFAULT_ROOT, PathLike, make_folder
from sc_hw.price.model import modelled_targets
from sc_hw.price.price import price as instant_price
from sc_hw.price.price import step_clocks
from sc_hw.progress import Progress, silent
from sc_model.spec import ConfigError, Design

# nextpnr's placer fails, or takes very long, where more of the logic cells are used: on an iCE40
# UP5K it failed with 97 % and 98 % and placed 88 %.
LOGIC_SHARE = 0.93
LOGIC = ("ICESTORM_LC", "Total LUT4s", "Total DFFs", "LUT4", "DFF")
# Synthesis takes a minute for each: the search halves an interval that a straight line through
# what was measured has narrowed before.
MAX_TRIES = 9
MAX_STEPS_BACK = 2
# The fewest lanes do not take the least block RAM: with another width and depth a memory is made of
# other cells. mnist.toml needs 210 DP16KD with a lane a layer, and 65 with eight.
BLOCK_RAM = ("ICESTORM_RAM", "DP16KD", "BSRAM")
MAX_LARGER = 3  # after the fewest and the design's own: 2, 4 and 8 times the fewest
MEMORIES = ("joined", "split", "single_port")

Totals = Mapping[str, tuple[int, int]]  # used and available, by kind of cell
Price = Callable[[Design], Totals]


@dataclass(frozen=True)
class Trial:
    """A candidate, and what it takes.

    Members
    -------
    design : the candidate.
    lanes : of a network those of all its layers together; None where there is nothing to choose.
    choices : keys of `[layer]` that were chosen, or the lanes of each of a network's layers; empty
        where there is nothing to choose.
    ticks_per_s : steps a second at the board's clock, at most.
    totals : cells by kind, used and available.
    full : the kind that is fullest, measured by what may be used of it.
    share : of that kind, used by usable; above 1 it does not fit.
    """

    design: Design = field(repr=False)
    lanes: int | None
    choices: Mapping[str, Any]
    ticks_per_s: float
    totals: Totals = field(repr=False)
    full: str
    share: float

    @property
    def fits(self) -> bool:
        """Whether there is enough of every kind."""
        return self.share <= 1

    def as_json(self) -> dict[str, Any]:
        """The trial for a report."""
        used, available = self.totals[self.full]
        return {
            "choices": dict(self.choices),
            "ticks_per_s": round(self.ticks_per_s, 1),
            "bottleneck": {"kind": self.full, "used": used, "available": available},
            "fits": self.fits,
            "totals": {kind: {"used": u, "available": a} for kind, (u, a) in self.totals.items()},
        }


def fullest(totals: Totals) -> tuple[str, float]:
    """The kind of cell that limits, and used by usable.

    Of logic cells not all are usable (`LOGIC_SHARE`). Kinds of which a device has one or two, as
    PLLs, do not depend on the design.
    """
    shares = {
        kind: used / (available * (LOGIC_SHARE if kind in LOGIC else 1))
        for kind, (used, available) in totals.items()
        if available > 2
    }
    kind = max(shares, key=lambda name: shares[name])
    return kind, shares[kind]


def ticks_per_s(design: Design, mhz: float) -> float:
    """Steps a second of a design's block at a clock, while transfers never wait."""
    clocks = step_clocks(design, block_of(design, load_family(design.fabric)).timing())
    return 0.0 if clocks is None else mhz * 1e6 / clocks


class Search:
    """The search over one design's lanes, on one board.

    Parameters
    ----------
    design : the design.
    price : cells of a candidate.
    rate : steps a second of a candidate.
    multipliers : of the device; lanes beyond them multiply with adders.
    predict : share of the fullest kind of cell before synthesis, so that the search begins near its
        end; None where there is no model. What it says is tried, not believed.
    progress : called with a line for each candidate.

    Members
    -------
    trials : what was tried, in order.
    """

    def __init__(
        self,
        design: Design,
        price: Price,
        rate: Callable[[Design], float],
        *,
        multipliers: int = 0,
        predict: Callable[[Design], float] | None = None,
        progress: Progress = silent,
    ) -> None:
        self._design, self._price, self._rate = design, price, rate
        self._multipliers, self._predict, self._progress = multipliers, predict, progress
        self.trials: list[Trial] = []

    def with_lanes(self, lanes: int | None, **other: Any) -> Design:
        """The design with other lanes, and the memory of `other`; of a network, lanes in all."""
        layer, network = self._design.layer, self._design.network
        if network is not None and lanes is not None:
            each = network_lanes(network)[lanes]
            layers = tuple(
                layer.model_copy(update={"lanes": own})
                for layer, own in zip(network.layers, each, strict=True)
            )
            return self._design.model_copy(
                update={"network": network.model_copy(update={"layers": layers})}
            )
        if layer is None or lanes is None:
            return self._design
        values: dict[str, Any] = {"lanes": lanes, **other}
        if layer.multipliers >= 0 or lanes > self._multipliers:
            values["multipliers"] = min(lanes, self._multipliers)
        return self._design.model_copy(update={"layer": layer.model_copy(update=values)})

    def trial_of(self, lanes: int | None, **other: Any) -> Trial:
        """A candidate's trial, made once."""
        return self._trial(self.with_lanes(lanes, **other), lanes)

    def _trial(self, design: Design, lanes: int | None) -> Trial:
        """The trial of a candidate, made once; lanes as those of `Trial`."""
        choices: dict[str, Any] = {}
        if lanes is not None and design.layer is not None:
            choices = {
                key: getattr(design.layer, key) for key in ("lanes", "multipliers", "memory")
            }
        elif lanes is not None and design.network is not None:
            choices = {f"lanes of {layer.name}": layer.lanes for layer in design.network.layers}
        for trial in self.trials:
            if trial.choices == choices:
                return trial
        if choices:
            self._progress(f"trying {', '.join(f'{k} = {v}' for k, v in choices.items())}")
        totals = self._price(design)
        kind, share = fullest(totals)
        trial = Trial(design, lanes, choices, self._rate(design), totals, kind, share)
        self.trials.append(trial)
        return trial

    def _first_that_fits(self, counts: Sequence[int]) -> Trial | None:
        """The fewest lanes; where they have too little block RAM the design's own, and larger."""
        fewest = self.trial_of(counts[0])
        if fewest.fits or fewest.full not in BLOCK_RAM:
            return fewest if fewest.fits else None
        layer, network = self._design.layer, self._design.network
        layers = network.layers if network is not None else (layer,) if layer is not None else ()
        lanes = sum(each.lanes for each in layers)
        own = self._trial(self._design if network is not None else self.with_lanes(lanes), lanes)
        if own.fits:
            return own
        for power in range(1, MAX_LARGER + 1):
            larger = next((n for n in counts if n >= counts[0] << power), None)
            if larger is not None and (trial := self.trial_of(larger)).fits:
                return trial
        return None

    def most(self, counts: Sequence[int], first: Trial | None = None, **other: Any) -> Trial | None:
        """The trial with the most lanes that fits; None where not even the fewest do.

        Parameters
        ----------
        counts : lanes to choose from.
        first : a trial that fits, to begin with; by default that of the fewest lanes.
        """
        best = first or self.trial_of(counts[0], **other)
        if not best.fits:
            return None
        larger = [count for count in counts if count > (best.lanes or 0)]
        low, high = -1, len(larger)  # larger[low] fits, larger[high] does not
        for attempt in range(MAX_TRIES):
            if high - low <= 1:
                break
            middle = self._next(larger, low, high)
            if not attempt and self._predict is not None:
                middle = self._predicted(self._predict, best, larger, other)
            elif attempt > 1 and high == len(larger):
                # all have fitted so far, perhaps side by side: their line may lead nowhere
                middle = max(middle, low + max(1, (high - low) // 8))
            trial = self.trial_of(larger[middle], **other)
            if trial.fits:
                low, best = middle, trial
            else:
                high = middle
        return best

    def _predicted(
        self,
        predict: Callable[[Design], float],
        first: Trial,
        counts: Sequence[int],
        other: Mapping[str, Any],
    ) -> int:
        """The most lanes that fit by the prices before synthesis, scaled to a trial's."""
        scale = first.share / max(predict(first.design), 1e-9)
        low, high = 0, len(counts)
        while high - low > 1:
            middle = (low + high) // 2
            if scale * predict(self.with_lanes(counts[middle], **other)) <= 1:
                low = middle
            else:
                high = middle
        return low

    def _next(self, counts: Sequence[int], low: int, high: int) -> int:
        """Where to try next, between what fits and what does not: a straight line says where."""
        points = sorted(
            (trial.lanes, trial.share) for trial in self.trials if trial.lanes is not None
        )
        if len({lanes for lanes, _ in points}) < 2:
            return min(high - 1, max(low + 1, low + (high - low) // 8))
        (first, a), (second, b) = min(pairwise(points), key=lambda pair: abs(pair[1][1] - 1))
        slope = (b - a) / (second - first) if second != first else 0
        if slope <= 0:
            return (low + high) // 2
        lanes = int(second + (1 - b) / slope)
        guess = sum(count <= lanes for count in counts) - 1
        return min(high - 1, max(low + 1, guess))

    def best(self, goal: float | None) -> Trial | None:
        """The trial to take; None where none fits and keeps up with the goal.

        Parameters
        ----------
        goal : steps a second, for which the fewest lanes are taken; None: as fast as it can be.
        """
        counts = lane_counts(self._design)
        if not counts:
            trial = self.trial_of(None)
            return trial if trial.fits and (goal is None or trial.ticks_per_s >= goal) else None
        if goal is not None:
            enough = [n for n in counts if self._rate(self.with_lanes(n)) >= goal]
            if enough and self.trial_of(enough[0]).fits:
                return self.trial_of(enough[0])
        first = self._first_that_fits(counts)
        choice = self.most(counts, first) if first is not None else None
        # Other memories of a layer may fit where too little block RAM is there.
        if choice is None and self._design.layer is not None:
            for memory in MEMORIES:
                try:
                    if self.trial_of(counts[0], memory=memory).fits:
                        choice = self.most(counts, memory=memory)
                        break
                except ConfigError:  # this fabric or size has no such memory
                    continue
        if choice is None or (goal is not None and choice.ticks_per_s < goal):
            return None
        return choice

    def build_trial(
        self, best: Trial, build: Callable[[Design], dict[str, Any]], goal: float | None
    ) -> tuple[Trial, dict[str, Any]]:
        """Build a trial, or one with fewer lanes that still keeps up, and its report.

        Raises BoardError of the last one that was built.
        """
        counts = lane_counts(self._design)
        for steps_back in range(MAX_STEPS_BACK + 1):
            other = {key: best.choices[key] for key in ("memory",) if key in best.choices}
            try:
                return best, build(best.design)
            except BoardError:
                fewer = [count for count in counts if count < (best.lanes or 0)]
                if not fewer or steps_back == MAX_STEPS_BACK:
                    raise
                before = self.trial_of(fewer[-1], **other)
                if not before.fits or (goal is not None and before.ticks_per_s < goal):
                    raise
                best = before
        raise AssertionError("the loop returns or raises")


def fit(
    design: Design,
    board: str | Board,
    *,
    ticks: float | None = None,
    mhz: float | None = None,
    seeds: int = 1,
    root: PathLike = DEFAULT_ROOT,
    progress: Progress = silent,
) -> dict[str, Any]:
    """Choose lanes and memories of a design for a board, and build the bitstream.

    Of a design with block ``layer``, lanes, multipliers and memory are chosen, of a ``network`` the
    lanes of each of its layers; the integers that it computes are the same for all of them. Of
    other blocks nothing is: they fit, or do not.

    Parameters
    ----------
    design, board, mhz, seeds, root, progress : as those of `build_board`.
    ticks : steps a second that are needed; None: as many as fit.

    Returns
    -------
    choices : what was chosen.
    ticks_per_s : steps a second of it.
    bottleneck : the kind of cell that is fullest.
    tried : every candidate.
    built : the report of `build_board`.

    Raises
    ------
    BoardError : none fits, none is fast enough, or none can be placed and routed; the text has the
        bottleneck and its numbers.
    ConfigError : as `build_board`, and for a board whose device has no place and route.
    """
    if ticks is not None and not 0 < ticks < 1e12:
        raise ConfigError(f"--ticks-per-s must be above 0 and below 1e12, not {ticks:g}.")
    board = load_board(board) if isinstance(board, str) else board
    target = load_target(board.target)
    if target.pnr is None:
        raise ConfigError(
            f"board '{board.name}' has no open place and route that could say what fits; choose"
            " lanes yourself and give `sc-hw build`."
        )
    search = search_on(design, board, mhz, root, progress)
    best = search.best(ticks)
    if best is None:
        raise refusal(design, board, search.trials, ticks)
    build = partial(build_board, board=board, mhz=mhz, seeds=seeds, root=root, progress=progress)
    best, report = search.build_trial(best, build, ticks)
    return {
        "board": board.name,
        "design": design.name,
        "ticks_per_s_goal": ticks,
        **{key: best.as_json()[key] for key in ("choices", "ticks_per_s", "bottleneck")},
        "tried": [trial.as_json() for trial in search.trials],
        "built": report,
    }


def search_on(
    design: Design, board: Board, mhz: float | None, root: PathLike, progress: Progress
) -> Search:
    """The search that prices candidates with Yosys and nextpnr; arguments are those of `fit`."""

    def price(candidate: Design) -> Totals:
        progress(f"{board.name}: elaborating")
        build = elaborate(board_variant(candidate, board, mhz), root)
        folder = make_folder(build.folder / "board" / board.name)
        with FileLock(folder / ".lock"):
            return BoardFiles(system_on_board(build), board, mhz, folder).totals(progress)

    def rate(candidate: Design) -> float:
        variant = board_variant(candidate, board, mhz)
        return ticks_per_s(variant, variant.host.clock_mhz) if variant.host is not None else 0.0

    def predict(candidate: Design) -> float:
        (row,) = instant_price(candidate, [board.target])
        resources = row["device"]["resources"].values()
        shares = [each["used"] / each["available"] for each in resources if each["available"]]
        return float(max(shares))

    blocks = int(load_target(board.target).capacity.get("dsp", 0))
    modelled = board.target in modelled_targets()
    return Search(
        design,
        price,
        rate,
        multipliers=blocks,
        predict=predict if modelled else None,
        progress=progress,
    )


def refusal(
    design: Design, board: Board, trials: Sequence[Trial], ticks: float | None
) -> BoardError:
    """Why nothing was found: the bottleneck of the smallest, or the fastest that fits."""
    fitting = [trial for trial in trials if trial.fits]
    subject = f"design '{design.name}' on board '{board.name}'"
    trial_count = f"{len(trials)} tried"
    has_choices = any(trial.choices for trial in trials)
    if not fitting:
        least = min(trials, key=lambda trial: trial.share)
        used, available = least.totals[least.full]
        what = (
            f" with any of the {len(trials)} lanes and memories that were tried"
            if has_choices
            else ""
        )
        return BoardError(
            f"{subject} does not fit{what}: {least.full} {used:,} of {available:,}"
            f"{' at the least' if has_choices else ''}; it needs fewer synapses, narrower state or"
            " a larger board."
        )
    fastest = max(fitting, key=lambda trial: trial.ticks_per_s)
    above = [trial for trial in trials if not trial.fits]
    bound = min(above, key=lambda trial: trial.ticks_per_s, default=fastest)
    used, available = bound.totals[bound.full]
    choices = ", ".join(f"{key} = {value}" for key, value in fastest.choices.items())
    more = f"{choices}; more needs {bound.full} {used:,} of {available:,}; {trial_count}"
    if not has_choices:
        more = f"a {design.block} has no lanes or memories to choose"
    return BoardError(
        f"{subject} takes {fastest.ticks_per_s:,.0f} steps a second at most, not"
        f" {ticks or 0:,.0f} ({more}); give a higher --mhz, a smaller design or a larger board."
    )
