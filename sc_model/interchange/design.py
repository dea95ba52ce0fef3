"""From a NIR file to a design for hardware in integers, with the errors of rounding."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sc_model.interchange.graph import FloatGraph, Reset
from sc_model.interchange.layers import to_layers
from sc_model.interchange.reader import from_nir, read
from sc_model.quantisation import Loss, network_design, quantise
from sc_model.spec import Design


class Row(NamedTuple):
    """Rounding errors of one array of one layer.

    Members
    -------
    layer, array : names.
    loss : the errors.
    """

    layer: str
    array: str
    loss: Loss


class Report(NamedTuple):
    """What an import has changed; `str(report)` is a table.

    Members
    -------
    rows : errors of each array that was rounded.
    notes : other differences from the file, a sentence each.
    """

    rows: tuple[Row, ...]
    notes: tuple[str, ...]

    def __str__(self) -> str:
        head = (
            "layer",
            "array",
            "numbers",
            "clipped",
            "largest error",
            "rms error",
            "largest relative",
            "rms relative",
        )
        lines: list[tuple[str, ...]] = [head]
        for layer, array, loss in self.rows:
            errors = (loss.largest, loss.rms, loss.relative_largest, loss.relative_rms)
            lines.append(
                (
                    layer,
                    array,
                    str(loss.count),
                    str(loss.clipped),
                    *(f"{each:.3g}" for each in errors),
                )
            )
        widths = [max(len(line[column]) for line in lines) for column in range(len(head))]
        table = [
            "  ".join(
                cell.ljust(width) if column < 2 else cell.rjust(width)
                for column, (cell, width) in enumerate(zip(line, widths, strict=True))
            )
            for line in lines
        ]
        return "\n".join([*(line.rstrip() for line in table), *self.notes])


class Imported(NamedTuple):
    """The result of an import.

    Members
    -------
    design : of the network.
    parameters : integer arrays by name, `<layer>.weight` and so on.
    report : what the import has changed.
    """

    design: Design
    parameters: dict[str, NDArray[np.int64]]
    report: Report


def import_design(
    path: Path | str | Any,
    *,
    name: str | None = None,
    source: str | None = None,
    dt_ms: float | None = None,
    reset: Reset | None = None,
    reset_delay: bool | None = None,
    weight_bits: int = 8,
    scale: Literal["tensor", "row"] | ArrayLike = "tensor",
    leak: Literal["factor", "shift"] = "factor",
    fabric: str = "generic",
    plasticity: Literal["refuse", "freeze"] = "refuse",
    **fields: Any,
) -> Imported:
    """The design for hardware of a NIR file (or of a `nir.NIRGraph`, which needs a name).

    Parameters
    ----------
    path : of the file, or a `nir.NIRGraph`.
    name : of the design; None: made of the file's name.
    source, dt_ms, reset, reset_delay : see `from_nir`.
    weight_bits, scale, leak, fields : see `sc_model.quantisation.quantise`; the same for all
        layers.
    fabric : name of the FPGA family, or "generic".
    plasticity : ``refuse`` connections that learn, or ``freeze`` their weights.

    Raises InterchangeError (a ConfigError) for a missing argument and for what hardware can't
    express; ConfigError for what does not fit.
    """
    answers: dict[str, Any] = {
        "source": source,
        "dt_ms": dt_ms,
        "reset": reset,
        "reset_delay": reset_delay,
    }
    is_file = isinstance(path, str | Path)
    graph = read(path, **answers) if is_file else from_nir(path, **answers)
    layers = to_layers(graph, plasticity=plasticity)
    quantised = [
        quantise(
            layer, weight_bits=weight_bits, scale=scale, leak=leak, tick_ms=graph.dt_ms, **fields
        )
        for layer in layers
    ]
    design_name = name or (_design_name(Path(path).stem) if is_file else "network")
    design, parameters = network_design(design_name, quantised, tick_ms=graph.dt_ms, fabric=fabric)
    rows = tuple(
        Row(each.spec.name, array, loss)
        for each in quantised
        for array, loss in each.errors.items()
    )
    return Imported(design, parameters, Report(rows, _notes(graph)))


def _design_name(stem: str) -> str:
    """A name that a design may have, from that of a file."""
    clean = "".join(
        letter if letter.isascii() and letter.isalnum() else "_" for letter in stem.lower()
    )
    return (clean if clean[:1].isalpha() else f"network_{clean}")[:63]


def _notes(graph: FloatGraph) -> tuple[str, ...]:
    """Where hardware begins in another state than the graph."""
    notes = []
    for each in graph.of_kind("lif", "cubalif"):
        if (each["v_leak"] != each["v_reset"]).any():
            notes.append(f"node '{each.name}': potentials begin at v_reset, not at v_leak.")
    return tuple(notes)
