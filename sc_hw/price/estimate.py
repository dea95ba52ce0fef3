"""Cost and speed on real fabrics: Yosys synthesis, nextpnr place and route, several seeds.

Every figure is read from a tool's own JSON. A figure that was not measured is `null`, with the
reason beside it.
"""

from __future__ import annotations

import json
import re
import statistics
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

from sc_hw.build.blocks import block_of
from sc_hw.build.elaborate import DEFAULT_ROOT, Build, build_id, elaborate, sha256
from sc_hw.build.emit import to_verilog
from sc_hw.fabric.families import load_family
from sc_hw.fabric.targets import Cells, Target, load_target
from sc_hw.files import write_json, write_text
from sc_hw.price.frame import WRAPPER_PINS, WRAPPER_TOP, black_box, wrapper, wrapper_of_domains
from sc_hw.price.limits import device_limit, quote
from sc_hw.progress import Progress, silent
from sc_hw.tools.tools import ToolError, find, run, run_yosys, status
from sc_model.spec import Design

METRICS_SCHEMA = "sc-hw.metrics.v1"
PNR_GOAL_MHZ = 400  # asked of nextpnr so that it never stops early; misses are allowed


def count(cells: dict[str, int], kinds: Cells) -> dict[str, float]:
    """LUT, FF, BRAM and DSP in a Yosys `stat -json` table of cells."""

    def total(table: Any) -> float:
        units = sum(
            number * weight
            for cell, number in cells.items()
            for pattern, weight in table.items()
            if fnmatchcase(cell, pattern)
            and not (pattern.endswith("*") and cell in table and cell != pattern)
        )
        return int(units) if units == int(units) else units

    return {
        "lut": total(kinds.lut),
        "ff": total(kinds.ff),
        "bram": total(kinds.bram),
        "dsp": total(kinds.dsp),
    }


def _synthesise(
    sources: Sequence[str],
    target: Target,
    folder: Path,
    name: str,
    shared_modules: Sequence[str] = (),
) -> dict[str, int]:
    """Cells by type after synthesis; the netlist is left in `<name>.json`.

    The modules in `shared_modules` are mapped once each and put in their places afterwards: a layer
    of 150 lanes takes as long as one of two.
    """
    script = "".join(f"read_verilog {source}\n" for source in sources)
    script += "".join(f"setattr -mod -set keep_hierarchy 1 {module}\n" for module in shared_modules)
    script += f"{target.synth} -top {WRAPPER_TOP}\n"
    script += "".join(f"setattr -mod -unset keep_hierarchy {module}\n" for module in shared_modules)
    script += "flatten\nopt_clean -purge\n" if shared_modules else ""
    script += f"write_json {name}.json\ntee -q -o {name}.stat.json stat -json\n"
    run_yosys(script, folder=folder, name=name)
    return dict(
        json.loads((folder / f"{name}.stat.json").read_text())["design"]["num_cells_by_type"]
    )


def _pins_file(target: Target, folder: Path) -> tuple[str, ...]:
    if not target.pin_names:
        return ()
    lines = [
        f'IO_LOC "{port}" {pin};' for port, pin in zip(WRAPPER_PINS, target.pin_names, strict=True)
    ]
    file = write_text(folder / "pins.cst", "\n".join(lines) + "\n")
    return ("--vopt", f"{target.pin_option}={file.name}")


def _place_and_route(target: Target, netlist: str, seed: int, folder: Path) -> dict[str, Any]:
    """nextpnr's own report for one seed; that of an earlier run where netlist, command and tool are
    the same.
    """
    program = target.pnr or ""  # a target without one is not asked for
    tool = find(program)
    report, made_of = (
        f"{Path(netlist).stem}.seed{seed}.report.json",
        folder / f"{Path(netlist).stem}.seed{seed}.key",
    )
    command = (
        *tool.command,
        *target.pnr_args,
        "--json",
        netlist,
        "--report",
        report,
        "--freq",
        str(PNR_GOAL_MHZ),
        "--seed",
        str(seed),
        "--timing-allow-fail",
        *_pins_file(target, folder),
    )
    inputs = [
        (folder / netlist).read_text(encoding="utf-8"),
        *command[len(tool.command) :],
        tool.version,
    ]
    inputs += [file.read_text(encoding="utf-8") for file in sorted(folder.glob("pins.*"))]
    key = sha256("\0".join(inputs))
    if not (
        (folder / report).is_file()
        and made_of.is_file()
        and made_of.read_text(encoding="utf-8") == key
    ):
        for file in (folder / report, made_of):
            file.unlink(missing_ok=True)
        run(
            command,
            log=folder / f"{Path(netlist).stem}.seed{seed}.log",
            cwd=folder,
            env=tool.environ(),
            what=program,
        )
        write_text(made_of, key)
    return dict(json.loads((folder / report).read_text()))


