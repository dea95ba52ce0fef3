"""One API over model, RTL and boards: the same script runs on each, and `compare` compares two.

    with Device.open("layer.toml", on="rtl") as device:
        device.load(weights)
        fired = device.run(spikes=recorded, reward=rewards)

Model and hardware meet here and in `devices/` alone; neither sees the other.
"""

from __future__ import annotations

import json
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sc_driver.board import Board
from sc_driver.transports import Transport
from sc_hw.build.elaborate import elaborate
from sc_hw.files import DEFAULT_ROOT, PathLike
from sc_hw.progress import Progress, interactive
from sc_hw.simulation.board.simulated import simulated_port
from sc_hw.simulation.checkpoint import check_state, read_checkpoint, write_checkpoint
from sc_hw.simulation.comparison import Difference, compare
from sc_hw.simulation.devices import DeviceBlock, device_block
from sc_hw.simulation.devices.device_block import State
from sc_hw.simulation.library import rtl_library
from sc_hw.simulation.on_board import OnBoard, check_on_board
from sc_model.golden.readout import Answers
from sc_model.native import NativeError
from sc_model.spec import ConfigError, ConfigTypeError, Design, load_design
from sc_model.texts import shown
from sc_sim.rtl import engine_of

MODEL, RTL, SIMULATED_BOARD = "model", "rtl", "sim-board"


KINDS = (MODEL, RTL, SIMULATED_BOARD)
DOOR = "uart"  # of a design without a host that is opened on a board


def is_port(name: str) -> bool:
    """Whether a name is that of a port: a path, a URL, or as Windows has them."""
    return "/" in name or name.upper().startswith("COM")


