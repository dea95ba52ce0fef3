# amaranth: UnusedElaboratable=no
"""A network taken apart for its proof: one lane and the neurons of each layer, emitted
standalone_verilog, and what the proof must know.

The lanes of a layer are one component made several times. The parts that carry words from layer to
layer are proved elsewhere (`sc_hw.proof.blocks.network.intake`,
`sc_hw.proof.blocks.network.crossing`).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from sc_hw.fabric.families import load_family
from sc_hw.proof.blocks.plastic.parts import Parts, fields_of, named_signals
from sc_hw.trained.dense_lane import DenseLane
from sc_hw.trained.hetsyn_lane import HetSynLane
from sc_hw.trained.history import History
from sc_hw.trained.lane import AHEAD, MEMORY
from sc_hw.trained.neurons import Neurons
from sc_model.spec import DecayCodes, DenseSpec, Design, HetSynSpec, NetworkSpec

LANE, NEURONS, HISTORY = "lane", "neurons", "history"


def lane_facts(lane: HetSynLane | DenseLane, index: int) -> dict[str, Any]:
    """When a lane of that layer does what."""
    return {
        "layer": index,
        "fetch": lane.fetch,
        "ahead": AHEAD,
        "memory": MEMORY,
        "trace_ready": lane.update.ready.get("trace"),
        "product_ready": lane.update.ready["product"],
        "latency": lane.latency,
        "summing": lane.accumulator.latency,
        "fixed": fields_of(lane.fixed),
        "named_signals": named_signals(lane.update),
    }


def neurons_facts(neurons: Neurons, index: int) -> dict[str, Any]:
    """When the neurons of that layer do what."""
    return {
        "layer": index,
        "memory": MEMORY,
        "ahead": AHEAD,
        "update_latency": neurons.update.latency,
        "word": fields_of(neurons.state),
        "own": fields_of(neurons.own),
        "named_signals": named_signals(neurons.update),
    }


def history_facts(index: int) -> dict[str, Any]:
    """When the history of that layer does what."""
    return {"layer": index, "memory": MEMORY}


Change = Callable[[Any, DecayCodes | None], tuple[Any, DecayCodes | None]]


def write_network_parts(
    design: Design, folder: Path, control: NetworkControl | None = None
) -> None:
    """Write the parts of a network under `folder`/proof; for a control the one with its bug, of the
    first layer standalone_verilog.
    """
    if design.network is None:
        raise ValueError("only a network has layers of this kind")
    family = load_family(design.fabric)
    parts = Parts(folder, () if control is None else (control.part,))
    for index, spec in enumerate(design.network.layers):
        if control is not None and (
            control.kind is not type(spec) or index != first_of(design.network, control.kind)
        ):
            continue
        value = design.network.crossing(index).value
        made: Any = spec
        codes = spec.codes(design.network.tick_ms) if isinstance(spec, HetSynSpec) else None
        if control is not None:
            made, codes = control.change(made, codes)
        lane = (
            DenseLane(made, value, family)
            if codes is None
            else HetSynLane(made, codes, value, family)
        )
        neurons = Neurons(made, value, family)
        parts.standalone_verilog(LANE, lane, lane_facts(lane, index), f"{LANE}_{spec.name}")
        parts.standalone_verilog(
            NEURONS, neurons, neurons_facts(neurons, index), f"{NEURONS}_{spec.name}"
        )
        if made.max_delay:
            parts.standalone_verilog(
                HISTORY, History(made, value), history_facts(index), f"{HISTORY}_{spec.name}"
            )
    parts.write()
    if control is not None and control.edit is not None:
        _edit(folder, control)


def _edit(folder: Path, control: NetworkControl) -> None:
    """Put a control's edit into the text of its part."""
    (path,) = (folder / "proof").glob(f"{control.part}_*.v")
    text = path.read_text(encoding="utf-8")
    old, new = control.edit if control.edit is not None else ("", "")
    if old not in text:
        raise ValueError(
            f"control '{control.name}' must find {old!r} in {path.name} to put its bug there; mend"
            " the control"
        )
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


