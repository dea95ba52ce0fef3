"""Right answers of an imported network: in floating point, in integers, and in its own RTL.

Every sample begins in the state after a reset; the output that spikes most is the answer.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import mean
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sc_hw.build.elaborate import elaborate
from sc_hw.files import DEFAULT_ROOT
from sc_hw.progress import Progress, silent
from sc_hw.simulation.library import rtl_library
from sc_hw.tools import ToolError
from sc_model.evaluation import (
    Agreement,
    Difference,
    Samples,
    accuracy,
    agreement,
    float_potentials,
    load_parameters,
    load_samples,
    run_floats,
    run_integers,
    run_potentials,
)
from sc_model.files import PathLike
from sc_model.golden.readout import Answers
from sc_model.native import NativeNetwork
from sc_model.quantisation import FloatLayer
from sc_model.quantisation.design import ANSWERS
from sc_model.spec import ConfigError, Design, NetworkSpec, load_design
from sc_sim.blocks.network.device import RtlNetwork
from sc_sim.blocks.network.rtl import NetworkRtl

# Numbers of one layer that are held at a time, in float64: 160 MB
NUMBERS_AT_A_TIME = 2e7
PROGRESS = 10  # samples in RTL behind which a line is shown

Spikes = NDArray[np.uint8]


@dataclass(frozen=True)
class Floating:
    """The network in floating point, or why there is none.

    Members
    -------
    layers : in floating point; None without them.
    why : the reason; None where there are layers.
    """

    layers: Sequence[FloatLayer] | None
    why: str | None


def evaluate(
    design: PathLike,
    data: PathLike,
    *,
    parameters: PathLike | None = None,
    labels: PathLike | None = None,
    samples: int | None = None,
    nir: PathLike | None = None,
    rtl: int = 0,
    root: PathLike = DEFAULT_ROOT,
    progress: Progress = silent,
) -> dict[str, Any]:
    """Run a network on samples, and count its right answers.

    Parameters
    ----------
    design : file of a network of trained layers, as `sc-hw import` writes it.
    data : samples and labels; see `sc_model.evaluation.load_samples` for the formats.
    parameters : file with the integers of the layers; None: the .npz beside the design.
    labels : file with the labels; None: those of the data.
    samples : the first so many samples only, >= 1.
    nir : file of the network in floating point; None: the one that the design was imported from, if
        it is still there and the same.
    rtl : so many of the first samples run in the design's own Verilog too.
    root : folder of builds, for the Verilog.
    progress : what is running.

    Returns
    -------
    A dictionary: ``float``, ``integer`` and ``rtl``, each with ``right`` and ``samples``,
    ``accuracy``, ``confusion`` and others (None where it did not run, with the reason in
    ``float_missing``); ``rtl`` also has ``clocks`` of each sample from its reset to its last word,
    and ``clocks_to_word``, the mean for each word; ``agreement`` of float and integers; ``passed``,
    false where the Verilog gave another spike than the integers, with the first one in
    ``rtl_difference``.

    Raises
    ------
    ConfigError
        A file or a number does not fit.
    ToolError
        A tool is missing or fails.
    """
    file = Path(design)
    subject = load_design(file)
    spec = _network(subject)
    whole = load_parameters(parameters or file.with_suffix(".npz"), spec)
    data_samples = load_samples(data, spec.layers[0].inputs, labels=labels)
    _check_counts(samples, rtl, subject.name, spec)
    data_samples = data_samples.first(samples)
    _check_labels(data_samples, spec)
    floating = _floating(file, spec, nir)
    integers, floats, shared = _run(spec, whole, data_samples, floating.layers, progress)
    potentials, in_floats = _potentials(spec, whole, data_samples, floating.layers)
    last = spec.layers[-1].name
    result: dict[str, Any] = {
        "design": subject.name,
        "data": data_samples.origin,
        "samples": len(data_samples.spikes),
        "steps": data_samples.spikes.shape[1],
        "labels": data_samples.labels is not None,
        "output": last,
        "float": None
        if floats is None
        else accuracy(floats, data_samples.labels, spec.readout, in_floats).as_json(),
        "float_missing": floating.why,
        "integer": accuracy(integers, data_samples.labels, spec.readout, potentials).as_json(),
        "rtl": None,
        "rtl_difference": None,
        "agreement": None if shared is None else shared.as_json(),
        "passed": True,
    }
    if rtl:
        result |= _in_verilog(
            subject, spec, whole, data_samples.first(rtl), integers, root, progress
        )
    return result


def integer_accuracy(
    design: Design, data: PathLike, parameters: PathLike, *, samples: int | None = None
) -> float:
    """Share of right answers of a network in integers; arguments and errors as of `evaluate`.

    Raises ConfigError for data without labels, too.
    """
    spec = _network(design)
    whole = load_parameters(parameters, spec)
    data_samples = load_samples(data, spec.layers[0].inputs).first(samples)
    if data_samples.labels is None:
        raise ConfigError(
            f"data file {data_samples.origin} must have labels: no answer is right without."
        )
    _check_labels(data_samples, spec)
    integers, _, _ = _run(spec, whole, data_samples, None, silent)
    potentials, _ = _potentials(spec, whole, data_samples, None)
    share = accuracy(integers, data_samples.labels, spec.readout, potentials).as_json()["accuracy"]
    return float(share)


def _in_verilog(
    design: Design,
    spec: NetworkSpec,
    parameters: Mapping[str, NDArray[Any]],
    some: Samples,
    integers: Spikes,
    root: PathLike,
    progress: Progress,
) -> dict[str, Any]:
    """What samples give in Verilog, as `evaluate` returns it; `integers` are all samples' words."""
    words, answered, clocks = _rtl(design, spec, parameters, some.spikes, root, progress)
    difference = _difference(integers[: len(words)], words)
    if answered is not None and difference is None:
        winners = NativeNetwork(spec, parameters).answers(some.spikes).winners
        difference = _other_answer(winners, answered.winners)
    return {
        "rtl": {
            **accuracy(words, some.labels, spec.readout, answered=answered).as_json(),
            "clocks": clocks[:, -1:].sum(axis=1).tolist(),  # 0 where no word comes
            "clocks_to_word": [round(float(each), 1) for each in clocks.mean(axis=0)],
        },
        "rtl_difference": difference,
        "passed": difference is None,
    }


