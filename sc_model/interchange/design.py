"""From a NIR file to a design for hardware in integers, with the errors of rounding."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal, NamedTuple, cast

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sc_model.evaluation import Agreement, Calibration, Samples, calibrated, samples_for
from sc_model.evaluation.calibration import TARGET
from sc_model.files import PathLike
from sc_model.interchange.answers import NodeAnswer
from sc_model.interchange.graph import FloatGraph, Reset
from sc_model.interchange.layers import to_layers
from sc_model.interchange.reader import from_nir, read
from sc_model.interchange.sources import source_notes
from sc_model.quantisation import Finding, Loss, LossError, QuantisedLayer, network_design
from sc_model.spec import ConfigError, Design, IntFormat, ReadoutSpec
from sc_model.spec.dense import DenseSpec


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
    findings : what rounding took, by layer and neuron; losses first.
    widths : the widths of each layer, a sentence each.
    agreement : spikes in integers against those in floating point; None where not measured.
    """

    rows: tuple[Row, ...]
    notes: tuple[str, ...]
    findings: tuple[Finding, ...] = ()
    widths: tuple[str, ...] = ()
    agreement: Agreement | None = None

    @property
    def losses(self) -> tuple[Finding, ...]:
        """The findings that are losses, which a strict import refuses."""
        return tuple(each for each in self.findings if each.lost)

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
        cells: list[tuple[str, ...]] = [head]
        for layer, array, loss in self.rows:
            errors = (loss.largest, loss.rms, loss.relative_largest, loss.relative_rms)
            cells.append(
                (
                    layer,
                    array,
                    str(loss.count),
                    str(loss.clipped),
                    *(f"{each:.3g}" for each in errors),
                )
            )
        widths = [max(len(line[column]) for line in cells) for column in range(len(head))]
        table = [
            "  ".join(
                cell.ljust(width) if column < 2 else cell.rjust(width)
                for column, (cell, width) in enumerate(zip(line, widths, strict=True))
            )
            for line in cells
        ]
        findings = [f"{'loss' if each.lost else 'note'}: {each.text}" for each in self.findings]
        agreement = [str(self.agreement)] if self.agreement is not None else []
        lines = [line.rstrip() for line in table]
        return "\n".join([*lines, *self.widths, *findings, *self.notes, *agreement])


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
    path: PathLike | Any,
    *,
    name: str | None = None,
    source: str | None = None,
    dt_ms: float | None = None,
    reset: NodeAnswer[Reset] = None,
    reset_delay: NodeAnswer[bool] = None,
    weight_bits: int | None = None,
    scale: Literal["tensor", "row"] | ArrayLike | None = None,
    leak: Literal["factor", "shift"] = "factor",
    fabric: str = "generic",
    plasticity: Literal["refuse", "freeze"] = "refuse",
    strict: bool = False,
    calibrate: Samples | PathLike | None = None,
    may_differ: float | None = None,
    compact: bool | None = None,
    readout: str | None = None,
    **fields: Any,
) -> Imported:
    """The design for hardware of a NIR file (or of a `nir.NIRGraph`, which needs a name).

    Parameters
    ----------
    path : of the file, or a `nir.NIRGraph`.
    name : of the design; None: made of the file's name.
    source, dt_ms, reset, reset_delay : see `from_nir`.
    weight_bits, scale, leak, fields : see `sc_model.quantisation.quantise`; the same for all
        layers. Widths that are not given, or None, are chosen for each layer so that rounding
        stays immaterial (`sc_model.quantisation.widths`).
    fabric : name of the FPGA family, or "generic".
    plasticity : ``refuse`` connections that learn, or ``freeze`` their weights.
    strict : whether a loss in the report is an error.
    calibrate : samples on which the network runs in floating point and in integers, their file
        (`sc_model.evaluation.load_samples`), or ``random`` or ``random:SEED``; the narrowest
        weights are taken with which the spikes agree.
    compact : see `to_layers`.
    readout : kind of a `ReadoutSpec`, by which samples are answered; None: by words alone.
    may_differ : spikes of a layer that may differ, in per cent of those in floating point; None: 1.

    Raises InterchangeError (a ConfigError) for a missing argument and for what hardware can't
    express; ConfigError for what does not fit; LossError (a ConfigError) for losses of a strict
    import.
    """
    answers: dict[str, Any] = {
        "source": source,
        "dt_ms": dt_ms,
        "reset": reset,
        "reset_delay": reset_delay,
    }
    is_file = isinstance(path, str | Path)
    graph = read(path, **answers) if is_file else from_nir(path, **answers)
    layers = to_layers(
        graph,
        plasticity=plasticity,
        compact=compact,
        potentials=(readout or "").endswith("potential"),
    )
    arguments = {"weight_bits": weight_bits, "scale": scale, "leak": leak, **fields}
    samples = None if calibrate is None else samples_for(layers, calibrate)
    target = _share(may_differ, calibrate is not None)
    calibration = calibrated(layers, arguments, tick_ms=graph.dt_ms, samples=samples, target=target)
    quantised = calibration.layers
    findings = tuple(each for layer in quantised for each in layer.findings)
    if strict and any(each.lost for each in findings):
        raise LossError([each.text for each in findings if each.lost])
    design_name = name or (_design_name(Path(path).stem) if is_file else "network")
    design, parameters = network_design(
        design_name, quantised, tick_ms=graph.dt_ms, fabric=fabric, readout=_readout(readout)
    )
    rows = tuple(
        Row(each.spec.name, array, loss)
        for each in quantised
        for array, loss in each.errors.items()
    )
    remark = [calibration.remark] if calibration.remark else []
    notes = (*_notes(graph), *source_notes(graph, source), *remark)
    report = Report(rows, notes, findings, _widths(calibration), calibration.agreement)
    return Imported(design, parameters, report)


