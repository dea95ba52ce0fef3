"""The score of a recorded task: decisions of the RTL against the labels that the recording holds.

A recording's `meta` (JSON) says what its steps mean; whoever records a task writes it. Keys used:
`labels` (one for each decision), `held_out` (how many decisions at the end are of held-out samples,
with learning off), `block` (trials that one point of the curve averages over), `classes`, `winners`
(decisions of the golden model), `accuracy` and `longer` (runs of the golden model alone), `image`
(how the inputs of a neuron form a picture), `task`, `feedback`, `source`, `licence`.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sc_hw.reporting.files import read_arrays

DEFAULT_BLOCK = 100  # trials that one point of the learning curve averages over


class NotMeasured(Exception):  # noqa: N818 - no error: the page prints the reason
    """There is nothing to score; the text says why."""


@dataclass(frozen=True)
class TaskArrays:
    """What the pictures of a replayed recording are drawn from.

    Members
    -------
    images : (neurons, rows, columns), weights as pictures; None where the inputs form none.
    inputs : (steps, inputs), spikes that went in; None where the recording has none.
    outputs : (steps, neurons), spikes of the RTL.
    weights : (inputs, neurons), weights read back at the end.
    """

    images: NDArray[np.int64] | None
    inputs: NDArray[np.bool_] | None
    outputs: NDArray[np.bool_]
    weights: NDArray[np.int64]


@dataclass(frozen=True)
class _Replay:
    """What a co-simulation replayed and how it ended.

    Members
    -------
    recording : the recording's arrays.
    name : the recording's file name.
    meta : what the recording says of its steps.
    spikes : (steps, neurons), spikes of the RTL.
    weights : (inputs, neurons), int64, weights read back at the end.
    """

    recording: Mapping[str, NDArray[Any]]
    name: str
    meta: Mapping[str, Any]
    spikes: NDArray[Any]
    weights: NDArray[np.int64]


def task_score(
    folder: Path, manifest: Mapping[str, Any], cosim: Mapping[str, Any], recording: Path | None
) -> tuple[dict[str, Any], TaskArrays | None]:
    """The score of what the RTL decided in a replayed recording, and pictures of its weights.

    A decision is a step with the flag `decide`; the neuron that fires names the class.

    Parameters
    ----------
    folder : where the results of the co-simulation lie.
    manifest, cosim : manifest of the build, results of the co-simulation.
    recording : the recording's file; None looks for it by its name.

    Returns
    -------
    score : dict, `status` is ``measured``, or ``not measured`` with a `reason`.
    arrays : what pictures are drawn from, or None where nothing was measured.
    """
    try:
        replay = _replay(folder, manifest, cosim, recording)
        inputs = replay.recording.get("spikes")
        arrays = TaskArrays(
            weight_images(replay.weights.T, replay.meta.get("image")),
            np.asarray(inputs, bool) if inputs is not None else None,
            np.asarray(replay.spikes, bool),
            replay.weights,
        )
        return _score(replay), arrays
    except NotMeasured as reason:
        return {"status": "not measured", "reason": str(reason)}, None


def _replay(
    folder: Path, manifest: Mapping[str, Any], cosim: Mapping[str, Any], recording: Path | None
) -> _Replay:
    """The recording and the final state; NotMeasured where one of them is missing."""
    if cosim["status"] == "not run":
        raise NotMeasured("decisions are those of the co-simulation, which was not run")
    if not cosim.get("recording"):
        raise NotMeasured("the co-simulation replayed no recording")
    # Only its name counts: the folder may have been moved since the co-simulation.
    final = (
        read_arrays(folder / Path(cosim["final_state"]).name) if cosim.get("final_state") else None
    )
    weight = next((f["name"] for f in manifest["rule"]["state"] if f["loadable"]), None)
    if final is None or weight not in final:
        raise NotMeasured("the co-simulation left no final state")
    arrays, name = _find_recording((folder, folder.parent), recording, cosim["recording"])
    meta = json.loads(str(arrays["meta"])) if "meta" in arrays else {}
    if "labels" not in meta or "decide" not in arrays or "spikes" not in final:
        raise NotMeasured(f"the recording {name} has no decisions with labels")
    return _Replay(arrays, name, meta, final["spikes"], final[weight].astype(np.int64))


def _find_recording(
    folders: Sequence[Path], file: Path | None, replayed: Any
) -> tuple[dict[str, NDArray[Any]], str]:
    """The recording that a co-simulation replayed, and its name; NotMeasured if it is not at hand.

    `replayed` is what the results say of it: a path, or a name with the file's SHA-256, which must
    then be that of the file.
    """
    entry = (
        replayed if isinstance(replayed, dict) else {"name": Path(replayed).name, "path": replayed}
    )
    name, digest = str(entry["name"]), entry.get("sha256")
    places = [*(folder / name for folder in folders), Path(entry.get("path", name))]
    if file is not None:
        places = [file]
    place = next((place for place in places if place.is_file()), None)
    arrays = None if place is None else read_arrays(place)
    if place is None or arrays is None:
        raise NotMeasured(f"the recording {name} that the co-simulation replayed is not at hand")
    if digest is not None and hashlib.sha256(place.read_bytes()).hexdigest() != digest:
        raise NotMeasured(f"the recording {name} is not the one that the co-simulation replayed")
    return arrays, name


def _score(replay: _Replay) -> dict[str, Any]:
    """The share of right decisions: a curve over the trials, and on the held-out samples."""
    meta, spikes, weights = replay.meta, replay.spikes, replay.weights
    decisions = np.flatnonzero(replay.recording["decide"][: len(spikes)])
    winners, labels = spikes[decisions].argmax(axis=1), np.asarray(meta["labels"], np.int64)
    trials = len(labels) - int(meta.get("held_out", 0))
    labels = labels[: len(winners)]  # a shorter replay has fewer decisions
    right = winners == labels
    block = int(meta.get("block", DEFAULT_BLOCK))
    curve = _curve(right[:trials], block)
    if not curve:
        raise NotMeasured(f"no decision of the recording {replay.name} was replayed")
    held_out, complete = right[trials:], len(spikes) == len(replay.recording["decide"])
    claims = meta.get("accuracy", {})
    golden_digest = meta.get("final_weight_sha256") if complete else None
    digest = hashlib.sha256(weights.astype("<u2").tobytes()).hexdigest()
    return {
        "status": "measured",
        "reason": None,
        "task": meta.get("task"),
        "feedback": meta.get("feedback"),
        "source": meta.get("source"),
        "licence": meta.get("licence"),
        "recording": replay.name,
        "steps": len(spikes),
        "trials": len(right[:trials]),
        "neurons": spikes.shape[1],
        "lines": len(weights),
        "chance": claims.get("chance", 1 / spikes.shape[1]),
        "block": block,
        "curve": curve,
        "first": curve[0],
        "last": curve[-1],
        "samples": len(held_out),
        "after": float(held_out.mean()) if held_out.size else None,
        "golden_after": claims.get("after"),
        "same_decisions": (
            winners.tolist() == meta["winners"][: len(winners)] if "winners" in meta else None
        ),
        "same_weights_as_golden": None if golden_digest is None else digest == golden_digest,
        "other_seeds": claims.get("other_seeds"),
        "longer": {"other_seeds": None, **meta["longer"]} if "longer" in meta else None,
        "by_class": by_class(labels[trials:], held_out),
        "confusion": confusion(labels[trials:], winners[trials:], spikes.shape[1]),
        "classes": meta.get("classes", list(range(spikes.shape[1]))),
        "weights": {"least": int(weights.min()), "greatest": int(weights.max())},
    }


def _curve(right: NDArray[np.bool_], block: int) -> list[float]:
    """The share of right decisions in each whole block of trials; one block if there is none."""
    end = len(right) // block * block or len(right)
    parts = np.split(right[:end], range(block, end, block))
    return [float(part.mean()) for part in parts if part.size]


def by_class(labels: NDArray[Any], right: NDArray[np.bool_]) -> list[dict[str, int]]:
    """Samples and right decisions of each class."""
    return [
        {
            "class": int(c),
            "samples": int((labels == c).sum()),
            "right": int(right[labels == c].sum()),
        }
        for c in np.unique(labels)
    ]


def confusion(labels: NDArray[Any], winners: NDArray[Any], classes: int) -> list[list[int]] | None:
    """Held-out samples by label and decision; None without any, or with labels of no neuron."""
    if not labels.size or labels.min() < 0 or labels.max() >= classes:
        return None
    table = np.zeros((classes, classes), np.int64)
    np.add.at(table, (labels, winners), 1)
    return table.tolist()


# Of a scale of such pictures, whose ends may lie beyond a weight's own range.
WEIGHTS_LABEL = "weight, less what all share"


def weight_images(
    weights: NDArray[np.int64], image: Mapping[str, Any] | None
) -> NDArray[np.int64] | None:
    """A picture for each neuron: channels added with their signs, less the mean over all neurons.

    A weight that all neurons share at a pixel moves all scores alike and decides nothing; without
    it the classes become visible.

    Parameters
    ----------
    weights : (neurons, inputs).
    image : `shape` (rows, columns) and `signs`, one for each channel (+1 and -1 for ON and OFF
        inputs); inputs are ordered by channel, row and column.

    Returns int64 of shape (neurons, rows, columns), None where the inputs form no such picture.
    """
    if image is None or len(image.get("shape", ())) != 2:
        return None
    signs, (rows, columns) = np.asarray(image.get("signs", (1,)), np.int64), image["shape"]
    if weights.shape[1] != len(signs) * rows * columns:
        return None
    channels = weights.reshape(len(weights), len(signs), rows, columns)
    images: NDArray[np.int64] = np.tensordot(signs, channels, (0, 1))
    common: NDArray[np.int64] = images.mean(axis=0).round().astype(np.int64)
    return images - common
