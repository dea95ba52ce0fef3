# amaranth: UnusedElaboratable=no
"""Mutants of a trained layer: the proof of the part that has the fault must refute it.

Each is put into the first layer of its kind that has the hardware, since all layers of a kind are
made by the same code.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from sc_hw.build.elaborate import Build
from sc_hw.fabric.families import load_family
from sc_hw.proof.blocks.network.parts import (
    EVENT_LANES,
    HISTORY,
    LANE,
    NEURONS,
    READER,
    SCANNER,
    SEQUENCER,
    WIPER,
    write_layer_parts,
)
from sc_hw.proof.blocks.parts import PartFiles
from sc_hw.proof.mutants.emitted import Part, apply_edits, part_of, part_trial
from sc_hw.proof.mutants.mutant import Mutant, Trial
from sc_hw.trained.lane import Lane
from sc_model.layer_kinds import Synapse, kind_of
from sc_model.spec import Design

# A mutant of the synapse needs a kind that has it; one of shared hardware takes `ANY`.
# The parts that a layer of an engine has.
PARTS_OF = {
    "sweep": (LANE, NEURONS, HISTORY),
    "events": (EVENT_LANES, NEURONS, SCANNER, SEQUENCER, READER, WIPER),
}
ANY, HETSYN, DENSE = None, "hetsyn", "dense"  # kinds of layers
# Why a layer of the kind lacks the hardware, or None where it has it.
LayerApplies = Callable[[Any], str | None]


def _has_hardware(spec: Any) -> None:
    """For a mutant of hardware that every layer of its kind has."""
    return


def _mutant(
    kind: str | None,
    part: str,
    name: str,
    bug: str,
    mutated: Callable[[Build, Path, int], Part],
    applies: LayerApplies,
) -> Mutant:
    """A mutant of a part of the first layer of a kind that has the hardware.

    `mutated` makes the part with the fault; its last argument is the index of the layer.
    """

    def layers_of(design: Design) -> dict[int, Any]:
        layers = () if design.network is None else design.network.layers
        return {index: layer for index, layer in enumerate(layers) if kind in (ANY, layer.kind)}

    def reason(layer: Any) -> str | None:
        if part not in PARTS_OF[layer.engine]:
            return f"a layer with engine '{layer.engine}' has no part '{part}'"
        return applies(layer)

    def applies_to(design: Design) -> str | None:
        reasons = [reason(layer) for layer in layers_of(design).values()]
        if not reasons:
            return f"the network has no layer of kind '{kind}'"
        # One layer that has the hardware is enough.
        return None if None in reasons else reasons[0]

    def make(build: Build, folder: Path) -> Trial:
        layers = layers_of(build.design).items()
        index = next(index for index, layer in layers if reason(layer) is None)
        original = part_of(build, part, layer=index)
        return part_trial(build, folder, original, mutated(build, folder, index))

    return Mutant(name, bug, ("network",), make, applies_to)


def _same(thing: Any) -> Any:
    return thing


def spec_mutant(
    kind: str | None,
    part: str,
    name: str,
    bug: str,
    change: Callable[[Any], Any] = _same,
    *,
    synapse: Callable[[Synapse], Synapse] = _same,
    applies: LayerApplies = _has_hardware,
) -> Mutant:
    """A part that is made of another specification than its layer has.

    Parameters
    ----------
    kind : of the layer, or `ANY`.
    part : kind of the part.
    name, bug : see :class:`~sc_hw.proof.mutants.mutant.Mutant`.
    change : from the layer's specification to that of the mutant.
    synapse : from the mutant's synapse, as hardware computes it, to another one.
    applies : the reason why a layer of the kind lacks the hardware, or None where it has it.
    """

    def mutated(build: Build, folder: Path, index: int) -> Part:
        network = build.design.network
        if network is None:
            raise ValueError("design must have a network")
        value, family = network.crossing(index).value, load_family(build.design.fabric)
        spec = change(network.layers[index])
        pipeline = synapse(kind_of(spec).pipeline(spec, value, network.tick_ms))
        files = PartFiles(folder, (part,))
        lane = Lane(spec, value, network.tick_ms, pipeline, family)
        write_layer_parts(files, lane, value, index)
        (row,) = files.rows
        return Part(row, (folder / row["verilog"]).read_text(encoding="utf-8"))

    return _mutant(kind, part, name, bug, mutated, applies)


def text_mutant(
    kind: str | None,
    part: str,
    name: str,
    bug: str,
    *edits: tuple[str, str],
    applies: LayerApplies = _has_hardware,
) -> Mutant:
    """A part whose Verilog is edited: patterns, each of which must match, and replacements.

    The other parameters are those of :func:`spec_mutant`.
    """

    def mutated(build: Build, folder: Path, index: int) -> Part:
        original = part_of(build, part, layer=index)
        text = apply_edits(original.text, edits, name, f"module {original.row['top']}")
        return replace(original, text=text)

    return _mutant(kind, part, name, bug, mutated, applies)


# --- changes --------------------------------------------------------------------------------------


def _with_neuron(spec: Any, **changes: Any) -> Any:
    """The layer with other parameters of its neurons."""
    neuron = type(spec.neuron)(**{**spec.neuron.model_dump(), **changes})
    return spec.model_copy(update={"neuron": neuron})


def _other_reset(spec: Any) -> Any:
    return _with_neuron(spec, reset="zero" if spec.neuron.reset == "subtract" else "subtract")


def _higher_threshold(spec: Any) -> Any:
    # For integers, "above the threshold" is "at the threshold + 1".
    return _with_neuron(spec, threshold=spec.neuron.threshold + 1)


def _other_moment(spec: Any) -> Any:
    return _with_neuron(spec, reset_delay=not spec.neuron.reset_delay)


def _half_an_input(spec: Any) -> Any:
    return spec.model_copy(update={"trace_fraction": spec.trace_fraction - 1})


def _one_row_off(synapse: Synapse) -> Synapse:
    """The row in the middle of each table is the one below it."""
    # With a single row, or two equal neighbours, nothing changes: the solver then finds the mutant
    # equivalent to the original.
    tables = {}
    for name, table in synapse.tables.items():
        middle = len(table.rows) // 2
        below = table.rows[max(0, middle - 1)]
        rows = (*table.rows[:middle], below, *table.rows[middle + 1 :])
        tables[name] = replace(table, rows=rows)
    return replace(synapse, tables=tables)


def _without_fraction(spec: Any) -> str | None:
    return None if spec.trace_fraction else "an input adds 1 to a trace, which has no half"


def _without_moment(spec: Any) -> str | None:
    if spec.neuron.refractory:
        return "a refractory neuron has one moment for its reset"
    if spec.neuron.reset == "none":
        return "the neurons have no reset"
    return None if spec.neuron.leak != "none" else "the neurons do not leak"


def _without_history(spec: Any) -> str | None:
    return None if spec.max_delay else "the layer has no delays, so no history"


_RESET_BUG = (
    "a spike sets the potential to zero instead of subtracting the threshold (or the other way"
    " round)"
)
MUTANTS: tuple[Mutant, ...] = (
    spec_mutant(
        HETSYN,
        LANE,
        "decay table",
        "one entry of the table of decay codes is its neighbour",
        synapse=_one_row_off,
    ),
    spec_mutant(
        HETSYN,
        LANE,
        "input one place low",
        "a spike adds half of what it must to a trace",
        _half_an_input,
        applies=_without_fraction,
    ),
    spec_mutant(
        HETSYN,
        NEURONS,
        "threshold",
        "a neuron fires above its threshold, not at it",
        _higher_threshold,
    ),
    spec_mutant(HETSYN, NEURONS, "reset", _RESET_BUG, _other_reset),
    text_mutant(
        ANY,
        LANE,
        "sum goes on",
        "a neuron's sum begins with that of the neuron before",
        (r"first_d1 <= first;", "first_d1 <= 1'h0;"),
    ),
    spec_mutant(DENSE, NEURONS, "kind of reset", _RESET_BUG, _other_reset),
    spec_mutant(
        DENSE,
        NEURONS,
        "moment of the reset",
        "a spike's reset comes before the leak instead of behind it (or the other way round)",
        _other_moment,
        applies=_without_moment,
    ),
    text_mutant(
        ANY,
        HISTORY,
        "history at power-on",
        "what lies in the memory counts as the past before there is one",
        # The first register of the delay line of `fresh`, which hides old words, stays 0.
        (r"fresh_d1 <= fresh;", "fresh_d1 <= 1'h0;"),
        applies=_without_history,
    ),
    text_mutant(
        ANY,
        LANE,
        "synapse beside it",
        "another synapse's words are read than that of the turn",
        (
            r"assign read = address \| host_address;",
            "assign read = (address | host_address) ^ 1'h1;",
        ),
    ),
    text_mutant(
        ANY,
        NEURONS,
        "neuron beside it",
        "another neuron's state is read than that of the turn",
        (
            r"assign address = index \| host_address;",
            "assign address = (index | host_address) ^ 1'h1;",
        ),
    ),
    text_mutant(
        ANY,
        HISTORY,
        "column beside it",
        "another column's past is read than that of the turn",
        (r"assign read = column \| host_column;", "assign read = (column | host_column) ^ 1'h1;"),
        applies=_without_history,
    ),
    text_mutant(
        HETSYN,
        LANE,
        "traces all in one place",
        "the address to which traces are written does not move on",
        (r"= place \+ 1'h1;", "= place + 1'h0;"),
    ),
)