def _network(design: Design) -> NetworkSpec:
    """The network of a design. ConfigError for another block, or one that learns."""
    if design.network is None:
        raise ConfigError(
            f"evaluate must have a network, not the {design.block} '{design.name}'; Device runs"
            " that."
        )
    if design.network.plastic is not None:
        raise ConfigError(
            f"evaluate must have a network that does not learn, and '{design.name}' has a plastic"
            " layer; `sc-hw cosim --events` runs it, or take the table [plastic] away."
        )
    return design.network


def _check_counts(samples: int | None, rtl: int, name: str, spec: NetworkSpec) -> None:
    for option, value, low in (("samples", samples, 1), ("rtl", rtl, 0)):
        if value is not None and value < low:
            raise ConfigError(f"{option} must be >= {low}, not {value}.")
    if rtl and spec.encoder is not None:
        raise ConfigError(
            f"rtl must be 0 for design '{name}', whose Verilog takes values by its table"
            " [encoder], and not the spikes of samples; `Device.answers` takes values."
        )


def _check_labels(samples: Samples, spec: NetworkSpec) -> None:
    outputs = spec.layers[-1].neurons
    if samples.labels is not None and samples.labels.max() >= outputs:
        raise ConfigError(
            f"data file {samples.origin}: labels must be below {outputs}, one of the outputs of"
            f" layer '{spec.layers[-1].name}', not {int(samples.labels.max())}."
        )


def _floating(design: Path, spec: NetworkSpec, nir: PathLike | None) -> Floating:
    """The network in floating point that a design was imported from."""
    report = design.with_suffix(".import.json")
    if not report.is_file():
        if nir is not None:
            raise ConfigError(
                f"--nir needs {report}, by which {nir} was imported, and it is not there;"
                " `sc-hw import` writes both."
            )
        return Floating(
            None,
            f"{report.name} is not there, which `sc-hw import` writes beside the design; import the"
            " network again to compare with it",
        )
    try:
        origin = json.loads(report.read_text(encoding="utf-8"))["float"]
        answers, recorded, digest = origin["answers"], origin["file"], origin["sha256"]
        if not isinstance(recorded, str) or not set(answers) <= set(ANSWERS):
            raise ValueError(f"answers must be among {', '.join(ANSWERS)}")
    except (OSError, ValueError, KeyError, TypeError):
        if nir is not None:
            raise ConfigError(
                f"{report} must say what the import was told of {nir}; import it again."
            ) from None
        return Floating(None, f"{report.name} does not say what the design was imported from")
    file = Path(nir) if nir is not None else report.parent / recorded
    if not file.is_file():
        if nir is not None:
            raise ConfigError(f"NIR file {file} must be a file; there is none.")
        return Floating(None, f"{file} is no longer there; give it with --nir")
    if hashlib.sha256(file.read_bytes()).hexdigest() != digest:
        if nir is not None:
            raise ConfigError(f"NIR file {file} must be the one that was imported; it differs.")
        return Floating(None, f"{file} is not what was imported; import it again")
    if any(layer.tick_interval != 1 for layer in spec.layers):
        return Floating(None, "layers of the design tick less often than in every step")
    try:
        # the package nir is optional
        from sc_model.interchange import read, to_layers
    except ImportError as error:
        return Floating(None, f"{error}")
    plasticity = answers.pop("plasticity", "refuse")
    compact = any(layer.CONNECTIVITY != "full" for layer in spec.layers)
    layers = to_layers(
        read(file, **answers),
        plasticity=plasticity,
        compact=compact,
        potentials=_by_potentials(spec),
    )
    sizes = [(layer.spikes_in, layer.spikes_out) for layer in layers]
    if sizes != [(layer.inputs, layer.neurons) for layer in spec.layers]:
        return Floating(None, f"the design has other layers than {file}")
    return Floating(layers, None)


