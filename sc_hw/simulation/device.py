"""One API over model and RTL: the same script trains in either, and `compare` finds the first bit
in which two differ.

    with Device.open("layer.toml", on="rtl") as device:
        device.load(weights)
        fired = device.run(spikes=recorded, reward=rewards)

Here alone model and hardware meet; neither sees the other.
"""

from __future__ import annotations

import json
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from types import TracebackType
from typing import Any, Literal, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sc_hw.build.elaborate import DEFAULT_ROOT, elaborate
from sc_hw.simulation.library import rtl_library
from sc_model.golden import Bank, PlasticLayer, Synapse, load_layer_recording, load_recording
from sc_model.native import NativeBank, NativeError, NativeLayer, NativeSynapse
from sc_model.rules import resolve
from sc_model.spec import ConfigError, Design, load_design
from sim.files import write_arrays
from sim.rtl import Rtl, block_of

CHECKPOINT_SCHEMA = "sc-hw.checkpoint.v1"
KINDS = ("model", "rtl")
LOGGED_STEPS = 1 << 16  # of a lane, compared at a time
FLAGS = ("outcome", "decide", "clear_trial", "clear_traces")
State = dict[str, dict[str, NDArray[Any]]]


@dataclass(frozen=True)
class Difference:
    """The first bit in which two devices differ.

    Members
    -------
    step : counted from 0 in the stimulus given.
    space, field, index : what differs; space ``output`` is what a step returns.
    expected, got : of the first and of the second device.
    wave : all signals of the RTL in this step, where one of them is RTL.
    """

    step: int
    space: str
    field: str
    index: tuple[int, ...]
    expected: int
    got: int
    wave: Path | None = None

    def __str__(self) -> str:
        where = f"{self.space}.{self.field}{list(self.index)}"
        seen = f"; waves: {self.wave}" if self.wave is not None else ""
        return (
            f"step {self.step}: {where} is {self.expected} in the first device and {self.got} in"
            f" the second{seen}"
        )


