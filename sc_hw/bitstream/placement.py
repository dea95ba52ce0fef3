"""nextpnr for a board: seeds in turn until one meets the board's clock."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sc_hw.bitstream.flows import Flow
from sc_hw.bitstream.pll import Pll
from sc_hw.boards import Board
from sc_hw.build.naming import sha256
from sc_hw.errors import ToolError
from sc_hw.fabric.targets import Target
from sc_hw.files import write_text
from sc_hw.price.placement import CELL_SHARES, NoRoomError, critical_path, no_room
from sc_hw.progress import Progress
from sc_hw.tools import find, run
from sc_model.spec.errors import ConfigError

REPORT = "nextpnr.json"
# nextpnr-ice40 where a PLL takes its clock from the fabric, and the clock's pin is the PLL's pad
NO_PAD_PLL = "Did you mean to use a PAD PLL"
# nextpnr rounds periods to picoseconds: 24 MHz comes back as 23.9999.
_ROUNDING = 1e-3


@dataclass(frozen=True)
class Placement:
    """What nextpnr found for one seed.

    Members
    -------
    seed : of the run.
    fmax_mhz : what it says that the system's clock may be.
    met : whether every clock is at least as fast as it has to be.
    report : nextpnr's own.
    """

    seed: int
    fmax_mhz: float
    met: bool
    report: Mapping[str, Any]

    @property
    def used(self) -> dict[str, dict[str, int]]:
        """Cells by kind: used and available."""
        return {
            kind: {"used": row["used"], "available": row["available"]}
            for kind, row in sorted(self.report["utilization"].items())
            if row["used"]
        }

    @property
    def critical(self) -> dict[str, Any] | None:
        """The slowest path from a clock to the same clock (see `sc_hw.price.placement`)."""
        return critical_path(self.report)


def place(
    board: Board,
    flow: Flow,
    target: Target,
    pll: Pll,
    folder: Path,
    seeds: int,
    progress: Progress,
) -> Placement:
    """Place and route until a seed meets the clock; the best of them where none does.

    The files that nextpnr leaves for packing are those of the placement that is returned, where it
    meets the clock.

    Raises
    ------
    NoRoomError : no seed finds a place for every cell.
    ConfigError : an iCE40's clock is at the PLL's pad, and the board does not say so.
    ToolError : nextpnr is missing or fails in another way.
    """
    best: Placement | None = None
    full = NoRoomError()
    for seed in range(1, (1 if flow.no_timing else seeds) + 1):
        progress(f"{board.name}: place and route, seed {seed}")
        try:
            placement = _place_once(board, flow, target, pll, folder, seed)
        except NoRoomError as error:  # another seed may find some
            full = error
            continue
        if best is None or placement.fmax_mhz > best.fmax_mhz:
            best = placement
        if placement.met or flow.no_timing:
            return placement
    if best is None:
        raise full
    return best


def _place_once(
    board: Board, flow: Flow, target: Target, pll: Pll, folder: Path, seed: int
) -> Placement:
    """One run; the report of the last run is taken if all that decides it is the same."""
    program = target.pnr or ""
    tool = find(program)
    arguments = (
        *flow.place_arguments(board),
        "--json",
        "board.json",
        "--report",
        REPORT,
        "--freq",
        f"{pll.mhz:.6f}",
        "--seed",
        str(seed),
        "--timing-allow-fail",
    )
    inputs = [
        (folder / "board.json").read_text(encoding="utf-8"),
        (folder / flow.constraint_file).read_text(encoding="utf-8"),
        *arguments,
        tool.version,
    ]
    key, key_file = sha256("\0".join(inputs)), folder / "nextpnr.key"
    report = folder / REPORT
    if not (key_file.is_file() and key_file.read_text(encoding="utf-8") == key):
        for file in (report, key_file):
            file.unlink(missing_ok=True)
        log = folder / f"nextpnr.seed{seed}.log"
        try:
            run((*tool.command, *arguments), log=log, cwd=folder, env=tool.environ(), what=program)
        except ToolError:
            text = log.read_text(encoding="utf-8")
            if (reason := no_room(text)) is not None:
                raise NoRoomError(reason) from None
            if NO_PAD_PLL in text:
                raise ConfigError(
                    f"Board.clock_is_pll_pad of '{board.name}' must be True, not"
                    f" {board.clock_is_pll_pad}: its clock comes in at the PLL's own pad."
                ) from None
            raise
        write_text(key_file, key)
    values = json.loads(report.read_text(encoding="utf-8"))
    return Placement(seed, *timing(values, pll, flow), values)


def cell_totals(log: str) -> dict[str, tuple[int, int]]:
    """Cells by kind in a log of nextpnr: used and available; kinds that are not used are left out.

    Raises ToolError where the log has none.
    """
    rows = {
        kind: (int(used), int(of)) for kind, used, of, _ in CELL_SHARES.findall(log) if int(used)
    }
    if not rows:
        raise ToolError("nextpnr's log has no table of cells; it may be of an unknown version")
    return rows


def packed_log(board: Board, flow: Flow, target: Target, folder: Path) -> str:
    """What nextpnr prints when it packs `board.json` and places nothing."""
    program = target.pnr or ""
    tool = find(program)
    arguments = (*flow.place_arguments(board), "--json", "board.json", "--pack-only")
    log = folder / "packed.log"
    try:
        run((*tool.command, *arguments), log=log, cwd=folder, env=tool.environ(), what=program)
    except ToolError:
        # it may end where there are too many cells of a kind, behind its table
        text = log.read_text(encoding="utf-8")
        if not CELL_SHARES.search(text):
            raise
    return log.read_text(encoding="utf-8")


def timing(report: Mapping[str, Any], pll: Pll, flow: Flow) -> tuple[float, bool]:
    """Fmax of the system's clock, and whether every clock of a report is met.

    Raises ToolError where no clock of the report has the system's frequency for its goal: then
    nextpnr did not understand the PLL, and met nothing that matters.
    """
    rows = list(report["fmax"].values())
    of_system = [row for row in rows if abs(row["constraint"] / pll.mhz - 1) < _ROUNDING]
    if not of_system and not flow.no_timing:
        goals = ", ".join(
            f"{net}: {row['constraint']:.2f} MHz" for net, row in report["fmax"].items()
        )
        raise ToolError(
            f"nextpnr has no clock with the goal {pll.mhz:g} MHz, but {goals or 'none'}"
        )
    fmax = min((row["achieved"] for row in of_system), default=0.0)
    met = all(row["achieved"] >= row["constraint"] * (1 - 1e-6) for row in rows)
    return round(fmax, 2), met