def _run(
    spec: NetworkSpec,
    parameters: Mapping[str, NDArray[Any]],
    samples: Samples,
    layers: Sequence[FloatLayer] | None,
    progress: Progress,
) -> tuple[Spikes, Spikes | None, Agreement | None]:
    """Spikes of the last layer in integers and in floating point, and how far all layers agree."""
    integers: list[Spikes] = []
    floats: list[Spikes] = []
    shared: Agreement | None = None
    for start, part in _portions(spec, samples):
        progress(f"samples {start} to {start + len(part.spikes) - 1} of {len(samples.spikes)}")
        whole = run_integers(spec, parameters, part.spikes)
        integers.append(whole[-1])
        if layers is not None:
            spikes = run_floats(layers, part.spikes, tick_ms=spec.tick_ms)
            floats.append(spikes[-1])
            here = agreement(layers, spec, parameters, part, floats=spikes, integers=whole)
            shared = here if shared is None else _together(shared, here, start)
    all_floats = np.concatenate(floats) if floats else None
    return np.concatenate(integers), all_floats, shared


def _by_potentials(spec: NetworkSpec) -> bool:
    """Whether samples are answered by potentials."""
    return spec.readout is not None and spec.readout.kind.endswith("potential")


def _potentials(
    spec: NetworkSpec,
    parameters: Mapping[str, NDArray[Any]],
    samples: Samples,
    layers: Sequence[FloatLayer] | None,
) -> tuple[NDArray[Any] | None, NDArray[Any] | None]:
    """Potentials of the last layer in integers and in floating point, where they decide."""
    if not _by_potentials(spec):
        return None, None
    integers = [
        run_potentials(spec, parameters, part.spikes) for _, part in _portions(spec, samples)
    ]
    if layers is None:
        return np.concatenate(integers), None
    floats = [
        float_potentials(layers, part.spikes, tick_ms=spec.tick_ms)
        for _, part in _portions(spec, samples)
    ]
    return np.concatenate(integers), np.concatenate(floats)


def _portions(spec: NetworkSpec, samples: Samples) -> Iterator[tuple[int, Samples]]:
    """Samples in portions that memory holds, with the number of each one's first."""
    widest = max(max(layer.inputs, layer.neurons) for layer in spec.layers)
    one = samples.spikes.shape[1] * widest
    count = max(1, int(NUMBERS_AT_A_TIME / one))
    for start in range(0, len(samples.spikes), count):
        yield start, replace(samples, spikes=samples.spikes[start : start + count])


def _together(before: Agreement, after: Agreement, start: int) -> Agreement:
    """The agreement of two portions; `start` is the number of the second's first sample."""

    def added(a: Mapping[str, int], b: Mapping[str, int]) -> dict[str, int]:
        return {name: a[name] + b[name] for name in a}

    late: Difference | None = after.first
    if late is not None:
        late = replace(late, sample=late.sample + start)
    differences = [each for each in (before.first, late) if each is not None]
    return Agreement(
        before.origin,
        before.samples + after.samples,
        before.steps,
        added(before.floats, after.floats),
        added(before.integers, after.integers),
        added(before.differing, after.differing),
        added(before.in_number, after.in_number),
        min(differences, key=lambda each: each.step) if differences else None,
    )