class Device:
    """A design that runs: in its bit-exact model, compiled where it can be, in its RTL, on a board.

    Use :meth:`open`. What a step takes depends on the block: the rule's inputs by name for a lane
    (scalars) and a bank (scalars or shape (N,)); `spikes`, the rule's modulators and the flags of
    :meth:`sc_model.golden.PlasticLayer.step` for a layer, and for a network, whose plastic layer
    takes the modulators and flags.

    Members
    -------
    design : the design that runs.
    on : ``model``, ``rtl``, ``sim-board``, or the port of a board.
    block : how the design's block is run.
    backend : ``native`` (compiled), ``golden`` (no kernel can be compiled), ``rtl`` or ``board``.
    why : why no kernel can be compiled, or None.
    """

    def __init__(
        self,
        block: DeviceBlock,
        on: str,
        engine: Any,
        folder: Path | None,
        why: str | None = None,
    ) -> None:
        self.block, self.design, self.on, self.why = block, block.design, on, why
        self._engine, self._folder = engine, folder
        backends = {MODEL: "golden" if why is not None else "native", RTL: "rtl"}
        self.backend = backends.get(on, "board")

    @classmethod
    def open(
        cls,
        design: Design | PathLike,
        on: str = MODEL,
        *,
        root: PathLike = DEFAULT_ROOT,
        baud: int | None = None,
        progress: Progress = interactive,
    ) -> Device:
        """A device in its state after reset.

        Parameters
        ----------
        design : a design, its file, or a build folder, whose own Verilog is then simulated.
        on : ``model``; ``rtl``; ``sim-board``, which is the RTL of the whole system at the end of a
            serial line; or the port of a board that the design is on. A board is taken as it
            stands.
        root : folder of builds, for the RTL.
        baud : of the port; None: that of the design.
        progress : gets a line for each thing that takes long; by default the lines are printed on
            standard error if that is a terminal.

        Raises
        ------
        ConfigError
            The design is not valid, or the folder is no build.
        ToolError
            A tool is missing or fails.
        LinkError
            A board does not answer, or has another design on it.
        """
        if not isinstance(on, str) or not (on in KINDS or is_port(on)):
            raise ConfigError(
                f"a device runs on {', '.join(KINDS)} or a port (/dev/ttyUSB1, COM5), not on"
                f" {shown(on)}."
            )
        folder: Path | None = None
        if not isinstance(design, Design):
            place = Path(design)
            if (place / "manifest.json").is_file():
                folder, design = place, _design_of_build(place)
            else:
                design = load_design(place)
        block = device_block(design)
        if on not in (MODEL, RTL):
            return cls._on_board(block, on, folder, root, baud, progress)
        if on == RTL:
            block.check_rtl()
            if folder is None:
                progress(f"{design.name}: elaborating")
                folder = elaborate(design, root).folder
            progress(f"{design.name}: compiling the Verilog, unless that is kept")
            return cls(block, on, engine_of(folder, rtl_library(folder)), folder)
        try:
            progress(f"{design.name}: compiling the model, unless that is kept")
            return cls(block, on, block.model(native=True), folder)
        except NativeError as error:
            return cls(block, on, block.model(native=False), folder, str(error))

    @classmethod
    def _on_board(
        cls,
        block: DeviceBlock,
        on: str,
        folder: Path | None,
        root: PathLike,
        baud: int | None,
        progress: Progress,
    ) -> Device:
        """A device on a port, or on a simulated board."""
        design = block.design
        check_on_board(design)
        block.check_rtl()
        if folder is None:
            progress(f"{design.name}: elaborating")
            folder = elaborate(design if design.host else design.behind(DOOR), root).folder
        port: Transport | str = on
        if on == SIMULATED_BOARD:
            progress(f"{design.name}: compiling the board's Verilog, unless that is kept")
            port = simulated_port(folder)
        board = Board.open(port, folder / "manifest.json", baud=baud)
        return cls(OnBoard(block), on, board, folder)

    @property
    def board(self) -> Board | None:
        """The board that the device is, or None."""
        return self._engine if isinstance(self._engine, Board) else None

    @property
    def folder(self) -> Path | None:
        """The build folder; None for a model that needs none."""
        return self._folder

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
        """Release the simulator or the port; a model needs no closing."""
        if self.on == RTL:
            self._engine.rtl.close()
        elif self.backend == "board":
            self._engine.close()

    # --- state ------------------------------------------------------------------------------------

    def load(self, weights: Any) -> None:
        """Write the weights; all else is as after a reset, but run-time parameters stay.

        `weights`: a scalar, or of the block's shape; of a network, arrays by
        ``<layer>.<parameter>``, or the path of a file of them (.npz).
        """
        self.block.load(self._engine, weights)

    def initial_weights(self, seed: int | np.random.Generator) -> Any:
        """Random weights for `load`: those with which runs of such a design usually begin.

        Parameters
        ----------
        seed : an integer >= 0; or a NumPy generator, which goes on from where it is.

        Returns
        -------
        An array of the block's shape; for a network a dictionary, as `load` takes it.

        Raises
        ------
        ConfigTypeError
            `seed` is neither.
        ConfigError
            `seed` is negative.
        """
        if not isinstance(seed, np.random.Generator):
            if isinstance(seed, bool) or not hasattr(seed, "__index__"):
                raise ConfigTypeError(
                    "the seed of initial weights must be an integer or a NumPy generator"
                    f" (numpy.random.default_rng), not {shown(seed)} ({type(seed).__name__})."
                )
            if seed.__index__() < 0:
                raise ConfigError(f"the seed of initial weights must be >= 0, not {shown(seed)}.")
            seed = np.random.default_rng(seed.__index__())
        return self.block.initial_weights(seed)

    def state(self) -> State:
        """Every field by space and name; a lane and a bank have the space ``synapse`` alone."""
        return self.block.state(self._engine)

    def checkpoint(self, path: PathLike) -> Path:
        """Write the state to a file (.npz), whole or not at all.

        Raises
        ------
        ConfigError
            The state holds fields of more than 64 bits, or is one that no device can go on from;
            the path is that of a folder.
        """
        state = self.state()
        why = self.block.unrestorable(state)
        if why is not None:
            raise ConfigError(f"{why}.")
        return write_checkpoint(Path(path), state, self.block)

    def restore(self, state: State | PathLike) -> None:
        """Continue from a checkpoint file or a state, of this kind of device or the other.

        Raises
        ------
        ConfigError
            The file is no checkpoint, or of a design with another rule, size or neuron; a field is
            missing or unknown, of another shape, or holds a value that its format does not. The
            device is then as it was.
        """
        subject = "a state"
        if not isinstance(state, dict):
            subject = f"checkpoint {state}"
            state = read_checkpoint(Path(state), self.block)
        other = self.block.other_form(state)
        if other is not None:
            check_state(subject, state, other.layout())
            state = self.block.converted(state)
        check_state(subject, state, self.block.layout())
        why = self.block.unrestorable(state)
        if why is not None:
            raise ConfigError(f"{subject}: {why}.")
        self.block.restore(self._engine, state)

    @property
    def parameters(self) -> dict[str, int]:
        """The rule's run-time parameters; `set` changes them."""
        return self.block.parameters(self._engine)

    def set(self, **values: int) -> None:
        """Change run-time parameters of the rule, from the next step on.

        After a reset they are what the design says; a load leaves them as they are.

        Raises
        ------
        ConfigError
            The rule has no such parameter, or the value is out of its bounds; nothing is changed.
        """
        self.block.set_parameters(self._engine, values)

    # --- steps ------------------------------------------------------------------------------------

    def recording(self, path: PathLike) -> dict[str, NDArray[Any]]:
        """The stimulus of a recording (see `sc_model.golden.recording`), as `run` takes it.

        The recording's initial weights are loaded.

        Raises
        ------
        RecordingError
            The file is no recording for this design.
        """
        stimulus, weights = self.block.recording(path)
        self.load(weights)
        return stimulus

    def step(self, **stimulus: Any) -> Any:
        """Advance by one step.

        Returns the neurons' spikes of a layer, or of a network's last one, shape (neurons,); the
        new state of a lane or bank.
        """
        return self.block.step(self._engine, stimulus)

    def run(self, **stimulus: Any) -> Any:
        """Advance by T steps.

        Arrays of the stimulus have a first axis T; a scalar holds in all steps. Returns spikes of a
        layer, or of a network's last one, shape (T, neurons); every field after each step of a
        lane, shape (T,); None for a bank.
        """
        return self.block.run(self._engine, stimulus)

    def answers(self, samples: ArrayLike) -> Answers:
        """Answer samples by the network's readout, each from a reset of the network.

        Parameters
        ----------
        samples : spikes of each, (samples, steps, inputs), 0s and 1s.

        Returns
        -------
        Winners (samples,) and scores (samples, neurons). The
        device is then in its state after a reset; its parameters stay.

        Raises
        ------
        ConfigError
            The design has no readout.
        """
        return self.block.answers(self._engine, samples)

    # --- two of them ------------------------------------------------------------------------------

    @staticmethod
    def compare(
        first: Device, second: Device, *, every: int = 1, **stimulus: Any
    ) -> Difference | None:
        """Run two devices of the same design in lock step and stop at the first differing bit.

        Both begin in the state of the first. Outputs are compared in every step, and the complete
        state every `every` steps. A difference of the state that has vanished by then is found only
        with 1; larger values are faster, for reading the state of RTL back takes some clocks for
        each synapse. Where the states differ both devices are restored and compared step by step.
        Where one of them is RTL, the step is run again with all signals written to
        ``difference.vcd`` in its build folder.

        Parameters
        ----------
        first, second : devices of the same design.
        every : steps between two comparisons of the state, >= 1; of a network, rounded up to a step
            in which all layers tick.
        stimulus : as for :meth:`run`.

        Returns
        -------
        The first difference, or None.

        Raises
        ------
        ConfigError
            The devices run different designs.
        ValueError
            `every` is below 1.
        """
        return compare(first, second, stimulus, every)

    def traced(self) -> Device | None:
        """A new device of the same RTL that can record its signals; None for a model."""
        if self._folder is None or self.on != "rtl":
            return None
        library = rtl_library(self._folder, waves=True)
        engine = engine_of(self._folder, library)
        return Device(self.block, "rtl", engine, self._folder)

    def trace(self) -> Path:
        """Record all signals from here on; return the VCD file. Only a `traced` device can."""
        if self._folder is None:
            raise ConfigError("only a device on rtl that was opened by `traced` records signals.")
        path = self._folder / "sim" / "difference.vcd"
        self._engine.rtl.trace(path)
        return path


def _design_of_build(folder: Path) -> Design:
    """The design that a build folder was made from."""
    values = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))["design"]
    if "layer" in values:
        del values["synapses"]  # derived from the layer's size
    return Design.model_validate(values)
