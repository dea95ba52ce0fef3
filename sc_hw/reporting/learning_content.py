"""What `report.json` holds of a network that learns, and the pictures of what it has learned."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sc_hw.reporting import plots, task_plots
from sc_hw.reporting.content import price_figures, stage_content
from sc_hw.reporting.task import by_class, confusion, weight_images
from sc_model.spec.learning import HiddenLayerSpec, LearningNetworkSpec

PICTURED = 20  # neurons whose weights are shown
SCORES = ("before", "after", "other_answers", "other_values_of_the_state")


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


def learning_content(
    manifest: Mapping[str, Any],
    proof: Mapping[str, Any],
    cosim: Mapping[str, Any],
    learned: Mapping[str, Any],
    arrays: Mapping[str, NDArray[Any]] | None,
    prices: Sequence[Mapping[str, Any]],
) -> dict[str, Any]:
    """What `report.json` holds of a learning network.

    Parameters
    ----------
    manifest, proof, cosim, prices : of the stages.
    learned, arrays : what `learn_in_rtl` has left; the arrays are None where it has left nothing.
    """
    spec = LearningNetworkSpec.model_validate(manifest["design"]["learning"])
    scored: dict[str, Any] = {}
    if arrays is not None:
        labels, answers = arrays["labels"], arrays["answers"]
        scored = {
            "by_class": by_class(labels, answers == labels),
            "confusion": confusion(labels, answers, spec.output.neurons),
        }
    content = stage_content(
        manifest,
        proof,
        cosim,
        prices,
        domain=manifest["domain"],
        quiet=manifest["quiet"],
        layers=_layers(spec),
        learned={**learned, **scored},
    )
    content["figures"] |= {f"learned.{key}": learned[key] for key in SCORES if key in learned}
    content["figures"] |= price_figures(prices)
    return content


def learning_pictures(
    content: Mapping[str, Any], arrays: Mapping[str, NDArray[Any]] | None
) -> dict[str, str]:
    """Learning curve, held-out samples, weights as images and their counts, as SVG by name."""
    learned = content["learned"]
    if arrays is None or learned["status"] == "not run":
        return {}
    spec = LearningNetworkSpec.model_validate(content["design"]["learning"])
    classes = [str(number) for number in range(spec.output.neurons)]
    longer = {"trials": learned["samples"], "right": learned["curve"]}
    pictures = {
        "curve": plots.learning_curve(
            learned["curve_in_rtl"],
            learned["block"],
            1 / len(classes),
            longer if learned["samples_in_rtl"] < learned["samples"] else None,
        )
    }
    if learned["confusion"] is not None:
        pictures["confusion"] = task_plots.confusion(learned["confusion"], classes)
    hidden, output = (arrays[f"{one.name}.weight"] for one in (spec.hidden[0], spec.output))
    weights = np.concatenate([arrays[f"{one.name}.weight"].ravel() for one in spec.layers])
    most = max(layer.max_weight for layer in spec.layers)
    pictures["histogram"] = task_plots.weight_histogram(weights.astype(np.int64), -most, most)
    # images only where the readout follows: else it does not say for what a neuron speaks
    if len(spec.hidden) == 1:
        chosen = np.sort(np.argsort(-np.abs(output).sum(1), kind="stable")[:PICTURED])
        images = weight_images(
            hidden[: spec.inputs, chosen].T.astype(np.int64), {"shape": learned["image"]}
        )
        names = [f"{n}: {classes[int(output[n].argmax())]}" for n in chosen.tolist()]
        if images is not None:
            pictures["weights"] = plots.weight_maps(images, names, "weight")
    return pictures
