"""What `report.json` holds of a network that learns, and the pictures of what it has learned."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sc_hw.reporting import plots, task_plots
from sc_hw.reporting.content import price_figures, stage_content
from sc_hw.reporting.task import WEIGHTS_LABEL, by_class, confusion, weight_images
from sc_model.spec.learning import HiddenLayerSpec, LearningNetworkSpec, RecurrentNetworkSpec
from sc_model.spec.learning.recurrent_network import TRACE_FORMAT

PICTURED = 20  # neurons whose weights are shown
SCORES = ("before", "after", "other_answers", "other_values_of_the_state")
# What leaves a result that the page shows, by block, and what is learned.
TASKS = {
    "learning_network": ("sc-hw demo", "digits"),
    "recurrent_network": (
        "python examples/delayed_match/run.py --on rtl",
        "whether two cues were the same",
    ),
}


def _layers(spec: LearningNetworkSpec) -> list[dict[str, Any]]:
    """A row for each layer; the bits of a neuron are those that it keeps between samples."""
    return [
        {
            "name": layer.name,
            "rows": spec.rows(n),
            "neurons": layer.neurons,
            "lanes": layer.lanes,
            "weight_bits": layer.weight_bits,
            "shift": layer.shift,
            "threshold": layer.threshold if isinstance(layer, HiddenLayerSpec) else None,
            "rule": layer.rule.family,
            "memory_bits": spec.rows(n) * layer.neurons * layer.weight_bits,
            "neuron_bits": layer.age_bits if isinstance(layer, HiddenLayerSpec) else 0,
        }
        for n, layer in enumerate(spec.layers)
    ]


def _recurrent_layers(
    spec: RecurrentNetworkSpec, manifest: Mapping[str, Any]
) -> list[dict[str, Any]]:
    """The same of a recurrent network; the bits of a neuron are those that a step leaves."""
    hidden, readout = spec.hidden, spec.readout
    (space,) = (each for each in manifest["spaces"] if each["name"] == "synapse")
    synapse = sum(field["width"] for field in space["fields"])
    neuron = spec.potential_format.width + 1 + hidden.slope_bits + TRACE_FORMAT.width
    rows = (
        (hidden, spec.rows, hidden.lanes, hidden.threshold, synapse, neuron + hidden.signal_bits),
        (readout, hidden.neurons, readout.neurons, None, readout.weight_bits, 0),
    )
    return [
        {
            "name": layer.name,
            "rows": count,
            "neurons": layer.neurons,
            "lanes": lanes,
            "weight_bits": layer.weight_bits,
            "shift": layer.shift,
            "threshold": threshold,
            "rule": layer.rule.family,
            "memory_bits": count * layer.neurons * bits,
            "neuron_bits": neuron_bits,
        }
        for layer, count, lanes, threshold, bits, neuron_bits in rows
    ]


def _described(manifest: Mapping[str, Any]) -> tuple[str, list[dict[str, Any]], dict[str, Any]]:
    """The first sentence of the page, the layers, and when synapses may be skipped."""
    design = manifest["design"]
    if design["block"] == "recurrent_network":
        spec = RecurrentNetworkSpec.model_validate(design["recurrent"])
        layers = _recurrent_layers(spec, manifest)
        sizes = f"{spec.inputs:,} lines, {spec.hidden.neurons:,} neurons that feed back, "
        lead = f"Recurrent network that learns tasks in time on the chip: {sizes}"
        memory = "bits of weights and of what else the rule keeps of a synapse."
        quiet: dict[str, Any] = {}
    else:
        network = LearningNetworkSpec.model_validate(design["learning"])
        layers = _layers(network)
        sizes = "".join(f"{layer['neurons']} hidden neurons, " for layer in layers[:-1])
        sizes = f"{network.inputs:,} inputs, {sizes}"
        lead = f"Network that learns on the chip, hidden layers too: {sizes}"
        memory = "bits of weights and no other memory a synapse."
        quiet = manifest["quiet"]
    bits = sum(layer["memory_bits"] for layer in layers)
    return f"{lead}{layers[-1]['neurons']} classes, {bits:,} {memory}", layers, quiet


def learning_content(
    manifest: Mapping[str, Any],
    proof: Mapping[str, Any],
    cosim: Mapping[str, Any],
    score: Mapping[str, Any],
    arrays: Mapping[str, NDArray[Any]] | None,
    prices: Sequence[Mapping[str, Any]],
) -> dict[str, Any]:
    """What `report.json` holds of a network that learns, or of a recurrent one.

    Parameters
    ----------
    manifest, proof, cosim, prices : of the stages.
    learned, arrays : what `learn_task` has left; the arrays are None where it has left nothing.
    """
    lead, layers, quiet = _described(manifest)
    scored: dict[str, Any] = {}
    if arrays is not None:
        labels, answers = arrays["labels"], arrays["answers"]
        scored = {
            "by_class": by_class(labels, answers == labels),
            "confusion": confusion(labels, answers, layers[-1]["neurons"]),
        }
    content = stage_content(
        manifest,
        proof,
        cosim,
        prices,
        domain=manifest["domain"],
        lead=lead,
        quiet=quiet,
        layers=layers,
        task=TASKS[manifest["design"]["block"]][1],
        learned={**score, **scored},
    )
    content["figures"] |= {f"learned.{key}": score[key] for key in SCORES if key in score}
    content["figures"] |= price_figures(prices)
    return content


def learning_pictures(
    content: Mapping[str, Any], arrays: Mapping[str, NDArray[Any]] | None
) -> dict[str, str]:
    """Learning curve, held-out samples, weights as images and their counts, as SVG by name."""
    score = content["learned"]
    if arrays is None or score["status"] == "not run":
        return {}
    *hidden, readout = content["layers"]
    classes = [str(number) for number in range(readout["neurons"])]
    longer = {"trials": score["samples"], "right": score["curve"]}
    pictures = {
        "curve": plots.learning_curve(
            score["curve_in_rtl"],
            score["block"],
            1 / len(classes),
            longer if score["samples_in_rtl"] < score["samples"] else None,
        )
    }
    if score["confusion"] is not None:
        pictures["confusion"] = task_plots.confusion(score["confusion"], classes)
    weights = [arrays[f"{one['name']}.weight"].astype(np.int64) for one in content["layers"]]
    most = max((1 << (layer["weight_bits"] - 1)) - 1 for layer in content["layers"])
    flat = np.concatenate([each.ravel() for each in weights])
    pictures["histogram"] = task_plots.weight_histogram(flat, -most, most)
    # images only where the readout follows: else it does not say for what a neuron speaks
    if len(hidden) == 1 and score["image"] is not None:
        neurons = np.sort(np.argsort(-np.abs(weights[-1]).sum(1), kind="stable")[:PICTURED])
        inputs = content["design"]["learning"]["inputs"]
        images = weight_images(weights[0][:inputs, neurons].T, {"shape": score["image"]})
        names = [f"{n}: {classes[int(weights[-1][n].argmax())]}" for n in neurons.tolist()]
        if images is not None:
            pictures["weights"] = plots.weight_maps(images, names, WEIGHTS_LABEL)
    return pictures
