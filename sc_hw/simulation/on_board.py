"""How a `Device` runs a block on a board, by way of `sc_driver`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sc_driver.blocks import known_blocks
from sc_driver.board import Board
from sc_hw.simulation.devices.device_block import DeviceBlock, Layout, State, Stimulus
from sc_model.files import PathLike
from sc_model.golden.readout import Answers
from sc_model.spec import ConfigError, Design


def check_on_board(design: Design) -> None:
    """ConfigError where the driver does not run a design's block."""
    blocks = known_blocks()
    if design.block not in blocks:
        raise ConfigError(
            f"a board runs designs with block {', '.join(blocks)}, not yet the {design.block}"
            f" '{design.name}'; use model or rtl."
        )


class OnBoard(DeviceBlock):
    """A device block whose engine is a `Board`; sizes, formats and identity are the block's own.

    Members
    -------
    inner : the block on model and RTL.
    """

    def __init__(self, inner: DeviceBlock) -> None:
        super().__init__(inner.design)
        self.inner = inner

    @property
    def logs_every_step(self) -> bool:  # type: ignore[override]
        """As of the block."""
        return self.inner.logs_every_step

    def model(self, *, native: bool) -> Any:
        """The block's model."""
        return self.inner.model(native=native)

    @property
    def period(self) -> int:
        """As of the block."""
        return self.inner.period

    def unrestorable(self, state: State) -> str | None:
        """As of the block."""
        return self.inner.unrestorable(state)

    def initial_weights(self, rng: np.random.Generator) -> Any:
        """As of the block."""
        return self.inner.initial_weights(rng)

    def load(self, engine: Board, weights: ArrayLike) -> None:
        """Write the state that the model has when it is loaded."""
        model = self.inner.model(native=False)
        self.inner.load(model, weights)
        self.inner.set_parameters(model, engine.parameters)
        engine.restore(self.inner.state(model))

    def parameters(self, engine: Board) -> dict[str, int]:
        """As the board's registers have them."""
        return engine.parameters

    def set_parameters(self, engine: Board, values: Mapping[str, Any]) -> None:
        """Write the board's registers; the values have been checked by a model."""
        self.inner.set_parameters(self.inner.model(native=False), values)
        engine.set(**{name: int(value) for name, value in values.items()})

    def state(self, engine: Board) -> State:
        """Every field, read back."""
        return engine.state()

    def layout(self) -> Layout:
        """As of the block."""
        return self.inner.layout()

    def restore(self, engine: Board, state: State) -> None:
        """Write every field."""
        engine.restore(state)

    def recording(self, path: PathLike) -> tuple[dict[str, NDArray[Any]], ArrayLike]:
        """As of the block."""
        return self.inner.recording(path)

    def step(self, engine: Board, stimulus: Stimulus) -> Any:
        """Advance by one step."""
        return engine.step(**stimulus)

    def run(self, engine: Board, stimulus: Stimulus) -> Any:
        """Advance by as many steps as the stimulus has."""
        return engine.run(**stimulus)

    def answers(self, engine: Board, samples: ArrayLike) -> Answers:
        """Answer samples, each from a reset of the board's network."""
        array = self.samples(samples)
        return Answers(*engine.answers(array))

    def samples(self, samples: ArrayLike) -> NDArray[Any]:
        """As of the block."""
        return self.inner.samples(samples)

    def steps(self, stimulus: Stimulus) -> int:
        """As of the block."""
        return self.inner.steps(stimulus)
