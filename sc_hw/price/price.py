"""The price of a design in seconds, before synthesis: cells by part, clock, rate.

Block RAM, multipliers and the clocks of a step are exact. Flip-flops, LUTs and the clock's
frequency have error bars, from designs that were synthesised, placed and routed (see
`sc_hw.price.model`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from sc_hw.build.blocks import Block, block_of
from sc_hw.build.naming import build_id, check_design
from sc_hw.errors import ToolError
from sc_hw.fabric.families import load_family
from sc_hw.fabric.targets import Target, load_target
from sc_hw.files import PathLike, folder_of_builds, make_folder, write_json
from sc_hw.price.capacity import overflow, usage
from sc_hw.price.limits import quote
from sc_hw.price.model import TargetModel, model_of, modelled_targets
from sc_hw.price.structure import PARTS, Counts, Structure, structure_of
from sc_hw.progress import Progress, silent
from sc_hw.tools import find
from sc_model.spec import ConfigError, Design

PRICE_SCHEMA = "sc-hw.price.v1"
STEADY = ("lane", "bank", "layer", "network")  # blocks of which the clocks of a step are known
FITTED_KINDS = ("dense", "hetsyn", "integrator")  # of layers, in networks that fitted a model
MEASURED = "`sc-hw estimate` measures it"


def price(
    design: Design,
    targets: Sequence[str] = (),
    *,
    root: PathLike | None = None,
    progress: Progress = silent,
    on_failure: Callable[[str, ConfigError | ToolError], None] | None = None,
) -> list[dict[str, Any]]:
    """What a design is expected to cost on each target, in the order of `targets`.

    The figures are those of the block alone, as `estimate` measures them: a door and its registers
    are no part of it.

    Parameters
    ----------
    design : the design.
    targets : names of targets that have a price model; none: all of them.
    root : folder of builds, where `report` finds the rows as build/<id>/price/<target>.json; None:
        nothing is written.
    progress : called with a line of text at each step.
    on_failure : called with a target and its error where the design can't be made for its family,
        or Yosys fails; the target then has no row, and the others go on. None: the error is raised.

    Raises
    ------
    ConfigError
        A target is unknown or has no model; or, without `on_failure`, the design can't be made.
    ToolError
        Yosys is missing; or, without `on_failure`, it fails.
    """
    check_design(design)
    modelled = [_modelled(name) for name in targets or modelled_targets()]
    find("yosys")
    folder = None
    if root is not None:  # an error of it comes before the work
        folder = make_folder(folder_of_builds(root) / build_id(design) / "price")
    rows = []
    for target, model in modelled:
        progress(f"{target.name}: counting")
        try:
            # The pipeline is cut for the target's family, whatever fabric the design names.
            variant = design.model_copy(update={"fabric": target.family})
            row = _row(design, block_of(variant, load_family(target.family)), target, model)
        except (ConfigError, ToolError) as error:
            if on_failure is None:
                raise
            on_failure(target.name, error)
            continue
        rows.append(row)
        if folder is not None:
            write_json(folder / f"{target.name}.json", row)
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
    total, lut = structure.total, model.luts(structure.total, design.block)
    used: dict[str, float] = {
        "lut": round(lut),
        "ff": total.ff,
        "bram": total.bram,
        "dsp": total.dsp,
    }
    resources = usage(target, used, structure.cells)
    excess = overflow(resources)
    return {
        "schema_version": PRICE_SCHEMA,
        "design": design.name,
        "block": design.block,
        "build_id": build_id(design),
        "target": target.name,
        "title": target.title,
        "units": {"bram": target.cells.bram_unit, "dsp": target.cells.dsp_unit},
        "lut": _figure(model, "lut", lut, design.block),
        "ff": _figure(model, "ff", total.ff, design.block),
        "bram": total.bram,
        "dsp": total.dsp,
        "spram": total.spram,
        "parts": {
            name: _part(structure.parts.get(name, Counts()), model, design.block) for name in PARTS
        },
        "device": {"resources": resources, "source": target.capacity_source},
        "model_note": model_note(design, model),
        "fits": excess is None,
        "fits_reason": excess,
        **_speed(design, block, structure, model),
    }


def _speed(
    design: Design, block: Block, structure: Structure, model: TargetModel
) -> dict[str, Any]:
    """The clock that is expected, and what follows from it; None each where none is."""
    reason = None
    if not model.has_clock(design.block):
        blocks = ", ".join(sorted(set(model.period) & set(model.cover)))
        reason = (
            f"the model's clock was fitted to blocks {blocks} on this target, not to"
            f" {design.block}; {MEASURED}"
        )
    fmax = None if reason else model.fmax_mhz(structure, design.block)
    quoted = quote(None if fmax is None else round(fmax, 2), reason, structure.limit)
    mhz, timing = quoted["quoted_mhz"], block.timing()
    clocks, clocks_reason = step_clocks(design, timing), None
    if clocks is None:
        clocks_reason = timing["within_clocks_reason"]
    return {
        "fmax_mhz": _figure(model, "fmax", fmax, design.block, 2),
        "fmax_reason": reason,
        **structure.limit,
        **quoted,
        "step_clocks": clocks,
        "step_clocks_reason": clocks_reason,
        "step_clocks_at_most": by_events(design),
        "steps_per_s": round(mhz * 1e6 / clocks, 1) if mhz is not None and clocks else None,
        "updates_per_s": None if mhz is None else round(mhz * 1e6 * timing["synapses_per_clock"]),
        "timing": timing,
    }


def by_events(design: Design) -> bool:
    """Whether a step takes fewer clocks where fewer inputs spike."""
    layers = () if design.network is None else design.network.layers
    return design.block not in STEADY or any(layer.engine == "events" for layer in layers)


def model_note(design: Design, model: TargetModel) -> str | None:
    """A warning of what no design had that the model was fitted to; None where there is nothing."""
    if not model.has_luts(design.block):
        return (
            f"block RAM, multipliers and flip-flops are counted as in all blocks; LUTs have no bar,"
            f" for the model was not fitted to blocks '{design.block}' on this target: {MEASURED}"
        )
    others = list(dict.fromkeys(_untried(design)))
    if not others:
        return None
    return (
        f"the bars are those of designs without {', '.join(others)}, which the model was not tried"
        f" on: {MEASURED}"
    )


def _untried(design: Design) -> Iterator[str]:
    """Names of what a design has, and no design had that the model was fitted to or tried on."""
    if (network := design.network) is not None:
        for layer in network.layers:
            if layer.kind not in FITTED_KINDS:
                yield f"layers of kind {layer.kind}"
        for name in ("readout", "encoder", "plastic"):
            if getattr(network, name):
                yield f"[{name}]"
        if any(layer.neurons_a_clock > 1 for layer in network.layers):
            yield "neurons_a_clock"
    if (learning := design.learning) is not None:
        for key in ("lanes", "weight_bits"):
            if len({getattr(layer, key) for layer in learning.layers}) > 1:
                yield f"layers that differ in {key}"
    if (recurrent := design.recurrent) is not None and recurrent.hidden.max_delay > 1:
        yield "max_delay"


def _part(counts: Counts, model: TargetModel, block: str) -> dict[str, Any]:
    """A part's cells; the bar is that of whole designs, for parts alone were not measured."""
    return {
        "lut": _figure(model, "lut", model.luts(counts, block), block),
        "ff": counts.ff,
        "bram": counts.bram,
        "dsp": counts.dsp,
        "spram": counts.spram,
    }


def _figure(
    model: TargetModel, what: str, value: float | None, block: str, digits: int = 0
) -> dict[str, float | None]:
    """A figure with its bar; without one where the model was not fitted to such a block."""
    if value is None:
        return {"value": None, "low": None, "high": None}
    if not model.has_luts(block):
        return {"value": round(value, digits or None), "low": None, "high": None}
    bar = model.bar(what, value, block).as_json()
    return {key: round(each, digits or None) for key, each in bar.items()}


def step_clocks(design: Design, timing: dict[str, Any]) -> float | None:
    """Clocks of a step while transfers never wait; None where they depend on what comes in.

    Of a network: the clocks of a tick, divided by the layer's `tick_interval`, of the layer where
    that is most.
    """
    if design.network is None and timing.get("within_clocks_reason"):
        return None
    if design.network is None:
        return float(timing.get("sweep_clocks", 1) + timing.get("critic_clocks", 0))
    intervals = {layer.name: layer.tick_interval for layer in design.network.layers}
    last = design.network.layers[-1].tick_interval  # a plastic layer ticks with it
    tick_clocks = timing["tick_clocks"].items()
    return float(max(clocks / intervals.get(name, last) for name, clocks in tick_clocks))


__all__ = ["Structure", "price", "step_clocks"]
