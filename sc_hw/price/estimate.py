"""Cost and speed on real fabrics: Yosys synthesis, nextpnr place and route, several seeds.

Every figure is read from a tool's own JSON. A figure that was not measured is `null`, with the
reason beside it.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from filelock import FileLock

from sc_hw.build.blocks import Block, block_of
from sc_hw.build.elaborate import Build, build_id, elaborate, sha256
from sc_hw.build.emit import to_verilog
from sc_hw.errors import ToolError
from sc_hw.fabric.families import family_module, load_family
from sc_hw.fabric.targets import Target, all_targets, load_target
from sc_hw.files import DEFAULT_ROOT, PathLike, write_json, write_text
from sc_hw.price.capacity import ProductWatch, overflow, usage, verdict
from sc_hw.price.frame import black_box, frame, frame_of_domains
from sc_hw.price.limits import device_limit, quote
from sc_hw.price.placement import not_placed, place_and_route
from sc_hw.price.synthesis import count, synthesise, uncounted
from sc_hw.progress import Progress, silent
from sc_hw.tools import find
from sc_model.spec import ConfigError, Design
from sc_model.spec.catalogue import cause_of

METRICS_SCHEMA = "sc-hw.metrics.v1"
UNITS = ("lut", "ff", "bram", "dsp")


def estimate(
    design: Design,
    targets: Sequence[str],
    *,
    root: PathLike = DEFAULT_ROOT,
    seeds: int = 5,
    jobs: int = 2,
    progress: Progress = silent,
    on_failure: Callable[[str, ConfigError | ToolError], None] | None = None,
) -> list[dict[str, Any]]:
    """Metrics of a design on each target, in the order of `targets`.

    Parameters
    ----------
    design : the design.
    targets : names of `sc_hw.fabric.targets`.
    root : folder of builds.
    seeds : place-and-route runs, >= 1; median and spread are over them.
    jobs : runs at a time, >= 1.
    progress : called with a line of text at each step.
    on_failure : called with a target and its error where synthesis fails, or the design can't be
        made for its family, so that the others go on; None: the error is raised. Where synthesis
        fails, the target has no row; where the design can't be made, all figures of its row are
        None, with the reason.

    Raises
    ------
    ConfigError
        A target is unknown; nothing has run then. Or the design can't be made for one.
    ToolError
        Synthesis fails. A place and route that fails raises nothing: its figures are None, with the
        reason, and `tool_failure` has the error. Neither does a design that does not fit its
        device: `fits` is then false, and nothing is placed.
    ValueError
        `seeds` is below 1.
    """
    if seeds < 1:
        raise ValueError(f"seeds must be >= 1, not {seeds}")
    devices = [load_target(name) for name in targets]
    find("yosys")
    build = elaborate(design, root)
    rows = []
    for target in devices:
        try:
            rows.append(estimate_target(build, target, seeds=seeds, jobs=jobs, progress=progress))
        except (ConfigError, ToolError) as error:
            if on_failure is None:
                raise
            on_failure(target.name, error)
            if isinstance(error, ConfigError):
                rows.append(_failure_row(build, target, str(error)))
    return rows


def _failure_row(build: Build, target: Target, reason: str) -> dict[str, Any]:
    """The row of a target for which the design can't be made: no figure, and the reason."""
    resources = {
        unit: {"used": None, "available": target.capacity.get(unit), "percent": None}
        for unit in UNITS
    }
    return {
        "schema_version": METRICS_SCHEMA,
        "design": build.design.name,
        "block": build.design.block,
        "synapses": build.design.synapses,
        "build_id": build.id,
        "target": target.name,
        "title": target.title,
        "family": target.family,
        **dict.fromkeys((*UNITS, "with_wrapper", "wrapper", "cells", "timing")),
        "product_notes": [],
        "device": {"resources": resources, "source": target.capacity_source},
        **not_placed(reason),
        "fits": None,
        "fits_reason": reason,
        "updates_per_s": None,
        "updates_per_s_reason": reason,
        "device_limit_mhz": None,
        "device_limit": None,
        "limit_reason": None,
        "limits": [],
        "quoted_mhz": None,
        "quoted_from": None,
        "quoted_reason": reason,
        "quoted_updates_per_s": None,
    }


def estimate_target(
    build: Build, target: Target, *, seeds: int = 5, jobs: int = 2, progress: Progress = silent
) -> dict[str, Any]:
    """Metrics of a design on one target, also in `build/<id>/estimate/<target>/metrics.json`.

    Another process that estimates the same build on the same target is waited for.
    """
    folder = build.folder / "estimate" / target.name
    folder.mkdir(parents=True, exist_ok=True)
    # Yosys and nextpnr write their files in place: a second process would read them half-written.
    with FileLock(folder / ".lock"):
        return _estimate_in(folder, build, target, seeds, jobs, progress)


