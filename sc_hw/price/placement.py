"""nextpnr place and route for a target: Fmax over seeds, device usage, the critical path."""

from __future__ import annotations

import json
import re
import statistics
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from sc_hw.build.elaborate import sha256
from sc_hw.fabric.targets import Target
from sc_hw.files import write_text
from sc_hw.price.frame import FRAME_PINS
from sc_hw.progress import Progress
from sc_hw.tools import ToolError, find, run, status
from sc_model.processes import TaskPool

# nextpnr stops optimising at its goal, so this one lies above what nearly all designs reach (a bank
# in reports/speed.json gets to 413 MHz); `--timing-allow-fail` makes a missed goal no error.
PNR_GOAL_MHZ = 400

# what nextpnr's placers and packers print where there are too many cells, or too many to be moved
_NO_ROOM = re.compile(
    r"Unable to find legal placement|Failed to expand region|no more Bels|Unable to place cell"
    r"|Too many|utilisation limit",
    re.I,
)
# its table of cells: kind, used, available, percent
CELL_SHARES = re.compile(r"^Info:\s+(\w[\w ]*):\s*(\d+)/\s*(\d+)\s+(\d+)%", re.M)
_NEARLY_FULL = 85  # percent; the kinds that are named

Domains = Sequence[Mapping[str, Any]]  # of the manifest: role, clock port, reset port


class NoRoomError(Exception):
    """nextpnr finds no place for all cells; the text says how full the device would be."""


def no_room(log: str) -> str | None:
    """Why a run of nextpnr found no room, from its log; None where it failed for another reason."""
    if not _NO_ROOM.search(log):
        return None
    rows = [(kind, int(used), int(of)) for kind, used, of, _ in CELL_SHARES.findall(log)]
    full = [row for row in rows if row[2] > 1 and 100 * row[1] >= _NEARLY_FULL * row[2]]
    texts = [f"{kind} {used:,} of {of:,}" for kind, used, of in full]
    return ", ".join(texts) or "nextpnr gives no numbers"