def _critical_path(report: dict[str, Any]) -> dict[str, Any] | None:
    """The slowest path from clock to clock: where it starts and ends, and what it is made of."""
    paths = [
        p
        for p in report.get("critical_paths", [])
        if "clk" in p["from"] and p["from"] == p["to"] and p["path"]
    ]
    if not paths:
        return None
    worst = max(paths, key=lambda p: sum(hop["delay"] for hop in p["path"]))
    hops = worst["path"]
    return {
        "from": hops[0]["from"]["cell"],
        "to": hops[-1]["to"]["cell"],
        "delay_ns": round(sum(hop["delay"] for hop in hops), 3),
        "logic_ns": round(sum(hop["delay"] for hop in hops if hop["type"] != "routing"), 3),
        "routing_ns": round(sum(hop["delay"] for hop in hops if hop["type"] == "routing"), 3),
    }


def _nothing(reason: str) -> dict[str, Any]:
    return {
        "median_mhz": None,
        "min_mhz": None,
        "max_mhz": None,
        "by_seed_mhz": None,
        "reason": reason,
    }


def estimate_target(
    build: Build, target: Target, *, seeds: int = 5, jobs: int = 2, progress: Progress = silent
) -> dict[str, Any]:
    """Metrics of a design on one target; also written to
    `build/<id>/estimate/<target>/metrics.json`.
    """
    folder = build.folder / "estimate" / target.name
    folder.mkdir(parents=True, exist_ok=True)
    family = load_family(target.family)
    design = build.design.model_copy(update={"fabric": target.family})
    block = block_of(design, family)
    ports = build.manifest["ports"]
    port_bits = sum(port["width"] for port in ports)
    progress(f"{target.name}: elaborating for {target.family}")
    text = to_verilog(block.component, block.top, family)
    write_text(folder / "block.v", text)
    metrics: dict[str, Any] = {
        "schema_version": METRICS_SCHEMA,
        "design": build.design.name,
        "block": design.block,
        "synapses": design.synapses,
        "build_id": build.id,
        "target": target.name,
        "title": target.title,
        "family": target.family,
        "tools": {"yosys": f"{find('yosys').version} ({find('yosys').source})"},
        "synth_command": target.synth,
        "port_bits": port_bits,
        "pins": target.pins,
        "twin_build_id": build_id(design),
        "verilog_sha256": sha256(text),
        "units": {"bram": target.cells.bram_unit, "dsp": target.cells.dsp_unit},
        "timing": block.timing(),
    }
    progress(f"{target.name}: synthesis")
    # Framed even where the pins would do: only then does every path of the block run from clock to
    # clock.
    domains = build.manifest.get("domains")
    frame_text = (
        wrapper(block.top, ports)
        if domains is None
        else wrapper_of_domains(block.top, domains, ports)
    )
    write_text(folder / "frame.v", frame_text)
    write_text(folder / "empty.v", black_box(block.top, ports))
    cells = _synthesise(
        ["block.v", "frame.v"],
        target,
        folder,
        "block",
        list(getattr(block.component, "shared_modules", {})),
    )
    whole = count(cells, target.cells)
    frame = count(_synthesise(["empty.v", "frame.v"], target, folder, "frame"), target.cells)
    metrics["with_wrapper"], metrics["wrapper"] = whole, frame
    costs = {unit: max(0, whole[unit] - frame[unit]) for unit in whole}
    metrics.update(costs)
    metrics["cells"] = dict(sorted(cells.items()))
    metrics.update(_timing(target, folder, seeds, jobs, progress, domains))
    fmax = metrics["fmax"]["median_mhz"]
    rate = block.timing()["synapses_per_clock"]
    metrics["updates_per_s"] = None if fmax is None else round(fmax * 1e6 * rate)
    metrics["updates_per_s_reason"] = metrics["fmax"]["reason"]
    metrics.update(device_limit(target.limits, json.loads((folder / "block.json").read_text())))
    metrics.update(quote(fmax, metrics["fmax"]["reason"], metrics))
    quoted = metrics["quoted_mhz"]
    metrics["quoted_updates_per_s"] = None if quoted is None else round(quoted * 1e6 * rate)
    write_json(folder / "metrics.json", metrics)
    return metrics