def _estimate_in(
    folder: Path, build: Build, target: Target, seeds: int, jobs: int, progress: Progress
) -> dict[str, Any]:
    """The metrics, with the target's folder to ourselves."""
    progress(f"{target.name}: elaborating for {target.family}")
    family = load_family(target.family)
    # The pipeline is cut for the target's family, whatever fabric the design names.
    design = build.design.model_copy(update={"fabric": target.family})
    watch: Any = ProductWatch(family)
    with _errors_of(target.family):
        block = block_of(design, family)
        text = to_verilog(block.component, block.top, watch)
    write_text(folder / "block.v", text)
    metrics = _identity(build, design, block, target, text)
    progress(f"{target.name}: synthesis")
    metrics.update(_area(build, block, target, folder))
    metrics["product_notes"] = watch.notes() + uncounted(metrics["cells"], target, all_targets())
    metrics["device"] = {
        "resources": usage(
            target, {unit: metrics[unit] for unit in metrics["with_wrapper"]}, metrics["cells"]
        ),
        "source": target.capacity_source,
    }
    excess = overflow(metrics["device"]["resources"])
    if excess is None:
        domains = build.manifest.get("domains")
        placement = place_and_route(target, folder, seeds, jobs, progress, domains)
        excess = placement.pop("no_room", None)
    else:
        placement = not_placed(excess)
    if excess is not None:
        progress(f"{target.name}: {excess}")
    metrics.update(placement)
    metrics.update(verdict(target, excess, metrics))
    metrics.update(_rates(metrics, block, target, folder))
    write_json(folder / "metrics.json", metrics)
    return metrics


@contextmanager
def _errors_of(family: str) -> Iterator[None]:
    """Make a ToolError of whatever the code of another package's family may raise."""
    try:
        yield
    except (ConfigError, ToolError):
        raise
    except Exception as error:
        module = family_module(family)
        if module.startswith("sc_hw."):
            raise
        raise ToolError(f"family '{family}' is broken: {cause_of(error, module)}.") from None


def _identity(
    build: Build, design: Design, block: Block, target: Target, text: str
) -> dict[str, Any]:
    """What was estimated, on which target, with which tools."""
    yosys = find("yosys")
    return {
        "schema_version": METRICS_SCHEMA,
        "design": build.design.name,
        "block": design.block,
        "synapses": design.synapses,
        "build_id": build.id,
        "target": target.name,
        "title": target.title,
        "family": target.family,
        "tools": {"yosys": f"{yosys.version} ({yosys.source})"},
        "synth_command": target.synth,
        "port_bits": sum(port["width"] for port in build.manifest["ports"]),
        "pins": target.pins,
        "twin_build_id": build_id(design),
        "verilog_sha256": sha256(text),
        "units": {"bram": target.cells.bram_unit, "dsp": target.cells.dsp_unit},
        "timing": block.timing(),
    }


def _area(build: Build, block: Block, target: Target, folder: Path) -> dict[str, Any]:
    """LUT, FF, BRAM and DSP of the block: those of block and frame less those of the frame alone.

    The block is framed even where its ports would fit the pins: only then does every path of it run
    from clock to clock, so that nextpnr times it.
    """
    ports, domains = build.manifest["ports"], build.manifest.get("domains")
    text = (
        frame(block.top, ports) if domains is None else frame_of_domains(block.top, domains, ports)
    )
    write_text(folder / "frame.v", text)
    write_text(folder / "empty.v", black_box(block.top, ports))
    shared_modules = list(getattr(block.component, "shared_modules", {}))
    cells = synthesise(["block.v", "frame.v"], target, folder, "block", shared_modules)
    whole = count(cells, target.cells)
    of_frame = count(synthesise(["empty.v", "frame.v"], target, folder, "frame"), target.cells)
    return {
        "with_wrapper": whole,
        "wrapper": of_frame,
        **{unit: max(0, whole[unit] - of_frame[unit]) for unit in whole},
        "cells": dict(sorted(cells.items())),
    }


def _rates(
    metrics: Mapping[str, Any], block: Block, target: Target, folder: Path
) -> dict[str, Any]:
    """Synapse updates a second: at nextpnr's Fmax, and at the clock that is quoted."""
    fmax, reason = metrics["fmax"]["median_mhz"], metrics["fmax"]["reason"]
    synapses_per_clock = block.timing()["synapses_per_clock"]

    def rate(mhz: float | None) -> int | None:
        return None if mhz is None else round(mhz * 1e6 * synapses_per_clock)

    limit = device_limit(target.limits, json.loads((folder / "block.json").read_text()))
    quoted = quote(fmax, reason, limit)
    return {
        "updates_per_s": rate(fmax),
        "updates_per_s_reason": reason,
        **limit,
        **quoted,
        "quoted_updates_per_s": rate(quoted["quoted_mhz"]),
    }