def place_and_route(
    target: Target,
    folder: Path,
    seeds: int,
    jobs: int,
    progress: Progress,
    domains: Domains | None = None,
) -> dict[str, Any]:
    """Fmax over seeds, what nextpnr says is used, and the critical path of the median seed.

    Parameters
    ----------
    target : device, nextpnr and its arguments.
    folder : holds the netlist `block.json`; reports and logs of each seed go there.
    seeds : runs; a target whose Fmax means nothing is placed once.
    jobs : runs at a time.
    domains : clock domains of a design with several; None for one clock.

    Returns
    -------
    placed : dict, number of cells by kind, as nextpnr counts them; None where nothing was placed.
    placed_reason : text, why nothing was placed, or None.
    tool_failure : text, the error of a tool that is missing or failed; None where none did.
    critical_path : dict, of the median seed: ends, and delays in ns; None where there is none.
    fmax : dict, median, range and figures of all seeds in MHz, or the reason why there are none. Of
        a design with several clocks these are the figures of its slowest clock.
    fmax_by_clock : dict, the same by role of the clock; only of a design with several clocks.
    no_room : text, which kinds of cell are full; only where nextpnr finds no place for all cells.
    """
    if target.pnr is None:
        return not_placed(target.no_pnr or "")
    missing = status(target.pnr).problem
    if missing is not None:
        return not_placed(missing, missing)
    count = 1 if target.no_fmax else seeds
    try:
        reports = _reports(target, folder, count, jobs, progress)
    except NoRoomError as error:
        text = f"does not fit: nextpnr finds no place for all cells ({error})"
        return {**not_placed(text), "no_room": text}
    except ToolError as error:
        text = str(error).split("; all of it:")[0]
        return not_placed(text, text)
    utilisation = reports[1]["utilization"]
    used = {kind: row["used"] for kind, row in sorted(utilisation.items()) if row["used"]}
    result: dict[str, Any] = {
        "placed": used,
        "placed_reason": None,
        "tool_failure": None,
        "critical_path": None,
    }
    if target.no_fmax is not None:
        return {**result, "fmax": _no_fmax(target.no_fmax)}
    # Placement is random: the figure of one seed says little, so the median of several is quoted,
    # and the critical path is that of the median's seed (of an even number, the faster one's).
    by_seed = {seed: achieved_mhz(report["fmax"], domains) for seed, report in reports.items()}
    ordered = sorted(by_seed, key=lambda seed: by_seed[seed])
    result["critical_path"] = critical_path(reports[ordered[len(ordered) // 2]])
    result["fmax"] = _spread(list(by_seed.values()))
    if domains is not None:
        result["fmax_by_clock"] = {
            domain["role"]: _spread(
                [clock_mhz(report["fmax"], domain["clock"]) for report in reports.values()]
            )
            for domain in domains
        }
    return result


def not_placed(reason: str, tool_failure: str | None = None) -> dict[str, Any]:
    """The figures of a design that was not placed: None each, with the reason."""
    return {
        "placed": None,
        "placed_reason": reason,
        "tool_failure": tool_failure,
        "critical_path": None,
        "fmax": _no_fmax(reason),
    }


def _no_fmax(reason: str) -> dict[str, Any]:
    keys = ("median_mhz", "min_mhz", "max_mhz", "by_seed_mhz")
    return {**dict.fromkeys(keys), "reason": reason}


def _reports(
    target: Target, folder: Path, count: int, jobs: int, progress: Progress
) -> dict[int, dict[str, Any]]:
    """nextpnr's report of each seed, from 1 on; ToolError where a run fails."""
    progress(f"{target.name}: place and route, seeds 1 to {count}")
    reports = {}
    with TaskPool(max_workers=jobs) as pool:
        seeds = range(1, count + 1)
        runs = pool.map(lambda seed: _report(target, "block.json", seed, folder), seeds)
        for seed, report in zip(seeds, runs, strict=True):
            reports[seed] = report
            progress(f"{target.name}: seed {seed} routed")
    return reports


def _report(target: Target, netlist: str, seed: int, folder: Path) -> dict[str, Any]:
    """nextpnr's own report for one seed.

    The report of an earlier run is taken where netlist, pins, command and version are the same;
    `<name>.key` beside it holds their hash.
    """
    program = target.pnr or ""  # a target without one does not come here
    tool = find(program)
    run_name = f"{Path(netlist).stem}.seed{seed}"
    report, key_file = folder / f"{run_name}.report.json", folder / f"{run_name}.key"
    command = (
        *tool.command,
        *target.pnr_args,
        "--json",
        netlist,
        "--report",
        report.name,
        "--freq",
        str(PNR_GOAL_MHZ),
        "--seed",
        str(seed),
        "--timing-allow-fail",
        *_pins_arguments(target, folder),
    )
    # Everything that decides the result; the program's own path does not.
    inputs = [
        (folder / netlist).read_text(encoding="utf-8"),
        *command[len(tool.command) :],
        tool.version,
        *(file.read_text(encoding="utf-8") for file in sorted(folder.glob("pins.*"))),
    ]
    key = sha256("\0".join(inputs))
    up_to_date = (
        report.is_file() and key_file.is_file() and key_file.read_text(encoding="utf-8") == key
    )
    if not up_to_date:
        # The key is written last: a run that is killed leaves none, and is run again.
        for file in (report, key_file):
            file.unlink(missing_ok=True)
        log = folder / f"{run_name}.log"
        try:
            run(command, log=log, cwd=folder, env=tool.environ(), what=program)
        except ToolError:
            # A tool that could not be started has left no log.
            text = log.read_text(encoding="utf-8") if log.is_file() else ""
            if (reason := no_room(text)) is not None:
                raise NoRoomError(reason) from None
            raise
        write_text(key_file, key)
    return dict(json.loads(report.read_text()))


def _pins_arguments(target: Target, folder: Path) -> tuple[str, ...]:
    """nextpnr's arguments for a target that needs every pin of the frame placed."""
    if not target.pin_names:
        return ()
    lines = [
        f'IO_LOC "{port}" {pin};' for port, pin in zip(FRAME_PINS, target.pin_names, strict=True)
    ]
    file = write_text(folder / "pins.cst", "\n".join(lines) + "\n")
    return ("--vopt", f"{target.pin_option}={file.name}")


def critical_path(report: Mapping[str, Any]) -> dict[str, Any] | None:
    """The slowest path from a clock to the same clock: its ends, and its delays in ns.

    Paths from or to a pin and paths between two clocks are left out: they do not limit a clock.
    """
    paths = [
        path
        for path in report.get("critical_paths", [])
        if path["from"] != "<async>" and path["from"] == path["to"] and path["path"]
    ]
    if not paths:
        return None
    hops = max((path["path"] for path in paths), key=_delay_ns)
    routing = [hop for hop in hops if hop["type"] == "routing"]
    logic = [hop for hop in hops if hop["type"] != "routing"]
    return {
        "from": hops[0]["from"]["cell"],
        "to": hops[-1]["to"]["cell"],
        "delay_ns": round(_delay_ns(hops), 3),
        "logic_ns": round(_delay_ns(logic), 3),
        "routing_ns": round(_delay_ns(routing), 3),
    }


def _delay_ns(hops: Sequence[Mapping[str, Any]]) -> float:
    return sum(float(hop["delay"]) for hop in hops)


def _spread(values: Sequence[float]) -> dict[str, Any]:
    """Median and range over seeds, in MHz."""
    return {
        "median_mhz": round(statistics.median(values), 2),
        "min_mhz": round(min(values), 2),
        "max_mhz": round(max(values), 2),
        "by_seed_mhz": [round(value, 2) for value in values],
        "reason": None,
    }


def clock_mhz(fmax: Mapping[str, Any], clock: str) -> float:
    """nextpnr's Fmax of the clock at a port; the name of its net contains the port's.

    Raises
    ------
    ToolError
        No net or more than one net has the port's name in its own.
    """
    # nextpnr adds to the name, as in `clk$SB_IO_IN_$glb_clk`; `clk` must not match `other_clk`.
    achieved = [
        row["achieved"]
        for net, row in fmax.items()
        if re.search(rf"(?<![A-Za-z0-9_]){clock}(?![A-Za-z0-9_])", net)
    ]
    if len(achieved) != 1:
        raise ToolError(
            f"nextpnr's report must have one clock '{clock}', not {len(achieved)} among"
            f" {', '.join(sorted(fmax))}"
        )
    return float(achieved[0])


def achieved_mhz(fmax: Mapping[str, Any], domains: Domains | None) -> float:
    """Fmax of the one clock, or of the slowest of several."""
    if domains is None:
        return max(float(clock["achieved"]) for clock in fmax.values())
    return min(clock_mhz(fmax, domain["clock"]) for domain in domains)