def _readout(kind: str | None) -> ReadoutSpec | None:
    """The readout of a kind; the configuration refuses words that are none."""
    return None if kind is None else ReadoutSpec(kind=cast(Any, kind))


def _share(may_differ: float | None, has_samples: bool) -> float:
    """Spikes that may differ, as a share. ConfigError for no number in [0, 100], or no samples."""
    if may_differ is None:
        return TARGET
    if not 0 <= may_differ <= 100:
        raise ConfigError(
            f"may_differ must be in [0, 100], the per cent of spikes that may differ, not"
            f" {may_differ}."
        )
    if not has_samples:
        raise ConfigError(
            "may_differ is of spikes that are compared, and without calibrate none are; give"
            " calibrate too."
        )
    return may_differ / 100


def _widths(calibration: Calibration) -> tuple[str, ...]:
    """The widths of each layer, in words."""
    return tuple(_width(layer) for layer in calibration.layers)


def _width(layer: QuantisedLayer) -> str:
    spec = layer.spec
    words = [f"weights {spec.weight_bits} bits"]
    if isinstance(spec, DenseSpec):
        neuron = spec.neuron
        if neuron.leak == "factor" or neuron.synaptic:
            words.append(f"leaks {neuron.factor_shift}")
        if neuron.leak == "shift":
            words.append(f"leak a shift by {neuron.leak_shift}")
        form = neuron.potential_format(spec.current_format(IntFormat(1)))
        words.append(f"thresholds {neuron.threshold_bits}")
        words.append(f"potentials {form.width} with {neuron.fraction} of them a fraction")
    else:
        words.append(f"traces {spec.trace_bits} with {spec.trace_fraction} of them a fraction")
        decay = f"{spec.terms} shifted copies" if spec.terms else "a multiplier"
        words.append(f"decay codes {spec.code_bits}, by {decay}")
    return f"widths of '{spec.name}': {', '.join(words)}"


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