def _timing(
    target: Target,
    folder: Path,
    seeds: int,
    jobs: int,
    progress: Progress,
    domains: Sequence[Mapping[str, Any]] | None = None,
) -> dict[str, Any]:
    """Fmax over seeds, what nextpnr says is used, and the critical path of the median seed.

    With several clocks also `fmax_by_clock`; `fmax` is then that of the slowest of them.
    """
    empty: dict[str, Any] = {"placed": None, "critical_path": None}
    if target.pnr is None:
        return {**empty, "placed_reason": target.no_pnr, "fmax": _nothing(target.no_pnr or "")}
    missing = status(target.pnr).problem
    if missing is not None:
        return {**empty, "placed_reason": missing, "fmax": _nothing(missing)}
    reports: dict[int, dict[str, Any]] = {}
    try:
        numbers = range(1, (1 if target.no_fmax else seeds) + 1)
        progress(f"{target.name}: place and route, seeds 1 to {numbers[-1]}")
        with ThreadPoolExecutor(max_workers=jobs) as pool:
            done = pool.map(
                lambda seed: (seed, _place_and_route(target, "block.json", seed, folder)), numbers
            )
            for seed, report in done:
                reports[seed] = report
                progress(f"{target.name}: seed {seed} routed")
    except ToolError as error:
        reason = str(error).split("; all of it:")[0]
        return {**empty, "placed_reason": reason, "fmax": _nothing(reason)}
    used = {
        kind: row["used"] for kind, row in sorted(reports[1]["utilization"].items()) if row["used"]
    }
    result: dict[str, Any] = {"placed": used, "placed_reason": None, "critical_path": None}
    if target.no_fmax is not None:
        return {**result, "fmax": _nothing(target.no_fmax)}
    by_seed = {seed: _achieved(report["fmax"], domains) for seed, report in reports.items()}
    ordered = sorted(by_seed, key=lambda seed: by_seed[seed])
    result["critical_path"] = _critical_path(reports[ordered[len(ordered) // 2]])
    result["fmax"] = _spread(list(by_seed.values()))
    if domains is not None:
        result["fmax_by_clock"] = {
            domain["role"]: _spread(
                [_of_clock(report["fmax"], domain["clock"]) for report in reports.values()]
            )
            for domain in domains
        }
    return result


def _spread(values: Sequence[float]) -> dict[str, Any]:
    """Median and range over seeds."""
    return {
        "median_mhz": round(statistics.median(values), 2),
        "min_mhz": round(min(values), 2),
        "max_mhz": round(max(values), 2),
        "by_seed_mhz": [round(value, 2) for value in values],
        "reason": None,
    }


def _of_clock(fmax: Mapping[str, Any], clock: str) -> float:
    """nextpnr's Fmax of the clock at that port: its net's name has the port's in it."""
    found = [
        row["achieved"]
        for net, row in fmax.items()
        if re.search(rf"(?<![A-Za-z0-9_]){clock}(?![A-Za-z0-9_])", net)
    ]
    if len(found) != 1:
        raise ToolError(
            f"nextpnr's report must have one clock '{clock}', not {len(found)} among"
            f" {', '.join(sorted(fmax))}"
        )
    return float(found[0])


def _achieved(fmax: Mapping[str, Any], domains: Sequence[Mapping[str, Any]] | None) -> float:
    """Fmax of the one clock, or of the slowest of several."""
    if domains is None:
        return max(float(clock["achieved"]) for clock in fmax.values())
    return min(_of_clock(fmax, domain["clock"]) for domain in domains)


def estimate(
    design: Design,
    targets: Sequence[str],
    *,
    root: Path = DEFAULT_ROOT,
    seeds: int = 5,
    jobs: int = 2,
    progress: Progress = silent,
) -> list[dict[str, Any]]:
    """Metrics of a design on each target, in the order given.

    Parameters
    ----------
    design : what to build.
    targets : names of `sc_hw.fabric.targets`.
    root : folder of builds.
    seeds : place-and-route runs, >= 1; median and spread are over them.
    jobs : runs at a time.

    Raises ConfigError for an unknown target (before anything runs) and ToolError where synthesis
    fails; a failing place and route is a `null` with its reason.
    """
    if seeds < 1:
        raise ValueError(f"seeds must be >= 1, not {seeds}")
    chosen = [load_target(name) for name in targets]
    find("yosys")
    build = elaborate(design, root)
    return [
        estimate_target(build, target, seeds=seeds, jobs=jobs, progress=progress)
        for target in chosen
    ]
