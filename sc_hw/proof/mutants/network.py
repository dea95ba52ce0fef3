# amaranth: UnusedElaboratable=no
"""Mutants of a trained layer: the proof of the part that has the fault must refute it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from sc_hw.fabric.families import load_family
from sc_hw.proof.blocks.network.parts import (
    HISTORY,
    LANE,
    NEURONS,
    codes_of,
    write_layer_parts,
)
from sc_hw.proof.blocks.plastic.parts import Parts
from sc_model.spec import DecayCodes, DenseSpec, Design, HetSynSpec, NetworkSpec

Change = Callable[[Any, DecayCodes | None], tuple[Any, DecayCodes | None]]


def write_mutated_parts(design: Design, folder: Path, control: NetworkControl) -> None:
    """Write the part that has the fault, of the first layer of the control's kind."""
    network = design.network
    index = None if network is None else first_of(network, control.kind)
    if network is None or index is None:
        raise ValueError(f"network must have a layer of kind {control.kind.__name__}")
    spec, codes = control.change(
        network.layers[index], codes_of(network.layers[index], network.tick_ms)
    )
    parts = Parts(folder, (control.part,))
    value = network.crossing(index).value
    write_layer_parts(parts, spec, codes, value, load_family(design.fabric), index)
    parts.write()
    if control.edit is not None:
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
