"""From a NIR file to a design for hardware, in integers, with what rounding has cost."""

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
    """Errors of one array of one layer, see `sc_model.quantisation.Loss`."""

    layer: str
    array: str
    loss: Loss


class Report(NamedTuple):
    """What an import has changed.

    Members
    -------
    rows : the error of each array that was rounded.
    notes : what else is worth knowing, a sentence each.
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
    """A design, its parameters by name (`<layer>.weight`, ...), and what rounding has cost."""

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
    name : of the design; None: the file's, made fit.
    source, dt_ms, reset, reset_delay : see `from_nir`.
    weight_bits, scale, leak, fields : see `sc_model.quantisation.quantise`; the same for all
        layers.
    fabric : of the design.
    plasticity : ``refuse`` connections that learn, or ``freeze`` them.

    Raises InterchangeError (a ConfigError) for what is missing, or hardware can't express;
    ConfigError for what does not fit.
    """
    told: dict[str, Any] = {
        "source": source,
        "dt_ms": dt_ms,
        "reset": reset,
        "reset_delay": reset_delay,
    }
    is_file = isinstance(path, str | Path)
    graph = read(path, **told) if is_file else from_nir(path, **told)
    layers = to_layers(graph, plasticity=plasticity)
    quantised = [
        quantise(
            layer, weight_bits=weight_bits, scale=scale, leak=leak, tick_ms=graph.dt_ms, **fields
        )
        for layer in layers
    ]
    called = name or (_fit(Path(path).stem) if is_file else "network")
    design, parameters = network_design(called, quantised, tick_ms=graph.dt_ms, fabric=fabric)
    rows = tuple(
        Row(each.spec.name, array, loss)
        for each in quantised
        for array, loss in each.errors.items()
    )
    return Imported(design, parameters, Report(rows, _notes(graph)))


def _fit(stem: str) -> str:
    """A design's name from a file's."""
    clean = "".join(
        letter if letter.isascii() and letter.isalnum() else "_" for letter in stem.lower()
    )
    return (clean if clean[:1].isalpha() else f"network_{clean}")[:63]


def _notes(graph: FloatGraph) -> tuple[str, ...]:
    """Where hardware begins otherwise than the graph."""
    found = []
    for each in graph.of_kind("lif", "cubalif"):
        if (each["v_leak"] != each["v_reset"]).any():
            found.append(f"node '{each.name}': potentials begin at v_reset, not at v_leak.")
    return tuple(found)
