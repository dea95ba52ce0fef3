"""Two devices in lock step: the first bit in which they differ is found."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from sc_hw.simulation.devices.device_block import State, rows
from sc_model.spec import ConfigError

if TYPE_CHECKING:
    from sc_hw.simulation.device import Device

# Steps compared at a time where `run` logs every one of them: 65,536 rows of a few fields, some MB.
LOGGED_STEPS = 1 << 16


@dataclass(frozen=True)
class Difference:
    """The first bit in which two devices differ.

    Members
    -------
    step : counted from 0 in the stimulus.
    space, field, index : what differs; space ``output`` is what a step returns.
    expected, actual : values of the first and of the second device.
    wave : a VCD of all signals of the RTL in this step, where one of the devices is RTL.
    """

    step: int
    space: str
    field: str
    index: tuple[int, ...]
    expected: int
    actual: int
    wave: Path | None = None

    def __str__(self) -> str:
        where = f"{self.space}.{self.field}{list(self.index)}"
        waves = f"; waves: {self.wave}" if self.wave is not None else ""
        return (
            f"step {self.step}: {where} is {self.expected} in the first device and {self.actual} in"
            f" the second{waves}"
        )


def compare(
    first: Device, second: Device, stimulus: Mapping[str, Any], every: int
) -> Difference | None:
    """See :meth:`sc_hw.simulation.device.Device.compare`."""
    if first.block.identity() != second.block.identity():
        raise ConfigError("devices can be compared that run the same design, and these do not.")
    if every < 1:
        raise ValueError(f"every must be >= 1, not {every}")
    begin = first.state()
    second.restore(begin)
    steps = first.block.steps(stimulus)
    whole = -(-every // first.block.period) * first.block.period
    stride = LOGGED_STEPS if first.block.logs_every_step else whole
    chunk = _in_logs if first.block.logs_every_step else _in_states
    for start in range(0, steps, stride):
        stop = min(start + stride, steps)
        difference = chunk(first, second, stimulus, start, stop, begin)
        if difference is not None:
            return difference
    return None


def _in_logs(
    first: Device,
    second: Device,
    stimulus: Mapping[str, Any],
    start: int,
    stop: int,
    begin: State,
) -> Difference | None:
    """The first difference in some steps of devices whose `run` returns every state.

    The state of such a device is not restored: a lane's RTL has no port that loads its traces.
    """
    before = first.state()
    logs = [device.run(**rows(stimulus, start, stop)) for device in (first, second)]
    for t in range(start, stop):
        one, other = (
            {"synapse": {name: values[t - start] for name, values in log.items()}} for log in logs
        )
        difference = _between(one, other, t)
        if difference is not None:
            return _with_waves(first, second, difference, before, rows(stimulus, start, t + 1))
    return None


def _in_states(
    first: Device,
    second: Device,
    stimulus: Mapping[str, Any],
    start: int,
    stop: int,
    begin: State,
) -> Difference | None:
    """The first difference in some steps.

    All steps are run at once; where outputs or final states differ both devices are restored, and
    the steps are run and compared one by one. Where the state in front of these steps can't be
    restored, both run once more from `begin`, the state in front of all.
    """
    before: State | None = first.state()
    if before is not None and first.block.unrestorable(before) is not None:
        before = None
    outputs = [device.run(**rows(stimulus, start, stop)) for device in (first, second)]
    if _equal(outputs) and _between(first.state(), second.state(), stop) is None:
        return None
    for device in (first, second):
        device.restore(begin if before is None else before)
        if before is None:
            device.run(**rows(stimulus, 0, start))
    difference = _one_by_one(first, second, stimulus, start, stop, before)
    if difference is None:
        raise RuntimeError(
            "two devices differed, and no longer do when they do the same again: one of them is not"
            " deterministic."
        )
    return difference


def _one_by_one(
    first: Device,
    second: Device,
    stimulus: Mapping[str, Any],
    start: int,
    stop: int,
    before: State | None,
) -> Difference | None:
    """Run some steps and compare after each; `before`: the state, where it can be restored."""
    for t in range(start, stop):
        outputs = [device.run(**rows(stimulus, t, t + 1)) for device in (first, second)]
        if not _equal(outputs):
            (index,) = np.argwhere(outputs[0][0] != outputs[1][0])[0]
            expected, actual = (int(output[0][index]) for output in outputs)
            difference: Difference | None = Difference(
                t, "output", "spike", (int(index),), expected, actual
            )
        else:
            difference = _between(first.state(), second.state(), t)
        if difference is not None and before is not None:
            return _with_waves(first, second, difference, before, rows(stimulus, start, t + 1))
        if difference is not None:
            return difference
    return None


def _with_waves(
    first: Device,
    second: Device,
    difference: Difference,
    state: State,
    stimulus: Mapping[str, Any],
) -> Difference:
    """The difference with the waves of its step, if one of the devices is RTL.

    A separate device runs the stimulus from `state` on and records all signals in the last step:
    waves of all steps would be long, and slow the comparison down.
    """
    device = next((device for device in (second, first) if device.on == "rtl"), None)
    recorder = None if device is None else device.traced()
    if recorder is None:
        return difference
    with recorder:
        try:
            recorder.restore(state)
        except ValueError:  # a lane in the middle of a run: its traces have no load port
            return difference
        steps = recorder.block.steps(stimulus)
        if steps > 1:
            recorder.run(**rows(stimulus, 0, steps - 1))
        path = recorder.trace()
        recorder.run(**rows(stimulus, steps - 1, steps))
    return replace(difference, wave=path)


def _between(one: State, other: State, step: int) -> Difference | None:
    """The first field, in the order of the state, in which two states differ."""
    for space, fields in one.items():
        for name, values in fields.items():
            expected, actual = np.asarray(values), np.asarray(other[space][name])
            wrong = np.argwhere(expected != actual)
            if len(wrong):
                index = tuple(int(i) for i in wrong[0])
                return Difference(
                    step, space, name, index, int(expected[index]), int(actual[index])
                )
    return None


def _equal(outputs: list[Any]) -> bool:
    """Whether two outputs agree; a block that returns no array is compared by its state alone."""
    return not isinstance(outputs[0], np.ndarray) or bool(np.array_equal(outputs[0], outputs[1]))
