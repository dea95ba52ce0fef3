"""The price of a design in seconds, before synthesis: cells by part, clock, rate.

Block RAM, multipliers and clocks are exact. Flip-flops, LUTs and the clock have error bars, from
designs that were synthesised, placed and routed (see `sc_hw.price.model`).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sc_hw.build.blocks import Block, block_of
from sc_hw.build.naming import build_id, check_design
from sc_hw.fabric.families import load_family
from sc_hw.fabric.targets import Target, load_target
from sc_hw.price.capacity import overflow, usage
from sc_hw.price.limits import quote
from sc_hw.price.model import TargetModel, model_of, modelled_targets
from sc_hw.price.structure import PARTS, Counts, Structure, structure_of
from sc_hw.progress import Progress, silent
from sc_hw.tools import find
from sc_model.spec import ConfigError, Design

PRICE_SCHEMA = "sc-hw.price.v1"
FITTED = ("lane", "bank", "layer", "network")  # blocks of the designs of the report


def price(
    design: Design, targets: Sequence[str] = (), *, progress: Progress = silent
) -> list[dict[str, Any]]:
    """What a design is expected to cost on each target, in the order of `targets`.

    Nothing is written. The figures are those of the block alone, as `estimate` measures them: a
    door and its registers are no part of it.

    Parameters
    ----------
    design : the design.
    targets : names of targets that have a price model; none: all of them.
    progress : called with a line of text at each step.

    Raises
    ------
    ConfigError
        A target is unknown or has no model, or the design can't be made.
    ToolError
        Yosys is missing or fails.
    """
    check_design(design)
    chosen = [_modelled(name) for name in targets or modelled_targets()]
    find("yosys")
    rows = []
    for target, model in chosen:
        progress(f"{target.name}: counting")
        # The pipeline is cut for the target's family, whatever fabric the design names.
        variant = design.model_copy(update={"fabric": target.family})
        block = block_of(variant, load_family(target.family))
        rows.append(_row(design, block, target, model))
    return rows


def _modelled(name: str) -> tuple[Target, TargetModel]:
    """A target and its model; ConfigError for one without."""
    target, model = load_target(name), model_of(name)
    if model is None:
        raise ConfigError(
            f"target '{name}' has no price model; `sc-hw estimate` measures it. Those that have"
            f" one: {', '.join(modelled_targets())}."
        )
    return target, model


def _row(design: Design, block: Block, target: Target, model: TargetModel) -> dict[str, Any]:
    """The price on one target."""
    structure = structure_of(block, target, model.delays)
    total = structure.total
    lut, ff = model.luts(total, design.block), total.ff
    fmax = model.bar("fmax", model.fmax_mhz(structure, design.block))
    used: dict[str, float] = {"lut": round(lut), "ff": ff, "bram": total.bram, "dsp": total.dsp}
    resources = usage(target, used, structure.cells)
    excess = overflow(resources)
    quoted = quote(round(fmax.value, 2), None, structure.limit)
    timing = block.timing()
    clocks = step_clocks(design, timing)
    mhz = quoted["quoted_mhz"]
    per_clock = timing["synapses_per_clock"]
    return {
        "schema_version": PRICE_SCHEMA,
        "design": design.name,
        "block": design.block,
        "build_id": build_id(design),
        "target": target.name,
        "title": target.title,
        "units": {"bram": target.cells.bram_unit, "dsp": target.cells.dsp_unit},
        "lut": _rounded(model.bar("lut", lut).as_json(), 0),
        "ff": _rounded(model.bar("ff", ff).as_json(), 0),
        "bram": total.bram,
        "dsp": total.dsp,
        "spram": total.spram,
        "parts": {
            name: _part(structure.parts.get(name, Counts()), model, design.block) for name in PARTS
        },
        "device": {"resources": resources, "source": target.capacity_source},
        "model_note": None
        if design.block in FITTED
        else f"the model was not fitted to blocks '{design.block}': the bars are those of others",
        "fits": excess is None,
        "fits_reason": excess,
        "fmax_mhz": _rounded(fmax.as_json(), 2),
        **structure.limit,
        **quoted,
        "step_clocks": clocks,
        "steps_per_s": None if clocks is None else round(mhz * 1e6 / clocks, 1),
        "updates_per_s": round(mhz * 1e6 * per_clock),
        "timing": timing,
    }


def _part(counts: Counts, model: TargetModel, block: str) -> dict[str, Any]:
    """A part's cells; the bar is that of whole designs, for parts alone were not measured."""
    return {
        "lut": _rounded(model.bar("lut", model.luts(counts, block)).as_json(), 0),
        "ff": counts.ff,
        "bram": counts.bram,
        "dsp": counts.dsp,
        "spram": counts.spram,
    }


def _rounded(bar: dict[str, float], digits: int) -> dict[str, float]:
    """A figure and its bar with so many digits behind the point."""
    return {key: round(value, digits or None) for key, value in bar.items()}


def step_clocks(design: Design, timing: dict[str, Any]) -> float | None:
    """Clocks of a step while transfers never wait: of a network those of its slowest layer, of
    which a layer that ticks less often has its share. None where they depend on what comes in.
    """
    if design.block == "learning_network":
        return None
    if design.network is None:
        return float(timing.get("sweep_clocks", 1) + timing.get("critic_clocks", 0))
    intervals = {layer.name: layer.tick_interval for layer in design.network.layers}
    last = design.network.layers[-1].tick_interval  # a plastic layer ticks with it
    clocks = timing["tick_clocks"].items()
    return float(max(number / intervals.get(name, last) for name, number in clocks))


__all__ = ["Structure", "price", "step_clocks"]