def _rtl(
    design: Design,
    spec: NetworkSpec,
    parameters: Mapping[str, NDArray[Any]],
    samples: Spikes,
    root: PathLike,
    progress: Progress,
) -> tuple[Spikes, Answers | None, NDArray[np.int64]]:
    """Spikes of the last layer out of the design's own Verilog, (samples, steps, neurons), what a
    readout there answers, and clocks of each sample from its reset to each of its words, (samples,
    words).
    """
    progress(f"{design.name}: elaborating")
    folder = elaborate(design, root).folder
    progress(f"{design.name}: compiling the Verilog")
    rtl = NetworkRtl(folder, rtl_library(folder))
    last = spec.layers[-1]
    out = np.zeros((len(samples), samples.shape[1], last.neurons), np.uint8)
    ticks = np.arange(last.tick_interval, samples.shape[1] + 1, last.tick_interval)
    numbers = ticks % (1 << spec.step_bits)
    clocks = np.zeros((len(samples), len(ticks)), np.int64)
    winners, scores = np.zeros(len(samples), np.int64), np.zeros(out[:, 0].shape, np.int64)
    try:
        # makes it as after power-on, and loads it once: resets leave parameters as they are
        RtlNetwork(rtl).load(parameters)
        for number, sample in enumerate(samples):
            if number % PROGRESS == 0:
                progress(f"{design.name}: sample {number} of {len(samples)} in RTL")
            played = rtl.sample(sample, len(ticks))
            if played is None or not np.array_equal(played[0].steps, numbers):
                raise ToolError(
                    f"{design.name}: sample {number} must give {len(ticks)} words of spikes in RTL,"
                    " and does not; `sc-hw cosim` shows where it stops."
                )
            out[number, ticks - 1] = played[0].bits[:, : last.neurons]
            clocks[number] = played[1]
            if spec.readout is not None and len(ticks):
                winners[number], scores[number] = rtl.answer(played[0])
    finally:
        rtl.close()
    return out, None if spec.readout is None else Answers(winners, scores), clocks


def _other_answer(integers: NDArray[np.int64], rtl: NDArray[np.int64]) -> dict[str, int] | None:
    """The first sample that the Verilog answers otherwise than the integers."""
    other = np.flatnonzero(integers != rtl)
    if not len(other):
        return None
    sample = int(other[0])
    return {"sample": sample, "integer": int(integers[sample]), "rtl": int(rtl[sample])}


def _difference(integers: Spikes, rtl: Spikes) -> dict[str, int] | None:
    """The first spike of the Verilog that the integers don't give, or the other way round."""
    other = np.argwhere(integers != rtl)
    if not len(other):
        return None
    sample, step, neuron = (int(each) for each in other[0])
    return {
        "sample": sample,
        "step": step,
        "neuron": neuron,
        "integer": int(integers[sample, step, neuron]),
        "rtl": int(rtl[sample, step, neuron]),
    }


def answer_table(result: Mapping[str, Any]) -> str:
    """The result of `evaluate` as lines of text."""
    lines = [
        f"{result['design']}: {result['samples']} samples of {result['steps']} steps from"
        f" {result['data']}"
    ]
    form: Callable[..., str] = "{:<9}{:>9}{:>9}{:>10}{:>7}{:>8}{:>10}".format
    lines.append(form("network", "samples", "right", "accuracy", "tied", "silent", "spikes"))
    for name in ("float", "integer", "rtl"):
        row = result[name]
        if row is None:
            continue
        right = "-" if row["right"] is None else row["right"]
        share = "-" if row["accuracy"] is None else f"{row['accuracy']:.4f}"
        lines.append(
            form(name, row["samples"], right, share, row["tied"], row["silent"], row["spikes"])
        )
    if result["float_missing"]:
        lines.append(f"float: not run, {result['float_missing']}")
    if not result["labels"]:
        lines.append("the data have no labels, so no answer is right or wrong")
    if result["rtl"] is not None:
        same = result["rtl_difference"]
        lines.append(
            f"rtl against integers: every spike alike in {result['rtl']['samples']} samples;"
            f" {mean(result['rtl']['clocks']):,.0f} clocks a sample"
            if same is None
            else "rtl against integers: first difference "
            + ", ".join(f"{name} {value}" for name, value in same.items())
        )
    if result["integer"]["confusion"] is not None:
        lines += _confusion(result["integer"]["confusion"])
    return "\n".join(lines)


def _confusion(rows: Sequence[Sequence[int]]) -> list[str]:
    """Samples by label (rows) and answer (columns)."""
    width = max(5, *(len(str(each)) + 1 for row in rows for each in row))
    head = [*(str(each) for each in range(len(rows[0]) - 1)), "none"]
    lines = ["confusion of the integers: rows are labels, columns answers"]
    lines.append("label".ljust(7) + "".join(each.rjust(width) for each in head))
    for label, row in enumerate(rows):
        lines.append(str(label).ljust(7) + "".join(str(each).rjust(width) for each in row))
    return lines