def first_of(network: NetworkSpec, kind: type) -> int | None:
    """The first layer of a kind: all of a kind are made by the same text."""
    return next((index for index, layer in enumerate(network.layers) if type(layer) is kind), None)


@dataclass(frozen=True)
class NetworkControl:
    """A bug put into a part of the first layer of a kind; the claims stay those of the correct
    design and must refute it.

    Members
    -------
    change : makes the layer another one.
    edit : makes the part's emitted text another one: what is replaced, and by what.
    applies : whether a layer can have the bug.
    """

    kind: type[HetSynSpec | DenseSpec]
    name: str
    bug: str
    part: str
    change: Change = lambda spec, codes: (spec, codes)
    edit: tuple[str, str] | None = None
    applies: Callable[[Any], bool] = lambda spec: True


def controls_for(network: NetworkSpec) -> list[NetworkControl]:
    """The bugs that a network's layers can have."""
    firsts = {control: first_of(network, control.kind) for control in CONTROLS}
    return [
        control
        for control, index in firsts.items()
        if index is not None and control.applies(network.layers[index])
    ]


def _other_neuron(spec: Any, **changes: Any) -> Any:
    neuron = type(spec.neuron)(**{**spec.neuron.model_dump(), **changes})
    return spec.model_copy(update={"neuron": neuron})


def _other_reset(spec: Any, codes: DecayCodes | None) -> tuple[Any, DecayCodes | None]:
    return (
        _other_neuron(spec, reset="zero" if spec.neuron.reset == "subtract" else "subtract"),
        codes,
    )


def _one_factor_off(spec: Any, codes: DecayCodes | None) -> tuple[Any, DecayCodes | None]:
    """The factor in the middle of the table is the one below it."""
    if codes is None:
        return spec, codes
    middle = len(codes.factors) // 2
    below = codes.factors[max(0, middle - 1)]
    return spec, replace(
        codes, factors=(*codes.factors[:middle], below, *codes.factors[middle + 1 :])
    )


RESET_BUG = (
    "a spike puts the potential to zero instead of taking the threshold off (or the other way"
    " round)"
)
CONTROLS = (
    NetworkControl(
        HetSynSpec,
        "decay table",
        "one entry of the table of decay codes is its neighbour",
        LANE,
        change=_one_factor_off,
    ),
    NetworkControl(
        HetSynSpec,
        "input one place low",
        "a spike adds half of what it must to a trace",
        LANE,
        change=lambda spec, codes: (
            spec.model_copy(update={"trace_fraction": max(0, spec.trace_fraction - 1)}),
            codes,
        ),
    ),
    NetworkControl(
        HetSynSpec,
        "threshold",
        "a neuron fires above its threshold, not at it",
        NEURONS,
        change=lambda spec, codes: (
            _other_neuron(spec, threshold=spec.neuron.threshold + 1),
            codes,
        ),
    ),
    NetworkControl(HetSynSpec, "reset", RESET_BUG, NEURONS, change=_other_reset),
    NetworkControl(
        DenseSpec,
        "sum goes on",
        "a neuron's sum begins with that of the neuron before",
        LANE,
        edit=("first_d1 <= first;", "first_d1 <= 1'h0;"),
    ),
    NetworkControl(DenseSpec, "kind of reset", RESET_BUG, NEURONS, change=_other_reset),
    NetworkControl(
        DenseSpec,
        "moment of the reset",
        "a spike's reset comes before the leak instead of behind it (or the other way round)",
        NEURONS,
        change=lambda spec, codes: (
            _other_neuron(spec, reset_delay=not spec.neuron.reset_delay),
            codes,
        ),
        applies=lambda spec: not spec.neuron.refractory and spec.neuron.leak != "none",
    ),
    NetworkControl(
        DenseSpec,
        "history at power-on",
        "what lies in the memory counts as the past before there is one",
        HISTORY,
        edit=("fresh_d1 <= fresh;", "fresh_d1 <= 1'h0;"),
        applies=lambda spec: bool(spec.max_delay),
    ),
)
