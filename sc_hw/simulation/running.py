"""A design that runs in portions, and what can be seen of it after each."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sc_hw.files import DEFAULT_ROOT, PathLike
from sc_hw.progress import silent
from sc_hw.simulation.device import Device
from sc_hw.simulation.devices.device_block import rows
from sc_hw.simulation.stimulus import random_stimulus
from sc_model.golden import RecordingError
from sc_model.spec import ConfigError
from sc_model.spec.design import LEARNING_BLOCKS

STEPS = 1000
PORTIONS = 20
BINS = 40  # of the histogram of weights


@dataclass(frozen=True)
class Progress:
    """A run after a portion of its steps.

    Members
    -------
    step, steps : done so far, and all.
    spikes, rate : of the neurons in the portion; None without neurons.
    modulators : the mean of each in the portion; of a learning network, right answers (``right``).
    least, greatest, mean : of the weights that learn; None where there are none.
    histogram : weights by value, from the least to the greatest; empty where there are none.
    layers : the same by layer, of a network of which several learn; else empty.
    """

    step: int
    steps: int
    spikes: int | None
    rate: float | None
    modulators: dict[str, float]
    least: int | None
    greatest: int | None
    mean: float | None
    histogram: list[int]
    layers: dict[str, list[int]]

    def as_json(self) -> dict[str, Any]:
        """As JSON values."""
        return asdict(self)


def run_design(
    design: PathLike,
    on: str = "model",
    *,
    steps: int | None = None,
    seed: int = 1,
    events: PathLike | None = None,
    root: PathLike = DEFAULT_ROOT,
    baud: int | None = None,
    settings: Mapping[str, int] | None = None,
    progress: Any = silent,
) -> Iterator[Progress]:
    """Run a design, and yield what can be seen of it after each portion.

    Parameters
    ----------
    design : a design file, or a build folder.
    on : as of `Device.open`.
    steps : None for a default, or all of a recording.
    seed : of the random stimulus and the weights.
    events : recording to replay; None for random stimulus.
    root : folder of builds.
    baud : of a port; None: that of the design.
    settings : run-time parameters of the rule to change first.
    progress : gets a line for each thing that takes long.

    Raises
    ------
    ConfigError
        The design or the recording does not fit.
    LinkError
        The board fails.
    """
    rng = np.random.default_rng(seed)
    with Device.open(design, on, root=root, baud=baud, progress=progress) as device:
        if events is not None:
            stimulus = _recording(device, events)
            count = device.block.steps(stimulus)
            if steps is not None and steps > count:
                raise ConfigError(f"steps must be at most the recording's {count}, not {steps}.")
            count = count if steps is None else steps
        else:
            count = STEPS if steps is None else steps
            stimulus = random_stimulus(device.design, count, rng)
            device.load(device.block.initial_weights(rng))
        device.set(**(settings or {}))
        size = -(-count // PORTIONS)
        for start in range(0, count, size):
            stop = min(start + size, count)
            portion = rows(stimulus, start, stop)
            yield _progress_of(device, portion, device.run(**portion), stop, count)


def _recording(device: Device, events: PathLike) -> dict[str, Any]:
    """The stimulus of a recording."""
    try:
        return device.recording(events)
    except RecordingError as error:
        raise ConfigError(str(error)) from None


def _progress_of(
    device: Device, portion: dict[str, Any], fired: Any, stop: int, steps: int
) -> Progress:
    weights = _weights(device)
    counts, _ = np.histogram(weights, bins=BINS)
    modulators = {
        name: float(np.mean(values))
        for name, values in portion.items()
        if np.ndim(values) == 1 and np.asarray(values).dtype.kind in "iu"
    }
    if device.design.learning is not None:  # it gives classes, not spikes
        modulators = {"right": float((fired == portion["target"]).mean())}
        fired = None
    if device.design.recurrent is not None:  # the share among the steps in which a class is told
        has_target = np.asarray(portion["targets"]) >= 0
        right = (fired == portion["targets"])[has_target]
        modulators = {"right": float(right.mean())} if right.size else {}
        fired = None
    spikes = int(fired.sum()) if isinstance(fired, np.ndarray) else None
    return Progress(
        stop,
        steps,
        spikes,
        float(fired.mean()) if isinstance(fired, np.ndarray) else None,
        modulators,
        int(weights.min()) if weights.size else None,
        int(weights.max()) if weights.size else None,
        float(weights.mean()) if weights.size else None,
        counts.tolist() if weights.size else [],
        {
            name: np.histogram(values, BINS, (weights.min(), weights.max()))[0].tolist()
            for name, values in _layers(device).items()
        },
    )


def _layers(device: Device) -> dict[str, NDArray[np.int64]]:
    """The weights of each layer, of a network of which several learn."""
    if device.design.block not in LEARNING_BLOCKS:
        return {}
    state = device.state()
    return {
        name: np.ravel(fields["weight"]).astype(np.int64)
        for name, fields in state.items()
        if "weight" in fields
    }


def _weights(device: Device) -> NDArray[np.int64]:
    """The weights that learn: of a network those of its plastic layer, if it has one."""
    if device.design.block in LEARNING_BLOCKS:
        return np.concatenate([*_layers(device).values()])
    state = device.state()
    if device.design.block != "network":
        weights = state["synapse"][device.block.weight]
    else:
        weights = state.get("plastic", {}).get("synapse.weight", np.zeros(0, np.int64))
    return np.ravel(weights).astype(np.int64)