class Device:
    """A design that runs: in its bit-exact model, compiled where it can be, or in its own RTL.

    Use :meth:`open`. What a step takes depends on the block: the rule's inputs by name for a lane
    (scalars) and a bank (scalars or shape (N,)); `spikes`, the rule's modulators and the flags of
    :meth:`sc_model.golden.PlasticLayer.step` for a layer.

    Members
    -------
    design, on : as opened.
    backend : ``native``, ``golden`` (where no kernel can be had; `why` says so) or ``rtl``.
    """

    def __init__(
        self, design: Design, on: str, inner: Any, folder: Path | None, why: str | None = None
    ) -> None:
        self.design, self.on, self.why, self._inner, self._folder = design, on, why, inner, folder
        self.backend = "rtl" if on == "rtl" else "golden" if why is not None else "native"

    @classmethod
    def open(
        cls,
        design: Design | Path | str,
        on: Literal["model", "rtl"] = "model",
        *,
        root: Path = DEFAULT_ROOT,
    ) -> Device:
        """A device in its state after reset.

        Parameters
        ----------
        design : a design, its file, or a build folder (whose own Verilog runs then).
        on : what runs it.
        root : folder of builds, for the RTL.

        Raises ConfigError for a bad design or a folder that is no build, ToolError for a missing or
        failing tool.
        """
        if on not in KINDS:
            raise ConfigError(f"a device runs on {' or '.join(KINDS)}, not on {on!r}.")
        folder: Path | None = None
        if not isinstance(design, Design):
            place = Path(design)
            if (place / "manifest.json").is_file():
                folder, design = place, _built(place)
            else:
                design = load_design(place)
        if design.network is not None:
            raise ConfigError(
                f"Device runs a lane, a bank or a layer, not the network '{design.name}': use"
                " `sc-hw cosim DESIGN --events FILE`, or sc_model.golden.network.network.Network."
            )
        if on == "rtl":
            folder = folder if folder is not None else elaborate(design, root).folder
            return cls(design, on, block_of(Rtl(folder, rtl_library(folder))), folder)
        try:
            return cls(design, on, _model(design, native=True), folder)
        except NativeError as error:
            return cls(design, on, _model(design, native=False), folder, str(error))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Let the device go."""
        if self.on == "rtl":
            self._inner.rtl.close()

    # --- state ------------------------------------------------------------------------------------

    def load(self, weights: ArrayLike) -> None:
        """Write the weights (a scalar, or the block's shape) and put all else to its state after
        reset.
        """
        if self.design.block == "layer":
            self._inner.load(weights)
        else:
            rule, _ = resolve(self.design.rule)
            (name,) = (field.name for field in rule.state if field.loadable)
            value: Any = int(np.asarray(weights)) if self.design.block == "lane" else weights
            self._inner.load({name: value})

    def state(self) -> State:
        """Every field by space and name; a lane and a bank have the space ``synapse`` alone."""
        if self.design.block == "layer":
            found: State = self._inner.checkpoint()
            return found
        return {
            "synapse": {
                name: np.asarray(values, np.int64) for name, values in self._inner.state.items()
            }
        }

    def checkpoint(self, path: Path | str) -> Path:
        """Write the state to a file (.npz), whole or not at all."""
        arrays = {
            f"{space}.{name}": values
            for space, fields in self.state().items()
            for name, values in fields.items()
        }
        if any(array.dtype == object for array in arrays.values()):
            wide = [
                name for name, array in arrays.items() if any(abs(int(v)) >> 63 for v in array.flat)
            ]
            if wide:
                raise ConfigError(
                    f"a checkpoint file holds fields of up to 64 bits, and {', '.join(wide)} has"
                    " more."
                )
        about = json.dumps(
            {"schema_version": CHECKPOINT_SCHEMA, "design": _what_matters(self.design)},
            sort_keys=True,
        )
        return write_arrays(
            Path(path), {**arrays, "about": np.frombuffer(about.encode(), np.uint8)}
        )

    def restore(self, state: State | Path | str) -> None:
        """Go on from a checkpoint file or a state, of this kind of device or the other.

        Raises ConfigError for a file that is none, or of a design with another rule, size or
        neuron.
        """
        if not isinstance(state, dict):
            state = self._read(Path(state))
        if self.design.block == "layer":
            self._inner.restore(state)
        elif self.design.block == "bank":
            self._inner.restore(state["synapse"])
        elif self.on == "rtl":
            self._inner.restore({name: int(value) for name, value in state["synapse"].items()})
        else:
            self._inner.state = {name: int(value) for name, value in state["synapse"].items()}

    def _read(self, path: Path) -> State:
        try:
            with path.open("rb") as file, np.load(file) as archive:
                arrays = {name: archive[name] for name in archive.files}
            about = json.loads(arrays.pop("about").astype(np.uint8).tobytes())
            if about["schema_version"] != CHECKPOINT_SCHEMA:
                raise KeyError("schema_version")
        except FileNotFoundError:
            raise ConfigError(
                f"checkpoint {path} does not exist; Device.checkpoint writes one."
            ) from None
        except (OSError, ValueError, KeyError, TypeError, zipfile.BadZipFile):
            raise ConfigError(
                f"checkpoint {path} is none, or broken off; Device.checkpoint writes one."
            ) from None
        own, given = _what_matters(self.design), about["design"]
        if own != given:
            different = sorted(name for name in {*own, *given} if own.get(name) != given.get(name))
            raise ConfigError(
                f"checkpoint {path} is of a design with another {', '.join(different)}."
            )
        state: State = {}
        for name, values in arrays.items():
            space, field = name.split(".")
            state.setdefault(space, {})[field] = values
        return state

    # --- steps ------------------------------------------------------------------------------------

    def recording(self, path: Path | str) -> dict[str, NDArray[Any]]:
        """The stimulus of a recording (see `sc_model.golden.recording`), as `run` takes it; its
        initial weights are loaded.

        Raises RecordingError for a file that is no recording for this design.
        """
        rule, params = resolve(self.design.rule)
        if self.design.layer is not None and self.design.neuron is not None:
            layer = load_layer_recording(path, rule, params, self.design.layer, self.design.neuron)
            self.load(layer.initial_weight if layer.initial_weight is not None else 0)
            flags = {name: values for name, values in layer.flags.items() if values.any()}
            return {"spikes": layer.spikes, **layer.modulators, **flags}
        recorded = load_recording(path, rule, params, self.design.synapses)
        (name,) = (field.name for field in rule.state if field.loadable)
        self.load(
            recorded.initial.get(name, 0)
            if self.design.block == "bank"
            else int(np.ravel(recorded.initial.get(name, 0))[0])
        )
        return {
            n: values if self.design.block == "bank" else values[:, 0]
            for n, values in recorded.inputs.items()
        }

    def step(self, **stimulus: Any) -> Any:
        """Advance by one step: the neurons' spikes of a layer, shape (neurons,); the new state of a
        lane or a bank.
        """
        if self.design.block == "layer":
            spikes, modulators, flags = self._told(stimulus)
            return self._inner.step(spikes, modulators, **flags)
        return self._inner.step(stimulus)

    def run(self, **stimulus: Any) -> Any:
        """Advance by T steps: spikes of a layer, shape (T, neurons); every field after each step of
        a lane, shape (T,); nothing for a bank. Arrays have a first axis T; what is a scalar counts
        in all steps.
        """
        if self.design.block == "layer":
            spikes, modulators, flags = self._told(stimulus)
            if hasattr(self._inner, "run"):
                return self._inner.run(spikes, modulators, **flags)
            every = {**modulators, **flags}
            rows = [
                self._inner.step(
                    x,
                    {name: int(_at(every[name], t)) for name in modulators},
                    **{name: bool(_at(every[name], t)) for name in flags},
                )
                for t, x in enumerate(np.asarray(spikes))
            ]
            return np.array(rows)
        if hasattr(self._inner, "replay"):
            return self._inner.replay(stimulus)
        steps = max(len(np.asarray(values)) for values in stimulus.values() if np.ndim(values))
        states = [
            dict(self._inner.step({n: _row(v, t) for n, v in stimulus.items()}))
            for t in range(steps)
        ]
        return (
            {name: np.array([state[name] for state in states]) for name in states[0]}
            if self.design.block == "lane"
            else None
        )

    def _told(self, stimulus: Mapping[str, Any]) -> tuple[Any, dict[str, Any], dict[str, Any]]:
        if "spikes" not in stimulus:
            raise TypeError("a step of a layer takes spikes, shape (inputs,)")
        flags = {name: value for name, value in stimulus.items() if name in FLAGS}
        modulators = {
            name: value
            for name, value in stimulus.items()
            if name != "spikes" and name not in FLAGS
        }
        return stimulus["spikes"], modulators, flags

    # --- two of them ------------------------------------------------------------------------------

    @staticmethod
    def compare(
        first: Device, second: Device, *, every: int = 1, **stimulus: Any
    ) -> Difference | None:
        """Run two devices of the same design in lock step and stop at the first differing bit; None
        if there is none.

        Both begin in the state of the first. Outputs are compared in every step, and the complete
        state every `every` steps: what differs in between and is the same again by then is found
        with 1 alone, and reading the state of RTL back takes some clocks for each synapse. Where a
        state differs both go back and look after each step. Where one of the devices is RTL, that
        step is run again with all signals written to ``difference.vcd`` in its build folder.

        Raises ConfigError for devices of different designs, ValueError for `every` < 1.
        """
        if _what_matters(first.design) != _what_matters(second.design):
            raise ConfigError("devices can be compared that run the same design, and these do not.")
        if every < 1:
            raise ValueError(f"every must be >= 1, not {every}")
        begin = first.state()
        second.restore(begin)
        steps = _steps(first.design, stimulus)
        stride = LOGGED_STEPS if first.design.block == "lane" else every
        for start in range(0, steps, stride):
            stop = min(start + stride, steps)
            found = _both(first, second, stimulus, start, stop)
            if found is not None:
                return found
        return None


def _both(
    first: Device, second: Device, stimulus: Mapping[str, Any], start: int, stop: int
) -> Difference | None:
    """The first difference in some steps."""
    before = first.state()
    outputs = [device.run(**_rows(stimulus, start, stop)) for device in (first, second)]
    if (
        first.design.block == "lane"
    ):  # every field of every step is an output, and a lane's state can't be put back
        for t in range(start, stop):
            one, other = (
                {"synapse": {name: values[t - start] for name, values in log.items()}}
                for log in outputs
            )
            found = _difference(one, other, t)
            if found is not None:
                return _seen(first, second, found, before, _rows(stimulus, start, t + 1))
        return None
    if _same(outputs) and _difference(first.state(), second.state(), stop) is None:
        return None
    for device in (first, second):
        device.restore(before)
    for t in range(start, stop):
        held = first.state()
        out = [device.run(**_rows(stimulus, t, t + 1)) for device in (first, second)]
        found = None
        if not _same(out):
            (index,) = np.argwhere(out[0][0] != out[1][0])[0]
            found = Difference(
                t, "output", "spike", (int(index),), int(out[0][0][index]), int(out[1][0][index])
            )
        else:
            found = _difference(first.state(), second.state(), t)
        if found is not None:
            return _seen(first, second, found, held, _rows(stimulus, t, t + 1))
    raise RuntimeError(
        "two devices differed, and no longer do when they do the same again: one of them is not"
        " deterministic."
    )


def _seen(
    first: Device, second: Device, found: Difference, before: State, stimulus: Mapping[str, Any]
) -> Difference:
    """A difference with the waves of its step: the stimulus from a state on, all signals in the
    last step of it.
    """
    device = next((device for device in (second, first) if device.on == "rtl"), None)
    if device is None or device._folder is None:
        return found
    path = device._folder / "sim" / "difference.vcd"
    again = Device(
        device.design,
        "rtl",
        block_of(Rtl(device._folder, rtl_library(device._folder, waves=True))),
        device._folder,
    )
    try:
        again.restore(before)
    except ValueError:  # a lane in the middle of a run
        return found
    steps = _steps(device.design, stimulus)
    if steps > 1:
        again.run(**_rows(stimulus, 0, steps - 1))
    again._inner.rtl.trace(path)
    again.run(**_rows(stimulus, steps - 1, steps))
    again.close()
    return replace(found, wave=path)


def _difference(one: State, other: State, step: int) -> Difference | None:
    for space, fields in one.items():
        for name, values in fields.items():
            wrong = np.argwhere(np.asarray(values) != np.asarray(other[space][name]))
            if len(wrong):
                index = tuple(int(i) for i in wrong[0])
                got = int(np.asarray(other[space][name])[index])
                return Difference(step, space, name, index, int(np.asarray(values)[index]), got)
    return None


def _same(outputs: list[Any]) -> bool:
    return not isinstance(outputs[0], np.ndarray) or bool(np.array_equal(outputs[0], outputs[1]))


def _steps(design: Design, stimulus: Mapping[str, Any]) -> int:
    axes = {"layer": 2, "bank": 2, "lane": 1}[design.block]
    names = ("spikes",) if design.block == "layer" else tuple(stimulus)
    lengths = {
        len(np.asarray(stimulus[name]))
        for name in names
        if name in stimulus and np.ndim(stimulus[name]) == axes
    }
    if len(lengths) != 1:
        raise ValueError(f"stimulus must be of equally many steps, not {sorted(lengths)}")
    return lengths.pop()


def _rows(stimulus: Mapping[str, Any], start: int, stop: int) -> dict[str, Any]:
    return {
        name: values if np.ndim(values) == 0 else np.asarray(values)[start:stop]
        for name, values in stimulus.items()
    }


def _row(values: Any, t: int) -> Any:
    return values if np.ndim(values) == 0 else np.asarray(values)[t]


def _at(values: Any, t: int) -> Any:
    return np.asarray(values)[t] if np.ndim(values) else values


def _built(folder: Path) -> Design:
    """The design that a build folder was made of."""
    values = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))["design"]
    if values["block"] == "layer":
        del values["synapses"]  # derived
    return Design.model_validate(values)


def _what_matters(design: Design) -> dict[str, Any]:
    """What a state depends on: not the name, the seed or the fabric, nor how a layer is laid
    out.
    """
    _, params = resolve(design.rule)
    what: dict[str, Any] = {
        "block": design.block,
        "synapses": design.synapses,
        "rule": design.rule.family,
    }
    what["parameters"] = params.model_dump(mode="json")
    if design.layer is not None and design.neuron is not None:
        options = design.layer.model_dump(mode="json")
        for name in ("lanes", "chains", "cluster", "memory", "multipliers"):
            del options[name]
        what |= {"layer": options, "neuron": design.neuron.model_dump(mode="json")}
    return what


def _model(design: Design, *, native: bool) -> Any:
    rule, params = resolve(design.rule)
    if design.layer is not None and design.neuron is not None:
        kind = NativeLayer if native else PlasticLayer
        return kind(rule, params, design.layer, design.neuron)
    if design.block == "bank":
        return (NativeBank if native else Bank)(rule, params, design.synapses)
    return (NativeSynapse if native else Synapse)(rule, params)
